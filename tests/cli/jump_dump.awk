# SPDX-License-Identifier: GPL-2.0-or-later
# A trajectory whose jumps are known. Lithium sits near sites, and now and then hops to a neighbouring one; the framework sits at its
# references; all of it may drift, and the box may breathe. No input; variables:
#   frames every seed nx ny nz    style (xi x xsi xs xu xsu)    tri breathe drift shuffle transit blips (0 or 1)    element timed (0 or 1)
#   left (0 or 1): records tell the last sample in the old site, as core mode and dwell do
#   dump sites jumps states       the files to write: the dump, the site file, the records that a log must hold, and every atom's site by step
# transit: a hop takes two frames, the first of them half-way; mode = sphere tells that stay as "no site" (core: nothing).
# blips: visits to a neighbour that last one frame, which dwell 2 must not see.
function random() { x = (x * 16807) % 2147483647; return x / 2147483647 }
function pick(n) { return int(n * random()) }
function mod(a, n,   r) { r = a % n; return r < 0 ? r + n : r }
function floor(a,   i) { i = int(a); return i > a ? i - 1 : i }
function number(s, c0, c1, c2) { return s + 2 * (mod(c0, n[0]) + n[0] * (mod(c1, n[1]) + n[1] * mod(c2, n[2]))) }
function max2(a, b) { return a > b ? a : b }
function min2(a, b) { return a < b ? a : b }
function image(c, k) { return floor(c / n[k]) }
BEGIN {
  x = seed + 12345; n[0] = nx; n[1] = ny; n[2] = nz; natoms = 7
  cell["0,0"] = 4.0; cell["1,1"] = 4.4; cell["2,2"] = 3.8
  if (tri) { cell["1,0"] = 1.1; cell["2,0"] = -0.9; cell["2,1"] = 1.3 }
  # the site file: two sites, and a framework without a translation that maps it onto itself
  at["1,0"] = 0.25; at["1,1"] = 0.25; at["1,2"] = 0.25; at["2,0"] = 0.75; at["2,1"] = 0.75; at["2,2"] = 0.75
  nref = 3; split("0 0 0 0.5 0.45 0.1 0.1 0.5 0.55", ref, " ")
  print "format: lisi-sites 1\ncell:" > sites
  for (i = 0; i < 3; i++) printf "  - [%.10g, %.10g, %.10g]\n", cell[i ",0"], cell[i ",1"], cell[i ",2"] > sites
  print "framework:" > sites
  for (k = 0; k < nref; k++) printf "  - {species: Si, frac: [%s, %s, %s]}\n", ref[3 * k + 1], ref[3 * k + 2], ref[3 * k + 3] > sites
  print "sites:\n  - {type: 1, label: A, frac: [0.25, 0.25, 0.25]}\n  - {type: 2, label: B, frac: [0.75, 0.75, 0.75]}" > sites

  for (i = 0; i < natoms; i++) { s[i] = 1 + i % 2; for (k = 0; k < 3; k++) c[i "," k] = (i * 5 + k) % n[k]; since[i] = 0; back[i] = -1; going[i] = 0 }
  for (f = 0; f < frames; f++) {
    step = f * every
    # ---- where everybody is
    for (i = 0; i < natoms; i++) {
      half[i] = 0; was = s[i]; for (k = 0; k < 3; k++) old[k] = c[i "," k]
      hop = 0
      if (back[i] == f) { s[i] = bs[i]; for (k = 0; k < 3; k++) c[i "," k] = bc[i "," k]; back[i] = -1; since[i] = f }
      else if (going[i]) { hop = 2; going[i] = 0 }
      else if (f > 0 && f < frames - 4 && f - since[i] > 2 && random() < 0.3) hop = 1
      if (hop == 1) { # to one of the eight neighbours
        ts[i] = 3 - s[i]; for (k = 0; k < 3; k++) tc[i "," k] = c[i "," k] + (s[i] == 1 ? -pick(2) : pick(2))
        if (transit) { half[i] = 1; going[i] = 1; hop = 3 }
        else if (blips && random() < 0.4) { back[i] = f + 1; bs[i] = s[i]; for (k = 0; k < 3; k++) bc[i "," k] = c[i "," k]; hop = 4 }
      }
      if (hop == 1 || hop == 2 || hop == 4) { s[i] = ts[i]; for (k = 0; k < 3; k++) c[i "," k] = tc[i "," k]; since[i] = f }
      to = number(s[i], c[i ",0"], c[i ",1"], c[i ",2"])
      if (f == 0) printf "%d %d 0 %d %d %d %d\n", step, i + 1, to, image(c[i ",0"], 0), image(c[i ",1"], 1), image(c[i ",2"], 2) > jumps
      if (hop == 3 && mode == "sphere") printf "%d %d %d 0 0 0 0\n", step, i + 1, number(was, old[0], old[1], old[2]) > jumps
      if (hop == 1 || hop == 2) {
        printf "%d %d %d %d", step, i + 1, hop == 2 && mode == "sphere" ? 0 : number(was, old[0], old[1], old[2]), to > jumps
        for (k = 0; k < 3; k++) printf " %d", image(c[i "," k], k) - image(old[k], k) > jumps
        if (left) printf " %d", step - hop * every > jumps
        printf "\n" > jumps
        count++
      }
      printf "%d %d %d %d %d %d\n", step, i + 1, to, image(c[i ",0"], 0), image(c[i ",1"], 1), image(c[i ",2"], 2) > states
    }
    # ---- the box
    for (k = 0; k < 3; k++) { scale[k] = breathe ? 1 + 0.02 * sin(0.3 * f + k) : 1; lo[k] = breathe ? -0.5 * k - 0.1 * f : 0 }
    for (i = 0; i < 3; i++) for (k = 0; k < 3; k++) H[i "," k] = n[i] * cell[i "," k] * scale[k]
    if (timed) printf "ITEM: TIME\n%.10g\n", step * 0.002 > dump
    printf "ITEM: TIMESTEP\n%d\nITEM: NUMBER OF ATOMS\n%d\n", step, natoms + nref * nx * ny * nz > dump
    if (tri) {
      xy = H["1,0"]; xz = H["2,0"]; yz = H["2,1"]
      print "ITEM: BOX BOUNDS xy xz yz pp pp pp" > dump
      printf "%.15g %.15g %.15g\n", lo[0] + min2(min2(0, xy), min2(xz, xy + xz)), lo[0] + H["0,0"] + max2(max2(0, xy), max2(xz, xy + xz)), xy > dump
      printf "%.15g %.15g %.15g\n%.15g %.15g %.15g\n", lo[1] + min2(0, yz), lo[1] + H["1,1"] + max2(0, yz), xz, lo[2], lo[2] + H["2,2"], yz > dump
    } else {
      print "ITEM: BOX BOUNDS pp pp pp" > dump
      for (k = 0; k < 3; k++) printf "%.15g %.15g\n", lo[k], lo[k] + H[k "," k] > dump
    }
    # ---- positions, in fractions of the box
    total = 0
    for (i = 0; i < natoms; i++) {
      for (k = 0; k < 3; k++) {
        p = at[s[i] "," k] + c[i "," k]
        if (half[i]) p = 0.5 * (p + at[ts[i] "," k] + tc[i "," k])
        P[total "," k] = (p + (half[i] ? 0 : 0.1 * (random() - 0.5))) / n[k]
      }
      type[total] = 1; id[total++] = i + 1
    }
    for (a = 0; a < n[0]; a++) for (b = 0; b < n[1]; b++) for (d = 0; d < n[2]; d++) for (r = 0; r < nref; r++) {
      cc[0] = a; cc[1] = b; cc[2] = d
      for (k = 0; k < 3; k++) P[total "," k] = (cc[k] + ref[3 * r + k + 1] + 0.05 * (random() - 0.5)) / n[k]
      type[total] = 2; id[total] = total + 1; total++
    }
    columns = style ~ /^xsu/ ? "xsu ysu zsu" : style ~ /^xu/ ? "xu yu zu" : style ~ /^xs/ ? "xs ys zs" : "x y z"
    print "ITEM: ATOMS id " (element ? "element" : "type") " " columns (style ~ /i$/ ? " ix iy iz" : "") > dump
    for (m = 0; m < total; m++) {
      j = shuffle ? (7 * m + 3 * f) % total : m
      if (shuffle && total % 7 == 0) j = (m + f) % total
      for (k = 0; k < 3; k++) {
        F[k] = P[j "," k] + (drift ? (0.013 + 0.011 * f) * (k + 1) / 3 : 0); I[k] = floor(F[k])
        if (style !~ /u$/) F[k] -= I[k]
      }
      for (k = 0; k < 3; k++) X[k] = style ~ /^xs/ ? F[k] : lo[k] + F[0] * H["0," k] + F[1] * H["1," k] + F[2] * H["2," k]
      printf "%d %s %.15g %.15g %.15g", id[j], element ? (type[j] == 1 ? "Li" : "Si") : type[j], X[0], X[1], X[2] > dump
      if (style ~ /i$/) printf " %d %d %d", I[0], I[1], I[2] > dump
      printf "\n" > dump
    }
  }
  print count + 0
}
