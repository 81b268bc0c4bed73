# SPDX-License-Identifier: GPL-2.0-or-later
# Memory of the pair style itself: what it reports, and what the process takes, beyond the same run with a pair style that
# computes nothing from the same neighbour list. Neither may grow with the number of atoms times anything but a few numbers.
. "$(dirname "$0")/lib.sh"
need "$LMP" "$SRC/potentials/Li-Si.yace" "$SRC/potentials/Li-Si-fast.yace"
cat >memory.in <<'IN'
units           metal
atom_style      atomic
lattice         bcc 3.4
region          box block 0 ${n} 0 ${n} 0 ${n}
create_box      2 box
create_atoms    1 box basis 2 2
mass            1 6.94
mass            2 28.085
neighbor        1.0 bin
include         ${style}
run             0
print           "atoms $(atoms)"
info            memory
IN
# measure STYLE N: reported MB of all of LAMMPS, peak kB of the process, atoms
measure() {
  lmp -var style "$1" -var n "$2" -in memory.in
  awk '/^Per MPI rank memory allocation/ { mb = $(NF - 1) } /resident set size/ { for (k = 1; k < NF; k++) if ($(k + 1) == "Mbyte") kb = 1024 * $k } /^atoms/ { n = $2 } END { if (!mb || !kb || !n) exit 1; print mb, kb, n }' run.out || fail "no figures in the output"
}
own() { # N: MB reported, kB of the process that the style has of its own, atoms
  local zero lisi
  zero=$(measure zero "$1")
  lisi=$(measure lisi "$1")
  echo "$zero $lisi" | awk '{ printf "%.3f %d %d\n", $4 - $1, $5 - $2, $6 }'
}
for model in Li-Si Li-Si-fast; do
  # the cut-offs of the model, so that the neighbour lists are the same
  sed -n 's/^ *\[\([01]\), \([01]\)\]: .*[{ ]rcut: \([0-9.]*\).*/\1 \2 \3/p' "$SRC/potentials/$model.yace" |
    awk '{ print "pair_coeff", $1 + 1, $2 + 1, $3; if ($3 > cut) cut = $3 } END { if (NR != 4) exit 1; print "pair_style zero", cut, "full" }' |
    awk '$1 == "pair_style" || $2 <= $3' | sort -r >zero || fail "no cut-offs in $model.yace"
  printf 'pair_style mlff/lisi\npair_coeff * * %s Li Si\n' "$SRC/potentials/$model.yace" >lisi
  read -r mb0 kb0 n0 <<<"$(own 10)"
  read -r mb1 kb1 n1 <<<"$(own 20)"
  [[ $n0 == 2000 && $n1 == 16000 ]] || fail "$n0 and $n1 atoms"
  # Eight bytes for each atom are a list of the atoms, and a page or two are noise.
  awk -v a="$mb0" -v b="$mb1" -v n=$((n1 - n0)) 'BEGIN { exit !(a > 1 && b - a < 8e-6 * n + 0.05 && a - b < 0.05) }' || fail "reported: $mb0 MB with $n0 atoms, $mb1 MB with $n1 atoms"
  pass "$model: the style reports $mb0 MB with $n0 atoms, $mb1 MB with $n1"
  # What the process takes is no more than reported, within what an allocator keeps of the parsed file (some MB for a model of 4,000 functions)
  awk -v a="$kb0" -v b="$kb1" -v m="$mb1" 'BEGIN { exit !(b < 1024 * m + 7168 && b - a < 2048) }' || fail "the process takes $kb0 kB more with $n0 atoms, $kb1 kB more with $n1 atoms"
  # less than 1 kB for each atom, the tables of the small force field included
  [[ $model != Li-Si-fast ]] || awk -v kb="$kb1" -v n="$n1" 'BEGIN { exit !(kb / n < 1) }' || fail "$kb1 kB for $n1 atoms: more than 1 kB for each"
  pass "$model: the process takes $kb0 kB more with $n0 atoms, $kb1 kB more with $n1"
done
