# SPDX-License-Identifier: GPL-2.0-or-later
# network.graphml: one node for each site and one edge for each jump, with their numbers; valid XML; networkx reads it.
. "$(dirname "$0")/lib.sh"
awk -f "$SRC/tests/cli/chain_log.awk" -v walkers=20 -v samples=2000 -v cells=4 -v p=.2 -v q=.05 -v seed=1 | sed 's/label: A/label: "<A\&b>"/' >a.jumps
exits 0 "$BIN/lisi-msm" build a.jumps --lags 1,2 -o o
need o/network.graphml
jumps() { tr '\n' ' ' <o/network_1.yaml | sed 's/.*jumps://' | grep -o '\[ *[0-9][^][]*\]' | tr -d '[],'; } # i j nx ny nz p
count() { grep -c "$1" o/network.graphml; }
[[ $(count '<node id=') == 2 && $(count '<edge id=') == $(jumps | wc -l) ]] || fail "$(count '<node id=') nodes, $(count '<edge id=') edges"
grep -q '<data key="n_label">&lt;A&amp;b&gt;</data>' o/network.graphml || fail "a label with signs of XML"
# pi adds up to 1, and what leaves a site for others is what network_1.yaml says
awk -F'[<>]' '/key="n_pi"/ { for (k = 1; k < NF; k++) if ($k ~ /n_pi/) sum += $(k + 1) } END { exit !(sum > 1 - 1e-8 && sum < 1 + 1e-8) }' o/network.graphml ||
  fail "pi does not add up to 1"
jumps | awk 'NF == 6 { a += $NF }
     FILENAME ~ /graphml/ && match($0, /key="e_p">[^<]*/) { b += substr($0, RSTART + 10, RLENGTH - 10) }
     END { d = a - b; exit !(a > 0 && d < 1e-8 && d > -1e-8) }' - o/network.graphml || fail "probabilities"
grep -q 'key="e_distance">1.1<' o/network.graphml || fail "the jump from 0 to 1.1 Angstrom"
if command -v xmllint >/dev/null; then xmllint --noout o/network.graphml || fail "not well-formed"; else echo "xmllint is not installed: not checked as XML"; fi
if python3 -c 'import networkx' 2>/dev/null; then
  python3 - <<'P' || fail "networkx"
import networkx
g = networkx.read_graphml("o/network.graphml")
assert g.is_directed() and g.number_of_nodes() == 2
assert abs(sum(d["pi"] for _, d in g.nodes(data=True)) - 1) < 1e-8
assert {d["label"] for _, d in g.nodes(data=True)} == {"<A&b>", "B"}
assert all(d["p"] > 0 and d["rate"] > 0 and d["distance"] > 0 and isinstance(d["shift_a"], int) for _, _, d in g.edges(data=True))
P
else
  echo "networkx is not installed: not read by it"
fi
pass "GraphML"
