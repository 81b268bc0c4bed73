# SPDX-License-Identifier: GPL-2.0-or-later
# A jump log of independent walkers on a simple cubic lattice of sites, 3 Angstrom apart, silicon in the middle of each cube, 2 x 2 x 2 cells
# in the box: a walker goes to each neighbour along x and y with probability p per sample (1 ps), along z with pz.
# awk -v walkers=20 -v samples=1000 -v p=.05 -v pz=.05 -v seed=1 [-v host=no] -f cubic_log.awk
function random() { state = (state * 69069 + 12345) % 4294967296; return state / 4294967296 }
function cell_line(step) { return "F " step " 6 0 0 0 6 0 0 0 6" }
function site(w) { return 1 + x[w, 0] + 2 * (x[w, 1] + 2 * x[w, 2]) }
BEGIN {
  state = seed * 7919 + 17
  for (k = 0; k < 50; k++) random()
  print "lisi-jumps 1\nunits ps Angstrom\ntimestep 0.1\nevery 10\nstart 0\natoms " walkers "\nmode nearest dwell 1\nframework no"
  print "replicate 2 2 2\ncell 6 0 0 0 6 0 0 0 6\ntemperature 300"
  print "sites " (host == "no" ? 4 : 5) "\n|format: lisi-sites 1\n|cell: [[3, 0, 0], [0, 3, 0], [0, 0, 3]]"
  if (host != "no") print "|framework: [{species: Si, frac: [0.5, 0.5, 0.5]}]"
  print "|sites:\n|- {type: 1, label: Li1, frac: [0, 0, 0]}\ndata"
  for (t = 0; t < samples; t++) {
    for (w = 1; w <= walkers; w++) {
      if (t == 0) {
        for (a = 0; a < 3; a++) x[w, a] = int(random() * 2)
        print 0, w, 0, site(w), 0, 0, 0
        continue
      }
      u = random()
      for (d = 0; d < 6; d++) { u -= d < 4 ? p : pz; if (u < 0) break }
      if (d == 6) continue
      from = site(w); a = int(d / 2); split("0 0 0", n, " ")
      x[w, a] += d % 2 ? 1 : -1
      if (x[w, a] < 0) { x[w, a] = 1; n[a + 1] = -1 }
      if (x[w, a] > 1) { x[w, a] = 0; n[a + 1] = 1 }
      print t * 10, w, from, site(w), n[1], n[2], n[3]
    }
    if (t % 100 == 0 && t + 1 < samples) print cell_line(t * 10)
  }
  print cell_line((samples - 1) * 10)
}
