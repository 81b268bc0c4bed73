#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# pair_style mlff/lisi/kk on two cores beside mlff/lisi, at 1,904 atoms (Li13Si4 with displaced atoms, at rest):
#     bench/kokkos.sh [-n repeats] [-s steps] [-k native|portable]
# Wall time of two MPI ranks with the plain style, of two OpenMP threads and of two ranks through KOKKOS, and of one core each way, in turn;
# medians, and the ratio to two ranks of the plain style. lisi has to be built for a LAMMPS with KOKKOS and OpenMP
# (-DLISI_KOKKOS=ON), and the machine to be idle. -k portable takes the kernels that a GPU runs.
set -euo pipefail
LC_ALL=C
export LC_ALL
src=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${LISI_BUILD:-$src/build}
repeats=7 steps=300
while getopts n:s:k:h option; do
  case $option in
    n) repeats=$OPTARG ;;
    s) steps=$OPTARG ;;
    k) export LISI_KOKKOS_KERNELS=$OPTARG ;;
    *) sed -n '4,8p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'; [[ $option == h ]] && exit 0; exit 2 ;;
  esac
done
[[ -e $build/lib/liblisi_kokkos.so ]] || { echo "kokkos.sh: $build holds no mlff/lisi/kk; build lisi with -DLISI_KOKKOS=ON -DLAMMPS_BUILD_DIR=..." >&2; exit 1; }
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_hwloc_base_binding_policy=none OMP_WAIT_POLICY=active OMP_PROC_BIND=false
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
print           "energy \$(pe:%.12g)"
EOF
# once NAME RANKS LMP-OPTIONS...: seconds of the loop into NAME
once() {
  local name=$1 ranks=$2
  shift 2
  OMP_NUM_THREADS=1 mpirun --oversubscribe --bind-to none -np "$ranks" "$build/bin/lmp" -log none "$@" -in in.bench >run.out 2>&1 || { tail -n 5 run.out >&2; exit 1; }
  awk '/^Loop time/ { s = $4 } END { if (!s) exit 1; print s }' run.out >>"$name"
  awk '$1 == "energy" { print $2 }' run.out >>energies
}
median() { sort -g "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
for ((r = 0; r < repeats; r++)); do
  once ranks 2
  once kk_threads 1 -k on t 2 -sf kk
  once kk_ranks 2 -k on t 1 -sf kk
  once one 1
  once kk_one 1 -k on t 1 -sf kk
done
awk 'NR == 1 { first = $1 } { d = $1 - first; if (d < 0) d = -d; if (first < 0 ? d > -1e-10 * first : d > 1e-10 * first) exit 1 }' energies || { echo "kokkos.sh: energies differ" >&2; exit 1; }
awk -v m="$(median ranks)" -v t="$(median kk_threads)" -v r="$(median kk_ranks)" -v o="$(median one)" -v k="$(median kk_one)" -v n="$steps" 'BEGIN {
  us = 1e6 / n / 1904
  printf "mlff/lisi, two ranks              %.3f us per atom and step\n", m * us
  printf "mlff/lisi/kk, two threads         %.3f   %.3f times as long\n", t * us, t / m
  printf "mlff/lisi/kk, two ranks           %.3f   %.3f times as long\n", r * us, r / m
  printf "mlff/lisi, one rank               %.3f\n", o * us
  printf "mlff/lisi/kk, one rank            %.3f   %.3f times as long\n", k * us, k / o }'
