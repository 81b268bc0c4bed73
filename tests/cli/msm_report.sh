#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lisi-msm report: one page that is whole, needs nothing beside it and says what model.yaml says, whatever is missing.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
msm() { exits 0 "$BIN/lisi-msm" "$@"; }
page() { # FOLDER: what every page has to be
  local html=$1/report.html name
  [[ -s $html ]] || fail "$html is missing"
  # Nothing is fetched, nothing is run. (Names of XML namespaces are no addresses.)
  grep -nEi '<(script|link|iframe|img|object|embed)|@import|(src|href|action)="?https?:|url\(["'\'']?https?:' "$html" | head -n 3 >found || true
  [[ ! -s found ]] || fail "$html reaches out of itself: $(cut -c1-200 found)"
  # Names are unique, every link inside the page ends somewhere.
  grep -oE ' id=["'\''][^"'\'']*' "$html" | sed 's/^ id=.//' | sort >ids
  [[ $(uniq -d ids | wc -l) == 0 ]] || fail "$html: ids that are there twice: $(uniq -d ids | head -n 3 | tr '\n' ' ')"
  for name in $(grep -oE '(href="#|url\(#|href='\''#)[^")'\'']*' "$html" | sed 's/.*#//' | sort -u); do
    grep -qxF -- "$name" ids || fail "$html: nothing has the id $name"
  done
  # Every figure is a file as well, and the file is what stands in the page.
  for name in $(grep -oE 'figure id="fig-[^"]*' "$html" | sed 's/.*fig-//'); do
    [[ -s $1/$name.svg ]] || fail "$1/$name.svg is missing"
    sed -n '/<svg/,$p' "$1/$name.svg" >inner
    grep -qF -- "$(sed -n 2p inner)" "$html" || fail "$1/$name.svg is not what the page shows"
    grep -qE '<title' "$1/$name.svg" && grep -qE '<desc' "$1/$name.svg" && grep -q 'role="img"' "$1/$name.svg" ||
      fail "$1/$name.svg says nothing to who cannot see it"
  done
  grep -qiE '>[^<]*\b(nan|-nan|inf)\b' "$html" && fail "$html shows $(grep -oiE '>[^<]*\b(nan|-nan|inf)\b' "$html" | head -n 1)"
  grep -qE '<h[23][^>]*></h' "$html" && fail "$html: an empty heading"
  if command -v xmllint >/dev/null; then # it is written so that an XML parser can read it, once the entities are gone
    sed -E 's/&(nbsp|times|sup2|Aring|minus|middot|ndash|hellip|infin|tau|sigma|plusmn);/ /g' "$html" >page.xml
    xmllint --noout page.xml 2>err || fail "$html is not well-formed: $(head -n 3 err)"
    for name in "$1"/*.svg; do [[ ! -e $name ]] || xmllint --noout "$name" 2>err || fail "$name: $(head -n 3 err)"; done
  fi
  [[ $(find "$1" -name '*tmp*') == '' ]] || fail "temporary files were left in $1"
}
has() { grep -qF -- "$2" "$1/report.html" || fail "$1: the page lacks $2"; }
lacks() { grep -qF -- "$2" "$1/report.html" && fail "$1: the page has $2" || true; }
yaml() { sed -n "/^$2:/,/^[^ ]/p" "$1/model.yaml" | sed -n "s/^ *$3: //p" | head -n 1; } # FOLDER MAP KEY

# ---- a chain of two kinds of sites, with everything ------------------------------------------------------------------
awk -f "$SRC/tests/cli/chain_log.awk" -v walkers=30 -v samples=2000 -v cells=4 -v p=.2 -v q=.05 -v seed=1 >a.jumps
msm build a.jumps --lags 1,2,5,10 --fold yes -o chain
page chain
for s in verdicts dynamics diffusion crystal modes rates passage models provenance; do has chain "id=\"$s\""; done
for f in timescales diffusion msd ck network stationary mode_1; do has chain "id=\"fig-$f\""; done
lacks chain 'id="components"'
has chain '1D'
has chain "lisi-msm build a.jumps --lags 1,2,5,10 --fold yes -o chain"
has chain "$(sha256sum a.jumps | cut -d' ' -f1)"
# the headline is the reported D, in three units
d=$(yaml chain reported D_iso)
has chain "$(awk -v d="$d" 'BEGIN { printf "<dt>%.4g</dt><dd>&Aring;&sup2;/ps", d }')"
has chain "$(awk -v d="$d" 'BEGIN { split(sprintf("%.3g", d * 1e-8), p, "e-0*")
  printf "%s&#8239;&times;&#8239;10<sup>&minus;%s</sup> <small>m&sup2;/s", p[1], p[2] }')"
# two states of equal weight: the mode is +1 and -1, its eigenvalue that of P
grep -v '^%' chain/modes_1.mtx >modes
[[ $(head -n 1 modes) == "2 1" ]] || fail "modes_1.mtx: $(head -n 1 modes)"
close "$(sed -n 2p modes)" 1 0.05; close "$(sed -n 3p modes)" -1 0.05
p12=$(awk '$1 == 1 && $2 == 2 { print $3 }' chain/P_1.mtx) p21=$(awk '$1 == 2 && $2 == 1 { print $3 }' chain/P_1.mtx)
close "$(sed -n 's/^% \(0\..*\)$/\1/p' chain/modes_1.mtx | head -n 1)" "$(awk -v a="$p12" -v b="$p21" 'BEGIN { printf "%.17g", 1 - a - b }')" 1e-12
has chain 'exchanges with'
# made again it is the same; without the checks it still has what they found before
cp chain/report.html before; msm report chain; cmp before chain/report.html || fail "the same folder, another page"
msm report chain --no-checks --json; has chain 'id="fig-ck"'
grep -q '"network_drawn": true' out && grep -q '"curves_drawn": true' out || fail "--json: $(cat out)"
# a folder without their results, and not asked for: the page says so
rm chain/ck.yaml chain/paths.yaml; msm report chain --no-checks; page chain
lacks chain 'id="fig-ck"'; lacks chain 'id="passage"'; has chain 'not tested'

# ---- unfolded: waves of the box --------------------------------------------------------------------------------------
msm build a.jumps --lags 1,2 --fold no -o ring; page ring
has ring 'it is a wave with k = (1/4, 0, 0)'

# ---- labels that want out --------------------------------------------------------------------------------------------
evil="'<script>x</script>&y''z{_^\\'" # a word, as YAML writes it
export evil
awk '{ at = index($0, "label: A,"); if (at) print substr($0, 1, at + 6) ENVIRON["evil"] substr($0, at + 8); else print }' a.jumps >evil.jumps
grep -qF '<script>' evil.jumps || fail "the test's own log"
msm build evil.jumps --lags 1,2 -o '<b>o&'; page '<b>o&'
lacks '<b>o&' '<script>'; lacks '<b>o&' '<b>o&'
has '<b>o&' '&lt;script&gt;x&lt;/script&gt;&amp;y&#39;z{_^\'
grep -lF '<script>' '<b>o&'/*.svg && fail "a picture holds the label as it is"
has '<b>o&' 'id="fig-ck"'; has '<b>o&' 'id="fig-stationary"'

# ---- what is not there is left out -----------------------------------------------------------------------------------
awk 'BEGIN { srand(4); s = 0; for (t = 0; t < 4000; t++) { print s; if (rand() < (s == 1 ? .02 : .1)) s = s == 2 ? 1 : s == 0 ? 1 : rand() < .5 ? 0 : 2 } }' >d.txt
msm build --dtraj d.txt --lags 1,5 -o dtraj; page dtraj
for s in 'id="diffusion"' 'id="fig-network"' 'class="hero"' 'Lithium transport at' 'NaN'; do lacks dtraj "$s"; done
has dtraj '>Markov state model<'; has dtraj 'Walkers on '
msm build --dtraj d.txt --lags 1 --resamples 0 -o one; page one; lacks one '95&nbsp;%: '
printf '0\n0\n0\n0\n0\n' >still.txt # one state, nothing ever happens
msm build --dtraj still.txt --lags 1 -o still; page still
lacks still 'id="modes"'; lacks still 'id="fig-timescales"'; has still 'no jump was seen'
printf '5 1 0\n1 5 0\n0 0 7\n' >c.txt
msm build --count-matrix c.txt -o counts; page counts; has counts 'id="components"'
grep -v '^[0-9].* [1-9][0-9]* [1-9][0-9]* [-0-9]* [-0-9]* [-0-9]*$' a.jumps >none.jumps # sites taken, no jumps
msm build none.jumps --lags 1 -o none; page none; has none 'no jump was seen'
cat >net.yaml <<'N'
cell: [[3, 0, 0], [0, 3, 0], [0, 0, 3]]
lag: 0.1
sites: [{frac: [0, 0, 0], label: T}, {frac: [0.5, 0.5, 0.5], label: O}]
jumps: [[1, 2, 0, 0, 0, 0.1], [2, 1, 0, 0, 0, 0.1], [1, 2, -1, 0, 0, 0.1], [2, 1, 1, 0, 0, 0.1]]
N
msm transport --network net.yaml -o net; page net; has net 'id="fig-network"'
msm build a.jumps --lags 1 --estimator row -o row; page row; lacks row 'id="modes"'
msm build a.jumps --lags 1 --estimator plain -o plain; page plain

# ---- no gnuplot: tables and data all the same ------------------------------------------------------------------------
mkdir bin; for p in bash sh env; do ln -s "$(command -v $p)" bin/$p; done
PATH=$PWD/bin exits 0 "$BIN/lisi-msm" build a.jumps --lags 1,2 -o dull; says 'gnuplot'
page dull; has dull 'id="warnings"'; has dull 'id="fig-mode_1"'; lacks dull 'id="fig-timescales"'; [[ -s dull/timescales.gp ]] || fail "no script"

# ---- what is wrong is said -------------------------------------------------------------------------------------------
exits 2 "$BIN/lisi-msm" report; says 'expected one folder'
exits 2 "$BIN/lisi-msm" report nowhere; says nowhere
cp -r ring bad; sed -i '$d' bad/modes_2.mtx; sed -i '$d' bad/modes_1.mtx
exits 2 "$BIN/lisi-msm" report bad --no-checks; says 'bad/modes_'; says 'numbers, found'
cp -r net bad3; sed -i 's/^cell: .*/cell: [[1, 0, 0], [2, 0, 0], [0, 0, 3]]/' bad3/network_*.yaml
exits 2 "$BIN/lisi-msm" report bad3; says 'three independent vectors'
cp -r ring bad2; for f in bad2/modes_*.mtx; do printf 'x\n' >"$f"; done
exits 2 "$BIN/lisi-msm" report bad2; says 'MatrixMarket matrix array'
sed -i 's/^format: .*/format: other 1/' bad/model.yaml; exits 2 "$BIN/lisi-msm" report bad; says "found 'other 1'"
echo "report: fine"
