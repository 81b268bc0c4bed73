#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The demo: lithium in crystalline Li13Si4, from the force field to the diffusion coefficient.
#   1. molecular dynamics with pair_style mlff/lisi; compute lijump and fix msm record every jump on the fly
#   2. lisi-msm build: Markov state models at a row of lag times, errors, the diffusion tensor
#   3. a report with pictures
# It uses ../Li13Si4/in.li13si4 and what ./setup.sh build has built. Settings, from the environment:
#   T (K), STEPS (of 2 fs), NP (MPI ranks), OUT (where results go; default build/demo)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
BIN=${BIN:-$root/build/bin}
LMP=${LMP:-$BIN/lmp}
OUT=${OUT:-$(dirname "$BIN")/demo}
T=${T:-900}
STEPS=${STEPS:-150000}
cores=$(nproc)
NP=${NP:-$((cores > 4 ? 4 : cores))}
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_mpi_yield_when_idle=1 # a rank that waits gives its core away

die() { printf 'demo: %s\n' "$*" >&2; exit 1; }
for program in "$LMP" "$BIN/lisi-msm"; do [[ -x $program ]] || die "$program is missing; ./setup.sh build makes it"; done
[[ -f $root/potentials/Li-Si.yace ]] || die "potentials/Li-Si.yace is missing"
mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)
start=$SECONDS

launch=()
if ((NP > 1)) && command -v mpirun >/dev/null; then
  launch=(mpirun -np "$NP")
  if mpirun --version 2>/dev/null | grep -q 'Open MPI'; then launch+=(--oversubscribe --bind-to none); fi
else NP=1; fi

# Thermo lines of LAMMPS -> a line of progress
progress() {
  awk -v steps="$STEPS" -v tty="$([[ -t 1 ]] && echo 1)" '
    /Step +Time/ { part++; next }
    /^Loop time/ { if (tty && part > 1) print ""; next }
    /ERROR/ { print; next }
    part > 1 && $1 ~ /^[0-9]+$/ && NF >= 5 && steps > 0 {
      line = sprintf("   %6.1f of %.1f ps   temperature %5.0f K   energy %.2f eV", $2, steps * 0.002, $3, $4)
      if (tty) printf "\r%s ", line
      else if ($1 >= next_at) { print line; next_at += steps / 5 }
      fflush()
    }'
}

printf '\nLi13Si4 at %s K: 204 atoms (156 Li), %s ps of MD on %s ranks\n' "$T" "$(awk -v s="$STEPS" 'BEGIN { print s * 0.002 }')" "$NP"
cd "$root/examples/Li13Si4"
rm -rf "$OUT/run.jumps" "$OUT/run.jumps.msd" "$OUT/report"
"${launch[@]}" "$LMP" -in in.li13si4 -log "$OUT/log.lammps" -var T "$T" -var steps "$STEPS" -var out "$OUT/run.jumps" 2>"$OUT/errors" |
  progress || { tail -n 5 "$OUT/errors" >&2; die "the MD failed, see $OUT/log.lammps"; }
[[ -s $OUT/run.jumps ]] || die "the MD left no jump log, see $OUT/log.lammps"
printf '   MD done in %d s\n\nMarkov state models\n\n' $((SECONDS - start))
# --fold yes: a perfect crystal, the copies of a site in the supercell are equal
"$BIN/lisi-msm" build "$OUT/run.jumps" --lags auto --fold yes -o "$OUT/report"
printf '\nReport:    %s/report/report.html\nPictures:  timescales.svg, msd.svg, mode_1.svg, network.svg and more beside it (with data and scripts)\nJump log:  %s/run.jumps\n' "$OUT" "$OUT"
printf 'The demo took %d s.\n' $((SECONDS - start))
