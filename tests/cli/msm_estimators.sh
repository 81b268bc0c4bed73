# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm build: estimators and their files, priors, and the sparse solver that many states are given to.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
build() { exits 0 "$BIN/lisi-msm" build "$@" --json; }

# Rates of two states: exp(K) is the counted matrix, so k_12 + k_21 = -ln(1 - .2 - .1), divided as 2 : 1; K in a file
printf '80 20\n10 90\n' >two.txt
build --count-matrix two.txt --estimator rate -o k
close "$(numbers timescales)" "$(awk 'BEGIN { printf "%.17g", -1 / log(.7) }')" 1e-8
grep -q 'rates: K_1.mtx' k/model.yaml || fail "model.yaml does not tell of K_1.mtx"
grep -q 'rates per step' k/K_1.mtx || fail "K_1.mtx does not tell its unit"
entry() { grep -v '^%' k/K_1.mtx | awk -v i="$1" -v j="$2" 'NR > 1 && $1 == i && $2 == j { print $3 }'; }
close "$(entry 1 2)" "$(awk 'BEGIN { printf "%.17g", -log(.7) * 2 / 3 }')" 1e-8
close "$(entry 2 2)" "$(awk 'BEGIN { printf "%.17g", log(.7) / 3 }')" 1e-8
# what is made of the folder goes on with the same estimator
exits 0 "$BIN/lisi-msm" paths k --from 1 --to 2

# No rates make states change places at every step: what is found is fast, and a warning tells that it means little
printf '1 9\n9 1\n' >swap.txt
build --count-matrix swap.txt --estimator rate
says 'too fast'

# A prior goes to pairs that were seen, both ways: 1 -> 3 stays impossible, 3 -> 2 becomes possible
printf '8 2 0\n3 7 1\n0 0 4\n' >three.txt
build --count-matrix three.txt --estimator row -o n
same_numbers states 1 "1 2"
build --count-matrix three.txt --estimator row --prior 1 -o p
same_numbers states 1 "1 2 3"
close "$(json prior)" 1
got=$(grep -v '^%' p/P_1.mtx | tail -n +2 | awk '{ printf "%s%s=%.6f ", $1, $2, $3 }')
[[ $got == '11=0.750000 12=0.250000 21=0.285714 22=0.571429 23=0.142857 32=0.166667 33=0.833333 ' ]] || fail "rows with a prior: $got"
build --count-matrix three.txt --prior 0

# 1,200 states: solved sparsely, and said so; the slowest time of a ring of equal sites is 1/(2 p (1 - cos(2 pi/n)))
awk 'BEGIN { n = 1200; print "%%MatrixMarket matrix coordinate integer general"; print n, n, 3 * n
  for (i = 0; i < n; i++) { print i + 1, i + 1, 60; print i + 1, (i + 1) % n + 1, 20; print i + 1, (i + n - 1) % n + 1, 20 } }' >ring.mtx
build --count-matrix ring.mtx -o r
[[ $(json solver) == '"sparse"' ]] || fail "the solver is not named"
[[ $(numbers timescales | wc -l) == 20 ]] || fail "20 slowest time scales"
close "$(numbers timescales | head -n 1)" "$(awk 'BEGIN { g = .4 * (1 - cos(2 * atan2(0, -1) / 1200)); printf "%.17g", -1 / log(1 - g) }')" 1e-9
close "$(numbers timescales | sed -n 2p)" "$(numbers timescales | head -n 1)" 1e-9
[[ $(numbers stationary | wc -l) == 1200 && $(numbers eigenvalues | wc -l) == 21 ]] || fail "sizes of the lists"
[[ $(sed -n '/^[0-9]/{p;q}' r/P_1.mtx | wc -w) == 3 && $(grep -vc '^%' r/P_1.mtx) == 3601 ]] || fail "P_1.mtx"
exits 0 "$BIN/lisi-msm" report r
build --count-matrix two.txt; grep -q '"solver"' out && fail "two states need no sparse solver"

# ---- refused -----------------------------------------------------------------------------------------------------------
bad() { local text=$1; shift; exits 2 "$BIN/lisi-msm" build "$@" --json; says "$text"; [[ ! -s out ]] || fail "output: $*"; }
bad '--prior' --count-matrix two.txt --prior -1
bad '--prior' --count-matrix two.txt --prior x
bad 'prior' --count-matrix two.txt --prior 1 --estimator plain
bad '400' --count-matrix ring.mtx --estimator rate
pass "estimators"
