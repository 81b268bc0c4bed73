# SPDX-License-Identifier: GPL-2.0-or-later
# Wrong input to lisi-msm sites: exit status 2, a message that names file, line or option, and nothing written.
. "$(dirname "$0")/lib.sh"
world() { awk "$@" -f "$SRC/tests/cli/sites_world.awk"; }
refused() {
  local message=$1; shift
  exits 2 "$BIN/lisi-msm" sites "$@" -o bad.yaml
  says "$message"
  [[ $(ls -d bad* 2>/dev/null) == '' ]] || fail "$message: left behind $(ls -d bad*)"
}
world -v ELEMENT=1 -v FRAMES=12 >good.dump
world -v FRAMES=12 >types.dump

exits 2 "$BIN/lisi-msm" sites good.dump
says "-o FILE, the site file to write, is missing"
refused "no trajectory and no --structure given"
refused "none.dump: cannot be opened" none.dump
refused "none.cif: cannot be opened" --structure none.cif
refused "no atom of species Na" good.dump --species Na
refused "no atom of species Li" types.dump
refused "type 2 has no name in the map" types.dump --map 1=Li
refused "--map: expected types and species such as 1=Li,2=Si, found 'Li'" types.dump --map Li
refused "--replicate: expected 3 integers separated by commas, found 2" good.dump --replicate 2,2
refused "--replicate: expected integers from 1, found 0" good.dump --replicate 2,2,0
refused "32 framework atoms make no whole number in each of 3 x 2 x 2 cells" good.dump --replicate 3,2,2
refused "the framework does not repeat 32 x 1 x 1 times in the box" good.dump --replicate 32,1,1
refused "--symmetry: expected auto, framework or none, found 'P1'" good.dump --symmetry P1
refused "--amorphous and --structure exclude each other" good.dump --amorphous --structure "$SRC/examples/Li13Si4/sites.yaml"
refused "--amorphous and --replicate exclude each other" good.dump --amorphous --replicate 2,2,2
refused "--merge: expected a number from 0.01 to 1, found 2" good.dump --merge 2
refused "--grid: expected a number from 0.02 to 2, found 0" good.dump --grid 0
refused "--blocks: expected an integer from 2 to 1000, found 1" good.dump --blocks 1
refused "--smooth: expected a number from 0 to 2, found -3" good.dump --smooth=-3
refused "--density needs a trajectory" --structure "$SRC/examples/Li13Si4/sites.yaml" --density x.cube
refused "no frame at or after the step given by --from" good.dump --from 100000
refused "unknown option '--frames'" good.dump --frames 3

# trajectories that no sites can be found in
world -v ELEMENT=1 -v FRAMES=12 -v LI_ONLY=1 >li.dump
refused "no atom of the framework (any other species)" li.dump
refused "say --framework none" li.dump
refused "no atom of the framework (Si)" good.dump --framework Si
refused "S is both the mobile species and part of the framework" good.dump --species S --framework S
world -v ELEMENT=1 -v FRAMES=400 -v DIFFUSE=0.4 >liquid.dump
refused "the framework does not stay in place" liquid.dump
refused "the box does not fit the cell of the site file: edge a is 10 A" good.dump --structure "$SRC/examples/Li13Si4/sites.yaml"
cat >other.xyz <<'END'
3
Lattice="5 0 0 0 5 0 0 0 5"
S 0 0 0
S 2.5 2.5 2.5
Li 2.5 0 0
END
refused "framework: the site file has 16 reference positions" good.dump --structure other.xyz
# a misspelt element is not left out in silence
refused "good.dump:1: --framework: no atom of species Sx" good.dump --framework S,Sx
refused "good.dump:1: --framework: no atom of species s" good.dump --framework s,S
refused "good.dump:1: no atom of species Lx" good.dump --species Lx
refused "no atom of species Li,Lx" good.dump --species Li,Lx
refused "other.xyz: --framework: no atom of species Sx" --structure other.xyz --framework S,Sx
refused "no atom of species Lx" --structure other.xyz --species Lx
sed '3s/S/Li/; 4s/S/Li/' other.xyz >li.xyz
refused "no framework atom" good.dump --structure li.xyz
refused "no atom of species Na" --structure other.xyz --species Na
sed 's/2.5 0 0/2.5 0/' other.xyz >short.xyz
refused "short.xyz:5: expected an atom" --structure short.xyz
refused "expected a structure" --structure "$SRC/README.md"
# what readers of the site file would refuse is not written; what is only unlikely is warned of
split() { printf '%s\n' 'data_w' '_cell_length_a 5' '_cell_length_b 5' '_cell_length_c 5' loop_ _atom_site_label _atom_site_fract_x _atom_site_fract_y _atom_site_fract_z 'S1 0 0 0' "$@"; }
split 'Li1 0.5 0.5 0.5' 'Li2 0.51 0.5 0.5' >split.cif
refused "split.cif: two sites are 0.05 A apart; expected at least 0.1 A" --structure split.cif
split 'S2 0.01 0 0' 'Li1 0.5 0.5 0.5' >split.cif
refused "split.cif: two framework atoms are 0.05 A apart; expected at least 0.1 A" --structure split.cif
split 'Li1 0.5 0.5 0.5' 'Li2 0.6 0.5 0.5' >split.cif
exits 0 "$BIN/lisi-msm" sites --structure split.cif -o halves.yaml
says "two sites are 0.5 A apart"
grep -q 'label: Li2' halves.yaml || fail "the second site is missing"
sed '0,/^1 Li/s/^1 Li/x Li/' good.dump | sed '0,/^1 S/s/^1 S/x S/' >id.dump
refused "expected an atom id" id.dump
awk '/ITEM: TIMESTEP/ { n++ } !(n == 5 && $1 == 3 && NF == 5)' good.dump | awk '/ITEM: TIMESTEP/ { n++ } n == 5 && $1 == 64 && NF == 1 { $1 = 63 } { print }' >lost.dump
refused "the framework atoms are not those of the first frame" lost.dump
# ... nor may mobile atoms come and go (32 S, then 32 Li: atoms 33 to 64)
without() { awk -v id="$1" '/ITEM: TIMESTEP/ { n++ } !(n == 5 && $1 == id && NF == 5)' good.dump | awk '/ITEM: TIMESTEP/ { n++ } n == 5 && $1 == 64 && NF == 1 { $1 = 63 } { print }'; }
for id in 33 40 64; do
  without "$id" >lost.dump
  refused "atom $id of the first frame is missing at step 40" lost.dump
done
awk '/ITEM: TIMESTEP/ { n++ } n == 5 && $1 == 64 && NF == 5 { $1 = 65 } { print }' good.dump >lost.dump
refused "atom 64 of the first frame is missing at step 40" lost.dump
awk '/ITEM: TIMESTEP/ { n++ } n == 5 && $1 == 64 && NF == 1 { $1 = 65 } { print } n == 5 && $1 == 64 && NF == 5 { $1 = 65; print }' good.dump >lost.dump
refused "step 40 holds atom 65 (Li), which is not in the first frame" lost.dump
without 40 >lost.dump
exits 0 "$BIN/lisi-msm" sites lost.dump --from 50 -o later.yaml
: >empty.dump
refused "the trajectory is empty" empty.dump

# an output that would replace an input or another output: nothing is read, nothing is changed
keeps() {
  local message=$1 input=$2; shift 2
  cp "$input" before
  exits 2 "$BIN/lisi-msm" sites "$@"
  says "$message"
  cmp before "$input" || fail "$message: $input was changed"
  [[ ! -e own.yaml ]] || fail "$message: own.yaml was written"
}
cp good.dump own.dump
keeps "own.dump would be written over own.dump" own.dump own.dump -o own.dump
keeps "./own.dump would be written over own.dump" own.dump own.dump -o ./own.dump
keeps "own.dump would be written over own.dump" own.dump own.dump -o own.yaml --density own.dump
keeps "own.yaml would be written over own.yaml" own.dump own.dump -o own.yaml --density own.yaml
keeps "own.cif, which is written beside own.yaml, would replace own.cif" own.dump own.dump -o own.yaml --density own.cif
for ending in .xyz .cif .dat .svg .gp -density.dat .gnuplot.log; do
  cp good.dump "own$ending"
  keeps "own$ending, which is written beside own.yaml, would replace own$ending; choose another -o name" "own$ending" "own$ending" -o own.yaml
  cp other.xyz "own$ending"
  keeps "own$ending, which is written beside own.yaml, would replace own$ending; choose another -o name" "own$ending" --structure "own$ending" -o own.yaml
  rm "own$ending"
done
cp other.xyz same.yaml
keeps "same.yaml would be written over same.yaml" same.yaml --structure same.yaml -o same.yaml
keeps "same.yaml would be written over same.yaml" same.yaml own.dump --structure same.yaml --density same.yaml -o own.yaml

# cut off: what is there is used, with a warning
gzip -c good.dump | head -c 8000 >cut.dump.gz
exits 0 "$BIN/lisi-msm" sites cut.dump.gz -o cut.yaml --sigmas 0
says "cut off"
# a place that cannot be written
exits 2 "$BIN/lisi-msm" sites good.dump -o none/bad.yaml
says "none/bad.yaml"
# a later file that cannot be written whole (here: is larger than allowed): none is put in place, old ones stay
exits 0 "$BIN/lisi-msm" sites --structure other.xyz -o full.yaml
mkdir old && cp full* old
got=0
(trap '' XFSZ; ulimit -f 100; exec "$BIN/lisi-msm" sites good.dump -o full.yaml >out 2>err) || got=$?
[[ $got == 1 ]] || fail "a file over the limit: exit status $got"
says "full-density.dat: writing failed"
[[ $(ls full* | tr '\n' ' ') == "$(ls old | tr '\n' ' ')" ]] || fail "a file over the limit: there are $(ls full*)"
for f in full*; do cmp "$f" "old/$f" || fail "a file over the limit: $f was replaced"; done
