#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm assign refuses wrong input with exit status 2, a message that tells where, and no file left behind.
. "$(dirname "$0")/lib.sh"
need "$BIN/lisi-msm"

awk -v frames=8 -v every=25 -v seed=1 -v nx=3 -v ny=2 -v nz=1 -v style=xi -v element=1 -v timed=1 -v tri=1 -v dump=good.dump -v sites=sites.yaml \
  -v jumps=jumps -v states=states -f "$SRC/tests/cli/jump_dump.awk" >made
rm -f jumps states made
mkdir there
# assign ARGS...: as every call here is made; nothing may be in the folder afterwards
refused() { # STATUS TEXT ARGS...
  local status=$1 text=$2; shift 2
  exits "$status" "$BIN/lisi-msm" assign "$@"
  says "$text"
  [[ -z $(ls -A there) ]] || { ls -A there >&2; fail "files are left behind by: $*"; }
}
# wrong TEXT [ARGS...]: bad.dump is refused
wrong() { local text=$1; shift; refused 2 "$text" bad.dump --sites sites.yaml -o there/run.jumps "$@"; }
usual=(--sites sites.yaml -o there/run.jumps)

# ---- the call
refused 2 "no trajectory" "${usual[@]}"
refused 2 "--sites" good.dump -o there/run.jumps
refused 2 "-o" good.dump --sites sites.yaml
refused 2 "unknown option '--core-radius'" good.dump "${usual[@]}" --core-radius 1
refused 2 "exclude each other" good.dump "${usual[@]}" --core 0.5 --sphere 0.5
refused 2 "--core" good.dump "${usual[@]}" --core -1
refused 2 "--core: expected a radius above 0, found 0" good.dump "${usual[@]}" --core 0
refused 2 "--sphere: expected a radius above 0, found 0" good.dump "${usual[@]}" --sphere 0
refused 2 "exclude each other" good.dump "${usual[@]}" --core 0 --sphere 0.5
refused 2 "overlap" good.dump "${usual[@]}" --core 3
refused 2 "--dwell" good.dump "${usual[@]}" --dwell 0
refused 2 "--every" good.dump "${usual[@]}" --every -5
refused 2 "--flush" good.dump "${usual[@]}" --flush 0
refused 2 "--dt" good.dump "${usual[@]}" --dt x
refused 2 "--dt" good.dump "${usual[@]}" --dt -1
refused 2 "--map" good.dump "${usual[@]}" --map Li,Si
refused 2 "--map" good.dump "${usual[@]}" --map 0=Li
refused 2 "--replicate" good.dump "${usual[@]}" --replicate 3,2
refused 2 "--replicate" good.dump "${usual[@]}" --replicate 3,2,0
refused 2 "edge b" good.dump "${usual[@]}" --replicate 3,3,1
refused 2 "--msd" good.dump "${usual[@]}" --msd 5
refused 2 ".gz" good.dump --sites sites.yaml -o there/run.jumps.gz
refused 2 "nowhere" good.dump --sites sites.yaml -o nowhere/run.jumps
pass "the call"

# ---- an output never replaces an input
cp good.dump own.msd; cp sites.yaml where.msd; ln -s good.dump link.dump
refused 2 "good.dump would be written over good.dump" good.dump --sites sites.yaml -o good.dump
refused 2 "would be written over good.dump" good.dump --sites sites.yaml -o link.dump
refused 2 "would be written over sites.yaml" good.dump --sites sites.yaml -o sites.yaml
refused 2 "own.msd would be written over own.msd" own.msd --sites sites.yaml -o own
refused 2 "where.msd would be written over where.msd" good.dump --sites where.msd -o where --msd 0,0
cmp good.dump own.msd && cmp sites.yaml where.msd || fail "an input is changed"
rm own.msd where.msd link.dump
pass "outputs over inputs"

# ---- files
refused 2 "missing.dump" missing.dump "${usual[@]}"
refused 2 "folder" there "${usual[@]}"
refused 2 "missing.yaml" good.dump --sites missing.yaml -o there/run.jumps
refused 2 "sites.yaml" sites.yaml "${usual[@]}"
refused 2 "good.dump" good.dump --sites good.dump -o there/run.jumps
sed 's/lisi-sites 1/lisi-sites 2/' sites.yaml >other.yaml
refused 2 "lisi-sites" good.dump --sites other.yaml -o there/run.jumps
sed 's/\[4, /[4.3, /' sites.yaml >other.yaml
refused 2 "edge a" good.dump --sites other.yaml -o there/run.jumps
: >empty.dump
refused 2 "empty.dump" empty.dump "${usual[@]}"
refused 2 "order of time" good.dump good.dump "${usual[@]}"
pass "files"

# ---- atoms: which there are
refused 2 "Na" good.dump "${usual[@]}" --species Na
refused 2 "Si" good.dump "${usual[@]}" --species Si
refused 2 "Ge" good.dump "${usual[@]}" --framework Ge
sed '/framework:/d; /species/d' sites.yaml >other.yaml
refused 2 "framework" good.dump --sites other.yaml -o there/run.jumps --framework Si
sed 's/ Li / 1 /; s/ Si / 2 /; s/ element / type /' good.dump >bad.dump
wrong "--map"
sed '0,/frac: \[0.5, 0.45, 0.1\]/{/frac: \[0.5, 0.45, 0.1\]/d}' sites.yaml >other.yaml
refused 2 "12 reference positions" good.dump --sites other.yaml -o there/run.jumps
sed 's/\[0.5, 0.45, 0.1\]/[0.2, 0.2, 0.2]/' sites.yaml >other.yaml
refused 2 "framework" good.dump --sites other.yaml -o there/run.jumps

# ---- dumps; each message names the file and the line, or the atom and the step
sed 's/ATOMS id element x y z/ATOMS foo element x y z/' good.dump >bad.dump
wrong "'id'"; says "bad.dump:11"
sed 's/ATOMS id element x y z/ATOMS id element x v z/' good.dump >bad.dump
wrong "columns"; says "bad.dump:11"
sed 's/ATOMS id element/ATOMS id mass/' good.dump >bad.dump
wrong "'type' or 'element'"; says "bad.dump:11"
sed 's/pp pp pp/pp pp fs/' good.dump >bad.dump
wrong "pp pp pp"; says "bad.dump:7"
awk 'NR == 40 { $3 = "1.2.3" } { print }' good.dump >bad.dump
wrong "1.2.3"; says "bad.dump:40:"
awk 'NR == 40 { $3 = "nan" } { print }' good.dump >bad.dump
wrong "nan"; says "bad.dump:40:"
awk 'NR == 14 { $1 = 1 } { print }' good.dump >bad.dump
wrong "twice"
awk '/NUMBER OF ATOMS/ { print; getline; print (++n == 4 ? $1 - 1 : $1); next } /ATOMS id/ { inside = n == 4 } !(inside && $1 == 3 && $2 == "Li") { print }' good.dump >bad.dump
wrong "atom 3"; says "75"
awk '/NUMBER OF ATOMS/ { print; getline; print (++n == 4 ? $1 - 1 : $1); next } /ATOMS id/ { inside = n == 4 } !(inside && $1 == 9 && $2 == "Si") { print }' good.dump >bad.dump
wrong "atom 9"; says "75"
awk '/NUMBER OF ATOMS/ { print; getline; print (++n == 4 ? $1 + 1 : $1); next } { print } /ATOMS id/ && n == 4 { print "777 Li 1 1 1 0 0 0" }' good.dump >bad.dump
wrong "777"; says "75"
awk '/ITEM: TIMESTEP/ { n++ } { last = n == 4 && $1 == 5 && $2 == "Li" } !last { print }' good.dump >bad.dump
wrong "as the frame announces"; says "bad.dump:"
awk '/ITEM: TIME$/ { getline; next } { print }' good.dump >bad.dump
wrong "--dt"
{ printf 'ITEM: UNITS\nlj\n'; cat good.dump; } >bad.dump
wrong "metal or real"
head -n 20 good.dump >bad.dump
wrong "bad.dump"
{ awk '/ITEM: TIME$/ { n++ } n > 4' good.dump; awk '/ITEM: TIME$/ { n++ } n <= 4' good.dump; } >bad.dump
wrong "comes after"
printf 'this is no dump\n' >bad.dump
wrong "bad.dump:1"
gzip -c good.dump >bad.dump
printf 'garbage in the middle' | dd of=bad.dump bs=1 seek=300 conv=notrunc 2>dd.log
wrong "bad.dump"
# the framework melts away
awk '/ITEM: TIMESTEP/ { n++ } n > 4 && $2 == "Si" { srand($1); $3 += 5 * rand(); $4 += 5 * rand() } { print }' good.dump >bad.dump
wrong "framework"
# the box becomes another one: an edge twice as long, which is no flip
awk '/BOX BOUNDS/ { n++; print; getline; if (n > 4) $2 += $2 - $1; print; next } { print }' good.dump >bad.dump
wrong "the box is another one"; says "bad.dump:145"; says "at step 75"; says "at step 100"
pass "dumps"

refused 2 "no two frames" good.dump "${usual[@]}" --every 5

# ---- what is no error, but told
head -n 240 good.dump >short.dump
exits 0 "$BIN/lisi-msm" assign short.dump "${usual[@]}"
says "cut off"
says "short.dump:"
rm -f there/*
exits 0 "$BIN/lisi-msm" assign good.dump "${usual[@]}"
[[ $(ls -A there | tr '\n' ' ') == "run.jumps run.jumps.msd " ]] || fail "expected run.jumps and run.jumps.msd, found $(ls -A there)"
exits 0 "$BIN/lisi-msm" assign good.dump "${usual[@]}" --msd 0,0
[[ $(ls -A there) == run.jumps ]] || fail "an MSD of another log is left: $(ls -A there)"

# ---- an old log stays as it was when the next call fails; a disk that fills up is no input error
cp there/run.jumps old.jumps
exits 2 "$BIN/lisi-msm" assign bad.dump "${usual[@]}"
cmp old.jumps there/run.jumps || fail "a failed call has changed the old log"
status=0
(trap '' XFSZ; ulimit -f 1; "$BIN/lisi-msm" assign good.dump "${usual[@]}" --flush 1 >out.text 2>err) || status=$?
if [[ $status == 0 ]]; then echo "this system does not limit file sizes" >&2
else
  [[ $status == 1 ]] || { cat err >&2; fail "a full disk: exit status $status, expected 1"; }
  says "run.jumps"
fi
cmp old.jumps there/run.jumps || fail "a full disk has changed the old log"
[[ $(ls -A there) == run.jumps ]] || fail "left behind: $(ls -A there)"
pass "old logs, a full disk"

# ---- interrupted: ends by itself, with nothing left
awk 'BEGIN { for (s = 0; s < 60000; s++) printf "ITEM: TIMESTEP\n%d\nITEM: NUMBER OF ATOMS\n3\nITEM: BOX BOUNDS pp pp pp\n0 10\n0 10\n0 10\nITEM: ATOMS id element x y z\n1 Li 1 2 0\n2 Li 5 5 5\n3 Si 0 0 0\n", s }' >long.dump
printf 'format: lisi-sites 1\ncell: [[10, 0, 0], [0, 10, 0], [0, 0, 10]]\nframework:\n  - {species: Si, frac: [0, 0, 0]}\nsites:\n  - {type: 1, frac: [0.1, 0.2, 0]}\n  - {type: 1, frac: [0.5, 0.5, 0.5]}\n' >long.yaml
rm -f there/*
"$BIN/lisi-msm" assign long.dump --sites long.yaml --dt 1 -o there/run.jumps >out.text 2>err &
worker=$!
while kill -0 "$worker" 2>/dev/null && [[ -z $(ls -A there) ]]; do sleep 0.01; done
kill -TERM "$worker" 2>/dev/null || true
status=0
wait "$worker" || status=$?
if [[ $status == 0 ]]; then echo "the run was over before the signal came" >&2
else
  [[ $status == 1 ]] || fail "interrupted: exit status $status, expected 1"
  says "interrupted"
  [[ -z $(ls -A there) ]] || fail "interrupted: left behind $(ls -A there)"
fi
pass "interrupted (status $status)"
