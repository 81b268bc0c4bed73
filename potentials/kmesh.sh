#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the k-mesh of the reference is worth: frames of data/kmesh.xyz (meshes of 18 Angstrom: k points times the length of the cell, each axis) against the
# same structures with denser meshes in data/md_crystals.xyz, data/md_disordered.xyz and data/properties.xyz.
#     potentials/kmesh.sh      a second
set -euo pipefail
LC_ALL=C
export LC_ALL
cd "$(dirname "${BASH_SOURCE[0]}")/data"
awk '
  function text(key,   s) { if (!match($0, key "=(\"[^\"]*\"|[^ ]*)")) return ""; s = substr($0, RSTART + length(key) + 1, RLENGTH - length(key) - 1); gsub(/"/, "", s); return s }
  left == 0 { n = $1; left = n + 1; next }
  left == n + 1 { # a structure is known by its cell and its first atom
    split(text("Lattice"), h, " "); for (k = 1; k <= 9; k++) cell = (k > 1 ? cell : "") sprintf(" %.5f", h[k])
    type = text("config_type"); e = text("energy"); w = text("virial"); mesh = text("kpoints"); left--; next
  }
  left == n {
    key = cell sprintf(" %.4f %.4f %.4f", $2, $3, $4); coarse = FILENAME == "kmesh.xyz"
    if (coarse) { order[++frames] = key; E[key] = e; W[key] = w; M[key] = mesh; N[key] = n; T[key] = type }
    else if (key in E && mesh != M[key]) {
      dense[key] = mesh; dE[key] = (e - E[key]) / n; split(w, a, " "); split(W[key], b, " ")
      for (k = 1; k <= 9; k++) v[key] += ((a[k] - b[k]) / n) ^ 2 / 9
    }
  }
  coarse { for (k = 5; k <= 7; k++) F[key, left, k] = $k }
  !coarse && key in E && mesh != M[key] { for (k = 5; k <= 7; k++) f[key] += ($k - F[key, left, k]) ^ 2 }
  { left-- }
  END {
    printf "%-15s %6s %7s %7s %18s %12s %16s\n", "config_type", "atoms", "mesh", "denser", "energy meV/atom", "force meV/A", "virial meV/atom"
    for (i = 1; i <= frames; i++) {
      k = order[i]
      if (!(k in dense)) { print "kmesh.sh: " T[k] " has no denser one" >"/dev/stderr"; exit 1 }
      printf "%-15s %6d %7s %7s %18.2f %12.1f %16.1f\n", T[k], N[k], M[k], dense[k], -1000 * dE[k], 1000 * sqrt(f[k] / (3 * N[k])), 1000 * sqrt(v[k])
    }
  }' kmesh.xyz md_crystals.xyz md_disordered.xyz properties.xyz
