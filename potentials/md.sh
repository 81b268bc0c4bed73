#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The table of MD in README.md: each structure (extended XYZ of Li and Si, lower triangular cell), repeated to at least 9 Angstrom (MIN) along
# each axis, runs 4 ps of NVT (NVT_PS) and 4 ps of NVE with steps of 2 fs. Printed: drift of the energy in NVE (a line fitted to it), largest
# extrapolation grade gamma of any atom, shortest distance at the end, and the root mean square displacement of Si.
#     potentials/md.sh FOLDER-WITH-XYZ [MODEL.yace]
# RUNS: PHASE:TEMPERATURE ... The long runs of README.md: NVT_PS=1000 GAMMA_STEPS=500 RUNS='LiSi:1000 ...' potentials/md.sh FOLDER
# GAMMA_STEPS: steps between two looks at gamma (50; one look takes as long as some 20 steps).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${1:?folder with the structures, *.xyz}
model=$(realpath "${2:-$root/potentials/Li-Si.yace}")
LMP=${LMP:-$root/build/bin/lmp}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/md.in" <<'IN'
units metal
atom_style atomic
box tilt large
read_data ${data}
replicate ${nx} ${ny} ${nz}
pair_style mlff/lisi
pair_coeff * * ${model} Li Si
timestep 0.002
velocity all create $(2*v_T) 4711 mom yes rot no loop geom
fix 1 all nvt temp ${T} ${T} 0.1
fix g all pair ${every} mlff/lisi gamma 1
compute gmax all reduce max f_g
fix gm all ave/time ${every} 1 ${every} c_gmax file ${out}.gamma
group si type 2
compute msd si msd com yes
thermo 500
run $(500*v_nvt)
unfix 1
fix 1 all nve
variable e equal etotal/atoms
variable t equal time
fix e all ave/time 10 1 10 v_t v_e file ${out}.energy format " %.15g"
run 2000
compute rdf all rdf 800 cutoff 4.0
fix r all ave/time 1 1 1 c_rdf[*] file ${out}.rdf mode vector
run 1
print "msd $(c_msd[4]) atoms $(atoms)"
IN
printf '%-11s %6s %6s %14s %10s %12s %10s\n' phase atoms 'T K' 'drift eV/at/ps' 'max gamma' 'shortest A' 'rms(Si) A'
runs=${RUNS:-Li-bcc:300 Si-diamond:300 Si-diamond:1200 LiSi:300 LiSi:900 Li12Si7:800 Li7Si3:800 Li13Si4:300 Li13Si4:900 Li13Si4:1200 Li15Si4:900}
for run in $runs; do
  name=${run%:*} T=${run#*:}
  awk -f "$root/tests/lammps/rattled.awk" -v amp=0 -v seed=1 "$folder/$name.xyz" >"$work/x.data"
  read -r nx ny nz <<<"$(awk -v min="${MIN:-9}" '/xlo/ { x = $2 - $1 } /ylo/ { y = $2 - $1 } /zlo/ { z = $2 - $1 } function up(v) { return v >= min ? 1 : int(min / v) + 1 } END { print up(x), up(y), up(z) }' "$work/x.data")"
  "$LMP" -log none -in "$work/md.in" -var data "$work/x.data" -var model "$model" -var T "$T" -var out "$work/o" -var nvt "${NVT_PS:-4}" -var every "${GAMMA_STEPS:-50}" -var nx "$nx" -var ny "$ny" -var nz "$nz" >"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; exit 1; }
  drift=$(awk '!/^#/ { n++; x += $2; y += $3; if (n == 1) y0 = $3; y -= y0; xx += $2 * $2; xy += $2 * ($3 - y0) } END { print (n * xy - x * y) / (n * xx - x * x) }' "$work/o.energy")
  gamma=$(awk '!/^#/ && $2 > m { m = $2 } END { print m }' "$work/o.gamma")
  short=$(awk '!/^#/ && NF == 4 && $3 > 0 { print $2 - 0.0025; exit }' "$work/o.rdf")
  read -r msd atoms <<<"$(awk '/^msd / { print $2, $4 }' "$work/log")"
  printf '%-11s %6d %6d %14.1e %10.2f %12.2f %10.2f\n' "$name" "$atoms" "$T" "$drift" "$gamma" "$short" "$(awk -v m="$msd" 'BEGIN { print sqrt(m) }')"
done
