#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Parallel efficiency of pair_style mlff/lisi on two cores at 1,904 atoms (Li13Si4 with displaced atoms, at rest):
#     bench/parallel.sh [-n repeats] [-s steps]
# Wall time of one rank, of two MPI ranks and of two OpenMP threads in turn, medians; beside it what the same two cores give to a
# plain parallel loop (bench_loop), before and after. The machine has to be idle for these figures to mean anything.
set -euo pipefail
LC_ALL=C
export LC_ALL
src=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${LISI_BUILD:-$src/build}
repeats=7 steps=300
while getopts n:s:h option; do
  case $option in
    n) repeats=$OPTARG ;;
    s) steps=$OPTARG ;;
    *) sed -n '4,7p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'; [[ $option == h ]] && exit 0; exit 2 ;;
  esac
done
[[ -x $build/bench/bench_loop && -x $build/bin/lmp ]] || { echo "parallel.sh: build first: ./setup.sh build; cmake --build build --target bench" >&2; exit 1; }
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_hwloc_base_binding_policy=none OMP_WAIT_POLICY=active
tmp=$(mktemp -d "${TMPDIR:-/tmp}/lisi-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
cat >in.bench <<EOF
units           metal
variable        nx index 4
variable        ny index 2
variable        nz index 7
include         $src/examples/Li13Si4/structure.in
displace_atoms  all random 0.15 0.15 0.15 4711 units box
pair_style      mlff/lisi
pair_coeff      * * $src/potentials/Li-Si.yace Li Si
thermo          $steps
run             10 post no
run             $steps
EOF
# once RANKS THREADS: seconds of the loop
once() {
  OMP_NUM_THREADS=$2 mpirun --oversubscribe --bind-to none -np "$1" "$build/bin/lmp" -log none -in in.bench | awk '/^Loop time/ { s = $4 } END { if (!s) exit 1; print s }'
}
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
"$build/bench/bench_loop" 2
for ((r = 0; r < repeats; r++)); do
  once 1 1 >>serial
  once 2 1 >>ranks
  once 1 2 >>threads
done
"$build/bench/bench_loop" 2
s=$(median <serial) m=$(median <ranks) t=$(median <threads)
awk -v s="$s" -v m="$m" -v t="$t" -v n="$steps" 'BEGIN {
  printf "one rank, one thread   %.3f us per atom and step\n", 1e6 * s / n / 1904
  printf "two MPI ranks          %.3f   efficiency %.1f %%\n", 1e6 * m / n / 1904, 100 * s / (2 * m)
  printf "two OpenMP threads     %.3f   efficiency %.1f %%\n", 1e6 * t / n / 1904, 100 * s / (2 * t) }'
