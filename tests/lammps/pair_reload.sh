# SPDX-License-Identifier: GPL-2.0-or-later
# The style again and again in one LAMMPS: pair_coeff anew, pair_style anew, another file, clear, the plugin unloaded and
# loaded; energies are those of a fresh start. And boxes that hold no atom at all.
. "$(dirname "$0")/lib.sh"
yace=${YACE:-$SRC/tests/data/ace_small.yace} other=$SRC/potentials/Li-Si.yace
need "$LMP" "$yace" "$other" "$LIB/lisiplugin.so"
crystal LiSi-NaTl >c.xyz
rattled c.xyz 0.3 3 >c.data
for f in yace other; do
  printf 'include %s\nrun 0\nprint "$(pe:%%.17g) $(fcm(all,x):%%.17g) $(press:%%.17g)" file %s.fresh\n' "$SRC/tests/lammps/pair.inc" $f >fresh.in
  lmp -var data c.data -var yace "${!f}" -in fresh.in
done
cat >reload.in <<IN
include         $SRC/tests/lammps/pair.inc
run             0
print           "yace \$(pe:%.17g)" append said
run             0
print           "yace \$(pe:%.17g)" append said
pair_coeff      * * $other Li Si
run             0
print           "other \$(pe:%.17g)" append said
pair_style      mlff/lisi
pair_coeff      * * $yace Li Si
run             0
print           "yace \$(pe:%.17g)" append said
pair_style      none
pair_style      zero 5.0 nocoeff
pair_coeff      * *
run             0
pair_style      mlff/lisi
pair_coeff      * * $other Li Si
run             0 post no
print           "other \$(pe:%.17g)" append said
clear
include         $SRC/tests/lammps/pair.inc
run             0
print           "yace \$(pe:%.17g)" append said
# more types than before, and atoms added between runs
clear
include         $SRC/tests/lammps/pair.inc
group           gone id 1 2 3
delete_atoms    group all
run             0
print           "empty \$(pe:%.17g)" append said
run             2
read_data       c.data add append
run             0
print           "yace \$(pe:%.17g)" append said
plugin          unload pair mlff/lisi
plugin          load $LIB/lisiplugin.so
pair_style      mlff/lisi
pair_coeff      * * $other Li Si
run             0
print           "other \$(pe:%.17g)" append said
plugin          clear
clear
plugin          load $LIB/lisiplugin.so
include         $SRC/tests/lammps/pair.inc
run             0
print           "yace \$(pe:%.17g)" append said
IN
lmp -var data c.data -var yace "$yace" -in reload.in
[[ $(wc -l <said) == 10 ]] || fail "only $(wc -l <said) of 10 energies: $(cat said)"
awk -v yace="$(cut -d ' ' -f 1 yace.fresh)" -v other="$(cut -d ' ' -f 1 other.fresh)" '
  { want = $1 == "yace" ? yace : $1 == "other" ? other : 0; d = $2 - want; if (d < 0) d = -d
    if (d > 1e-11 * (want < 0 ? -want : want)) { print "line " NR ": " $0 " instead of " want; bad = 1 } }
  END { exit bad }' said || fail "energies differ from those of a fresh start"
awk -v a="$(cut -d ' ' -f 1 yace.fresh)" -v b="$(cut -d ' ' -f 1 other.fresh)" 'BEGIN { exit !(a - b > 0.1 || b - a > 0.1) }' || fail "both files give the same energy"
pass "pair_coeff, pair_style, clear, plugin unload and load: energies as after a fresh start; a box without atoms has none"

# types that an earlier pair_coeff named and a later one does not are no longer there
printf 'include %s\nrun 0\npair_coeff * * %s Li NULL\nrun 0\n' "$SRC/tests/lammps/pair.inc" "$yace" >stale.in
refuses "All pair coeffs are not set" -var data c.data -var yace "$yace" -in stale.in
pass "a later pair_coeff takes away what it does not name"
