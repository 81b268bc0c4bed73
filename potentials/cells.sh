#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The table of cells in README.md: each structure (extended XYZ of Li and Si, lower triangular cell) is relaxed, atoms and cell, and its lengths, volume and energy
# of formation from the relaxed elements are printed:
#     potentials/cells.sh FOLDER-WITH-XYZ [MODEL.yace]      Li-bcc.xyz and Si-diamond.xyz have to be among them
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${1:?folder with the structures, *.xyz}
model=$(realpath "${2:-$root/potentials/Li-Si.yace}")
LMP=${LMP:-$root/build/bin/lmp}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/relax.in" <<'IN'
units metal
atom_style atomic
box tilt large
read_data ${data}
replicate ${rep}
pair_style mlff/lisi
pair_coeff * * ${model} Li Si
group li type 1
variable n equal count(all)
variable nli equal count(li)
variable a equal cella
variable b equal cellb
variable c equal cellc
variable v equal vol
variable a0 equal $(cella:%.10g)
variable b0 equal $(cellb:%.10g)
variable c0 equal $(cellc:%.10g)
variable v0 equal $(vol:%.10g)
thermo 1000
thermo_style custom step pe press cella cellb cellc vol
fix r all box/relax aniso 0.0 vmax 0.002
min_style cg
minimize 0 1e-5 2000 10000
minimize 0 1e-5 2000 10000
minimize 0 1e-5 2000 10000
print "$(v_n) $(v_nli) $(pe:%.10f) $(100*(v_a/v_a0-1)) $(100*(v_b/v_b0-1)) $(100*(v_c/v_c0-1)) $(100*(v_v/v_v0-1))" file ${out}
IN
for file in "$folder"/*.xyz; do
  name=$(basename "$file" .xyz)
  awk -v amp=0 -f "$root/tests/lammps/rattled.awk" "$file" >"$work/$name.data"
  rep='1 1 1'
  (($(head -n 1 "$file") < 10)) && rep='3 3 3'
  "$LMP" -in "$work/relax.in" -log none -screen none -var data "$work/$name.data" -var rep "$rep" -var model "$model" -var out "$work/$name.out"
  printf '%s %s\n' "$name" "$(cat "$work/$name.out")" >>"$work/all"
done
awk 'NR == FNR { if ($1 == "Li-bcc") li = $4 / $2; if ($1 == "Si-diamond") si = $4 / $2; next }
  FNR == 1 { printf "%-12s %8s %8s %8s %8s %10s\n", "phase", "a %", "b %", "c %", "V %", "E_f eV" }
  { printf "%-12s %8.2f %8.2f %8.2f %8.2f %10.3f\n", $1, $5, $6, $7, $8, ($4 - $3 * li - ($2 - $3) * si) / $2 }' "$work/all" "$work/all"
