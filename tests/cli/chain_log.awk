# SPDX-License-Identifier: GPL-2.0-or-later
# A jump log of independent walkers on a chain with alternating barriers: sites A (0) and B (1.1) in cells of 3 Angstrom, jump
# probabilities p within a cell and q to the next one per sample; `cells` cells in the box.
# awk -v walkers=20 -v samples=2000 -v cells=4 -v p=.2 -v q=.05 -v seed=1 [-v mode="core 0.4"] [-v every=10] -f chain_log.awk
function random() { state = (state * 69069 + 12345) % 4294967296; return state / 4294967296 }
function cell_line(step) { return "F " step " " 3 * cells " 0 0 0 3 0 0 0 3" }
BEGIN {
  if (every == "") every = 10
  if (mode == "") mode = "nearest"
  if (flush == "") flush = 100
  state = seed * 7919 + 17
  for (k = 0; k < 50; k++) random()
  print "lisi-jumps 1\nunits ps Angstrom\ntimestep 0.1\nevery " every "\nstart 0\natoms " walkers "\nmode " mode " dwell 1\nframework no"
  print "replicate " cells " 1 1\ncell " 3 * cells " 0 0 0 3 0 0 0 3\ntemperature 300"
  print "sites 5\n|format: lisi-sites 1\n|cell: [[3, 0, 0], [0, 3, 0], [0, 0, 3]]\n|sites:"
  print "|- {type: 1, label: A, frac: [0, 0, 0]}\n|- {type: 2, label: B, frac: [0.36666666666666666667, 0, 0]}\ndata"
  core = mode ~ /^core/
  for (t = 0; t < samples; t++) {
    for (w = 1; w <= walkers; w++) {
      if (t == 0) {
        s[w] = int(random() * 2); c[w] = int(random() * cells)
        print 0, w, 0, s[w] + 1 + 2 * c[w], 0, 0, 0
        continue
      }
      u = random(); ds = 0; dc = 0
      if (u < p) ds = 1
      else if (u < p + q) { ds = 1; dc = s[w] ? 1 : -1 }
      if (!ds) continue
      from = s[w] + 1 + 2 * c[w]
      s[w] = 1 - s[w]; c[w] += dc; n = 0
      if (c[w] < 0) { c[w] += cells; n = -1 }
      if (c[w] >= cells) { c[w] -= cells; n = 1 }
      print t * every, w, from, s[w] + 1 + 2 * c[w], n, 0, 0 (core ? " " (t - 1) * every : "")
    }
    if (t % flush == 0 && t + 1 < samples) print cell_line(t * every)
  }
  print cell_line((samples - 1) * every)
}
