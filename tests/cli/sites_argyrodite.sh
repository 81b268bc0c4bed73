# SPDX-License-Identifier: GPL-2.0-or-later
# AIMD of Li6PS5Cl (bjmorgan/data_argyrodite_disorder): 14 ps, 192 Li. The cell, F-43m, and the lithium that its analyses describe: 48h
# close to (0.18 0.18 -0.02) in tetrahedra of two PS4 sulfurs, one free sulfur and one chlorine (T5), a second 48h in tetrahedra beside
# PS4 (T2), and 16e (T4). In this set the anions are exchanged: sulfur on 4a, chlorine on 4d.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
dump=$DATA/argyrodite/li6ps5cl.lammpstrj.gz
[[ -n $DATA && -f $dump ]] || skip "no AIMD of the argyrodite (shared data folder)"
exits 0 "$BIN/lisi-msm" sites "$dump" -o a.yaml --json
[[ $(json space_group) == '"F-43m"' && $(json replicate) == '[2, 2, 2]' && $(json framework_atoms) == 28 && $(json broken_operations) == 0 ]] ||
  fail "cell: $(json space_group) $(json replicate)"
[[ $(grep -c '"label"' out) == 3 ]] || fail "expected three kinds of sites: $(grep '"label"' out | tr -d '\n')"
[[ $(json wyckoff 1) == '"48h"' && $(json wyckoff 2) == '"48h"' && $(json wyckoff 3) == '"16e"' ]] || fail "Wyckoff positions"
# 48 n1 + 48 n2 + 16 n3 is all the lithium of a cell
awk -v a="$(json occupancy 1)" -v b="$(json occupancy 2)" -v c="$(json occupancy 3)" 'BEGIN { d = 48 * (a + b) + 16 * c - 24; exit !(d < 1e-6 && d > -1e-6) }' ||
  fail "the occupancies do not add up to 24 Li"
for k in 1 2 3; do
  awk -v o="$(json occupancy $k)" -v e="$(json occupancy_error $k)" 'BEGIN { exit !(o > 0.1 && o < 0.35 && e > 0.0005 && e < 0.01) }' || fail "occupancy $k: $(json occupancy $k) +- $(json occupancy_error $k)"
done
first=($(numbers frac 1 | head -n 3))
awk -v x="${first[0]}" -v y="${first[1]}" -v z="${first[2]}" 'BEGIN { d = x - y; exit !(d < 1e-6 && d > -1e-6 && x > 0.16 && x < 0.19 && z > 0.97 && z < 0.98) }' ||
  fail "48h at ${first[*]}, expected x x z near 0.17 0.17 -0.02"
shell() { json nearest_framework "$1" | grep -oE '"(S|Cl|P)"' | tr -d '"\n' | grep -oE 'S|Cl|P' | sort | tr '\n' ' '; }
[[ $(shell 1) == 'Cl S S S ' && $(shell 2) == 'Cl S S S ' && $(shell 3) == 'S S S S ' ]] || fail "tetrahedra: $(shell 1), $(shell 2), $(shell 3)"
exits 0 "$BIN/lisi-msm" assign "$dump" --sites a.yaml --dt 0.1 -o a.jumps --json
(($(json jumps) > 500)) || fail "assign: $(json jumps) jumps"
