# Atoms that are deleted, added, take the id of a deleted one, leave the group and come back; with load balancing of both kinds, on any
# number of ranks: the log is always the one of a single rank, and says where each atom's path ends and begins.
source "$SRC/tests/lammps/lib_jumps.sh"

cat >atoms.in <<'END'
include start.in
variable balance index none
velocity lithium create 3000.0 4711 mom no loop geom
velocity silicon set 0.5 0.3 -0.2
fix go all nve
include ${balance}
compute j lithium lijump sites.yaml framework silicon core 1.1 dwell 2
fix m lithium msm 10 j log ${name}.jumps flush 7 msd 7 5 lags 1 3 counts ${name}.counts
compute k lithium lijump sites.yaml framework silicon
fix n lithium msm 10 k log ${name}.near.jumps flush 7 msd 0 0 lags 2 counts ${name}.near.counts
run 203
# the last id is deleted and given again, to an atom somewhere else; and two more
group gone id 48 9 21
delete_atoms group gone compress no
create_atoms 1 single 3.1 4.2 5.3
set atom 48 type 1
group lithium type 1
run 100
# three leave the group, two of them come back
group away id 3 7 28
group lithium subtract lithium away
run 97
group away clear
group away id 3 28
group lithium union lithium away
run 60
# out and in between two samples: nothing happened, though a run ends in between
group away clear
group away id <> 1 40
group back intersect lithium away
group lithium subtract lithium back
run 5
group lithium union lithium back
run 135
END
echo >none
cat >shift <<'END'
fix b all balance 40 1.0 shift xyz 5 1.05
balance 1.0 x uniform y uniform
END
cat >tiled <<'END'
comm_style tiled
balance 1.0 rcb
fix b all balance 30 1.0 rcb
END

mpi 1 -var name one -in atoms.in
for line in 'E 210 48' 'E 210 9' 'E 210 21' 'E 310 3' 'E 310 7' 'E 310 28'; do
  for f in one one.near; do grep -qx "$line" $f.jumps || fail "$f.jumps: no line '$line'"; done
done
(($(grep -c '^E' one.near.jumps) == 6)) || fail "more than six atoms are gone"
grep -q '^210 48 0 ' one.near.jumps || fail "the new atom 48 has no first site"
for id in 3 28; do grep -q "^410 $id 0 " one.near.jumps || fail "atom $id came back without a first site"; done
awk '/^data$/ { inside = 1 } inside && $1 ~ /^[0-9]/ && $1 > 310 && $2 == 7 { bad = 1 } END { exit bad }' one.near.jumps || fail "atom 7 is still followed"
# the MSD of an origin that was set while 3 and 28 were away is without them when they are back (step 410), as before
origin() { awk -v o=350 -v l="$1" '$1 == o && $2 == l { print $3 }' one.jumps.msd; }
[[ -n $(origin 60) && $(origin 60) == "$(origin 10)" ]] || fail "MSD: $(origin 10) atoms at step 360, $(origin 60) at step 410"
pass "paths end and begin where atoms go and come"
for f in one one.near; do "$BIN/lisi-msm" build $f.jumps --lags 0.02 --fold no -o out >build.out 2>&1 || { cat build.out >&2; fail "$f.jumps is not read"; }; done
counts() { awk '/^lag / { lag = $2; next } /^end/ { lag = 0 } lag { sum[lag " " $2 " " $3 " " $4 " " $5 " " $6] += $7 } END { for (k in sum) print k, sum[k] }' "$1" | sort; }
counts one.counts >a; awk -v lags="1 3" -f "$SRC/tests/lammps/jumps_counts.awk" one.jumps | sort >b
same a b "counts follow from the log, core and dwell"
counts one.near.counts >a; awk -v lags="2" -f "$SRC/tests/lammps/jumps_counts.awk" one.near.jumps | sort >b
same a b "counts follow from the log, nearest site"

for how in "1 tiled" "2 none" "2 shift" "3 tiled" "4 shift" "4 tiled" "5 none"; do
  read -r ranks balance <<<"$how"
  rm -f many.*
  mpi "$ranks" -var name many -var balance "$balance" -in atoms.in
  for f in jumps near.jumps jumps.msd counts near.counts; do same one.$f many.$f "$ranks ranks, $balance: $f"; done
done

# Everything that is tracked goes: the next run is refused.
{ sed '/^run 203/q' atoms.in; echo 'delete_atoms group lithium compress no'; echo 'run 10'; } >empty.in
refuses 'group lithium is empty' -var name empty -in empty.in
pass "an empty group is refused"
