# Transition counts of a jump log by the definition: every path written out sample by sample, every pair of samples at each lag counted.
# awk -v lags="1 3" -f jumps_counts.awk LOG: lines `lag i j rx ry rz count`, unsorted. States from = 0 -> absolute image, shifts add up.
/^every / { every = $2 }
/^start / { start = $2 }
/^data$/ { inside = 1; next }
!inside { next }
$1 == "F" { last = ($2 - start) / every; fill_all(last); next }
$1 == "B" { for (a in site) { finish(a); delete site[a]; delete nx[a] } next }
$1 == "E" { a = $3; fill(a, ($2 - start) / every - 1); finish(a); delete site[a]; delete nx[a]; next }
{ t = ($1 - start) / every; a = $2
  if (a in site) fill(a, t - 1); else { begin[a] = t; filled[a] = t - 1 }
  if ($4 > 0) {
    if (a in nx) { nx[a] += $5; ny[a] += $6; nz[a] += $7 } else { nx[a] = $5; ny[a] = $6; nz[a] = $7 }
  }
  site[a] = $4 }
function fill(a, t,   k) {
  for (k = filled[a] + 1; k <= t; k++) { s[a, k] = site[a]; x[a, k] = nx[a]; y[a, k] = ny[a]; z[a, k] = nz[a] }
  if (t > filled[a]) filled[a] = t
}
function fill_all(t,   a) { for (a in site) fill(a, t) }
function finish(a,   n, l, k, m, lag) {
  n = split(lags, l, " ")
  for (k = begin[a]; k <= filled[a]; k++) for (m = 1; m <= n; m++) {
    lag = l[m]
    if (k + lag <= filled[a] && s[a, k] > 0 && s[a, k + lag] > 0)
      count[lag " " s[a, k] " " s[a, k + lag] " " (x[a, k + lag] - x[a, k]) " " (y[a, k + lag] - y[a, k]) " " (z[a, k + lag] - z[a, k])]++
  }
}
END { for (a in site) finish(a); for (c in count) print c, count[c] }
