#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-fit train and test from outside: a small fit on shipped frames, limits, bad input.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
fit=$BIN/lisi-fit
failures=0
fail() {
  echo "FAIL: $*" >&2
  failures=$((failures + 1))
}
# expect STATUS PATTERN COMMAND...: exit status, and a pattern in what it prints (both streams; '' matches all)
expect() {
  local status=$1 pattern=$2 out got
  shift 2
  out=$("$@" 2>&1)
  got=$?
  [[ $got == "$status" ]] || fail "exit $got instead of $status: $* : $out"
  grep -q -- "$pattern" <<<"$out" || fail "no '$pattern' in the output of: $* : $out"
}

expect 0 'train' "$fit" --help
expect 0 '^lisi-fit [0-9]' "$fit" --version
expect 2 '' "$fit"
expect 2 'unknown command' "$fit" refit a b
expect 0 'RECIPE' "$fit" train --help
expect 0 'max-energy-rmse' "$fit" test --help
for command in $("$fit" --help | sed -n 's/^  lisi-fit \([a-z]*\) .*/\1/p'); do
  expect 0 "lisi-fit $command" "$fit" "$command" --help
done

cp "$SRC/potentials/data/test.xyz" "$dir/data.xyz"
cat >"$dir/fit.yaml" <<'EOF'
format: lisi-fit 1
elements: [Li, Si]
E0: fit
data: {train: data.xyz, test: data.xyz}
radial: {kind: SBessel, cutoff: 4.5, zbl: [1.5, 0.5]}
basis:
  - {order: 1, nmax: 6}
  - {order: 2, nmax: 3, lmax: 2, degree: 3}
weights: {energy: 10, force: 1, virial: 1, groups: {random: {force: 0.5}}}
prior: {ridge: cv, folds: 3}
EOF
expect 0 'cross-validation' "$fit" train "$dir/fit.yaml" -o "$dir/a.yace"
mkdir "$dir/again"
expect 0 '' "$fit" train "$dir/fit.yaml" -o "$dir/again/a.yace" --quiet
cmp -s "$dir/a.yace" "$dir/again/a.yace" || fail "two runs of one fit differ"
cmp -s "$dir/a.sidecar" "$dir/again/a.sidecar" || fail "two runs of one fit have different sidecars"
grep -q 'sidecar: "a.sidecar"' "$dir/a.yace" || fail "the model does not name its sidecar"
grep -q "sidecar_sha256: \"$(sha256sum <"$dir/a.sidecar" | cut -d' ' -f1)\"" "$dir/a.yace" || fail "the model does not name its sidecar by SHA-256"
expect 0 'active set: [0-9]* of' "$fit" train "$dir/fit.yaml" -o "$dir/odd.name"
[[ -s $dir/odd.name.sidecar ]] || fail "no odd.name.sidecar beside odd.name"
grep -q "data_sha256: \"$(sha256sum <"$dir/data.xyz" | cut -d' ' -f1)\"" "$dir/a.yace" || fail "the model does not name its data by SHA-256"

# The evaluator finds the errors that the linear system had.
"$fit" train "$dir/fit.yaml" -o "$dir/a.yace" | tail -1 >"$dir/of_train"
"$fit" test "$dir/a.yace" "$dir/data.xyz" | tail -1 >"$dir/of_test"
cmp -s "$dir/of_train" "$dir/of_test" || fail "train says $(cat "$dir/of_train"), test says $(cat "$dir/of_test")"
expect 0 '"energy_rmse"' "$fit" test "$dir/a.yace" "$dir/data.xyz" --json
expect 0 '' "$fit" test "$dir/a.yace" "$dir/data.xyz" --max-energy-rmse 1000 --max-force-relative 99
expect 1 'above the limit' "$fit" test "$dir/a.yace" "$dir/data.xyz" --max-energy-rmse 0.001
expect 1 'force-rmse' "$fit" test "$dir/a.yace" "$dir/data.xyz" --max-force-rmse 0.1
expect 2 'expected a number' "$fit" test "$dir/a.yace" "$dir/data.xyz" --max-force-rmse x

# Two densities: the evaluator finds the errors of the fit; the sidecar replaces one that lies there from a linear fit, and its grades are those of the
# linear model of the same functions.
sed -e 's/nmax: 6/nmax: 4/; /order: 2/s/nmax: 3/nmax: 2/; s/ridge: cv/ridge: 0.01/' "$dir/fit.yaml" >"$dir/two.yaml"
echo 'embedding: {kind: FinnisSinclairShiftedScaled, densities: [[1, 1], [1, 0.5]], steps: 3}' >>"$dir/two.yaml"
"$fit" train "$dir/two.yaml" -o "$dir/two.yace" --cv >"$dir/of_two" || fail "two densities: exit $?"
for p in 'non-linear fit: 3 steps' 'non-linear fit without fold 3' 'active set: [0-9]* of' 'cross-validation on the training frames'; do
  grep -q "$p" "$dir/of_two" || fail "two densities: no '$p' in: $(cat "$dir/of_two")"
done
# The function minimised falls, in the fit to all frames and in those without a fold.
awk '/^non-linear fit/ { n++; for (i = 1; i < NF; i++) if ($i == "->" && !($(i + 1) < $(i - 1))) bad = 1 } END { exit bad || n != 4 }' "$dir/of_two" ||
  fail "two densities: $(grep '^non-linear' "$dir/of_two")"
grep -q "sidecar_sha256: \"$(sha256sum <"$dir/two.sidecar" | cut -d' ' -f1)\"" "$dir/two.yace" || fail "two densities: the model does not name its sidecar"
grep -q 'npoti: FinnisSinclairShiftedScaled' "$dir/two.yace" || fail "two densities: the model has another embedding"
grep -q '2 densities' "$dir/two.yace" || fail "two densities: the provenance does not say so"
tail -1 "$dir/of_two" >"$dir/of_train"
"$fit" test "$dir/two.yace" "$dir/data.xyz" | tail -1 >"$dir/of_test"
cmp -s "$dir/of_train" "$dir/of_test" || fail "two densities: train says $(cat "$dir/of_train"), test says $(cat "$dir/of_test")"
cp "$dir/a.sidecar" "$dir/again/two.sidecar"
expect 0 '' "$fit" train "$dir/two.yaml" -o "$dir/again/two.yace" --quiet
cmp -s "$dir/two.yace" "$dir/again/two.yace" || fail "two densities: two runs of one fit differ"
cmp -s "$dir/two.sidecar" "$dir/again/two.sidecar" || fail "two densities: two runs of one fit have different sidecars"
sed '/^embedding/d' "$dir/two.yaml" >"$dir/one.yaml"
"$fit" train "$dir/one.yaml" -o "$dir/one.yace" --quiet || fail "one density: exit $?"
for m in one two; do
  "$fit" select "$dir/$m.yace" "$SRC/potentials/data/properties.xyz" --gamma-min 1.01 --gamma-max 1e9 -n 5 --json >"$dir/$m.json" || fail "select with $m.yace: exit $?"
  grep -o '"gamma": [0-9.e+-]*' "$dir/$m.json" >"$dir/$m.grades" || fail "select with $m.yace: no grades in $(cat "$dir/$m.json")"
done
cmp -s "$dir/one.grades" "$dir/two.grades" || fail "two densities: the grades are not those of the linear model"

# Functions on lines with gamma: no: the grades are those of the model without them. Refined, the model keeps them apart.
sed '/order: 2/a\  - {order: 3, nmax: 2, lmax: 2, degree: 2, gamma: no}' "$dir/one.yaml" >"$dir/part.yaml"
"$fit" train "$dir/part.yaml" -o "$dir/part.yace" >"$dir/of_part" || fail "gamma: no: exit $?"
grep -q '^Li active set: .* functions in gamma' "$dir/of_part" || fail "gamma: no is not told: $(grep active "$dir/of_part")"
cmp -s "$dir/one.yace" "$dir/part.yace" && fail "the line with gamma: no added nothing"
"$fit" select "$dir/part.yace" "$SRC/potentials/data/properties.xyz" --gamma-min 1.01 --gamma-max 1e9 -n 5 --json >"$dir/part.json" || fail "select with part.yace: exit $?"
grep -o '"gamma": [0-9.e+-]*' "$dir/part.json" >"$dir/part.grades"
cmp -s "$dir/one.grades" "$dir/part.grades" || fail "gamma: no: the grades are not those of the model without these functions"
expect 0 '' "$fit" refine "$dir/part.yace" "$dir/data.xyz" -o "$dir/part2.yace" --quiet
"$fit" select "$dir/part2.yace" "$dir/data.xyz" --gamma-min 1.01 --json >"$dir/part2.json" || fail "select with part2.yace: exit $?"
grep -q '"gamma_chosen"' "$dir/part2.json" && fail "refined with gamma: no: $(cat "$dir/part2.json") of the frames that it was refined with"

# What potentials/README.md promises of the shipped models on frames that they have not seen, and that their data are the shipped ones.
shipped=$SRC/potentials
expect 0 '' "$fit" test "$shipped/Li-Si.yace" "$shipped/data/test.xyz" --max-energy-rmse 5 --max-force-relative 10 --max-virial-rmse 45
expect 0 '' "$fit" test "$shipped/Li-Si.yace" "$shipped/data/md_crystals.xyz" --max-energy-rmse 1.5 --max-force-rmse 35
expect 0 '' "$fit" test "$shipped/Li-Si.yace" "$shipped/data/md_disordered.xyz" --max-energy-rmse 6 --max-force-rmse 120
expect 0 '' "$fit" test "$shipped/Li-Si.yace" "$shipped/data/fresh_crystals.xyz" --max-energy-rmse 1.5 --max-force-rmse 35
expect 0 '' "$fit" test "$shipped/Li-Si.yace" "$shipped"/data/{md,fresh}_crystals.xyz --max-energy-rmse 1.5 --max-force-rmse 35
expect 0 '' "$fit" test "$shipped/Li-Si.yace" "$shipped"/data/{md,fresh,third,fourth}_disordered.xyz --max-energy-rmse 6 --max-force-rmse 120
expect 0 '' "$fit" test "$shipped/Li-Si.yace" "$shipped/data/fourth_disordered.xyz" --max-energy-rmse 6 --max-force-rmse 120
expect 0 '' "$fit" test "$shipped/Li-Si-fast.yace" "$shipped/data/md_crystals.xyz" --max-energy-rmse 2.3 --max-force-rmse 53
expect 0 '' "$fit" test "$shipped/Li-Si-fast.yace" "$shipped/data/md_disordered.xyz" --max-energy-rmse 6 --max-force-rmse 120
for model in Li-Si Li-Si-fast; do
  recipe=$shipped/fit${model#Li-Si}.yaml
  sum=$(cd "$shipped" && cat $(sed -n 's/^  train: \[\(.*\)\]/\1/p' "$recipe" | tr -d ,) | sha256sum | cut -d' ' -f1)
  grep -q "data_sha256: \"$sum\"" "$shipped/$model.yace" || fail "$model.yace was made from other data than $recipe says"
done

# Wrong calls and wrong input: exit 2, a message that names the place, and no file.
expect 2 'no_such.yaml' "$fit" train "$dir/no_such.yaml" -o "$dir/c.yace"
expect 2 '-o MODEL' "$fit" train "$dir/fit.yaml"
expect 2 'no_such.yace' "$fit" test "$dir/no_such.yace" "$dir/data.xyz"
expect 2 'no_such.xyz' "$fit" test "$dir/a.yace" "$dir/no_such.xyz"
# recipe SED PATTERN: a changed recipe
recipe() {
  sed -e "$1" "$dir/fit.yaml" >"$dir/bad.yaml"
  expect 2 "$2" "$fit" train "$dir/bad.yaml" -o "$dir/c.yace"
}
recipe 's/lisi-fit 1/lisi-fit 9/' 'bad.yaml:1'
recipe 's/order: 2/ordre: 2/' "bad.yaml:8.*ordre"
recipe 's/SBessel/Gauss/' 'bad.yaml:5.*Gauss'
recipe 's/\[Li, Si\]/[Li, Xq]/' 'Xq'
recipe 's/\[Li, Si\]/[Li]/' 'data.xyz:.*element Si'
recipe 's/zbl: \[1.5, 0.5\]/zbl: [2.6, 0.5]/' 'data.xyz:.*inner cut-off'
recipe 's/train: data.xyz/train: nothing.xyz/' 'nothing.xyz'
recipe 's/E0: fit/E0: {Li: 1}/' 'bad.yaml:3.*E0'
recipe 's/nmax: 6/nmax: 0/' 'nmax'
recipe 's/nmax: 6/nmax: 6, centre: Xq/' 'bad.yaml:.*basis.centre.*Xq'
recipe 's/nmax: 6/nmax: 6, gamma: maybe/' 'bad.yaml:.*basis.gamma: expected yes or no'
recipe 's/nmax: [36]/&, gamma: no/' 'all functions of Li are on lines with gamma: no'
recipe 's/nmax: 6/nmax: 6, elements: Li, centre: Si/' 'bad.yaml:.*basis.centre: Si is not among'
# What a reader of the model would refuse is refused before the fit.
recipe 's/SBessel/ChebPow, lambda: 0.5/' 'bad.yaml:5.*lambda: expected at least 1'
recipe 's/SBessel/ChebExpCos, dcut: 6/' 'bad.yaml:5.*dcut: expected at most the cutoff, 4.5'
recipe 's/zbl:/pairs: {Si-Si: {cutoff: 1.4}}, zbl:/' 'bad.yaml:5.*cutoff: expected more than 1.5'
expect 2 'no_such_folder' "$fit" train "$dir/fit.yaml" -o "$dir/no_such_folder/c.yace"
grep -q . <("$fit" train "$dir/fit.yaml" -o "$dir/no_such_folder/c.yace" 2>/dev/null) && fail "a fit was made for a folder that is not there"
# embedding MAP PATTERN: a changed embedding
embedding() {
  recipe "\$a embedding: $1" "$2"
}
embedding '{kind: Sinclair, densities: [[1, 1], [1, 0.5]]}' 'bad.yaml:11.*embedding/kind.*Sinclair'
embedding '{densities: [[1, 1], [1, 0.5]]}' 'kind'
embedding '{kind: FinnisSinclair}' 'densities'
embedding '{kind: FinnisSinclair, densities: [[1, 1], [1, 2.5]]}' 'bad.yaml:11.*embedding/densities.*exponent <= 2, found \[1, 2.5\]'
embedding '{kind: FinnisSinclair, densities: [[1, 1], [1, 0]]}' 'embedding/densities.*.01 <= exponent'
embedding '{kind: FinnisSinclair, densities: [[1, 1], [1, 0.005]]}' 'embedding/densities.*.01 <= exponent'
embedding '{kind: FinnisSinclair, densities: [[1, 1], [0, 0.5]]}' 'embedding/densities.*weight not 0'
embedding '{kind: FinnisSinclair, densities: [[1, 0.5], [1, 1]]}' 'bad.yaml:11.*embedding/densities: the first density has to be linear'
embedding '{kind: FinnisSinclair, densities: [[2, 1]]}' 'embedding/densities: the first density has to be linear'
embedding '{kind: FinnisSinclair, densities: []}' 'embedding/densities: expected 1 to'
embedding '{kind: FinnisSinclair, densities: [[1, 1], [1]]}' 'embedding/densities'
embedding '{kind: FinnisSinclair, densities: [[1, 1], [1, 0.5]], steps: 0}' 'embedding/steps'
embedding '{kind: FinnisSinclair, densities: [[1, 1], [1, 0.5]], step: 5}' 'bad.yaml:11.*step'
recipe '/order: 1/d; $a embedding: {kind: FinnisSinclair, densities: [[1, 1], [1, 0.5]]}' 'bad.yaml:10.*embedding: .*order 1'
# One frame leaves nothing to hold out.
awk 'NR == 1 { n = $1 + 2 } NR <= n' "$dir/data.xyz" >"$dir/one.xyz"
recipe 's/train: data.xyz/train: one.xyz/' 'ridge: cv) needs at least two training frames, found 1'
# Names in Latin-1 become readable ones in the model.
LC_ALL=C sed 's/config_type=Si /config_type=Gr\xfcn /' "$dir/data.xyz" >"$dir/latin.xyz"
LC_ALL=C grep -q 'config_type=Gr' "$dir/latin.xyz" || fail "no frame of Si in the data"
sed 's/data.xyz/latin.xyz/g' "$dir/fit.yaml" >"$dir/latin.yaml"
expect 0 '' "$fit" train "$dir/latin.yaml" -o "$dir/latin.yace" --quiet
grep -q 'Gr?n' "$dir/latin.yace" || fail "the name in Latin-1 is not in the model"
expect 0 '' "$fit" test "$dir/latin.yace" "$dir/data.xyz"
# data SED PATTERN: changed data
data() {
  sed -e "$1" "$SRC/potentials/data/test.xyz" >"$dir/bad.xyz"
  sed -e 's/data.xyz/bad.xyz/g' "$dir/fit.yaml" >"$dir/bad.yaml"
  expect 2 "$2" "$fit" train "$dir/bad.yaml" -o "$dir/c.yace"
}
data '2s/forces:R:3/other:R:3/' 'bad.xyz:2.*no forces'
data '2s/energy=/nrg=/' 'bad.xyz:2.*no energy'
data '2s/Lattice/Cell/' 'bad.xyz:2.*Lattice'
data '3s/[-0-9.]*$/nan/' 'bad.xyz:3.*nan'
data '3s/[-0-9.]*$//' 'bad.xyz:3.*columns'
data '4d' 'bad.xyz:'
expect 2 "" "$fit" train "$dir/fit.yaml" -o /proc/no/such/folder.yace
ls "$dir" | grep -q 'c\.yace\|c\.sidecar\|tmp' && fail "a failed run left files: $(ls "$dir")"
exit $((failures > 0))
