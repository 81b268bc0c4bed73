# SPDX-License-Identifier: GPL-2.0-or-later
# Atom types and elements need not match one to one: several types of one element, elements that no type uses, any order.
. "$(dirname "$0")/lib.sh"
yace=${YACE:-$SRC/tests/data/ace_small.yace}
need "$LMP" "$yace"
crystal LiSi-NaTl >c.xyz
rattled c.xyz 0.3 21 >two.data
# retype TYPES RULE: the same atoms with types by an awk expression in i (number of the atom) and t (1 Li, 2 Si)
retype() {
  awk -v n="$1" '/atom types/ { print n, "atom types"; next }
    /^Masses/ { print "Masses\n"; for (k = 1; k <= n; k++) print k, 10 + k; print ""; skip = 1; next }
    /^Atoms/ { skip = 0; inside = 1 } skip { next }
    inside && NF == 5 { i = $1; t = $2; $2 = '"$2"' } { print }' two.data
}
cat >types.in <<'IN'
units           metal
atom_style      atomic
read_data       ${data}
replicate       2 1 1
pair_style      mlff/lisi
pair_coeff      * * ${yace} ${names}
compute         e all pe/atom pair
compute         s all stress/atom NULL pair
dump            d all custom 1 ${out}.dump id fx fy fz c_e c_s[1] c_s[2] c_s[3] c_s[4] c_s[5] c_s[6]
dump_modify     d sort id format float %.17g
run             0
IN
evaluate() { lmp -var data "$1" -var names "$2" -var out "$3" -var yace "$yace" -in types.in; }
same() { # A B NAME: to the last bit
  grep -v '^ITEM: BOX' "$1.dump" >a
  grep -v '^ITEM: BOX' "$2.dump" >b
  cmp a b || fail "$3"
  pass "$3"
}
evaluate two.data "Li Si" two
retype 5 't + 2 * (i % 2)' >five.data
evaluate five.data "Li Si Li Si Li" five
same five two "five types, two elements"
retype 2 '3 - t' >swapped.data
evaluate swapped.data "Si Li" swapped
same swapped two "elements in another order than in the file"
retype 1 1 >si1.data
retype 2 2 >si2.data
evaluate si1.data Si si1
evaluate si2.data "Li Si" si2
same si1 si2 "one type, a file with two elements"
evaluate si2.data "Si Si" si3
same si3 si2 "both types are the second element"
cmp -s si2.dump two.dump && fail "Si in place of Li changes nothing"

# in hybrid, types beyond the elements as well
retype 4 '1 + (i % 2) + 2 * (t == 2)' >four.data
sed 's|^pair_style.*|pair_style hybrid/overlay mlff/lisi|; s|^pair_coeff.*|pair_coeff * * mlff/lisi ${yace} ${names}|' types.in >hybrid.in
lmp -var data four.data -var names "Li Li Si Si" -var out four -var yace "$yace" -in hybrid.in
same four two "hybrid/overlay, four types"
# two force fields at once: the first for all, the second for Li alone
sed 's|^pair_style.*|pair_style hybrid/overlay mlff/lisi mlff/lisi|; s|^pair_coeff.*|pair_coeff * * mlff/lisi 1 ${yace} Li Si|' types.in |
  sed '/^pair_coeff/a pair_coeff * * mlff/lisi 2 ${yace} Li Si' >twice.in
lmp -var data two.data -var names - -var out twice -var yace "$yace" -in twice.in
table twice.dump fx fy fz | awk '{ print $1 / 2, $2 / 2, $3 / 2 }' CONVFMT=%.17g OFMT=%.17g >a
table two.dump fx fy fz >b
close a b 1e-14 "the same force field twice in one hybrid"
