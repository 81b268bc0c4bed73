#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-fit convert, and CP2K's output wherever a data file is taken.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/lib.sh"
fit=$BIN/lisi-fit data=$SRC/tests/data/cp2k xyz=$SRC/potentials/data/test.xyz

exits 0 "$fit" convert --help
exits 0 "$fit" convert "$data/low.out" "$data/md.out" "$xyz" -o all.xyz
grep -q "low.out: 1 of 1 frames" out && grep -q "md.out: 4 of 4 frames" out || fail "$(cat out)"
n=$(grep -c Lattice all.xyz) want=$((5 + $(grep -c Lattice "$xyz")))
[[ $n == "$want" ]] || fail "$n frames instead of $want"
grep -q 'config_type=tinymd source=.*/md.out step=3 pbc="T T T"' all.xyz || fail "a frame of MD without its source"

# What is written is read as the same numbers, and all keys of the shipped data come through.
exits 0 "$fit" convert all.xyz -o again.xyz
cmp all.xyz again.xyz || fail "converting twice changes the frames"
exits 0 "$fit" convert "$xyz" -o same.xyz
keys() { grep Lattice "$1" | sed 's/Lattice="[^"]*" //' | sort; }
keys "$xyz" >a; keys same.xyz >b
cmp a b || fail "the comment lines of the shipped data change"

# Choice of frames, and names.
exits 0 "$fit" convert "$data/md.out" -o some.xyz --from 2 --every 2 --config-type LiSi_md
[[ $(grep -o 'step=[0-9]*' some.xyz | tr '\n' ' ') == 'step=1 step=3 ' ]] || fail "other steps than 1 and 3"
[[ $(grep -c 'config_type=LiSi_md' some.xyz) == 2 ]] || fail "config_type"
exits 0 "$fit" convert "$data/md.out" -o some.xyz --to 1
[[ $(grep -c Lattice some.xyz) == 1 ]] || fail "--to"
exits 0 "$fit" convert "$data/md.out" -o some.xyz --from 2 --every 2147483647
[[ $(grep -c Lattice some.xyz) == 1 ]] || fail "--every beyond the last frame"
# A name with blanks and quotes.
sed "2s/config_type=[^ ]*/config_type='bulk \"x\" 2'/" "$xyz" >name.xyz
exits 0 "$fit" convert name.xyz -o named.xyz
grep -q "config_type='bulk \"x\" 2'" named.xyz || fail "config_type: $(sed -n 2p named.xyz)"
gzip -c "$data/low.out" >low.out.gz
cp "$data/low.inp" .
exits 0 "$fit" convert low.out.gz -o gz.xyz
exits 0 "$fit" convert "$data/low.out" -o plain.xyz
diff <(sed 's/source=[^ ]*//' gz.xyz) <(sed 's/source=[^ ]*//' plain.xyz) || fail "a compressed output gives another frame"

# Wrong input leaves nothing behind.
mkdir none; cd none
exits 2 "$fit" convert "$data/unconverged.out" -o x.xyz
says 'unconverged.out:8: the SCF did not converge'
exits 2 "$fit" convert "$data/unconverged.out" --skip-unconverged -o x.xyz
says 'no frames are left'
exits 2 "$fit" convert "$data/low.out" no_such.out -o x.xyz
says 'no_such.out'
exits 2 "$fit" convert "$data/tinymd-pos-1.xyz" -o x.xyz
says 'give the output file of that run'
exits 2 "$fit" convert "$data/low.out"
says '-o DATA.xyz is missing'
exits 2 "$fit" convert -o x.xyz
says 'at least one'
exits 2 "$fit" convert "$data/low.out" -o x.xyz --every 0
says '--every: expected a whole number > 0'
sed '2s/energy=/scf_converged=F energy=/' "$xyz" >../f.xyz
exits 2 "$fit" convert ../f.xyz -o x.xyz
says 'f.xyz:2: the SCF of this frame did not converge'
[[ $(ls | grep -v -e '^out$' -e '^err$') == '' ]] || fail "files are left: $(ls)"
cd ..
exits 0 "$fit" convert "$data/unconverged.out" "$data/low.out" --skip-unconverged -o x.xyz
says 'left out'
exits 0 "$fit" convert f.xyz --skip-unconverged -o y.xyz
[[ $(grep -c Lattice y.xyz) == $(($(grep -c Lattice "$xyz") - 1)) ]] || fail "one frame should be left out"

# The output itself is data as well: the same errors as through the file that convert makes.
cat >fit.yaml <<'END'
format: lisi-fit 1
elements: [Li, Si]
E0: fit
data: {train: [md.xyz]}
radial: {kind: SBessel, cutoff: 4.5, zbl: [1.5, 0.5]}
basis:
  - {order: 1, nmax: 4}
weights: {energy: 10, force: 1, virial: 1}
prior: {ridge: 0.01}
END
exits 0 "$fit" convert "$data/md.out" -o md.xyz
exits 0 "$fit" train fit.yaml -o a.yace --quiet
sed "s|md.xyz|$data/md.out|" fit.yaml >fit2.yaml
exits 0 "$fit" train fit2.yaml -o b.yace --quiet
"$fit" test a.yace md.xyz >a
"$fit" test b.yace "$data/md.out" >b
diff a b || fail "the output of CP2K and its conversion give other errors"
