# SPDX-License-Identifier: GPL-2.0-or-later
# Two atoms at 0.3 Angstrom: finite, and the repulsion of the file's core in closed form, for each of the three kinds of
# core; in a crystal they are pushed apart as well.
. "$(dirname "$0")/lib.sh"
yace=${YACE:-$SRC/tests/data/ace_small.yace}
need "$LMP" "$yace" "$SRC/potentials/Li-Si.yace"
sed 's/prehc: .*}/prehc: 20, lambdahc: 1.5, rcut: 5, dcut: 0.25}/; s/rho_core_cutoff: 100000, drho_core_cutoff: 250/rho_core_cutoff: 50, drho_core_cutoff: 20/' "$yace" >density.yace
sed 's/prehc: .*}/prehc: 20, lambdahc: 1.5, rcut: 5, dcut: 0.25, rcut_in: 1.6, dcut_in: 0.4, inner_cutoff_type: distance}/' "$yace" >distance.yace
sed 's/rcut: 4.8/rcut: 5/' "$yace" >zbl.yace # one outer cut-off, as pair_style zbl has
cp "$SRC/potentials/Li-Si.yace" shipped.yace
r=0.3
pair() { # S T R: data of two atoms
  printf 'pair\n\n2 atoms\n2 atom types\n\n-20 20 xlo xhi\n-20 20 ylo yhi\n-20 20 zlo zhi\n\nMasses\n\n1 6.94\n2 28.085\n\nAtoms # atomic\n\n1 %d 0 0 0\n2 %d %s 0 0\n' "$@"
}
cat >two.in <<'IN'
units metal
atom_style atomic
read_data two.data
include two.style
run 0
write_dump all custom two.dump id fx fy fz modify sort id format float %.17g
print "$(pe:%.17g)" file two.pe
IN
measure() { # STYLE-LINES: energy, force on the second atom, and what should be zero
  printf '%s\n' "$1" >two.style
  lmp -in two.in
  table two.dump fx fy fz | tr '\n' ' ' | awk -v e="$(cat two.pe)" '{ printf "%.17g %.17g %.17g %.17g %.17g\n", e, $4, $1 + $4, $2 + $5, $3 + $6 }'
}
for kind in density distance zbl shipped; do
  offset=($(awk '/^E0:/ { gsub(/[][,]/, " "); print $2, $3; exit }' $kind.yace))
  for types in "1 1" "1 2" "2 2"; do
    read -r s t <<<"$types"
    pair "$s" "$t" $r >two.data
    e0=$(awk -v a="${offset[s - 1]}" -v b="${offset[t - 1]}" 'BEGIN { printf "%.17g", a + b }')
    measure "pair_style mlff/lisi
pair_coeff * * $kind.yace Li Si" | awk -v e0="$e0" '{ printf "%.17g %s %s %s %s\n", $1 - e0, $2, $3, $4, $5 }' >got
    case $kind in
      zbl | shipped)
        # cut-off and width of the pair, as the file has them; those of zbl.yace are 5 and 0.25 Angstrom
        read -r inner outer <<<"$(sed -n "s/^ *\[$((s - 1)), $((t - 1))\]: .*[{ ]rcut: \([0-9.]*\), dcut: \([0-9.]*\).*/\1 \2/p" $kind.yace | awk '{ print $1 - $2, $1 }')"
        measure "pair_style zbl $inner $outer
pair_coeff 1 1 3 3
pair_coeff 1 2 3 14
pair_coeff 2 2 14 14" >want
        tolerance=1e-7 ;; # LAMMPS has the Coulomb constant to eight digits
      *) # both atoms have prehc exp(-lambda r^2)/r (1 + cos(pi r/rc))/2 and nothing else
        awk -v r=$r 'BEGIN { pi = atan2(0, -1); p = 20 * exp(-1.5 * r * r) / r; c = (1 + cos(pi * r / 5)) / 2
          f = p * (1 / r + 3 * r) * c + p * pi / 10 * sin(pi * r / 5); printf "%.17g %.17g 0 0 0\n", 2 * p * c, 2 * f }' >want
        tolerance=1e-9 ;;
    esac
    awk '{ exit !($1 > 10 && $2 > 10) }' got || fail "$kind, types $types: energy and force are $(cat got)"
    close got want $tolerance "$kind core, types $types"
  done
done

# In a crystal, with everything else around.
crystal LiSi-NaTl >c.xyz
rattled c.xyz 0.2 5 >c.data
for kind in density distance zbl shipped; do
  for first in 1 5; do # a Si and a Li, each with a neighbour brought close
    awk -v a=$first -v r=$r 'inside && $1 == a { x = $3; y = $4; z = $5 } inside && $1 == a + 8 { $3 = x + r * 0.6; $4 = y - r * 0.8; $5 = z } /^Atoms/ { inside = 1 } { print }' c.data >two.data
    printf 'pair_style mlff/lisi\npair_coeff * * %s.yace Li Si\n' $kind >two.style
    lmp -in two.in
    grep -qi 'nan\|inf' two.dump two.pe && fail "$kind core, atom $first in a crystal: not finite"
    table two.dump id fx fy fz | awk -v a=$first '$1 == a { ax = $2; ay = $3 } $1 == a + 8 { push = 0.6 * ($2 - ax) - 0.8 * ($3 - ay) } END { exit !(push > 20) }' ||
      fail "$kind core, atom $first in a crystal: not pushed apart"
  done
done
pass "atoms at $r Angstrom in a crystal: finite and pushed apart, with every kind of core"

# At the very same place there is no direction to push in: an error that says where, not a crash and not nothing.
pair 1 2 0.0 >two.data
printf 'pair_style mlff/lisi\npair_coeff * * shipped.yace Li Si\n' >two.style
refuses "two atoms at the same place" -in two.in
pass "two atoms at the same place are an error"

# An atom that has lost its position ends the run with a message, on any number of threads; it does not just vanish.
pair 1 2 2.5 >two.data
cat >lost.in <<'EOF2'
include         two.in
variable        push atom "1.0e308*10*(id==1)-1.0e308*10*(id==1)"
fix             push all addforce v_push 0 0
fix             move all nve
run             4
EOF2
for n in 1 3; do OMP_NUM_THREADS=$n refuses "a position is not a number" -in lost.in; done
pass "an atom whose position is not a number is an error"
