#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm assign finds the very jumps that a trajectory was made with: through periodic boundaries of orthogonal, tilted and breathing
# boxes, under drift, in every way that a dump can be written, in every mode.
. "$(dirname "$0")/lib.sh"
need "$BIN/lisi-msm"

# make NAME=VALUE...: run.dump, sites.yaml, jumps (expected), states; the number of jumps in $made
make() {
  local v=() one
  for one in frames=60 every=25 seed=1 nx=3 ny=2 nz=1 style=xi tri=0 breathe=0 drift=0 shuffle=0 transit=0 blips=0 element=1 timed=1 left=0 mode=nearest "$@"; do
    v+=(-v "$one")
  done
  rm -f run.dump jumps states
  made=$(awk "${v[@]}" -v dump=run.dump -v sites=sites.yaml -v jumps=jumps -v states=states -f "$SRC/tests/cli/jump_dump.awk")
  (( made > 30 )) || fail "the generator made $made jumps only"
}
records() { awk '/^data$/ { on = 1; next } on && $1 ~ /^[0-9]/' "$1"; }
# same_jumps WHAT: run.jumps holds the records that were made, and knows all of the run
same_jumps() {
  records run.jumps >found
  cmp -s found jumps || { diff found jumps | head -n 10 >&2; fail "$1: the log holds other jumps than were made"; }
  [[ $(grep '^F ' run.jumps | tail -n 1 | awk '{ print $2 }') == 1475 ]] || fail "$1: the last F line is not that of the last sample"
  [[ -s run.jumps.msd ]] || fail "$1: no MSD beside the log"
  pass "$1: $made jumps"
}
assign() { exits 0 "$BIN/lisi-msm" assign run.dump --sites sites.yaml -o run.jumps "$@"; }

seed=0
for tri in 0 1; do
  for style in xi xsi xu xsu; do
    for more in "breathe=0 drift=0 shuffle=0" "breathe=1 drift=1 shuffle=1"; do
      seed=$((seed + 1))
      make tri=$tri style=$style seed=$seed $more
      assign
      same_jumps "$style, tilted $tri, $more"
    done
  done
  # Wrapped positions without images are followed; a box wide enough that steps are clearly shorter than half of it.
  for style in x xs; do
    make tri=$tri style=$style nx=3 ny=3 nz=3 seed=$((50 + tri)) breathe=1 drift=1 shuffle=1
    assign
    same_jumps "$style (no images), tilted $tri"
  done
done

# ---- what the ways to call it change, and what they do not
make seed=77 tri=1 drift=1 breathe=1
assign
same_jumps "element column"
cp run.jumps reference.jumps
grep -q '^timestep 0.002$' run.jumps || fail "the time step was not found from ITEM: TIME: $(grep ^timestep run.jumps)"
grep -q '^every 25$' run.jumps && grep -q '^replicate 3 2 1$' run.jumps && grep -q '^atoms 7$' run.jumps && grep -q '^mode nearest' run.jumps ||
  { head -n 12 run.jumps >&2; fail "a header line is wrong"; }
[[ $(grep -c '^F ' run.jumps) == 2 ]] || fail "expected an F line for the sample at step 0 and one at the end"
exits 0 "$BIN/lisi-msm" assign run.dump --sites sites.yaml -o again.jumps
cmp run.jumps again.jumps && cmp run.jumps.msd again.jumps.msd || fail "the same call gives another log"
gzip -k run.dump
exits 0 "$BIN/lisi-msm" assign run.dump.gz --sites sites.yaml -o again.jumps
cmp run.jumps again.jumps || fail "the .gz gives another log"
awk -v cut=750 '/^ITEM: TIME$/ { head = $0; getline; head = head "\n" $0; next } /^ITEM: TIMESTEP/ { getline s; out = s < cut ? "a.dump" : "b.dump"; if (head != "") print head > out; print > out; print s > out; if (s >= cut && s < cut + 100) both = 1; next } { print > out }' run.dump
cp a.dump overlap.dump
awk '/^ITEM: TIME$/ { n++ } n <= 3' b.dump >>overlap.dump # three frames more, which b.dump holds, too
exits 0 "$BIN/lisi-msm" assign overlap.dump b.dump --sites sites.yaml -o again.jumps
cmp run.jumps again.jumps || fail "two files that overlap give another log"
pass "gzip, two files, overlapping files: the same log"
make seed=77 tri=1 drift=1 breathe=1 element=0 timed=0
exits 0 "$BIN/lisi-msm" assign run.dump --sites sites.yaml --map 1=Li,2=Si --dt 0.05 -o run.jumps
cmp run.jumps reference.jumps || fail "numeric types with --map and --dt give another log"
exits 0 "$BIN/lisi-msm" assign run.dump --sites sites.yaml --map 1=Li,2=Si --timestep 0.002 -o run.jumps
cmp run.jumps reference.jumps || fail "numeric types with --map and --timestep give another log"
pass "types with a map, --dt, --timestep: the same log"

# ---- modes
make seed=5 left=1 transit=1 mode=core tri=1 drift=1
assign --core 0.8
same_jumps "core, with transits"
# small cores: what the summary counts as in no site is what jumps counts as before the first core
exits 0 "$BIN/lisi-msm" assign run.dump --sites sites.yaml -o small.jumps --core 0.1 --json
read -r none atoms < <(awk -F'[:,]' '/"unassigned"/ { n = $2 } /"atoms"/ && !a { a = $2 } END { print n, a }' out)
exits 0 "$BIN/lisi-msm" jumps small.jumps --json
before=$(sed -n 's/.*"before_first": *\([^,]*\).*/\1/p' out)
awk -v n="$none" -v a="$atoms" -v b="$before" 'BEGIN { d = n / a - b; exit !(b > 0.01 && d < 1e-12 && d > -1e-12) }' || fail "in no site: $none of $atoms, before the first core: $before"
make seed=5 transit=1 mode=sphere tri=1 drift=1
assign --sphere 0.8
same_jumps "sphere, with transits"
make seed=6 left=1 blips=1 tri=1
assign --dwell 2
same_jumps "dwell 2, with visits of one sample"

# ---- fewer samples: states by step are those of the trajectory at the steps that are left
make seed=8 tri=1
assign --every 50 --framework none
records run.jumps | awk '
  NR == FNR { if ($1 % 50 == 0) { want[$1 "," $2] = $3 " " $4 " " $5 " " $6; step[$1] = 1 } next }
  { key = $2; if ($3 == 0) { for (k = 0; k < 3; k++) n[key, k] = $(5 + k) } else { if (site[key] != $3) bad = 1; for (k = 0; k < 3; k++) n[key, k] += $(5 + k) }
    site[key] = $4; if (want[$1 "," key] != site[key] " " n[key, 0] " " n[key, 1] " " n[key, 2]) bad = 1; lines++ }
  END { exit bad || lines < 20 }' states - || fail "--every 50: the states are not those of the trajectory"
pass "--every 50"

# ---- missing frames: a break, and every atom starts anew where it really is
make seed=9 tri=1 drift=1
awk '/^ITEM: TIME$/ { n++ } n != 31 && n != 32' run.dump >holes.dump # steps 750 and 775
exits 0 "$BIN/lisi-msm" assign holes.dump --sites sites.yaml -o run.jumps
says "725"
says "800"
grep -q '^B 800$' run.jumps || fail "no break at step 800"
{ awk '$1 < 750' jumps; awk '$1 == 800 { print $1, $2, 0, $3, $4, $5, $6 }' states; awk '$1 > 800' jumps; } >expected
records run.jumps >found
cmp found expected || { diff found expected | head >&2; fail "jumps around a break"; }
pass "a break"

# ---- MSD: atoms that move together against the framework, with the lags of one origin; the sums are kept in steps of about 1e-7
awk 'BEGIN { for (s = 0; s < 6; s++) { printf "ITEM: TIMESTEP\n%d\nITEM: NUMBER OF ATOMS\n3\nITEM: BOX BOUNDS pp pp pp\n0 10\n0 10\n0 10\nITEM: ATOMS id element xu yu zu\n", s
  printf "1 Li %g %g 0\n2 Li %g %g 5\n3 Si %g 0 0\n", 1 + 0.1 * s, 2 + 0.2 * s, 5 + 0.1 * s, 5 + 0.2 * s, 0.3 * s } }' >run.dump
printf 'format: lisi-sites 1\ncell: [[10, 0, 0], [0, 10, 0], [0, 0, 10]]\nframework:\n  - {species: Si, frac: [0, 0, 0]}\nsites:\n  - {type: 1, frac: [0.1, 0.2, 0]}\n  - {type: 1, frac: [0.5, 0.5, 0.5]}\n' >sites.yaml
assign --dt 1
awk '/^data$/ { on = 1; next } on && $1 == 0 { l = $2; n++; x = -0.2 * l; y = 0.2 * l
       split(x * x " " y * y " 0 " x * y " 0 0", w, " "); for (k = 1; k <= 6; k++) { d = $(3 + k) - w[k]; if (d > 1e-6 || d < -1e-6) bad = 1 } if ($3 != 2) bad = 1 }
     END { exit bad || n != 5 }' run.jumps.msd || { cat run.jumps.msd >&2; fail "the MSD of a rigid motion"; }
pass "MSD of a rigid motion"
