# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm paths: networks with known passage times, committors, pathways and dimensions; a jump log with errors.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
paths() { exits 0 "$BIN/lisi-msm" paths "$@" --json; }

# four sites in a row, a fifth beside the second: fluxes in series. pi is uniform, so T(1 -> 4) and q have closed forms
cat >row.yaml <<'E2'
cell: [[10, 0, 0], [0, 10, 0], [0, 0, 10]]
lag: 0.5
sites: [{frac: [0, 0, 0], label: A}, {frac: [.1, 0, 0], label: M}, {frac: [.2, 0, 0], label: M}, {frac: [.3, 0, 0], label: B}, {frac: [.1, .1, 0], label: S}]
jumps: [[1, 2, 0, 0, 0, .1], [2, 1, 0, 0, 0, .1], [2, 3, 0, 0, 0, .02], [3, 2, 0, 0, 0, .02], [3, 4, 0, 0, 0, .05], [4, 3, 0, 0, 0, .05], [2, 5, 0, 0, 0, .3], [5, 2, 0, 0, 0, .3]]
E2
paths --network row.yaml --from A --to B
[[ $(json format) == '"lisi-paths 1"' && $(json dimension) == 0 ]] || fail "a row is a cage"
# flux per time = pi/(1/.1 + 1/.02 + 1/.05)/lag; T = (1/.1 + 3/.02 + 4/.05) lags
close "$(json flux 1)" "$(awk 'BEGIN { printf "%.15g", .2 / 80 / .5 }')" 1e-12
close "$(json committor 1)" 0; close "$(json committor 2)" .125; close "$(json committor 3)" .75; close "$(json committor 4)" 1
close "$(json committor 5)" .125; close "$(json backward 3)" .25
close "$(json rate)" "$(awk 'BEGIN { printf "%.15g", 1 / (240 * .5) }')" 1e-12
same_numbers sites 1 "1 2 3 4"
close "$(json share)" 1
t=($(numbers times)) # A M B S
close "${t[2]}" 120 1e-10 "T(A -> B)"
close "${t[0]}" 0
[[ $(json orbits) == '[ "A", "M", "B", "S" ]' || $(json orbits) == '["A", "M", "B", "S"]' ]] || fail "orbits: $(json orbits)"
# numbers in place of labels, and sets of them
paths --network row.yaml --from '1,#5' --to 4
close "$(json committor 5)" 0; close "$(json committor 2)" 0.034482758620689655
# two metastable sets: the bottleneck is between 2 and 3
paths --network row.yaml --sets 2
[[ $(for k in 1 2 3 4 5; do json set $k; done | tr '\n' ' ') == '1 1 2 2 1 ' ]] || fail "metastable sets"
close "$(awk -v a="$(numbers weights | head -n 1)" -v b="$(numbers weights | tail -n 1)" 'BEGIN { print a + b }')" 1

# dimensions: a channel along b, then layers by a rare jump; two face-diagonal nets
cat >net.yaml <<'E2'
cell: [[3, 0, 0], [0, 3, 0], [0, 0, 3]]
lag: 2
sites: [{frac: [0, 0, 0], label: X}, {frac: [0, .5, 0], label: Y}]
jumps: [[1, 2, 0, 0, 0, .1], [2, 1, 0, 0, 0, .1], [2, 1, 0, 1, 0, .05], [1, 2, 0, -1, 0, .05], [1, 1, 1, 0, 0, .001], [1, 1, -1, 0, 0, .001]]
E2
paths --network net.yaml
[[ $(json dimension) == 2 ]] || fail "dimension $(json dimension)"
same_numbers axes 1 "1 0 0 0 1 0"
close "$(json rate 1)" .025; close "$(json rate 2)" .0005
exits 0 "$BIN/lisi-msm" paths --network net.yaml; grep -q 'two directions' out || fail "no words about it"
printf 'cell: [[2,0,0],[0,2,0],[0,0,2]]\nlag: 1\nsites: [[0,0,0]]\njumps: [[1,1,1,1,0,.1],[1,1,-1,-1,0,.1],[1,1,0,1,1,.1],[1,1,0,-1,-1,.1],[1,1,1,0,1,.1],[1,1,-1,0,-1,.1]]\n' >fcc.yaml
paths --network fcc.yaml
[[ $(json dimension) == 3 && $(json nets) == 2 ]] || fail "face diagonals"

# a log: T(A -> B) = 1/(p + q) = 4 ps inside its interval; the ring of four cells has two equal ways round
awk -f "$SRC/tests/cli/chain_log.awk" -v walkers=40 -v samples=3000 -v cells=4 -v p=.2 -v q=.05 -v seed=1 >a.jumps
exits 0 "$BIN/lisi-msm" build a.jumps --lags 1,2 -o o
inside() { local ci=($(numbers "$1")); awk -v a="${ci[$2]}" -v b="${ci[$2 + 1]}" -v x="$3" \
  'BEGIN { m = (a + b) / 2; h = b - m; exit !(h > 0 && x > m - 2 * h && x < m + 2 * h) }' || fail "$1: [${ci[$2]}, ${ci[$2 + 1]}] is far from $3"; }
paths o --lag 1 --from A --to B
inside times_ci 2 4; inside rate_ci 0 .25; inside flux_ci 0 .125
[[ $(json dimension) == 1 ]] || fail "a chain"
for f in paths.yaml paths.dot paths.svg; do [[ -s o/$f ]] || fail "o/$f is missing or empty"; done
exits 0 "$BIN/lisi-msm" report o; grep -q 'id="fig-paths"' o/report.html || fail "the report lacks the pathways"
paths o --lag 1 --from A --to B
cp out first; paths o --lag 1 --from A --to B; cmp out first || fail "same seed, another result"
paths a.jumps --fold no --from 1 --to 5 --resamples 0
close "$(json share 1)" .5 .05; close "$(json share 2)" .5 .05
[[ $(grep -c '"share"' out) == 2 ]] || fail "two ways round"
grep -q _ci out && fail "intervals without resamples"
paths a.jumps --fold no --from 1 --to 5 --resamples 0 --paths 1; [[ $(grep -c '"share"' out) == 1 ]] || fail "--paths 1"
[[ ! -e paths.yaml ]] || fail "something was written without -o"

# ---- refused -----------------------------------------------------------------------------------------------------------
bad() { local text=$1; shift; exits 2 "$BIN/lisi-msm" paths "$@" --json; says "$text"; [[ ! -s out ]] || fail "output in spite of an error: $*"; }
# a ring of four alike: two of the three slow modes share one time scale; as many sets as there are, each with a state of its own
printf '90 5 0 5\n5 90 5 0\n0 5 90 5\n5 0 5 90\n' >ring.txt
exits 0 "$BIN/lisi-msm" build --count-matrix ring.txt -o ring
exits 0 "$BIN/lisi-msm" paths ring
awk '/metastable sets/ { want = $1 } want && /^  [0-9]+  weight/ { have += NF > 3 } END { exit !(want > 1 && have == want) }' out || fail "sets of a ring of four"
bad 'no input'
bad '--to is missing' o --from A
bad "'Z'" o --from A --to Z
bad 'share site 1' o --from A --to 1,2
bad 'only one' o --network net.yaml
bad none.yaml --network none.yaml
bad '--paths' o --paths 0
bad '--share' o --share 1.5
bad '--sets' o --sets 1
bad '--resamples' o --resamples 5
bad '3.5' o --lag 3.5
# A prior is part of the resamples, too: the rate lies inside its interval, not at the edge of one that knows the counts alone
awk -f "$SRC/tests/cli/chain_log.awk" -v walkers=4 -v samples=400 -v cells=4 -v p=.02 -v q=.005 -v seed=3 >few.jumps
exits 0 "$BIN/lisi-msm" build few.jumps --lags 1,2 --prior 20 -o few
paths few --from A --to B
awk -v x="$(json rate 2)" -v lo="$(numbers rate_ci | head -n 1)" -v hi="$(numbers rate_ci | tail -n 1)" 'BEGIN { exit !(lo < .97 * x && hi > 1.03 * x) }' ||
  fail "rate with a prior: $(json rate 2), interval $(numbers rate_ci | tr '\n' ' ')"
# and of the model that is tested
exits 0 "$BIN/lisi-msm" ck few --json
p12=$(grep -v '^%' few/P_1.mtx | awk 'NR > 1 && $1 == 1 && $2 == 2 { s += $3 } END { printf "%.17g", s }')
p21=$(grep -v '^%' few/P_1.mtx | awk 'NR > 1 && $1 == 2 && $2 == 1 { s += $3 } END { printf "%.17g", s }')
grep -q "$(awk -v a="$p12" -v b="$p21" 'BEGIN { printf "%.10f", (1 - a) ^ 2 + a * b }' | cut -c1-10)" out || fail "ck: no model with P_11(2) = (1 - $p12)^2 + $p12 $p21"
pass "pathways"
