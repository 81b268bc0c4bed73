# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm jumps: rates, residence times, recrossings and distances of walkers whose law is known; strings of atoms that follow each other; logs that are refused.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
need "$BIN/lisi-msm"
log() { awk -f "$SRC/tests/cli/chain_log.awk" -v walkers=30 -v samples=3000 -v cells=4 -v p=.2 -v q=.05 "$@"; }
jumps() { exits 0 "$BIN/lisi-msm" jumps "$@" --trials ${trials:-2} --json; }
# within KEY N VALUE: VALUE lies within four errors (KEY_error) of occurrence N of KEY, and the error is no excuse (at most a tenth of it)
within() {
  awk -v a="$(json "$1" "$2")" -v e="$(json "$1_error" "$2")" -v x="$3" 'BEGIN { exit !(e > 0 && e < 0.1 * x && a > x - 4 * e && a < x + 4 * e) }' ||
    fail "$1 $2: $(json "$1" "$2") +- $(json "$1_error" "$2"), expected $3"
}

# Sites A and B on a chain, p = .2 per ps over 1.1 A and q = .05 over 1.9 A: every walker leaves after 4 ps on average; two jumps of three go back ...
log -v seed=1 >a.jumps
jumps a.jumps -o o
[[ $(json n_Li) == 30 && $(json sites) == 8 && $(json duration) == 2999.0 && $(json temperature) == 300.0 ]] || fail "header values"
within rate 1 0.25
for k in 1 2; do within residence $k 4; within occupancy $k 3.75; [[ $(json median $k) == 3.0 ]] || fail "median: $(json median $k)"; done # .75^2 > 1/2 > .75^3
[[ $(json distance 1) == 1.1 ]] || close "$(json distance 1)" 1.1 1e-9
for k in 1 2 3 4; do
  short=$(awk -v d="$(json distance $k)" 'BEGIN { print d < 1.5 }')
  # the first rate is that of all; a jump is undone within one sample with the probability of the way back
  within rate $((k + 1)) "$([[ $short == 1 ]] && echo .2 || echo .05)"
  awk -v a="$(json undone $((k + 1)))" -v x="$([[ $short == 1 ]] && echo .2 || echo .05)" 'BEGIN { exit !(a > x - .02 && a < x + .02) }' || fail "undone: $(json undone $((k + 1)))"
done
numbers probability >m; printf '0.0\n1.0\n1.0\n0.0\n' | cmp - m || fail "transition matrix: $(json probability)"
[[ $(json over_a_site) == 0.0 ]] || fail "no hop passes a third site"
# the survival curve is .75^t; nothing is left out but the stays at the beginning
json survival | tr -d ' ' | grep -oE '[0-9.]+,[0-9.e-]+,[0-9.e-]+' | awk -F, '$1 <= 10 { n++; d = $2 - 0.75 ^ $1; if (d < 0) d = -d; if (d > 4 * $3) bad = 1 } END { exit bad || n != 10 }' ||
  fail "survival: $(json survival)"
(($(json stays) + $(json stays 2) == $(json jumps))) || fail "every jump begins a stay that is seen to begin"
for f in jumps.yaml survival.dat survival.gp; do [[ -s o/$f ]] || fail "$f is missing or empty"; done
grep -q '^format: lisi-jump-statistics 1$' o/jumps.yaml || fail "format"
command -v gnuplot >/dev/null && { [[ -s o/survival.svg ]] || fail "no picture"; }
exits 0 "$BIN/lisi-msm" jumps a.jumps
grep -q '^A .* 4 ' out && grep -q 'strings: one atom enters' out && grep -q 'where a jump out of' out || fail "the tables: $(cat out)"
# each site by itself; two logs, one compressed, are two runs
jumps a.jumps --by site; [[ $(json label 2) == '"B#2"' ]] || fail "--by site: $(json label 2)"
# time before the first core: five samples of the second atom of three, all of the third's twenty, and three of the first behind a break
log -v seed=1 -v walkers=3 -v mode='core 0.4' >core.jumps
sed '/^data$/q' core.jumps >late.jumps
cell=$(awk '/^cell/ { sub("cell ", ""); print }' late.jumps)
every=$(awk '/^every/ { print $2 }' late.jumps)
s() { echo $(($1 * every)); }
printf '%s\n' "0 1 0 1 0 0 0" "$(s 5) 2 0 3 0 0 0" "F $(s 9) $cell" "B $(s 15)" "$(s 15) 2 0 3 0 0 0" "$(s 18) 1 0 1 0 0 0" "F $(s 24) $cell" >>late.jumps
jumps late.jumps
close "$(json before_first)" 0.46666666666666667 1e-12 # 5 + 20 + 3 of 60
exits 0 "$BIN/lisi-msm" jumps late.jumps
grep -q "^before the first core: 46.7 %" out || fail "before the first core: $(head -n 3 out)"
jumps a.jumps; [[ $(json before_first) == 0.0 ]] || fail "nearest sites leave nothing out: $(json before_first)"
# labels as long as a site file may have them, alike but for the last letter, stay apart
sed '/^|/{s/label: A/label: one_label_of_thirty_letters_xyA/;s/label: B/label: one_label_of_thirty_letters_xyB/}' a.jumps >long.jumps
jumps long.jumps
[[ $(json label 1) == '"one_label_of_thirty_letters_xyA"' && $(json label 2) == '"one_label_of_thirty_letters_xyB"' ]] || fail "long labels: $(json label 1) $(json label 2)"
within residence 1 4
exits 0 "$BIN/lisi-msm" merge long.jumps --lags 1 -o long.counts
grep -q 'one_label_of_thirty_letters_xyB$' long.counts || grep -q 'one_label_of_thirty_letters_xyB ' long.counts || fail "long labels in counts"
exits 0 "$BIN/lisi-msm" merge long.counts -o again.counts
cmp long.counts again.counts || fail "long labels: counts are not read as they are written"
log -v seed=2 >b.jumps; gzip b.jumps
jumps a.jumps b.jumps.gz
[[ $(json n_Li) == 60 ]] || fail "walkers of two logs"
within rate 1 0.25; within residence 1 4
within occupancy 1 3.75 # per run, not their sum
# independent walkers: no more strings than by chance, within one run and across two
trials=40 jumps a.jumps b.jumps.gz
awk -v a="$(json links)" -v b="$(json links_expected)" -v s="$(json links_expected_spread)" 'BEGIN { exit !(s > 0 && a > b - 4.5 * s && a < b + 4.5 * s) }' || fail "chance: $(json links), $(json links_expected) +- $(json links_expected_spread)"
jumps a.jumps --seed 7; cp out s7; jumps a.jumps --seed 7; cmp out s7 || fail "same seed, another result"
trials=0 jumps a.jumps; json links_expected 2>/dev/null | grep -q . && fail "no trials, but an expectation"

# Interstitialcy: on a ring of 40 sites filled with 38 atoms a push moves a row of three at once, sample by sample; the atoms of a row are one string.
awk 'function random() { state = (state * 69069 + 12345) % 4294967296; return state / 4294967296 }
  function line(t, a, from, to, n) { print t, a, from + 1, to + 1, n, 0, 0 }
  BEGIN { state = 5; n = 40
    print "lisi-jumps 1\nunits ps Angstrom\ntimestep 0.1\nevery 1\nstart 0\natoms 10\nmode nearest dwell 1\nframework no\nreplicate 1 1 1\ncell 80 0 0 0 9 0 0 0 9"
    print "sites " n + 3 "\n|format: lisi-sites 1\n|cell: [[80, 0, 0], [0, 9, 0], [0, 0, 9]]\n|sites:"
    for (k = 0; k < n; k++) printf "|- {type: 1, label: S, frac: [%.6f, 0, 0]}\n", k / n
    print "data"
    # ten rows of three, each with an empty site in front and behind; a push moves a row by one site, and some time later it is moved back
    for (r = 0; r < 10; r++) { at[r] = 4 * r; for (a = 0; a < 3; a++) print 0, 3 * r + a + 1, 0, at[r] + a + 1, 0, 0, 0 }
    for (t = 20; t < 20000; t++) {
      if (t % 200 == 0) { r = int(10 * random()); push = t + 1; k = 0 }
      if (push && t >= push && k < 3) { # leader first or last by the direction
        a = moved[r] ? k : 2 - k; from = at[r] + a + (moved[r] ? 1 : 0); line(t, 3 * r + a + 1, from, from + (moved[r] ? -1 : 1), 0); k++
        if (k == 3) { moved[r] = !moved[r]; push = 0; pushes++ }
      }
    }
    print "F 20000 80 0 0 0 9 0 0 0 9"; print pushes > "pushes" }' >rows.jumps
trials=20 jumps rows.jumps --window 0.1 --by label
pushes=$(cat pushes)
json lengths >l
[[ $(json strings 4) == "$pushes" && $(json jumps 4) == $((3 * pushes)) ]] || fail "$pushes rows of three, found: $(cat l)"
awk -v s="$(json links)" -v e="$(json links_expected)" 'BEGIN { exit !(s > 10 * (e + 1)) }' || fail "rows of three are no chance: $(json links), $(json links_expected)"
[[ $(json share_of_jumps) == 1.0 ]] || fail "all jumps are in strings: $(json share_of_jumps)"
jumps rows.jumps --window 0.1 --recross 1000 --lasting
pass "rates, residence, strings"

# nobody jumps: bounds, a warning, no failure
log -v p=0 -v q=0 -v samples=50 >still.jumps
jumps still.jumps -o still
says "no atom jumps"
[[ $(json residence) == null ]] || fail "residence without a departure: $(json residence)"
awk -v a="$(json residence_lower_bound)" 'BEGIN { exit !(a > 100 && a < 1000) }' || fail "lower bound: $(json residence_lower_bound)"
grep -q 'residence: .inf' still/jumps.yaml || fail "jumps.yaml: infinity"

# ---- refused -----------------------------------------------------------------------------------------------------------
bad() { local text=$1; shift; exits 2 "$BIN/lisi-msm" jumps "$@" --json -o never; says "$text"; [[ ! -s out && ! -e never ]] || fail "output in spite of an error: $*"; }
bad "no jump log given"
bad "none.jumps" none.jumps
bad "are the same file" a.jumps a.jumps
bad "--by: expected label or site, found 'type'" a.jumps --by type
bad "--recross" a.jumps --recross 0
bad "--window" a.jumps --window -1
bad "--blocks" a.jumps --blocks 1
bad "--trials" a.jumps --trials -1
bad "--shell" a.jumps --shell -1
touch plain; exits 2 "$BIN/lisi-msm" jumps a.jumps -o plain/out; says plain
data=$(grep -n '^data$' a.jumps | cut -d: -f1)
# edit NAME AWK: a log with something wrong in one record behind the first sample; the message names its line
edit() { awk -v first=$((data + 40)) "$2" a.jumps >"$1"; cmp -s "$1" a.jumps && fail "$1: nothing is changed"; true; }
edit from.jumps 'NR == first { $3 = $3 % 8 + 1; if ($3 == $4) $3 = $3 % 8 + 1 } { print }'
bad "from.jumps:$((data + 40)): expected atom" from.jumps; says "where it was"
edit back.jumps 'NR == first { t = $1 } NR == first + 60 { $1 = t - 10 } { print }'
bad "back.jumps:$((data + 100)): expected" back.jumps
edit site.jumps 'NR == first { $4 = 9 } { print }'
bad "site.jumps:$((data + 40)): expected 'step id from to nx ny nz [left]' with sites from 0 to 8" site.jumps
awk -v n=$((data + 40)) 'NR == n { $5 = 999999999 } { print }' a.jumps >image.jumps
bad "image.jumps:$((data + 40)): expected 'step id from to nx ny nz [left]' with sites from 0 to 8, steps from 0, images to 536870911" image.jumps
awk -v n=$((data + 40)) 'NR == n { $5 = 536870911 } NR > n && $2 == w && $5 == 0 && NF == 7 { $5 = 536870911 } { print } NR == n { w = $2 }' a.jumps >image.jumps
bad "image.jumps: atom" image.jumps
edit grid.jumps 'NR == first { $1 += 1 } { print }'
bad "grid.jumps:" grid.jumps
edit nan.jumps 'NR == first { $5 = "nan" } { print }'
bad "nan.jumps:$((data + 40))" nan.jumps
edit gone.jumps 'NR == first { print "E " $1 " " $2 } { print }' # an atom that is gone has no site to leave
bad "gone.jumps:" gone.jumps
sed 's/lisi-jumps 1/lisi-jumps 3/' a.jumps >v.jumps; bad "v.jumps:1" v.jumps
sed '/^data$/q' a.jumps >empty.jumps; bad "empty.jumps: the log is empty" empty.jumps
: >nothing.jumps; bad "nothing.jumps" nothing.jumps
head -c 200 /dev/urandom >noise.jumps; bad "noise.jumps" noise.jumps
log -v seed=1 -v cells=3 >c.jumps; bad "c.jumps: replicate 3 1 1 differs" a.jumps c.jumps
log -v seed=1 -v mode='core 0.4' >c.jumps; bad "c.jumps: assigned by mode core" a.jumps c.jumps
log -v seed=1 -v every=20 >c.jumps; bad "c.jumps: sampled every 2 ps" a.jumps c.jumps
sed 's/label: A/label: C/' a.jumps >c.jumps; bad "c.jumps: its site file is not that of a.jumps" a.jumps c.jumps
[[ $(find . -name '*tmp*') == '' ]] || fail "temporary files were left"
pass "refused"
