#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Active learning: MD with the present potential, the frames that it does not know, reference calculations of these, a better potential.
#
#     examples/active-learning/run.sh [SETTINGS [WORK]]     default: loop.conf beside this file, build/active-learning
#
# Every step leaves a file in WORK when it is finished, and only then; started again, the loop goes on where it stopped. Ctrl-C is safe at
# any time. README.md tells the rest. From the environment: BIN (folder with lmp and lisi-fit), or LMP and FIT.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
export BIN=${BIN:-$root/build/bin}
export LMP=${LMP:-$BIN/lmp} FIT=${FIT:-$BIN/lisi-fit} MD_INPUT=$here/md.in
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_hwloc_base_binding_policy=none

say() { printf '%s\n' "$*"; }
die() { printf 'active learning: %s\n' "$*" >&2; exit 1; }

# ---- settings ----------------------------------------------------------------------------------------------------------------------
conf=$(realpath -e "${1:-$here/loop.conf}" 2>/dev/null) || die "no settings at ${1:-$here/loop.conf}"
work=${2:-$root/build/active-learning}
unset OMP_NUM_THREADS # nproc would take it for the number of cores
set -a                # for the jobs
DFT_BATCH='' ENSEMBLE=nvt REFIT=no KMESH=18 DFT_COMMAND='' RECIPE='' TRAIN_DATA=''
# shellcheck source=/dev/null
source "$conf"
set +a
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 # cores are shared out among jobs
for name in MODEL ELEMENTS MASSES PHASES STEPS TIMESTEP EVERY GAMMA_MIN GAMMA_HALT GAMMA_MAX ROUNDS FRAMES TEMPLATE JOBS; do
  [[ -n ${!name:-} ]] || die "$conf: $name is not set"
done
for name in STEPS EVERY ROUNDS FRAMES JOBS; do
  [[ ${!name} =~ ^[1-9][0-9]*$ ]] || die "$conf: $name: expected an integer from 1, found '${!name}'"
done
[[ $ENSEMBLE == nvt || $ENSEMBLE == npt ]] || die "$conf: ENSEMBLE: expected nvt or npt, found '$ENSEMBLE'"
[[ $REFIT == yes || $REFIT == no ]] || die "$conf: REFIT: expected yes or no, found '$REFIT'"
absolute() { (cd "$(dirname "$conf")" && realpath -e "$1" 2>/dev/null) || die "$conf: $1 is not there"; }
MODEL=$(absolute "$MODEL")
TEMPLATE=$(absolute "$TEMPLATE")
for program in "$LMP" "$FIT"; do [[ -x $program ]] || die "$program is missing; ./setup.sh build makes it"; done
if [[ $REFIT == yes ]]; then
  RECIPE=$(absolute "$RECIPE")
  grep -q '^ *train:' "$RECIPE" || die "$RECIPE has no line that begins with train:"
fi
map=$(awk -v e="$ELEMENTS" 'BEGIN { n = split(e, x, " "); for (k = 1; k <= n; k++) printf "%s%d=%s", (k > 1 ? "," : ""), k, x[k] }')
mkdir -p "$work"
cd "$work"
[[ $MODEL$PWD != *[[:space:]]* ]] || die "blanks in a path, which LAMMPS takes for its end: $MODEL, $PWD"
exec 9>.lock
flock -w 3 9 || die "another run is at work in $PWD"

# jobs_of FUNCTION: calls it for each line of stdin, JOBS at a time; one that returns 255 ends them all
# shellcheck disable=SC2016
jobs_of() { xargs -r -d '\n' -P "$JOBS" -n 1 bash -c 'set -euo pipefail; "$0" "$1"' "$1"; }

# ---- MD --------------------------------------------------------------------------------------------------------------------------------
# structure FILE NX NY NZ > DATA: extended XYZ as a LAMMPS data file, repeated
structure() {
  awk -v elements="$ELEMENTS" -v masses="$MASSES" -v nx="$2" -v ny="$3" -v nz="$4" -v file="$1" '
    function bad(text) { print "active learning: " file ": " text > "/dev/stderr"; failed = 1; exit 1 }
    BEGIN { types = split(elements, e, " "); split(masses, m, " "); for (k = 1; k <= types; k++) type[e[k]] = k; rep[1] = nx; rep[2] = ny; rep[3] = nz }
    NR == 1 { n = $1 }
    NR == 2 {
      if (!match($0, /Lattice="[^"]*"/)) bad("no Lattice in line 2")
      split(substr($0, RSTART + 9, RLENGTH - 10), h, " ")
      if (h[2] != 0 || h[3] != 0 || h[6] != 0) bad("the cell has to have a along x and b in the xy plane")
    }
    NR > 2 && NR <= n + 2 {
      if (!($1 in type)) bad("line " NR ": element " $1 " is not in ELEMENTS (" elements ")")
      for (i = 0; i < nx; i++) for (j = 0; j < ny; j++) for (k = 0; k < nz; k++) {
        atoms++
        line[atoms] = sprintf("%d %d %.10f %.10f %.10f", atoms, type[$1], $2 + i * h[1] + j * h[4] + k * h[7], $3 + j * h[5] + k * h[8], $4 + k * h[9])
      }
    }
    END {
      if (failed) exit 1
      if (NR < n + 2 || n < 1) bad("fewer atoms than line 1 says")
      printf "%s\n\n%d atoms\n%d atom types\n\n0 %.10f xlo xhi\n0 %.10f ylo yhi\n0 %.10f zlo zhi\n", file, atoms, types, nx * h[1], ny * h[5], nz * h[9]
      printf "%.10f %.10f %.10f xy xz yz\n\nMasses\n\n", ny * h[4], nz * h[7], nz * h[8]
      for (k = 1; k <= types; k++) print k, m[k]
      print "\nAtoms # atomic\n"
      for (k = 1; k <= atoms; k++) print line[k]
    }' "$1"
}

# One trajectory, PHASE-TEMPERATURE; md/NAME.gamma is there when it has ended.
md_job() {
  local name=$1 phase=${1%-*} T=${1##*-} status=0
  rm -f md/".part.$name".*
  "$LMP" -in "$MD_INPUT" -log "md/.part.$name.log" -var data "md/$phase.data" -var model "$model" -var elements "$ELEMENTS" -var T "$T" -var steps "$STEPS" \
    -var timestep "$TIMESTEP" -var every "$EVERY" -var gmin "$GAMMA_MIN" -var ghalt "$GAMMA_HALT" -var ensemble "$ENSEMBLE" -var seed "$seed" \
    -var out "md/.part.$name" >"md/$name.out" 2>&1 </dev/null || status=$?
  ((status != 130 && status != 137 && status != 143)) || return 255 # interrupted
  if ((status)); then # an MD that came apart between two looks has told something before; one that never began has not
    if ! grep -q '^[0-9]' "md/.part.$name.gamma" 2>/dev/null; then
      grep -m 3 ERROR "md/$name.out" >&2 || tail -n 3 "md/$name.out" >&2
      echo "active learning: the MD $name failed, see $PWD/md/$name.out" >&2
      return 255
    fi
  fi
  [[ ! -e md/.part.$name.dump ]] || mv "md/.part.$name.dump" "md/$name.dump"
  mv "md/.part.$name.log" "md/$name.log"
  mv "md/.part.$name.gamma" "md/$name.gamma"
  awk -v name="$name" -v steps="$STEPS" -v every="$EVERY" -v dt="$TIMESTEP" '!/^#/ { last = $1; if ($2 > most) most = $2 }
    END { printf "   %-16s %6.1f ps, largest gamma %.2f%s\n", name, last * dt, most, last + every <= steps ? ", ended early" : "" }' "md/$name.gamma"
}

md_step() {
  local name file nx ny nz temperatures T todo=()
  mkdir -p md
  while read -r name file nx ny nz temperatures; do
    [[ -n $name && $name != \#* ]] || continue
    [[ $name =~ ^[A-Za-z0-9_]+$ && $nx$ny$nz =~ ^[1-9][0-9]*$ && $temperatures =~ ^[0-9.]+(\ +[0-9.]+)*$ ]] ||
      die "$conf: PHASES: expected NAME FILE NX NY NZ T ..., found '$name $file $nx $ny $nz $temperatures'"
    file=$(absolute "$file")
    structure "$file" "$nx" "$ny" "$nz" >md/.part.data || exit 1
    mv md/.part.data "md/$name.data"
    for T in $temperatures; do [[ -e md/$name-$T.gamma ]] || todo+=("$name-$T"); done
  done <<<"$PHASES"
  ((${#todo[@]} == 0)) || printf '%s\n' "${todo[@]}" | jobs_of md_job || die "MD did not finish; started again, the loop goes on from here"
}

# ---- selection ---------------------------------------------------------------------------------------------------------------------
select_step() { # leaves chosen.xyz and select.txt
  local dump dumps=()
  for dump in md/*-*.dump; do [[ ! -s $dump ]] || dumps+=("$dump"); done
  if ((${#dumps[@]})); then
    OMP_NUM_THREADS=$JOBS "$FIT" select "$model" "${dumps[@]}" --map "$map" -n "$FRAMES" --gamma-min "$GAMMA_MIN" --gamma-max "$GAMMA_MAX" -o chosen.xyz >part.txt ||
      die "lisi-fit select failed"
  else
    : >chosen.xyz
    echo "no frame with gamma >= $GAMMA_MIN in the MD" >part.txt
  fi
  mv part.txt select.txt
}

# ---- reference calculations ------------------------------------------------------------------------------------------------------
# A folder for each chosen frame: frame.xyz, frame.inp from TEMPLATE with cell and k-mesh, and its config_type in the file `name`.
prepare_step() {
  rm -rf part.dft
  mkdir part.dft
  awk -v template="$TEMPLATE" -v kmesh="$KMESH" '
    function ceil(x) { return x > int(x) ? int(x) + 1 : int(x) }
    function input(file,  line, k, mesh) {
      for (k = 0; k < 3; k++) mesh[k] = ceil(kmesh / sqrt(h[3 * k + 1] ^ 2 + h[3 * k + 2] ^ 2 + h[3 * k + 3] ^ 2))
      while ((getline line < template) > 0) {
        if (line ~ /^ *SCHEME /) line = sprintf("      SCHEME MONKHORST-PACK %d %d %d", mesh[0], mesh[1], mesh[2])
        else if (line ~ /^ *ADDED_MOS /) line = sprintf("      ADDED_MOS %d", n * 0.41 > 14 ? n * 0.41 : 14)
        else if (match(line, /^ *[ABC] +[-0-9.]+ +[-0-9.]+ +[-0-9.]+ *$/)) {
          k = line ~ /^ *A/ ? 0 : line ~ /^ *B/ ? 1 : 2
          line = sprintf("      %s %.10f %.10f %.10f", substr("ABC", k + 1, 1), h[3 * k + 1], h[3 * k + 2], h[3 * k + 3]); cells++
        }
        print line > file
      }
      close(template); close(file)
      if (cells != 3 * ++frames) { print "active learning: " template ": expected lines A, B and C of &CELL with three numbers each" > "/dev/stderr"; exit 1 }
    }
    left == 0 { n = $1; left = n + 2; folder = sprintf("part.dft/%03d", ++count); system("mkdir " folder) }
    { print > (folder "/frame.xyz") }
    left == n + 1 {
      match($0, /Lattice="[^"]*"/); split(substr($0, RSTART + 9, RLENGTH - 10), h, " ")
      match($0, /source="[^"]*"/); phase = substr($0, RSTART + 8, RLENGTH - 9); sub(/.*\//, "", phase); sub(/-[^-]*$/, "", phase)
      print phase "_md" > (folder "/name"); close(folder "/name")
      input(folder "/frame.inp")
    }
    --left == 0 { close(folder "/frame.xyz") }' chosen.xyz || die "the inputs of the reference calculations could not be written"
  mv part.dft dft
}

# What a calculation has left in a folder becomes data.xyz and the mark `done`, or a word in the file `failed`.
judge_frame() {
  local folder=$1 reason=''
  if [[ ! -s $folder/data.xyz ]]; then
    if grep -q 'SCF run NOT converged' "$folder/frame.out" 2>/dev/null; then reason='not converged'
    elif [[ ! -s $folder/frame.out ]]; then reason='neither frame.out nor data.xyz'
    elif ! "$FIT" convert "$folder/frame.out" -o "$folder/data.xyz" --config-type "$(<"$folder/name")" >"$folder/convert.log" 2>&1; then
      reason=$(tail -n 1 "$folder/convert.log")
    fi
  fi
  if [[ -z $reason ]]; then : >"$folder/done"; else printf '%s\n' "$reason" >"$folder/failed"; fi
}

report_frame() {
  if [[ -e $1/done ]]; then echo "   $1: done${2:+, $2 s}"; else echo "   $1: set aside: $(<"$1/failed")"; fi
}

dft_job() {
  local folder=$1 status=0 start=$SECONDS
  rm -f "$folder/frame.out" "$folder/data.xyz"
  (cd "$folder" && eval "$DFT_COMMAND") >"$folder/dft.log" 2>&1 </dev/null || status=$?
  case $status in
    0) judge_frame "$folder" ;;
    130 | 137 | 143) return 255 ;; # interrupted
    126 | 127)
      tail -n 1 "$folder/dft.log" >&2
      return 255 ;;
    *) if grep -q 'SCF run NOT converged' "$folder/frame.out" 2>/dev/null; then echo 'not converged' >"$folder/failed"
      else echo "DFT_COMMAND ended with status $status, see dft.log and frame.out" >"$folder/failed"; fi ;;
  esac
  report_frame "$folder" $((SECONDS - start))
}

dft_step() {
  local folder todo=()
  for folder in dft/*/; do
    folder=${folder%/}
    [[ ! -e $folder/done && ! -e $folder/failed ]] || continue
    # computed elsewhere, or complete when the loop was interrupted
    if [[ -s $folder/data.xyz ]] || grep -q 'PROGRAM ENDED' "$folder/frame.out" 2>/dev/null; then
      judge_frame "$folder"
      report_frame "$folder" ''
    else todo+=("$folder"); fi
  done
  ((${#todo[@]})) || return 0
  if [[ -n $DFT_BATCH ]]; then
    $DFT_BATCH "${todo[@]}" || die "DFT_BATCH ended with status $?; started again, the loop goes on from here"
    for folder in "${todo[@]}"; do
      judge_frame "$folder"
      report_frame "$folder" ''
    done
  elif [[ -n $DFT_COMMAND ]]; then
    printf '%s\n' "${todo[@]}" | jobs_of dft_job || die "the reference calculations did not finish; started again, the loop goes on from here"
  else
    say "Compute the frames in $PWD/dft, so that frame.out (CP2K) or data.xyz (extended XYZ with energy, forces, virial) stands in these folders, and start again:"
    printf '   %s\n' "${todo[@]}"
    exit 0
  fi
}

gather_step() { # data.xyz of all frames -> new.xyz
  local folder files=()
  for folder in dft/*/; do [[ ! -e ${folder}done ]] || files+=("${folder}data.xyz"); done
  ((${#files[@]})) || die "none of the frames in $PWD/dft could be computed; the reasons stand in the files dft/*/failed (remove them to try again)"
  cat "${files[@]}" >part.xyz
  mv part.xyz new.xyz
}

# ---- the new potential -----------------------------------------------------------------------------------------------------------
fit_step() {
  if [[ $REFIT == yes ]]; then
    local file list=''
    for file in $TRAIN_DATA; do list+="$(absolute "$file"), "; done
    for file in ../round-*/new.xyz; do list+="$(realpath "$file"), "; done
    sed -e "s|^\( *\)train:.*|\1train: [${list%, }]|" -e '/^ *test:/d' "$RECIPE" >fit.yaml
    OMP_NUM_THREADS=$JOBS "$FIT" train fit.yaml -o model.yace >fit.txt || die "lisi-fit train failed, see $PWD/fit.yaml"
  else
    OMP_NUM_THREADS=$JOBS "$FIT" refine "$model" new.xyz -o model.yace >fit.txt || die "lisi-fit refine failed"
  fi
}

# energy (meV/atom), force (meV/Angstrom) and relative force error of all frames, from the last line of lisi-fit test
errors() { awk '$1 == "all" { print $4, $6, $8 }' "$1"; }

# One line for history.txt.
summary_step() {
  local computed=0 failed=0 folder before='- - -' after='- - -' md
  for folder in dft/*/; do
    [[ ! -e ${folder}done ]] || computed=$((computed + 1))
    [[ ! -e ${folder}failed ]] || failed=$((failed + 1))
  done
  md=$(awk -v steps="$STEPS" -v every="$EVERY" 'FNR == 1 && NR > 1 { early += last + every <= steps } !/^#/ { last = $1; if ($2 > most) most = $2 }
    END { early += last + every <= steps; printf "%.2f %d", most, early }' md/*-*.gamma)
  if ((computed)); then
    "$FIT" test "$model" new.xyz >before.txt || die "lisi-fit test failed"
    "$FIT" test model.yace new.xyz >after.txt || die "lisi-fit test failed"
    before=$(errors before.txt)
    after=$(errors after.txt)
  fi
  # shellcheck disable=SC2086
  printf '%5d %7d %6d %10s %6s   %9s %8s %8s   %9s %8s %8s\n' "$round" "$computed" "$failed" $md $before $after >part.txt
  mv part.txt summary
}

write_history() {
  {
    echo '# errors on the frames of the round by the potential that had not seen them (before) and that has learned them (after):'
    echo '# energy RMSE meV/atom, force RMSE meV/Angstrom, the same as a share of the RMS force'
    printf '%5s %7s %6s %10s %6s   %9s %8s %8s   %9s %8s %8s\n' '# rnd' frames failed 'max gamma' halted before '' '' after '' ''
    cat round-*/summary
  } >part.history
  mv part.history history.txt
}

# ---- the loop --------------------------------------------------------------------------------------------------------------------------
export -f md_job dft_job judge_frame report_frame
export model=$MODEL seed
for ((round = 1; round <= ROUNDS; round++)); do
  folder=$(printf 'round-%02d' "$round")
  mkdir -p "$folder"
  cd "$folder"
  seed=$((4711 + round))
  if [[ ! -e summary ]]; then
    say "round $round of $ROUNDS: potential $model"
    if [[ ! -e select.txt ]]; then
      say " MD"
      md_step
      select_step
    fi
    cat select.txt
    if [[ -s chosen.xyz ]]; then
      [[ -d dft ]] || prepare_step
      say " reference calculations"
      dft_step
      [[ -e new.xyz ]] || gather_step
      say " fit"
      [[ -e model.yace ]] || fit_step
    fi
    summary_step
  fi
  cd ..
  write_history
  if [[ ! -s $folder/chosen.xyz ]]; then
    say "The MD of round $round meets nothing that the potential does not know (gamma below $GAMMA_MIN): done."
    break
  fi
  model=$PWD/$folder/model.yace
  cp "$folder/model.sidecar" part.sidecar
  mv part.sidecar model.sidecar
  cp "$folder/model.yace" part.yace
  mv part.yace model.yace
done
echo
cat history.txt
[[ ! -e model.yace ]] || say "The last potential: $PWD/model.yace, with model.sidecar beside it"
