# SPDX-License-Identifier: GPL-2.0-or-later
# The same numbers as LAMMPS' pair style pace: every radial basis, embedding and inner cut-off of the format, one to four
# elements, ranks to six, one to four densities, on atoms some of which are deep inside the inner cut-offs.
# tests/data/pace.ref holds what pace gave. With a LAMMPS that has it (package ML-PACE), LMP_PACE=/path/to/lmp compares again,
# with both of its evaluators, and FREEZE=1 writes the file anew.
. "$(dirname "$0")/lib.sh"
ref=$SRC/tests/data/pace.ref
need "$LMP" "$SRC/tests/data/close.data"
tolerance=1e-10

# name, then options of yace.awk
cases() {
  local n=0 basis embedding inner
  local elements=('Li' 'Li Si' 'Li Si O' 'Li Si O H') counts=('4' '3 5' '3 4 5' '3 4 4 4' '2 3 3 2 2' '2 3 2 2 1 1')
  for basis in ChebExpCos ChebPow ChebLinear SBessel; do
    for embedding in FinnisSinclair FinnisSinclairShiftedScaled; do
      for inner in density distance zbl; do
        echo "$basis-$embedding-$inner;$basis;$embedding;$inner;${elements[n % 4]};${counts[(n + n / 6) % 6]};$((n * 3 % 4 + 1));0;0"
        n=$((n + 1))
      done
    done
  done
  echo "ACE.jl-one;ACE.jl.base;FinnisSinclairShiftedScaled;density;Si;3 4 4 3;1;0;0"
  echo "ACE.jl-two;ACE.jl.base;FinnisSinclair;density;Li Si;3 4 3 2 1;2;0;0"
  echo "ACE.jl-pair;ACE.jl.base;FinnisSinclair;density;Li Si;3 4 3;1;1;0"
  echo "ACE.jl-three;ACE.jl.base;FinnisSinclairShiftedScaled;density;Li Si O;3 4 4;3;1;0"
  # a step at the cut-off, with a pair of atoms in the last bin of the tables; the last knot rounds to the cut-off or inside it
  echo "step-outside;ChebLinear;FinnisSinclair;density;Li;3 3;1;0;4.1705"
  echo "step-inside;ChebLinear;FinnisSinclair;density;Li;3 3;1;0;4.1539"
}
cases >list
seed=300 # none of these models has forces that one singular atom dominates
while IFS=';' read -r name basis embedding inner elements counts densities pairpot rcut; do
  awk -v seed=$((seed += 1)) -v basis="$basis" -v embedding="$embedding" -v inner="$inner" -v elements="$elements" -v counts="$counts" \
    -v densities="$densities" -v pairpot="$pairpot" -v rcut="$rcut" -f "$SRC/tests/lammps/yace.awk" >"$name.yace"
  # an element for each of the four types
  read -r -a e <<<"$elements"
  echo "$name ${e[0]} ${e[1 % ${#e[@]}]} ${e[2 % ${#e[@]}]} ${e[3 % ${#e[@]}]}"
done <list >models

# evaluate LMP STYLE OUT: all models of the list by one LAMMPS; OUT.NAME.* is what came out
evaluate() {
  local name elements data=${data:-$SRC/tests/data/close.data}
  while read -r name elements; do
    cat <<IN
clear
units           metal
atom_style      atomic
read_data       $data
pair_style      $2
pair_coeff      * * $name.yace $elements
compute         e all pe/atom pair
compute         w all pressure NULL virial
thermo_style    custom step pe c_w[*]
dump            d all custom 1 $3.$name.dump id c_e fx fy fz
dump_modify     d sort id format float %.17g
run             0
print           "\$(pe:%.17g)" file $3.$name.pe
print           "\$(c_w[1]:%.17g) \$(c_w[2]:%.17g) \$(c_w[3]:%.17g) \$(c_w[4]:%.17g) \$(c_w[5]:%.17g) \$(c_w[6]:%.17g)" file $3.$name.stress
IN
  done <models >"$3.in"
  "$1" -log none -in "$3.in" >run.out 2>&1 || { tail -n 15 run.out >&2; fail "$1, pair style $2"; }
  while read -r name elements; do
    table "$3.$name.dump" c_e >"$3.$name.e"
    table "$3.$name.dump" fx fy fz >"$3.$name.f"
  done <models
}
# same A B WHAT: all models agree
same() {
  local name elements
  while read -r name elements; do
    close "$1.$name.pe" "$2.$name.pe" $tolerance "$3, $name, energy"
    close "$1.$name.e" "$2.$name.e" $tolerance "$3, $name, energy of each atom"
    close "$1.$name.f" "$2.$name.f" $tolerance "$3, $name, forces"
    close "$1.$name.stress" "$2.$name.stress" $tolerance "$3, $name, stress"
  done <models
}
evaluate "$LMP" mlff/lisi lisi

if [[ -n ${LMP_PACE:-} ]]; then
  evaluate "$LMP_PACE" "pace recursive" pace
  evaluate "$LMP_PACE" "pace product" product
  if [[ -n ${FREEZE:-} ]]; then
    {
      echo "# Energy (eV), stress xx yy zz xy xz yz (bar), then energy and force (eV/Angstrom) of each atom of close.data, by pair_style pace"
      echo "# recursive of LAMMPS 4 Feb 2025, for the models of pair_pace.sh, whose SHA-256 stand beside their names. Written by it."
      while read -r name elements; do
        echo "model $name $(sha256sum <"$name.yace" | cut -d ' ' -f 1)"
        cat "pace.$name.pe" "pace.$name.stress"
        paste -d ' ' "pace.$name.e" "pace.$name.f"
      done <models
    } >"$ref"
  fi
  same lisi pace "pace recursive, live"
  same lisi product "pace product, live"

  # the shipped force field, on a supercell of Li13Si4
  mv models models.all
  ln -s "$SRC/potentials/Li-Si.yace" shipped.yace
  echo "shipped Li Si" >models
  cat >Li13Si4.in <<IN
units           metal
variable        nx index 2
variable        ny index 1
variable        nz index 3
include         $SRC/examples/Li13Si4/structure.in
displace_atoms  all random 0.25 0.25 0.25 4711 units box
pair_style      zero 5
pair_coeff      * *
write_data      Li13Si4.data nocoeff
IN
  lmp -in Li13Si4.in
  data=Li13Si4.data evaluate "$LMP" mlff/lisi lisi
  for style in recursive product; do
    data=Li13Si4.data evaluate "$LMP_PACE" "pace $style" $style
    same lisi $style "pace $style, live, Li13Si4"
  done
  mv models.all models
fi

need "$ref"
while read -r name elements; do
  awk -v name="$name" -v sum="$(sha256sum <"$name.yace" | cut -d ' ' -f 1)" '
    $1 == "model" { inside = $2 == name; if (inside) { if ($3 != sum) { print "the model " name " is not the one of the reference" > "/dev/stderr"; exit 1 } n = 0; found = 1 } next }
    inside { n++; if (n == 1) print > ("ref." name ".pe"); else if (n == 2) print > ("ref." name ".stress")
             else { print $1 > ("ref." name ".e"); print $2, $3, $4 > ("ref." name ".f") } }
    END { if (!found) { print "no reference for " name > "/dev/stderr"; exit 1 } }' "$ref" || fail "$ref"
done <models
same lisi ref "pace"
