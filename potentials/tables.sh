#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tables of errors in README.md: each shipped model on frames that it has not seen, and of the first one the cross-validation and the learning curve.
#     potentials/tables.sh [MODEL ...]      default: Li-Si Li-Si-fast; some minutes
set -euo pipefail
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
FIT=${FIT:-$here/../build/bin/lisi-fit}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$here"
models=("$@")
(($#)) || models=(Li-Si Li-Si-fast)
recipe=fit${models[0]#Li-Si}.yaml
for model in "${models[@]}"; do
  for data in test md_crystals md_disordered fresh_crystals fresh_disordered third_disordered; do
    printf '\n== %s on data/%s.xyz\n' "$model" "$data"
    "$FIT" test "$model.yace" "data/$data.xyz"
  done
  printf '\n== %s on all sets of unseen frames\n' "$model"
  for kind in crystals disordered; do
    sets=("data/md_$kind.xyz" "data/fresh_$kind.xyz")
    [[ $kind == disordered ]] && sets+=(data/third_disordered.xyz)
    "$FIT" test "$model.yace" "${sets[@]}" | sed -n "1,2p; s/^all       /$(printf '%-10s' $kind)/p"
  done | awk '!seen[$0]++'
done
printf '\n== %s\n' "${models[0]}"
"$FIT" train "$recipe" -o "$work/${models[0]}.yace" --cv --learning-curve "$work/curve.dat" >"$work/train.out"
sed -n '/^cross-validation on the training frames/,/^all /p' "$work/train.out"
printf '\n== %s, learning curve\n' "${models[0]}"
cat "$work/curve.dat"
