#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ab-initio MD of a structure with CP2K, its frames for training, and what a potential makes of them.
#
#     examples/aimd/run.sh [STRUCTURE.xyz [WORK]]     default: LiSi8.xyz beside this file; build/aimd/STRUCTURE-T
#
# The structure is extended XYZ with Lattice. From the environment:
#     STEPS     MD steps in all (15)                  T         temperature, K (600)
#     TIMESTEP  fs (2.0)                              KMESH     k-points times length along each axis, Angstrom (18)
#     CP2K      how to call it ('cp2k.psmp')          MODEL     potential to test (potentials/Li-Si.yace)
#     INPUT     input to start from (md.inp)          BIN       folder with lisi-fit (build/bin)
# Ctrl-C is safe at any time: called again, the run goes on from CP2K's restart file; with more STEPS, it goes further. README.md tells the rest.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
STEPS=${STEPS:-15} T=${T:-600} TIMESTEP=${TIMESTEP:-2.0} KMESH=${KMESH:-18} CP2K=${CP2K:-cp2k.psmp}
fit=${BIN:-$root/build/bin}/lisi-fit

die() { printf 'aimd: %s\n' "$*" >&2; exit 1; }
wrong() { printf 'aimd: %s\n' "$*" >&2; exit 2; }
case ${1:-} in -h | --help) sed -n '4,14p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'; exit 0 ;; esac
(($# <= 2)) || wrong "expected at most a structure and a folder, found $# arguments"
path() { realpath -e "$1" 2>/dev/null || wrong "$1 is not there"; }
structure=$(path "${1:-$here/LiSi8.xyz}")
input=$(path "${INPUT:-$here/md.inp}")
model=$(path "${MODEL:-$root/potentials/Li-Si.yace}")
name=$(basename "$structure" .xyz)_md # CP2K's project, and so the config_type of the frames
[[ $name =~ ^[A-Za-z0-9_]+$ ]] || wrong "$structure: expected a name of letters, digits and underscores, .xyz"
[[ $STEPS =~ ^[1-9][0-9]*$ ]] || wrong "STEPS: expected an integer from 1, found '$STEPS'"
for setting in T TIMESTEP KMESH; do
  [[ ${!setting} =~ ^[0-9]+(\.[0-9]+)?$ && ${!setting} =~ [1-9] ]] || wrong "$setting: expected a number above 0, found '${!setting}'"
done
[[ -x $fit ]] || die "$fit is missing; ./setup.sh build makes it"
# number of atoms | k-mesh | a | b | c
geometry=$(awk -v file="$structure" -v kmesh="$KMESH" '
  function bad(text) { print "aimd: " file ":" text > "/dev/stderr"; failed = 1; exit 2 }
  function ceil(x) { return x > int(x) ? int(x) + 1 : int(x) }
  NR == 1 { n = $1; if (n !~ /^[1-9][0-9]*$/ || NF != 1) bad("1: expected the number of atoms, found \"" $0 "\"") }
  NR == 2 {
    if (!match($0, /Lattice="[^"]*"/)) bad("2: no Lattice")
    if (split(substr($0, RSTART + 9, RLENGTH - 10), h, " ") != 9) bad("2: expected nine numbers in Lattice")
    for (k = 1; k < 9; k += 3) {
      long = sqrt(h[k] ^ 2 + h[k + 1] ^ 2 + h[k + 2] ^ 2)
      if (!(long > 0)) bad("2: a vector of Lattice has no length")
      mesh = mesh " " ceil(kmesh / long)
      cell = cell sprintf("|%.10f %.10f %.10f", h[k], h[k + 1], h[k + 2])
    }
  }
  END {
    if (!failed && NR < n + 2) bad(NR ": the file ends before its " n " atoms")
    if (failed) exit 2
    print n "|MONKHORST-PACK" mesh cell
  }' "$structure") || exit 2
IFS='|' read -r atoms mesh cell_a cell_b cell_c <<<"$geometry"
work=${2:-$root/build/aimd/$(basename "$structure" .xyz)-$T}
mkdir -p "$work"
cd "$work"
exec 9>.lock
flock -w 3 9 || die "another run is at work in $PWD"

# ---- the structure; that of a run that is continued cannot be another one
if [[ -e start.xyz ]]; then
  cmp -s start.xyz "$structure" || wrong "$PWD holds a run of another structure than $structure"
else
  cp "$structure" part.xyz
  mv part.xyz start.xyz
fi

# ---- where the run stands: the restart file, or, if CP2K was killed while it wrote it, the one before
restart=''
for file in "$name-1.restart" "$name-1.restart.bak-1"; do
  if [[ -z $restart && -s $file && $(tail -n 1 "$file") == *'&END FORCE_EVAL'* ]]; then restart=$file; fi
done
have=0
[[ -z $restart ]] || have=$(awk '$1 == "STEP_START_VAL" { print $2; exit }' "$restart")
[[ $have =~ ^[0-9]+$ ]] || die "$PWD/$restart does not say at which step it is (STEP_START_VAL)"

# ---- the input: INPUT with this structure and these settings, and STEPS less those that are done
make_input() {
  awk -v input="$input" -v name="$name" -v steps="$((STEPS - have))" -v timestep="$TIMESTEP" -v T="$T" -v atoms="$atoms" -v mesh="$mesh" -v restart="$restart" \
    -v a="$cell_a" -v b="$cell_b" -v c="$cell_c" '
    function bad(text) { print "aimd: " text > "/dev/stderr"; failed = 1; exit 2 }
    function put(value) { match($0, /^ *[^ ]+ /); $0 = substr($0, 1, RLENGTH) value; done[section " " $1]++ }
    BEGIN { row["A"] = a; row["B"] = b; row["C"] = c }
    { sub(/[ \t]*[#!].*/, "") } # comments are for the reader of INPUT
    $0 == "" { next }
    $1 == "&END" { sub(/\/?[^\/]*$/, "", section) }
    /^ *&/ && $1 != "&END" { section = section "/" toupper(substr($1, 2)) }
    section == "/GLOBAL" && $1 == "PROJECT" { put(name) }
    section == "/MOTION/MD" && $1 == "STEPS" { put(steps) }
    section == "/MOTION/MD" && $1 == "TIMESTEP" { put(timestep) }
    section == "/MOTION/MD" && $1 == "TEMPERATURE" { put(T) }
    section == "/FORCE_EVAL/DFT/KPOINTS" && $1 == "SCHEME" { put(mesh) }
    section == "/FORCE_EVAL/DFT/SCF" && $1 == "ADDED_MOS" { put(atoms * 0.41 > 14 ? int(atoms * 0.41) : 14) }
    section == "/FORCE_EVAL/SUBSYS/CELL" && $1 in row { put(row[$1]) }
    section == "/FORCE_EVAL/SUBSYS/TOPOLOGY" && $1 == "COORD_FILE_NAME" { put("start.xyz") }
    { print }
    END {
      if (failed) exit 2
      split("/GLOBAL PROJECT,/MOTION/MD STEPS,/MOTION/MD TIMESTEP,/MOTION/MD TEMPERATURE,/FORCE_EVAL/DFT/KPOINTS SCHEME,/FORCE_EVAL/DFT/SCF ADDED_MOS," \
        "/FORCE_EVAL/SUBSYS/CELL A,/FORCE_EVAL/SUBSYS/CELL B,/FORCE_EVAL/SUBSYS/CELL C,/FORCE_EVAL/SUBSYS/TOPOLOGY COORD_FILE_NAME", want, ",")
      for (k = 1; k in want; k++) if (done[want[k]] != 1) bad(input ": expected one line " want[k] ", found " done[want[k]] + 0)
      if (restart) print "&EXT_RESTART\n  RESTART_FILE_NAME " restart "\n&END EXT_RESTART"
    }' "$input"
}

# The steps that have been added to PROJECT-1.ener: step, time, kinetic energy, temperature, potential energy, conserved quantity, seconds
seen=-1
progress() {
  [[ -s $name-1.ener ]] || return 0
  awk -v seen="$seen" -v steps="$STEPS" '$1 != "#" && NF >= 7 && $1 > seen {
    printf "   step %d of %d   %7.1f fs   temperature %5.0f K   potential energy %.4f eV   %.0f s\n", $1, steps, $2, $4, $5 * 27.211386245988, $7 }' "$name-1.ener"
  seen=$(awk -v seen="$seen" '$1 != "#" && NF >= 7 && $1 > seen { seen = $1 } END { print seen }' "$name-1.ener")
}

# Runs CP2K from where the run stands. Its output is named for the first step, so that what a killed run has left without a step is replaced.
run_cp2k() {
  local part status=0 child program
  part=$(printf 'part-%06d' "$have")
  program=${CP2K%% *}
  command -v "$program" >/dev/null || die "$program is not there: install CP2K (Debian: apt-get install cp2k), or say in CP2K how to call it"
  [[ -d ${CP2K_DATA_DIR:-} || ! -d /usr/share/cp2k ]] || export CP2K_DATA_DIR=/usr/share/cp2k
  export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  make_input >"$part.new"
  mv "$part.new" "$part.inp"
  rm -f "$part.out"
  if [[ -z $restart ]]; then rm -f "$name"-pos-1.xyz* "$name"-frc-1.xyz* "$name"-1.*; fi # of a run that was killed in its first step
  seen=$((have - (have == 0)))
  $CP2K -i "$part.inp" -o "$part.out" >"$part.log" 2>&1 </dev/null &
  child=$!
  trap 'kill "$child" 2>/dev/null; wait "$child" || true; echo; echo "interrupted; called again, the run goes on"; exit 130' INT TERM
  while kill -0 "$child" 2>/dev/null; do
    progress
    sleep 1
  done
  wait "$child" || status=$?
  trap - INT TERM
  progress
  if ((status)); then
    grep -s -A 4 -m 1 'ABORT' "$part.out" >&2 || tail -n 3 "$part.log" >&2
    die "CP2K ended with status $status, see $PWD/$part.out; called again, the run goes on from its last step"
  fi
}

printf '%s: %d atoms, %s K, %s steps of %s fs, %s done; in %s\n' "$name" "$atoms" "$T" "$STEPS" "$TIMESTEP" "$have" "$PWD"
((have >= STEPS)) || run_cp2k

# ---- frames. The outputs of all parts one after the other are the output of the run.
cat part-*.out >"$name.out"
"$fit" convert "$name.out" -o frames.xyz --skip-unconverged

# ---- what the run was like. A step that came twice counts as it was the second time; the drift is the slope of a line through the conserved
# quantity, and the scatter the root mean square of what is left.
printf '\n'
awk -v atoms="$atoms" '
  $1 != "#" && NF >= 7 { step = $1 + 0; if (!(step in t)) order[++n] = step; t[step] = $2 / 1000; T[step] = $4; E[step] = $5; C[step] = $6; s[step] = $7 }
  END {
    if (n < 2) { print "aimd: fewer than two steps in " FILENAME > "/dev/stderr"; exit 1 }
    hartree = 27.211386245988
    for (k = 1; k <= n; k++) { i = order[k]; mt += t[i] / n; mT += T[i] / n; mE += E[i] / n; mC += C[i] / n; if (i > 0) { ms += s[i]; ns++ } }
    for (k = 1; k <= n; k++) {
      i = order[k]; x = t[i] - mt
      vT += (T[i] - mT) ^ 2 / n; vE += (E[i] - mE) ^ 2 / n; xx += x * x; xc += x * (C[i] - mC)
    }
    for (k = 1; k <= n; k++) { i = order[k]; r += (C[i] - mC - xc / xx * (t[i] - mt)) ^ 2 / n }
    printf "%d steps, %.3f ps, %.0f s a step\n", n - 1, t[order[n]] - t[order[1]], ms / ns
    printf "temperature           %.0f K, standard deviation %.0f K\n", mT, sqrt(vT)
    printf "potential energy      %.5f eV/atom, standard deviation %.1f meV/atom\n", hartree * mE / atoms, 1000 * hartree * sqrt(vE) / atoms
    printf "conserved quantity    drift %.1f meV/atom/ps, scatter %.2f meV/atom\n", 1000 * hartree * xc / xx / atoms, 1000 * hartree * sqrt(r) / atoms
  }' "$name-1.ener"

# ---- what the potential makes of it
printf '\n%s on these frames:\n' "$model"
"$fit" test "$model" frames.xyz
printf '\nFrames: %s/frames.xyz\n' "$PWD"
