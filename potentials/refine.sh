#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What fine-tuning buys on the data of this folder,
#     potentials/refine.sh [-f PREFIX]
# The base model is the recipe fit-fast.yaml with one density (a linear model) on all training frames but those whose config_type begins with PREFIX (default LiSi: crystals,
# vacancies, interstitials and MD of LiSi). The frames left out are the new ones of `lisi-fit refine --learning-curve`, the frames of test.xyz of
# other kinds those to check; printed is its table.
set -euo pipefail
LC_ALL=C
export LC_ALL
src=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
fit=${BIN:-$src/build/bin}/lisi-fit
prefix=LiSi
while getopts f:h option; do
  case $option in
    f) prefix=$OPTARG ;;
    *) sed -n '4,8p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'; [[ $option == h ]] && exit 0; exit 2 ;;
  esac
done
[[ -x $fit ]] || { echo "refine.sh: no $fit, build first (./setup.sh build) or set BIN" >&2; exit 1; }
tmp=$(mktemp -d "${TMPDIR:-/tmp}/lisi-refine.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
data=$src/potentials/data

# frames CONDITION: those frames of stdin for which it holds
frames() {
  awk -v prefix="$prefix" "{ n = \$1; getline head; match(head, /config_type=[^ ]*/); kind = index(substr(head, RSTART + 12), prefix) == 1
    keep = $1; if (keep) print n \"\\n\" head; for (i = 0; i < n; i++) { getline; if (keep) print } }"
}
cat "$data"/{train,extra,md,active}.xyz | frames '!kind' >"$tmp/old.xyz"
frames '!kind' <"$data/test.xyz" >"$tmp/old-test.xyz"
cat "$data"/{train,extra,md,active,test}.xyz | frames 'kind' >"$tmp/new.xyz"
[[ -s $tmp/new.xyz ]] || { echo "refine.sh: no frames of config_type $prefix.." >&2; exit 1; }
awk -v file=old.xyz '/^data:/ { print "data: {train: " file "}"; skip = 1; next } /^embedding:/ { skip = 1; next } /^[^ ]/ { skip = 0 } !skip' \
  "$src/potentials/fit-fast.yaml" >"$tmp/base.yaml"
"$fit" train "$tmp/base.yaml" -o "$tmp/base.yace" --quiet
echo "base: $(grep -c Lattice "$tmp/old.xyz") frames without $prefix..; new: $(grep -c Lattice "$tmp/new.xyz"); to check: $(grep -c Lattice "$tmp/old-test.xyz") of other kinds"
"$fit" refine "$tmp/base.yace" "$tmp/new.xyz" -o "$tmp/fine.yace" --check "$tmp/old-test.xyz" --learning-curve "$tmp/curve" --quiet
cat "$tmp/curve"
