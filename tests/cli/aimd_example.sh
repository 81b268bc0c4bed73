# SPDX-License-Identifier: GPL-2.0-or-later
# examples/aimd: the inputs that it makes, what it reads from a run of CP2K (tests/data/cp2k/aimd, a run of this very example that was interrupted), and that a run
# which is stopped comes to the same frames as one which is not. In the place of CP2K stands a program that hands out that run step by step, as its input asks for.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
example=$SRC/examples/aimd data=$SRC/tests/data/cp2k/aimd fit=$BIN/lisi-fit
need "$fit" "$example/run.sh" "$example/md.inp" "$example/LiSi8.xyz" "$data/tiny.xyz" "$data/tiny_md.out"
export TEST=$tmp
steps=$(tail -n 1 "$data/tiny_md-1.ener" | awk '{ print $1 }')
((steps >= 4)) || fail "the stored run has $steps steps"
half=$((steps / 2))
part() { printf 'part-%06d.%s' "$1" "$2"; }

# ---- the stored run in pieces, rec/WHAT-STEP. Where CP2K was started again it evaluated the last step once more.
mkdir rec
awk '/PROGRAM STARTED/ { again = started++ }
  /^ ENERGY\|/ { if (again) { again = 0; k = "again" } else k = n++ }
  !/PROGRAM ENDED/ { if (k == "") print > "rec/head"; else if (k != "again" && !/PROGRAM STARTED|^ (CP2K|GLOBAL|MD_PAR|CELL)\|/) print > ("rec/eval-" k) }' "$data/tiny_md.out"
for what in pos frc; do awk -v what=$what '/^ i =/ { k = $3 + 0; print n > ("rec/" what "-" k) } { if (NF == 1) n = $0; else print > ("rec/" what "-" k) }' "$data/tiny_md-$what-1.xyz"; done
for what in cell ener; do awk -v what=$what '{ print > ("rec/" what "-" (/#/ ? "head" : $1)) }' "$data/tiny_md-1.$what"; done
for what in eval pos frc cell ener; do [[ -s rec/$what-0 && -s rec/$what-$steps && ! -e rec/$what-$((steps + 1)) ]] || fail "the stored run: $what: $(ls rec)"; done

cat >cp2k <<'EOF'
#!/usr/bin/env bash
# -i INPUT -o OUTPUT; hold-K in $TEST stops it in step K, cut-K while it writes the restart file of step K, FLAT=1 makes energies of its own
set -euo pipefail
[[ $1 == -i && $3 == -o && $# == 4 ]] || exit 9
echo "$4" >>"$TEST/calls"
value() { awk -v key="$1" '$1 == key { print $2; exit }' "$2"; }
project=$(value PROJECT "$2") steps=$(value STEPS "$2") restart=$(value RESTART_FILE_NAME "$2") start=0
[[ -s $(value COORD_FILE_NAME "$2") ]] || exit 8
[[ -z $restart ]] || start=$(value STEP_START_VAL "$restart")
stop() { : >"$TEST/at"; exec sleep 100; }
file() { # what a run keeps adding to: WHAT STEP FILE
  if [[ ! -e $3 && -e $TEST/rec/$1-head ]]; then cat "$TEST/rec/$1-head" >"$3"; fi
  cat "$TEST/rec/$1-$2" >>"$3"
}
sed "s/^\( CP2K| Input file name *\).*/\1$2/; s/^\( GLOBAL| Project name *\).*/\1$project/" "$TEST/rec/head" >"$4"
for ((k = start; k <= start + steps; k++)); do
  [[ -e $TEST/rec/eval-$k ]] || { echo ' [ABORT] no more steps are stored' >>"$4"; exit 1; }
  cat "$TEST/rec/eval-$k" >>"$4"
  ((k > start || k == 0)) || continue
  [[ ! -e $TEST/hold-$k ]] || stop
  file pos $k "$project-pos-1.xyz"
  file frc $k "$project-frc-1.xyz"
  file cell $k "$project-1.cell"
  if [[ -z ${FLAT:-} ]]; then file ener $k "$project-1.ener"
  else awk -v k=$k 'BEGIN { printf "%d %.6f %.9f %.9f %.9f %.9f %.9f\n", k, 2 * k, 0.02, k % 2 ? 590 : 610, -38.9, -38.9 + 2e-5 * k, 10 }' >>"$project-1.ener"; fi
  ((k > 0)) || continue
  [[ ! -e $project-1.restart ]] || mv "$project-1.restart" "$project-1.restart.bak-1"
  printf ' &MOTION\n   &MD\n     STEP_START_VAL  %d\n' $k >"$project-1.restart"
  [[ ! -e $TEST/cut-$k ]] || stop
  printf '   &END MD\n &END MOTION\n &FORCE_EVAL\n &END FORCE_EVAL\n' >>"$project-1.restart"
done
echo '  **** **** ******  **  PROGRAM ENDED AT' >>"$4"
EOF
chmod +x cp2k
run() { CP2K=$tmp/cp2k STEPS=${STEPS:-$steps} bash "$example/run.sh" "$@"; }
: >calls

# ---- the input that ships has the settings of the data of the shipped potential, and nothing else
plain() { sed -n '/^&FORCE_EVAL/,$p' "$1" | sed 's/[ \t]*[#!].*//; s/^ *//; /^$/d'; }
plain "$SRC/potentials/data/cp2k-template.inp" >template
plain "$example/md.inp" >shipped
differ=$(diff template shipped | sed -n 's/^[<>] \([^ ]*\).*/\1/p' | sort -u | tr '\n' ' ') || true
[[ $differ == 'A B C COORD_FILE_NAME EXTRAPOLATION SCHEME ' ]] || fail "md.inp differs from cp2k-template.inp in: $differ"
if command -v cp2k.psmp >/dev/null; then
  [[ -d ${CP2K_DATA_DIR:-} || ! -d /usr/share/cp2k ]] || export CP2K_DATA_DIR=/usr/share/cp2k
  cp "$example/md.inp" check.inp
  cp2k.psmp -c check.inp >check.out 2>&1 || fail "CP2K refuses md.inp: $(tail -n 3 check.out)"
  grep -q 'input could be parsed' check.out || fail "CP2K refuses md.inp: $(tail -n 3 check.out)"
  pass "CP2K takes md.inp"
else echo "not looked at: whether CP2K takes md.inp (no cp2k.psmp here)"; fi

# ---- what CP2K left, as it stands: a step of a run that was continued comes once
exits 0 "$fit" convert "$data/tiny_md.out" -o stored.xyz
[[ ! -s err ]] || fail "messages on the stored run: $(cat err)"
[[ $(grep -o 'step=[0-9]*' stored.xyz | tr '\n' ' ') == "$(seq -f 'step=%g' 0 "$steps" | tr '\n' ' ')" ]] || fail "steps of the stored run: $(grep -o 'step=[0-9]*' stored.xyz)"

# ---- a run from beginning to end
run "$data/tiny.xyz" a >a.log 2>&1 || { cat a.log >&2; fail "the run"; }
cmp <(sed 's/source=[^ ]*//' stored.xyz) <(sed 's/source=[^ ]*//' a/frames.xyz) || fail "other frames than those of the stored run: $(cat a.log)"
[[ $(grep -c 'config_type=tiny_md .*virial=\|virial=.*config_type=tiny_md' a/frames.xyz) == $((steps + 1)) ]] || fail "virials and names: $(sed -n 2p a/frames.xyz)"
grep -c 'step [0-9]* of' a.log | grep -qx $((steps + 1)) || fail "the steps that it tells: $(cat a.log)"
# each frame holds what stands in CP2K's files of that step: energy, positions, forces
for k in 0 $((steps / 2)) "$steps"; do
  awk -v k="$k" '$0 ~ "step=" k " " { on = 1; match($0, / energy=[^ ]*/); print substr($0, RSTART + 8, RLENGTH - 8) > "energy.have"; next } /^[0-9]/ { on = 0 } on { print $2, $3, $4 > "pos.have"; print $5, $6, $7 > "frc.have" }' a/frames.xyz
  awk 'NR == 1 { printf "%.10f\n", $NF * 27.211386245988 }' "rec/eval-$k" >energy.want
  awk 'NR > 2 { print $2, $3, $4 }' "rec/pos-$k" >pos.want
  awk 'NR > 2 { for (i = 2; i <= 4; i++) printf "%.12f ", $i * 27.211386245988 / 0.529177210903; print "" }' "rec/frc-$k" >frc.want
  close energy.have energy.want 1e-9 "step $k, energy"
  for what in pos frc; do close $what.have $what.want 1e-8 "step $k, $what"; done # written with eight decimals
done
# the report: mean temperature by another way, and the line of the potential on all atoms
want=$(awk '!/#/ { s += $4; n++ } END { printf "%.0f K", s / n }' "$data/tiny_md-1.ener")
grep -q "^temperature  *$want, " a.log || fail "mean temperature: $(grep ^temperature a.log), not $want"
"$fit" test "$SRC/potentials/Li-Si.yace" a/frames.xyz | grep '^all ' >test.want
grep '^all ' a.log | cmp -s - test.want || fail "the potential on the frames: $(cat a.log)"
# a drift that is known: 2e-5 hartree a step of 2 fs, 2 atoms
FLAT=1 run "$data/tiny.xyz" flat >flat.log 2>&1 || { cat flat.log >&2; fail "the run with a known drift"; }
grep -q "^conserved quantity  *drift $(awk 'BEGIN { printf "%.1f", 1e-5 * 27.211386245988 * 1e6 / 2 }') meV/atom/ps, scatter 0.00 meV/atom" flat.log || fail "a known drift: $(grep ^conserved flat.log)"
grep -q '^potential energy  *-529.26' flat.log || fail "potential energy: $(grep ^potential flat.log)"
grep -q '10 s a step' flat.log || fail "seconds: $(cat flat.log)"

# ---- called again it goes on, or has nothing to do
: >calls
run "$data/tiny.xyz" a >again.log 2>&1 || fail "called again"
[[ ! -s calls ]] || fail "called again when all steps are done, it calls CP2K"
STEPS=$half run "$data/tiny.xyz" b >b.log 2>&1 || { cat b.log >&2; fail "half of the steps"; }
run "$data/tiny.xyz" b >b.log 2>&1 || { cat b.log >&2; fail "more steps"; }
[[ $(tr '\n' ' ' <calls) == "part-000000.out $(part "$half" out) " ]] || fail "parts: $(cat calls)"
grep -q '^ *STEPS '$((steps - half))'$' "b/$(part "$half" inp)" && grep -q 'RESTART_FILE_NAME tiny_md-1.restart$' "b/$(part "$half" inp)" || fail "the input of the second part"
cmp a/frames.xyz b/frames.xyz || fail "other frames in two parts"
pass "a run in two parts: the same frames"

# ---- Ctrl-C in a step, a kill in the first step, a kill while the restart file is written
set -m # background jobs in groups of their own, which get Ctrl-C as those of a terminal do
interrupted() { # FOLDER SIGNAL
  local k pid status=0
  run "$data/tiny.xyz" "$1" >stop.log 2>&1 &
  pid=$!
  for ((k = 0; k < 600; k++)); do [[ ! -e at ]] || break; sleep 0.1; done
  [[ -e at ]] || { kill -KILL -- -$pid 2>/dev/null || true; cat stop.log >&2; fail "the run in $1 does not come to where it should be stopped"; }
  if run "$data/tiny.xyz" "$1" >second.log 2>&1; then fail "a second run in the same folder"; fi
  grep -q 'another run is at work' second.log || fail "a second run in the same folder: $(cat second.log)"
  kill "-$2" -- -$pid
  wait $pid || status=$?
  ((status > 128)) || { cat stop.log >&2; fail "$1, signal $2: exit status $status"; }
  rm -f at hold-* cut-*
}
: >"hold-$half"; interrupted c INT
grep -q 'interrupted; called again' stop.log || fail "Ctrl-C: $(cat stop.log)"
[[ ! -e c/frames.xyz ]] || fail "frames of a run that was stopped"
: >hold-0; interrupted d KILL
: >"cut-$half"; interrupted e KILL # the restart file before it is whole
: >"hold-$steps"; interrupted e KILL
set +m
for folder in c d e; do
  run "$data/tiny.xyz" $folder >$folder.log 2>&1 || { cat $folder.log >&2; fail "$folder: the run after it was stopped"; }
  cmp a/frames.xyz $folder/frames.xyz || fail "$folder: other frames after it was stopped"
  diff <(sed -n '/^temperature/,$p' a.log | sed '/^Frames/d') <(sed -n '/^temperature/,$p' $folder.log | sed '/^Frames/d') || fail "$folder: another report after it was stopped"
done
before=$(part $((half - 1)) out)
[[ -e c/$before && -e e/$before && -e e/$(part $((steps - 1)) out) && $(echo d/part-*.out) == d/part-000000.out ]] || fail "parts: $(ls c d e)"
ls -A a b c d e | grep -q 'new$\|^part\.xyz\|tmp' && fail "leftovers: $(ls -A a b c d e)"
pass "Ctrl-C, a kill in the first step, a kill in the restart file: the same frames"

# ---- other structures and settings
cp "$SRC/examples/active-learning/Li13Si4.xyz" big.xyz
status=0
T=900 TIMESTEP=1.5 STEPS=20 CP2K=false bash "$example/run.sh" big.xyz f >f.log 2>&1 || status=$?
[[ $status == 1 ]] && grep -q 'CP2K ended with status 1' f.log || fail "a program that fails: $status, $(cat f.log)"
has() { grep -qx " *$1" f/part-000000.inp || fail "the input of Li13Si4 has no line '$1': $(cat f/part-000000.inp)"; }
has 'PROJECT big_md'; has 'STEPS 20'; has 'TIMESTEP 1.5'; has 'TEMPERATURE 900'; has 'SCHEME MONKHORST-PACK 3 2 5'; has 'ADDED_MOS 14'
has 'A 7.9490000000 0.0000000000 0.0000000000'; has 'B 0.0000000000 15.1250000000 0.0000000000'; has 'C 0.0000000000 0.0000000000 4.4660000000'
cmp -s big.xyz f/start.xyz || fail "the structure"
grep -q 'EXT_RESTART\|#' f/part-000000.inp && fail "a first part with a restart, or comments"
# with the structure and the settings of md.inp, what is made is md.inp
numbers() { sed 's/[ \t]*[#!].*//; /^ *$/d; s/start.xyz/LiSi8.xyz/' "$1" | awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^-?[0-9.]+$/) $i += 0; $1 = $1; print }'; }
CP2K=false bash "$example/run.sh" "$example/LiSi8.xyz" shipped.run >f.log 2>&1 && fail "a program that fails"
diff <(numbers "$example/md.inp" | sed 's/^STEPS .*/STEPS/') <(numbers shipped.run/part-000000.inp | sed 's/^STEPS .*/STEPS/') || fail "the input of the example is another one than md.inp"
grep -q "STEPS=\${STEPS:-$(awk '$1 == "STEPS" { print $2 }' "$example/md.inp")}" "$example/run.sh" || fail "md.inp and run.sh have other numbers of steps"

# ---- what is wrong is said
refused() { # STATUS TEXT ARGS...: what stands in front of `run` is in the environment
  local want=$1 text=$2 status=0
  shift 2
  bash "$example/run.sh" "$@" >bad.log 2>&1 || status=$?
  [[ $status == "$want" ]] || fail "exit status $status, not $want: $* : $(cat bad.log)"
  grep -qF -- "$text" bad.log || fail "no message with '$text': $(cat bad.log)"
}
export CP2K=$tmp/cp2k
refused 2 'no_such.xyz is not there' no_such.xyz g
refused 2 'a run of another structure' big.xyz a
STEPS=1e3 refused 2 "STEPS: expected an integer from 1, found '1e3'" big.xyz g
T=0 refused 2 "T: expected a number above 0, found '0'" big.xyz g
KMESH=-1 refused 2 'KMESH: expected a number above 0' big.xyz g
cp big.xyz big-1.xyz
refused 2 'expected a name of letters, digits and underscores' big-1.xyz g
[[ ! -e g ]] || fail "a call that is wrong has left a folder"
sed '2s/Lattice/Lettuce/' big.xyz >bad.xyz
refused 2 'bad.xyz:2: no Lattice' bad.xyz g
sed '/ADDED_MOS/d' "$example/md.inp" >other.inp
INPUT=other.inp refused 2 'expected one line /FORCE_EVAL/DFT/SCF ADDED_MOS, found 0' big.xyz h
CP2K=no_such_program refused 1 'no_such_program is not there: install CP2K' big.xyz h
grep -q 'no more steps are stored' <(STEPS=$((steps + 5)) run "$data/tiny.xyz" a 2>&1) || fail "what CP2K says when it stops is not told"
[[ $(grep -c Lattice a/frames.xyz) == $((steps + 1)) ]] || fail "frames after a CP2K that stopped"
