#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The pictures of lisi-fit, against the tables, and what test and train say of bad data.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/lib.sh"
fit=$BIN/lisi-fit model=$SRC/potentials/Li-Si.yace xyz=$SRC/potentials/data/test.xyz

# ---- pictures
exits 0 "$fit" test "$model" "$xyz" --plot pic/deep
cp out table
for f in energy.dat force.dat virial.dat histogram.dat parity.gp; do need "pic/deep/$f"; done
# The points have the errors of the table (RMSE and MAE, in its order of columns), and each config_type has its block.
figures() { awk '!/^#/ && NF == 4 && $3 != 0 { n++; s += $3 * $3; a += ($3 < 0 ? -$3 : $3); d = 1000 * ($2 - $1) - $3; if (d * d > 1e-4) bad = 1 }
  END { if (bad) print "columns do not fit"; printf "%.4f %.4f", sqrt(s / n), a / n }' "pic/deep/$1.dat"; }
want=$(awk '$1 == "all" { print $4, $5, $6, $7, $9, $10 }' table)
got="$(figures energy) $(figures force) $(figures virial)"
# The table has two decimals, of forces one.
echo "$got $want" | awk '{ for (k = 1; k <= 6; k++) { d = $k - $(k + 6); if (d < 0) d = -d; if (d > (k == 3 || k == 4 ? 0.0505 : 0.00505)) exit 1 } exit NF != 12 }' ||
  fail "the points have errors of $got, the table says $want"
[[ $(grep -c '^# ' pic/deep/energy.dat) == $(($(grep -c . table) - 2)) ]] || fail "other blocks than config_types"
# The histogram of few numbers holds all of them.
n=$(awk '!/^#/ && NF == 2 { k[block] += $2 } /^# / { block++ } END { print k[2], k[4] }' pic/deep/histogram.dat)
[[ $n == "$(grep -c Lattice "$xyz") $((6 * $(grep -c Lattice "$xyz")))" ]] || fail "the histograms hold $n numbers"
if command -v gnuplot >/dev/null; then
  grep -q '</svg>' pic/deep/parity.svg || fail "no picture"
  grep -q 'Li13Si4_vacancy' pic/deep/parity.svg || fail "a config_type is not in the picture"
  # In the C locale it has no degree sign, which is not used.
  ! grep -v -e iconv -e '^$' pic/deep/gnuplot.log || fail "gnuplot says this"
fi
# Without gnuplot: a warning, the data, and the table as ever.
mkdir nobin
exits 0 env PATH="$tmp/nobin" "$fit" test "$model" "$xyz" --plot nognuplot
says 'gnuplot could not be run'
cmp out table || fail "the table differs"
need nognuplot/parity.gp
[[ ! -e nognuplot/parity.svg ]] || fail "a picture without gnuplot"
# Data without virials; names that gnuplot could take for something else; a folder that cannot be.
sed "s/virial=\"[^\"]*\"//; s/config_type=[^ ]*/config_type=\"it's_{a} \\\\ \`x\`\"/" "$xyz" >odd.xyz
exits 0 "$fit" test "$model" odd.xyz --plot odd
! grep -q gnuplot err || fail "$(cat err; cat odd/gnuplot.log)"
touch file
exits 2 "$fit" test "$model" "$xyz" --plot file/x
# No number where there is none: zero reference forces have no relative error.
awk '/Lattice/ { print; next } NF == 7 { print $1, $2, $3, $4, 0, 0, 0; next } 1' odd.xyz >zero.xyz
exits 0 "$fit" test "$model" zero.xyz
! grep -qi nan out || fail "nan in the table"
awk '$1 == "all" && NF == 10 && $8 == "-" && $9 == "-" { ok = 1 } END { exit !ok }' out || fail "no dashes: $(tail -1 out)"
# train
cat >fit.yaml <<END
format: lisi-fit 1
elements: [Li, Si]
E0: fit
data: {train: $SRC/potentials/data/train.xyz, test: $xyz}
radial: {kind: SBessel, cutoff: 4.5, zbl: [1.5, 0.5]}
basis:
  - {order: 1, nmax: 6}
weights: {energy: 10, force: 1, virial: 1}
prior: {ridge: 0.01}
END
exits 0 "$fit" train fit.yaml -o a.yace --plot fitted
[[ ! -s err ]] || fail "warnings about the shipped data: $(cat err)"
need fitted/train/parity.gp fitted/test/force.dat
exits 0 "$fit" test a.yace "$xyz" --plot again
cmp again/force.dat fitted/test/force.dat || fail "train and test draw other points"

# ---- bad data
# edit ENERGY FORCES: energies (per atom added), forces (factor)
edit() { awk -v e="$1" -v f="$2" 'NF == 1 { n = $1 } /Lattice/ { match($0, / energy=[^ ]*/); v = substr($0, RSTART + 8, RLENGTH - 8)
  print substr($0, 1, RSTART) sprintf("energy=%.8f", v + e * n) substr($0, RSTART + RLENGTH); next }
  NF == 7 { print $1, $2, $3, $4, $5 * f, $6 * f, $7 * f; next } 1' "$SRC/potentials/data/train.xyz"; }
edit 100 1 >shift.xyz
exits 2 "$fit" test "$model" "$SRC/potentials/data/extra.xyz" shift.xyz
says 'different zeros'
# Energies from a zero that is fitted: the picture shows what is left, as the table does.
sed "s|train: [^,]*, test: [^}]*}|train: [$SRC/potentials/data/extra.xyz, {file: shift.xyz, zero: fit}], test: {file: shift.xyz, zero: fit}}|" fit.yaml >zero.yaml
exits 0 "$fit" train zero.yaml -o zero.yace --plot zero
for part in train test; do
  awk -v n="$([[ $part == train ]] && echo 1 || echo 2)" '$1 == "all" && ++k == n { print $4 }' out >want
  awk '!/^#/ && NF == 4 && $3 != 0 { n++; s += $3 * $3 } END { printf "%.2f\n", sqrt(s / n) }' "zero/$part/energy.dat" >got
  awk 'NR == FNR { w = $1; next } { d = $1 - w; if (d < 0) d = -d; exit !(w > 0 && d < 0.011) }' want got ||
    fail "picture of $part with a fitted zero: $(cat got) meV/atom, the table says $(cat want): $(grep -n all out)"
done
edit 0 -1 >sign.xyz
exits 2 "$fit" test "$model" sign.xyz
says 'sign.xyz:2: the forces of this file have the wrong sign'
sed 's|train: [^,]*,|train: sign.xyz,|' fit.yaml >bad.yaml
exits 2 "$fit" train bad.yaml -o b.yace
says 'wrong sign'
[[ ! -e b.yace ]] || fail "a model of bad data"
sed "s|test: [^}]*}|test: $SRC/potentials/data/train.xyz}|" fit.yaml >leak.yaml
exits 0 "$fit" train leak.yaml -o b.yace
says 'this test frame is a training frame as well'
