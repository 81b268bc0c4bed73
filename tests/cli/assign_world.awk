# SPDX-License-Identifier: GPL-2.0-or-later
# A made world with a known sequence of jumps: a triclinic cell (2 x 2 x 2 in the box) with three sites and a host of two atoms, atoms that hop between neighbouring
# sites through the periodic boundaries, a box that breathes, and a host that drifts and takes everything with it.
#   awk -v FRAMES=n -v FORM=x|xs|xu|xsu -v SHUFFLE=0|1 -v KNOWN=file [-v SEED=] [-v ELEMENT=1] [-v EXTRA=1] [-v FLIP=1] -f assign_world.awk > dump
# KNOWN receives the records of the jump log. FORM x carries image flags, xs does not (wrapped), xu and xsu are unwrapped. EXTRA: a frame between any two samples.
# FLIP: now and then the box is given by other edge vectors of the same lattice, as fix npt and fix deform do it (flip yes).
function coordinate(f, k) { return f[1] * H[1, k] + f[2] * H[2, k] + f[3] * H[3, k] }
function wrapped(v) { return v - floor(v) }
function floor(v, i) { i = int(v); return i > v ? i - 1 : i }
function put(id, type, f,   k, x, n, line) {
  f[1] += -P * f[2] + (P * R - Q) * f[3]; f[2] -= R * f[3] # in the flipped box
  for (k = 1; k <= 3; k++) n[k] = floor(f[k])
  line = id " " (ELEMENT ? (type == 1 ? "Li" : "Si") : type)
  for (k = 1; k <= 3; k++) g[k] = (FORM == "xu" || FORM == "xsu") ? f[k] : f[k] - n[k]
  for (k = 1; k <= 3; k++) line = line " " sprintf("%.17g", (FORM == "xs" || FORM == "xsu") ? g[k] : ORIGIN[k] + coordinate(g, k))
  if (FORM == "x") line = line " " n[1] " " n[2] " " n[3]
  out[++nout] = line
}
function near_gauss() { return rand() + rand() + rand() - 1.5 }
function minimum(a, b) { return a < b ? a : b }
function maximum(a, b) { return a > b ? a : b }
function frame(step, still,   i, j, k, c, f, scale, h) {
  scale = 1 + 0.015 * sin(0.37 * step)
  for (i = 1; i <= 3; i++) for (k = 1; k <= 3; k++) H[i, k] = 2 * CELL[i, k] * (k == 3 ? 1 + 0.01 * cos(0.21 * step) : scale)
  P = Q = R = 0 # the flipped box: a, b + P a, c + Q a + R b
  if (FLIP) { P = (int(step / 170) + 1) % 3 - 1; Q = int(step / 230) % 3; R = int(step / 310) % 2 }
  for (k = 1; k <= 3; k++) { H[3, k] += Q * H[1, k] + R * H[2, k]; H[2, k] += P * H[1, k] }
  ORIGIN[1] = -0.3 * scale; ORIGIN[2] = 1.7; ORIGIN[3] = 0.25
  nout = 0
  for (i = 1; i <= ATOMS; i++) { # the atoms, at their sites
    for (k = 1; k <= 3; k++) f[k] = (SITE[at[i], k] + cell[i, k]) / 2 + DRIFT[k] * step + 0.012 * near_gauss()
    put(ID[i], 1, f)
  }
  for (c = 0; c < 8; c++) for (j = 1; j <= 2; j++) {
    h[1] = c % 2; h[2] = int(c / 2) % 2; h[3] = int(c / 4)
    for (k = 1; k <= 3; k++) f[k] = (HOST[j, k] + h[k]) / 2 + DRIFT[k] * step + 0.008 * WOBBLE[c * 2 + j, k] * sin(0.5 * step + c + j)
    put(100 + 2 * c + j, 2, f)
  }
  printf "ITEM: TIMESTEP\n%d\nITEM: NUMBER OF ATOMS\n%d\nITEM: BOX BOUNDS xy xz yz pp pp pp\n", step, nout
  printf "%.16e %.16e %.16e\n", ORIGIN[1] + minimum(minimum(0, H[2, 1]), minimum(H[3, 1], H[2, 1] + H[3, 1])), \
         ORIGIN[1] + H[1, 1] + maximum(maximum(0, H[2, 1]), maximum(H[3, 1], H[2, 1] + H[3, 1])), H[2, 1]
  printf "%.16e %.16e %.16e\n%.16e %.16e %.16e\n", ORIGIN[2] + minimum(0, H[3, 2]), ORIGIN[2] + H[2, 2] + maximum(0, H[3, 2]), H[3, 1], \
         ORIGIN[3], ORIGIN[3] + H[3, 3], H[3, 2]
  printf "ITEM: ATOMS id %s %s\n", ELEMENT ? "element" : "type", FORM == "x" ? "x y z ix iy iz" : FORM == "xs" ? "xs ys zs" : FORM == "xu" ? "xu yu zu" : "xsu ysu zsu"
  if (SHUFFLE) for (i = nout; i > 1; i--) { j = 1 + (i * 7 + step) % i; k = out[i]; out[i] = out[j]; out[j] = k }
  for (i = 1; i <= nout; i++) print out[i]
}
function number(i) { # of the site that atom i is in, and its image
  for (k = 1; k <= 3; k++) { image[i, k] = floor(cell[i, k] / 2); part[k] = cell[i, k] - 2 * image[i, k] }
  return at[i] + 3 * (part[1] + 2 * (part[2] + 2 * part[3]))
}
BEGIN {
  srand(SEED == "" ? 7 : SEED)
  split("6.0 0 0 1.5 6.5 0 -1.0 0.8 7.0", v, " "); for (i = 0; i < 9; i++) CELL[int(i / 3) + 1, i % 3 + 1] = v[i + 1]
  split("0.15 0.2 0.25 0.6 0.3 0.7 0.35 0.75 0.55", v, " "); for (i = 0; i < 9; i++) SITE[int(i / 3) + 1, i % 3 + 1] = v[i + 1]
  split("0.8 0.8 0.1 0.9 0.5 0.45", v, " "); for (i = 0; i < 6; i++) HOST[int(i / 3) + 1, i % 3 + 1] = v[i + 1]
  DRIFT[1] = 0.00031; DRIFT[2] = -0.00017; DRIFT[3] = 0.00008 # of the box and step: through the box in 300 samples
  ATOMS = 6; EVERY = EXTRA ? 2 : 1
  # The wobbles of the host add up to nothing, so that the mean displacement is the drift... but for their phases: small against a cell.
  for (i = 1; i <= 16; i++) for (k = 1; k <= 3; k++) WOBBLE[i, k] = rand() - 0.5
  for (i = 1; i <= ATOMS; i++) {
    ID[i] = 3 * i + 2; at[i] = 1 + i % 3
    cell[i, 1] = i % 2; cell[i, 2] = int(i / 2) % 2; cell[i, 3] = int(i / 4)
    n = number(i); printf "0 %d 0 %d %d %d %d\n", ID[i], n, image[i, 1], image[i, 2], image[i, 3] > KNOWN
  }
  for (t = 0; t < FRAMES; t++) {
    if (t > 0) for (i = 1; i <= ATOMS; i++) if (rand() < 0.2) {
      from = number(i); for (k = 1; k <= 3; k++) old[k] = image[i, k]
      do {
        to = 1 + int(3 * rand()); r2 = 0
        for (k = 1; k <= 3; k++) { step[k] = int(3 * rand()) - 1; d[k] = SITE[to, k] + step[k] - SITE[at[i], k] }
        for (k = 1; k <= 3; k++) { x = d[1] * CELL[1, k] + d[2] * CELL[2, k] + d[3] * CELL[3, k]; r2 += x * x }
      } while (r2 > 25 || (to == at[i] && !step[1] && !step[2] && !step[3]))
      at[i] = to; for (k = 1; k <= 3; k++) cell[i, k] += step[k]
      n = number(i)
      printf "%d %d %d %d %d %d %d\n", t * EVERY * 10, ID[i], from, n, image[i, 1] - old[1], image[i, 2] - old[2], image[i, 3] - old[3] > KNOWN
    }
    frame(t * EVERY * 10)
    if (EXTRA) frame(t * EVERY * 10 + 10)
  }
}
