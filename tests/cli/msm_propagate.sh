# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm propagate: spreads whose variance and D are known, conservation, ends, all kinds of starts, what is written
# and what is refused.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
propagate() { exits 0 "$BIN/lisi-msm" propagate "$@" --json; }

# the alternating chain: D = .18 along a, MSD(n) = .36 n + .125 (1 - .5^n), each averaged over both kinds of start
cat >chain.yaml <<'E2'
cell: [[3, 0, 0], [0, 10, 0], [0, 0, 10]]
lag: 1
sites: [{frac: [0, 0, 0], label: A}, {frac: [0.36666666666666666667, 0, 0], label: B}]
jumps: [[1, 2, 0, 0, 0, .2], [2, 1, 0, 0, 0, .2], [2, 1, 1, 0, 0, .05], [1, 2, -1, 0, 0, .05]]
E2
# second moments about the start, of A and of B: their mean is the MSD
second=0
for s in A B; do
  propagate --network chain.yaml --start site:$s --times 10,50,1000,2000
  for k in 1 2 3 4 5; do close "$(json total $k)" 1 1e-12; done
  close "$(json D_effective 4)" .18 1e-9
  m=$(json variance 2) x=$(json mean 2)
  second=$(awk -v s=$second -v m=$m -v x=$x 'BEGIN { printf "%.17g", s + (m + x * x) / 2 }')
done
close "$second" 3.7248779296875 1e-9 "MSD(10)"
close "$(json D_axis)" .18
[[ $(json planes) == '[1, 0, 0]' || $(json planes) == '[ 1, 0, 0 ]' ]] || fail "the axis with the largest D: $(json planes)"
[[ $(json kind) == *tracer*'not chemical'* ]] || fail "it does not say what it is"

# slabs and steps; a second step in the same lattice; times are put into order
propagate --network chain.yaml --start slab:12 --axis a --times 2000,100,1000 -o slab
for k in 1 2 3 4; do close "$(json total $k)" 4 1e-12; done
close "$(json D_effective 2)" .18 1e-8
close "$(awk -v a="$(json variance 4)" -v b="$(json variance 3)" 'BEGIN { printf "%.12g", (a - b) / 2000 }')" .18 1e-9
grep -q '"edge_reached": true' out && fail "the lattice that was chosen is too small"
propagate --network chain.yaml --start step --times 1000,2000 -o step
close "$(json D_effective 2)" .18 1e-8
# the profile is the error function: within 1 % of the lithium at sites 3 A apart
awk '!/^#/ { d = $6 - $7; if (d < 0) d = -d; if (d > worst) worst = d; n++ } END { exit !(n > 300 && worst > 0 && worst < .01) }' step/profile.dat ||
  fail "profile against the diffusion equation"
for f in propagate.yaml profile.dat profile.gp moments.dat occupation.xyz; do [[ -s step/$f ]] || fail "step/$f is missing or empty"; done
if command -v gnuplot >/dev/null; then [[ -s step/profile.svg ]] || fail "no picture"; fi
[[ $(head -n 1 step/occupation.xyz) == $(($(json layers | tr -dc 0-9) * 2)) ]] || fail "atoms of occupation.xyz"
# what is written adds up to what is told
awk -v n="$(head -n 1 step/occupation.xyz)" 'NR > 2 && NR <= n + 2 { sum += $6 } END { d = sum / 2 * 2 / n - .5; exit !(d < 1e-9 && d > -1e-9) }' step/occupation.xyz ||
  fail "half of the sites are tagged at time 0"

# a film: what reflects keeps all, what absorbs ends empty, from many lags at once
propagate --network chain.yaml --start step --ends reflecting --cells 20 --times 100,100000
for k in 1 2 3; do close "$(json total $k)" 10 1e-12; done
propagate --network chain.yaml --start full --ends absorbing --cells 20 --times 10,100000 -o film
awk -v a="$(json total 2)" -v b="$(json total 3)" 'BEGIN { exit !(a < 20 && a > 15 && b < 1e-9) }' || fail "absorbing ends"
propagate --network chain.yaml --start full --times 10,100000 --cells 20; close "$(json total 3)" 20 1e-12
grep -q D_effective out && fail "D from a film that is tagged all over"

# three dimensions: face-diagonal jumps in a skewed cell; regions; the tensor; the map
cat >net.yaml <<'E2'
cell: [[3, 0, 0], [1, 3, 0], [0, 0.5, 4]]
lag: 0.5
sites: [{frac: [0, 0, 0], label: X}, {frac: [.5, .5, .5], label: Y}, {frac: [.5, 0, 0], label: Y}]
jumps: [[1, 2, 0, 0, 0, .1], [2, 1, 0, 0, 0, .1], [2, 1, 1, 1, 1, .05], [1, 2, -1, -1, -1, .05], [1, 3, 0, 0, 0, .08], [3, 1, 0, 0, 0, .08], [3, 1, 1, 0, 0, .1], [1, 3, -1, 0, 0, .1], [2, 3, 0, 1, 0, .07], [3, 2, 0, -1, 0, .07]]
E2
exits 0 "$BIN/lisi-msm" transport --network net.yaml --json; D=($(numbers D))
propagate --network net.yaml --start sphere:3 --times 60,100 -o ball
have=($(numbers D_effective_tensor 2)) # the growth from 60 to 100 ps, when correlations are over
for k in 0 1 2 3 4 5 6 7 8; do close "${have[k]}" "${D[k]}" 1e-5 "D[$k]"; done
close "$(json total 3)" 1 1e-12
if command -v gnuplot >/dev/null; then [[ -s ball/map.svg ]] || fail "no map"; fi
propagate --network net.yaml --start box:0,1,0,1,0,1 --times 5; [[ $(json sites) == 3 ]] || fail "a cell has three sites, not $(json sites)"
propagate --network net.yaml --start box:0,2.9,0,2.9,0,3.9A --times 5; [[ $(json sites) == 3 ]] || fail "in Angstrom: $(json sites)"
propagate --network net.yaml --start site:Y --times 5; [[ $(json sites) == 2 ]] || fail "two sites are called Y"
propagate --network net.yaml --start 'site:#1' --times 5 --cells 7x7,7; [[ $(json cells) =~ 7.*7.*7 ]] || fail "cells $(json cells)"
propagate --network net.yaml --start slab:3L --axis 1,1,2 --times 5,50 -o tilted
close "$(json total 3)" 3 1e-12

# a jump log's own model; no detailed balance; times that are no multiples of the lag
awk -f "$SRC/tests/cli/chain_log.awk" -v walkers=20 -v samples=2000 -v cells=4 -v p=.2 -v q=.05 -v seed=1 >a.jumps
exits 0 "$BIN/lisi-msm" build a.jumps --lags 1,5 -o o
propagate o --lag 5 --start step --times 100,1001; says 'whole numbers of lags'
close "$(json D_effective 2)" "$(json D_axis)" 1e-6
[[ $(json time 4) == 1000.0 ]] || fail "time $(json time 4)"
printf 'cell: [[3,0,0],[0,3,0],[0,0,3]]\nlag: 1\nsites: [[0,0,0]]\njumps: [[1,1,1,0,0,.3],[1,1,-1,0,0,.1]]\n' >driven.yaml
propagate --network driven.yaml --start site:1 --times 100
close "$(json mean 2)" 60 1e-9; close "$(json variance 2)" 324 1e-9 # n (a^2 (p + q) - drift^2)
exits 0 "$BIN/lisi-msm" propagate --network chain.yaml --start slab:9 --times 10
grep -q 'tracer diffusion' out || fail "the printed text does not say what it is"

# ---- refused -----------------------------------------------------------------------------------------------------------
bad() { local text=$1; shift; exits 2 "$BIN/lisi-msm" propagate "$@" --json; says "$text"; [[ ! -s out ]] || fail "output in spite of an error: $*"; }
net='--network chain.yaml'
bad '--start is missing' $net --times 5
bad '--times LIST is missing' $net --start step
bad 'no input' --start step --times 5
bad 'only one' $net o --start step --times 5
bad "found 'cube:3'" $net --start cube:3 --times 5
bad 'takes no values' $net --start step:3 --times 5
bad 'are missing' $net --start slab --times 5
bad 'are missing' $net --start sphere: --times 5
bad 'thickness above 0' $net --start slab:-3 --times 5
bad 'expected numbers' $net --start slab:3x --times 5
bad 'expected 6 numbers' $net --start box:0,1,0,1 --times 5
bad 'lo < hi' $net --start box:1,0,0,1,0,1 --times 5
bad 'at the end' $net --start box:0,1,0,1,0,1, --times 5
bad 'radius,x,y,z' $net --start sphere:3,0 --times 5
bad 'no site of the model lies' $net --start sphere:0.1 --times 5
bad "'C'" $net --start site:C --times 5
bad 'from the lag on' $net --start step --times .2
bad 'from the lag on' $net --start step --times=-1
bad 'above 0' $net --start step --times 0
bad '1e15 lags' $net --start step --times 1e16
bad 'layers, more than' $net --start step --times 1e14
bad 'unit cells, more than' --network net.yaml --start site:1 --times 1e6
bad "found 'd'" $net --start step --times 5 --axis d
bad 'not all 0' $net --start step --times 5 --axis 0,0,0
bad 'number of layers' $net --start step --times 5 --cells 3x3x3
bad 'three numbers' $net --start site:A --times 5 --cells 9
bad '--cells: expected 1' $net --start step --times 5 --cells 0
bad '--cells: expected 1' $net --start site:A --times 5 --cells 1000x1000x1000
bad 'as thick as the lattice' $net --start slab:60 --times 5 --cells 20
bad "found 'open'" $net --start step --times 5 --ends open
bad 'cells N is missing' $net --start step --times 5 --ends absorbing
bad 'have ends' $net --start site:A --times 5 --ends absorbing --cells 9x9x9
printf '0\n1\n0\n1\n1\n0\n0\n1\n' >d.txt; exits 0 "$BIN/lisi-msm" build --dtraj d.txt --lags 1 -o flat
bad 'no positions' flat --start step --times 5
[[ $(ls -d profile* propagate* 2>/dev/null | wc -l) == 0 ]] || fail "written without -o"
pass "propagate"
