#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The model against the reference method on what was not fitted: equations of state, formation energies, and energies along paths of a hopping lithium,
#     potentials/properties.sh [MODEL.yace [FRAMES.xyz]]      default: Li-Si.yace and data/properties.xyz
# FRAMES holds single points of the reference: config_type eos_PHASE at several volumes (atoms relaxed beforehand at each), and path_PHASE, images along a
# path in order. Model and reference are compared at the same positions. From energies against volume (Birch-Murnaghan, third order: a cubic in
# V^(-2/3)) come V0 and the bulk modulus B; from these V0 and the formation energies. Lengths of the cell: the reference's are those at which its stress would vanish,
# by its stress at the frame of smallest pressure and the model's elastic constants, relaxed atoms (finite strains of 0.5 %); the model's likewise.
set -euo pipefail
LC_ALL=C
export LC_ALL
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
model=$(realpath "${1:-$root/potentials/Li-Si.yace}") frames=$(realpath "${2:-$root/potentials/data/properties.xyz}")
LMP=${LMP:-$root/build/bin/lmp}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
awk '
  left == 0 {
    n = $1; left = n + 1; k++; id = nli = 0; out = "f" k ".data"
    next
  }
  left == n + 1 {
    split(substr($0, index($0, "Lattice=\"") + 9), h, /[ "]/)
    if (h[2] != 0 || h[3] != 0 || h[6] != 0) { print "properties.sh: cell of frame " k " is not lower triangular" >"/dev/stderr"; exit 1 }
    printf "x\n\n%d atoms\n2 atom types\n\n0 %.15g xlo xhi\n0 %.15g ylo yhi\n0 %.15g zlo zhi\n%.15g %.15g %.15g xy xz yz\n\nMasses\n\n1 6.94\n2 28.085\n\nAtoms # atomic\n\n",
      n, h[1], h[5], h[9], h[4], h[7], h[8] >out
    match($0, / energy=[^ ]*/); e = substr($0, RSTART + 8, RLENGTH - 8)
    match($0, /config_type=[^ ]*/); type = substr($0, RSTART + 12, RLENGTH - 12)
    split(substr($0, index($0, "virial=\"") + 8), w, /[ "]/)
    v = h[1] * h[5] * h[9]
  }
  left <= n { nli += $1 == "Li"; print ++id, $1 == "Li" ? 1 : 2, $2, $3, $4 >out }
  { left--; if (left == 0) { close(out); printf "%d %s %d %d %.10f %.8f %.6f %.6f %.6f\n", k, type, n, nli, v, e, w[1] / v * 1602176.634, w[5] / v * 1602176.634, w[9] / v * 1602176.634 } }' "$frames" >reference
cat >in.points <<'IN'
variable        k loop ${frames}
label           next
clear
units           metal
box             tilt large
read_data       f${k}.data
pair_style      mlff/lisi
pair_coeff      * * ${model} Li Si
run             0
print           "${k} $(pe:%.8f) $(pxx:%.6f) $(pyy:%.6f) $(pzz:%.6f)" append model
next            k
jump            SELF next
IN
# elastic constants of the normal strains with relaxed atoms, and the lengths at which the stress of the model vanishes
cat >in.elastic <<'IN'
units           metal
box             tilt large
read_data       f${k}.data
pair_style      mlff/lisi
pair_coeff      * * ${model} Li Si
min_style       cg
variable        p1 equal pxx
variable        p2 equal pyy
variable        p3 equal pzz
variable        axis index x y z
label           next
change_box      all ${axis} scale 1.005 remap
minimize        0 1e-6 2000 10000
print           "${axis} + $(v_p1) $(v_p2) $(v_p3)" append elastic
change_box      all ${axis} scale $(0.995/1.005) remap
minimize        0 1e-6 2000 10000
print           "${axis} - $(v_p1) $(v_p2) $(v_p3)" append elastic
change_box      all ${axis} scale $(1/0.995) remap
next            axis
jump            SELF next
IN
lmp() { "$LMP" -log none "$@" >run.out 2>&1 || { tail -n 5 run.out >&2; exit 1; }; }
lmp -in in.points -var frames "$(wc -l <reference)" -var model "$model"
paste -d ' ' reference model >all
# strains that would make each stress vanish, at the frame of smallest pressure of each phase
awk '$2 ~ /^eos_/ { p = $7 + $8 + $9; if (p < 0) p = -p; if (!($2 in best) || p < best[$2]) { best[$2] = p; k[$2] = $1 } } END { for (t in k) print t, k[t] }' all | sort >nearest
while read -r type k; do
  rm -f elastic
  lmp -in in.elastic -var k "$k" -var model "$model"
  awk -v type="$type" -v k="$k" '
    NR == FNR { j = index("xyz", $1); for (i = 1; i <= 3; i++) if ($2 == "+") up[j, i] = $(i + 2); else down[j, i] = $(i + 2); next }
    $1 == k {
      for (j = 1; j <= 3; j++) { for (i = 1; i <= 3; i++) m[i, j] = (up[j, i] - down[j, i]) / 0.01; m[j, 4] = -$(6 + j); m[j, 5] = -$(11 + j) }
      for (c = 1; c <= 3; c++) # Gauss, the matrix is diagonally dominant
        for (r = 1; r <= 3; r++) if (r != c) { f = m[r, c] / m[c, c]; for (q = c; q <= 5; q++) m[r, q] -= f * m[c, q] }
      printf "%s", type; for (j = 1; j <= 3; j++) printf " %.6f %.6f", m[j, 4] / m[j, j], m[j, 5] / m[j, j]; print "" }' elastic all >>strains
done <nearest

awk '
  FILENAME == "strains" { for (i = 1; i <= 3; i++) { refstrain[$1, i] = $(2 * i); modstrain[$1, i] = $(2 * i + 1) }; next }
  function solve(n, m,   c, r, q, f, p, t) { # Gauss with pivots; the solution ends in m[r, n + 1]
    for (c = 1; c <= n; c++) {
      p = c; for (r = c + 1; r <= n; r++) if (m[r, c] ^ 2 > m[p, c] ^ 2) p = r
      for (q = 1; q <= n + 1; q++) { t = m[c, q]; m[c, q] = m[p, q]; m[p, q] = t }
      for (r = 1; r <= n; r++) if (r != c) { f = m[r, c] / m[c, c]; for (q = c; q <= n + 1; q++) m[r, q] -= f * m[c, q] }
    }
    for (r = 1; r <= n; r++) m[r, n + 1] /= m[r, r]
  }
  # volumes vol[t, 1..cnt], energies en[which, t, ..]: minimum and curvature; 3 points take a parabola in V^(-2/3), more a cubic
  function eos(which, t,   n, i, j, k, x, xi, m, a, lo, hi, mid, d, d2, v) {
    n = cnt[t] > 3 ? 4 : 3
    for (i = 1; i <= n; i++) for (j = 1; j <= n + 1; j++) m[i, j] = 0
    for (k = 1; k <= cnt[t]; k++) {
      x = (vol[t, k] / vol[t, 1]) ^ (-2 / 3) - 1
      for (i = 1; i <= n; i++) { for (j = 1; j <= n; j++) m[i, j] += x ^ (i - 1) * x ^ (j - 1); m[i, n + 1] += x ^ (i - 1) * (en[which, t, k] - en[which, t, 1]) }
    }
    solve(n, m)
    for (i = 1; i <= 4; i++) a[i] = i <= n ? m[i, n + 1] : 0
    x = 0
    for (k = 0; k < 50; k++) x -= (a[2] + 2 * a[3] * x + 3 * a[4] * x * x) / (2 * a[3] + 6 * a[4] * x)
    v = vol[t, 1] * (1 + x) ^ (-1.5)
    V0[which, t] = v
    E0[which, t] = en[which, t, 1] + a[1] + a[2] * x + a[3] * x * x + a[4] * x ^ 3
    # d2E/dV2 at the minimum = E"(x) (dx/dV)^2, dx/dV = -2/3 (1 + x)/V; B = V d2E/dV2, eV/A^3 to GPa
    B[which, t] = v * (2 * a[3] + 6 * a[4] * x) * (2 / 3 * (1 + x) / v) ^ 2 * 160.2176634
  }
  { t = $2; if (!(t in cnt)) order[++types] = t; k = ++cnt[t]; natoms[t] = $3; nli[t] = $4; vol[t, k] = $5; en["r", t, k] = $6; en["m", t, k] = $11 }
  END {
    if (cnt["eos_Li"] < 3 || cnt["eos_Si"] < 3) { print "properties.sh: formation energies need three volumes or more of eos_Li and eos_Si" >"/dev/stderr"; exit 1 }
    for (i = 1; i <= types; i++) if (order[i] ~ /^eos_/ && cnt[order[i]] >= 3) { eos("r", order[i]); eos("m", order[i]) }
    printf "%-9s %9s %9s | %7s | %-23s | %9s %7s %7s | %9s %9s %7s\n", "", "V0 A^3/at", "", "length", "lengths by stress, %", "B GPa", "", "", "E_f meV/at", "", ""
    printf "%-9s %9s %9s | %7s | %7s %7s %7s | %9s %7s %7s | %9s %9s %7s\n", "phase", "reference", "model", "%", "a", "b", "c", "reference", "model", "%", "reference", "model", "differ"
    for (i = 1; i <= types; i++) {
      t = order[i]
      if (!(("r", t) in V0)) continue
      x = nli[t] / natoms[t]
      for (w = 1; w <= 2; w++) { q = w == 1 ? "r" : "m"; ef[q] = 1000 * (E0[q, t] / natoms[t] - x * E0[q, "eos_Li"] / natoms["eos_Li"] - (1 - x) * E0[q, "eos_Si"] / natoms["eos_Si"]) }
      printf "%-9s %9.3f %9.3f | %7.2f | ", substr(t, 5), V0["r", t] / natoms[t], V0["m", t] / natoms[t], 100 * ((V0["m", t] / V0["r", t]) ^ (1 / 3) - 1)
      for (j = 1; j <= 3; j++) printf "%7.2f ", 100 * (modstrain[t, j] - refstrain[t, j])
      printf "| %9.1f %7.1f %7.1f | %9.1f %9.1f %7.1f\n", B["r", t], B["m", t], 100 * (B["m", t] / B["r", t] - 1), ef["r"], ef["m"], ef["m"] - ef["r"]
    }
    print "\npath           energies of the images against the first, meV: reference, model, difference"
    for (i = 1; i <= types; i++) {
      t = order[i]
      if (t !~ /^path_/) continue
      for (w = 1; w <= 3; w++) {
        printf "%-14s", w == 1 ? substr(t, 6) : ""
        for (k = 1; k <= cnt[t]; k++) { r = 1000 * (en["r", t, k] - en["r", t, 1]); m = 1000 * (en["m", t, k] - en["m", t, 1]); printf " %8.1f", w == 1 ? r : w == 2 ? m : m - r }
        print ""
      }
    }
  }' strains all
