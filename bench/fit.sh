#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Time and memory of `lisi-fit train` on a large problem,
#     bench/fit.sh [-n frames] [-t threads] [-c folds]
# about 1,600 functions for each of two elements (3,188 columns), by default 250 and then 500 frames of about 60 atoms, five-fold
# cross-validation with `--cv`. The frames are those of potentials/data with 28 to 32 atoms, doubled along a and rattled by up to
# 0.02 Angstrom, with the energies, forces and virials of the original: real enough for time and memory. Prints the seconds on the
# wall and on the processors (what others do on the machine shows in the first alone) and the largest resident memory of each run.
set -euo pipefail
LC_ALL=C
export LC_ALL
src=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
fit=${BIN:-$src/build/bin}/lisi-fit
frames='250 500' threads=2 folds=5
while getopts n:t:c:h option; do
  case $option in
    n) frames=$OPTARG ;;
    t) threads=$OPTARG ;;
    c) folds=$OPTARG ;;
    *) sed -n '4,11p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'; [[ $option == h ]] && exit 0; exit 2 ;;
  esac
done
[[ -x $fit ]] || { echo "fit.sh: no $fit, build first (./setup.sh build) or set BIN" >&2; exit 1; }
tmp=$(mktemp -d "${TMPDIR:-/tmp}/lisi-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

cat >"$tmp/fit.yaml" <<EOF2
format: lisi-fit 1
elements: [Li, Si]
E0: {Li: -201.715539, Si: -102.424584}
data: {train: data.xyz}
radial: {kind: SBessel, cutoff: 5.0, nbase: 16, smooth: [0.25, 0.36, 2], zbl: [1.5, 0.5]}
basis:
  - {order: 1, nmax: 16}
  - {order: 2, nmax: 8, lmax: 10, degree: 10, l_weight: 0.5}
  - {order: 3, nmax: 5, lmax: 4, degree: 5, l_weight: 0.5}
  - {order: 4, nmax: 3, lmax: 4, degree: 3, l_weight: 0.5}
weights: {energy: 60, force: 1, virial: 3, force_scale: 1.0}
prior: {n: 0.5, l: 0.25, order: 1.5, power: 2, ridge: cv, folds: $folds}
EOF2

# data N: so many frames
data() {
  cat "$src"/potentials/data/{train,extra}.xyz | awk -v want="$1" '
    function rattle() { seed = (seed * 1103515245 + 12345) % 2147483648; return 0.04 * (seed / 2147483648 - 0.5) }
    { n = $1; getline head; for (i = 1; i <= n; i++) { getline; line[i] = $0 }
      if (n < 28 || n > 32) next
      size[++m] = n; comment[m] = head; for (i = 1; i <= n; i++) atom[m, i] = line[i] }
    END { seed = 1
      for (k = 0; k < want; k++) {
        f = k % m + 1; head = comment[f]
        match(head, /Lattice="[^"]*"/); split(substr(head, RSTART + 9, RLENGTH - 10), c, " ")
        rest = substr(head, 1, RSTART - 1) substr(head, RSTART + RLENGTH)
        match(rest, /(^| )energy=[^ ]*/); e = substr(rest, RSTART, RLENGTH); sub(/.*=/, "", e)
        rest = substr(rest, 1, RSTART - 1) substr(rest, RSTART + RLENGTH)
        if (match(rest, /virial="[^"]*"/)) {
          nv = split(substr(rest, RSTART + 8, RLENGTH - 9), v, " "); text = ""
          for (j = 1; j <= nv; j++) text = text (j > 1 ? " " : "") sprintf("%.10g", 2 * v[j])
          rest = substr(rest, 1, RSTART - 1) "virial=\"" text "\"" substr(rest, RSTART + RLENGTH)
        }
        printf "%d\nLattice=\"%.10g %.10g %.10g %s %s %s %s %s %s\" energy=%.10f %s\n", 2 * size[f], 2 * c[1], 2 * c[2], 2 * c[3], c[4], c[5], c[6], c[7], c[8], c[9], 2 * e, rest
        for (copy = 0; copy < 2; copy++)
          for (i = 1; i <= size[f]; i++) {
            split(atom[f, i], a, " ")
            printf "%s %.8f %.8f %.8f %s %s %s\n", a[1], a[2] + copy * c[1] + rattle(), a[3] + copy * c[2] + rattle(), a[4] + copy * c[3] + rattle(), a[5], a[6], a[7]
          }
      } }' >"$tmp/data.xyz"
}

export OMP_NUM_THREADS=$threads
for n in $frames; do
  data "$n"
  "$fit" train "$tmp/fit.yaml" -o "$tmp/a.yace" --cv >"$tmp/out" 2>"$tmp/err" &
  pid=$! start=$(date +%s.%N) peak=0 ticks=0
  while kill -0 $pid 2>/dev/null; do # VmHWM is the high-water mark that the system keeps; the last one seen counts
    now=$(awk '/^VmHWM/ { print $2 }' /proc/$pid/status 2>/dev/null) && peak=${now:-$peak}
    now=$(awk '{ print $14 + $15 }' /proc/$pid/stat 2>/dev/null) && ticks=${now:-$ticks}
    sleep 0.05
  done
  wait $pid || { cat "$tmp/err" >&2; exit 1; }
  seconds=$(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }')
  grep -E 'functions by order|active set' "$tmp/out"
  cat "$tmp/err" >&2
  awk '/^all / { last = $0 } END { print "cross-validated: " last }' "$tmp/out"
  awk -v n="$n" -v s="$seconds" -v p="$peak" -v t="$threads" -v c="$ticks" -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%d frames, %d threads: %s s, %.1f s of processor time, %.0f MB\n", n, t, s, c / hz, p / 1024 }'
done
