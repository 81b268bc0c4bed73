# SPDX-License-Identifier: GPL-2.0-or-later
# A jump log of walkers on a simple chain of sites, 3 Angstrom apart, that remember: after a jump they rest for a sample with
# probability 1 - again, else they go on (same = 1) or back (same = -1). At rest they jump with probability p.
# awk -v walkers=20 -v samples=2000 -v cells=4 -v p=.2 -v again=.5 -v same=-1 -v seed=1 -f memory_log.awk
function random() { state = (state * 69069 + 12345) % 4294967296; return state / 4294967296 }
BEGIN {
  state = seed * 7919 + 17
  for (k = 0; k < 50; k++) random()
  print "lisi-jumps 1\nunits ps Angstrom\ntimestep 0.1\nevery 10\nstart 0\natoms " walkers "\nmode nearest dwell 1\nframework no"
  print "replicate " cells " 1 1\ncell " 3 * cells " 0 0 0 3 0 0 0 3\ntemperature 300"
  print "sites 4\n|format: lisi-sites 1\n|cell: [[3, 0, 0], [0, 3, 0], [0, 0, 3]]\n|sites:\n|- {type: 1, label: A, frac: [0, 0, 0]}\ndata"
  for (t = 0; t < samples; t++)
    for (w = 1; w <= walkers; w++) {
      if (t == 0) { c[w] = int(random() * cells); last[w] = 0; print 0, w, 0, c[w] + 1, 0, 0, 0; continue }
      u = random(); go = 0
      if (last[w] && u < again) go = same * last[w]
      else if (!last[w] && u < p) go = u < p / 2 ? 1 : -1
      last[w] = go
      if (!go) continue
      from = c[w] + 1; n = 0; c[w] += go
      if (c[w] < 0) { c[w] += cells; n = -1 }
      if (c[w] >= cells) { c[w] -= cells; n = 1 }
      print t * 10, w, from, c[w] + 1, n, 0, 0
    }
  print "F " (samples - 1) * 10 " " 3 * cells " 0 0 0 3 0 0 0 3"
}
