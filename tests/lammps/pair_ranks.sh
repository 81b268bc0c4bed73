# SPDX-License-Identifier: GPL-2.0-or-later
# The same energy, forces and per-atom quantities on 1, 2 and 4 ranks and with threads; ranks that hold no atom.
. "$(dirname "$0")/lib.sh"
yace=${YACE:-$SRC/tests/data/ace_small.yace}
need "$LMP" "$yace"
cat >ranks.in <<'EOF2'
variable        grid index "* * *"
processors      ${grid}
include         ${inc}
compute         e all pe/atom pair
compute         s all centroid/stress/atom NULL pair
dump            d all custom 1 ${out}.dump id fx fy fz c_e c_s[1] c_s[2] c_s[3] c_s[4] c_s[5] c_s[6] c_s[7] c_s[8] c_s[9]
dump_modify     d sort id format float %.17g
compute         w all pressure NULL virial
thermo_style    custom step pe c_w[*]
thermo_modify   format float %.17g
run             0
print           "$(pe:%.17g)" file ${out}.pe
print           "$(c_w[1]:%.17g) $(c_w[2]:%.17g) $(c_w[3]:%.17g) $(c_w[4]:%.17g) $(c_w[5]:%.17g) $(c_w[6]:%.17g)" file ${out}.p
EOF2
args=(-var inc "$SRC/tests/lammps/pair.inc" -var yace "$yace" -in ranks.in)

same() { # A B NAME: what the two runs wrote agrees
  table "$1.dump" fx fy fz >a; table "$2.dump" fx fy fz >b
  close a b 1e-11 "$3, forces"
  table "$1.dump" c_e >a; table "$2.dump" c_e >b
  close a b 1e-12 "$3, energy of each atom"
  table "$1.dump" 'c_s[1]' 'c_s[2]' 'c_s[3]' 'c_s[4]' 'c_s[5]' 'c_s[6]' 'c_s[7]' 'c_s[8]' 'c_s[9]' >a
  table "$2.dump" 'c_s[1]' 'c_s[2]' 'c_s[3]' 'c_s[4]' 'c_s[5]' 'c_s[6]' 'c_s[7]' 'c_s[8]' 'c_s[9]' >b
  close a b 1e-11 "$3, centroid virial of each atom"
  close "$1.pe" "$2.pe" 1e-12 "$3, energy"
  close "$1.p" "$2.p" 1e-11 "$3, virial"
}

for name in LiSi-NaTl Li3Si-tilted; do
  crystal $name >$name.xyz
  rattled $name.xyz 0.3 5 >$name.data
  for n in 1 2 4; do mpi $n "${args[@]}" -var data $name.data -var rep "2 2 3" -var out $name-$n; done
  same $name-2 $name-1 "$name, 2 ranks"
  same $name-4 $name-1 "$name, 4 ranks"
done

# Blocks are added up in the order of the atoms whichever thread did them: the same to the last bit, on one rank and on
# two, in a triclinic box, and while atoms move.
for n in 1 2 3; do
  OMP_NUM_THREADS=$n lmp "${args[@]}" -var data LiSi-NaTl.data -var rep "4 4 4" -var out threads-$n
  grep -q "using $n OpenMP thread" run.out || fail "LAMMPS did not take $n threads"
  OMP_NUM_THREADS=$n mpi 2 "${args[@]}" -var data Li3Si-tilted.data -var rep "2 2 3" -var out tilted-$n
done
cat >moving.in <<'EOF2'
include         ${inc}
velocity        all create 300 4711 loop geom
fix             1 all nve
run             20
write_dump      all custom moving-${out}.dump id x y z vx vy vz modify sort id format float %.17g
EOF2
for n in 1 2 3; do OMP_NUM_THREADS=$n lmp -var inc "$SRC/tests/lammps/pair.inc" -var yace "$yace" -var data Li3Si-tilted.data -var rep "2 2 3" -var out $n -in moving.in; done
for n in 2 3; do
  for kind in threads tilted moving; do
    cmp $kind-$n.dump $kind-1.dump || fail "$n threads give other numbers than 1 ($kind)"
  done
  cmp threads-$n.pe threads-1.pe && cmp threads-$n.p threads-1.p && cmp tilted-$n.p tilted-1.p || fail "$n threads give another energy or virial than 1"
done
pass "2 and 3 threads give the same bits as 1"

# An error on a thread: the same message from the first block that has one, no hang and no crash.
awk '$2 == "atoms" { $1++ } { print } NF == 5 && $1 == 9 { twin = "17 " $2 " " $3 " " $4 " " $5 } END { print twin }' LiSi-NaTl.data >twins.data
for n in 1 3; do
  OMP_NUM_THREADS=$n refuses "two atoms at the same place" "${args[@]}" -var data twins.data -var rep "4 4 4" -var out twins
  grep -o 'pair_style mlff/lisi, step.*' run.out | head -n 1 >twins-$n
done
cmp twins-1 twins-3 || fail "an error on one thread and on three: $(cat twins-1 twins-3)"
pass "an error on a thread: $(cat twins-3)"

# Everything in one corner of a long box: three of four ranks have no atoms at all.
awk '/zlo zhi/ { print "0 60 zlo zhi"; next } { print }' LiSi-NaTl.data >corner.data
lmp "${args[@]}" -var data corner.data -var out corner-1
mpi 4 "${args[@]}" -var data corner.data -var out corner-4 -var grid "1 1 4"
grep -Eq '^ *Nlocal: .* 0 min' run.out || fail "no rank was empty, the test does not test what it says"
same corner-4 corner-1 "empty ranks"
