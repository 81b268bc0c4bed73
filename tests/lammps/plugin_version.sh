# SPDX-License-Identifier: GPL-2.0-or-later
# A plugin that was built for another LAMMPS says so and stays out; LAMMPS goes on without it.
. "$(dirname "$0")/lib.sh"
wrong=$TESTLIB/lisi_wrongversion.so
need "$LMP" "$wrong" "$LIB/lisiplugin.so"
version=$("$LMP" -h | sed -n 's/^Large-scale Atomic.*Simulator - \([0-9]* [A-Z][a-z]* [0-9]*\).*/\1/p')
[[ -n $version ]] || fail "lmp -h shows no version"

# Without the wrapper's LAMMPS_PLUGIN_PATH, so that nothing of ours is loaded yet: an empty folder in its place.
mkdir -p bare/bin
sed "s|^here=.*|here=$tmp/empty|" "$LMP" >bare/bin/lmp
chmod +x bare/bin/lmp
LMP=$tmp/bare/bin/lmp
cat >wrong.in <<EOF2
plugin load $wrong
print "LAMMPS goes on"
plugin list
units metal
region box block 0 1 0 1 0 1
create_box 1 box
pair_style mlff/lisi
EOF2
refuses "Unrecognized pair style 'mlff/lisi'" -in wrong.in
grep -q 'LAMMPS goes on' run.out || fail "LAMMPS did not survive"
grep -qF "built for LAMMPS 1 Jan 1999, this is LAMMPS $version" run.out || fail "the message does not name both versions: $(cat run.out)"
# and on two ranks it is said once
$MPIRUN -np 2 "$LMP" -log none -in wrong.in >run.out 2>&1 && fail "ran"
[[ $(grep -c 'built for LAMMPS 1 Jan 1999' run.out) == 1 ]] || fail "said not just once on two ranks"
pass "a plugin for another version stays out"

# Loaded by hand, loaded twice, after clear: the right one works.
cat >right.in <<EOF2
plugin load $LIB/lisiplugin.so
plugin load $LIB/lisiplugin.so
clear
plugin load $LIB/lisiplugin.so
units metal
region box block 0 1 0 1 0 1
create_box 1 box
pair_style mlff/lisi
EOF2
lmp -in right.in
pass "plugin load works, twice and after clear"
