#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What fine-tuning buys on the data of this folder,
#     potentials/refine.sh [-f PREFIX]
# The base model is the recipe fit.yaml on all training frames but those whose config_type begins with PREFIX (default LiSi: crystals,
# vacancies, interstitials and MD of LiSi). Of the frames left out, in the order of the files, every third is kept for the test and the
# others come in, 1, 2, 4, .. of them: by `lisi-fit refine` with strength 1 and with --strength cv, and by a fit from scratch to these frames alone. Printed are RMSE of energies
# (meV/atom) and forces (per cent of the RMS force) on the test frames of that kind, and on the frames of test.xyz of other kinds.
set -euo pipefail
LC_ALL=C
export LC_ALL
src=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
fit=${BIN:-$src/build/bin}/lisi-fit
prefix=LiSi
while getopts f:h option; do
  case $option in
    f) prefix=$OPTARG ;;
    *) sed -n '4,9p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'; [[ $option == h ]] && exit 0; exit 2 ;;
  esac
done
[[ -x $fit ]] || { echo "refine.sh: no $fit, build first (./setup.sh build) or set BIN" >&2; exit 1; }
tmp=$(mktemp -d "${TMPDIR:-/tmp}/lisi-refine.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
data=$src/potentials/data

# frames CONDITION: those frames of stdin for which it holds; k counts all, m those of the kind, from 0
frames() {
  awk -v prefix="$prefix" "BEGIN { m = -1 } { n = \$1; getline head; match(head, /config_type=[^ ]*/); kind = index(substr(head, RSTART + 12), prefix) == 1
    m += kind; keep = $1; if (keep) print n \"\\n\" head; for (i = 0; i < n; i++) { getline; if (keep) print } }"
}
cat "$data"/{train,extra}.xyz | frames '!kind' >"$tmp/old.xyz"
frames '!kind' <"$data/test.xyz" >"$tmp/old-test.xyz"
cat "$data"/{train,extra,test}.xyz | frames 'kind && m % 3 == 2' >"$tmp/test.xyz"
cat "$data"/{train,extra,test}.xyz | frames 'kind && m % 3 != 2' >"$tmp/all.xyz"
count() { awk '{ n = $1; for (i = 0; i <= n; i++) getline; m++ } END { print m + 0 }' "$1"; }
have=$(count "$tmp/all.xyz")
((have > 0)) || { echo "refine.sh: no frames of config_type $prefix.." >&2; exit 1; }
recipe() { # FILE RIDGE NAME
  awk -v file="$1" '/^data:/ { print "data: {train: " file "}"; skip = 1; next } /^[^ ]/ { skip = 0 } !skip' "$src/potentials/fit.yaml" | sed "s/ridge: cv/ridge: $2/" >"$tmp/$3.yaml"
}
errors() { "$fit" test "$1" "$2" --json | tr '{' '\n' | awk -F '[,:}]' '/"all"/ { for (i = 1; i < NF; i++) { if ($i ~ /energy_rmse/) e = $(i + 1); if ($i ~ /force_relative/) f = $(i + 1) } printf "%6.2f %5.1f%%", 1000 * e, 100 * f }'; }

recipe old.xyz cv base
"$fit" train "$tmp/base.yaml" -o "$tmp/base.yace" --quiet
echo "base: $(count "$tmp/old.xyz") frames without $prefix..; test: $(count "$tmp/test.xyz") frames of $prefix.., $(count "$tmp/old-test.xyz") of other kinds"
row() { printf '%-4s | %-14s %-14s | %-14s %-14s | %-14s %-14s\n' "$@"; }
row new "refined: $prefix.." others 'strength cv' others 'from scratch' others
row 0 "$(errors "$tmp/base.yace" "$tmp/test.xyz")" "$(errors "$tmp/base.yace" "$tmp/old-test.xyz")" '' '' '' ''
for ((n = 1; n / 2 < have; n *= 2)); do
  m=$((n < have ? n : have))
  # spread over what there is, so that each kind comes early
  awk -v m=$m -v have="$have" '{ n = $1; getline head; keep = int((k + 1) * m / have) > int(k * m / have); k++; if (keep) print n "\n" head; for (i = 0; i < n; i++) { getline; if (keep) print } }' "$tmp/all.xyz" >"$tmp/new.xyz"
  "$fit" refine "$tmp/base.yace" "$tmp/new.xyz" -o "$tmp/fine.yace" --quiet 2>/dev/null
  recipe new.xyz evidence scratch
  "$fit" train "$tmp/scratch.yaml" -o "$tmp/scratch.yace" --quiet 2>/dev/null
  with_cv=('' '')
  if ((m > 1)); then
    "$fit" refine "$tmp/base.yace" "$tmp/new.xyz" -o "$tmp/cv.yace" --strength cv --quiet 2>/dev/null
    with_cv=("$(errors "$tmp/cv.yace" "$tmp/test.xyz")" "$(errors "$tmp/cv.yace" "$tmp/old-test.xyz")")
  fi
  row $m "$(errors "$tmp/fine.yace" "$tmp/test.xyz")" "$(errors "$tmp/fine.yace" "$tmp/old-test.xyz")" "${with_cv[@]}" \
    "$(errors "$tmp/scratch.yace" "$tmp/test.xyz")" "$(errors "$tmp/scratch.yace" "$tmp/old-test.xyz")"
done
