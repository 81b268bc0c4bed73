# SPDX-License-Identifier: GPL-2.0-or-later
# Energy and virial of each atom: they add up to the whole, and the centroid virial gives the right heat flux.
. "$(dirname "$0")/lib.sh"
yace=${YACE:-$SRC/tests/data/ace_small.yace}
need "$LMP" "$yace"

# ---- sums, in a triclinic cell of several images
crystal Li3Si-tilted >t.xyz
rattled t.xyz 0.3 7 >t.data
cat >sums.in <<'EOF2'
include         ${inc}
compute         e all pe/atom pair
compute         s all stress/atom NULL pair
compute         c all centroid/stress/atom NULL pair
compute         se all reduce sum c_e
compute         ss all reduce sum c_s[*]
compute         sc all reduce sum c_c[*]
compute         w all pressure NULL virial
thermo_style    custom step pe c_se c_ss[*] c_sc[*] c_w[*]
thermo_modify   format float %.17g
run             0
print           "$(pe:%.17g)" file pe
print           "$(c_se:%.17g)" file sum_e
print           "$(-c_w[1]*vol:%.17g) $(-c_w[2]*vol:%.17g) $(-c_w[3]*vol:%.17g) $(-c_w[4]*vol:%.17g) $(-c_w[5]*vol:%.17g) $(-c_w[6]*vol:%.17g)" file virial
print           "$(c_ss[1]:%.17g) $(c_ss[2]:%.17g) $(c_ss[3]:%.17g) $(c_ss[4]:%.17g) $(c_ss[5]:%.17g) $(c_ss[6]:%.17g)" file sum_s
print           "$(c_sc[1]:%.17g) $(c_sc[2]:%.17g) $(c_sc[3]:%.17g) $(c_sc[4]:%.17g) $(c_sc[5]:%.17g) $(c_sc[6]:%.17g)" file sum_c
print           "$(c_sc[1]:%.17g) $(c_sc[2]:%.17g) $(c_sc[3]:%.17g) $(c_sc[7]:%.17g) $(c_sc[8]:%.17g) $(c_sc[9]:%.17g)" file sum_ct
EOF2
lmp -var inc "$SRC/tests/lammps/pair.inc" -var data t.data -var rep "2 2 1" -var yace "$yace" -in sums.in
close sum_e pe 1e-12 "energies of the atoms add up"
close sum_s virial 1e-11 "virials of the atoms add up"
close sum_c virial 1e-11 "centroid virials of the atoms add up"
close sum_ct virial 1e-11 "centroid virials are symmetric when added up"

# ---- heat flux of a free cluster. With E_i at atom i, and nothing at the boundary, the flux is the change of the first
# moment of energy: sum_i x_i dE_i/dt + sum_i x_i (F_i v_i) = sum_i W_i v_i, W_i the centroid virial of atom i.
crystal LiSi-NaTl >c.xyz
rattled c.xyz 0.5 9 | awk '/[xyz]lo/ { print -20, 30, $3, $4; next } { print }' >x0.data
moved() { # SIGN: atoms moved by SIGN * h * v, v a fixed function of the atom's number
  awk -v s="$1" -v h=1e-5 'inside && NF == 5 { for (k = 1; k <= 3; k++) $(k + 2) = sprintf("%.17g", $(k + 2) + s * h * sin(3 * $1 + k)) }
    /^Atoms/ { inside = 1 } { print }' x0.data
}
moved 1 >plus.data
moved -1 >minus.data
cat >flux.in <<'EOF2'
boundary        f f f
include         ${inc}
compute         e all pe/atom pair
compute         c all centroid/stress/atom NULL pair
dump            d all custom 1 ${data}.dump id x y z fx fy fz c_e c_c[1] c_c[2] c_c[3] c_c[4] c_c[5] c_c[6] c_c[7] c_c[8] c_c[9]
dump_modify     d sort id format float %.17g
run             0
EOF2
for d in x0 plus minus; do lmp -var inc "$SRC/tests/lammps/pair.inc" -var data $d.data -var yace "$yace" -in flux.in; done
table x0.data.dump id x y z fx fy fz 'c_c[1]' 'c_c[2]' 'c_c[3]' 'c_c[4]' 'c_c[5]' 'c_c[6]' 'c_c[7]' 'c_c[8]' 'c_c[9]' >here
table plus.data.dump c_e >plus
table minus.data.dump c_e >minus
paste -d ' ' here plus minus | awk -v h=1e-5 -v nktv2p=1.6021765e6 '
  { for (k = 1; k <= 3; k++) v[k] = sin(3 * $1 + k)
    rate = ($17 - $18) / (2 * h) + $5 * v[1] + $6 * v[2] + $7 * v[3]
    for (k = 1; k <= 3; k++) moment[k] += $(k + 1) * rate
    # columns 8.. are xx yy zz xy xz yz yx zx zy of minus the virial, in bar Angstrom^3
    flux[1] -= ($8 * v[1] + $11 * v[2] + $12 * v[3]) / nktv2p
    flux[2] -= ($14 * v[1] + $9 * v[2] + $13 * v[3]) / nktv2p
    flux[3] -= ($15 * v[1] + $16 * v[2] + $10 * v[3]) / nktv2p }
  END { printf "%.12g %.12g %.12g\n", moment[1], moment[2], moment[3] > "moment"; printf "%.12g %.12g %.12g\n", flux[1], flux[2], flux[3] > "flux" }'
close flux moment 1e-6 "heat flux from the centroid virial"
