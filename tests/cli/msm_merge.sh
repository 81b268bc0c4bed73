# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm merge: the sum of the counts of several runs is the count of all of them together, exactly, in any order; and what does not go together is refused.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
log() { awk -f "$SRC/tests/cli/chain_log.awk" -v walkers=20 -v samples=1500 -v cells=4 -v p=.2 -v q=.05 "$@"; }
merge() { exits 0 "$BIN/lisi-msm" merge "$@"; }
for k in 1 2 3; do
  log -v seed=$k -v samples=$((1000 + 300 * k)) >job$k.jumps
  merge job$k.jumps --lags 1,2,10 -o job$k.counts # one job for each trajectory
done
merge job1.counts job2.counts job3.counts -o all.counts --json
[[ $(json n_Li) == 60 && $(json files) == 3 ]] || fail "summary: $(cat out)"
for k in 1 2 3; do # every pair of samples of every walker, none more
  lag=$(json lag $k)
  close "$(json pairs $k)" "$(awk -v lag="$lag" 'BEGIN { for (k = 1; k <= 3; k++) n += 20 * (1000 + 300 * k - lag); print n }')" 0 "pairs at lag $lag"
done
[[ $(json blocks) == 60 ]] || fail "twenty blocks of each job"

# the same counts as from the three logs at once, unfolded and folded
for fold in no yes; do
  exits 0 "$BIN/lisi-msm" build all.counts --fold $fold -o sum --resamples 0
  exits 0 "$BIN/lisi-msm" build job1.jumps job2.jumps job3.jumps --lags 1,2,10 --fold $fold -o whole --resamples 0
  for lag in 1 2 10; do cmp sum/C_$lag.mtx whole/C_$lag.mtx || fail "fold $fold, lag $lag: other counts than from the logs"; done
  grep -A3 'D_all:' sum/model.yaml >a; grep -A3 'D_all:' whole/model.yaml >b; [[ -s a ]] && cmp a b || fail "fold $fold: another D"
done
exits 0 "$BIN/lisi-msm" build all.counts --lags 2 --json
[[ $(json n_Li) == 60 ]] || fail "build: n_Li $(json n_Li)"
# in another order, in two steps, straight from the logs, and from logs and counts
merge job3.counts job1.counts -o some.counts
merge some.counts job2.counts -o steps.counts
merge job1.jumps job2.jumps job3.jumps --lags 1,2,10 -o direct.counts
cmp direct.counts all.counts || fail "from the logs: another file"
merge job1.jumps job2.counts job3.jumps --lags 1,2,10 -o mixed.counts
cmp mixed.counts all.counts || fail "from logs and counts: another file"
exits 0 "$BIN/lisi-msm" build steps.counts --fold no -o sum --resamples 0
exits 0 "$BIN/lisi-msm" build all.counts --fold no -o whole --resamples 0
for lag in 1 2 10; do cmp sum/C_$lag.mtx whole/C_$lag.mtx || fail "another order: other counts"; done
# one file is its own sum; compressed input
merge job1.counts -o one.counts
cmp job1.counts one.counts || fail "one file alone is changed"
# an entry without a count is none
awk '/^lag / && !done { $4++; print; print "0 1 2 5 5 5 0"; done = 1; next } 1' job1.counts >zero.counts
merge zero.counts -o dropped.counts
cmp dropped.counts one.counts || fail "a count of zero stays in the file"
# blocks are three lags long at least: 1300 samples hold four such blocks of pairs at a lag of 100 samples
merge job1.jumps --lags 100 -o long.counts --json
[[ $(json blocks) == 4 ]] || fail "blocks at a lag of 100 samples: $(json blocks)"
pass "sums"

# ---- refused, with nothing written
refused() { local text=$1; shift; exits 2 "$BIN/lisi-msm" merge "$@" -o never.counts; says "$text"; [[ ! -e never.counts ]] || fail "written in spite of: $text"; }
refused "no input"
exits 2 "$BIN/lisi-msm" merge job1.counts; says "-o FILE"
exits 2 "$BIN/lisi-msm" merge job1.counts -o sum.txt; says "ends in .counts"
refused "are the same file" job1.counts job2.counts job1.counts
cp job2.counts keep.counts
exits 2 "$BIN/lisi-msm" merge job1.counts job2.counts -o job2.counts; says "would be written over job2.counts"
cmp keep.counts job2.counts || fail "an input is replaced"
refused "none.counts" job1.counts none.counts
refused "--lags" job1.jumps
refused "multiple" job1.jumps --lags 1.5
refused "longer than the run" job1.jumps --lags 1,5000
merge job2.jumps --lags 1,2,5 -o lags.counts;                          refused "lags.counts: its lags" job1.counts lags.counts
merge job2.jumps --lags 1,2 -o lags.counts;                            refused "lags.counts: its lags" job1.counts lags.counts
log -v seed=9 -v every=20 >x.jumps; merge x.jumps --lags 2,4,20 -o x.counts; refused "x.counts: sampled every 2 ps" job1.counts x.counts
log -v seed=9 -v cells=3 >x.jumps; merge x.jumps --lags 1,2,10 -o x.counts;  refused "x.counts: its sites" job1.counts x.counts
sed 's/0.36666666666666666667/0.4/' job2.jumps >x.jumps; merge x.jumps --lags 1,2,10 -o x.counts; refused "x.counts: its sites" job1.counts x.counts
log -v seed=9 -v mode='core 0.4' >x.jumps; merge x.jumps --lags 1,2,10 -o x.counts; refused "x.counts: its sites were assigned with a core" job1.counts x.counts
sed 's/^cell 12 /cell 13 /; s/^F \([0-9]*\) 12 /F \1 13 /' job2.jumps >x.jumps; merge x.jumps --lags 1,2,10 -o x.counts; refused "x.counts: its cell" job1.counts x.counts
sed '$d' job2.counts >x.counts;                                        refused "x.counts: the file is cut off" job1.counts x.counts
sed 's/^lisi-counts 1/lisi-counts 2/' job2.counts >x.counts;           refused "x.counts:1: version 1" job1.counts x.counts
sed '40s/ [0-9.]*$/ -3/' job2.counts >x.counts;                        refused "x.counts:40:" job1.counts x.counts
for wrong in 1e300 9007199254740994 inf nan 0x10; do
  sed "40s/ [0-9.]*$/ $wrong/" job2.counts >x.counts;                  refused "x.counts:40: a count" job1.counts x.counts
done
# another temperature is told
sed 's/^temperature 300/temperature 400/' job2.counts >x.counts
merge job1.counts x.counts -o warm.counts
says "400 K is added to one at 300 K"
pass "refused"
