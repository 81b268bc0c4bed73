#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tables of errors in README.md: each shipped model on frames that it has not seen, cross-validation, and the learning curve.
#     potentials/tables.sh [MODEL ...]      default: Li-Si; a minute or two, most of it for the learning curve of the first
set -euo pipefail
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
FIT=${FIT:-$here/../build/bin/lisi-fit}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$here"
models=("$@")
(($#)) || models=(Li-Si)
recipe() { if [[ $1 == Li-Si ]]; then echo fit.yaml; else echo "fit${1#Li-Si}.yaml"; fi; }
for model in "${models[@]}"; do
  for data in test md_crystals md_disordered; do
    printf '\n== %s on data/%s.xyz\n' "$model" "$data"
    "$FIT" test "$model.yace" "data/$data.xyz"
  done
  printf '\n== %s\n' "$model"
  "$FIT" train "$(recipe "$model")" -o "$work/$model.yace" --cv >"$work/train.out"
  sed -n '/^cross-validation on the training frames/,/^all /p' "$work/train.out"
done
printf '\n== %s, learning curve\n' "${models[0]}"
"$FIT" train "$(recipe "${models[0]}")" -o "$work/curve.yace" --learning-curve "$work/curve.dat" --quiet >/dev/null
cat "$work/curve.dat"
