# A run in pieces gives what a whole run gives: as several runs, with output that evaluates the compute in between, and through restart files
# with other numbers of ranks. Li and Si fly straight, so that every run has the same trajectory.
source "$SRC/tests/lammps/lib_jumps.sh"

cat >motion.in <<'END'
fix go all nve
END
cat >fresh.in <<'END'
include start.in
velocity lithium create 3000.0 4711 mom no loop geom
velocity silicon set 0.5 0.3 -0.2
include motion.in
END
# Samples every 10 steps, at 300 and 600 an F line; `core dwell` holds candidates and waiting lines at any time.
cat >jumps.in <<'END'
compute j lithium lijump sites.yaml framework silicon core 1.1 dwell 2
fix m lithium msm 10 j log ${name}.jumps flush 30 msd 7 5 lags 1 3 7 counts ${name}.counts
compute k lithium lijump sites.yaml framework silicon
fix n lithium msm 10 k log ${name}.near.jumps flush 30 msd 0 0 lags 2 1 counts ${name}.near.counts
thermo_style custom step c_j[6] c_k[6] f_m f_n
END
cat >whole.in <<'END'
variable name string whole
include fresh.in
include jumps.in
run 600
print "jumps $(f_m) $(f_n) $(c_j[6])"
END
mpi 2 -in whole.in
grep '^jumps' run.out >whole.said
n=$(jumps_in whole.jumps)
m=$(jumps_in whole.near.jumps)
((n > 20 && m > 100)) || fail "only $n and $m jumps: the test says nothing"
grep -qx "jumps $n $m $n" whole.said || fail "f_m, f_n, c_j[6] say $(cat whole.said), the logs hold $n and $m"
same_as_whole() {
  local f
  for f in jumps near.jumps jumps.msd counts near.counts; do same whole.$f "$1.$f" "$2: $f"; done
  grep '^jumps' run.out >said
  same whole.said said "$2: jumps in all"
}

cat >pieces.in <<'END'
variable name string pieces
include fresh.in
include jumps.in
thermo 7
dump d all custom 3 other.dump id c_j[*] c_k[*]
run 300
run 0
thermo 1
run 170 every 85 NULL
thermo 11
run 130
print "jumps $(f_m) $(f_n) $(c_j[6])"
END
lmp -in pieces.in
# the end of each run has an F line of its own: drop those that the whole run has not
for f in jumps near.jumps; do awk 'NR == FNR { whole[$0]; next } !/^F/ || $0 in whole' whole.$f pieces.$f >thinned; mv thinned pieces.$f; done
same_as_whole pieces "in pieces, with output in between"

for at in 330 333 355; do
  for ranks in "1 4" "4 1"; do
    read -r before after <<<"$ranks"
    cat >first.in <<'END'
variable name string again
include fresh.in
include jumps.in
restart ${at} cut.*
run $(v_at+87)
END
    cat >second.in <<'END'
variable name string again
read_restart cut.${at}
pair_style zero 3.0
pair_coeff * *
neighbor 1.0 bin
include motion.in
include jumps.in
run 600 upto
print "jumps $(f_m) $(f_n) $(c_j[6])"
END
    rm -f again.*
    mpi "$before" -var at "$at" -in first.in
    mpi "$after" -var at "$at" -in second.in
    same_as_whole again "restart at $at, $before to $after ranks"
  done
done

# A restart that does not fit what it goes on with.
sed 's/core 1.1/core 1.0/' jumps.in >other.in
sed 's/include jumps.in/include other.in/' second.in >wrong.in
refuses 'holds its state for another site file, replicate, rule or framework' -var at 355 -in wrong.in
sed 's/msm 10 j/msm 5 j/' jumps.in >other.in
refuses 'goes on with a sample every 10 steps, found 5' -var at 355 -in wrong.in
sed 's/compute k/compute q/; s/msm 10 k/msm 10 q/; s/c_k/c_q/' jumps.in >other.in
refuses 'both have to have the IDs that they had' -var at 355 -in wrong.in
mv again.jumps gone.jumps
refuses 'again.jumps' -var at 355 -in second.in
pass "restarts that do not fit are refused"
