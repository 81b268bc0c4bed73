#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tables of README.md that need no structures from elsewhere: both potentials on all test frames, the cross-validation and the learning curve of
# Li-Si.yace, and its properties against the reference method. Some minutes.
#     potentials/tables.sh
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root/potentials"
fit=${FIT:-$root/build/bin/lisi-fit}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for model in Li-Si Li-Si-fast; do
  for set in test md_crystals md_disordered; do
    printf '\n== %s.yace, data/%s.xyz\n' "$model" "$set"
    "$fit" test "$model.yace" "data/$set.xyz"
  done
done
printf '\n== fit.yaml: cross-validation and learning curve\n'
"$fit" train fit.yaml -o "$work/m.yace" --cv --learning-curve "$work/curve.txt"
cat "$work/curve.txt"
printf '\n== Li-Si.yace, data/properties.xyz\n'
./properties.sh
