# SPDX-License-Identifier: GPL-2.0-or-later
# In hybrid styles, with NULL types, each style sees its own atoms and the parts add up.
. "$(dirname "$0")/lib.sh"
yace=${YACE:-$SRC/tests/data/ace_small.yace}
need "$LMP" "$yace"
crystal LiSi-NaTl >c.xyz
rattled c.xyz 0.3 3 >c.data
cat >hybrid.in <<'EOF2'
units           metal
atom_style      atomic
read_data       c.data
replicate       2 2 1
include         ${what}
compute         e all pe/atom pair
compute         s all stress/atom NULL pair
compute         c all centroid/stress/atom NULL pair
compute         w all pressure NULL virial
dump            d all custom 1 ${what}.dump id fx fy fz c_e c_s[1] c_s[2] c_s[3] c_s[4] c_s[5] c_s[6] c_c[1] c_c[4] c_c[7]
dump_modify     d sort id format float %.17g
thermo_style    custom step pe c_w[*]
thermo_modify   format float %.17g
run             0
print           "$(pe:%.17g) $(c_w[1]*vol/1e4:%.17g) $(c_w[4]*vol/1e4:%.17g)" file ${what}.sum
EOF2
lj='pair_coeff 1 2 lj/cut 0.02 2.6
pair_coeff 2 2 lj/cut 0.05 2.5'
printf 'pair_style mlff/lisi\npair_coeff * * ${yace} Li Si\n' >ace
printf 'pair_style lj/cut 5.0\npair_coeff 1 1 0.01 2.4\npair_coeff 1 2 0.02 2.6\npair_coeff 2 2 0.05 2.5\n' >lj
printf 'pair_style hybrid/overlay mlff/lisi lj/cut 5.0\npair_coeff * * mlff/lisi ${yace} Li Si\npair_coeff 1 1 lj/cut 0.01 2.4\n%s\n' "$lj" >overlay
# hybrid: Li among themselves by the force field (Si is NULL), all other pairs by lj/cut
printf 'pair_style hybrid mlff/lisi lj/cut 5.0\npair_coeff * * mlff/lisi ${yace} Li NULL\n%s\n' "$lj" >null
printf 'group Si type 2\ndelete_atoms group Si compress no\npair_style mlff/lisi\npair_coeff * * ${yace} Li NULL\n' >alone
printf 'group Si type 2\ndelete_atoms group Si compress no\npair_style mlff/lisi\npair_coeff * * ${yace} Li Si\n' >li
printf 'pair_style lj/cut 5.0\npair_coeff 1 1 0.0 2.4\npair_coeff 1 2 0.02 2.6\npair_coeff 2 2 0.05 2.5\n' >rest
for what in ace lj overlay null li rest; do lmp -var what $what -var yace "$yace" -in hybrid.in; done

columns=(fx fy fz c_e 'c_s[1]' 'c_s[2]' 'c_s[3]' 'c_s[4]' 'c_s[5]' 'c_s[6]' 'c_c[1]' 'c_c[4]' 'c_c[7]')
add() { # A B: sums by id, an atom that one of them lacks counts with zeros
  table "$1.dump" id "${columns[@]}" >one
  table "$2.dump" id "${columns[@]}" >two
  awk '{ for (k = 2; k <= NF; k++) s[$1, k] += $k; seen[$1] = 1; n = NF; if ($1 > m) m = $1 }
    END { for (i = 1; i <= m; i++) if (seen[i]) { t = ""; for (k = 2; k <= n; k++) t = t sprintf("%.17g ", s[i, k]); print t } }' one two
}
# same WANT NAME: forces, energies and virials of the atoms, each on its own scale
same() {
  table "$1.dump" "${columns[@]}" >got
  for part in '1-3 forces' '4 energies' '5-13 virials'; do
    read -r range name <<<"$part"
    cut -d ' ' -f "$range" got >a
    cut -d ' ' -f "$range" want >b
    close a b 1e-12 "$2, $name"
  done
}
add ace lj >want
same overlay hybrid/overlay
paste -d ' ' ace.sum lj.sum | awk '{ printf "%.17g %.17g %.17g\n", $1 + $4, $2 + $5, $3 + $6 }' >want
close overlay.sum want 1e-12 "hybrid/overlay, energy and virial"
add li rest >want
same null "hybrid with NULL"
paste -d ' ' li.sum rest.sum | awk '{ printf "%.17g %.17g %.17g\n", $1 + $4, $2 + $5, $3 + $6 }' >want
close null.sum want 1e-12 "hybrid with NULL, energy and virial"
# Alone, a NULL type leaves pairs without a force field, which LAMMPS refuses.
refuses "All pair coeffs are not set" -var what alone -var yace "$yace" -in hybrid.in
