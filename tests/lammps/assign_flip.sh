# SPDX-License-Identifier: GPL-2.0-or-later
# A box that LAMMPS flips (fix deform, flip yes) while atoms fly through it: lisi-msm assign finds the jumps of the same run without flips, in every form of dump.
source "$SRC/tests/lammps/lib_jumps.sh"
need "$BIN/lisi-msm"
cat >shear.in <<'END'
include start.in
velocity lithium create 1500.0 4711 mom no
velocity silicon set 0.5 0.3 -0.2
fix go all nve
fix box all deform 1 xy delta 13.0 xz delta -9.0 remap x flip ${flip}
dump a all custom 5 ${flip}.x.dump id type x y z ix iy iz
dump b all custom 5 ${flip}.xs.dump id type xs ys zs
dump c all custom 5 ${flip}.xu.dump id type xu yu zu
dump d all custom 5 ${flip}.xsu.dump id type xsu ysu zsu
dump_modify a format float %.17g
dump_modify b format float %.17g
dump_modify c format float %.17g
dump_modify d format float %.17g
run 1000
END
for flip in no yes; do lmp -var flip $flip -in shear.in; done
# the tilt goes on without flips, and jumps by a whole edge with them
flips() { awk '/BOX BOUNDS/ { getline; if (seen++ && ($3 - xy > 3 || xy - $3 > 3)) n++; xy = $3 } END { print n + 0 }' "$1"; }
(($(flips yes.x.dump) >= 1 && $(flips no.x.dump) == 0)) || fail "flips: $(flips yes.x.dump) and $(flips no.x.dump)"

for rule in "" "--core 0.8" "--dwell 2"; do
  for form in x xs xu xsu; do
    for flip in no yes; do
      "$BIN/lisi-msm" assign $flip.$form.dump --sites sites.yaml --map 1=Li,2=Si --timestep 0.002 --msd 0,0 $rule -o $flip.jumps >assign.out 2>&1 ||
        { cat assign.out >&2; fail "assign $flip.$form.dump $rule"; }
      records $flip.jumps >$flip
    done
    same no yes "$form ${rule:-nearest}: $(jumps_in yes.jumps) jumps"
    (($(jumps_in yes.jumps) > 30)) || fail "the test says nothing"
  done
done
