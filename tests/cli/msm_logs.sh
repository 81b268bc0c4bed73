# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm build on jump logs: walkers on a chain whose diffusion coefficient and time scales are known, and logs that must be
# refused.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
log() { awk -f "$SRC/tests/cli/chain_log.awk" -v walkers=40 -v samples=4000 -v cells=4 -v p=.2 -v q=.05 "$@"; }
build() { exits 0 "$BIN/lisi-msm" build "$@" --json; }
# inside KEY N VALUE: VALUE lies within twice the distance of the ends of the interval from their middle
inside() { local ci=($(numbers "$1" "$2")); awk -v a="${ci[0]}" -v b="${ci[1]}" -v x="$3" \
  'BEGIN { m = (a + b) / 2; h = b - m; exit !(h > 0 && x > m - 2 * h && x < m + 2 * h) }' || fail "$1: [${ci[0]}, ${ci[1]}] is far from $3"; }

# one sample = 1 ps: D = .18 along x, /3 isotropic; t = 1/ln 2
log -v seed=1 >a.jumps
build a.jumps --lags 1,2,5,10 -o o
for k in 1 2 3 4; do inside D_all_iso_ci $k 0.06; done
inside timescales_ci 1 1.4426950408889634
close "$(numbers D | sed -n 1p)" 0.18 0.02
same_numbers states 1 "1 2"
[[ $(json folded) == true ]] || fail "the supercell was not folded"
[[ $(json n_Li) == 40 && $(json temperature) == 300.0 ]] || fail "header values"
grep -q '"plateau": true' out || fail "the chain is Markovian: a plateau from the first lag on"
close "$(numbers within_two_errors)" 1 0.35 "MSD of the model and of the site positions"
for f in o/*.svg o/*.gp o/*.dat o/report.html o/C_1.mtx o/P_10.mtx o/network_1.yaml o/model.yaml; do [[ -s $f ]] || fail "$f is missing or empty"; done
[[ $(find o -name '*tmp*') == '' ]] || fail "temporary files were left"
# the folder's network gives the same D
d=$(numbers D | sed -n 1p)
exits 0 "$BIN/lisi-msm" transport --network o/network_1.yaml --json
close "$(numbers D | sed -n 1p)" "$d" 1e-12

# unfolded: the same D, eight states, and the slow modes of the ring: 1 - p - q + sqrt(p^2 + q^2 + 2 p q cos(2 pi/4))
build a.jumps --lags 1 --fold no --resamples 20
close "$(numbers D | sed -n 1p)" "$d" 0.01
[[ $(numbers states | wc -l) == 8 ]] || fail "eight states"
inside timescales_ci 1 "$(awk 'BEGIN { print -1 / log(0.75 + sqrt(0.0425)) }')"
# two logs add up, one of them compressed; the automatic lags; every estimator
log -v seed=2 >b.jumps; gzip b.jumps
build a.jumps b.jumps.gz
[[ $(json n_Li) == 80 ]] || fail "walkers of two logs"
inside D_all_iso_ci 1 0.06
for e in row reversible; do build a.jumps --lags 2 --estimator $e; close "$(numbers D | sed -n 1p)" 0.18 0.02; done
printf '1 1\n' >pi.txt
build a.jumps --lags 2 --estimator fixed-pi --pi pi.txt; same_numbers stationary 1 ".5 .5"
# the published procedure: all eight sites, minimum image
build a.jumps --lags 1 --estimator plain
[[ $(numbers states | wc -l) == 8 ]] || fail "plain: eight states"
awk -v d="$(json D_iso)" 'BEGIN { exit !(d > 0.03 && d < 0.09) }' || fail "plain: D = $(json D_iso)"
log -v seed=3 -v samples=200 -v mode='core 0.4' >core.jumps
build core.jumps --lags 1
[[ $(json assignment) == '"core 0.4"' ]] || fail "assignment: $(json assignment)"
exits 2 "$BIN/lisi-msm" build core.jumps --lags 1 --estimator plain; says core
# same seed, same result; another seed, other intervals
build a.jumps --lags 1 --seed 3; cp out s3; build a.jumps --lags 1 --seed 3; cmp out s3 || fail "same seed, another result"
build a.jumps --lags 1 --seed 4; json D_iso_ci >x; cp s3 out; json D_iso_ci >y; cmp -s x y && fail "the seed does nothing"

# nobody jumps: D = 0, a warning, no failure
log -v p=0 -v q=0 -v samples=50 >still.jumps
build still.jumps --lags 1,5 -o still
says 'no jump'
close "$(json D_all_iso)" 0
[[ -s still/report.html ]] || fail "no report without jumps"
# a log that was cut off counts up to its last F line
head -n 3000 a.jumps | head -c -4 >cut.jumps
build cut.jumps --lags 1
inside D_all_iso_ci 1 0.06

# ---- refused -----------------------------------------------------------------------------------------------------------
bad() { local text=$1; shift; exits 2 "$BIN/lisi-msm" build "$@" --json -o never; says "$text"; [[ ! -s out && ! -e never ]] || fail "output in spite of an error: $*"; }
bad 'multiple' a.jumps --lags 1.5
bad '5000' a.jumps --lags 5000
bad '3999' a.jumps --lags 1,3999.5
bad missing.jumps missing.jumps
sed 's/lisi-jumps 1/lisi-jumps 7/' a.jumps >v.jumps; bad v.jumps:1 v.jumps
sed '/^data/q' a.jumps >empty.jumps; bad empty.jumps empty.jumps
: >nothing.jumps; bad nothing.jumps nothing.jumps
sed '30s/.*/what is this/' a.jumps >garbage.jumps; bad garbage.jumps:30 garbage.jumps
sed 's/^replicate 4 1 1/replicate 3 1 1/; s/^cell 12/cell 9/' a.jumps >other.jumps; bad '' a.jumps other.jumps
log -v seed=1 -v every=20 >sampling.jumps; bad sampling.jumps a.jumps sampling.jumps
bad 'only one' a.jumps --dtraj a.jumps
mkdir folder; bad folder folder
touch plain; exits 2 "$BIN/lisi-msm" build a.jumps --lags 1 -o plain/out; says plain
pass "jump logs"
