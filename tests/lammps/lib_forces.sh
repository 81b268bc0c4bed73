# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced: check_forces NAME DATA: forces and virial of the pair style are the derivatives of its energy, by central
# differences of every atom's position (fix numdiff) and of the six strains (fix numdiff/virial), to 1e-6 of the largest.
# check_forces NAME DATA [GROUP-ATOMS]: only that many atoms are displaced, spread over the cell
yace=${YACE:-$SRC/tests/data/ace_small.yace}
check_forces() {
  local name=$1 data=$2 some=${3:-1000000}
  cat >numdiff.in <<'IN'
include         ${inc}
variable        pick atom (id*7919)%count(all)<${some}
group           moved variable pick
fix             n moved numdiff 1 2e-5
fix             v all numdiff/virial 1 1e-5
compute         w all pressure NULL virial
thermo_style    custom step pe c_w[*] f_v[*]
thermo_modify   format float %.17g
dump            d moved custom 1 forces.dump id fx fy fz f_n[1] f_n[2] f_n[3]
dump_modify     d sort id format float %.17g
variable        a vector c_w[*]
variable        b vector f_v[*]
run             0
print           "$(c_w[1]:%.17g) $(c_w[2]:%.17g) $(c_w[3]:%.17g) $(c_w[4]:%.17g) $(c_w[5]:%.17g) $(c_w[6]:%.17g)" file virial
print           "$(f_v[1]:%.17g) $(f_v[2]:%.17g) $(f_v[3]:%.17g) $(f_v[4]:%.17g) $(f_v[5]:%.17g) $(f_v[6]:%.17g)" file numeric
IN
  lmp -var inc "$SRC/tests/lammps/pair.inc" -var data "$data" -var yace "$yace" -var some "$some" -in numdiff.in
  table forces.dump 'f_n[1]' 'f_n[2]' 'f_n[3]' >a
  table forces.dump fx fy fz >b
  close a b 1e-6 "$name, forces"
  # fix numdiff/virial gives xx yy zz yz xz xy
  awk '{ print $1, $2, $3, $6, $5, $4 }' numeric >numeric.lammps
  close numeric.lammps virial 1e-6 "$name, virial"
}
