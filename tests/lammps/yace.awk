# SPDX-License-Identifier: GPL-2.0-or-later
# Writes an ACE force field of random numbers, for tests and timings: rotation invariant, of no physics. The same options
# give the same file to the last bit, with every awk: exact integers and IEEE operations alone.
#     awk -v basis=SBessel -v embedding=FinnisSinclair -v inner=zbl -v elements="Li Si" -v counts="4 6 6 4" -f yace.awk >a.yace
#   basis      ChebExpCos ChebPow ChebLinear SBessel ACE.jl.base
#   embedding  FinnisSinclair FinnisSinclairShiftedScaled
#   inner      density distance zbl
#   counts     functions of rank 1, 2, 3, ... of each element
#   densities  1 (linear) to 4
#   pick       random: any factors, in any order, ranks mixed and each bond with its own sizes (for tests); degree: all functions by
#              ascending sum of n + l, the factors sorted, as fitted force fields have them (for timings)
#   ntop ltop  degree only: the largest n and l for each rank, instead of nmax and lmax
#   nmax lmax kmax rcut: R_nl with n <= nmax, l <= lmax, from kmax functions g_k; cut-off, Angstrom
#   pairpot=1  ACE.jl only: a pair potential with a repulsive core
# Random numbers: Park and Miller's minimal standard.
function random() { state = (16807 * state) % 2147483647; return state / 2147483647 }
function between(lo, hi) { return lo + (hi - lo) * random() }
function integer(lo, hi) { return lo + int(random() * (hi - lo + 1)) }
function number(x) { return sprintf("%.17g", x) }
function min(a, b) { return a < b ? a : b }
function max(a, b) { return a > b ? a : b }
function power(x, n, p) { for (p = 1; n > 0; n--) p *= x; return p }
function factorial(n, f) { for (f = 1; n > 1; n--) f *= n; return f }

# Clebsch-Gordan coefficient <j1 m1 j2 m2 | J M> of integer momenta, by Racah's formula; kept once made
function coupling(j1, m1, j2, m2, J, k, lo, hi, s, key) {
  key = j1 "," m1 "," j2 "," m2 "," J
  if (key in cg) return cg[key]
  lo = max(0, max(j2 - J - m1, j1 - J + m2)); hi = min(j1 + j2 - J, min(j1 - m1, j2 + m2))
  for (k = lo; k <= hi; k++)
    s += (k % 2 ? -1 : 1) / (factorial(k) * factorial(j1 + j2 - J - k) * factorial(j1 - m1 - k) * factorial(j2 + m2 - k) * \
                             factorial(J - j2 + m1 + k) * factorial(J - j1 - m2 + k))
  return cg[key] = s * sqrt((2 * J + 1) * factorial(J + j1 - j2) * factorial(J - j1 + j2) * factorial(j1 + j2 - J) / factorial(j1 + j2 + J + 1)) * \
    sqrt(factorial(J + m1 + m2) * factorial(J - m1 - m2) * factorial(j1 - m1) * factorial(j1 + m1) * factorial(j2 - m2) * factorial(j2 + m2))
}

# Factors t.. of a function whose first t - 1 have m1.. (sum M) and couple to vec[t - 1, L] for each L: appends to ms and ct
# what couples to zero. weight[t, L] mixes the intermediate momenta L.
function combine(t, M, m, L, J, some, p) {
  if (t > rank) {
    if (vec[rank, 0] == 0) return
    for (t = 1; t <= rank; t++) ms = ms (ms == "" ? "" : ", ") mm[t]
    for (p = 0; p < densities; p++) ct = ct (ct == "" ? "" : ", ") number(vec[rank, 0] * scale[p])
    nms++
    return
  }
  for (m = -ls[t]; m <= ls[t]; m++) {
    some = 0
    if (M + m > reach[t] || -M - m > reach[t]) continue
    for (J = 0; J <= reach[t]; J++) {
      vec[t, J] = 0
      if (J < M + m || J < -M - m) continue
      for (L = (J > ls[t] ? J - ls[t] : ls[t] - J); L <= J + ls[t] && L <= (t > 1 ? reach[t - 1] : 0); L++)
        if (vec[t - 1, L] != 0) vec[t, J] += vec[t - 1, L] * coupling(L, M, ls[t], m, J) * weight[t, J]
      if (vec[t, J] != 0) some = 1
    }
    mm[t] = m
    if (some) combine(t + 1, M + m)
  }
}
# the function of nus, ns, ls[1..rank]: 1 and its text in line, or 0 where nothing couples to zero
function make(mu, t, L, sum, rest) {
  sum = 0
  for (t = 1; t <= rank; t++) sum += ls[t]
  if (sum % 2) return 0
  rest = sum; sum = 0
  for (t = 1; t <= rank; t++) {
    sum += ls[t]; rest -= ls[t]
    reach[t] = min(sum, rest) # a larger momentum can no longer be brought back to zero
    for (L = 0; L <= reach[t]; L++) weight[t, L] = between(0.5, 1.5)
  }
  for (L in vec) delete vec[L]
  vec[0, 0] = 1
  for (t = 0; t < densities; t++) scale[t] = between(-1, 1) * power(shrink, rank)
  ms = ct = ""; nms = 0
  combine(1, 0)
  if (!nms) return 0
  line = sprintf("    - {mu0: %d, rank: %d, ndensity: %d, num_ms_combs: %d, mus: [", mu, rank, densities, nms)
  for (t = 1; t <= rank; t++) line = line (t > 1 ? ", " : "") nus[t]
  line = line "], ns: ["
  for (t = 1; t <= rank; t++) line = line (t > 1 ? ", " : "") ns[t]
  line = line "], ls: ["
  for (t = 1; t <= rank; t++) line = line (t > 1 ? ", " : "") ls[t]
  line = line "], ms_combs: [" ms "], ctildes: [" ct "]}"
  return 1
}
function pick_random(mu, want, t) {
  while (want > 0) {
    for (t = 1; t <= rank; t++) {
      nus[t] = integer(0, nel - 1)
      ns[t] = integer(1, rank == 1 ? K[mu, nus[t]] : N[mu, nus[t]])
      ls[t] = rank == 1 ? 0 : integer(0, min(Lmax[mu, nus[t]], rank > 4 ? 1 : Lmax[mu, nus[t]]))
    }
    if (make(mu)) { entry[++nentry] = line; want-- }
  }
}
# factors t.. from letter `from` on, whose degrees add up to left
function pick_degree(mu, t, from, left, a) {
  if (t > rank) {
    if (left == 0 && made < wanted && make(mu)) { entry[++nentry] = line; made++ }
    return
  }
  for (a = from; a <= nletter && made < wanted; a++) {
    if (letter_d[a] * (rank - t + 1) > left) break
    nus[t] = letter_nu[a]; ns[t] = letter_n[a]; ls[t] = letter_l[a]
    pick_degree(mu, t + 1, a, left - letter_d[a])
  }
}
function list(n, lo, hi, s, k) {
  for (k = 1; k <= n; k++) s = s (k > 1 ? ", " : "") number(between(lo, hi))
  return "[" s "]"
}
function recursion(n) { return "{A: " list(n, 0.3, 1.1) ", B: " list(n, -0.5, 0.5) ", C: " list(n, -0.6, 0.6) "}" }
# p, r0, ... of the polynomials in x = ((1 + r0) / (1 + r))^p that vanish at r = cut and, where pr > 0, at r = inside
function transform(p, r0, cut, inside, pl, pr, n) {
  return sprintf("p: %d, r0: %s, rcut: %s, xl: %s, xr: %s, pl: %d, pr: %d, maxn: %d, recursion_coefficients: ", p, number(r0), number(cut),
                 number(power((1 + r0) / (1 + cut), p)), number(power((1 + r0) / (1 + inside), p)), pl, pr, n) recursion(n)
}
function bond(i, j, n, l, k, s) {
  K[i, j] = kmax; N[i, j] = nmax; Lmax[i, j] = lmax
  cut = rcut + (i == j ? 0 : 0.2) + 0.07 * (i + j) - (i > j ? 0.05 : 0)
  if (basis ~ /^ACE/) {
    N[i, j] = kmax
    return sprintf("  [%d, %d]: {radbasename: %s, ", i, j, basis) transform(2, 2.3 + 0.1 * j, cut, 1.25, 2, (i + j) % 2 ? 2 : 0, kmax) "}"
  }
  if (pick == "random") { K[i, j] -= integer(0, 1); N[i, j] -= integer(0, 1); Lmax[i, j] -= integer(0, 1) }
  s = sprintf("  [%d, %d]: {radbasename: %s, nradmax: %d, lmax: %d, nradbasemax: %d, radparameters: [%s], rcut: %s, dcut: %s, ", i, j,
              basis, N[i, j], Lmax[i, j], K[i, j], number(basis == "ChebPow" ? between(2, 2.5) : between(3, 6)), number(cut), number(between(0.2, 0.6)))
  s = s sprintf("prehc: %s, lambdahc: %s, rcut_in: %s, dcut_in: %s, inner_cutoff_type: %s, radcoefficients: [", \
                (inner == "zbl" ? 1 : number(between(3, 5))), (inner == "zbl" ? 1 : number(between(0.6, 0.9))), \
                number(between(1.9, 2.1)), number(between(0.6, 0.8)), inner)
  for (n = 1; n <= N[i, j]; n++) {
    s = s (n > 1 ? ", [" : "[")
    for (l = 0; l <= Lmax[i, j]; l++) s = s (l > 0 ? ", " : "") list(K[i, j], -0.7, 0.7)
    s = s "]"
  }
  return s "]}"
}
BEGIN {
  if (basis == "") basis = "ChebExpCos"
  if (embedding == "") embedding = "FinnisSinclair"
  if (inner == "") inner = "density"
  if (elements == "") elements = "Li Si"
  if (counts == "") counts = "4 6 6 4"
  if (!densities) densities = 1
  if (pick == "") pick = "random"
  if (!nmax) nmax = 3
  if (!lmax) lmax = 2
  if (!kmax) kmax = 4
  if (!rcut) rcut = 4.2
  if (!shrink) shrink = 0.35
  state = seed ? seed : 1
  for (k = 0; k < 20; k++) random()
  nel = split(elements, element, " ")
  nrank = split(counts, count, " ")
  split(ntop, nmost, " "); split(ltop, lmost, " ")

  printf "elements: ["
  for (i = 1; i <= nel; i++) printf("%s%s", i > 1 ? ", " : "", element[i])
  printf "]\nE0: [%s", number(between(-2, 1))
  for (i = 2; i <= nel; i++) printf ", %s", number(between(-2, 1))
  print "]\ndeltaSplineBins: 0.001"
  if (basis ~ /^ACE/) print "lmax: " lmax
  print "embeddings:"
  split("1 0.5 0.8 2", exponent, " ")
  for (i = 0; i < nel; i++) {
    printf "  %d: {ndensity: %d, npoti: %s, rho_core_cutoff: %s, drho_core_cutoff: %s, FS_parameters: [", i, densities, embedding,
           (pick == "degree" ? "100000" : number(between(0.9, 1.1))), (pick == "degree" ? "250" : number(between(0.7, 0.9)))
    for (p = 1; p <= densities; p++) printf("%s%s, %s", p > 1 ? ", " : "", p > 1 ? number(between(0.3, 0.9)) : 1, exponent[p])
    print "]}"
  }
  if (pairpot) {
    print "polypairpot: {" transform(2, 2.3, rcut + 0.4, 1.1, 2, 0, 3) ","
    printf "  coefficients: {"
    for (i = 0; i < nel; i++) for (j = 0; j < nel; j++) printf("%s[%d, %d]: %s", i + j > 0 ? ", " : "", i, j, list(3, -0.1, 0.1))
    printf "}}\nreppot: {coefficients: {"
    for (i = 0; i < nel; i++) for (j = 0; j < nel; j++)
      printf("%s[%d, %d]: {ri: %s, e0: %s, A: %s, B: %s}", i + j > 0 ? ", " : "", i, j, number(between(1.4, 1.6)), number(between(-0.2, 0.2)),
             number(between(2, 3)), number(between(0.5, 1)))
    print "}}"
  }
  print "bonds:"
  for (i = 0; i < nel; i++) for (j = 0; j < nel; j++) print bond(i, j)

  print "functions:"
  for (i = 0; i < nel; i++) {
    nentry = 0
    for (rank = 1; rank <= nrank; rank++) {
      if (pick == "random") { pick_random(i, count[rank]); continue }
      # letters by degree; rank 1 takes g_k
      nletter = 0
      for (d = 0; d < 20; d++) for (l = 0; l <= (rank == 1 ? 0 : rank in lmost ? lmost[rank] : lmax); l++) for (nu = 0; nu < nel; nu++) {
        n = d - l + 1
        if (n < 1 || n > (rank == 1 ? kmax : rank in nmost ? nmost[rank] : nmax)) continue
        letter_nu[++nletter] = nu; letter_n[nletter] = n; letter_l[nletter] = l; letter_d[nletter] = d
      }
      made = 0; wanted = count[rank]
      for (degree = 0; degree < 40 && made < wanted; degree++) pick_degree(i, 1, 1, degree)
      if (made < wanted) { print "yace.awk: only " made " functions of rank " rank > "/dev/stderr"; exit 1 }
    }
    # ranks mixed, as nothing forbids
    for (k = nentry; k > 1 && pick == "random"; k--) { n = integer(1, k); line = entry[k]; entry[k] = entry[n]; entry[n] = line }
    print "  " i ":"
    for (k = 1; k <= nentry; k++) print entry[k]
  }
}
