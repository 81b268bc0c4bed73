# SPDX-License-Identifier: GPL-2.0-or-later
# mlff/lisi/kk gives the numbers of mlff/lisi: energies, forces, virials of the whole and of each atom, on 1, 2 and 4 ranks, one thread and two,
# with the kernels that host processors take and with those that GPUs take; ranks without atoms, few atoms, any chunk.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/lammps/lib_kokkos.sh"
small=$SRC/tests/data/ace_small.yace shipped=$SRC/potentials/Li-Si.yace
need "$LMP" "$small" "$shipped"

cat >kk.in <<'IN'
variable        rep index "1 1 1"
variable        grid index "* * *"
processors      ${grid}
units           metal
atom_style      atomic
atom_modify     map yes
read_data       ${data}
replicate       ${rep}
neighbor        0.3 bin
pair_style      ${style}
pair_coeff      * * ${yace} Li Si
compute         e all pe/atom pair
compute         s all stress/atom NULL pair
compute         c all centroid/stress/atom NULL pair
dump            d all custom 1 ${out}.dump id fx fy fz c_e c_s[1] c_s[2] c_s[3] c_s[4] c_s[5] c_s[6] c_c[1] c_c[2] c_c[3] c_c[4] c_c[5] c_c[6] c_c[7] c_c[8] c_c[9]
dump_modify     d sort id format float %.17g
compute         w all pressure NULL virial
thermo_style    custom step pe c_w[*]
run             0
print           "$(pe:%.17g)" file ${out}.pe
print           "$(c_w[1]:%.17g) $(c_w[2]:%.17g) $(c_w[3]:%.17g) $(c_w[4]:%.17g) $(c_w[5]:%.17g) $(c_w[6]:%.17g)" file ${out}.p
IN
# same A B WHAT [TOLERANCE [OF-ENERGIES]]
same() {
  local t=${4:-1e-11} e=${5:-1e-12}
  [[ $(table "$1.dump" id | wc -l) -gt 0 ]] || fail "$3: no atoms"
  table "$1.dump" fx fy fz >a; table "$2.dump" fx fy fz >b
  close a b "$t" "$3, forces"
  table "$1.dump" c_e >a; table "$2.dump" c_e >b
  close a b "$e" "$3, energy of each atom"
  table "$1.dump" 'c_s[1]' 'c_s[2]' 'c_s[3]' 'c_s[4]' 'c_s[5]' 'c_s[6]' >a; table "$2.dump" 'c_s[1]' 'c_s[2]' 'c_s[3]' 'c_s[4]' 'c_s[5]' 'c_s[6]' >b
  close a b "$t" "$3, virial of each atom"
  table "$1.dump" 'c_c[1]' 'c_c[2]' 'c_c[3]' 'c_c[4]' 'c_c[5]' 'c_c[6]' 'c_c[7]' 'c_c[8]' 'c_c[9]' >a
  table "$2.dump" 'c_c[1]' 'c_c[2]' 'c_c[3]' 'c_c[4]' 'c_c[5]' 'c_c[6]' 'c_c[7]' 'c_c[8]' 'c_c[9]' >b
  close a b "$t" "$3, centroid virial of each atom"
  close "$1.pe" "$2.pe" "$e" "$3, energy"
  close "$1.p" "$2.p" "$t" "$3, virial"
}
through_kokkos() { grep -q 'pair mlff/lisi/kk' run.out || fail "this did not run through KOKKOS"; }

crystal LiSi-NaTl >c.xyz
rattled c.xyz 0.3 5 >c.data
crystal Li3Si-tilted >t.xyz
rattled t.xyz 0.3 6 >t.data
awk '/zlo zhi/ { print "0 60 zlo zhi"; next } { print }' c.data >corner.data
plain=$LMP
c=(-var data c.data -var rep "2 2 3" -var yace "$small" -in kk.in)
t=(-var data t.data -var rep "3 3 3" -var yace "$shipped" -in kk.in)
corner=(-var data corner.data -var yace "$shipped" -var grid "1 1 4" -in kk.in)
lmp "${c[@]}" -var style mlff/lisi -var out c
lmp "${t[@]}" -var style mlff/lisi -var out t
lmp -var data corner.data -var yace "$shipped" -in kk.in -var style mlff/lisi -var out corner

for threads in $kk_threads; do
  LMP=$(kk "$threads")
  for n in 1 2 4; do
    mpi $n "${c[@]}" -var style mlff/lisi -var out k
    through_kokkos
    same k c "cubic, two densities, $n ranks, $threads threads"
  done
  mpi 2 "${t[@]}" -var style mlff/lisi -var out k
  same k t "triclinic, shipped force field, 2 ranks, $threads threads"
  mpi 4 "${corner[@]}" -var style mlff/lisi -var out k
  grep -Eq '^ *Nlocal: .* 0 min' run.out || fail "no rank was empty, the test does not test what it says"
  same k corner "empty ranks, $threads threads"
  for kernels in native portable; do
    export LISI_KOKKOS_KERNELS=$kernels
    lmp "${t[@]}" -var style "mlff/lisi/kk chunksize 7" -var out k
    same k t "$kernels kernels, seven atoms at a time, $threads threads"
    lmp "${c[@]}" -var style "mlff/lisi/kk chunksize 100000" -var out k
    same k c "$kernels kernels, a chunk larger than the system, $threads threads"
    mpi 2 "${c[@]}" -var style mlff/lisi/kk/host -var out k
    same k c "$kernels kernels, kk/host, 2 ranks, $threads threads"
  done
  unset LISI_KOKKOS_KERNELS
  # A, products and adjoints in single precision, 24 bits
  mpi 2 "${t[@]}" -var style "mlff/lisi precision mixed" -var out k
  same k t "mixed precision, $threads threads" 2e-6 2e-8
  table k.dump fx fy fz >a; table t.dump fx fy fz >b
  cmp -s a b && fail "mixed precision is not mixed"
done

# What is wrong is said.
LMP=$plain
refuses "start LAMMPS with -kokkos on" "${c[@]}" -var style mlff/lisi/kk -var out no
LMP=$(kk 1)
refuses "needs newton pair on" -pk kokkos newton off neigh full "${c[@]}" -var style mlff/lisi -var out no
refuses "unknown keyword product; expected precision or chunksize" "${c[@]}" -var style "mlff/lisi product" -var out no
refuses "precision has to be double or mixed, found: single" "${c[@]}" -var style "mlff/lisi precision single" -var out no
refuses "chunksize has to be a number of atoms from 1, found: 0" "${c[@]}" -var style "mlff/lisi chunksize 0" -var out no
LISI_KOKKOS_KERNELS=fast refuses "LISI_KOKKOS_KERNELS has to be native or portable" "${c[@]}" -var style mlff/lisi -var out no
pass "wrong calls are refused"
