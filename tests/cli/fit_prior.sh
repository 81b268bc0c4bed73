#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-fit train from outside: evidence, relevance determination, folds by config_type, energy zeros, the learning curve, threads, a
# full disk.
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
cp "$SRC/potentials/data/test.xyz" "$dir/data.xyz"
cat >"$dir/fit.yaml" <<'EOF2'
format: lisi-fit 1
elements: [Li, Si]
E0: {Li: -201.7, Si: -102.4}
data: {train: data.xyz}
radial: {kind: SBessel, cutoff: 4.5, zbl: [1.5, 0.5]}
basis:
  - {order: 1, nmax: 6}
  - {order: 2, nmax: 3, lmax: 2, degree: 3}
weights: {energy: 10, force: 1, virial: 1}
prior: {ridge: cv, folds: 3}
EOF2
# recipe NAME SED
recipe() { sed -e "$2" "$dir/fit.yaml" >"$dir/$1.yaml"; }
# functions MODEL: the numbers that a model computes with
functions() { sed '/^lisi:/,/^[a-km-z]/d' "$1"; }

# Any number of threads gives the same files.
for t in 1 3; do
  mkdir "$dir/t$t"
  OMP_NUM_THREADS=$t "$fit" train "$dir/fit.yaml" -o "$dir/t$t/a.yace" --cv >"$dir/t$t/out" || fail "train with $t threads"
done
cmp -s "$dir/t1/a.yace" "$dir/t3/a.yace" || fail "the model depends on the number of threads"
cmp -s "$dir/t1/a.sidecar" "$dir/t3/a.sidecar" || fail "the sidecar depends on the number of threads"

# Evidence: of the strengths that are printed the one with the arrow has the largest.
recipe evidence 's/ridge: cv/ridge: evidence/'
"$fit" train "$dir/evidence.yaml" -o "$dir/e.yace" >"$dir/out" || fail "evidence"
awk '/log evidence/ { x = $5 + 0; if (/<-/) best = x; else if (!n++ || x > most) most = x } END { exit !(n == 25 && best >= most) }' "$dir/out" ||
  fail "evidence: $(grep evidence "$dir/out")"
expect 0 'log evidence' "$fit" train "$dir/fit.yaml" -o "$dir/e2.yace" --ridge evidence
cmp -s <(functions "$dir/e.yace") <(functions "$dir/e2.yace") || fail "--ridge evidence is not that of the recipe"
recipe bad 's/ridge: cv/ridge: evidenz/'
expect 2 'bad.yaml:10.*evidenz' "$fit" train "$dir/bad.yaml" -o "$dir/no.yace"
recipe bad 's/ridge: cv/kind: lasso/'
expect 2 'bad.yaml:10.*lasso' "$fit" train "$dir/bad.yaml" -o "$dir/no.yace"
expect 2 'ridge: expected a number' "$fit" train "$dir/fit.yaml" -o "$dir/no.yace" --ridge -1

# Relevance determination: functions fall out, the model has zeros for them.
recipe ard 's/ridge: cv/kind: ard/'
"$fit" train "$dir/ard.yaml" -o "$dir/ard.yace" --cv >"$dir/out" || fail "ard"
kept=$(sed -n 's/^relevance determination.*: \([0-9]*\) of 74 functions left.*/\1/p' "$dir/out")
[[ -n $kept && $kept -lt 60 && $kept -gt 10 ]] || fail "ard: '$kept' functions left"
grep -q 'cross-validation on' "$dir/out" || fail "ard: no cross-validation"
grep -q 'not converged' "$dir/out" && fail "ard: did not converge"
grep -q "$kept of 74 functions by relevance" "$dir/ard.yace" || fail "ard: provenance"
recipe bad 's/ridge: cv/kind: ard, ridge: 0/'
expect 2 'bad.yaml:10.*ard' "$fit" train "$dir/bad.yaml" -o "$dir/no.yace"

# One fold for each config_type: each group's cross-validation is by a fit without it, as a fit to the other frames shows.
recipe group 's/folds: 3/folds: group/'
"$fit" train "$dir/group.yaml" -o "$dir/g.yace" --ridge 0.01 --cv >"$dir/out" || fail "folds: group"
grep -q '9 folds, each of them a config_type' "$dir/out" || fail "folds: group: $(grep folds "$dir/out")"
recipe only 's/train: data.xyz/train: only.xyz/'
awk '{ n = $1; getline head; keep = head !~ /config_type=Si /; if (keep) print n "\n" head; for (i = 0; i < n; i++) { getline; if (keep) print } }' "$dir/data.xyz" >"$dir/only.xyz"
awk '{ n = $1; getline head; keep = head ~ /config_type=Si /; if (keep) print n "\n" head; for (i = 0; i < n; i++) { getline; if (keep) print } }' "$dir/data.xyz" >"$dir/si.xyz"
[[ -s $dir/si.xyz ]] || fail "no frame of Si"
"$fit" train "$dir/only.yaml" -o "$dir/only.yace" --ridge 0.01 --quiet || fail "without Si"
# (s_b of the prior are over all frames in one and over the others in the other: a per cent or so)
want=$("$fit" test "$dir/only.yace" "$dir/si.xyz" | awk '$1 == "Si" { print $6 }')
found=$(awk '/^cross-validation/ { on = 1 } on && $1 == "Si" { print $6; exit }' "$dir/out")
awk -v a="$want" -v b="$found" 'BEGIN { exit !(a > 0 && (a - b) ^ 2 < (0.1 * a) ^ 2) }' || fail "folds: group: force RMSE of Si $found, without Si $want"
recipe bad 's/train: data.xyz/train: si.xyz/; s/folds: 3/folds: group/'
expect 2 'two config_types' "$fit" train "$dir/bad.yaml" -o "$dir/no.yace"

# Energy zeros: constants for each element on the energies of a set change nothing of the model.
awk -v want=0 '{ n = $1; getline head; keep = k++ % 2 == want; if (keep) print n "\n" head; for (i = 0; i < n; i++) { getline; if (keep) print } }' "$dir/data.xyz" >"$dir/one.xyz"
awk -v want=1 '{ n = $1; getline head; keep = k++ % 2 == want; if (keep) print n "\n" head; for (i = 0; i < n; i++) { getline; if (keep) print } }' "$dir/data.xyz" >"$dir/two.xyz"
awk '{ n = $1; getline head; li = 0; for (i = 1; i <= n; i++) { getline line[i]; li += line[i] ~ /^Li/ }
  match(head, /energy=[^ ]*/); e = substr(head, RSTART + 7, RLENGTH - 7) + 3.25 * li - 7.5 * (n - li)
  print n; printf "%senergy=%.8f%s\n", substr(head, 1, RSTART - 1), e, substr(head, RSTART + RLENGTH)
  for (i = 1; i <= n; i++) print line[i] }' "$dir/two.xyz" >"$dir/moved.xyz"
recipe zero 's/train: data.xyz/train: [one.xyz, {file: two.xyz, zero: fit}]/'
recipe moved 's/train: data.xyz/train: [one.xyz, {file: moved.xyz, zero: fit}], test: {file: moved.xyz, zero: fit}/'
"$fit" train "$dir/zero.yaml" -o "$dir/zero.yace" --ridge 0.001 --cv >"$dir/zero.out" || fail "zero: fit"
"$fit" train "$dir/moved.yaml" -o "$dir/moved.yace" --ridge 0.001 --cv >"$dir/moved.out" || fail "zero: fit, moved"
zeros() { sed -n 's/^energy zero of .*(fitted): Li \(.*\) Si \(.*\) eV.*/\1 \2/p' "$1"; }
awk -v a="$(zeros "$dir/zero.out")" -v b="$(zeros "$dir/moved.out")" 'BEGIN { split(a, x, " "); split(b, y, " ")
  exit !((y[1] - x[1] - 3.25) ^ 2 < 1e-10 && (y[2] - x[2] + 7.5) ^ 2 < 1e-10) }' || fail "energy zeros: $(zeros "$dir/zero.out") and $(zeros "$dir/moved.out")"
numbers() { functions "$1" | grep -o 'ctildes: \[[^]]*' | tr -c '0-9.eE+-' '\n' | awk 'NF && /[0-9]/'; }
paste <(numbers "$dir/zero.yace") <(numbers "$dir/moved.yace") | awk '{ d = $1 - $2; d = d < 0 ? -d : d; m = $1 < 0 ? -$1 : $1; if (d > worst) worst = d; if (m > big) big = m } END { exit !(NR > 50 && worst < 1e-8 * big) }' ||
  fail "the energies' zero is part of the model"
for t in zero moved; do sed -n '/^cross-validation/,/^all/p' "$dir/$t.out" >"$dir/$t.cv"; done
cmp -s "$dir/zero.cv" "$dir/moved.cv" || fail "the errors of cross-validation depend on the energies' zero"
[[ $(awk '/^all/ { print $4 }' "$dir/moved.out" | tail -1 | cut -d. -f1) -lt 100 ]] || fail "the test set's energy zero is not taken out"
grep -q 'energy_zeros' "$dir/moved.yace" || fail "the energy zeros are not kept"
recipe bad 's/train: data.xyz/train: {file: data.xyz, zero: none}/'
expect 2 'bad.yaml:4.*zero.*none' "$fit" train "$dir/bad.yaml" -o "$dir/no.yace"
recipe bad 's/train: data.xyz/train: {fil: data.xyz}/'
expect 2 'bad.yaml:4.*fil' "$fit" train "$dir/bad.yaml" -o "$dir/no.yace"
# frames of one composition leave one of the two numbers open
awk '{ n = $1; getline head; keep = n == 32 && head ~ /config_type=LiSi /; if (keep) print n "\n" head; for (i = 0; i < n; i++) { getline; if (keep) print } }' "$dir/data.xyz" >"$dir/same.xyz"
[[ -s $dir/same.xyz ]] || fail "no frames of one composition"
recipe open 's/train: data.xyz/train: [data.xyz, {file: same.xyz, zero: fit}]/'
expect 0 'determine 1 of the 2' "$fit" train "$dir/open.yaml" -o "$dir/open.yace" --ridge 0.001

# The learning curve: its last line is the whole fit.
"$fit" train "$dir/fit.yaml" -o "$dir/a.yace" --cv --learning-curve "$dir/curve" >"$dir/out" 2>"$dir/err" || fail "learning curve"
[[ $(grep -vc '^#' "$dir/curve") -ge 1 && -s $dir/curve.gp ]] || fail "learning curve: $(cat "$dir/curve")"
awk '/^1 / { print $2 " " $11 }' "$dir/curve" >"$dir/last"
[[ $(cut -d' ' -f1 "$dir/last") == 11 ]] || fail "learning curve: the last line has not all frames"
want=$(awk '/training frames, ridge/ { on = 1 } on && $1 == "all" { print $6; exit }' "$dir/out")
[[ $(cut -d' ' -f2 "$dir/last") == "$want" ]] || fail "learning curve: force error $(cat "$dir/last"), the fit has $want"
if command -v gnuplot >/dev/null; then [[ -s $dir/curve.svg ]] || fail "learning curve: no picture"; fi

# A disk that is full while the second file is written leaves both old ones: here a limit on the size of a file that the sidecar keeps
# and the model does not.
recipe long 's/nmax: 6/nmax: 2/; s/nmax: 3, lmax: 2, degree: 3/nmax: 1, lmax: 1/'
mkdir "$dir/full"
"$fit" train "$dir/long.yaml" -o "$dir/full/m.yace" --ridge 0.1 --quiet || fail "small fit"
cp -r "$dir/full" "$dir/before"
limit=$((($(stat -c %s "$dir/full/m.sidecar") + 1023) / 1024))
((limit * 1024 < $(stat -c %s "$dir/full/m.yace"))) || fail "full disk: the sidecar is not the smaller file"
(trap '' XFSZ && ulimit -f "$limit" && "$fit" train "$dir/long.yaml" -o "$dir/full/m.yace" --ridge 0.2 --quiet 2>"$dir/err")
[[ $? == 1 ]] || fail "full disk: exit status"
grep -q 'm.yace: writing failed' "$dir/err" || fail "full disk: $(cat "$dir/err")"
diff -r "$dir/full" "$dir/before" || fail "full disk: files were changed or left"
exit $((failures > 0))
