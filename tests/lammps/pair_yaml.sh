# SPDX-License-Identifier: GPL-2.0-or-later
# As LAMMPS tests its own pair styles (unittest/force-styles): energy, forces and virial at the start and after four steps of MD
# against a reference file, started plain, from a restart and from a data file; newton off is refused. The numbers in
# tests/data/pair-mlff_lisi.yaml are those of pair style pace: LMP_PACE=/path/to/lmp FREEZE=1 (a LAMMPS with ML-PACE) writes them anew.
. "$(dirname "$0")/lib.sh"
ref=$SRC/tests/data/pair-mlff_lisi.yaml
cp "$SRC/tests/data/ace_small.yace" .
# two by two cells of a triclinic crystal, every atom moved on its own
{
  printf '16\nLattice="9.2 0 0 -2.6 8.8 0 0.9 -0.7 4.2"\n'
  crystal Li3Si-tilted | awk 'NR > 2 { for (i = 0; i < 2; i++) for (j = 0; j < 2; j++) print $1, $2 + 4.6 * i - 1.3 * j, $3 + 4.4 * j, $4 }'
} >t.xyz
rattled t.xyz 0.35 19 >t.data

cat >begin.plain <<'IN'
units           metal
newton          ${newton}
atom_style      atomic
read_data       t.data
velocity        all create 900 4711 loop all
IN
printf 'units metal\nnewton ${newton}\nread_restart start.restart\n' >begin.restart
printf 'units metal\nnewton ${newton}\natom_style atomic\nread_data start.data\n' >begin.data
cat >reference.in <<'IN'
include         begin.${begin}
pair_style      ${style}
pair_coeff      * * ace_small.yace Li Si
fix             1 all nve
timestep        0.002
compute         e all pe pair
compute         w all pressure NULL virial
variable        toeV equal vol/1.6021765e6
thermo_style    custom step c_e c_w[*]
thermo          4
run             0 post no
write_dump      all custom ${out}.init id x y z fx fy fz modify sort id format float %.17g
print           "$(c_e:%.17g)" file ${out}.init.vdwl
print           "$(c_w[1]*v_toeV:%.17g) $(c_w[2]*v_toeV:%.17g) $(c_w[3]*v_toeV:%.17g) $(c_w[4]*v_toeV:%.17g) $(c_w[5]*v_toeV:%.17g) $(c_w[6]*v_toeV:%.17g)" file ${out}.init.stress
if "${begin} == plain" then "write_restart start.restart" "write_data start.data nocoeff"
run             4 post no
write_dump      all custom ${out}.run id x y z fx fy fz modify sort id format float %.17g
print           "$(c_e:%.17g)" file ${out}.run.vdwl
print           "$(c_w[1]*v_toeV:%.17g) $(c_w[2]*v_toeV:%.17g) $(c_w[3]*v_toeV:%.17g) $(c_w[4]*v_toeV:%.17g) $(c_w[5]*v_toeV:%.17g) $(c_w[6]*v_toeV:%.17g)" file ${out}.run.stress
IN

if [[ -n ${LMP_PACE:-} && -n ${FREEZE:-} ]]; then
  "$LMP_PACE" -log none -var newton on -var begin plain -var style "pace product" -var out pace -in reference.in >run.out 2>&1 || { tail -n 9 run.out; fail "$LMP_PACE"; }
  {
    printf -- '---\nlammps_version: 4 Feb 2025\nepsilon: 5e-12\nprerequisites: ! |\n  pair mlff/lisi\ninput_file: pair_yaml.sh\n'
    printf 'pair_style: mlff/lisi\npair_coeff: ! |\n  * * ace_small.yace Li Si\n# made with: pair_style pace product\n'
    printf 'natoms: %d\n' "$(table pace.init id | wc -l)"
    for when in init run; do
      printf '%s_vdwl: %s\n%s_coul: 0\n%s_stress: ! |2-\n   %s\n' $when "$(cat pace.$when.vdwl)" $when $when "$(cat pace.$when.stress)"
      printf '%s_pos: ! |2\n' $when
      table pace.$when id x y z | sed 's/^/  /'
      printf '%s_forces: ! |2\n' $when
      table pace.$when id fx fy fz | sed 's/^/  /'
    done
    echo '...'
  } >"$ref"
fi
need "$LMP" "$ref"

# field KEY: what stands under it
field() { awk -v key="$1:" '$1 == key { inside = 1; for (k = 2; k <= NF; k++) if ($k !~ /[!|]/) print $k; next } /^[^ ]/ { inside = 0 } inside { $1 = $1; print }' "$ref"; }
# within A B WHAT: each number agrees with its partner to epsilon of the smaller, as in LAMMPS
epsilon=$(field epsilon)
[[ $epsilon == 5e-12 ]] || fail "$ref: epsilon $epsilon"
within() {
  local said
  said=$(paste -d ' ' "$1" "$2" | awk -v eps="$epsilon" '
    NF == 0 || NF % 2 { bad = 1 }
    { for (k = 1; k <= NF / 2; k++) { a = $k; b = $(k + NF / 2); if (a !~ /^[-+0-9.eE]+$/ || b !~ /^[-+0-9.eE]+$/) bad = 1
        a += 0; b += 0; d = a - b; if (d < 0) d = -d; if (a < 0) a = -a; if (b < 0) b = -b; m = a < b ? a : b
        if (m > 0) d /= m
        if (!(d <= eps)) bad = 1
        if (d > max) max = d
        count++ } }
    END { printf "%s: largest relative difference %.3g in %d numbers", bad || !count ? "different" : "close", max, count }')
  [[ $said == close* ]] || fail "$3: $said (allowed: $epsilon)"
  pass "$3: ${said#*: }"
}

for begin in plain restart data; do
  lmp -var newton on -var begin $begin -var style mlff/lisi -var out $begin -in reference.in
  for when in init run; do
    [[ $(table $begin.$when id | wc -l) == "$(field natoms)" ]] || fail "$begin: number of atoms"
    field ${when}_vdwl >want
    within $begin.$when.vdwl want "$begin, $when, energy"
    field ${when}_stress >want
    within $begin.$when.stress want "$begin, $when, stress"
    for what in pos forces; do
      field ${when}_$what >want
      table $begin.$when id $([[ $what == pos ]] && echo x y z || echo fx fy fz) >got
      within got want "$begin, $when, $what"
    done
  done
done
refuses "needs newton pair on" -var newton off -var begin plain -var style mlff/lisi -var out off -in reference.in
pass "newton off is refused"
