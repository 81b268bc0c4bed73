# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-fit select on a dump of LAMMPS: its grades are those that fix pair gave in the run, whose neighbours LAMMPS found; and
# the way to dump only frames with a large grade leaves whole frames.
. "$(dirname "$0")/lib.sh"
fit=$BIN/lisi-fit
need "$LMP" "$fit" "$SRC/potentials/Li-Si.yace" "$SRC/potentials/Li-Si.sidecar"

crystal Li3Si-tilted >c.xyz
rattled c.xyz 0.1 3 >c.data
cat >md.in <<'EOF'
include         ${inc}
velocity        all create 2500 4711 loop geom
fix             1 all nvt temp 2500 2500 0.05
timestep        0.001
fix             g all pair 20 mlff/lisi gamma 1
compute         top all reduce max f_g
variable        skip equal "c_top < v_above"
thermo_style    custom step c_top
thermo          20
dump            all all custom 20 all.dump id type x y z f_g
dump            few all custom 20 few.dump id type xs ys zs
dump_modify     all sort id format float %.17g
dump_modify     few sort id format float %.17g skip v_skip
run             600
EOF
largest() { awk '/^ITEM: TIMESTEP/ { getline; step = $1; inside = 0 } /^ITEM: ATOMS/ { inside = 1; next } inside && $NF > top[step] { top[step] = $NF }
  END { for (s in top) print s, top[s] }' all.dump | sort; }
# twice the same run: the first tells which grade eight of the 31 frames exceed
above=0
for round in 1 2; do
  lmp -var inc "$SRC/tests/lammps/pair.inc" -var yace "$SRC/potentials/Li-Si.yace" -var data c.data -var rep "2 2 2" -var above "$above" -in md.in
  largest >run
  above=$(awk '{ print $2 }' run | sort -rn | awk 'NR == 8 { a = $1 } NR == 9 { printf "%.6f", (a + $1) / 2 }')
done
"$fit" select "$SRC/potentials/Li-Si.yace" all.dump --map 1=Li,2=Si --gamma-max 1e6 --min-distance 0 --json >all.json || fail "select all.dump"
"$fit" select "$SRC/potentials/Li-Si.yace" few.dump --map 1=Li,2=Si --gamma-max 1e6 --min-distance 0 --gamma-min "$above" --json >few.json || fail "select few.dump"
# step and largest grade of each frame that was chosen, from the run and from select
sed -n 's/.*"timestep": \([0-9]*\), .*"gamma": \([0-9.]*\),.*/\1 \2/p' all.json | sort >chosen
[[ $(wc -l <run) == 31 && $(wc -l <chosen) -ge 3 ]] || fail "$(wc -l <run) frames in the dump, $(wc -l <chosen) chosen"
join run chosen | awk '{ print $2 }' >a
join run chosen | awk '{ print $3 }' >b
[[ $(wc -l <a) == $(wc -l <chosen) ]] || fail "frames that are not in the dump were chosen"
close b a 1e-7 "grades of select and of the run"
# %.9g of the JSON allows no closer look. dump_modify skip: as many frames as there are grades above the limit, each whole.
want=$(awk -v above="$above" '$2 >= above' run | wc -l)
((want == 8)) || fail "this run has $want frames above $above instead of 8"
[[ $(grep -c TIMESTEP few.dump) == "$want" ]] || fail "dump_modify skip left $(grep -c TIMESTEP few.dump) frames of $want"
grep -q "\"frames\": $want, \"known\": 0," few.json || fail "few.dump: $(head -n 3 few.json)"
pass "$want of 31 frames dumped, all of them new"
