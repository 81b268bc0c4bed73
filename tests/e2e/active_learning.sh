# SPDX-License-Identifier: GPL-2.0-or-later
# examples/active-learning/run.sh with real MD, real selection and real fits. The reference calculations are not real: a program that takes the
# place of CP2K labels frames with the shipped potential, in LAMMPS, and writes an output of its own, which takes a `lisi-fit convert` of the test's own.
# Tested is the loop: what it leaves, that it goes on after Ctrl-C and kill with the same result, and what it does with frames that fail.
. "$(dirname "$0")/../lammps/lib.sh"
loop=$SRC/examples/active-learning
need "$LMP" "$BIN/lisi-fit" "$loop/run.sh" "$loop/loop.conf" "$loop/md.in"
for program in flock xargs realpath; do command -v $program >/dev/null || skip "no $program"; done

# ---- a small potential, fitted to a few frames
cp "$SRC/potentials/data/test.xyz" data.xyz
cat >fit.yaml <<'EOF'
format: lisi-fit 1
elements: [Li, Si]
E0: {Li: -201.715539, Si: -102.424584}
data:
  train: data.xyz
  test: data.xyz
radial: {kind: SBessel, cutoff: 4.5, zbl: [1.5, 0.5]}
basis:
  - {order: 1, nmax: 6}
  - {order: 2, nmax: 3, lmax: 3, degree: 4}
  - {order: 3, nmax: 2, lmax: 1, degree: 2}
weights: {energy: 10, force: 1, virial: 1}
prior: {ridge: 0.001}
EOF
"$BIN/lisi-fit" train fit.yaml -o start.yace --quiet || fail "the first fit"

# ---- programs that stand in. A file hold-WHAT makes one wait, after it has said so in at-WHAT.
export TEST=$tmp REAL_LMP=$LMP REAL_FIT=$BIN/lisi-fit
cat >hold <<'EOF'
if [[ -e $TEST/hold-$1 ]]; then : >"$TEST/at-$1"; sleep 100; exit 1; fi
EOF
cat >lmp <<'EOF'
#!/usr/bin/env bash
echo md >>"$TEST/calls"
[[ $* == *Si-1400* ]] && . "$TEST/hold" md
exec "$REAL_LMP" "$@"
EOF
cat >fit <<'EOF'
#!/usr/bin/env bash
case $1 in
  convert) # FRAME.out -o DATA.xyz --config-type NAME
    echo convert >>"$TEST/calls"
    grep -q 'PROGRAM ENDED' "$2" || { echo "lisi-fit: $2 is not complete"; exit 2; }
    sed -n '/^DATA/,/^PROGRAM/p' "$2" | sed "/^DATA/d; /^PROGRAM/d; s/config_type=[^ ]*/config_type=$6/" >"$4"
    exit ;;
  refine) # BASE NEW -o OUT
    echo refine >>"$TEST/calls"
    "$REAL_FIT" refine --help >/dev/null 2>&1 && exec "$REAL_FIT" "$@"
    sed "s|train: .*|train: [$TEST/data.xyz, $PWD/$3]|; /^ *test:/d" "$TEST/fit.yaml" >refine.yaml
    exec "$REAL_FIT" train refine.yaml -o "$5" ;;
  train)
    echo train >>"$TEST/calls"
    . "$TEST/hold" train ;;
esac
exec "$REAL_FIT" "$@"
EOF
cat >dft <<'EOF'
#!/usr/bin/env bash
set -euo pipefail
echo dft >>"$TEST/calls"
[[ $PWD == */003 ]] && . "$TEST/hold" dft
grep -q '^ *A [-0-9.]* ' frame.inp || exit 3
echo 'a calculation' >frame.out
[[ $PWD == */round-01/dft/002 ]] && { echo '*** SCF run NOT converged ***' >>frame.out; exit 1; }
awk -v amp=0 -v seed=1 -f "$SRC/tests/lammps/rattled.awk" frame.xyz >frame.data
printf 'units metal\nbox tilt large\nread_data frame.data\npair_style mlff/lisi\npair_coeff * * %s Li Si\ndump d all custom 1 forces id fx fy fz\ndump_modify d sort id format float %%.10f\nrun 0\nprint "$(pe:%%.10f)" file energy\n' \
  "$SRC/potentials/Li-Si.yace" >one.in
"$REAL_LMP" -log none -in one.in >lammps.out
{
  head -n 1 frame.xyz | sed 's/^/DATA\n/'
  sed -n 2p frame.xyz | sed "s/pos:R:3/pos:R:3:forces:R:3 energy=$(<energy)/"
  paste -d ' ' <(tail -n +3 frame.xyz) <(awk 'f { print $2, $3, $4 } /ITEM: ATOMS/ { f = 1 }' forces)
  echo 'PROGRAM ENDED'
} >>frame.out
EOF
chmod +x lmp fit dft
settings() { # NAME=VALUE...: the shipped settings, made small
  sed -e "s|^MODEL=.*|MODEL=$tmp/start.yace|; s|^RECIPE=.*|RECIPE=$tmp/fit.yaml|; s|^TRAIN_DATA=.*|TRAIN_DATA=$tmp/data.xyz|; s|^STEPS=.*|STEPS=400|; s|^JOBS=.*|JOBS=2|" \
    -e "s|^TEMPLATE=.*|TEMPLATE=$SRC/potentials/data/cp2k-template.inp|; s|^ROUNDS=.*|ROUNDS=2|; s|^FRAMES=.*|FRAMES=4|; s|^REFIT=.*|REFIT=yes|; s|^DFT_COMMAND=.*|DFT_COMMAND=$tmp/dft|" \
    -e "s|^Li13Si4 .*|Li13Si4 $loop/Li13Si4.xyz 1 1 1 600 1400|; s|^Si .*|Si $loop/Si.xyz 1 1 1 1400|; s|^Li .*||" "$loop/loop.conf"
  printf '%s\n' "$@"
}
settings >loop.conf
[[ $(sed -n '/^STEPS=400/p; /^FRAMES=4/p; /^REFIT=yes/p' loop.conf | wc -l) == 3 ]] || fail "the shipped loop.conf has other settings than this test changes"
run() { LMP=$tmp/lmp FIT=$tmp/fit bash "$loop/run.sh" "$@"; }
calls() { grep -c "^$1\$" calls || true; }

# ---- from beginning to end
run loop.conf a >a.log 2>&1 || { cat a.log >&2; fail "the loop"; }
[[ $(grep -vc '^#' a/history.txt) == 2 ]] || { cat a.log >&2; fail "history: $(cat a/history.txt)"; }
read -r round frames failed gamma halted e1 f1 r1 e2 f2 r2 < <(grep -v '^#' a/history.txt)
[[ $round == 1 && $frames == 3 && $failed == 1 ]] || fail "round 1: $(cat a/history.txt)"
[[ $(<a/round-01/dft/002/failed) == 'not converged' && ! -e a/round-01/dft/002/done ]] || fail "the frame that did not converge"
grep -q 'dft/002: set aside: not converged' a.log || fail "not a word on the frame that did not converge"
[[ $(grep -c Lattice a/round-01/chosen.xyz) == 4 && $(grep -c Lattice a/round-01/new.xyz) == 3 && $(grep -c 'config_type=[A-Z][A-Za-z0-9]*_md ' a/round-01/new.xyz) == 3 ]] || fail "round 1: frames"
# learning the frames lowers the errors on them; the largest gamma is that of the MD
awk -v a="$f1" -v b="$f2" 'BEGIN { exit !(a > 0 && b > 0 && b < 0.8 * a) }' || fail "force error on the new frames: $f1 before and $f2 after"
[[ $gamma == "$(cat a/round-01/md/*.gamma | awk '!/^#/ && $2 > m { m = $2 } END { printf "%.2f", m }')" ]] || fail "largest gamma: $gamma"
# frames of the second round are chosen by the potential of the first, and it is fitted to those of both
grep -q 'round-01/model.yace' <(grep '^round 2' a.log) || fail "round 2 does not begin with the potential of round 1"
grep -q "train: .*data.xyz, .*round-01/new.xyz, .*round-02/new.xyz" a/round-02/fit.yaml || fail "round 2 is fitted to: $(grep train: a/round-02/fit.yaml)"
cmp a/model.yace a/round-02/model.yace && cmp a/model.sidecar a/round-02/model.sidecar || fail "the last potential"
"$BIN/lisi-fit" test a/model.yace a/round-01/new.xyz a/round-02/new.xyz >/dev/null || fail "the last potential cannot be used"
# nothing chosen in round 1 is new to what came out of it
"$BIN/lisi-fit" select a/round-01/model.yace a/round-01/new.xyz --json | grep -q '"known": 3,' || fail "round 1 has not learned its frames"
# k-mesh: k L >= 18 Angstrom
awk '/SCHEME/ { k[1] = $3; k[2] = $4; k[3] = $5 } /^ *[ABC] / { l[++n] = sqrt($2 * $2 + $3 * $3 + $4 * $4) }
  END { for (i = 1; i <= 3; i++) if (k[i] * l[i] < 18 || (k[i] - 1) * l[i] >= 18) exit 1; exit n != 3 }' a/round-01/dft/001/frame.inp || fail "k-mesh: $(grep SCHEME a/round-01/dft/001/frame.inp)"
md=$(calls md) dft=$(calls dft) train=$(calls train)
[[ $md == 6 && $train == 2 && $dft == $((4 + $(grep -c Lattice a/round-02/chosen.xyz))) ]] || fail "$md runs of MD, $dft reference calculations, $train fits"
pass "two rounds: force error on new frames $f1 -> $f2 meV/A"

# ---- when all is done, starting again does nothing
: >calls
run loop.conf a >again.log 2>&1 || fail "the loop started again after its end"
[[ ! -s calls ]] || fail "the loop started again after its end has done something: $(cat calls)"

# ---- interrupted in the MD, in a reference calculation, in the fit; each time it goes on, and ends with the same files
set -m # background jobs in groups of their own, which get Ctrl-C as those of a terminal do
interrupted() { # WHAT SIGNAL
  local k pid status=0
  : >"hold-$1"
  run loop.conf b >b.log 2>&1 &
  pid=$!
  for ((k = 0; k < 1200; k++)); do [[ ! -e at-$1 ]] || break; sleep 0.1; done
  [[ -e at-$1 ]] || { kill -KILL -- -$pid 2>/dev/null || true; cat b.log >&2; fail "the loop does not come to: $1"; }
  if run loop.conf b >second.log 2>&1; then fail "a second run in the same folder"; fi
  grep -q 'another run is at work' second.log || fail "a second run in the same folder: $(cat second.log)"
  sleep 1 # what goes beside it may end
  kill "-$2" -- -$pid
  wait $pid || status=$?
  ((status > 128)) || { cat b.log >&2; fail "$1, signal $2: exit status $status"; }
  rm "hold-$1" "at-$1"
}
: >calls
interrupted md INT
[[ ! -e b/round-01/md/Si-1400.gamma && -e b/round-01/md/Li13Si4-600.gamma && ! -e b/round-01/select.txt ]] || fail "after Ctrl-C in the MD: $(ls b/round-01/md)"
interrupted dft INT
[[ -e b/round-01/dft/001/done && ! -e b/round-01/dft/003/done && ! -e b/round-01/dft/003/failed && ! -e b/round-01/new.xyz ]] || fail "after Ctrl-C in a reference calculation: $(ls b/round-01/dft/*)"
interrupted train KILL
[[ -e b/round-01/new.xyz && ! -e b/round-01/model.yace ]] || fail "after kill in the fit: $(ls b/round-01)"
set +m
run loop.conf b >b.log 2>&1 || { cat b.log >&2; fail "the loop after three interruptions"; }
cmp a/history.txt b/history.txt || fail "history after interruptions: $(diff a/history.txt b/history.txt)"
for f in model.yace model.sidecar round-01/chosen.xyz round-01/new.xyz round-01/model.yace round-02/chosen.xyz round-02/new.xyz; do cmp a/$f b/$f || fail "$f is another one after interruptions"; done
# only what was under way was done twice: of the MD at most two runs, since two go at a time
[[ $(calls dft) -le $((dft + 2)) && $(calls dft) -gt $dft && $(calls md) -le $((md + 2)) && $(calls md) -gt $md && $(calls train) == $((train + 1)) ]] || fail "calls: $(sort calls | uniq -c | tr '\n' ' ')"
ls -A b b/round-0? b/round-0?/md | grep -q '^\.\?part\|tmp' && fail "leftovers: $(ls -A b b/round-0? b/round-0?/md)"
pass "Ctrl-C in MD and reference calculation, kill in the fit: the same files"

# ---- frames computed elsewhere, and refine
settings ROUNDS=1 REFIT=no DFT_COMMAND= >elsewhere.conf
run elsewhere.conf c >c.log 2>&1 || { cat c.log >&2; fail "no DFT_COMMAND"; }
grep -q 'Compute the frames in .*/c/round-01/dft' c.log && grep -q '^   dft/004$' c.log || fail "no DFT_COMMAND: $(cat c.log)"
[[ ! -e c/history.txt ]] || fail "no DFT_COMMAND: the loop went on"
cmp a/round-01/chosen.xyz c/round-01/chosen.xyz || fail "the first round chooses other frames"
for k in 001 003 004; do cp a/round-01/dft/$k/data.xyz c/round-01/dft/$k/data.xyz; done
printf '*** SCF run NOT converged ***\nPROGRAM ENDED\n' >c/round-01/dft/002/frame.out
: >calls
run elsewhere.conf c >c.log 2>&1 || { cat c.log >&2; fail "frames computed elsewhere"; }
cmp a/round-01/new.xyz c/round-01/new.xyz || fail "frames computed elsewhere"
[[ $(calls refine) == 1 && $(calls train) == 0 && $(calls dft) == 0 && -s c/model.yace && -s c/model.sidecar ]] || fail "refine: $(cat calls)"
# one command for all
cat >batch <<'EOF'
#!/usr/bin/env bash
for folder; do (cd "$folder" && "$TEST/dft"); done
true
EOF
chmod +x batch
settings ROUNDS=1 REFIT=no DFT_BATCH="$tmp/batch" >batch.conf
run batch.conf d >d.log 2>&1 || { cat d.log >&2; fail "DFT_BATCH"; }
cmp c/history.txt d/history.txt && cmp c/model.yace d/model.yace || fail "DFT_BATCH gives another result"
pass "frames computed elsewhere, DFT_BATCH, refine"

# ---- nothing new is an end as well
settings GAMMA_MIN=500 GAMMA_HALT=1000 GAMMA_MAX=1000 STEPS=40 >known.conf
run known.conf e >e.log 2>&1 || { cat e.log >&2; fail "nothing new"; }
grep -q 'meets nothing that the potential does not know' e.log && [[ $(awk '!/^#/ { print $1, $2, $3 }' e/history.txt) == '1 0 0' ]] || fail "nothing new: $(cat e.log)"

# ---- what is wrong is said
refused() { # TEXT SETTINGS...
  local text=$1 status=0; shift
  settings "$@" >bad.conf
  run bad.conf f >bad.log 2>&1 || status=$?
  [[ $status == 1 ]] || { cat bad.log >&2; fail "exit status $status: $*"; }
  grep -qF -- "$text" bad.log || { cat bad.log >&2; fail "no message with '$text': $*"; }
}
refused 'no_such.yace is not there' MODEL=no_such.yace
refused 'GAMMA_MIN is not set' GAMMA_MIN=
refused "STEPS: expected an integer from 1, found '1e3'" STEPS=1e3
refused "REFIT: expected yes or no, found 'maybe'" REFIT=maybe
refused "PHASES: expected NAME FILE NX NY NZ T ..., found 'Si $loop/Si.xyz 1 1" "PHASES='Si $loop/Si.xyz 1 1'"
refused 'no_such.xyz is not there' "PHASES='Si no_such.xyz 1 1 1 300'"
refused 'element Li is not in ELEMENTS (Si Ge)' "PHASES='Li $loop/Li.xyz 1 1 1 300'" 'ELEMENTS="Si Ge"'
refused 'the MD Si-1400 failed' "PHASES='Si $loop/Si.xyz 1 1 1 1400'" MASSES='"6.94 0"'
rm -rf f
refused 'no_such_program: ' STEPS=200 DFT_COMMAND=no_such_program
[[ -d f/round-01/dft ]] && ! ls f/round-01/dft/*/failed f/round-01/dft/*/done >/dev/null 2>&1 || fail "a program that is missing has marked frames"
# a program that something has killed (the batch system, or for lack of memory) has not failed
refused 'the reference calculations did not finish' STEPS=200 "DFT_COMMAND='exec bash -c \"kill -KILL \\\$\\\$\"'"
! ls f/round-01/dft/*/failed f/round-01/dft/*/done >/dev/null 2>&1 || fail "a program that was killed has marked frames"
refused 'none of the frames in' STEPS=200 DFT_COMMAND=false
grep -q 'set aside: DFT_COMMAND ended with status 1' bad.log || fail "DFT_COMMAND=false: $(cat bad.log)"
if run loop.conf 'a b' >bad.log 2>&1; then fail "a work folder with a blank"; fi
grep -q 'blanks in a path' bad.log || fail "a work folder with a blank: $(cat bad.log)"
pass "nothing new; what is wrong is said"
