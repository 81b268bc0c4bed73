# A tilted box that LAMMPS flips during the run (fix deform, flip yes): compute lijump and fix msm find the jumps of the same run without flips, also
# through a restart file written after a flip, on other numbers of ranks, and the log is that of lisi-msm assign.
source "$SRC/tests/lammps/lib_jumps.sh"
need "$BIN/lisi-msm"
cat >motion.in <<'END'
fix go all nve
fix box all deform 1 xy erate 0.5 xz erate -0.35 remap x flip ${flip}
END
cat >jumps.in <<'END'
compute j lithium lijump sites.yaml framework silicon ${rule}
fix m lithium msm 5 j log ${name}.jumps flush 40 msd 20 5 lags 1 3 counts ${name}.counts
thermo_style custom step xy c_j[2] c_j[6] f_m
END
cat >whole.in <<'END'
include start.in
velocity lithium create 1500.0 4711 mom no loop geom
velocity silicon set 0.5 0.3 -0.2
include motion.in
include jumps.in
dump d all custom 5 ${name}.dump id type x y z ix iy iz
dump_modify d format float %.17g
run 1000
END
cat >first.in <<'END'
include start.in
velocity lithium create 1500.0 4711 mom no loop geom
velocity silicon set 0.5 0.3 -0.2
include motion.in
include jumps.in
run 600
write_restart half.restart
END
cat >second.in <<'END'
read_restart half.restart
pair_style zero 3.0
pair_coeff * *
group lithium type 1
group silicon type 2
include motion.in
include jumps.in
run 400
END
flips() { awk '/BOX BOUNDS/ { getline; if (seen++ && ($3 - xy > 3 || xy - $3 > 3)) n++; xy = $3 } END { print n + 0 }' "$1"; }
# numbers FILE FILE: the two hold the same words, numbers within 1e-9 of the largest
numbers() {
  awk 'NR == FNR { line[FNR] = $0; n = FNR; next }
    { m = split(line[FNR], a, " "); if (m != NF) bad = FNR
      for (k = 1; k <= NF; k++) if (a[k] != $k) { d = a[k] - $k; if (d < 0) d = -d; if (d == 0 || !(d <= 1e-9 * (1 + ($k < 0 ? -$k : $k)))) bad = FNR } }
    END { if (FNR != n || bad) { print "line " bad " of " FNR > "/dev/stderr"; exit 1 } }' "$1" "$2"
}

for rule in "core 0.8" "dwell 2"; do
  for flip in no yes; do mpi 2 -var flip $flip -var name $flip -var rule "$rule" -in whole.in; records $flip.jumps >$flip.records; done
  (($(flips yes.dump) >= 1 && $(flips no.dump) == 0)) || fail "flips: $(flips yes.dump) and $(flips no.dump)"
  (($(jumps_in yes.jumps) > 30)) || fail "$rule: the test says nothing"
  same no.records yes.records "$rule: $(jumps_in yes.jumps) jumps, $(flips yes.dump) flips"
  numbers no.jumps.msd yes.jumps.msd || fail "$rule: the flips change the MSD"
  "$BIN/lisi-msm" assign yes.dump --sites sites.yaml --map 1=Li,2=Si --timestep 0.002 --flush 40 --msd 20,5 ${rule/#/--} -o offline.jumps >assign.out 2>&1 ||
    { cat assign.out >&2; fail "assign"; }
  records offline.jumps >offline.records
  same yes.records offline.records "$rule: online and offline"
  numbers yes.jumps.msd offline.jumps.msd || fail "$rule: online and offline, MSD"
  mpi 2 -var flip yes -var name pieces -var rule "$rule" -in first.in
  mpi 3 -var flip yes -var name pieces -var rule "$rule" -in second.in
  records pieces.jumps >pieces.records
  same yes.records pieces.records "$rule: through a restart file after a flip"
  numbers yes.jumps.msd pieces.jumps.msd || fail "$rule: through a restart file, MSD"
done

# The box flips, or changes, between the definition of the compute and the first sample: what counts is the box of that sample, as it is for
# lisi-msm assign, which begins there. The cell is tilted by nearly half an edge, so that little makes it flip.
jump_data 3 3 3 0.0 1.9 >start.data
sed 's/\[0.4, 4.0, 0.0\]/[1.9, 4.0, 0.0]/' sites.yaml >steep.yaml
cat >begin.in <<'END'
velocity lithium create 1500.0 4711 mom no loop geom
velocity silicon set 0.5 0.3 -0.2
fix go all nve
fix box all deform 1 xy delta 0.55 remap x flip ${flip}
compute j lithium lijump steep.yaml framework silicon core 0.8
END
cat >sampled.in <<'END'
unfix box
dump d all custom 5 ${name}.dump id type x y z ix iy iz
dump_modify d format float %.17g
fix m lithium msm 5 j log ${name}.jumps msd 20 5
run 600
END
{ echo 'include start.in'; cat begin.in; echo 'run 100'; cat sampled.in; } >late.in # the compute is not evaluated before
{ echo 'include start.in'; cat begin.in; printf 'thermo 10\nthermo_style custom step c_j[6]\nrun 100\n'; cat sampled.in; } >seen.in # it samples by itself
{ echo 'include start.in'; cat begin.in; printf 'fix m lithium msm 5 j log before.jumps\nrun 100\nunfix m\n'; cat sampled.in; } >again.in # another fix sampled
{ echo 'include start.in'; cat begin.in; printf 'fix m lithium msm 5 j log before.jumps\nrun 100\nwrite_restart begin.restart\n'; } >write.in
{ echo 'read_restart begin.restart'; sed -n '/^pair_/p; /^group/p' start.in; cat begin.in; sed 's/fix m /fix other /' sampled.in; } >onward.in # a new fix ID
for begin in late seen again onward; do
  for flip in no yes; do
    [[ $begin != onward ]] || mpi 2 -var flip $flip -in write.in
    mpi 2 -var flip $flip -var name $flip -in $begin.in
    "$BIN/lisi-msm" assign $flip.dump --sites steep.yaml --map 1=Li,2=Si --timestep 0.002 --msd 20,5 --core 0.8 -o offline.jumps >assign.out 2>&1 ||
      { cat assign.out >&2; fail "$begin: assign"; }
    (($(jumps_in $flip.jumps) > 10)) || fail "$begin: $(jumps_in $flip.jumps) jumps: the test says nothing"
    records $flip.jumps >$flip.records
    records offline.jumps >offline.records
    same $flip.records offline.records "$begin, flip $flip: $(jumps_in $flip.jumps) jumps, online and offline"
    numbers $flip.jumps.msd offline.jumps.msd || fail "$begin, flip $flip: online and offline, MSD"
  done
  tilt() { awk '/BOX BOUNDS/ { getline; print $3; exit }' "$1"; }
  awk -v a="$(tilt no.dump)" -v b="$(tilt yes.dump)" 'BEGIN { exit !(a - b > 6) }' || fail "$begin: the box has not flipped"
done
