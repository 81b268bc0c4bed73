# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm sites finds exactly the sites of a made crystal (sites_world.awk), one kind of them interstitial, names them, and counts their
# atoms as lisi-msm assign does; from a trajectory, a structure, and both.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
sites() { exits 0 "$BIN/lisi-msm" sites "$@"; }
world() { awk "$@" -f "$SRC/tests/cli/sites_world.awk"; }
# the value of a key of orbit number N (from 1): the keys of the tree before the list of orbits do not come up in it
orbit() { json "$1" "$2"; }
near() { # near "f f f" "x y z" TOL: two positions, fractions, within TOL
  awk -v a="$1" -v b="$2" -v t="$3" 'BEGIN { split(a, p, " "); split(b, q, " "); for (k = 1; k <= 3; k++) { d = p[k] - q[k]; d -= sprintf("%.0f", d); if (d > t || d < -t) exit 1 } }' ||
    fail "position $1, expected $2 within $3"
}
# is_the_crystal: what is in out is the made crystal with its 4 + 8 sites and these occupancies (32 Li, P = 0.1)
is_the_crystal() {
  [[ $(json space_group) == '"Fm-3m"' && $(json space_group_number) == 225 ]] || fail "space group $(json space_group)"
  [[ $(json replicate) == '[2, 2, 2]' ]] || fail "replicate $(json replicate)"
  [[ $(grep -c '"label"' out) == 2 ]] || fail "expected two kinds of sites, found $(grep '"label"' out | tr -d '\n')"
  [[ $(orbit sites 1) == 4 && $(orbit sites 2) == 8 ]] || fail "numbers of sites"
  [[ $(orbit wyckoff 1) == '"4b"' && $(orbit wyckoff 2) == '"8c"' ]] || fail "Wyckoff positions $(orbit wyckoff 1) $(orbit wyckoff 2)"
  [[ $(orbit symmetry 1) == '"m-3m"' && $(orbit symmetry 2) == '"-43m"' ]] || fail "site symmetries"
  [[ $(orbit interstitial 1) == false && $(orbit interstitial 2) == true ]] || fail "the interstitial site is not told"
  close "$(orbit occupancy 1)" 0.9 0.015 "octahedral occupancy"
  close "$(orbit occupancy 2)" 0.05 0.008 "tetrahedral occupancy"
  awk -v e="$(orbit occupancy_error 1)" -v f="$(orbit occupancy_error 2)" 'BEGIN { exit !(e > 0 && e < 0.012 && f > 0 && f < 0.006) }' ||
    fail "errors $(orbit occupancy_error 1) $(orbit occupancy_error 2): 32 Li in 200 frames, one in ten elsewhere, make 0.004 and 0.002"
  close "$(orbit spread 1)" 0.346 0.06 "spread: 0.2 A along each axis"
}

world -v ELEMENT=1 >w.dump
sites w.dump -o w.yaml --json
is_the_crystal
[[ $(orbit label 1) == '"4b"' && $(orbit label 2) == '"i8c"' ]] || fail "labels $(orbit label 1) $(orbit label 2)"
for f in w.yaml w.cif w.xyz w.gp w.dat w-density.dat; do [[ -s $f ]] || fail "$f is missing"; done
[[ $(find . -name '*.tmp.*') == '' ]] || fail "temporary files were left"
if command -v gnuplot >/dev/null; then
  [[ -s w.svg && ! -e w.gnuplot.log ]] || fail "gnuplot made no picture"
  grep -q 'i8c' w.svg || fail "the picture has no legend"
fi
[[ $(sed -n '/label: 4b/s/.*frac: \[\(.*\)\].*/\1/p' w.yaml | tr -d , | sort) == "$(printf '0.000000 0.000000 0.500000\n0.000000 0.500000 0.000000\n0.500000 0.000000 0.000000\n0.500000 0.500000 0.500000')" ]] ||
  fail "octahedral sites: $(grep 'label: 4b' w.yaml)"
[[ $(sed -n '/label: i8c/s/.*frac: \[\(.*\)\].*/\1/p' w.yaml | tr -d , | grep -cE '^0\.(25|75)0000 0\.(25|75)0000 0\.(25|75)0000$') == 8 ]] ||
  fail "tetrahedral sites: $(grep 'label: i8c' w.yaml)"
[[ $(sed -n 1p w.xyz) == 16 && $(grep -c '^Li ' w.xyz) == 12 && $(grep -c '^S ' w.xyz) == 4 ]] || fail "w.xyz"
[[ $(grep -c ' Li ' w.cif) == 12 && $(grep -c '^S S ' w.cif) == 4 ]] || fail "w.cif"
# the picture: in each view each kind, none hidden by what lies over it, the nearer over the farther (S, 4b and i8c are kinds 1, 2, 3;
# in the column at the corner S lies in the plane of the paper, 4b half an edge along the line of sight)
visible() { # visible FILE KINDS
  awk -v kinds="$2" '/^# along/ { view++; n = 0 } /^#/ || NF == 0 { next }
    $4 != 16777215 { for (k = 1; k <= n; k++) if (sqrt(($1 - x[k]) ^ 2 + ($2 - y[k]) ^ 2) + r[k] < $3 + 0.05 && $3 > 0.11) { print "view", view ": a disc of kind", $5, "hides one of kind", kind[k]; exit bad = 1 }
      x[++n] = $1; y[n] = $2; r[n] = $3; kind[n] = $5; has[view, $5] = 1 }
    END { if (bad) exit; if (view != 3) { print view + 0, "views"; exit } for (v = 1; v <= 3; v++) for (k = 1; k <= kinds; k++) if (!has[v, k]) print "view", v, "lacks kind", k }' "$1"
}
[[ $(visible w.dat 3) == '' ]] || fail "picture: $(visible w.dat 3)"
uppermost() { awk -v v="$1" '/^# along/ { at = $3 } NF == 5 && at == v && $1 ^ 2 + $2 ^ 2 < 1e-4 { kind = $5 } END { print kind }' w.dat; }
[[ $(uppermost a) == 2 && $(uppermost b) == 1 && $(uppermost c) == 2 ]] || fail "picture: uppermost at the corner: $(uppermost a) $(uppermost b) $(uppermost c)"
octahedral=$(orbit occupancy 1)

# the same by types, by .gz, in two files, in a breathing box; twice the same file to the byte
world >t.dump
sites t.dump --map 1=Li,2=S --framework S -o t.yaml --json
is_the_crystal
cmp <(grep -v '^#' w.yaml) <(grep -v '^#' t.yaml) || fail "types: another site file"
gzip -k w.dump
sites w.dump.gz -o z.yaml
cmp <(grep -v '^#' w.yaml) <(grep -v '^#' z.yaml) || fail "gz: another site file"
half=$((100 * $(($(grep -n TIMESTEP w.dump | sed -n 2p | cut -d: -f1) - 1))))
head -n "$half" w.dump >a.dump
tail -n +"$((half + 1))" w.dump >b.dump
sites a.dump b.dump -o ab.yaml
cmp <(grep -v '^#' w.yaml) <(grep -v '^#' ab.yaml) || fail "two files: another site file"
cp w.yaml first.yaml; cp w.svg first.svg 2>/dev/null || true
sites w.dump -o w.yaml
cmp first.yaml w.yaml || fail "the same call, another file"
world -v ELEMENT=1 -v NPT=1 -v SEED=2 >npt.dump
sites npt.dump -o npt.yaml --json
is_the_crystal

# assign takes the file, and counts as many atoms on the sites
exits 0 "$BIN/lisi-msm" assign w.dump --sites w.yaml --dt 0.1 -o w.jumps --json
awk -v a="$(json atoms 2)" -v n="$(json sites 2)" -v o="$octahedral" 'BEGIN { d = a / n - o; exit !(d < 0.004 && d > -0.004) }' ||
  fail "assign: $(json atoms 2) on $(json sites 2) sites, sites said $octahedral"

# from a structure alone, and a structure with a trajectory: the given sites keep their names, the others are added
cat >w0.cif <<'END'
data_w
_cell_length_a 5.0
_cell_length_b 5.0
_cell_length_c 5.0
loop_
_symmetry_equiv_pos_as_xyz
x,y,z
x,y+1/2,z+1/2
x+1/2,y,z+1/2
x+1/2,y+1/2,z
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
S1 0 0 0
LiOct 0.5 0.5 0.5
END
sites --structure w0.cif -o s.yaml --json
[[ $(json space_group_number) == 225 && $(orbit label 1) == '"LiOct"' && $(orbit wyckoff 1) == '"4b"' && $(grep -c '"label"' out) == 1 ]] || fail "structure alone"
[[ $(visible s.dat 2) == '' ]] || fail "picture of a structure: $(visible s.dat 2)"
sites w.dump --structure w0.cif -o m.yaml --json
is_the_crystal
[[ $(orbit label 1) == '"LiOct"' && $(orbit label 2) == '"i8c"' ]] || fail "mixed: labels $(orbit label 1) $(orbit label 2)"
exits 0 "$BIN/lisi-msm" assign w.dump --sites m.yaml --dt 0.1 -o m.jumps
# ... and a site file is a structure: nothing is new in it
sites w.dump --structure w.yaml -o again.yaml --json
[[ $(grep -c '"label"' out) == 2 && $(orbit label 1) == '"4b"' && $(orbit label 2) == '"i8c"' ]] || fail "a site file as structure"

# the whole box without folding: every octahedral void is found by itself
sites w.dump --amorphous -o am.yaml --json
[[ $(json replicate) == '[1, 1, 1]' && $(json space_group_number) == 0 ]] || fail "amorphous: folded"
filled() { awk '/# [0-9]+: occupancy/ { sub(/.*occupancy /, ""); n += $1 > 0.5 } END { print n + 0 }' am.yaml; }
[[ $(filled) == 32 ]] || fail "amorphous: $(filled) filled sites, expected 32"
! grep -q 'occupancy' am.gp || fail "amorphous: the legend promises occupancies"
exits 0 "$BIN/lisi-msm" assign w.dump --sites am.yaml --dt 0.1 -o am.jumps

# one frame: occupancies without errors, and it is said
last=$(grep -A1 TIMESTEP w.dump | tail -n 1)
sites w.dump --from "$last" -o one.yaml --json
says "one frame at or after the step given by --from: the errors of the occupancies are not known"
[[ $(json frames) == 1 && $(orbit occupancy_error 1) == null ]] || fail "one frame: error $(orbit occupancy_error 1)"
grep -q 'occupancy [0-9.]*, error not known (one frame)' one.yaml || fail "one frame: $(grep occupancy one.yaml)"
! grep -qi nan one.yaml || fail "one frame: not a number in the site file"
sites w.dump --from "$last" -o one.yaml
! grep -qi nan out || fail "one frame: not a number in the table"
sites w.dump --from "$last" --amorphous -o one.yaml
! grep -qi nan out one.yaml || fail "one frame, amorphous: not a number"
exits 0 "$BIN/lisi-msm" assign w.dump --sites one.yaml --dt 0.1 -o one.jumps

# no framework: folded on request, no symmetry
sites a.dump --framework none --replicate 1,1,1 -o none.yaml --json
[[ $(json framework_atoms) == 0 && $(json space_group_number) == 0 ]] || fail "no framework"

# the density as a cube file
sites a.dump -o d.yaml --density d.cube
awk 'NR == 4 { nx = $1 } NR == 5 { ny = $1 } NR == 6 { nz = $1; v = $4 } NR > 7 { for (k = 1; k <= NF; k++) { s += $k; n++ } }
  END { bohr = 0.529177210903; cell = (nz * v * bohr) ^ 3; d = s * cell / n - 4; exit !(n == nx * ny * nz && d < 0.001 && d > -0.001) }' d.cube ||
  fail "the density does not add up to the 4 Li of a cell"
