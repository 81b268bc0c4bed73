# SPDX-License-Identifier: GPL-2.0-or-later
# Molecular dynamics: energy is conserved, a restart goes on where it stopped, close atoms repel.
. "$(dirname "$0")/lib.sh"
yace=${YACE:-$SRC/tests/data/ace_small.yace}
need "$LMP" "$yace"
crystal LiSi-NaTl >c.xyz
rattled c.xyz 0.05 3 >c.data

# ---- energy: halving the time step must cut the error of velocity Verlet by four
cat >nve.in <<'EOF2'
include         ${inc}
velocity        all create 300 4711 loop geom
fix             1 all nve
timestep        ${dt}
thermo_style    custom step etotal
thermo          ${every}
variable        e equal etotal
fix             t all ave/time ${every} 1 ${every} v_e file ${out} format " %.15g"
run             ${steps}
EOF2
lmp -var inc "$SRC/tests/lammps/pair.inc" -var yace "$yace" -var data c.data -var dt 0.0002 -var every 2 -var steps 100 -var out coarse -in nve.in
lmp -var inc "$SRC/tests/lammps/pair.inc" -var yace "$yace" -var data c.data -var dt 0.0001 -var every 4 -var steps 200 -var out fine -in nve.in
spread() { awk '!/^#/ { if (!n++) lo = hi = $2; if ($2 < lo) lo = $2; if ($2 > hi) hi = $2 } END { printf "%.6g", hi - lo }' "$1"; }
awk -v c="$(spread coarse)" -v f="$(spread fine)" 'BEGIN { exit !(f > 0 && c / f > 3.5 && c / f < 4.6) }' ||
  fail "total energy varies by $(spread coarse) eV at 0.2 fs and $(spread fine) eV at 0.1 fs; expected a factor of 4"
pass "total energy: $(spread coarse) eV at 0.2 fs, $(spread fine) eV at 0.1 fs"

# ---- restart, from 1 rank to 2
cat >whole.in <<'EOF2'
include         ${inc}
velocity        all create 300 4711 loop geom
fix             1 all nve
run             10
write_restart   half.restart
run             10
write_dump      all custom whole.dump id x y z vx vy vz modify sort id format float %.17g
EOF2
cat >half.in <<'EOF2'
read_restart    half.restart
neighbor        0.3 bin
pair_style      mlff/lisi
pair_coeff      * * ${yace} Li Si
fix             1 all nve
run             10
write_dump      all custom half.dump id x y z vx vy vz modify sort id format float %.17g
EOF2
lmp -var inc "$SRC/tests/lammps/pair.inc" -var yace "$yace" -var data c.data -in whole.in
mpi 2 -var yace "$yace" -in half.in
table whole.dump x y z vx vy vz >a
table half.dump x y z vx vy vz >b
close b a 1e-11 "restart"

# ---- two atoms at 0.3 Angstrom: finite, pushed apart; far apart: no force
for pair in "1 1" "1 2" "2 2"; do
  read -r s t <<<"$pair"
  for r in 0.3 15.0; do
    printf 'pair\n\n2 atoms\n2 atom types\n\n-20 20 xlo xhi\n-20 20 ylo yhi\n-20 20 zlo zhi\n\nMasses\n\n1 6.94\n2 28.085\n\nAtoms # atomic\n\n1 %d 0 0 0\n2 %d %s 0 0\n' "$s" "$t" $r >two.data
    printf 'include ${inc}\nrun 0\nwrite_dump all custom two.dump id fx fy fz modify sort id format float %%.17g\nprint "$(pe:%%.17g)" file two.pe\n' >two.in
    lmp -var inc "$SRC/tests/lammps/pair.inc" -var yace "$yace" -var data two.data -in two.in
    table two.dump fx fy fz | tr '\n' ' ' >two.f
    grep -qi 'nan\|inf' two.f two.pe && fail "types $s $t at $r: not finite"
    awk -v r=$r '{ if (r < 1) exit !($1 < -1 && $4 > 1 && $1 + $4 < 1e-9 * $4 && -$1 - $4 < 1e-9 * $4); else exit !($1 == 0 && $4 == 0) }' two.f ||
      fail "types $s $t at $r Angstrom: forces $(cat two.f)"
  done
done
pass "atoms at 0.3 Angstrom repel, atoms out of reach do not feel each other"
