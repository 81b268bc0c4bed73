# SPDX-License-Identifier: GPL-2.0-or-later
# examples/li13si4-transport: two short runs from MD to the Arrhenius table, one of them stopped and continued; and the stored logs.
. "$(dirname "$0")/lib.sh"
example=$SRC/examples/li13si4-transport
need "$example/run.sh" "$LMP" "$BIN/lisi-msm"
export LISI_BIN=$BIN NP=1 EQUIL=500 SAVE=500
run() { "$example/run.sh" made >out 2>err || { tail -n 5 out err >&2; fail "run.sh"; }; }

RUNS="Li13Si4:800:2" run
grep -q 'MD of 2 ps$' out || fail "a fresh run: $(cat out)"
RUNS="Li13Si4:800:4 Li13Si4:650:3" run
grep -q 'Li13Si4 at 800 K: MD of 4 ps, going on from Li13Si4_800.restart' out || fail "it does not go on: $(cat out)"
# the log is that of one run: known from the first step to the last, every 50 fs
[[ $(grep -c '^lisi-jumps' made/Li13Si4_800.jumps) == 1 && $(tail -n 1 made/Li13Si4_800.jumps) == 'F 2000 '* ]] || fail "the continued log"
grep -q '^D_xx ' out || fail "no Arrhenius table: $(tail -n 5 out)"
for f in Li13Si4_800/report.html Li13Si4_650/model.yaml Li13Si4/arrhenius.yaml Li13Si4/table.csv; do [[ -s made/$f ]] || fail "no $f"; done
before=$(cksum made/*.jumps)
RUNS="Li13Si4:800:4 Li13Si4:650:3" run
grep -q 'MD of' out && fail "a finished run was made again"
[[ $before == "$(cksum made/*.jumps)" ]] || fail "a finished log was changed"
RUNS="Li13Si4:800" "$example/run.sh" made >out 2>err && fail "a run without its length is taken"
grep -q 'expected PHASE:TEMPERATURE:PS' err || fail "message: $(cat err)"

# the stored log of 600 K: what README.md says of it (1e-2 A^2/ps)
STORED=1 RUNS="Li13Si4:600:1000" run
grep -q 'space group Pbam (55)' out || fail "not folded over the space group"
D=$(awk '/^D = / { print 100 * $3; exit }' out)
said=$(awk -F'|' '$2 ~ /Li13Si4/ && $3 + 0 == 600 { print $4 + 0; exit }' "$SRC/examples/li13si4-transport/README.md")
awk -v a="$D" -v b="$said" 'BEGIN { exit !(a > 0 && b > 0 && (a - b)^2 < (.01 * b)^2) }' || fail "D at 600 K is $D, README.md says $said"
