# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm assign follows a box that is flipped: the jumps are those of the same run without flips, in every form of dump and under every rule.
. "$(dirname "$0")/lib.sh"
need "$BIN/lisi-msm"
sites=$SRC/tests/cli/assign_world.yaml
world() { awk -v FRAMES=200 -v KNOWN="$1" -v FORM="$2" -v ELEMENT=1 -v FLIP="$3" -f "$SRC/tests/cli/assign_world.awk"; }
assign() { exits 0 "$BIN/lisi-msm" assign "$@" --sites "$sites" --timestep 0.01; }
# The mean cell of the F lines may differ in its last digit.
records() { sed '1,/^data$/d; s/^\(F [0-9]*\).*/\1/' "$1"; }
for form in x xs xu xsu; do
  world known $form 1 >flipped.dump
  world unflipped $form 0 >plain.dump
  cmp known unflipped || fail "the two worlds are not the same"
  tilts=$(awk '/BOX BOUNDS/ { getline; printf "%d ", $3 * 2 }' flipped.dump | tr ' ' '\n' | sort -u | grep -c .)
  ((tilts >= 3)) || fail "the box is not flipped"
  for rule in "" "--core 1.2" "--sphere 1.5" "--dwell 3"; do
    assign flipped.dump $rule -o flipped.jumps
    assign plain.dump $rule -o plain.jumps
    diff <(records flipped.jumps) <(records plain.jumps) >difference || { head -n 5 difference >&2; fail "$form $rule: other jumps than without flips"; }
    close <(sed '1,/^data$/d' flipped.jumps.msd | cut -d' ' -f4-) <(sed '1,/^data$/d' plain.jumps.msd | cut -d' ' -f4-) 1e-6 "$form $rule: MSD"
  done
  assign flipped.dump -o flipped.jumps
  diff <(records flipped.jumps | grep -v '^F' | sort -n -k1,1 -k2,2) <(sort -n -k1,1 -k2,2 known) >difference || { head -n 5 difference >&2; fail "$form: not the known jumps"; }
done
pass "four forms, four rules"

# A dump that begins after a flip, as that of a continued run: the same jumps from there on.
per=$(($(grep -n TIMESTEP flipped.dump | sed -n '2s/:.*//p') - 1))
for from in 20 60 150; do
  tail -n +$((from * per + 1)) flipped.dump >later.dump
  tail -n +$((from * per + 1)) plain.dump >plain.later
  assign later.dump -o later.jumps
  assign plain.later -o plain.jumps
  diff <(records later.jumps | grep -v '^F' | awk '$3 != 0') <(records plain.jumps | grep -v '^F' | awk '$3 != 0') >difference ||
    { head -n 5 difference >&2; fail "from frame $from on: other jumps"; }
done
pass "a dump that begins flipped"

# Twenty files in a row, each overlapping the next, some compressed
files=()
for k in $(seq 0 19); do
  sed -n "$((10 * k * per + 1)),$(((10 * k + 13) * per))p" flipped.dump >piece$k.dump
  if ((k % 3 == 1)); then gzip piece$k.dump; files+=(piece$k.dump.gz); else files+=(piece$k.dump); fi
done
assign "${files[@]}" -o pieces.jumps
cmp pieces.jumps flipped.jumps || fail "twenty files that overlap: another log"
pass "twenty files in a row"
