# SPDX-License-Identifier: GPL-2.0-or-later
# Turns an extended XYZ structure of Li and Si into a LAMMPS data file with every atom moved at random:
#     awk -v amp=0.15 -v seed=1 -f rattled.awk Li15Si4.xyz > Li15Si4.data
# Type 1 is Li, type 2 Si. The cell has to be lower triangular (a along x, b in the xy plane).
# Random numbers: Park and Miller's minimal standard, exact in double precision, so every awk gives the same file.
function random() { seed = (16807 * seed) % 2147483647; return seed / 2147483647 - 0.5 }
BEGIN { if (!seed) seed = 1; if (amp == "") amp = 0.1; for (k = 0; k < 20; k++) random() }
FNR == 1 { natoms = $1 + 0; next }
FNR == 2 {
  if (!match($0, /Lattice="[^"]*"/)) { print "rattled.awk: no Lattice in " FILENAME > "/dev/stderr"; exit 1 }
  split(substr($0, RSTART + 9, RLENGTH - 10), h, " ")
  if (h[2] != 0 || h[3] != 0 || h[6] != 0) { print "rattled.awk: cell of " FILENAME " is not lower triangular" > "/dev/stderr"; exit 1 }
  printf "rattled %s\n\n%d atoms\n2 atom types\n\n", FILENAME, natoms
  printf "0 %.15g xlo xhi\n0 %.15g ylo yhi\n0 %.15g zlo zhi\n", h[1], h[5], h[9]
  if (h[4] != 0 || h[7] != 0 || h[8] != 0) printf "%.15g %.15g %.15g xy xz yz\n", h[4], h[7], h[8]
  printf "\nMasses\n\n1 6.94\n2 28.085\n\nAtoms # atomic\n\n"
  next
}
NF >= 4 { printf "%d %d %.15g %.15g %.15g\n", FNR - 2, $1 == "Li" ? 1 : 2, $2 + amp * random(), $3 + amp * random(), $4 + amp * random() }
