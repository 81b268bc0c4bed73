#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-fit refine from outside: a base fit and new frames against the joint fit, files, messages.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
fit=$BIN/lisi-fit
failures=0
fail() {
  echo "FAIL: $*" >&2
  failures=$((failures + 1))
}
expect() {
  local status=$1 pattern=$2 out got
  shift 2
  out=$("$@" 2>&1)
  got=$?
  [[ $got == "$status" ]] || fail "exit $got instead of $status: $* : $out"
  grep -q -- "$pattern" <<<"$out" || fail "no '$pattern' in the output of: $* : $out"
}
# part NUMBER: frames 2k + NUMBER of the shipped training data
part() { awk -v want="$1" '{ n = $1; getline head; keep = k++ % 2 == want; if (keep) print n "\n" head; for (i = 0; i < n; i++) { getline; if (keep) print } }' "$SRC/potentials/data/train.xyz"; }
part 0 >"$dir/old.xyz"
part 1 >"$dir/new.xyz"
cat >"$dir/fit.yaml" <<'EOF2'
format: lisi-fit 1
elements: [Li, Si]
E0: {Li: -201.7, Si: -102.4}
data: {train: old.xyz}
radial: {kind: SBessel, cutoff: 4.5, zbl: [1.5, 0.5]}
basis:
  - {order: 1, nmax: 6}
  - {order: 2, nmax: 3, lmax: 2, degree: 3}
weights: {energy: 10, force: 1, virial: 1, force_scale: 1.0, groups: {random: {force: 0.5}}}
prior: {ridge: 1e-6}
EOF2
sed 's/old.xyz/[old.xyz, new.xyz]/' "$dir/fit.yaml" >"$dir/joint.yaml"
"$fit" train "$dir/fit.yaml" -o "$dir/base.yace" --quiet || fail "base"
"$fit" train "$dir/joint.yaml" -o "$dir/joint.yace" --quiet || fail "joint fit"
"$fit" refine "$dir/base.yace" "$dir/new.xyz" -o "$dir/fine.yace" --cv --check "$dir/old.xyz" >"$dir/out" || fail "refine"

# With hardly any prior the refined model is the joint fit: the same errors, to the digits of the table, on old and new frames.
for data in old new; do
  for m in base joint fine; do "$fit" test "$dir/$m.yace" "$dir/$data.xyz" | awk '$1 == "all" { print $4, $6, $9 }' >"$dir/$m.$data"; done
  paste "$dir/fine.$data" "$dir/joint.$data" "$dir/base.$data" | awk '{ for (i = 1; i <= 3; i++) { d = $i - $(i + 3); b = $i - $(i + 6); if (d * d > 0.02 ^ 2) bad = 1; if (b * b > 0.1) moved++ } } END { exit bad || !moved }' ||
    fail "refined: $(cat "$dir/fine.$data"), joint: $(cat "$dir/joint.$data"), base: $(cat "$dir/base.$data")"
done
# The tables are those of the models.
for n in 'new frames, base' 'new frames, refined' 'frames to check, base' 'frames to check, refined'; do
  grep -q "$n model" "$dir/out" || fail "no table '$n model'"
done
grep -q 'cross-validation on the new frames, 5 folds' "$dir/out" || fail "no cross-validation"
found=$(awk '/new frames, refined/ { on = 1 } on && $1 == "all" { print $4, $6, $9; exit }' "$dir/out")
[[ $found == "$(cat "$dir/fine.new")" ]] || fail "refine says $found, test says $(cat "$dir/fine.new")"
found=$(awk '/frames to check, base/ { on = 1 } on && $1 == "all" { print $4, $6, $9; exit }' "$dir/out")
[[ $found == "$(cat "$dir/base.old")" ]] || fail "refine says $found, test says $(cat "$dir/base.old")"
# Weights are those of the base fit: the data of two random packings count less. Without them another model comes out.
sed 's/, groups: {random: {force: 0.5}}//; s/force_scale: 1.0/force_scale: 0/' "$dir/fit.yaml" >"$dir/other.yaml"
"$fit" train "$dir/other.yaml" -o "$dir/other.yace" --quiet && "$fit" refine "$dir/other.yace" "$dir/new.xyz" -o "$dir/other2.yace" --quiet || fail "other weights"
"$fit" test "$dir/other2.yace" "$dir/new.xyz" | awk '$1 == "all" { print $4, $6, $9 }' | cmp -s - "$dir/fine.new" && fail "the weights make no difference"

# Its sidecar is its own, and it can be refined again: in two steps as in one.
part 1 | awk -v want=0 '{ n = $1; getline head; keep = k++ % 2 == want; if (keep) print n "\n" head; for (i = 0; i < n; i++) { getline; if (keep) print } }' >"$dir/n0.xyz"
part 1 | awk -v want=1 '{ n = $1; getline head; keep = k++ % 2 == want; if (keep) print n "\n" head; for (i = 0; i < n; i++) { getline; if (keep) print } }' >"$dir/n1.xyz"
"$fit" refine "$dir/base.yace" "$dir/n0.xyz" -o "$dir/s0.yace" --quiet && "$fit" refine "$dir/s0.yace" "$dir/n1.xyz" -o "$dir/s1.yace" --quiet || fail "two steps"
"$fit" test "$dir/s1.yace" "$dir/new.xyz" | awk '$1 == "all" { print $4, $6, $9 }' >"$dir/s1.new"
paste "$dir/s1.new" "$dir/fine.new" | awk '{ for (i = 1; i <= 3; i++) { d = $i - $(i + 3); if (d * d > 0.02 ^ 2) bad = 1 } } END { exit bad }' || fail "two steps: $(cat "$dir/s1.new"), one: $(cat "$dir/fine.new")"
grep -q "sidecar_sha256: \"$(sha256sum <"$dir/fine.sidecar" | cut -d' ' -f1)\"" "$dir/fine.yace" || fail "the refined model does not name its sidecar"
grep -q 'refined from base.yace' "$dir/fine.yace" || fail "provenance"
grep -q "data_sha256: \"$(sha256sum <"$dir/new.xyz" | cut -d' ' -f1)\"" "$dir/fine.yace" || fail "hash of the new frames"
n=$(grep -c '^[LS]i active set' "$dir/out")
[[ $n == 2 ]] || fail "active sets of $n elements"

# Strength: less forgets more, much keeps the base; cv chooses one of those that it prints.
for s in 1e-3 1e6; do
  "$fit" refine "$dir/base.yace" "$dir/new.xyz" -o "$dir/s$s.yace" --strength $s --quiet || fail "strength $s"
  for data in old new; do "$fit" test "$dir/s$s.yace" "$dir/$data.xyz" | awk '$1 == "all" { print $6 }' >"$dir/s$s.$data"; done
done
awk -v a="$(cat "$dir/s1e-3.new")" -v b="$(cut -d' ' -f2 "$dir/fine.new")" -v c="$(cat "$dir/s1e6.new")" -v d="$(cut -d' ' -f2 "$dir/base.new")" \
  -v e="$(cat "$dir/s1e-3.old")" -v f="$(cut -d' ' -f2 "$dir/fine.old")" 'BEGIN { exit !(a < b && b < c && (c - d) ^ 2 < 0.02 && e > f) }' || fail "strength: $(head "$dir"/s1e*.new "$dir"/s1e*.old)"
"$fit" refine "$dir/base.yace" "$dir/new.xyz" -o "$dir/cv.yace" --strength cv >"$dir/out" || fail "strength cv"
awk '/^strength/ { x = $5 + 0; if (/<-/) best = x; if (!n++ || x < least) least = x } END { exit !(n == 33 && best == least) }' "$dir/out" || fail "strength cv: $(grep '^strength' "$dir/out")"
cp "$dir/fine.yace" "$dir/again.yace"
OMP_NUM_THREADS=3 "$fit" refine "$dir/base.yace" "$dir/new.xyz" -o "$dir/fine.yace" --check "$dir/old.xyz" --quiet || fail "refine, 3 threads"
cmp -s "$dir/again.yace" "$dir/fine.yace" || fail "the refined model depends on the number of threads"
# The learning curve: each number in it is that of a model made by hand from those frames. Kept for the test are frames 3, 6, .. of the new ones.
pick() { awk "{ n = \$1; getline head; keep = $1; k++; if (keep) print n \"\\n\" head; for (i = 0; i < n; i++) { getline; if (keep) print } }" "$dir/short.xyz"; }
awk '{ n = $1; getline head; keep = k++ < 17; if (keep) print n "\n" head; for (i = 0; i < n; i++) { getline; if (keep) print } }' "$dir/new.xyz" >"$dir/short.xyz"
"$fit" refine "$dir/base.yace" "$dir/short.xyz" -o "$dir/curved.yace" --check "$dir/old.xyz" --learning-curve "$dir/curve" >"$dir/out" 2>"$dir/err" || fail "learning curve: $(cat "$dir/err")"
"$fit" refine "$dir/base.yace" "$dir/short.xyz" -o "$dir/plain.yace" --quiet && cmp -s <(sed '/^lisi:/,/^[a-km-z]/d' "$dir/plain.yace") <(sed '/^lisi:/,/^[a-km-z]/d' "$dir/curved.yace") || fail "with --learning-curve another model"
grep -v '^#' "$dir/curve" >"$dir/rows"
[[ $(awk '{ printf "%s ", $1 }' "$dir/rows") == '0 1 2 4 8 12 ' && $(awk '{ printf "%s ", NF }' "$dir/rows") == '14 14 14 14 14 14 ' ]] || fail "learning curve: $(cat "$dir/curve")"
tail -n 9 "$dir/out" | cmp -s - "$dir/curve" || fail "the learning curve that is printed"
[[ $(head -n 2 "$dir/rows" | awk '{ printf "%s ", $7 }') == '- - ' ]] || fail "strength cv of one frame: $(cat "$dir/rows")"
pick 'k % 3 == 2' >"$dir/kept.xyz"
pick 'k % 3 != 2' >"$dir/pool.xyz" # 12; four of these, spread over them, are 3, 6, 9 and 12
awk '{ n = $1; getline head; keep = k++ % 3 == 2; if (keep) print n "\n" head; for (i = 0; i < n; i++) { getline; if (keep) print } }' "$dir/pool.xyz" >"$dir/four.xyz"
sed 's/old.xyz/four.xyz/; s/ridge: 1e-6/ridge: evidence/' "$dir/fit.yaml" >"$dir/scratch.yaml"
"$fit" train "$dir/scratch.yaml" -o "$dir/scratch.yace" --quiet 2>/dev/null && "$fit" refine "$dir/base.yace" "$dir/four.xyz" -o "$dir/four.yace" --quiet && "$fit" refine "$dir/base.yace" "$dir/four.xyz" -o "$dir/fourcv.yace" --strength cv --quiet || fail "four frames"
errors() { for data in kept old; do "$fit" test "$dir/$1.yace" "$dir/$data.xyz" --json | tr '{' '\n' | awk -F '[,:}]' '/"all"/ { for (i = 1; i < NF; i++) { if ($i ~ /energy_rmse/) e = $(i + 1); if ($i ~ /force_relative/) f = $(i + 1) } printf "%.4f %.4f ", 1000 * e, 100 * f }'; done; }
# 0.02: what the digits of the table, and those of coefficients in a file, leave open
same() { awk -v tol=0.02 '{ n = NF / 2; for (i = 1; i <= n; i++) { d = $i - $(i + n); if (!(d * d <= (tol * (1 + $i / 100)) ^ 2)) bad = 1 } } END { exit bad || !n }' <<<"$1 $2"; }
same "$(awk '$1 == 0 { print $3, $4, $5, $6 }' "$dir/rows")" "$(errors base)" || fail "learning curve, base: $(head -n 1 "$dir/rows"), by hand $(errors base)"
same "$(awk '$1 == 4 { $1 = $2 = ""; print }' "$dir/rows")" "$(errors four)$(errors fourcv)$(errors scratch)" || fail "learning curve, four frames: $(cat "$dir/rows"), by hand $(errors four)$(errors fourcv)$(errors scratch)"
[[ $(awk '$1 == 4 { print $2 }' "$dir/rows") == "$(awk '{ n = $1; s += n; for (i = 0; i <= n; i++) getline } END { print s }' "$dir/four.xyz")" ]] || fail "learning curve: atoms"
if command -v gnuplot >/dev/null; then grep -q '<svg' "$dir/curve.svg" || fail "no picture of the learning curve: $(cat "$dir/err")"; else grep -q 'gnuplot did not draw' "$dir/err" || fail "no gnuplot, and not a word on it"; fi
# without frames to check, and with a strength that is chosen, those columns are empty
"$fit" refine "$dir/base.yace" "$dir/short.xyz" -o "$dir/curved.yace" --strength cv --learning-curve "$dir/curve2" --quiet >"$dir/out" 2>/dev/null && [[ ! -s $dir/out ]] || fail "learning curve, --quiet"
[[ $(awk '$1 == 4 { print $3, $4, $5, $6, $7, $8, $9, $10 }' "$dir/curve2") == "- - - - $(awk '$1 == 4 { print $7, $8 }' "$dir/rows") - -" ]] || fail "learning curve with --strength cv: $(cat "$dir/curve2")"

# Pruned functions stay pruned.
sed 's/ridge: 1e-6/kind: ard/' "$dir/fit.yaml" >"$dir/ard.yaml"
"$fit" train "$dir/ard.yaml" -o "$dir/ard.yace" --quiet && "$fit" refine "$dir/ard.yace" "$dir/new.xyz" -o "$dir/ard2.yace" --quiet || fail "refine after ard"
zeros() { sed '/^lisi:/,/^[a-km-z]/d' "$1" | grep -c 'ctildes: \[0\]'; }
[[ $(zeros "$dir/ard.yace") -gt 2 && $(zeros "$dir/ard.yace") == "$(zeros "$dir/ard2.yace")" ]] || fail "pruned: $(zeros "$dir/ard.yace") and $(zeros "$dir/ard2.yace")"

# Wrong calls and wrong input.
rm -f "$dir"/no.*
sed '/sidecar/d' "$dir/base.yace" >"$dir/bare.yace"
expect 2 'bare.yace names no sidecar' "$fit" refine "$dir/bare.yace" "$dir/new.xyz" -o "$dir/no.yace"
mkdir "$dir/alone" && cp "$dir/base.yace" "$dir/alone"
expect 2 'base.sidecar' "$fit" refine "$dir/alone/base.yace" "$dir/new.xyz" -o "$dir/no.yace"
# A sidecar of an older version: the section under a name that nobody knows.
mkdir "$dir/older"
LC_ALL=C sed 's/info\x00\x00\x00\x00/ifno\x00\x00\x00\x00/' "$dir/base.sidecar" >"$dir/older/base.sidecar"
hash=$(sha256sum <"$dir/older/base.sidecar" | cut -d' ' -f1)
sed "s/sidecar_sha256: .*/sidecar_sha256: \"$hash\"/" "$dir/base.yace" >"$dir/older/base.yace"
expect 2 'base.sidecar holds no information of its fit' "$fit" refine "$dir/older/base.yace" "$dir/new.xyz" -o "$dir/no.yace"
echo 'embedding: {kind: FinnisSinclair, densities: [[1, 1], [1, 0.5]], steps: 1}' | cat "$dir/fit.yaml" - >"$dir/two.yaml"
"$fit" train "$dir/two.yaml" -o "$dir/two.yace" --quiet || fail "two densities"
expect 2 'two.yace: a model of several densities cannot be refined' "$fit" refine "$dir/two.yace" "$dir/new.xyz" -o "$dir/no.yace"
"$fit" train "$dir/fit.yaml" -o "$dir/free.yace" --ridge 0 --quiet || fail "ridge 0"
expect 2 'leaves function .* open' "$fit" refine "$dir/free.yace" "$dir/new.xyz" -o "$dir/no.yace"
sed '0,/^Li /s//Na /' "$dir/new.xyz" >"$dir/na.xyz"
expect 2 'na.xyz:.*element Na' "$fit" refine "$dir/base.yace" "$dir/na.xyz" -o "$dir/no.yace"
expect 2 'no_such.xyz' "$fit" refine "$dir/base.yace" "$dir/no_such.xyz" -o "$dir/no.yace"
expect 2 '-o OUT' "$fit" refine "$dir/base.yace" "$dir/new.xyz"
expect 2 'expected a base model' "$fit" refine "$dir/base.yace" -o "$dir/no.yace"
expect 2 'strength' "$fit" refine "$dir/base.yace" "$dir/new.xyz" -o "$dir/no.yace" --strength 0
awk 'NR == 1 { n = $1 } NR <= n + 2' "$dir/new.xyz" >"$dir/one.xyz"
expect 2 'at least two new frames' "$fit" refine "$dir/base.yace" "$dir/one.xyz" -o "$dir/no.yace" --strength cv
expect 2 '--learning-curve keeps every third new frame' "$fit" refine "$dir/base.yace" "$dir/one.xyz" -o "$dir/no.yace" --learning-curve "$dir/no.curve"
expect 0 '1 new frames' "$fit" refine "$dir/base.yace" "$dir/one.xyz" -o "$dir/one.yace"
ls "$dir" | grep -q '^no\.\|tmp' && fail "a failed run left files: $(ls "$dir")"
exit $((failures > 0))
