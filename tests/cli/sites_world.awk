# SPDX-License-Identifier: GPL-2.0-or-later
# A made crystal whose sites are known: sulfur on the places of a face-centred cell of 5 A (2 x 2 x 2 of them), lithium in the
# octahedral voids (4b, 1/2 0 0) with a share P of its time in the tetrahedral ones (8c, 1/4 1/4 1/4), which are interstitial sites.
# Gaussian noise, a drift, positions wrapped into the box, a breathing box with NPT=1.
#   -v FRAMES=200 -v FIRST=0 -v P=0.1 -v SEED=1 -v ELEMENT=1 (else types 1 Li, 2 S) -v DIFFUSE=A (host atoms wander) -v LI_ONLY=1
BEGIN {
  if (FRAMES == "") FRAMES = 200
  if (P == "") P = 0.1
  srand(SEED == "" ? 1 : SEED)
  a = 5; L = 2 * a; nh = no = nt = 0
  for (x = 0; x < 2; x++) for (y = 0; y < 2; y++) for (z = 0; z < 2; z++) {
    for (k = 0; k < 4; k++) {
      sx = x + (k == 2 || k == 3) / 2; sy = y + (k == 1 || k == 3) / 2; sz = z + (k == 1 || k == 2) / 2
      hx[nh] = sx; hy[nh] = sy; hz[nh++] = sz
      ox[no] = sx + 0.5; oy[no] = sy; oz[no++] = sz
      for (s = -1; s <= 1; s += 2) { tx[nt] = sx + s / 4; ty[nt] = sy + 0.25; tz[nt++] = sz + 0.25 }
    }
  }
  for (t = FIRST + 0; t < FIRST + FRAMES; t++) {
    scale = NPT ? 1 + 0.01 * sin(t) : 1
    n = (LI_ONLY ? 0 : nh) + no
    printf "ITEM: TIMESTEP\n%d\nITEM: NUMBER OF ATOMS\n%d\nITEM: BOX BOUNDS pp pp pp\n", 10 * t, n
    for (k = 0; k < 3; k++) printf "%.10g %.10g\n", -0.5 * L * (scale - 1), L + 0.5 * L * (scale - 1)
    print "ITEM: ATOMS id", (ELEMENT ? "element" : "type"), "xs ys zs"
    id = 0
    dx = 0.003 * t; dy = -0.002 * t; dz = 0.001 * t
    if (!LI_ONLY) for (i = 0; i < nh; i++) {
      if (DIFFUSE) { wx[i] += DIFFUSE * g() / L; wy[i] += DIFFUSE * g() / L; wz[i] += DIFFUSE * g() / L }
      out(2, hx[i] / 2 + wx[i], hy[i] / 2 + wy[i], hz[i] / 2 + wz[i], 0.1)
    }
    for (i = 0; i < no; i++) {
      if (rand() < P) { k = int(rand() * nt); out(1, tx[k] / 2, ty[k] / 2, tz[k] / 2, 0.2) }
      else out(1, ox[i] / 2, oy[i] / 2, oz[i] / 2, 0.2)
    }
  }
}
function g() { return sqrt(-2 * log(1 - rand())) * cos(6.283185307179586 * rand()) }
function wrap(f) { f -= int(f); return f < 0 ? f + 1 : f }
function out(type, x, y, z, noise) {
  printf "%d %s %.7f %.7f %.7f\n", ++id, (ELEMENT ? (type == 1 ? "Li" : "S") : type), wrap(x + dx + noise * g() / L), wrap(y + dy + noise * g() / L), wrap(z + dz + noise * g() / L)
}
