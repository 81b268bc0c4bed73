# SPDX-License-Identifier: GPL-2.0-or-later
# What lisi-msm build says about diffusion over all lags: plateau, principal axes, Markovian range, collective diffusion, van Hove
# function and the verdicts of the MSD; on a chain that is Markovian, on walkers with a memory and on states that hide something.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
log() { awk -f "$SRC/tests/cli/chain_log.awk" -v walkers=40 -v cells=4 -v p=.2 -v q=.05 "$@"; }
build() { exits 0 "$BIN/lisi-msm" build "$@" --json; }
# part KEY: the mapping under a top-level key, alone in the file `out`; whole: all of it again
part() { cp out all; json "$1" >value || fail "no $1"; cp value out; }
whole() { cp all out; }
# inside KEY VALUE: the interval holds VALUE
inside() { local ci=($(numbers "$1")); awk -v a="${ci[0]}" -v b="${ci[1]}" -v x="$2" 'BEGIN { exit !(a < b && a <= x && x <= b) }' ||
  fail "$1: [${ci[*]}] does not hold $2"; }
is() { [[ $(json "$1") == "$2" ]] || fail "$1 is $(json "$1"), expected $2"; }
less() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }' || fail "$1 is not less than $2${3:+: $3}"; }

# ---- a Markov chain: D = .18/3, every lag says so ----------------------------------------------------------------------
log -v seed=1 -v samples=4000 >a.jumps
build a.jumps -o o
part D_plateau; is found true; inside ci 0.06; is from 1.0; is to 200.0
close "$(json value_m2_per_s)" "$(awk -v d="$(json value)" 'BEGIN { printf "%.15g", d * 1e-8 }')" 1e-20
whole; part markovian_range; is found true; is from 1.0
less 1.9 "$(json decades)" "two decades"
is quantities '["D", "t1"]'; close "$(json slowest)" 1.4426950408889634 0.05
# t1 alone is known only where the lag is not much longer than itself
less "$(json decades 3)" 1.5 "the range of t1"
whole; part D_principal; close "$(numbers values | head -n 1)" 0.18 0.02; same_numbers axes 1 "1 0 0 0 0 1 0 1 0"
whole; part collective; inside D_tracer_ci 0.06; inside D_collective_ci 0.06; inside haven_ratio_ci 1; is plateau true; is n_Li 40.0
close "$(json volume)" 108
# sigma = N e^2 D/(V kB T)
close "$(json conductivity_S_per_m)" "$(awk -v d="$(json D_collective)" 'BEGIN { printf "%.15g", 40 * 1.602176634e-19 ^ 2 * d * 1e22 / (108 * 1.380649e-23 * 300) }')"
sigma=$(json conductivity_S_per_m)
whole; part van_hove; is verdict '"agrees"'; is file '"vanhove.dat"'; [[ $(grep -o '"time":' out | wc -l) == 4 ]] || fail "four times"
whole; part msd_check; is verdict '"agrees"'
# the file: six columns, normalised, t and r where they belong
[[ -s o/vanhove.dat ]] || fail "no vanhove.dat"
awk '/^#/ || !NF { next } { if (NF != 6 || $5 > $4 || $6 < $4) exit 1; m[$1] += $3 * .2; l[$1] += $4 * .2 }
  END { for (t in m) { n++; if (m[t] < .999 || m[t] > 1.0001 || l[t] < .999 || l[t] > 1.0001) exit 1 } exit n != 4 }' o/vanhove.dat || fail "vanhove.dat"
# another temperature and charge; model.yaml holds what --json prints
build a.jumps --lags 1,2 --temperature 600 --charge 2; part collective; close "$(json conductivity_S_per_m)" "$(awk -v s="$sigma" 'BEGIN { printf "%.15g", 2 * s }')" 1e-9
for key in D_plateau D_principal markovian_range collective van_hove; do grep -q "^$key:" o/model.yaml || fail "model.yaml lacks $key"; done
# printed for people
exits 0 "$BIN/lisi-msm" build a.jumps
for text in 'plateau of D from lag 1 to 200 ps' 'Markovian from lag 1 to 200 ps' 'principal axes' 'Haven ratio' 'S/m' 'agrees with the log'; do
  grep -q "$text" out || fail "the table does not say: $text"; done
# same seed, same result
build a.jumps --lags 1,5; cp out first; build a.jumps --lags 1,5; cmp out first || fail "same seed, another result"

# ---- jumps that are undone: D falls with the lag until they are over ---------------------------------------------------
awk -f "$SRC/tests/cli/memory_log.awk" -v walkers=40 -v samples=6000 -v cells=4 -v p=.2 -v seed=2 -v again=.5 -v same=-1 >back.jumps
build back.jumps
part D_plateau; is found true; less 1 "$(json from)" "the plateau begins where the memory ends"; short=$(json value) wide=$(json ci)
whole; part reported; is D_iso_ci "$wide"; is D_iso "$short" # the headline is that of the plateau
whole; less "$(awk -v d="$short" 'BEGIN { print 1.3 * d }')" "$(json D_iso 2)" "the shortest lag overestimates D"
tracer=$(json D_tracer); inside ci "$tracer"
part markovian_range; is found true; less 1 "$(json from)"; [[ $(json note) == *"shorter lags differ: D is"* ]] || fail "note: $(json note)"
# at one lag that is too short the model's MSD and van Hove function are wrong, and said so
build back.jumps --lags 1
part msd_check; is verdict '"differs"'; whole; part van_hove; is verdict '"differs"'; whole; part markovian_range; is found false; [[ $(json note) == *"one lag"* ]] || fail "one lag"

# ---- two states that hide two more each (a slow and a fast way out): time scales settle late ---------------------------
awk 'BEGIN { srand(5); split(".6 .05 .35 0 .05 .94 0 .01 .35 0 .6 .05 0 .01 .05 .94", P)
  for (f = 1; f <= 8; f++) { s = int(rand() * 4)
    for (t = 0; t < 8000; t++) { print int(s / 2) >"d" f ".txt"; u = rand()
      for (j = 0; j < 3 && u >= P[4 * s + j + 1]; j++) u -= P[4 * s + j + 1]
      s = j } } }' || fail "no trajectories"
build --dtraj d?.txt --lags 1,2,5,10,20,50,100
part markovian_range; is found true; is quantities '["t1"]'; less 1 "$(json from)"
[[ $(json note) == *"t1 is"*steps* ]] || fail "note: $(json note)"
whole; grep -qE '"(collective|D_plateau|van_hove)"' out && fail "positions are not known"

# ---- lags beyond a tenth of the run are shown, and no more: 4000 samples ------------------------------------------------
build a.jumps --lags 1,10,900,2000
says "lag 900 (and at 1 longer lag): longer than a tenth of the run"
[[ $(grep -c '"lag":' out) -ge 4 ]] || fail "long lags are left out"
part D_plateau; is found true; is to 10.0
whole; part markovian_range; is to 10.0
whole; part reported; less "$(json lag)" 11 "the reported lag"
build a.jumps --lags 20,900; part reported; is lag 20.0
whole; part markovian_range; is found false; [[ $(json note) == *"one lag alone of at most a tenth of the run"* ]] || fail "note: $(json note)"
build a.jumps --lags 900,1000; says "every lag is longer than a tenth of the run"; part reported; less 899 "$(json lag)" "nothing else was asked for"
# the error of an MSD is that of blocks of three lags at least, and unknown where there are not two of them
whole; json msd_sites >value; tr -d ' \n' <value | grep -oE '\[[0-9.,e+-]+\]' | tr -d '[]' | awk -F, '$1 <= 500 && NF != 4 || $1 >= 700 && NF != 2 { exit 1 } END { exit NR < 9 }' || fail "errors of the MSD"

# ---- nothing to tell ---------------------------------------------------------------------------------------------------
log -v p=0 -v q=0 -v samples=400 >still.jumps
build still.jumps -o still; part markovian_range; is found false; [[ $(json note) == *"no jump"* ]] || fail "no jump"
whole; part collective; close "$(json D_collective)" 0; grep -q haven_ratio out && fail "a Haven ratio of nothing"
[[ ! -e still/vanhove.dat ]] || fail "a van Hove function of nothing"
build a.jumps --lags 1,2,5 --samples 0; grep -q _ci out && fail "errors that nobody asked for"; part D_plateau; is found false; [[ $(json method) == *"without errors"* ]] || fail "no errors"
whole; part markovian_range; is found false; [[ $(json note) == *"no errors"* ]] || fail "no errors"
log -v seed=1 -v samples=30 >short.jumps; build short.jumps --lags 1,2; grep -q '"collective"' out && fail "30 samples make no slope"
exits 0 "$BIN/lisi-msm" merge a.jumps --lags 1,2,5 -o a.counts
build a.counts; part D_plateau; is found true; whole; grep -q '"collective"' out && fail "counts know nothing of all lithium"
# two logs are independent pieces
log -v seed=2 -v samples=4000 >b.jumps; build a.jumps b.jumps --lags 1,2,5; part collective; is n_Li 40.0; inside haven_ratio_ci 1
bad() { local text=$1; shift; exits 2 "$BIN/lisi-msm" build "$@" --json; says "$text"; [[ ! -s out ]] || fail "output in spite of an error"; }
bad --temperature a.jumps --temperature -5
bad --temperature a.jumps --temperature cold
bad --charge a.jumps --charge 1e9
# the MSD of the real coordinates beside the log, if it is there, has to be readable
cp a.jumps b.jumps
printf 'lisi-msd 9\n' >b.jumps.msd
bad "b.jumps.msd:1: this program reads 'lisi-msd 1'" b.jumps
pass "diffusion over all lags"
