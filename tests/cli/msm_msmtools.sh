# SPDX-License-Identifier: GPL-2.0-or-later
# Agreement with msmtools (Python) on random reversible chains: counts exactly, stationary vectors and time scales to 1e-8.
# Where Python cannot import msmtools the test is skipped.
. "$(dirname "$0")/lib.sh"
cat >check.py <<'E2'
import json, sys
import numpy
# names that newer numpy has dropped and msmtools still uses
for name, kind in (("float", float), ("int", int), ("bool", bool), ("object", object)):
    if name not in numpy.__dict__:
        setattr(numpy, name, kind)
from msmtools.analysis import stationary_distribution, timescales
from msmtools.estimation import count_matrix, largest_connected_set, transition_matrix

if sys.argv[1] == "import":
    sys.exit(0)
if sys.argv[1] == "make":
    for trial, (n, length) in enumerate(((2, 400), (5, 3000), (20, 8000), (60, 20000))):
        random = numpy.random.RandomState(trial)
        flux = numpy.triu(random.rand(n, n) * (random.rand(n, n) < 0.4)) + numpy.diag(numpy.full(n, 0.2 + 0.05 * n))
        for k in range(n - 1):
            flux[k, k + 1] += 0.1
        flux = flux + flux.T
        total = numpy.cumsum(flux / flux.sum(axis=1, keepdims=True), axis=1)
        state, path = 0, []
        for u in random.rand(length):
            path.append(state)
            state = min(int(numpy.searchsorted(total[state], u)), n - 1)
        numpy.savetxt("d%d.txt" % trial, path, fmt="%d")
    sys.exit(0)

worst_pi = worst_time = 0.0
compared = 0
for trial in range(4):
    path = numpy.loadtxt("d%d.txt" % trial, dtype=int)
    for model in json.load(open("m%d.json" % trial))["models"]:
        lag = int(model["lag"])
        C = count_matrix(path, lag, sliding=True, sparse_return=False)
        ours = numpy.zeros_like(C)
        rows = [line.split() for line in open("o%d/C_%d.mtx" % (trial, lag)) if not line.startswith("%")][1:]
        for i, j, c in rows:
            ours[int(i) - 1, int(j) - 1] = float(c)
        assert numpy.array_equal(C, ours), "counts differ: chain %d, lag %d" % (trial, lag)
        keep = sorted(largest_connected_set(C))
        assert keep == model["states"], "connected sets differ: chain %d, lag %d" % (trial, lag)
        T = transition_matrix(C[numpy.ix_(keep, keep)], reversible=True, maxerr=1e-14, maxiter=1000000)
        pi = stationary_distribution(T)
        times = timescales(T, tau=lag)[1:]
        worst_pi = max(worst_pi, numpy.max(numpy.abs(pi / model["stationary"] - 1)))
        mine = numpy.array([numpy.inf if t is None else t for t in model["timescales"]])
        assert len(mine) == len(times)
        worst_time = max(worst_time, numpy.max(numpy.abs(times / mine - 1)))
        compared += 1
print("%d models: stationary vectors differ by %.1e, time scales by %.1e (relative)" % (compared, worst_pi, worst_time))
assert compared == 12
assert worst_pi < 1e-8 and worst_time < 1e-8
E2
python=
for candidate in ${PYTHON:-} /usr/bin/python3 python3; do
  command -v "$candidate" >/dev/null && "$candidate" check.py import >/dev/null 2>&1 && { python=$candidate; break; }
done
[[ -n $python ]] || skip "no Python that can import msmtools (PYTHON and PYTHONPATH tell where it is)"
exits 0 "$python" check.py make
for k in 0 1 2 3; do
  exits 0 "$BIN/lisi-msm" build --dtraj d$k.txt --lags 1,3,10 --resamples 0 --json -o o$k
  cp out m$k.json
done
exits 0 "$python" check.py compare
cat out
pass "msmtools"
