# SPDX-License-Identifier: GPL-2.0-or-later
# MD of Li13Si4 with the shipped potential, 3 ps at 500 K: lisi-msm sites finds the cell, the space group and the seven kinds of lithium of
# examples/Li13Si4/sites.yaml, each close to where that file has it; with that file as structure they keep its names.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
need "$SRC/examples/Li13Si4/in.li13si4" "$SRC/potentials/Li-Si.yace" "$LMP"
out=$PWD
cd "$SRC/examples/Li13Si4"
lmp_log=$out/run.out
"$LMP" -in in.li13si4 -log none -var T 500 -var equil 500 -var steps 1500 -var every 10 -var keep yes -var dump "$out/run.dump" -var out "$out/run.jumps" >"$lmp_log" 2>&1 ||
  { tail -n 15 "$lmp_log" >&2; fail "LAMMPS"; }
cd "$out"
sites() { "$BIN/lisi-msm" sites run.dump --map 1=Li,2=Si "$@" --json >out 2>err || { cat err >&2; fail "lisi-msm sites $*"; }; }
labels() { grep -o '"label": "[^"]*"' out | sed 's/.*: "//; s/"//' | sort | tr '\n' ' '; }
sites -o found.yaml
[[ $(json space_group) == '"Pbam"' && $(json replicate) == '[2, 1, 3]' ]] || fail "cell: $(json space_group) $(json replicate)"
[[ $(labels) == '2c 4g-1 4g-2 4g-3 4h-1 4h-2 4h-3 ' ]] || fail "sites: $(labels)"
awk '/label: [24]/ { gsub(/[\[\]{},]/, " "); for (k = 1; k <= NF; k++) if ($k == "frac:") print $(k+1), $(k+2), $(k+3) }' found.yaml >found
awk '/label: Li/ { gsub(/[\[\]{},]/, " "); for (k = 1; k <= NF; k++) if ($k == "frac:") print $(k+1), $(k+2), $(k+3) }' "$SRC/examples/Li13Si4/sites.yaml" >known
[[ $(wc -l <found) == 26 && $(wc -l <known) == 26 ]] || fail "numbers of sites"
awk 'NR == FNR { x[NR] = $1; y[NR] = $2; z[NR] = $3; next }
  { best = 99; for (k = 1; k <= 26; k++) { d = (7.949 * w($1 - x[k])) ^ 2 + (15.125 * w($2 - y[k])) ^ 2 + (4.466 * w($3 - z[k])) ^ 2; if (d < best) { best = d; at = k } }
    if (taken[at]++ || best > 0.25) { print "site", $0, "is", sqrt(best), "A from the nearest one of the crystal"; exit 1 } }
  function w(f) { return f - sprintf("%.0f", f) }' known found || fail "the sites are not those of the crystal within 0.5 A, one by one"
sites --structure "$SRC/examples/Li13Si4/sites.yaml" -o given.yaml
[[ $(labels) == 'Li1 Li2 Li3 Li4 Li5 Li6 Li7 ' ]] || fail "with the crystal given: $(labels)"
"$BIN/lisi-msm" assign run.dump --map 1=Li,2=Si --sites found.yaml --timestep 0.002 -o found.jumps >out 2>err || { cat err >&2; fail "assign does not take the file"; }
