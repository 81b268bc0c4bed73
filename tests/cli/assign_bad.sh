# SPDX-License-Identifier: GPL-2.0-or-later
# Wrong input to lisi-msm assign: exit status 2, a message that names file, line or key, and nothing written.
. "$(dirname "$0")/lib.sh"
good=$SRC/tests/cli/assign_world.yaml
awk -v FRAMES=6 -v FORM=x -v KNOWN=known -v ELEMENT=1 -f "$SRC/tests/cli/assign_world.awk" >good.dump
awk -v FRAMES=6 -v FORM=xs -v KNOWN=known -f "$SRC/tests/cli/assign_world.awk" >types.dump
per=$(($(grep -n TIMESTEP good.dump | sed -n 2p | cut -d: -f1) - 1)) # lines of a frame
run() { "$BIN/lisi-msm" assign "$@" -o bad.jumps; }
# refused MESSAGE ARGUMENTS...: exit status 2, the message, and no file left
refused() {
  local message=$1; shift
  exits 2 "$BIN/lisi-msm" assign "$@" -o bad.jumps
  says "$message"
  [[ $(ls -d bad.jumps* 2>/dev/null) == '' ]] || fail "$message: left behind $(ls -d bad.jumps*)"
}
edited() { sed "$1" good.dump >e.dump; cmp -s good.dump e.dump && fail "the edit $1 changes nothing"; true; }
sites() { sed "$1" "$good" >e.yaml; cmp -s "$good" e.yaml && fail "the edit $1 changes nothing"; true; }

# the call
refused "no trajectory given" --sites "$good"
refused "--sites FILE is missing" good.dump --dt 0.1
refused "none.dump: cannot be opened" none.dump --sites "$good" --dt 0.1
refused "none.yaml: cannot be opened" good.dump --sites none.yaml --dt 0.1
refused ".: expected a file, found a folder" . --sites "$good" --dt 0.1
refused "give --dt" good.dump --sites "$good"
refused "--core and --sphere exclude each other" good.dump --sites "$good" --dt 0.1 --core 1 --sphere 1
refused "--dt and --timestep exclude each other" good.dump --sites "$good" --dt 0.1 --timestep 1
refused "--core: expected a radius above 0, found -1" good.dump --sites "$good" --dt 0.1 --core -1
refused "radius" good.dump --sites "$good" --dt 0.1 --core 5
refused "--dwell: expected an integer from 1, found 0" good.dump --sites "$good" --dt 0.1 --dwell 0
refused "--flush" good.dump --sites "$good" --dt 0.1 --flush 0
refused "--msd" good.dump --sites "$good" --dt 0.1 --msd 5
refused "--replicate: expected 3 integers" good.dump --sites "$good" --dt 0.1 --replicate 2,2
refused "edge a is" good.dump --sites "$good" --dt 0.1 --replicate 3,2,2
refused "--map: expected types and species such as 1=Li,2=Si, found 'Li'" types.dump --sites "$good" --dt 0.1 --map Li
refused "type 2 has no name in the map" types.dump --sites "$good" --dt 0.1 --map 1=Li
refused "no atom of species Li" types.dump --sites "$good" --dt 0.1
refused "no atom of species Na" good.dump --sites "$good" --dt 0.1 --species Na
refused "Si is both the tracked species and part of the framework" good.dump --sites "$good" --dt 0.1 --species Si
exits 2 "$BIN/lisi-msm" assign good.dump --sites "$good" --dt 0.1 -o x.jumps.gz
says "compress the finished log"
exits 2 "$BIN/lisi-msm" assign good.dump --sites "$good" --dt 0.1 -o no/such/folder/x.jumps
says "no/such/folder/x.jumps: cannot be written"
exits 2 "$BIN/lisi-msm" assign good.dump --sites "$good" --dt 0.1 -o .
says "folder"
sed '/TIMESTEP/{n;s/.*/&1/}' good.dump >odd.dump
refused "none of the 6 frames has a step that is a multiple of 10" odd.dump --sites "$good" --dt 0.1 --every 10

# the site file
sites 's/lisi-sites 1/lisi-sites 2/'; refused "e.yaml: format: this program reads 'lisi-sites 1', found 'lisi-sites 2'" good.dump --sites e.yaml --dt 0.1
sites '/^format/d'; refused "format" good.dump --sites e.yaml --dt 0.1
sites '/^sites:/,$d'; refused "'sites'" good.dump --sites e.yaml --dt 0.1
sites '/^cell:/d'; refused "'cell'" good.dump --sites e.yaml --dt 0.1
sites 's/\[6.0, 0, 0\]/[6.5, 0, 0]/'; refused "the box does not fit the cell of the site file: edge a" good.dump --sites e.yaml --dt 0.1
sites 's/\[1.5, 6.5, 0\]/[0, 6.67, 0]/'; refused "the box does not fit the cell of the site file: angle" good.dump --sites e.yaml --dt 0.1
sites 's/\[6.0, 0, 0\]/[0, 0, 0]/'; refused "e.yaml:" good.dump --sites e.yaml --dt 0.1
sites 's/label: B, frac: \[0.6, 0.3, 0.7\]/label: B, frac: [0.155, 0.2, 1.25]/'; refused "sites 1 and 2 are" good.dump --sites e.yaml --dt 0.1
sites 's/0.15, 0.2, 0.25/0.15, .nan, 0.25/'; refused "frac" good.dump --sites e.yaml --dt 0.1
sites 's/0.15, 0.2, 0.25/0.15, 0.2/'; refused "frac" good.dump --sites e.yaml --dt 0.1
sites 's/type: 1/type: one/'; refused "type" good.dump --sites e.yaml --dt 0.1
sites 's/frac: \[0.8, 0.8, 0.1\]/frac: [0.3, 0.8, 0.4]/'; refused "framework: no rigid shift brings its 16 atoms" good.dump --sites e.yaml --dt 0.1
sites '/0.9, 0.5, 0.45/d'; refused "8 reference positions in this box, found 16" good.dump --sites e.yaml --dt 0.1
sites '/^framework/,/0.45/d'; refused "the site file has no framework positions" good.dump --sites e.yaml --dt 0.1 --framework Si
printf 'format: [\n' >e.yaml; refused "e.yaml:" good.dump --sites e.yaml --dt 0.1

# the dump
dump() { refused "$1" e.dump --sites "$good" --dt 0.1; }
: >e.dump; dump "e.dump: the trajectory is empty"
head -n 4 good.dump >e.dump; dump "the trajectory is empty"
echo hello >e.dump; dump "e.dump:1: expected a LAMMPS dump"
edited 's/ATOMS id /ATOMS nr /'; dump "e.dump:9: expected a column 'id'"
edited 's/ATOMS id element /ATOMS id kind /'; dump "e.dump:9: expected a column 'type' or 'element'"
edited 's/x y z ix/x y w ix/'; dump "e.dump:9: expected columns x y z, xs ys zs, xu yu zu or xsu ysu zsu"
edited '12s/ [^ ]*$//'; dump "e.dump:12: expected 8 columns, found 7"
edited '12s/^[0-9]*/x7/'; dump "e.dump:12: expected an atom id (an integer from 1) in column 1, found 'x7'"
edited '12s/[0-9.e-]* \(-*[0-9]* -*[0-9]* -*[0-9]*\)$/nan \1/'; dump "e.dump:12: expected a coordinate in column 5, found 'nan'"
edited '12s/[0-9]*$/1.5/'; dump "e.dump:12: expected an image flag"
edited '12s/^[0-9]*/5/'; dump "e.dump:1: atom id 5 stands twice"
edited '5s/pp pp pp/pp pp ff/'; dump "e.dump:5: expected a box that is periodic"
edited '5s/.*/ITEM: BOX BOUNDS abc origin pp pp pp/'; dump "general triclinic"
edited '6s/ [^ ]*$//'; dump "e.dump:6: expected box bounds (3 numbers)"
edited '6s/.*/5 1 0/'; dump "e.dump:6: expected box bounds lo < hi"
edited '4s/.*/-1/'; dump "e.dump:4: expected a number of atoms"
edited '4s/.*/21/'; dump "e.dump:31: expected a LAMMPS dump (ITEM: ...), found '116 Si"
edited '4s/.*/23/'; dump "e.dump:32: expected 23 atoms as the frame announces, found 22"
edited '/^ITEM: BOX/,+3d'; dump "expected ITEM: BOX BOUNDS before ITEM: ATOMS"
(echo "ITEM: UNITS"; echo lj; cat good.dump) >e.dump; dump "e.dump:2: expected units metal or real"
# atoms that vanish, come, or change their element; the host too
second=$((per + 10))
(head -n $per good.dump; tail -n +$((per + 1)) good.dump | sed "4s/22/21/; 10d") >e.dump; dump "of the first frame is missing at step 10"
edited "${second}s/^[0-9]* /99 /"; dump "atom 5 of the first frame is missing at step 10"
edited "${second}i 1 Si 0 0 0 0 0 0"; sed -i "$((per + 4))s/22/23/" e.dump; dump "step 10 holds atom 1 (Si), which is not in the first frame"
edited "${second}s/Li/Si/"; dump "step 10 holds atom 5 (Si), which is not in the first frame"
# steps
edited "$((per + 2))s/.*/0/;$((2 * per + 2))s/.*/20/;2s/.*/10/"; dump "step 0 comes after step 10"
edited "$((2 * per + 2))s/.*/25/"; dump "step 25 does not continue 0 + k x 10; tell the sampling with --every N"
refused "give the files in the order of time" good.dump good.dump --sites "$good" --dt 0.1
# a box that is another one later; a host that walks off
edited "$((per + 7)),$((per + 7))s/.*/0 99 -1.9/"; dump "e.dump:$((per + 1)):"
# gz that is none inside, or damaged
gzip -k good.dump
(head -c 1500 good.dump.gz; head -c 400 /dev/zero; tail -c +1901 good.dump.gz) >e.dump.gz
refused "e.dump.gz:" e.dump.gz --sites "$good" --dt 0.1

# cut off in the last frame: a warning, and the rest counts
head -n $((5 * per + 15)) good.dump | head -c -5 >cut.dump
exits 0 run cut.dump --sites "$good" --dt 0.1
says "cut.dump:$((5 * per + 15)): the last frame is cut off and is left out"
head -n $((5 * per)) good.dump >five.dump
exits 0 "$BIN/lisi-msm" assign five.dump --sites "$good" --dt 0.1 -o five.jumps
cmp bad.jumps five.jumps || fail "a cut-off frame counts"
head -c $(($(stat -c %s good.dump.gz) * 9 / 10)) good.dump.gz >cut.dump.gz
exits 0 run cut.dump.gz --sites "$good" --dt 0.1
says "the last frame is cut off"

# a failed run leaves an older log as it was
cp bad.jumps before
edited "$((3 * per + 12))s/^[0-9]*/x/"
exits 2 run e.dump --sites "$good" --dt 0.1
cmp bad.jumps before || fail "a failed run changed the older log"
[[ $(find . -name '*.tmp.*') == '' ]] || fail "temporary files were left"
