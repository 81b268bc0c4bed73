# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-fit select from outside: what is known, new, new twice, too far away, or broken in dumps and XYZ files; the frames that it writes;
# whether a model that has learned them knows them; and wrong calls and input.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$SRC/tests/cli/json.bash"
fit=$BIN/lisi-fit
data=$SRC/potentials/data
need "$fit" "$data/test.xyz" "$data/train.xyz"

cp "$data/test.xyz" data.xyz
cat >fit.yaml <<'EOF'
format: lisi-fit 1
elements: [Li, Si]
E0: fit
data: {train: data.xyz}
radial: {kind: SBessel, cutoff: 4.5, zbl: [1.5, 0.5]}
basis:
  - {order: 1, nmax: 5}
  - {order: 2, nmax: 3, lmax: 2, degree: 3}
weights: {energy: 10, force: 1, virial: 1}
prior: {ridge: 0.001}
EOF
exits 0 "$fit" train fit.yaml -o m.yace
need m.yace m.sidecar
dump() { # AMPLITUDES STRUCTURE [awk -v settings]
  local amps=$1 file=$2; shift 2
  awk -v amps="$amps" "$@" -f "$SRC/tests/cli/rattled_dump.awk" "$file"
}
select=("$fit" select m.yace)

exits 0 "$fit" --help
grep -q 'lisi-fit select' out || fail "the help does not name select"
exits 0 "$fit" select --help
grep -q -- '--gamma-max' out || fail "the help of select"

# ---- training frames are known: nothing is chosen, and the output says so by being empty
exits 0 "${select[@]}" data.xyz -o none.xyz --json
[[ $(json frames) == 11 && $(json known) == 11 && $(json candidates) == 0 && $(json chosen) == '[]' ]] || fail "training frames: $(cat out)"
[[ -e none.xyz && ! -s none.xyz ]] || fail "no frames are an empty file"

# ---- a dump: known, new, the same again one cell further, nearly the same, too far, atoms too close
crystal LiSi-NaTl >c.xyz
dump '0.5 =0 ~0 0.2 0.4 0.3 0.45' c.xyz -v seed=4 >run.dump
exits 0 "${select[@]}" run.dump --map 1=Li,2=Si --gamma-min 1.2 -o chosen.xyz --json
[[ $(json frames) == 7 && $(json duplicates) == 1 ]] || fail "run.dump: $(cat out)"
n=$(grep -c '"gamma_chosen"' out)
steps=" $(grep '"gamma_chosen"' out | sed 's/.*"timestep": \([0-9]*\).*/\1/' | tr '\n' ' ')"
((n >= 3)) || fail "only $n frames of run.dump are chosen: $(cat out)"
[[ $steps != *' 10 '* ]] || fail "the frame that is the one before it moved by a cell vector is chosen"
[[ $steps != *' 0 '*' 20 '* && $steps != *' 20 '*' 0 '* ]] || fail "two frames that are nearly the same are chosen: $steps"
[[ $steps == *' 0 '* || $steps == *' 20 '* ]] || fail "none of the two that are nearly the same is chosen: $steps"
# the first has the largest grade, and none is chosen below the limit
awk '/"gamma_chosen"/ { for (k = 1; k < NF; k++) { if ($k == "\"gamma\":") g = $(k + 1) + 0; if ($k == "\"gamma_chosen\":") c = $(k + 1) + 0 }
  if (!seen++) { first = g; if (g != c) bad = 1 } if (g > first || c < 1.2) bad = 1 } END { exit bad || !seen }' out || fail "order of the choice: $(cat out)"
cp out dump.json
awk -v l="$(json largest_left)" 'BEGIN { exit !(l > 0.5 && l < 1.2) }' || fail "largest gamma left: $(json largest_left)"
# the same as a table
exits 0 "${select[@]}" run.dump --map 1=Li,2=Si --gamma-min 1.2
grep -q '^7 frames: .* 1 identical to others' out || fail "table: $(cat out)"
[[ $(grep -c 'run.dump step' out) == "$n" ]] || fail "the table has other frames: $(cat out)"
[[ " $(sed -n 's/.*run.dump step //p' out | tr '\n' ' ')" == "$steps" ]] || fail "the table has another order: $(cat out)"

# ---- what is written: all that a reference calculation needs; read again it has the grades of the table
head -n 2 chosen.xyz | tail -n 1 | grep -Eq '^Lattice="6 0 0 0 6 0 0 0 6" Properties=species:S:1:pos:R:3 pbc="T T T" config_type=selected gamma_max=[0-9.]+ gamma_chosen=[0-9.]+ source="run.dump" timestep=[0-9]+$' ||
  fail "comment line: $(sed -n 2p chosen.xyz)"
[[ $(grep -c Lattice chosen.xyz) == "$n" && $(wc -l <chosen.xyz) == $((18 * n)) && $(grep -c '^Li' chosen.xyz) == $((8 * n)) ]] || fail "chosen.xyz: $(head -n 20 chosen.xyz)"
exits 0 "${select[@]}" chosen.xyz --gamma-min 1.2 --json
grades() { sed -n 's/.*"gamma": \([0-9.]*\), "gamma_chosen.*/\1/p' "$1"; }
paste <(grades dump.json) <(grades out) | awk '{ d = $1 - $2; if (NF != 2 || d > 1e-7 * $1 || d < -1e-7 * $1) bad = 1 } END { exit bad || NR < 3 }' ||
  fail "the frames written have other grades than those read: $(grades dump.json) and $(grades out)"
[[ $(json frame 3) == 3 ]] || fail "XYZ frames chosen again come in another order: $(cat out)"
# in one file only so many, and the same ones first
exits 0 "${select[@]}" run.dump --map 1=Li,2=Si -n 2 --config-type md_1 -o two.xyz
sed 's/config_type=md_1/config_type=selected/' two.xyz | cmp - <(head -n 36 chosen.xyz) || fail "-n 2 chooses other frames"

# ---- the same files whatever the threads, the compression, and the kind of columns
gzip -c run.dump >run.dump.gz
dump '0.5 =0 ~0 0.2 0.4 0.3 0.45' c.xyz -v seed=4 -v columns=element >element.dump
for call in 'run.dump --map 1=Li,2=Si' 'run.dump.gz --map 1=Li,2=Si' element.dump; do
  OMP_NUM_THREADS=3 exits 0 "${select[@]}" $call --gamma-min 1.2 -o again.xyz
  sed 's/source="[^"]*"/source="run.dump"/' again.xyz | cmp - chosen.xyz || fail "$call: another choice"
done
# a tilted cell, several files, a part of the frames
crystal Li3Si-tilted >t.xyz
dump '0.1 0.2 0.3 0.4 0.5 0.1' t.xyz -v seed=3 >tilted.dump
exits 0 "${select[@]}" run.dump tilted.dump --map 1=Li,2=Si --gamma-max 1e6 --min-distance 0.2 --json
[[ $(json frames) == 13 ]] && grep -q '"file": "tilted.dump"' out || fail "two files: $(cat out)"
exits 0 "${select[@]}" run.dump tilted.dump --map 1=Li,2=Si --from 10 --every 2 --json
[[ $(json frames) == 6 ]] || fail "--from 10 --every 2: $(json frames) frames"
exits 0 "${select[@]}" chosen.xyz --from 2 --every 9 --json
[[ $(json frames) == 1 ]] || fail "--from 2 --every 9 of XYZ: $(json frames) frames"

# ---- set aside: beyond gamma-max, atoms too close, also two at the same place
exits 0 "${select[@]}" run.dump --map 1=Li,2=Si --gamma-max 2 --json
awk '/"set_aside"/ { on = 1 } /"chosen"/ { on = 0 } on && match($0, /"gamma": [0-9.]+/) { n++; if (substr($0, RSTART + 9, RLENGTH - 9) + 0 <= 2) bad = 1 } END { exit bad || !n }' out ||
  fail "--gamma-max 2: $(cat out)"
awk '/"gamma_chosen"/ { match($0, /"gamma": [0-9.]+/); if (substr($0, RSTART + 9, RLENGTH - 9) + 0 > 2) bad = 1 } END { exit bad }' out || fail "--gamma-max 2: $(cat out)"
awk 'f && $1 == 5 { $3 = x + 1.2; $4 = y; $5 = z } /^ITEM: ATOMS/ { f = 1 } $1 == 4 { x = $3; y = $4; z = $5 } { print }' <(dump 0.01 c.xyz) >close.dump
exits 0 "${select[@]}" close.dump run.dump --map 1=Li,2=Si
grep -q '^set aside: close.dump step 0: two atoms 1.200 Angstrom apart$' out || fail "atoms 1.2 Angstrom apart: $(cat out)"
exits 0 "${select[@]}" close.dump run.dump --map 1=Li,2=Si --min-distance 1 --gamma-max 1e9
grep -q 'two atoms' out && fail "--min-distance 1: $(cat out)"
awk 'f && $1 == 5 { $3 = x; $4 = y; $5 = z } /^ITEM: ATOMS/ { f = 1 } $1 == 4 { x = $3; y = $4; z = $5 } { print }' <(dump 0.01 c.xyz) >same.dump
exits 0 "${select[@]}" same.dump --map 1=Li,2=Si
grep -q 'two atoms 0.000 Angstrom apart' out || fail "two atoms at one place: $(cat out)"

# ---- little memory: of candidates in a row the larger ones stay
dump '0.3 0.31 0.32 0.33 0.34 0.35 0.36 0.37' c.xyz -v seed=11 >many.dump
exits 0 "${select[@]}" many.dump --map 1=Li,2=Si --json
[[ $(json thinned) == 0 && $(json candidates) -ge 6 ]] || fail "many.dump: $(cat out)"
top=$(grades out | sort -g | tail -n 1)
exits 0 "${select[@]}" many.dump --map 1=Li,2=Si --memory 2e-5 --json
[[ $(json thinned) -gt 0 && $(grades out | sort -g | tail -n 1) == "$top" ]] || fail "little memory: $(cat out)"
exits 2 "${select[@]}" many.dump --map 1=Li,2=Si --memory 1e-6
says '--memory'

# ---- a model that has learned the chosen frames knows them, and less is left that is new
exits 0 "${select[@]}" "$data/train.xyz" -n 4 --gamma-max 1e4 -o few.xyz --json
[[ $(grep -c '"gamma_chosen"' out) == 4 ]] || fail "four of train.xyz: $(cat out)"
most=$(grades out | sort -g | tail -n 1)
grep -q 'config_type=selected' few.xyz && fail "frames of an XYZ file keep their config_type"
cp data.xyz more.xyz
for k in $(grep -o 'frame=[0-9]*' few.xyz | cut -d= -f2); do
  awk -v want="$k" 'left == 0 { n++; left = $1 + 2 } n == want { print } { left-- }' "$data/train.xyz" >>more.xyz
done
mkdir more
sed 's/data.xyz/more.xyz/' fit.yaml >more.yaml
exits 0 "$fit" train more.yaml -o more/m.yace
exits 0 "$fit" select more/m.yace few.xyz --json
[[ $(json known) == 4 ]] || fail "four frames that have been learned: $(cat out)"
exits 0 "$fit" select more/m.yace "$data/train.xyz" --gamma-max 1e4 --json
awk -v a="$(grades out | sort -g | tail -n 1)" -v b="$most" 'BEGIN { exit !(a < b / 2) }' ||
  fail "largest gamma in train.xyz: $most, and with four more frames $(grades out | sort -g | tail -n 1)"
pass "largest gamma in train.xyz: $most, and $(grades out | sort -g | tail -n 1) with four frames of it learned"

# ---- wrong calls and wrong input: exit 2, words on what is wrong, and no file
bad() { # TEXT ARGS...
  local text=$1; shift
  exits 2 "$fit" select "$@" -o bad.xyz
  says "$text"
  [[ ! -e bad.xyz ]] || fail "a failed run left bad.xyz: $*"
}
bad 'expected a model and at least one trajectory' m.yace
bad "-n: expected an integer >= 1, found '0'" m.yace run.dump -n 0
bad "--gamma-min: expected a number >= 1.01, found '1'" m.yace run.dump --gamma-min 1
bad '--gamma-max 1.5 is below --gamma-min 2' m.yace run.dump --gamma-min 2 --gamma-max 1.5
bad "--every: expected an integer >= 1, found 'x'" m.yace run.dump --every x
bad '--config-type: expected one word' m.yace run.dump --config-type 'a b'
bad 'no_such.yace' no_such.yace run.dump
bad 'no_such.dump' m.yace no_such.dump
bad "run.dump:1: expected an element of the model (Li, Si), found '2'; --map 1=Li,2=Si" m.yace run.dump
bad "--map: expected an element of the model (Li, Si), found 'Na'" m.yace run.dump --map 1=Na,2=Si
bad "--map: expected types and elements such as 1=Li,2=Si, found '1:Li'" m.yace run.dump --map 1:Li
bad "found '1'" m.yace run.dump --map 2=Si
sed 's/Si/Na/' element.dump >na.dump
bad "na.dump:1: expected an element of the model (Li, Si), found 'Na'" m.yace na.dump
sed '12s/ [^ ]*$/ nan/' run.dump >nan.dump
bad 'nan.dump:12' m.yace nan.dump --map 1=Li,2=Si
dump 0.3 c.xyz -v pbc=ff >slab.dump
bad 'slab.dump:' m.yace slab.dump --map 1=Li,2=Si
says 'periodic'
sed 's/pbc="T T T"/pbc="T T F"/' chosen.xyz >slab.xyz
bad 'slab.xyz:2: expected a frame that is periodic in three directions, found pbc="T T F"' m.yace slab.xyz
: >empty
bad 'empty: the file is empty' m.yace empty
bad 'no frame from there on in run.dump' m.yace run.dump --map 1=Li,2=Si --from 1000
mkdir alone
cp m.yace alone/m.yace
bad 'alone/m.sidecar' alone/m.yace run.dump --map 1=Li,2=Si
bad 'names no sidecar' "$SRC/tests/data/ace_small.yace" run.dump --map 1=Li,2=Si
awk 'NR == 1 { left = $1 + 2 } NR <= left' data.xyz >onlyone.xyz
sed 's/data.xyz/onlyone.xyz/' fit.yaml >onlyone.yaml
exits 0 "$fit" train onlyone.yaml -o alone/one.yace --quiet
bad 'no active set for' alone/one.yace run.dump --map 1=Li,2=Si
exits 2 "${select[@]}" run.dump --map 1=Li,2=Si -o no/such/folder.xyz
says 'folder.xyz'
ls | grep -q tmp && fail "a temporary file is left: $(ls)"
# a part of the atoms, as `dump_modify thresh` leaves it, is noticed
{ dump 0.2 c.xyz; awk '/NUMBER/ { print; getline; print 15; next } /^ITEM: TIMESTEP/ { print; getline; print 10; next } $1 == 16 && NF > 3 { next } { print }' <(dump 0.2 c.xyz); } >part.dump
# and a frame without any is none
printf 'ITEM: TIMESTEP\n20\nITEM: NUMBER OF ATOMS\n0\nITEM: BOX BOUNDS pp pp pp\n0 6\n0 6\n0 6\nITEM: ATOMS id type x y z\n' >>part.dump
exits 0 "${select[@]}" part.dump --map 1=Li,2=Si --json
[[ $(json frames) == 2 ]] || fail "a frame without atoms: $(cat out)"
says 'this frame has 15 atoms, the first one 16'
pass "dumps, XYZ, duplicates, limits, threads, bad input"
