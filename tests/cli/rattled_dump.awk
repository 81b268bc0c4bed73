# SPDX-License-Identifier: GPL-2.0-or-later
# A LAMMPS dump of an extended XYZ structure of Li and Si, one frame for each amplitude with all atoms moved at random:
#     awk -v amps="0.1 0.2" -v seed=1 -f rattled_dump.awk LiSi.xyz > run.dump
# Settings: step0 and dstep (time steps 0, 10, ...), columns=type|element, pbc=pp. An amplitude that begins with = repeats the frame before
# it, moved by a whole cell vector; one with ~ repeats it with displacements of 0.00005 Angstrom. The cell has to be lower triangular.
function random() { seed = (16807 * seed) % 2147483647; return seed / 2147483647 - 0.5 }
function least(a, b) { return a < b ? a : b }
BEGIN { if (!seed) seed = 1; if (dstep == "") dstep = 10; if (columns == "") columns = "type"; if (pbc == "") pbc = "pp"; for (k = 0; k < 20; k++) random() }
NR == 1 { n = $1 }
NR == 2 { match($0, /Lattice="[^"]*"/); split(substr($0, RSTART + 9, RLENGTH - 10), h, " ") }
NR > 2 { name[NR - 2] = $1; for (k = 1; k <= 3; k++) x[NR - 2, k] = $(k + 1) }
END {
  xlo = least(least(0, h[4]), least(h[7], h[4] + h[7])); xhi = -least(least(0, -h[4]), least(-h[7], -h[4] - h[7]))
  ylo = least(0, h[8]); yhi = -least(0, -h[8])
  frames = split(amps, amp, " ")
  for (f = 1; f <= frames; f++) {
    print "ITEM: TIMESTEP"; print step0 + (f - 1) * dstep
    print "ITEM: NUMBER OF ATOMS"; print n
    tilted = h[4] != 0 || h[7] != 0 || h[8] != 0
    printf "ITEM: BOX BOUNDS %s%s pp pp\n", tilted ? "xy xz yz " : "", pbc
    printf "%.15g %.15g%s\n", xlo, h[1] + xhi, tilted ? " " h[4] : ""
    printf "%.15g %.15g%s\n", ylo, h[5] + yhi, tilted ? " " h[7] : ""
    printf "%.15g %.15g%s\n", 0, h[9], tilted ? " " h[8] : ""
    print "ITEM: ATOMS id " columns " xu yu zu"
    c = substr(amp[f], 1, 1)
    for (i = 1; i <= n; i++) {
      for (k = 1; k <= 3; k++) {
        if (c == "=") y[i, k] += h[3 + k]
        else if (c == "~") y[i, k] += 0.0001 * random()
        else y[i, k] = x[i, k] + 2 * amp[f] * random()
      }
      printf "%d %s %.12f %.12f %.12f\n", i, columns == "type" ? (name[i] == "Li" ? 1 : 2) : name[i], y[i, 1], y[i, 2], y[i, 3]
    }
  }
}
