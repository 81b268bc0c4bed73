# SPDX-License-Identifier: GPL-2.0-or-later
# A random periodic network and random walks on it, written as a dump: a random tilted unit cell with random sites and a random host, a random supercell, atoms
# that hop to any site within reach (through all boundaries, to the image of their own site, too), thermal noise that stays within the sphere that belongs
# to one site alone, a host that drifts, a box that breathes and now and then is flipped.
#   awk -v SEED=n -v FORM=x|xi|xs|xsi|xu|xsu -v SITES=file -v KNOWN=file -f random_network.awk > dump
# KNOWN receives the records of the jump log and, in its first line, "# CORE jumps": a radius that the noise never leaves, and how many jumps there are.
function floor(v, i) { i = int(v); return i > v ? i - 1 : i }
function uniform(a, b) { return a + (b - a) * rand() }
function cart(f, C, x,   k) { for (k = 1; k <= 3; k++) x[k] = f[1] * C[1, k] + f[2] * C[2, k] + f[3] * C[3, k] }
function lo3(a, b, c, d, m) { m = a < b ? a : b; m = c < m ? c : m; return d < m ? d : m }
function hi3(a, b, c, d, m) { m = a > b ? a : b; m = c > m ? c : m; return d > m ? d : m }
# the distance of site j in the cell (u, v, w) from site i
function apart(X, i, j, u, v, w,   f, x) { f[1] = X[j, 1] + u - X[i, 1]; f[2] = X[j, 2] + v - X[i, 2]; f[3] = X[j, 3] + w - X[i, 3]; cart(f, CELL, x); return sqrt(x[1]^2 + x[2]^2 + x[3]^2) }
# n positions that keep `far` from each other and from the others; all images that a moderately tilted cell needs
function scatter(X, n, far,   i, j, u, v, w, tries, good) {
  for (i = 1; i <= n; i++) for (tries = 0; ; tries++) {
    if (tries > 500) { far *= 0.8; tries = 0 }
    for (u = 1; u <= 3; u++) X[i, u] = rand()
    good = 1
    for (j = 1; j <= i && good; j++) for (u = -2; u <= 2; u++) for (v = -2; v <= 2; v++) for (w = -2; w <= 2; w++)
      if ((j != i || u || v || w) && apart(X, i, j, u, v, w) < far) good = 0
    if (good) break
  }
}
function number(i,   k, part) { for (k = 1; k <= 3; k++) { image[i, k] = floor(cell[i, k] / N[k]); part[k] = cell[i, k] - N[k] * image[i, k] } return at[i] + NS * (part[1] + N[1] * (part[2] + N[2] * part[3])) }
function put(id, element, f, noise,   k, x, n, g, line) { # f in fractions of the box, noise in Angstrom
  # noise: a direction and a length
  do { for (k = 1; k <= 3; k++) x[k] = uniform(-1, 1) } while (x[1]^2 + x[2]^2 + x[3]^2 > 1)
  g[3] = x[3] * noise / H[3, 3]; g[2] = (x[2] * noise - g[3] * H[3, 2]) / H[2, 2]; g[1] = (x[1] * noise - g[2] * H[2, 1] - g[3] * H[3, 1]) / H[1, 1]
  for (k = 1; k <= 3; k++) f[k] += g[k] + DRIFT[k]
  f[1] += -P * f[2] + (P * R - Q) * f[3]; f[2] -= R * f[3] # in the flipped box
  for (k = 1; k <= 3; k++) n[k] = floor(f[k])
  for (k = 1; k <= 3; k++) g[k] = FORM ~ /u$/ ? f[k] : f[k] - n[k]
  if (FORM ~ /^xs/) for (k = 1; k <= 3; k++) x[k] = g[k]
  else { cart(g, F, x); for (k = 1; k <= 3; k++) x[k] += ORIGIN[k] }
  line = id " " element " " sprintf("%.15g %.15g %.15g", x[1], x[2], x[3])
  if (FORM ~ /i$/) line = line " " n[1] " " n[2] " " n[3]
  return line
}
BEGIN {
  srand(SEED)
  NS = 1 + int(6 * rand()); NH = 2 + int(3 * rand()); ATOMS = 3 + int(6 * rand()); FRAMES = 60; EVERY = 1 + int(20 * rand())
  for (i = 1; i <= 3; i++) for (k = 1; k <= 3; k++) CELL[i, k] = i == k ? uniform(4, 9) : k < i ? uniform(-0.55, 0.55) * CELL[k, k] : 0
  scatter(SITE, NS, 2.2); scatter(HOST, NH, 2.0)
  closest = reach = 99
  for (i = 1; i <= NS; i++) { nearest = 99; for (j = 1; j <= NS; j++) for (u = -2; u <= 2; u++) for (v = -2; v <= 2; v++) for (w = -2; w <= 2; w++)
    if (i != j || u || v || w) { d = apart(SITE, i, j, u, v, w); if (d < closest) closest = d; if (d < nearest) nearest = d }
    if (nearest > far) far = nearest }
  reach = 1.25 * far
  for (i = 1; i <= NS; i++) for (j = 1; j <= NS; j++) for (u = -2; u <= 2; u++) for (v = -2; v <= 2; v++) for (w = -2; w <= 2; w++)
    if ((i != j || u || v || w) && apart(SITE, i, j, u, v, w) < reach) to[i, ++ways[i]] = j " " u " " v " " w
  # a box wide enough that a hop is less than half of it, for dumps that are wrapped and have no images
  wide = FORM ~ /^xs?$/ ? 3.2 * reach : 1
  for (k = 1; k <= 3; k++) { N[k] = 1 + int(3 * rand()); while (N[k] * CELL[k, k] < wide) N[k]++ }
  print "format: lisi-sites 1\ncell:" > SITES
  for (i = 1; i <= 3; i++) printf "  - [%.15g, %.15g, %.15g]\n", CELL[i, 1], CELL[i, 2], CELL[i, 3] > SITES
  printf "replicate: [%d, %d, %d]\nframework:\n", N[1], N[2], N[3] > SITES
  for (i = 1; i <= NH; i++) printf "  - {species: Si, frac: [%.15g, %.15g, %.15g]}\n", HOST[i, 1], HOST[i, 2], HOST[i, 3] > SITES
  print "sites:" > SITES
  for (i = 1; i <= NS; i++) printf "  - {type: %d, label: S%d, frac: [%.15g, %.15g, %.15g]}\n", i, i, SITE[i, 1], SITE[i, 2], SITE[i, 3] > SITES
  CORE = 0.48 * closest * 0.98 # what the box may shrink by
  for (i = 1; i <= ATOMS; i++) { at[i] = 1 + int(NS * rand()); for (k = 1; k <= 3; k++) cell[i, k] = int(N[k] * rand()); n = number(i)
    record[++nrecords] = sprintf("0 %d 0 %d %d %d %d", i, n, image[i, 1], image[i, 2], image[i, 3]) }
  for (t = 0; t < FRAMES; t++) {
    for (i = 1; t > 0 && i <= ATOMS; i++) if (rand() < 0.25) {
      from = number(i); for (k = 1; k <= 3; k++) old[k] = image[i, k]
      split(to[at[i], 1 + int(ways[at[i]] * rand())], way, " ")
      at[i] = way[1]; for (k = 1; k <= 3; k++) cell[i, k] += way[k + 1]
      n = number(i); jumps++
      record[++nrecords] = sprintf("%d %d %d %d %d %d %d", t * EVERY, i, from, n, image[i, 1] - old[1], image[i, 2] - old[2], image[i, 3] - old[3])
    }
    # the box: breathing by 2 %, flips; F is what the dump shows, H what goes on
    for (k = 1; k <= 3; k++) { strain = 1 + 0.01 * sin(0.4 * t + k); for (i = 1; i <= 3; i++) H[i, k] = N[i] * CELL[i, k] * strain; ORIGIN[k] = 0.3 * t - k
      DRIFT[k] = t == 0 ? 0.004 * rand() : DRIFT[k] + 0.01 * (rand() - 0.3) }
    if (t % 13 == 7) { P = int(3 * rand()) - 1; Q = int(3 * rand()) - 1; R = int(3 * rand()) - 1 }
    for (k = 1; k <= 3; k++) { F[1, k] = H[1, k]; F[2, k] = H[2, k] + P * H[1, k]; F[3, k] = H[3, k] + Q * H[1, k] + R * H[2, k] }
    printf "ITEM: TIMESTEP\n%d\nITEM: NUMBER OF ATOMS\n%d\nITEM: BOX BOUNDS xy xz yz pp pp pp\n", t * EVERY, ATOMS + NH * N[1] * N[2] * N[3]
    printf "%.15g %.15g %.15g\n", ORIGIN[1] + lo3(0, F[2, 1], F[3, 1], F[2, 1] + F[3, 1]), ORIGIN[1] + F[1, 1] + hi3(0, F[2, 1], F[3, 1], F[2, 1] + F[3, 1]), F[2, 1]
    printf "%.15g %.15g %.15g\n%.15g %.15g %.15g\n", ORIGIN[2] + lo3(0, F[3, 2], 0, 0), ORIGIN[2] + F[2, 2] + hi3(0, F[3, 2], 0, 0), F[3, 1], ORIGIN[3], ORIGIN[3] + F[3, 3], F[3, 2]
    printf "ITEM: ATOMS id element %s%s\n", FORM ~ /^xsu/ ? "xsu ysu zsu" : FORM ~ /^xu/ ? "xu yu zu" : FORM ~ /^xs/ ? "xs ys zs" : "x y z", FORM ~ /i$/ ? " ix iy iz" : ""
    nlines = 0
    for (i = 1; i <= ATOMS; i++) { for (k = 1; k <= 3; k++) f[k] = (SITE[at[i], k] + cell[i, k]) / N[k]; lines[++nlines] = put(i, "Li", f, 0.8 * CORE) }
    id = ATOMS
    for (u = 0; u < N[1]; u++) for (v = 0; v < N[2]; v++) for (w = 0; w < N[3]; w++) for (j = 1; j <= NH; j++) {
      f[1] = (HOST[j, 1] + u) / N[1]; f[2] = (HOST[j, 2] + v) / N[2]; f[3] = (HOST[j, 3] + w) / N[3]; lines[++nlines] = put(++id, "Si", f, 0.05) }
    for (i = nlines; i > 0; i--) { j = 1 + int(i * rand()); print lines[j]; lines[j] = lines[i] } # in any order
  }
  printf "# %.6g %d\n", CORE, jumps > KNOWN
  for (i = 1; i <= nrecords; i++) print record[i] > KNOWN
}
