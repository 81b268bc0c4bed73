# SPDX-License-Identifier: GPL-2.0-or-later
# The tests of the plain style once more with everything that can through KOKKOS (-sf kk): derivatives, reference numbers of pair style pace,
# cores, hybrid styles and NULL types, types and elements, boxes, dense lists, MD and restart, heat flux, gamma. Types are compared to the last bit, so on one thread: several
# threads add forces in the order in which they come to it.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/lammps/lib_kokkos.sh"
most=${kk_threads##* }
while read -r kernels threads names; do
  lmp_kk=$(kk "${threads/most/$most}")
  for name in $names; do
    LMP=$lmp_kk LISI_KOKKOS_KERNELS=$kernels bash "$SRC/tests/lammps/pair_$name.sh" >out 2>&1 </dev/null || { tail -n 5 out >&2; fail "pair_$name.sh, $kernels kernels"; }
    grep -q '^ok:' out || fail "pair_$name.sh, $kernels kernels: it said nothing"
    pass "pair_$name.sh, $kernels kernels: $(grep -c '^ok:' out) checks"
  done
done <<'LIST'
native most yaml tally md forces hybrid pace boxes dense core gamma reload
native 1 types
portable most yaml pace forces boxes dense tally hybrid core
LIST
