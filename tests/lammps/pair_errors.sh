# SPDX-License-Identifier: GPL-2.0-or-later
# What is wrong is refused, with a message that says what.
. "$(dirname "$0")/lib.sh"
yace=${YACE:-$SRC/tests/data/ace_small.yace}
need "$LMP" "$yace"
crystal LiSi-NaTl >c.xyz
rattled c.xyz 0.1 3 >c.data
try() { # NAME UNITS PAIR-LINES: writes NAME.in
  printf 'units %s\natom_style atomic\nread_data c.data\n%s\nrun 0\n' "$2" "$3" >"$1.in"
}
style='pair_style mlff/lisi'
try real real "$style
pair_coeff * * $yace Li Si"
refuses "needs units metal" -in real.in
try newton metal "$style
pair_coeff * * $yace Li Si"
sed -i '1i newton off' newton.in
refuses "needs newton pair on" -in newton.in
try arguments metal "$style product"
refuses "takes no arguments, found: product" -in arguments.in
try types metal "$style
pair_coeff 1 2 $yace Li Si"
refuses "must start with * *" -in types.in
try nofile metal "$style
pair_coeff * *"
refuses "expected pair_coeff * * FILE" -in nofile.in
try few metal "$style
pair_coeff * * $yace Li"
refuses "names 1 elements, but there are 2 atom types" -in few.in
try element metal "$style
pair_coeff * * $yace Li Xx"
refuses "has no element Xx (for atom type 2)" -in element.in
try null metal "$style
pair_coeff * * $yace NULL NULL"
refuses "NULL for every atom type" -in null.in
try nocoeff metal "$style"
refuses "All pair coeffs are not set" -in nocoeff.in
try missing metal "$style
pair_coeff * * no/such/file.yace Li Si"
refuses "no/such/file.yace" -in missing.in
head -c $(($(wc -c <"$yace") * 2 / 3)) "$yace" >cut.yace
try cut metal "$style
pair_coeff * * cut.yace Li Si"
refuses "cut.yace" -in cut.in
printf 'PK\003\004\000\377garbage' >garbage.yace
try garbage metal "$style
pair_coeff * * garbage.yace Li Si"
refuses "garbage.yace" -in garbage.in
mkdir folder.yace
try folder metal "$style
pair_coeff * * folder.yace Li Si"
refuses "folder.yace" -in folder.in

# On several ranks the same messages, and nobody left waiting for the others.
for name in missing cut element; do
  status=0
  timeout 120 $MPIRUN -np 2 "$LMP" -log none -in $name.in >run.out 2>&1 || status=$?
  [[ $status != 0 && $status != 124 ]] || fail "$name on 2 ranks: exit status $status"
  grep -q 'ERROR.*mlff/lisi' run.out || fail "$name on 2 ranks: no message"
done
pass "bad input is refused with a message, on one rank and on two"
