# SPDX-License-Identifier: GPL-2.0-or-later
# compute lijump and fix msm with atoms that KOKKOS holds: the jump log, the displacements and the counts of a run through KOKKOS are those that lisi
# makes of its dump without KOKKOS, atoms change ranks and are sorted on the device on the way, and a restart joins.
source "$SRC/tests/lammps/lib_jumps.sh"
source "$SRC/tests/lammps/lib_kokkos.sh"
plain=$LMP

cat >jumps.in <<'END'
compute j lithium lijump sites.yaml framework silicon dwell 2
fix m lithium msm 10 j log ${name}.jumps flush 7 msd 5 6 lags 1 3
END
cat >live.in <<'END'
atom_modify sort 50 1.0
include start.in
velocity lithium create 1500.0 4711 mom no
velocity silicon set 0.5 0.3 -0.2
fix go all nve
variable name string live
include jumps.in
dump d all custom 10 run.dump id type x y z ix iy iz
dump_modify d format float %.17g
run 400
write_restart live.restart
END
cat >again.in <<'END'
include start.in
include jumps.in
rerun run.dump dump x y z ix iy iz box yes
END
sed -i 's/^atom_style atomic/atom_style atomic\natom_modify sort 50 1.0/' start.in
sed -i 1d live.in

last=${kk_threads##* }
for case in "1 1" "2 $last" "4 1"; do
  read -r n threads <<<"$case"
  LMP=$(kk "$threads")
  mpi "$n" -in live.in
  grep -qi 'switching to classic' run.out && fail "$n ranks: atoms go to the host when they change ranks or are sorted"
  (($(jumps_in live.jumps) > 50)) || fail "only $(jumps_in live.jumps) jumps: the test says nothing"
  LMP=$plain
  lmp -var name plain -in again.in
  records live.jumps >a; records plain.jumps >b
  same a b "live with $n ranks and $threads threads, and what the plain styles make of the dump"
  sed '1,/^data/d' live.jumps.msd >a; sed '1,/^data/d' plain.jumps.msd >b
  close a b 1e-9 "their displacements"
  LMP=$(kk "$threads")
  mpi 2 -var name rerun -in again.in
  same rerun.jumps plain.jumps "rerun through KOKKOS, the whole log"
  same rerun.jumps.msd plain.jumps.msd "and its displacements"
  same rerun.jumps.counts plain.jumps.counts "and its counts"
done

# Half a run through KOKKOS, the other half from its restart file without, and the other way round: one log.
half() { # FIRST SECOND NAME
  sed 's/^run 400/run 200\nwrite_restart half.restart/; s/string live/string '"$3"'/; /^dump/d' live.in >first.in
  sed 's/^read_data.*/read_restart half.restart/; /^atom_style/d; /^boundary/d; /^atom_modify/d' start.in >start2.in
  printf 'include start2.in\nfix go all nve\nvariable name string %s\ninclude jumps.in\nrun 200\n' "$3" >second.in
  LMP=$1 mpi 2 -in first.in
  LMP=$2 lmp -in second.in
}
sed 's/string live/string whole/; /^dump/d' live.in >whole.in
LMP=$plain
lmp -in whole.in
half "$(kk 1)" "$plain" one
half "$plain" "$(kk 1)" two
for name in one two; do
  records whole.jumps >a; records $name.jumps >b
  same b a "restart with KOKKOS switched on or off in between ($name)"
done
