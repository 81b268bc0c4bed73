# SPDX-License-Identifier: GPL-2.0-or-later
# Boxes that change: the conserved quantity of constant-pressure dynamics in a triclinic box, relaxation of atoms and of
# the box, a box that flips.
. "$(dirname "$0")/lib.sh"
yace=$SRC/potentials/Li-Si.yace
need "$LMP" "$yace"
crystal LiSi-NaTl >c.xyz
rattled c.xyz 0.1 41 >c.data
inc=$SRC/tests/lammps/pair.inc

# ---- NPT: what the extended system conserves varies four times less at half the time step; the box must move for this to
# say anything about the virial
cat >npt.in <<'IN'
include         ${inc}
change_box      all triclinic
velocity        all create 600 4711 loop geom
fix             1 all npt temp 600 600 0.05 tri 20000 20000 0.1
timestep        ${dt}
thermo_style    custom step econserve vol xy xz yz
thermo          ${every}
variable        e equal econserve
variable        v equal vol
variable        xy equal xy
fix             t all ave/time ${every} 1 ${every} v_e v_v v_xy file ${out} format " %.15g"
run             ${steps}
IN
spread() { awk -v c="$2" '!/^#/ { if (!n++) lo = hi = $c; if ($c < lo) lo = $c; if ($c > hi) hi = $c } END { printf "%.6g", hi - lo }' "$1"; }
lmp -var inc "$inc" -var yace "$yace" -var data c.data -var dt 0.001 -var every 2 -var steps 200 -var out coarse -in npt.in
lmp -var inc "$inc" -var yace "$yace" -var data c.data -var dt 0.0005 -var every 4 -var steps 400 -var out fine -in npt.in
c=$(spread coarse 2) f=$(spread fine 2)
awk -v c="$c" -v f="$f" 'BEGIN { exit !(f > 0 && c / f > 3.5 && c / f < 4.6) }' || fail "conserved quantity of NPT varies by $c eV at 1 fs and $f eV at 0.5 fs; expected a factor of 4"
awk -v v="$(spread coarse 3)" -v t="$(spread coarse 4)" 'BEGIN { exit !(v > 1 && t > 0.01) }' || fail "the box hardly changed: $(spread coarse 3) A^3, $(spread coarse 4) A"
pass "conserved quantity of NPT: $c eV at 1 fs, $f eV at 0.5 fs, while the volume varies by $(spread coarse 3) A^3"

# ---- relaxation of the atoms: energy never rises, forces vanish, and the state is a minimum
cat >min.in <<'IN'
include         ${inc}
min_style       cg
min_modify      line quadratic
thermo          1
thermo_style    custom step pe fmax
minimize        0 1e-6 1000 10000
print           "$(pe:%.17g) $(fmax:%.17g)" file min.end
variable        e0 equal $(pe:%.17g)
displace_atoms  all random 0.01 0.01 0.01 12345
run             0
print           "$(pe-v_e0:%.17g)" file min.up
IN
lmp -var inc "$inc" -var yace "$yace" -var data c.data -in min.in
awk '/^ *Step/ { inside = 1; n = 0; next } /^Loop/ { if (n > 3) done = 1; inside = 0 } inside && !done { if (n++ && $2 > last + 1e-9) bad = 1; last = $2 } END { exit !(done && !bad) }' run.out || fail "the energy rose while it was minimised, or nothing happened"
awk '{ exit !($2 <= 1e-6) }' min.end || fail "largest force after the minimisation: $(cat min.end)"
awk '{ exit !($1 > 1e-6) }' min.up || fail "not a minimum: a displacement changes the energy by $(cat min.up) eV"
pass "minimised: largest force $(cut -d ' ' -f 2 min.end) eV/A"

# ---- relaxation of a triclinic box: all six components of the pressure reach the target, and a strain either way costs
# enthalpy
cat >relax.in <<'IN'
include         ${inc}
change_box      all triclinic
change_box      all xy final 0.2 yz final -0.15 remap
fix             r all box/relax x 5000 y 5000 z 5000 xy 0 xz 0 yz 0 fixedpoint 0 0 0 vmax 0.001
thermo          100
min_modify      line quadratic
minimize        0 1e-7 2000 20000
minimize        0 1e-7 2000 20000
minimize        0 1e-7 2000 20000
unfix           r
run             0
print           "$(pxx:%.17g) $(pyy:%.17g) $(pzz:%.17g) $(pxy:%.17g) $(pxz:%.17g) $(pyz:%.17g)" file relax.p
variable        H equal pe+5000*vol/1.6021765e6
variable        h0 equal $(v_H:%.17g)
change_box      all x scale 1.002 xy delta 0.01 remap
run             0
print           "$(v_H-v_h0:%.17g)" file relax.up
change_box      all x scale $(0.998/1.002) xy delta -0.02 remap
run             0
print           "$(v_H-v_h0:%.17g)" append relax.up
IN
lmp -var inc "$inc" -var yace "$yace" -var data c.data -in relax.in
echo "5000 5000 5000 0 0 0" >target
close relax.p target 2e-3 "pressure after the relaxation of the box"
awk '!($1 > 0) { bad = 1 } END { exit bad || NR != 2 }' relax.up || fail "a strain lowers the enthalpy: $(cat relax.up)"
pass "enthalpy rises by $(tr '\n' ' ' <relax.up) eV under strain either way"

# ---- a box that is sheared on and on flips: another cell of the same crystal, so energy and pressure stay what they are
cat >flip.in <<'IN'
box             tilt large
include         ${inc}
change_box      all triclinic
velocity        all create 300 4711 loop geom
fix             1 all nve
fix             2 all deform 1 xy erate 20 flip yes remap x
run             10
print           "$(xy:%.17g)" file flip.before
run             30
print           "$(xy:%.17g) $(lx:%.17g)" file flip.after
unfix           2
unfix           1
run             0
print           "$(pe:%.17g)" file flip.pe
print           "$(pxx:%.17g) $(pyy:%.17g) $(pzz:%.17g) $(pxy:%.17g) $(pxz:%.17g) $(pyz:%.17g)" file flip.p
change_box      all xy delta $(lx:%.17g)
run             0
print           "$(pe:%.17g)" file back.pe
print           "$(pxx:%.17g) $(pyy:%.17g) $(pzz:%.17g) $(pxy:%.17g) $(pxz:%.17g) $(pyz:%.17g)" file back.p
IN
lmp -var inc "$inc" -var yace "$yace" -var data c.data -in flip.in
awk 'NR == FNR { before = $1; next } { exit !(before > 0.5 && $1 < 0) }' flip.before flip.after || fail "the box did not flip: xy $(cat flip.before) before, $(cat flip.after) after"
close flip.pe back.pe 1e-12 "energy in a flipped box"
close flip.p back.p 1e-10 "pressure in a flipped box"
