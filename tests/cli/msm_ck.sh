# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm ck: a Markovian chain passes, walkers and states with a memory fail, and what cannot be tested says so.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
ck() { exits 0 "$BIN/lisi-msm" ck "$@" --json; }
awk -f "$SRC/tests/cli/chain_log.awk" -v walkers=40 -v samples=3000 -v cells=4 -v p=.2 -v q=.05 -v seed=1 >a.jumps
exits 0 "$BIN/lisi-msm" build a.jumps --lags 1,2,5,10,20 -o o
[[ -s o/model.counts ]] || fail "no model.counts"

# a folder: the labels as sets and the one direction in which something moves; points at 1, 2, 5, 10, 20 lags
ck o --lag 1
[[ $(json verdict) == '"passed"' ]] || fail "a Markov chain: $(json verdict), p = $(json p)"
[[ $(json format) == '"lisi-ck 1"' && $(json tests) == 12 ]] || fail "12 tests, found $(json tests)"
[[ $(grep -c '"kind": "set"' out) == 2 && $(grep -c '"kind": "wave"' out) == 1 ]] || fail "curves"
close "$(json time 7)" 20
# q = 2 pi/12 along a; the model's side in closed form: P(k)^5 of the alternating chain, and (1 + (1-2(p+q))^5)/2 for A
close "$(numbers q | head -n 1)" "$(awk 'BEGIN { printf "%.15g", atan2(0, -1) / 6 }')" 1e-12
close "$(json model 3)" "$(awk 'BEGIN { print (1 + .5 ^ 5) / 2 }')" 0.02
close "$(json model 13)" "$(awk 'BEGIN { print exp(-.18 * (atan2(0, -1) / 6) ^ 2 * 5) }')" 0.02
for f in yaml dat gp svg; do [[ -s o/ck.$f ]] || fail "o/ck.$f is missing or empty"; done
[[ $(find o -name '*tmp*') == '' ]] || fail "temporary files were left"
# the log alone: every multiple; nothing is written without -o; the same counts give the same numbers
cp out folder; before=$(ls)
ck a.jumps --lag 1 --steps 5
[[ $(ls) == "$before" ]] || fail "something was written: $(ls)"
[[ $(json verdict) == '"passed"' && $(json tests) == 12 ]] || fail "the log: $(json verdict), $(json tests) tests"
five=$(json model 5); cp folder out; close "$(json model 3)" "$five" 1e-12 "folder and log differ"
# a .counts file, folded here: the same numbers once more
exits 0 "$BIN/lisi-msm" merge a.jumps --lags 1,2,5 -o a.counts
ck a.counts; close "$(json model 3)" "$five" 1e-12 "counts file"
[[ $(json tests) == 6 && $(json verdict) == '"passed"' ]] || fail "counts file: $(json tests) tests, $(json verdict)"
exits 0 "$BIN/lisi-msm" paths a.counts --json; close "$(json discarded_fraction)" 0
# sets by number, metastable sets of the unfolded ring, other estimators
ck a.jumps --lag 1 --steps 3 --fold no --set 1,2,3,4 A -o own
same_numbers states 1 "1 2 3 4"; same_numbers states 2 "1 3 5 7"
[[ -s own/ck.svg ]] || fail "own/ck.svg"
ck a.jumps --lag 1 --steps 4 --fold no --sets 4
[[ $(grep -c '"name": "set ' out) == 4 && $(json verdict) == '"passed"' ]] || fail "metastable sets: $(json verdict)"
ck o --estimator row; [[ $(json verdict) == '"passed"' ]] || fail "row: $(json verdict)"
# same seed, same result; another seed, other errors
ck o --seed 3; cp out s3; ck o --seed 3; cmp out s3 || fail "same seed, another result"
ck o --seed 4; cmp -s out s3 && fail "the seed does nothing"
# the table for people; no errors, no verdict
exits 0 "$BIN/lisi-msm" ck o --strict; grep -q 'verdict: passed' out || fail "no verdict in the table"
ck o --resamples 0; [[ $(json verdict) == '"untested"' ]] || fail "untested: $(json verdict)"
exits 1 "$BIN/lisi-msm" ck o --resamples 0 --strict; says untested

# the report takes the picture along, until the folder is built again
ck o; exits 0 "$BIN/lisi-msm" report o; grep -q 'id="fig-ck"' o/report.html || fail "the report lacks the test"
tests() { sed -n 's/^tests: //p' "$1/ck.yaml"; }
grep -q "for $(tests o) points together" o/report.html || fail "the report's test is not that of ck.yaml"
cp -r o again; sleep 0.02; exits 0 "$BIN/lisi-msm" build a.jumps --lags 1,2 -o again
[[ $(tests again) != $(tests o) ]] && grep -q "for $(tests again) points together" again/report.html ||
  fail "the report shows the test of an earlier model"

# walkers that go back more often than on: one site, so that only displacements can tell
memory() { awk -f "$SRC/tests/cli/memory_log.awk" -v walkers=30 -v samples=2000 -v cells=4 -v p=.2 -v seed=2 "$@"; }
memory -v again=.5 -v same=-1 >back.jumps
ck back.jumps --lag 1 --steps 5
[[ $(json verdict) == '"failed"' && $(json curve) == '"F(a*/4)"' ]] || fail "back jumps: $(json verdict), p = $(json p)"
exits 1 "$BIN/lisi-msm" ck back.jumps --lag 1 --steps 5 --strict; says failed
memory -v again=.5 -v same=1 >on.jumps
ck on.jumps --lag 1 --steps 5; [[ $(json verdict) == '"failed"' ]] || fail "jumps in a row: $(json verdict)"
ck back.jumps --lag 25 --steps 3; [[ $(json verdict) == '"passed"' ]] || fail "at a long lag nothing of it is left to see: p = $(json p)"

# two states that hide two more each: a slow and a fast way out
awk 'BEGIN { srand(5); split(".6 .05 .35 0 .05 .94 0 .01 .35 0 .6 .05 0 .01 .05 .94", P)
  for (f = 1; f <= 8; f++) { s = int(rand() * 4)
    for (t = 0; t < 3000; t++) { print int(s / 2) >"d" f ".txt"; u = rand()
      for (j = 0; j < 3 && u >= P[4 * s + j + 1]; j++) u -= P[4 * s + j + 1]
      s = j } } }' || fail "no trajectories"
exits 0 "$BIN/lisi-msm" build --dtraj d?.txt --lags 1,2,4,8 -o d
ck d --lag 1
[[ $(json verdict) == '"failed"' && $(json time) == '"step"' ]] || fail "hidden states: $(json verdict)"
awk -v x="$(json largest_difference)" 'BEGIN { exit !(x > 0.02) }' || fail "largest difference $(json largest_difference)"

# ---- refused -----------------------------------------------------------------------------------------------------------
bad() { local text=$1; shift; exits 2 "$BIN/lisi-msm" ck "$@" --json; says "$text"; [[ ! -s out ]] || fail "output in spite of an error: $*"; }
bad 'no input'
bad none.jumps none.jumps
bad 'same file' a.jumps ./a.jumps
bad '0.7' o --lag 0.7
bad '1.5' a.jumps --lag 1.5
bad 'longer than the run' a.jumps --lag 500 --steps 10
bad 'multiples' o --lag 20
bad "'C'" o --set C
bad 'all of them' o --set A,B
bad 'only one' o --set A --sets 2
bad '99' o --sets 99
bad 'plain' o --estimator plain
bad 'fixed-pi' a.jumps --estimator fixed-pi
bad '--fold' a.jumps --fold maybe
bad '--resamples' o --resamples 3
bad '--level' o --level 2
bad 'one folder' o d
mkdir empty; bad empty/model.yaml empty
cp -r o old; rm old/model.counts; bad old/model.counts old
sed -i 's/^lag 1 .*/lag one/' o/model.counts; bad o/model.counts: o
pass "Chapman-Kolmogorov test"
