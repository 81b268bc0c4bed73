#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#     bench/estimators.sh [REPEATS]
#
# Counting, the reversible estimate and its time scales beside msmtools and, where it can be imported, deeptime: the same
# files, one after the other in turn, processor time on one core, medians of REPEATS (5). PYTHON and PYTHONPATH tell where
# these are; what is not there is left out. Build first: cmake --build build --target bench. A peer that takes longer than
# LIMIT seconds of processor time (120) for one task is not asked again.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ours=${BENCH:-$here/../build/bench}/bench_estimate
repeats=${1:-5} limit=${LIMIT:-120}
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$ours" make "$work"
cat >"$work/peer.py" <<'E2'
import sys, time
import numpy
for name, kind in (("float", float), ("int", int), ("bool", bool), ("object", object)):
    if name not in numpy.__dict__:
        setattr(numpy, name, kind)
peer, task = sys.argv[1:3]
if peer == "msmtools":
    from msmtools.analysis import timescales
    from msmtools.estimation import count_matrix, transition_matrix
    count = lambda path, lag: count_matrix(path, lag, sliding=True)
    estimate = lambda C: transition_matrix(C, reversible=True)
else:
    from deeptime.markov import TransitionCountEstimator
    from deeptime.markov.msm import MaximumLikelihoodMSM
    from deeptime.markov.tools.analysis import timescales
    from deeptime.markov.tools.estimation import transition_matrix
    count = lambda path, lag: TransitionCountEstimator(lag, "sliding", sparse=True).fit_fetch(path).count_matrix
    estimate = lambda C: transition_matrix(C, reversible=True)
if task == "import":
    sys.exit(0)
if task == "count":
    path = numpy.loadtxt(sys.argv[3], dtype=numpy.int32)
    count(path[:1000], 1)
    for lag in sys.argv[4:]:
        start = time.process_time()
        count(path, int(lag))
        print("count_" + lag, time.process_time() - start)
else:
    if task == "dense":
        C = numpy.loadtxt(sys.argv[3])
    else:
        import scipy.io
        C = scipy.io.mmread(sys.argv[3]).astype(float).tocsr()
    start = time.process_time()
    T = estimate(C)
    estimated = time.process_time()
    t = timescales(T, tau=1) if task == "dense" else timescales(T, tau=1, k=21)
    print("mle", estimated - start)
    print("modes", time.process_time() - estimated)
    print("t2", "%.12g" % t[1])
E2
peers=()
for peer in msmtools deeptime; do
  for candidate in ${PYTHON:-} /usr/bin/python3 python3; do
    command -v "$candidate" >/dev/null && "$candidate" "$work/peer.py" $peer import >/dev/null 2>&1 || continue
    peers+=("$peer:$candidate")
    break
  done
done
((${#peers[@]} > 0)) || echo "neither msmtools nor deeptime can be imported: no peer"

declare -A slow
task() { # NAME KIND FILE LAGS...
  local name=$1 r p; shift
  for ((r = 0; r < repeats; r++)); do
    "$ours" "$@" | sed "s/^/$name lisi /" >>"$work/all"
    for p in "${peers[@]}"; do
      [[ -z ${slow[$p$name]:-} ]] || continue
      if { (ulimit -t "$limit"; exec "${p#*:}" "$work/peer.py" "${p%%:*}" "$@") >"$work/one"; } 2>/dev/null; then
        sed "s/^/$name ${p%%:*} /" "$work/one" >>"$work/all"
      else
        slow[$p$name]=1
        echo "$name ${p%%:*}: no result within $limit s"
      fi
    done
  done
}
task 'jumps-every-1000' count "$work/rare.txt" 1 10 100 1000
task 'jumps-every-2' count "$work/often.txt" 1 10 100 1000
task 'ring-300-lag-100' dense "$work/ring.txt"
task 'lattice-5000' sparse "$work/lattice.mtx"
task 'chain-5000' sparse "$work/chain.mtx"
task 'far-hops-5000' sparse "$work/far.mtx"
sort -k1,1 -k3,3 -k2,2 -k4,4g "$work/all" | awk '
  { key = $1 " " $3 " " $2 }
  key != last && n { flush() }
  { last = key; v[++n] = $4 }
  END { if (n) flush() }
  function flush() { printf "%-18s %-11s %-9s %.6g\n", a(1), a(2), a(3), v[int((n + 1) / 2)]; n = 0 }
  function a(k,  w) { split(last, w, " "); return w[k] }'
