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
  for data in test md_crystals md_disordered fresh_crystals fresh_disordered third_disordered fourth_disordered; do
    printf '\n== %s on data/%s.xyz\n' "$model" "$data"
    "$FIT" test "$model.yace" "data/$data.xyz"
  done
  printf '\n== %s on all sets of unseen frames\n' "$model"
  for kind in crystals disordered; do
    sets=("data/md_$kind.xyz" "data/fresh_$kind.xyz")
    [[ $kind == disordered ]] && sets+=(data/third_disordered.xyz data/fourth_disordered.xyz)
    "$FIT" test "$model.yace" "${sets[@]}" | sed -n "1,2p; s/^all       /$(printf '%-10s' $kind)/p"
  done | awk '!seen[$0]++'
done
printf '\n== %s\n' "${models[0]}"
"$FIT" train "$recipe" -o "$work/${models[0]}.yace" --cv --learning-curve "$work/curve.dat" >"$work/train.out"
sed -n '/^cross-validation on the training frames/,/^all /p' "$work/train.out"
printf '\n== %s, cross-validation by kind\n' "${models[0]}"
# Roots of mean squares over frames (energy, virial) and atoms (force).
sed -n '/^cross-validation on the training frames/,/^all /p' "$work/train.out" | awk '
  BEGIN { n = split("crystals, MD;hops of lithium in crystals;crystals, others;melts;glasses;of both, 26 Si atoms or more of 42;of both, between;of both, 16 or fewer;random packings;all", order, ";") }
  function add(kind) { frames[kind] += $2; atoms[kind] += $3
    e[kind] += $2 * $4 ^ 2; f[kind] += $3 * $6 ^ 2; w[kind] += $2 * $9 ^ 2 }
  NF != 10 || $2 !~ /^[0-9]+$/ { next }
  $1 == "all" { add("all"); next }
  /^random_/ { add("random packings"); next }
  /^(melt|amorphous)_/ {
    add(/^melt/ ? "melts" : "glasses")
    si = $1 ~ /Si_rich/ ? 42 : $1 ~ /Li_rich/ ? 0 : 21
    if (match($1, /Si[0-9]+$/)) si = substr($1, RSTART + 2)
    add(si >= 26 ? "of both, 26 Si atoms or more of 42" : si <= 16 ? "of both, 16 or fewer" : "of both, between")
    next
  }
  $1 ~ /_hop$/ { add("hops of lithium in crystals"); next }
  $1 ~ /_md$/ { add("crystals, MD"); next }
  { add("crystals, others") }
  END {
    printf "%-36s %6s %6s %16s %11s %16s\n", "RMSE", "frames", "atoms", "energy meV/atom", "force meV/A", "virial meV/atom"
    for (k = 1; k <= n; k++) { x = order[k]; if (frames[x]) printf "%-36s %6d %6d %16.2f %11.1f %16.2f\n", x, frames[x], atoms[x], sqrt(e[x] / frames[x]), sqrt(f[x] / atoms[x]), sqrt(w[x] / frames[x]) }
  }'
printf '\n== %s, learning curve\n' "${models[0]}"
cat "$work/curve.dat"
