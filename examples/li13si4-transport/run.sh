#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Lithium transport in Li13Si4 and Li12Si7: a nanosecond of MD at each temperature, Markov models, and what they say.
#     examples/li13si4-transport/run.sh [FOLDER]          (default: li13si4-transport in the current folder)
# It can be stopped at any time and called again: finished runs are kept, an unfinished one goes on from its last restart file.
# STORED=1 takes the logs of logs/ (these very runs) instead of MD.
# Settings, from the environment: RUNS ("PHASE:TEMPERATURE:PS ..."), NP (MPI ranks), EQUIL and SAVE
# (steps of equilibration, 10000, and between restart files, 50000), LISI_BIN (folder with lmp and lisi-msm)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BIN=${LISI_BIN:-$(cd "$here/../.." && pwd)/build/bin}
out=${1:-li13si4-transport}
RUNS=${RUNS:-Li13Si4:600:1000 Li13Si4:688:3000 Li13Si4:900:1000 Li12Si7:688:1000 Li12Si7:800:1000}
NP=${NP:-$(nproc)}
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
die() { printf 'li13si4-transport: %s\n' "$*" >&2; exit 1; }
for program in lmp lisi-msm; do [[ -x $BIN/$program ]] || die "$BIN/$program is missing; ./setup.sh build makes it"; done
mkdir -p "$out"
out=$(cd "$out" && pwd)
launch=()
if ((NP > 1)); then
  launch=(mpirun -np "$NP")
  if mpirun --version 2>/dev/null | grep -q 'Open MPI'; then launch+=(--oversubscribe --bind-to none); fi
fi

# The newer of the two restart files that a run leaves in turn, if there is one.
last_restart() { { ls -t "$1".restart.a "$1".restart.b 2>/dev/null || true; } | head -n 1; }

simulate() { # PHASE T PS
  local name=$out/$1_$2 steps=$(($3 * 500)) restart go_on=()
  if [[ -f $name.done && $(cat "$name.done") -ge $steps ]]; then return; fi
  restart=$(last_restart "$name")
  if [[ -n $restart ]]; then go_on=(-var resume yes -var restart "$restart"); fi
  printf '%s at %s K: MD of %s ps%s\n' "$1" "$2" "$3" "${restart:+, going on from ${restart##*/}}"
  (cd "$here" && "${launch[@]}" "$BIN/lmp" -in in.transport -log "$name.log" -screen none -var phase "$1" -var T "$2" \
    -var steps "$steps" -var equil "${EQUIL:-10000}" -var save "${SAVE:-50000}" -var out "$name" "${go_on[@]}") || die "the MD failed, see $name.log"
  echo "$steps" >"$name.done"
}

# Li13Si4 is averaged over its space group. In Li12Si7 a nanosecond is too short for sites that are alike to behave alike (the test of
# --fold symmetry says so), and the box is one cell: nothing is averaged there.
fold() { if [[ $1 == Li13Si4 ]]; then echo symmetry; else echo auto; fi; }

log() { if [[ -n ${STORED:-} ]]; then echo "$here/logs/$1_$2.jumps.gz"; else echo "$out/$1_$2.jumps"; fi; }

analyse() { # PHASE T
  local name=$out/$1_$2
  printf '\n==== %s at %s K\n' "$1" "$2"
  "$BIN/lisi-msm" build "$(log "$1" "$2")" --fold "$(fold "$1")" -o "$name" >"$name.txt"
  sed -n '/^ *lag /,/^rates between/p' "$name.txt" | grep -v '^rates between'
  "$BIN/lisi-msm" ck "$name" | grep '^verdict' | sed 's/^/Chapman-Kolmogorov test: /'
}

# What the first 50 ps know of the network that the whole run has.
early() { # PHASE T
  printf '\n==== The first 50 ps of %s at %s K\n' "$1" "$2"
  "$BIN/lisi-msm" build "$(log "$1" "$2")" --fold "$(fold "$1")" --end 50 --lags 0.5,2.5 -o "$out/$1_$2_50ps" >"$out/$1_$2_50ps.txt"
  sed -n '/^ *lag /,/^principal/p' "$out/$1_$2_50ps.txt" | grep -v '^principal'
}

for run in $RUNS; do
  [[ $run =~ ^[A-Za-z0-9]+:[0-9]+:[0-9]+$ ]] || die "RUNS: expected PHASE:TEMPERATURE:PS, found '$run'"
  IFS=: read -r phase T ps <<<"$run"
  if [[ -z ${STORED:-} ]]; then simulate "$phase" "$T" "$ps"; fi
done
declare -A folders=()
for run in $RUNS; do
  IFS=: read -r phase T ps <<<"$run"
  analyse "$phase" "$T"
  folders[$phase]+=" $out/${phase}_$T"
done
if [[ " ${folders[Li13Si4]:-} " == *"/Li13Si4_688 "* ]]; then early Li13Si4 688; fi
for phase in "${!folders[@]}"; do
  read -ra list <<<"${folders[$phase]}"
  if ((${#list[@]} < 2)); then continue; fi
  printf '\n==== %s against temperature\n' "$phase"
  "$BIN/lisi-msm" arrhenius "${list[@]}" -o "$out/$phase" --table 600:900:50
done
printf '\nReports: %s/PHASE_TEMPERATURE/report.html\n' "$out"
