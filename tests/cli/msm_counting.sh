# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm build: grids of lags, scans with a bad lag, sets that are not connected, folding over the space group, and the published procedure
# beside ours.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
chain() { awk -f "$SRC/tests/cli/chain_log.awk" -v walkers=20 -v samples=2000 -v cells=4 -v p=.2 -v q=.05 -v seed=1 "$@"; }
cubic() { awk -f "$SRC/tests/cli/cubic_log.awk" -v walkers=20 -v samples=1500 -v p=.05 -v pz=.05 -v seed=1 "$@"; }
build() { exits 0 "$BIN/lisi-msm" build "$@" --resamples 0 --json; }
bad() { local text=$1; shift; exits 2 "$BIN/lisi-msm" build "$@" --json; says "$text"; [[ ! -s out ]] || fail "output in spite of an error: $*"; }
want_lags() { local have; have=$(tr -d '\n' <out | grep -oE '"lag": [0-9.e+]+, *"lag_samples"' | awk '{ printf "%s%g", (NR > 1 ? " " : ""), $2 + 0 }'); [[ $have == "$1" ]] || fail "lags $have, expected $1"; }

chain >a.jumps
# ---- lags ----
build a.jumps --lags 1..100:2; want_lags "1 3 10 32 100"
build a.jumps --lags 1..3:50; want_lags "1 2 3"       # rounded to samples, each once
build a.jumps --lags 7,1..10:1,7; want_lags "1 7 10"
build a.jumps --lags auto:2; want_lags "1 3 10 32 100 200"
build a.jumps --lags auto; want_lags "1 2 5 10 20 50 100 200"
build a.jumps --lags 0.4..2:5; want_lags "1 2"         # not below one sample
build a.jumps --lags 1000..5000:1; says 'ends behind the run'; want_lags "1000 1999"
bad 'rising' a.jumps --lags 5..1
bad 'positive' a.jumps --lags 0..5
bad 'positive' a.jumps --lags 1,-2
for l in auto:0 auto:x 1.. ..5 1:3 1...5 '' 1,,2 1..2:1.5; do bad '--lags' a.jumps "--lags=$l"; done
bad 'nearest is 2 ps' a.jumps --lags 1.6
bad 'behind the end' a.jumps --lags 5000..6000

# ---- a bad lag is left out ----
build a.jumps --lags 1,2,5000
says 'lag 5000 is left out'; want_lags "1 2"
[[ $(json failed) == *'longer than the run'* ]] || fail "failed_lags: $(json failed_lags)"
bad 'none of 2 lags' a.jumps --lags 5000,6000
bad 'longer than the run' a.jumps --lags 5000
# at a lag of 5 the two states are seen one way alone
printf '1\n2\n1\n2\n2\n1\n2\n2\n' >d.txt
build --dtraj d.txt --lags 1,7; want_lags "1"; says 'single states'

# ---- sets that are not connected, in the user's names ----
chain -v q=0 >pairs.jumps # no way from cell to cell
exits 0 "$BIN/lisi-msm" build pairs.jumps --lags 1 --fold no --resamples 0
says 'left out are '
grep -q '4 sets of sites without a way' out || fail "the sets are not told"
for k in 1 3 5 7; do grep -q "2 sites: A $k; B $((k + 1))" out || fail "set of A $k"; done
build pairs.jumps --lags 1 --fold no
[[ $(json labels) == '[ "A", "B" ]' || $(json labels) == '["A", "B"]' ]] || fail "labels: $(json labels)"
[[ $(json kept) == true && $(json kept 2) == false ]] || fail "kept"
printf '11\n12\n11\n12\n11\n-1\n' >x.txt; printf '3\n4\n3\n4\n9\n' >y.txt
exits 0 "$BIN/lisi-msm" build --dtraj x.txt y.txt --lags 1 --resamples 0
says 'left out are'; grep -q '3, 4' err || grep -q '11, 12' err || fail "states of the trajectories"
printf '5 1 0 0\n1 5 0 0\n0 0 9 1\n0 0 1 9\n' >C.txt
exits 0 "$BIN/lisi-msm" build --count-matrix C.txt --resamples 0
says 'left out are 1, 2'

# ---- the space group ----
cubic >c.jumps
exits 0 "$BIN/lisi-msm" build c.jumps --lags 1,5 --fold symmetry --resamples 40 -o o
grep -q 'Pm-3m (221): 48 operations' out || fail "the group is not told"
grep -q 'interval of D: +-' out || fail "the gain is not told"
for f in D D_all; do d=($(sed -n "s/^ *$f: //p" o/model.yaml | head -n 1 | grep -oE -- '-?[0-9.]+(e[-+]?[0-9]+)?'))
  for k in 1 2 3 5 6 7; do close "${d[k]}" 0 1e-16; done
  awk -v a="${d[0]}" -v b="${d[4]}" -v c="${d[8]}" 'BEGIN { e = 1e-14 * a; exit !(a > 0 && a - b < e && b - a < e && a - c < e && c - a < e) }' || fail "$f: ${d[*]}"
done
for f in D_ci D_all_ci; do # the group makes elements zero, and so are their bounds
  grep "^ *$f: " o/model.yaml >bounds && [[ $(grep -c . bounds) == 2 && $(grep -oF '[0.0, 0.0]' bounds | wc -l) == 12 ]] || fail "$f: $(cat bounds)"
done
build c.jumps --lags 1 --fold symmetry
d=$(numbers D_all | head -n 1)
close "$d" 0.45 0.03 # p a^2
close "$(json counts_each_with)" "$(awk -v x="$(json counts_each_without)" 'BEGIN { print 6 * x }')" 1e-9
[[ $(json homogeneous 2) == true || $(json homogeneous) == true ]] || fail "homogeneous"
build c.jumps --lags 1; close "$(numbers D_all | head -n 1)" "$d" 0.05 # within errors of each other
exits 0 "$BIN/lisi-msm" ck o --resamples 20 # goes on from the symmetrised counts
exits 2 "$BIN/lisi-msm" ck c.jumps --fold symmetry; says "the folder that build"
# counts need the site file
"$BIN/lisi-msm" merge c.jumps --lags 1,5 -o c.counts >/dev/null
bad '--sites FILE' c.counts --fold symmetry
sed -n 's/^|//p' c.jumps >sites.yaml
build c.counts --lags 1 --fold symmetry --sites sites.yaml
close "$(numbers D_all | head -n 1)" "$d" 1e-12
sed 's/frac: \[0, 0, 0\]/frac: [0.2, 0, 0]/' sites.yaml >moved.yaml
bad 'not at the place' c.counts --fold symmetry --sites moved.yaml
printf -- '- {type: 1, label: Li2, frac: [0.5, 0, 0]}\n' | cat sites.yaml - >two.yaml
bad '2 sites' c.counts --fold symmetry --sites two.yaml
bad 'has its own' c.jumps --fold symmetry --sites sites.yaml
# slower along z than the group says
cubic -v pz=.01 >z.jumps
build z.jumps --lags 1 --fold symmetry; says 'not in the run'
build z.jumps --lags 1; ! grep -q 'not in the run' err || fail "a warning without the group"
cubic -v host=no -v samples=200 >bare.jumps
build bare.jumps --lags 1 --fold symmetry; says 'no framework'
bad 'positions' --dtraj d.txt --lags 1 --fold symmetry
bad 'does not fold' c.jumps --fold symmetry --estimator plain
bad 'symmetry' c.jumps --fold group

# ---- the published procedure beside ours ----
exits 0 "$BIN/lisi-msm" build a.jumps --lags 1 --compare-plain --resamples 20 -o plain
grep -q 'ends at 12.4' out || fail "saturation is not told"
sed -n '/<section id="comparison"/,/<\/section>/p' plain/report.html >section # the same on the page
for text in '>published<' '>this model<' 'ends at 12.4' 'undone by the next one' 'no errors'; do grep -qF "$text" section || fail "the page on the published procedure: $text"; done
[[ $(grep -c '<tr><td>' section) -gt 6 ]] || fail "the page on the published procedure: its MSD"
build a.jumps --lags 1 --compare-plain
[[ $(json jumps 2) == $(json jumps) ]] || fail "jumps"
# D t of the chain is .18 (t + ...): the published MSD stays below the mean squared distance in the box, ours does not
tr '\n' ' ' <out | grep -oE '"plain_comparison".*' | grep -oE '"msd": \[.*' | grep -oE '\[[0-9.e+, -]+\]' | tr -d '[],' | awk -v most="$(json msd_saturation)" '
  { n++; if ($2 > most + 1e-9) exit 1; if ($1 >= 200) { far++; if ($2 < .95 * most || $3 < .34 * $1 || $3 > .38 * $1) exit 1 }
    if ($1 == 1 && ($2 - .4225 > .02 || .4225 - $2 > .02)) exit 1 }
  END { exit !(n > 6 && far > 1) }' || fail "MSD of the published procedure"
[[ $(json recrossings) -gt 0 && $(json recrossings_within_lag) -le $(json recrossings) ]] || fail "recrossings"
chain -v samples=200 -v mode='core 0.4' >core.jumps
bad 'nearest site only' core.jumps --compare-plain
bad 'plain already' a.jumps --compare-plain --estimator plain
bad 'jump logs' --dtraj d.txt --compare-plain

# ---- rates between orbits ----
build a.jumps --lags 1
[[ $(json exists) == true ]] || fail "a rate matrix"
json orbit_rates >pairs; cp pairs out # other keys of the whole are called from and to as well
close "$(json rate)" 0.34657359 0.02 # ln 2 / 2
[[ $(json from) == '"A"' && $(json to) == '"B"' ]] || fail "orbit_rates"
exits 0 "$BIN/lisi-msm" build a.jumps --lags 1 --resamples 40 --json
ci=($(numbers rate_ci)); awk -v a="${ci[0]}" -v b="${ci[1]}" 'BEGIN { exit !(a < .3465736 + .02 && b > .3465736 - .02 && b > a) }' || fail "rate_ci: ${ci[*]}"
