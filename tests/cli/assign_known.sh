# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm assign finds the jumps of a made world (assign_world.awk): skewed cell, breathing box, drifting host, jumps through the boundaries, in every form of dump.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
assign() { exits 0 "$BIN/lisi-msm" assign "$@"; }
world() { awk -v FRAMES=200 -v KNOWN=known "$@" -f "$SRC/tests/cli/assign_world.awk"; }
sites=$SRC/tests/cli/assign_world.yaml
records() { sed '1,/^data$/d; /^[FBE]/d' "$1" | sort -n -k1,1 -k2,2; }
same() { # same LOG [FIELDS]: its records are the known ones
  sort -n -k1,1 -k2,2 known >want
  records "$1" | cut -d' ' -f1-7 | diff want - >difference || { head -n 5 difference >&2; fail "$2: the jumps are not the known ones"; }
  [[ $(wc -l <want) -gt 200 ]] || fail "the made world hardly moves"
}

for form in x xs xu xsu; do
  world -v FORM=$form -v ELEMENT=1 >e.dump
  world -v FORM=$form -v SHUFFLE=1 >t.dump
  assign e.dump --sites "$sites" --timestep 0.01 -o e.jumps
  same e.jumps "$form with elements"
  assign t.dump --sites "$sites" --timestep 0.01 --map 1=Li,2=Si -o t.jumps
  same t.jumps "$form with types, atoms in any order"
  cmp e.jumps t.jumps || fail "$form: the order of the atoms changes the log"
  cmp e.jumps.msd t.jumps.msd || fail "$form: the order of the atoms changes the MSD"
done
[[ $(grep -c '^F' e.jumps) == 3 ]] || fail "expected F lines at samples 0, 100 and the last, found: $(grep '^F' e.jumps)"
[[ $(grep '^F' e.jumps | tail -n 1 | cut -d' ' -f2) == 1990 ]] || fail "the last F is not at the last sample"
[[ $(sed -n '/^timestep/p;/^every/p;/^mode/p;/^replicate/p;/^framework/p' e.jumps | tr '\n' ';') == 'timestep 0.01;every 10;mode nearest dwell 1;framework yes;replicate 2 2 2;' ]] ||
  fail "header: $(head -n 9 e.jumps)"
diff <(sed -n '/^|/s/^|//p' e.jumps) "$sites" || fail "the site file is not in the log as it is"

# the same run in other packings: gz, pieces that overlap
world -v FORM=x -v ELEMENT=1 >e.dump
jumps=$(($(wc -l <known) - 6))
assign e.dump --sites "$sites" --dt 0.1 -o e.jumps
gzip -k e.dump
assign e.dump.gz --sites "$sites" --dt 0.1 -o z.jumps
cmp e.jumps z.jumps || fail "gz: another log"
# two runs that overlap: the later one wins; its steps before are those of the first
lines=$(grep -n TIMESTEP e.dump | sed -n 2p | cut -d: -f1)
lines=$((lines - 1))
head -n $((120 * lines)) e.dump >a.dump
tail -n +$((100 * lines + 1)) e.dump >b.dump
assign a.dump b.dump --sites "$sites" --dt 0.1 -o ab.jumps
cmp e.jumps ab.jumps || fail "two overlapping files: another log"
# ... and a step that stands twice in one file
cat <(head -n $((120 * lines)) e.dump) <(tail -n +$((119 * lines + 1)) e.dump) >twice.dump
assign twice.dump --sites "$sites" --dt 0.1 -o twice.jumps
cmp e.jumps twice.jumps || fail "a step written twice: another log"

# frames in between that are no samples
world -v FORM=xs -v ELEMENT=1 -v EXTRA=1 >extra.dump
assign extra.dump --every 20 --sites "$sites" --timestep 0.01 -o extra.jumps
same extra.jumps "every other frame"
grep -q '^every 20$' extra.jumps || fail "every"

# missing frames: a break, and every atom starts anew
cat a.dump <(tail -n +$((130 * lines + 1)) e.dump) >gap.dump
assign gap.dump --sites "$sites" --dt 0.1 -o gap.jumps
says "no frame between steps 1190 and 1300"
[[ $(grep -c '^B' gap.jumps) == 1 && $(grep '^B' gap.jumps) == 'B 1300' ]] || fail "break: $(grep '^B' gap.jumps)"
[[ $(sed -n '/^B/{x;p;d}; x' gap.jumps | cut -d' ' -f1-2) == 'F 1190' ]] || fail "what is known before the break"
[[ $(records gap.jumps | awk '$1 == 1300 && $3 == 0' | wc -l) == 6 ]] || fail "six atoms start anew"
diff <(records gap.jumps | awk '$1 > 1300') <(records e.jumps | awk '$1 > 1300') || fail "after the break: other jumps"

# a dump that knows its times needs no --dt; units real are femtoseconds
awk '/TIMESTEP/ { if (!n++) print "ITEM: UNITS\nmetal"; printf "ITEM: TIME\n%.16g\n", 5 + 0.1 * (n - 1) } { print }' e.dump >timed.dump
assign timed.dump --sites "$sites" -o timed.jumps
cmp e.jumps timed.jumps || fail "times of the dump: another log"
awk '/TIMESTEP/ { if (!n++) print "ITEM: UNITS\nreal"; printf "ITEM: TIME\n%.16g\n", 100 * (n - 1) } { print }' e.dump >real.dump
assign real.dump --sites "$sites" -o real.jumps
cmp e.jumps real.jumps || fail "units real: another log"

# the summary
assign e.dump --sites "$sites" --dt 0.1 -o e.jumps --json --temperature 700
[[ $(json jumps) == $jumps && $(json atoms) == 6 && $(json sites) == 24 && $(json samples) == 200 && $(json framework_atoms) == 16 ]] ||
  fail "summary: $(cat out)"
close "$(numbers drift | sed -n 1p)" "$(awk 'BEGIN { t = 1990; print t * (0.00031 * 12 * (1 + .015 * sin(.37 * t)) - .00017 * 3 * (1 + .015 * sin(.37 * t)) - .00008 * 2 * (1 + .015 * sin(.37 * t))) }')" 0.02 "drift"
grep -q '^temperature 700$' e.jumps || fail "temperature"

# core sets and dwell: never more changes of site than by the nearest site, and the positions at the end agree
for rule in "--core 1.2" "--dwell 3" "--core 1.2 --dwell 2" "--sphere 1.5"; do
  assign e.dump --sites "$sites" --dt 0.1 $rule -o r.jumps --json
  (($(json jumps) <= jumps && $(json jumps) > 0)) || fail "$rule: $(json jumps) jumps"
  exits 0 "$BIN/lisi-msm" build r.jumps --lags 0.1 --json
done

# no MSD wanted: none is left of an earlier call
[[ -s r.jumps.msd ]] || fail "no MSD"
assign e.dump --sites "$sites" --dt 0.1 --msd 0,0 -o r.jumps
[[ ! -e r.jumps.msd ]] || fail "an old MSD beside a new log"
# nobody moves: a warning, not an error
cat <(head -n $lines e.dump) <(head -n $lines e.dump | sed '2s/.*/10/') >still.dump
assign still.dump --sites "$sites" --dt 0.1 -o still.jumps
says "no atom jumps in 2 samples"
[[ $(records still.jumps | wc -l) == 6 ]] || fail "two equal frames: $(records still.jumps)"
[[ $(find . -name '*.tmp.*') == '' ]] || fail "temporary files were left"
