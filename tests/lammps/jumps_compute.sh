# What compute lijump reports, against a search over all sites and images; and that asking for it changes nothing.
source "$SRC/tests/lammps/lib_jumps.sh"
jump_data 3 3 3 1.3 >start.data # the framework begins off its reference positions

cat >run.in <<'END'
include start.in
velocity lithium create 3000.0 4711 mom no loop geom
velocity silicon set 0.5 0.3 -0.2
fix go all nve
compute alone lithium lijump sites.yaml framework silicon
compute j lithium lijump sites.yaml framework silicon replicate 3 3 3
fix m lithium msm 10 j log run.jumps
dump a all custom 10 alone.dump id type x y z ix iy iz c_alone[*]
dump b all custom 7 j.dump id type x y z ix iy iz c_j[*]
dump_modify a format float %.10g
dump_modify b format float %.10g
thermo_style custom step c_alone[*] c_j[*] f_m
thermo 70
thermo_modify norm no
run 210
END
mpi 2 -in run.in

# Every frame: site, type and distance by brute force. Si flies with 0.5 0.3 -0.2 A/ps from 1.3 A along x.
check='
/^ITEM: TIMESTEP/ { getline step; next }
/^ITEM: ATOMS/ { inside = 1; next }
/^ITEM/ { inside = 0; next }
inside && $2 == 2 { if ($9 || $10 || $11 || $12) bad("a framework atom has a site") }
inside && $2 == 1 {
  t = step * 0.002
  x = $3 + 12 * $6 + 1.2 * $7 - 0.9 * $8 - 1.3 - 0.5 * t; y = $4 + 12 * $7 + 0.6 * $8 - 0.3 * t; z = $5 + 12.3 * $8 + 0.2 * t
  best = 1e9
  c0 = int(z / 4.1 + 100) - 100; b0 = int((y - 0.2 * c0) / 4 + 100) - 100; a0 = int((x - 0.4 * b0 + 0.3 * c0) / 4 + 100) - 100
  for (s = 1; s <= 2; s++) for (a = a0 - 2; a <= a0 + 2; a++) for (b = b0 - 2; b <= b0 + 2; b++) for (c = c0 - 2; c <= c0 + 2; c++) {
    fa = a + 0.5; fb = b + 0.5; fc = c + (s == 1 ? 0.5 : 0)
    d = sqrt((x - 4 * fa - 0.4 * fb + 0.3 * fc) ^ 2 + (y - 4 * fb - 0.2 * fc) ^ 2 + (z - 4.1 * fc) ^ 2)
    if (d < best) { best = d; type = s; where = s + 2 * ((a + 30) % 3 + 3 * ((b + 30) % 3 + 3 * ((c + 30) % 3))) }
  }
  if (where != $9 || type != $10) bad("atom " $1 " at step " step ": site " $9 " type " $10 ", expected " where " " type)
  if ((best - $11) ^ 2 > 1e-12) bad("atom " $1 " at step " step ": distance " $11 ", expected " best)
  n++
}
function bad(text) { print text > "/dev/stderr"; failed = 1; exit }
END { if (!failed && n > 0) print "good", n; exit failed }'
for name in alone j; do
  said=$(awk "$check" $name.dump) || fail "$name: columns 1 to 3"
  [[ $said == good* ]] || fail "$name: $said"
  pass "$name: site, type and distance of ${said#good } positions"
done

# Time since arrival: the log tells when each atom came, and the compute without a fix saw the same steps.
for name in alone j; do
  awk -v step=210 'FNR == 1 { f++ } f == 1 && inside && !/^[FBE]/ { at[$2] = $1 } /^data$/ { inside = 1 }
    f == 2 && /^ITEM: TIMESTEP/ { getline now; next } f == 2 && /^ITEM/ { next }
    f == 2 && now == step && NF == 12 && $2 == 1 { n++; d = $12 - (step - at[$1]) * 0.002; if (d * d > 1e-16) { print "atom", $1, $12; bad = 1 } }
    END { exit bad || n != 21 }' run.jumps $name.dump || fail "$name: time since arrival"
done
pass "time since arrival"

# The vector, from the columns of the last frame; jumps from the log. Both computes saw the same samples (multiples of 10 and of 70).
awk '/^ITEM: TIMESTEP/ { getline step; next } /^ITEM/ { next } step == 210 && $2 == 1 { if ($9 > 0) { n++; if (++o[$9] == 2) m++ } else k++ }
  END { for (s in o) used++; print n + 0, k + 0, m + 0, 54 - used }' j.dump >a
awk '$1 == 210 && NF == 14 { print $2, $3, $4, $5; exit }' run.out >b
same a b "vector: in a site, in none, crowded, empty"
jumps=$(jumps_in run.jumps)
((jumps > 50)) || fail "only $jumps jumps"
awk -v jumps="$jumps" 'NF == 14 && $1 ~ /^[0-9]+$/ { a += $6; j += $12; last = $7 " " $13 " " $14 }
  END { if (last != jumps " " jumps " " jumps || a != jumps || j != jumps) { print "jumps:", last, a, j, "expected", jumps; exit 1 } }' run.out || fail "vector: jumps"
pass "vector: $jumps jumps in all, and as the sum over evaluations"

# A framework that melts, and one that does not fit.
sed 's/velocity silicon.*/velocity silicon create 90000 17 mom no/' run.in >melt.in
refuses 'framework: its atoms are' -in melt.in
