# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm transport: networks with known diffusion coefficients, MSDs and time scales; networks that must be refused.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
net() { exits 0 "$BIN/lisi-msm" transport --network "$1" --msd "$2" --json; }

# chain with alternating barriers, p = .2 over 1.1 and q = .05 over 1.9 of a cell of 3
cat >chain.yaml <<'E2'
cell: [[3, 0, 0], [0, 3, 0], [0, 0, 3]]
lag: 2.0
sites: [{frac: [0, 0, 0], label: A}, {frac: [0.366666666666666666667, 0, 0], label: B}]
jumps: [[1, 2, 0, 0, 0, 0.15], [1, 2, 0, 0, 0, 0.05], [2, 1, 0, 0, 0, 0.2], [2, 1, 1, 0, 0, 0.05], [1, 2, -1, 0, 0, 0.05]]
E2
net chain.yaml 1,2,3,10,50
close "$(numbers D | head -n 1)" 0.09 1e-12 "D tau = .18, tau = 2"
close "$(json D_iso)" 0.03
close "$(numbers timescales)" "$(awk 'BEGIN { printf "%.17g", 2 / log(2) }')" 1e-12
same_numbers msd 1 "1 .4225 2 .81375 3 1.189375 10 3.7248779296875 50 18.125"
same_numbers drift 1 "0 0 0"
same_numbers stationary 1 ".5 .5"
[[ $(json format) == '"lisi-msm 1"' ]] || fail "format"
[[ ! -s err ]] || fail "messages where there should be none: $(cat err)"
[[ $(ls) == $'chain.yaml\nerr\nout' ]] || fail "without -o something was written: $(ls)"
# moving the sites changes the MSD by a constant and D not at all
sed 's/0.366666666666666666667/0.1/' chain.yaml >moved.yaml
net moved.yaml 10,50
close "$(numbers D | head -n 1)" 0.09 1e-12 "D after moving a site"

# octahedral and tetrahedral sites of an fcc lattice, constant 3, rate 1: D = 1.5
awk 'BEGIN {
  split("0 1.5 1.5 1.5 0 1.5 1.5 1.5 0", c); x[1] = .5; x[2] = .25; x[3] = .75
  print "cell: [[0, 1.5, 1.5], [1.5, 0, 1.5], [1.5, 1.5, 0]]\nlag: 0.1\nsites: [[.5,.5,.5], [.25,.25,.25], [.75,.75,.75]]\njumps:"
  for (i = 1; i <= 3; i++) for (j = 1; j <= 3; j++) if ((i == 1) != (j == 1))
    for (a = -2; a <= 2; a++) for (b = -2; b <= 2; b++) for (d = -2; d <= 2; d++) {
      s = 0
      for (k = 1; k <= 3; k++) { r = (a + x[j] - x[i]) * c[k] + (b + x[j] - x[i]) * c[3 + k] + (d + x[j] - x[i]) * c[6 + k]; s += r * r }
      if (s < 1.7) { print "- [" i ", " j ", " a ", " b ", " d ", 0.1]"; n++ }
    }
  if (n != 16) exit 1 }' >fcc.yaml || fail "the fcc network has a wrong number of jumps"
net fcc.yaml 1
same_numbers D 1 "1.5 0 0 0 1.5 0 0 0 1.5"

# a ring driven round without detailed balance
cat >ring.yaml <<'E2'
cell: [[3, 0, 0], [0, 3, 0], [0, 0, 3]]
lag: 1
sites: [[0, 0, 0], [0.33333333333333333, 0, 0], [0.5, 0, 0]]
jumps:
- [1, 2, 0, 0, 0, .3]
- [2, 1, 0, 0, 0, .1]
- [2, 3, 0, 0, 0, .2]
- [3, 2, 0, 0, 0, .15]
- [3, 1, 1, 0, 0, .25]
- [1, 3, -1, 0, 0, .05]
E2
net ring.yaml 1,2,10
m=($(numbers msd))
close "${m[1]}" .3461538 1e-7
close "${m[3]}" .7282692 1e-7
close "${m[5]}" 5.2654239 1e-7
awk -v v="$(numbers drift | head -n 1)" 'BEGIN { exit !(v > 0.01) }' || fail "the ring should drift"
# i -> i with a shift: a plain random walk, D = p d^2 (p to each side), two of three directions
printf 'cell: [[2,0,0],[0,4,0],[0,0,5]]\nlag: 0.5\nsites: [[0.1,0.2,0.3]]\njumps: [[1,1,1,0,0,.1],[1,1,-1,0,0,.1],[1,1,0,1,0,.05],[1,1,0,-1,0,.05]]\n' >walk.yaml
net walk.yaml 4
same_numbers D 1 "0.8 0 0 0 1.6 0 0 0 0"
close "$(numbers msd | tail -n 1)" "$(awk 'BEGIN { print 2 * (0.8 + 1.6) * 2 }')"

# the table for people, and the folder
exits 0 "$BIN/lisi-msm" transport --network chain.yaml -o o
grep -q 'D = 0.03 ' out || fail "no D in the table"
for f in model.yaml report.html network_2.yaml P_2.mtx network.dot timescales.gp msd.dat; do [[ -s o/$f ]] || fail "o/$f is missing or empty"; done
# what was written can be read back as a network
net o/network_2.yaml 10
close "$(numbers msd | tail -n 1)" 3.7248779296875 1e-12

# ---- refused -----------------------------------------------------------------------------------------------------------
bad() { # TEXT SED-SCRIPT
  sed "$2" chain.yaml >bad.yaml
  exits 2 "$BIN/lisi-msm" transport --network bad.yaml --json
  says "$1"
  says bad.yaml
  [[ ! -s out ]] || fail "output in spite of an error"
}
bad 'lag' 's/lag: 2.0/lag: -1/'
bad 'bad.yaml:4' 's/0.05\]\]/-0.05]]/'
bad 'bad.yaml' 's/0.2\]/0.99]/'
bad 'bad.yaml:4' 's/\[2, 1, 1/[3, 1, 1/'
bad 'cell' 's/\[0, 3, 0\]/[3, 0, 0]/'
bad 'sites' 's/^sites/seats/'
bad 'bad.yaml' 's/0.15\]/.nan]/'
bad 'bad.yaml' 's/^sites: \[/sites: [[/'
exits 2 "$BIN/lisi-msm" transport; says '--network'
exits 2 "$BIN/lisi-msm" transport --network none.yaml; says none.yaml
exits 2 "$BIN/lisi-msm" transport --network chain.yaml --msd 1,x; says "'x'"
exits 2 "$BIN/lisi-msm" transport --network chain.yaml --msd 1.5; says 1.5
exits 2 "$BIN/lisi-msm" transport --network chain.yaml --frob; says '--frob'
exits 2 "$BIN/lisi-msm" transport --network; says '--network needs a value'
exits 2 "$BIN/lisi-msm" transport chain.yaml; says chain.yaml
touch file
exits 2 "$BIN/lisi-msm" transport --network chain.yaml -o file/out; says file
pass "networks"
