# SPDX-License-Identifier: GPL-2.0-or-later
# The argyrodite example on the published trajectory, where it is at hand: six lithium in each cage, T5 before T2 before T4, empty T1 and T3,
# jumps within the cages at the distances of the crystal, and next to none between cages.
. "$(dirname "$0")/lib.sh"
data=${DATA:-$SRC/../shared/data}/argyrodite/li6ps5cl.lammpstrj.gz
need "$BIN/lisi-msm"
exits 77 "$SRC/examples/argyrodite/run.sh" missing.gz out
says "there is no missing.gz"
[[ -f $data ]] || skip "there is no $data (examples/argyrodite/README.md tells where it comes from)"

exits 0 "$SRC/examples/argyrodite/run.sh" "$data" results
# value FILE LABEL KEY: of an orbit in jumps.yaml
value() { awk -v label="$2" -v key="$3:" '/^orbits:/ { on = 1 } /^[a-z]/ && !/^orbits:/ { on = 0 } on && $2 == "label:" { here = $3 == label } on && here && $1 == key { print $2; exit }' "results/$1/jumps.yaml"; }
# holds WHAT EXPRESSION
holds() { awk "BEGIN { exit !($2) }" || fail "$1: $2"; }
x=$(value cages cage occupancy)
holds "six lithium in each cage" "$x > 6 - 1e-9 && $x < 6 + 1e-9"
holds "nobody leaves a cage for good" "$(value cages cage departures) == 0"
holds "and what is known then" "$(value cages cage residence_lower_bound) > 890 && $(value cages cage residence_lower_bound) < 900"
a=$(value tetrahedra T5 atoms) b=$(value tetrahedra T2 atoms) c=$(value tetrahedra T4 atoms)
holds "T5 before T2 before T4" "$a > $b && $b > $c && $c > 10"
holds "T1 and T3 are empty" "$(value tetrahedra T1 atoms) == 0 && $(value tetrahedra T3 atoms) == 0"
holds "all lithium is somewhere" "$a + $b + $c > 190.5 && $a + $b + $c < 192.001"
holds "errors are given" "$(value tetrahedra T5 atoms_error) > 0 && $(value tetrahedra T5 residence_error) > 0"
# by distance: doublets 1.93 A (to another cage), within the cage 2.28, 2.97 and 3.75 A
awk '/^jumps_by_pair:/ { on = 1 } /^transition_matrix:/ { on = 0 } on && $1 == "distance:" { d = $2 } on && $1 == "count:" { printf "%.2f %d\n", d, $2 }' results/48h/jumps.yaml >classes
grep -q '^2.28 ' classes && grep -q '^2.97 ' classes && grep -q '^3.75 ' classes || fail "the distances within a cage: $(tr '\n' ';' <classes)"
awk '{ n += $2; if ($1 == "1.93") doublet = $2; if ($1 == "2.28") near = $2 } END { exit !(near > 0.5 * n && doublet <= 10) }' classes || fail "jumps by distance: $(tr '\n' ';' <classes)"
holds "48h: residence" "$(value 48h T5 residence) > 1 && $(value 48h T5 residence) < 4"
