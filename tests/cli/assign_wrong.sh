# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm assign on input that is well formed but not what it is taken for: another stride, another supercell, another crystal, no framework, types for
# elements, an empty group, sites that overlap; and on what is no error: CRLF, a compressed dump that is cut off.
. "$(dirname "$0")/lib.sh"
need "$BIN/lisi-msm"
# make FRAMES NX FILE: a tilted crystal of NX x 2 x 1 cells, with its sites.yaml
make() { awk -v frames="$1" -v every=25 -v seed=3 -v nx="$2" -v ny=2 -v nz=1 -v style=xi -v element="${4:-1}" -v timed=0 -v tri=1 -v dump="$3" -v sites=sites.yaml -v jumps=made -v states=states -f "$SRC/tests/cli/jump_dump.awk" >/dev/null; }
make 24 3 good.dump
per=$(($(grep -n TIMESTEP good.dump | sed -n '2s/:.*//p') - 1))
frames() { awk -v want=" $* " '/TIMESTEP/ { on = index(want, " " n++ " ") } on' good.dump; } # those with these numbers
good() { exits 0 "$BIN/lisi-msm" assign "$@" --timestep 0.002; }
mkdir there
refused() { # TEXT ARGS...: refused, with nothing left behind
  local text=$1; shift
  exits 2 "$BIN/lisi-msm" assign "$@" --timestep 0.002 -o there/run.jumps
  says "$text"
  [[ -z $(ls -A there) ]] || fail "files are left behind by: $*"
}
good good.dump --sites sites.yaml -o run.jumps

# ---- frames with another stride
frames 0 1 2 3 4 5 6 8 10 12 14 16 18 >wider.dump
refused "from step 150 on frames are 50 steps apart, before 25" wider.dump --sites sites.yaml
says "wider.dump:"; says "--every"
good wider.dump --sites sites.yaml --every 50 -o wide.jumps
grep -q '^every 50$' wide.jumps && ! grep -q '^B' wide.jumps || fail "--every 50 over two strides"
frames 0 2 4 6 7 8 9 >narrower.dump
refused "up to step 150 frames are 50 steps apart, from there on 25" narrower.dump --sites sites.yaml
frames 0 1 2 3 >a.dump; frames 4 6 8 10 12 >b.dump # two runs with another N in a row
refused "frames are 50 steps apart" a.dump b.dump --sites sites.yaml
frames 0 2 4 6 8 9 10 11 >narrower.dump
refused "step 225 does not continue 0 + k x 50" narrower.dump --sites sites.yaml
frames 0 1 2 4 5 6 8 9 10 >holes.dump # frames that are missing now and then are breaks
good holes.dump --sites sites.yaml -o holes.jumps
[[ $(grep -c '^B' holes.jumps) == 2 ]] || fail "two frames are missing: $(grep '^B' holes.jumps)"
pass "stride"

# ---- the time step of --dt: a frame that is missing at the beginning leaves it as it is, frames that come closer later on are refused
dt() { exits 0 "$BIN/lisi-msm" assign "$@" --sites sites.yaml --dt 0.05 -o dt.jumps; grep '^timestep' dt.jumps; }
want='timestep 0.002'
frames 0 2 3 4 5 6 >hole.dump
for file in good.dump hole.dump; do
  [[ $(dt $file) == "$want" ]] || fail "$file: $(dt $file), expected $want"
  [[ $(dt $file --every 25) == "$want" && $(dt $file --every 50) == "$want" ]] || fail "$file with --every: $(dt $file --every 50)"
done
grep -q 'time step 0.002 ps' out || fail "the time step is not told: $(head -n 1 out)"
awk '/TIMESTEP/ { print; getline; n++; print n <= 120 ? 50 * n : 6000 + 25 * (n - 120); next } { print }' \
  <(for k in {1..6}; do cat good.dump; done) >closer.dump
exits 2 "$BIN/lisi-msm" assign closer.dump --sites sites.yaml --dt 0.05 --every 50 -o there/run.jumps
says "steps 6000 and 6025 are 25 apart, frames at the beginning 50"; says "--timestep"
[[ -z $(ls -A there) ]] || fail "files are left behind"
exits 0 "$BIN/lisi-msm" assign closer.dump --sites sites.yaml --timestep 0.001 --every 50 -o dt.jumps
pass "time step"

# ---- logs of two runs with another N do not go together
good good.dump --sites sites.yaml --every 50 -o other.jumps
for command in "jumps run.jumps other.jumps" "build run.jumps other.jumps --lags 0.1" "merge run.jumps other.jumps --lags 0.1 -o x.counts"; do
  exits 2 "$BIN/lisi-msm" $command
  says "other.jumps: sampled every 0.1 ps"
done 2>/dev/null || fail "logs with another N"
[[ ! -e x.counts ]] || fail "a sum of what does not go together"
pass "logs with another N"

# ---- a box that jumps by a supercell
make 6 6 large.dump
cp sites.yaml keep.yaml
(frames 0 1 2 3; awk '/TIMESTEP/ { n++; print; getline; print 75 + 25 * n; next } { print }' large.dump) >jumping.dump
refused "the box is another one: edges of 12" jumping.dump --sites sites.yaml
says "jumping.dump:$((4 * per + 1))"; says "at step 75"; says "24"; says "at step 100"
pass "another supercell"

# ---- another crystal: another cell, another framework, another number of host atoms
sed 's/\[4, /[4.5, /' sites.yaml >other.yaml;                           refused "edge a" good.dump --sites other.yaml
sed '0,/0.5, 0.45, 0.1/s//0.9, 0.9, 0.3/' sites.yaml >other.yaml;      refused "no rigid shift brings its 18 atoms" good.dump --sites other.yaml
sed '/species/{p;s/frac: .*/frac: [0.9, 0.9, 0.8]}/;q}' sites.yaml >other.yaml; sed -n '/^sites/,$p' sites.yaml >>other.yaml
refused "reference positions in this box" good.dump --sites other.yaml
sed 's/species: Si/species: Ge/' sites.yaml >other.yaml;               refused "no atom of the framework (Ge" good.dump --sites other.yaml
sed '0,/0.5, 0.45, 0.1/s//0.25, 0.8, 0.6/' sites.yaml >other.yaml # fits badly: told
good good.dump --sites other.yaml -o x.jumps
says "is the site file that of this crystal?"
pass "another crystal"

# ---- lithium alone: no framework to take the drift from, unless that is said
awk '/NUMBER OF ATOMS/ { print; getline; print 7; next } !/^[0-9]+ Si / { print }' good.dump >li.dump
refused "no atom of the framework (Si" li.dump --sites sites.yaml
says "--framework none"
good li.dump --sites sites.yaml --framework none -o li.jumps
grep -q '^framework no$' li.jumps || fail "the log does not say that no drift was taken off"
diff <(sed '1,/^data$/d; /^F/d' li.jumps) <(sed '1,/^data$/d; /^F/d' run.jumps) || fail "a framework that stands still: other jumps"
pass "lithium alone"

# ---- an element of the host that is not there
refused "good.dump:1: --framework Si,Ge: no atom of 'Ge'" good.dump --sites sites.yaml --framework Si,Ge
refused "no atom of 'si'" good.dump --sites sites.yaml --framework si
refused "no atom of ''" good.dump --sites sites.yaml --framework Si,
good good.dump --sites sites.yaml --framework Si -o x.jumps
cmp x.jumps run.jumps || fail "the same framework, another log"
pass "elements of the host"

# ---- elements for types, types for elements, nobody there
make 6 3 typed.dump 0
refused "no atom of species Li" typed.dump --sites sites.yaml
says "--map"
good typed.dump --sites sites.yaml --map 1=Li,2=Si -o typed.jumps
refused "type 2 has no name" typed.dump --sites sites.yaml --map 1=Li
refused "expected a column 'type'" good.dump --sites sites.yaml --map 1=Li,2=Si
refused "no atom of species Na" good.dump --sites sites.yaml --species Na
refused "no atom of species Li" typed.dump --sites sites.yaml --map 1=Si,2=Si
pass "elements and types, an empty group"

# ---- sites closer than their radii
refused "overlap" good.dump --sites sites.yaml --core 3
refused "overlap" good.dump --sites sites.yaml --sphere 3
sed 's/label: A,/label: A, radius: 2.5,/; s/label: B,/label: B, radius: 2.5,/' sites.yaml >other.yaml
refused "closer than the sum of their radii" good.dump --sites other.yaml
sed 's/label: A,/label: A, radius: 2.5,/' sites.yaml >other.yaml
refused "closer than" good.dump --sites other.yaml # to its own image
sed 's/label: A,/label: A, radius: 0.8,/; s/label: B,/label: B, radius: 0.8,/' sites.yaml >other.yaml
good good.dump --sites other.yaml --core 0.5 -o x.jumps
says "other.yaml: the radius of site 1 (A) is looked at for overlap only"
good good.dump --sites sites.yaml --core 0.5 -o y.jumps
[[ ! -s err ]] || fail "a warning for nothing: $(cat err)"
cmp <(sed '1,/^data$/d' x.jumps) <(sed '1,/^data$/d' y.jumps) || fail "a radius has changed the jumps"
pass "radii"

# ---- not periodic
sed 's/pp pp pp/pp pp fs/' good.dump >slab.dump
refused "slab.dump:5: expected a box that is periodic in all directions (pp pp pp)" slab.dump --sites sites.yaml

# ---- CRLF is read as LF: dump, site file and log
sed 's/$/\r/' good.dump >crlf.dump; sed 's/$/\r/' sites.yaml >crlf.yaml
good crlf.dump --sites sites.yaml -o crlf.jumps
cmp crlf.jumps run.jumps || fail "a dump with CRLF: another log"
good good.dump --sites crlf.yaml -o crlf.jumps
diff <(tr -d '\r' <crlf.jumps) run.jumps || fail "a site file with CRLF: another log"
sed 's/$/\r/' run.jumps >crlf.jumps
exits 0 "$BIN/lisi-msm" jumps run.jumps --json; grep -v '"command\|"inputs\|jumps"' out >want
exits 0 "$BIN/lisi-msm" jumps crlf.jumps --json; grep -v '"command\|"inputs\|jumps"' out >have
cmp want have || fail "a log with CRLF: another result"
pass "CRLF"

# ---- a compressed dump that is cut off: the whole frames count, and a warning tells
gzip -k good.dump
head -c $(($(stat -c %s good.dump.gz) * 3 / 4)) good.dump.gz >cut.dump.gz
good cut.dump.gz --sites sites.yaml -o cut.jumps
says "cut.dump.gz:"; says "cut off"
last=$(grep '^F' cut.jumps | tail -n 1 | cut -d' ' -f2)
((last > 200 && last < 575)) || fail "a cut dump: known up to $last"
diff <(sed '1,/^data$/d; /^F/d' cut.jumps) <(sed '1,/^data$/d; /^F/d' run.jumps | awk -v last="$last" '$1 <= last') || fail "a cut dump: other jumps"
head -c 60 good.dump.gz >cut.dump.gz
refused "empty" cut.dump.gz --sites sites.yaml
# a compressed log that is cut off counts up to its last F line
good good.dump --sites sites.yaml --flush 5 -o flushed.jumps
gzip flushed.jumps
head -c $(($(stat -c %s flushed.jumps.gz) * 9 / 10)) flushed.jumps.gz >cut.jumps.gz
exits 0 "$BIN/lisi-msm" jumps cut.jumps.gz
says "cut.jumps.gz: ends in the middle"
pass "cut off"
