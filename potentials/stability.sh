#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Long MD of each phase: by default 1 ns at 1000 K (NVT, steps of 2 fs), structures (extended XYZ of Li and Si, lower triangular cell) repeated to at
# least 9 Angstrom along each axis. Printed: atoms at the end, largest extrapolation grade of any atom (every 1 ps), shortest distance
# at the end, mean energy of the first and the last tenth, wall time. A lost atom ends the run with LAMMPS' error.
#     potentials/stability.sh FOLDER-WITH-XYZ [MODEL.yace]      STEPS=500000 T=1000 PHASES="LiSi Li15Si4 ..." change the defaults
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${1:?folder with the structures, *.xyz}
model=$(realpath "${2:-$root/potentials/Li-Si.yace}")
LMP=${LMP:-$root/build/bin/lmp} STEPS=${STEPS:-500000} T=${T:-1000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/md.in" <<'IN'
units           metal
box             tilt large
read_data       ${data}
replicate       ${nx} ${ny} ${nz}
pair_style      mlff/lisi
pair_coeff      * * ${model} Li Si
timestep        0.002
velocity        all create $(2*v_T) 4711 mom yes rot no loop geom
fix             1 all nvt temp ${T} ${T} 0.1
fix             g all pair 500 mlff/lisi gamma 1
compute         top all reduce max f_g
variable        e equal pe/atoms
fix             g1 all ave/time 500 1 500 c_top file ${out}.gamma
fix             e1 all ave/time 10 $(floor(v_STEPS/100)) $(floor(v_STEPS/100)*10) v_e file ${out}.energy format " %.6f"
thermo          $(floor(v_STEPS/10))
thermo_modify   lost error
run             ${STEPS}
compute         rdf all rdf 800 cutoff 4.0
fix             r all ave/time 1 1 1 c_rdf[*] file ${out}.rdf mode vector
run             1
print           "atoms $(atoms)"
IN
printf '%-11s %6s %8s %10s %12s %14s %8s\n' phase atoms ns 'max gamma' 'shortest A' 'drift meV/atom' 'wall s'
for name in ${PHASES:-Li-bcc Si-diamond LiSi Li12Si7 Li7Si3 Li13Si4 Li15Si4}; do
  awk -f "$root/tests/lammps/rattled.awk" -v amp=0 -v seed=1 "$folder/$name.xyz" >"$work/x.data"
  read -r nx ny nz <<<"$(awk '/xlo/ { x = $2 - $1 } /ylo/ { y = $2 - $1 } /zlo/ { z = $2 - $1 } function up(v) { return v >= 9 ? 1 : int(9 / v) + 1 } END { print up(x), up(y), up(z) }' "$work/x.data")"
  start=$(date +%s)
  "$LMP" -log none -in "$work/md.in" -var data "$work/x.data" -var model "$model" -var T "$T" -var STEPS "$STEPS" -var out "$work/o" -var nx "$nx" -var ny "$ny" -var nz "$nz" >"$work/log" 2>&1 ||
    { tail -n 5 "$work/log" >&2; exit 1; }
  awk -v name="$name" -v atoms="$(awk '/^atoms / { print $2 }' "$work/log")" -v ns="$(awk -v s="$STEPS" 'BEGIN { print s * 2e-6 }')" \
    -v short="$(awk '!/^#/ && NF == 4 && $3 > 0 { print $2 - 0.0025; exit }' "$work/o.rdf")" -v wall=$(($(date +%s) - start)) '
    /^#/ { next }
    FILENAME ~ /gamma$/ { if ($2 > m) m = $2; next }
    { e[++n] = $2 }
    END { printf "%-11s %6d %8.3f %10.2f %12.2f %14.1f %8d\n", name, atoms, ns, m, short, 1000 * (e[n] - e[1]), wall }' "$work/o.gamma" "$work/o.energy"
done
