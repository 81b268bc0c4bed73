#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What Li-Si-fast.yace costs in LAMMPS against Li-Si.yace, phase by phase: NVE with each in turn, microseconds per atom and step.
#     bench/models.sh FOLDER-WITH-XYZ [-n ROUNDS] [-s STEPS]      default: 5 rounds of 150 steps, a minute
# Printed: the shortest time of each model, and the median over the rounds of the ratio of two runs that follow one another.
set -euo pipefail
LC_ALL=C
export LC_ALL OMP_NUM_THREADS=1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${1:?folder with the structures, *.xyz}
shift
compgen -G "$folder/*.xyz" >/dev/null || { echo "models.sh: $folder: no *.xyz in it" >&2; exit 2; }
rounds=5 steps=150
while getopts n:s: option; do
  case $option in
    n) rounds=$OPTARG ;;
    s) steps=$OPTARG ;;
    *) exit 2 ;;
  esac
done
LMP=${LMP:-$root/build/bin/lmp}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/in" <<'IN'
units metal
atom_style atomic
box tilt large
read_data ${data}
replicate ${nx} ${ny} ${nz}
pair_style mlff/lisi
pair_coeff * * ${model} Li Si
timestep 0.002
velocity all create 600 4711
fix 1 all nve
thermo 1000
run ${steps}
IN
for structure in "$folder"/*.xyz; do
  awk -f "$root/tests/lammps/rattled.awk" -v amp=0.05 -v seed=1 "$structure" >"$work/$(basename "$structure" .xyz).data"
done
for ((round = 0; round < rounds; round++)); do
  for data in "$work"/*.data; do
    # at least 14 Angstrom along each axis
    read -r nx ny nz <<<"$(awk '/xlo/ { x = $2 - $1 } /ylo/ { y = $2 - $1 } /zlo/ { z = $2 - $1 } function up(v) { return v >= 14 ? 1 : int(14 / v) + 1 } END { print up(x), up(y), up(z) }' "$data")"
    for model in Li-Si Li-Si-fast; do
      "$LMP" -log none -in "$work/in" -var data "$data" -var model "$root/potentials/$model.yace" -var nx "$nx" -var ny "$ny" -var nz "$nz" -var steps "$steps" >"$work/log" 2>&1 ||
        { tail -n 5 "$work/log" >&2; exit 1; }
      awk -v phase="$(basename "$data" .data)" -v model="$model" '/^Loop time/ { print phase, model, $4 / $9 / $12 * 1e6, $12 }' "$work/log"
    done
  done
done | awk '
  { atoms[$1] = $4; if (!(($1, $2) in least) || $3 < least[$1, $2]) least[$1, $2] = $3 }
  $2 == "Li-Si" { last = $3; next }
  { k = ++n[$1]; for (r = $3 / last; k > 1 && ratio[$1, k - 1] > r; k--) ratio[$1, k] = ratio[$1, k - 1]; ratio[$1, k] = r }
  END {
    printf "%-12s %6s %8s %11s %6s\n", "phase", "atoms", "Li-Si", "Li-Si-fast", "ratio"
    for (p in n) printf "%-12s %6d %8.2f %11.2f %6.3f\n", p, atoms[p], least[p, "Li-Si"], least[p, "Li-Si-fast"], (ratio[p, int((n[p] + 1) / 2)] + ratio[p, int(n[p] / 2) + 1]) / 2 | "sort"
  }'
