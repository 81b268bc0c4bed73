# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm arrhenius: models whose D, components and rates follow the law exactly; weights; the table; what is refused.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
arrhenius() { exits 0 "$BIN/lisi-msm" arrhenius "$@" --json; }

# model FILE T [error factor [turned]]: D, three components, two rates; lag 5 is reported, at lag 1 all is twice as large
model() {
  awk -v T="$2" -v e="${3:-1.2}" -v turned="${4:-0}" '
    function law(Ea, A) { return A * exp(-Ea / (8.617333262145179e-5 * T)) }
    function pair(v) { return sprintf("[%.17g, %.17g]", v / e, v * e) }
    function wide(v, w) { return sprintf("[%.17g, %.17g]", v - w, v + w) }
    function tensor(f,   a, b, c, k) {
      a = f * law(.3, 20); b = f * law(.4, 60); c = f * law(.5, 30)
      if (!turned) {
        printf "  D: [[%.17g, 0.0, 0.0], [0.0, %.17g, 0.0], [0.0, 0.0, %.17g]]\n", a, b, c
        printf "  D_ci: [[%s, [-1e-9, 1e-9], [-1e-9, 1e-9]], [[-1e-9, 1e-9], %s, [-1e-9, 1e-9]], [[-1e-9, 1e-9], [-1e-9, 1e-9], %s]]\n", pair(a), pair(b), pair(c)
      } else { # a along (.6 .8 0), b along (-.8 .6 0)
        printf "  D: [[%.17g, %.17g, 0.0], [%.17g, %.17g, 0.0], [0.0, 0.0, %.17g]]\n", .36 * a + .64 * b, .48 * (a - b), .48 * (a - b), .64 * a + .36 * b, c
      }
      printf "  D_all_iso: %.17g\n  D_all_iso_ci: %s\n", law(.367, 12.5) * f, pair(law(.367, 12.5) * f)
      printf "  orbit_rates:\n  - {from: Li1, to: Li2, rate: %.17g, rate_ci: %s}\n", law(.25, 7) * f, pair(law(.25, 7) * f)
      printf "  - {from: Li2, to: Li1, rate: %.17g, rate_ci: %s}\n", law(.35, 9) * f, pair(law(.35, 9) * f)
    }
    BEGIN {
      print "format: lisi-msm 1\nunits: {time: ps, length: Angstrom}\ntemperature: " T "\nreported: {lag: 5.0}\nmodels:\n- lag: 1.0"
      tensor(2); print "- lag: 5.0"; tensor(1)
    }' >"$1"
}
for T in 500 650 900; do mkdir $T; model $T/model.yaml $T; done

arrhenius 900 500/model.yaml 650 # a folder, a file, any order
[[ $(json format) == '"lisi-arrhenius 1"' ]] || fail "format $(json format)"
want=(.367 12.5 .3 20 .4 60 .5 30 .25 7 .35 9)
for k in 0 1 2 3 4 5; do
  close "$(json Ea $((k + 2)))" "${want[2 * k]}" 1e-10 # the first Ea is its unit
  close "$(awk -v a="$(json prefactor $((k + 1)))" -v b="${want[2 * k + 1]}" 'BEGIN { printf "%.15g", a / b }')" 1 1e-10
done
[[ $(json name 2) == '"D_xx"' && $(json from) == '"Li1"' ]] || fail "names"
# three points of one error e: Ea +- e/sqrt(sum dx^2)
awk -v ci="$(json Ea_ci)" 'BEGIN { gsub(/[][,]/, " ", ci); split(ci, c, " "); k = 8.617333262145179e-5
  x[1] = 1 / (k * 500); x[2] = 1 / (k * 650); x[3] = 1 / (k * 900); m = (x[1] + x[2] + x[3]) / 3
  for (j = 1; j <= 3; j++) s += (x[j] - m) ^ 2
  d = (c[2] - c[1]) / 2 - log(1.2) / sqrt(s); exit !(d < 1e-9 && d > -1e-9) }' || fail "interval of Ea: $(json Ea_ci)"
close "$(json p)" 1 1e-6
arrhenius 500 650 900 --lag 1
close "$(json prefactor)" 25 1e-9
# the plateau wins over the reported lag, and --lag over the plateau
for T in 500 650 900; do mkdir p$T; cp $T/model.yaml p$T
  awk -v T=$T 'BEGIN { v = 5 * exp(-.2 / (8.617333262145179e-5 * T)); printf "D_plateau: {value: %.17g, ci: [%.17g, %.17g]}\n", v, .9 * v, 1.1 * v }' >>p$T/model.yaml; done
arrhenius p500 p650 p900
close "$(json Ea 2)" .2; close "$(json Ea 3)" .3; [[ $(json plateau) == true ]] || fail "plateau"
arrhenius p500 p650 p900 --lag 5
close "$(json Ea 2)" .367; [[ $(json plateau) == false ]] || fail "no plateau"
arrhenius p500 650 p900; says 'some models tell the plateau'

# tilted axes, and their table: columns, unit, extrapolation
for T in 500 900; do model t$T.yaml $T 1.2 1; done
arrhenius t500.yaml t900.yaml --table 300:900:300 -o o
says 'two temperatures'; says 'extrapolated'
close "$(json Ea 3)" .3 1e-8; close "$(json Ea 4)" .4 1e-8
axis=($(numbers axis)); close "${axis[0]}" .6 1e-8; close "${axis[1]}" .8 1e-8
[[ $(wc -l <o/table.csv) == 4 ]] || fail "rows of the table"
[[ $(head -n 1 o/table.csv) == T_K,D_m2_per_s,D_lo,D_hi,Dxx,Dxx_lo,Dxx_hi,Dyy,Dyy_lo,Dyy_hi,Dzz,Dzz_lo,Dzz_hi,Dyz,Dyz_lo,Dyz_hi,Dxz,Dxz_lo,Dxz_hi,Dxy,Dxy_lo,Dxy_hi,extrapolated ]] || fail "columns"
awk -F, 'function law(Ea, A) { return A * exp(-Ea / (8.617333262145179e-5 * $1)) * 1e-8 }
  function near(x, y) { d = x / y - 1; if (d < 0) d = -d; if (d > 1e-6) { print "row " $1 ": " x " is not " y; bad = 1 } }
  NR > 1 { near($2, law(.367, 12.5)); near($5, .36 * law(.3, 20) + .64 * law(.4, 60)); near($11, law(.5, 30))
           near($20, .48 * (law(.3, 20) - law(.4, 60))); if ($NF != ($1 == 300)) { print "extrapolated: " $0; bad = 1 }
           if (!($3 < $2 && $2 < $4)) bad = 1 }
  END { exit bad }' o/table.csv || fail "table"
for f in arrhenius.yaml arrhenius.dat arrhenius.gp arrhenius_rates.dat; do [[ -s o/$f ]] || fail "o/$f is missing or empty"; done
if command -v gnuplot >/dev/null; then [[ -s o/arrhenius.svg && -s o/arrhenius_rates.svg ]] || fail "pictures"; fi

# temperatures that the models do not know; points that are on no line; nothing moves along one direction
sed '/^temperature/d' 500/model.yaml >cold.yaml; sed '/^temperature/d' 900/model.yaml >hot.yaml
arrhenius cold.yaml hot.yaml --temperature 500,900; close "$(json Ea 2)" .367
mkdir b; for T in 500 650 900; do model b/$T.yaml $T 1.01; done; model b/off.yaml 750 1.01
sed -i 's/^temperature: 750/temperature: 600/' b/off.yaml
arrhenius b/500.yaml b/650.yaml b/900.yaml b/off.yaml; says 'does not lie on a straight line'
for T in 500 900; do sed '/orbit_rates\|from:\|D_ci/d; s/^  D: .*/  D: [[.1, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, .2]]/' $T/model.yaml >flat$T.yaml; done
arrhenius flat500.yaml flat900.yaml --table 500:900:400 -o flat; [[ $(json why) == '"it is 0 in every model"' ]] || fail "a direction without motion"
awk -F, 'NR == 2 { exit !($8 == 0 && $5 > 0) }' flat/table.csv || fail "its column"
exits 0 "$BIN/lisi-msm" arrhenius 500 650 900; grep -q 'Li1 -> Li2' out || fail "the printed table"
exits 0 "$BIN/lisi-msm" arrhenius 500 900 --json; [[ $(ls -d arrhenius* 2>/dev/null | wc -l) == 0 ]] || fail "written without -o"

# ---- refused ----
bad() { local text=$1; shift; exits 2 "$BIN/lisi-msm" arrhenius "$@" --json; says "$text"; [[ ! -s out ]] || fail "output in spite of an error: $*"; }
bad 'at least two models' 500
bad 'at least two models'
bad '--temperature LIST' 500 cold.yaml
bad 'expected 2 numbers' 500 900 --temperature 500
bad 'above 0 (K)' 500 900 --temperature 500,-3
bad 'all models are at 500 K' 500 500/model.yaml
bad 'no model at lag 7' 500 900 --lag 7
bad '--lag' 500 900 --lag -1
bad '-o FOLDER is missing' 500 900 --table 300:900:100
bad 'T1:T2:dT' 500 900 --table 300-900 -o x
bad 'T1 <= T2' 500 900 --table 900:300:10 -o x
bad 'none.yaml' 500 none.yaml
echo 'format: lisi-msm 7' >new.yaml; bad "found 'lisi-msm 7'" 500 new.yaml
sed 's/time: ps/time: step/' 900/model.yaml >steps.yaml; bad "'step'" 500 steps.yaml
sed 's/^temperature.*/temperature: warm/' 900/model.yaml >warm.yaml; bad 'warm.yaml:3' 500 warm.yaml
sed '/^reported/d' 900/model.yaml >silent.yaml; bad '--lag chooses one' 500 silent.yaml
sed 's/rate: [^,]*,/rate: fast,/' 900/model.yaml >fast.yaml; bad orbit_rates 500 fast.yaml

sed 's/rate: [^,]*, //' 900/model.yaml >rateless.yaml; exits 0 "$BIN/lisi-msm" arrhenius 500 rateless.yaml --json; grep -q '"why": "it is above 0 in fewer than two models"' out || fail "a rate in one model alone"
printf 'format: lisi-msm 1\ntemperature: 300\nmodels: [{lag: 1}]\n' >empty.yaml; bad 'nothing to fit' 500 empty.yaml
printf 'format: lisi-msm 1\ntemperature: 300\nmodels: []\n' >none2.yaml; bad 'none2.yaml:3' 500 none2.yaml
[[ ! -e x ]] || fail "a folder was made in spite of an error"
pass "Arrhenius"
