# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm build: where intervals come from, what seeds and threads do to them, effective counts, copies of sites that differ.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
build() { exits 0 "$BIN/lisi-msm" build "$@" --json; }
# holds KEY N VALUE: the interval, widened by half its length to either side, holds VALUE
holds() { local ci=($(numbers "$1" "$2")); awk -v a="${ci[0]}" -v b="${ci[1]}" -v x="$3" \
  'BEGIN { h = (b - a) / 2; exit !(b > a && x > a - h && x < b + h) }' || fail "$1: [${ci[0]}, ${ci[1]}] is far from $3"; }
width() { local ci=($(numbers "$1" "${2:-1}")); awk -v a="${ci[0]}" -v b="${ci[1]}" 'BEGIN { print b - a }'; }
less() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }' || fail "$3: $1 is not below $2"; }

awk -f "$SRC/tests/cli/chain_log.awk" -v walkers=30 -v samples=3000 -v cells=4 -v p=.2 -v q=.05 -v seed=3 >a.jumps
# D = .06, one time of 1/ln 2, equal weights, MSD after 1, 2, 3 samples
for source in bootstrap bayes both; do
  build a.jumps --lags 1 --errors $source
  cp out $source
  holds D_all_iso_ci 1 0.06; holds D_all_ci 1 0.18; holds timescales_ci 1 1.4426950408889634; holds stationary_ci 1 0.5
  msd=($(numbers msd_ci))
  [[ ${#msd[@]} == $(($(numbers msd | wc -l))) ]] || fail "an interval for each MSD"
  for k in 0 1 2; do
    x=$(echo ".4225 .81375 1.189375" | cut -d' ' -f$((k + 1)))
    awk -v a="${msd[2 * k]}" -v b="${msd[2 * k + 1]}" -v x="$x" 'BEGIN { h = (b - a) / 2; exit !(b > a && x > a - h && x < b + h) }' ||
      fail "$source: MSD $x is far from [${msd[2 * k]}, ${msd[2 * k + 1]}]"
  done
done
cp bootstrap out; grep -q '"posterior": {' out && fail "nobody asked for the posterior"
cp bayes out; [[ $(json ci_from) == '"posterior"' && $(json samples) == 200 ]] || fail "the posterior: $(json ci_from), $(json samples) samples"
less 40 "$(json independent)" "independent samples"; less 0.2 "$(json acceptance)" "acceptance"
for k in D_iso_ci timescales_ci; do # the wider of all
  cp both out; wide=$(width $k)
  for one in bootstrap bayes; do cp $one out; awk -v a="$(width $k)" -v b="$wide" 'BEGIN { exit !(a <= b * (1 + 1e-12)) }' || fail "$k: both is narrower than $one"; done
done

# Same seed, same bytes, whatever the number of threads; another seed, other intervals around the same estimate. The command line
# stands in the output.
for source in bootstrap bayes; do
  ask=(a.jumps --lags 2 --fold no --errors $source --samples 40)
  OMP_NUM_THREADS=1 build "${ask[@]}" --seed 5; cp out one
  OMP_NUM_THREADS=4 build "${ask[@]}" --seed 5; cmp out one || fail "$source: the same seed and more threads, other numbers"
  d=$(json D_iso) ci=$(json D_iso_ci)
  build "${ask[@]}" --seed 6
  [[ $(json D_iso) == "$d" ]] || fail "$source: the seed changes the estimate"
  [[ $(json D_iso_ci) != "$ci" ]] || fail "$source: the seed changes nothing"
  holds D_iso_ci 1 "$d"
  # none of them is the stream of walkers of another seed
  build "${ask[@]}" --seed 4; [[ $(json D_iso_ci) != "$ci" ]] || fail "$source: seeds 4 and 5 agree"
done

# Effective counts: at lag 10 each crossing is seen in ten windows; scaled counts are worth what they say.
build a.jumps --lags 10 --fold no -o sliding
less "$(json smallest_ratio)" 0.25 "sliding counts at lag 10"
total=$(json total) d=$(json D_iso)
build a.jumps --lags 10 --fold no --count-mode effective --errors bayes -o effective
close "$(json counts)" "$total" 1e-9 "counts are the effective ones"
less 0.9 "$(json smallest_ratio)" "effective counts are effective"
close "$(json D_iso)" "$d" 0.02 "the estimate of effective counts"
cmp -s sliding/C_10.mtx effective/C_10.mtx && fail "the matrix of effective counts is that of sliding ones"
build a.jumps --lags 10 --fold no --count-mode strided -o s; build a.jumps --lags 10 --fold no --strided -o t; cmp s/C_10.mtx t/C_10.mtx
build a.jumps --lags 10 --fold no --count-mode sliding -o s; cmp s/C_10.mtx sliding/C_10.mtx
# other estimators; a count matrix has no blocks: its counts are taken as they are. P_12 ~ Beta(30, 70), P_21 ~ Beta(20, 80)
build a.jumps --lags 1 --estimator row --errors bayes --samples 100; holds D_iso_ci 1 0.06
printf '.5\n.5\n' >pi; build a.jumps --lags 1 --estimator fixed-pi --pi pi --errors bayes --samples 100; holds D_iso_ci 1 0.06
same_numbers stationary_ci 1 ".5 .5 .5 .5"
printf '70 30\n20 80\n' >C.txt
build --count-matrix C.txt --errors bayes --samples 2000
pi=($(numbers stationary_ci)); close "${pi[0]}" 0.27 0.05; close "${pi[1]}" 0.54 0.05
grep -q effective_counts out && fail "effective counts without blocks"
build --count-matrix C.txt; grep -q _ci out && fail "intervals without blocks that nobody asked for"
# no errors at all; one state; a walker that never moves
build a.jumps --lags 1 --samples 0; grep -Eq '"(D|D_iso|D_all_iso|timescales|stationary|msd|rate)_ci"' out && fail "--samples 0"
awk 'BEGIN { for (k = 0; k < 200; k++) print 7 }' >still.txt; build --dtraj still.txt --lags 1 --errors both; same_numbers stationary 1 "1"

# Passage times have the same sources: from A to B it takes 1/(p + q) = 4 samples.
for source in bootstrap bayes; do
  exits 0 "$BIN/lisi-msm" paths a.jumps --lag 1 --from A --to B --errors $source --json; json times_ci >"paths-$source"
  ci=($(numbers times_ci)); awk -v a="${ci[2]}" -v b="${ci[3]}" 'BEGIN { h = (b - a) / 2; exit !(b > a && 4 > a - h && 4 < b + h) }' ||
    fail "$source: the passage time of 4 is far from [${ci[2]}, ${ci[3]}]"
done
cmp -s paths-bootstrap paths-bayes && fail "paths: --errors changes nothing"
exits 2 "$BIN/lisi-msm" paths a.jumps --lag 1 --errors none; says "--errors: expected bootstrap, bayes or both"

# Long lags: blocks are no shorter than three of them, and there are fewer then.
build a.jumps --lags 290 --samples 20; [[ $(json homogeneous) == true ]] || fail "alike copies at a long lag"

# Every second site is another one: a site file of half the cell, folded, has copies that differ.
awk '/^replicate/ { print "replicate 8 1 1"; next } /^sites/ { print "sites 4"; print "|format: lisi-sites 1"; print "|cell: [[1.5, 0, 0], [0, 3, 0], [0, 0, 3]]"
  print "|sites:"; print "|- {type: 1, label: A, frac: [0, 0, 0]}"; next } /^\|/ { next } { print }' a.jumps >wrong.jumps
build wrong.jumps --lags 1
[[ $(json homogeneous) == false && $(json folded) == false ]] || fail "copies that differ were taken for alike"
says "the copies of a site in the supercell differ"; says "they are kept apart"
close "$(numbers D | head -n 1)" 0.18 0.02 "kept apart"
build wrong.jumps --lags 1,1000; [[ $(json folded) == false ]] || fail "a lag that cannot be judged covers for the other"
build wrong.jumps --lags 1 --fold no; close "$(numbers D | head -n 1)" 0.18 0.02 "unfolded"
build wrong.jumps --lags 1 --fold yes; close "$(numbers D | head -n 1)" 0.281 0.01 "science.md: the alternating chain folded to one site"
[[ $(json folded) == true ]] || fail "--fold yes"
exits 0 "$BIN/lisi-msm" paths wrong.jumps --lag 1 --resamples 0; says "they are kept apart"

# what is refused
bad() { local what=$1; shift; exits 2 "$BIN/lisi-msm" build "$@"; says "$what"; }
bad "--errors: expected bootstrap, bayes or both, found 'delta'" a.jumps --lags 1 --errors delta
bad "--count-mode: expected sliding, strided or effective, found 'all'" a.jumps --lags 1 --count-mode all
bad "contradict" a.jumps --lags 1 --strided --count-mode effective
bad "--samples" a.jumps --lags 1 --samples 5
bad "two names" a.jumps --lags 1 --samples 50 --resamples 50
bad "--seed" a.jumps --lags 1 --seed -1
bad "no sampler for the posterior of a rate matrix" a.jumps --lags 1 --estimator rate --errors bayes
bad "no sampler for the posterior of a rate matrix" a.jumps --lags 1 --estimator rate --errors both
build a.jumps --lags 1 --estimator rate --samples 20 -o rate
exits 2 "$BIN/lisi-msm" paths rate --from A --to B --errors bayes; says "no sampler for the posterior"
bad "plain" a.jumps --lags 1 --estimator plain --count-mode effective
pass "errors of the Markov model"
