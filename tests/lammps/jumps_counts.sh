# The counts of fix msm are those that follow from its log by the definition: with stretches in no site, atoms that go and come, and a break.
source "$SRC/tests/lammps/lib_jumps.sh"

# counts FILE > lines `lag i j rx ry rz count`, blocks added up, sorted
counts() {
  awk '/^lag / { lag = $2; next } /^end/ { lag = 0 } lag { sum[lag " " $2 " " $3 " " $4 " " $5 " " $6] += $7 }
    END { for (k in sum) print k, sum[k] }' "$1" | sort
}
check() {
  counts "$1.counts" >a
  awk -v lags="$2" -f "$SRC/tests/lammps/jumps_counts.awk" "$1.jumps" | sort >b
  same a b "$3: $(awk '{ n += $NF } END { print n }' b) pairs"
}

cat >fly.in <<'END'
include start.in
velocity lithium create 3000.0 4711 mom no loop geom
velocity silicon set 0.5 0.3 -0.2
fix go all nve
END
cat >run.in <<'END'
include fly.in
compute j lithium lijump sites.yaml framework silicon
fix m lithium msm 5 j log near.jumps flush 20 lags 2 1 17 counts near.counts
compute k lithium lijump sites.yaml framework silicon sphere 0.9
fix n lithium msm 5 k log sphere.jumps flush 20 lags 1 4 msd 0 0
fix x lithium ave/time 1 1 200 f_m[*] mode vector file matrix.txt
run 203
group some id 9 21
delete_atoms group some compress no
create_atoms 1 single 3.1 4.2 5.3
set group all image NULL NULL NULL
group lithium type 1
fix go all nve
run 197
END
sed -i '/^set group all image/d' run.in
mpi 2 -in run.in
grep -q '^E 205 9$' near.jumps && grep -q '^E 205 21$' near.jumps || fail "no E records for the atoms that were deleted"
grep -q '^205 49 0 [0-9]* ' near.jumps || fail "the atom that was created has no first site"
mv sphere.jumps.counts sphere.counts
check near "1 2 17" "nearest site"
check sphere "1 4" "spheres"
awk 'NF == 2 { at = $1 } NF > 10 && at == 400 { for (k = 2; k <= NF; k++) if ($k > 0) print $1, k - 1, $k }' matrix.txt | sort >a
awk '$1 == 2 { c[$2 " " $3] += $NF } END { for (k in c) print k, c[k] }' <(counts near.counts) | sort >b
same a b "global array at step 400: counts at the first lag"

cat >rerun.in <<'END'
include start.in
compute j lithium lijump sites.yaml framework silicon
fix m lithium msm 5 j log gap.jumps flush 20 lags 1 2 counts gap.counts
rerun a.dump b.dump dump x y z ix iy iz box yes
END
cat >dump.in <<'END'
include fly.in
dump d all custom 5 a.dump id type x y z ix iy iz
dump_modify d format float %.17g
run 100
undump d
run 37
dump d all custom 5 b.dump id type x y z ix iy iz
dump_modify d format float %.17g
run 103
END
lmp -in dump.in
lmp -in rerun.in
grep -q '^B 140$' gap.jumps && grep -q '^F 100 ' gap.jumps || fail "frames are missing from 100 to 140, but there is no break"
check gap "1 2" "a break"
cat a.dump b.dump >ab.dump
"$BIN/lisi-msm" assign a.dump b.dump --sites sites.yaml --map 1=Li,2=Si --timestep 0.002 --every 5 --flush 20 -o offline.jumps >assign.out 2>&1 ||
  { cat assign.out >&2; fail assign; }
records offline.jumps >a; records gap.jumps >b
same a b "the same break offline"
