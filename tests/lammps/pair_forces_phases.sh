# SPDX-License-Identifier: GPL-2.0-or-later
# Forces and virial against finite differences of the energy, on every lithium silicide whose structure is at hand: with the
# shipped force field, and with one that has two densities.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/lammps/lib_forces.sh"
need "$LMP" "$yace"
[[ -n $DATA && -d $DATA/structures ]] || skip "no structures: set LISI_DATA to a folder that holds structures/*.xyz"
for yace in "$SRC/potentials/Li-Si.yace" "$SRC/tests/data/ace_small.yace"; do
  need "$yace"
  seed=30
  for file in "$DATA"/structures/*.xyz; do
    name=$(basename "$file" .xyz)
    rattled "$file" 0.3 $((seed += 1)) >$name.data
    check_forces "$name ($(basename "$yace"))" $name.data 40
  done
done
