# SPDX-License-Identifier: GPL-2.0-or-later
# Forces and virial against finite differences of the energy, on simple rattled crystals.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/lammps/lib_forces.sh"
need "$LMP" "$yace"
seed=10
for name in Li-bcc Si-diamond LiSi-NaTl Li3Si-tilted; do
  crystal $name >$name.xyz
  rattled $name.xyz 0.3 $((seed += 1)) >$name.data
  check_forces $name $name.data
done
