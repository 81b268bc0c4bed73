# SPDX-License-Identifier: GPL-2.0-or-later
# More than 400 neighbours of every atom: a long cut-off, and a crystal so dense that a short one holds as many.
. "$(dirname "$0")/lib.sh"
yace=${YACE:-$SRC/tests/data/ace_small.yace}
need "$LMP" "$yace"
sed 's/rcut: [0-9.]*/rcut: 12/' "$yace" >long.yace
small=$yace
. "$SRC/tests/lammps/lib_forces.sh"
yace=$tmp/long.yace
crystal LiSi-NaTl >c.xyz
rattled c.xyz 0.3 31 >long.data
check_forces "cut-off of 12 Angstrom" long.data 3
[[ $(awk '/^Ave neighs/ { print int($4) }' run.out) -gt 400 ]] || fail "only $(grep '^Ave neighs' run.out)"

# The same system once as 1, once as 8 cells, on one rank and on two: each atom has the same energy and force.
cat >cells.in <<'IN'
include         ${inc}
compute         e all pe/atom pair
dump            d all custom 1 ${out}.dump id fx fy fz c_e
dump_modify     d sort id format float %.17g
run             0
IN
lmp -var inc "$SRC/tests/lammps/pair.inc" -var data long.data -var yace "$yace" -var out one -in cells.in
mpi 2 -var inc "$SRC/tests/lammps/pair.inc" -var data long.data -var yace "$yace" -var rep "2 2 2" -var out eight -in cells.in
table one.dump fx fy fz c_e >a
table eight.dump fx fy fz c_e >b
for k in 1 2 3 4 5 6 7 8; do cat a; done >want
close b want 1e-11 "8 cells on 2 ranks against 1 cell, 500 neighbours"

# Dense: lengths by 0.55, where the core rules.
yace=$small
sed 's/6\.0/3.2/g' c.xyz | awk 'NR > 2 { $2 *= 3.2 / 6; $3 *= 3.2 / 6; $4 *= 3.2 / 6 } { print }' >dense.xyz
rattled dense.xyz 0.1 32 >dense.data
check_forces "16 atoms in 33 cubic Angstrom" dense.data 3
[[ $(awk '/^Ave neighs/ { print int($4) }' run.out) -gt 250 ]] || fail "only $(grep '^Ave neighs' run.out)"
