#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What mlff/lisi costs beside LAMMPS' own pair style for the same files: microseconds per atom and step on one core,
#     LMP_PACE=/path/to/lmp bench/pace.sh [-n repeats] [-s seconds] [-m CASE]
# LMP_PACE is a LAMMPS of the version that the plugin was built for, with the packages PLUGIN and ML-PACE; without it, or with one
# that lacks ML-PACE, mlff/lisi is timed alone. The box is Li13Si4 with displaced atoms, about 2,000 of them, and does not move.
# Times are those of the Pair section, on the processor (not on the wall: others may use the machine, too); each style has its
# turn in every repeat, and the table holds medians. Reading the files is not counted.
set -euo pipefail
LC_ALL=C
export LC_ALL
src=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LIB=${LIB:-$src/build/lib}
repeats=5 seconds=2 only=
while getopts n:s:m:h option; do
  case $option in
    n) repeats=$OPTARG ;;
    s) seconds=$OPTARG ;;
    m) only=$OPTARG ;;
    *) sed -n '4,11p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'; [[ $option == h ]] && exit 0; exit 2 ;;
  esac
done
lmp=${LMP_PACE:-${LMP:-$src/build/bin/lmp}}
[[ -e $LIB/lisiplugin.so ]] || { echo "pace.sh: no $LIB/lisiplugin.so, build first (./setup.sh build) or set LIB" >&2; exit 1; }
export LAMMPS_PLUGIN_PATH=$LIB OMP_NUM_THREADS=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
packages=$("$lmp" -h) || { echo "pace.sh: cannot run $lmp" >&2; exit 1; }
styles=(mlff/lisi)
if grep -qw ML-PACE <<<"$packages"; then
  styles+=('pace recursive' 'pace product')
else
  echo "pace.sh: $lmp has no ML-PACE: mlff/lisi alone (LMP_PACE=/path/to/lmp names another one)"
fi

tmp=$(mktemp -d "${TMPDIR:-/tmp}/lisi-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
yace() { awk -v pick=degree -v inner=zbl -v rcut=6 "$@" -f "$src/tests/lammps/yace.awk"; }
ln -s "$src/potentials/Li-Si.yace" shipped.yace
yace -v counts="10 60 60" -v kmax=8 -v nmax=6 -v lmax=3 -v ntop="8 6 3" -v ltop="0 3 2" >small.yace
yace -v counts="24 260 560 420 236" -v kmax=12 -v nmax=8 -v lmax=4 -v ntop="12 8 4 3 2" -v ltop="0 4 3 2 1" >large.yace
yace -v counts="20 120 230 130" -v densities=2 -v kmax=10 -v nmax=6 -v lmax=4 -v ntop="10 6 4 2" -v ltop="0 4 3 2" >fs.yace
cat >in.bench <<EOF2
units           metal
variable        nx index 4
variable        ny index 2
variable        nz index 7
include         $src/examples/Li13Si4/structure.in
displace_atoms  all random 0.15 0.15 0.15 4711 units box
pair_style      \${style}
pair_coeff      * * \${yace} Li Si
thermo          \${steps}
timer           full
run             1 post no
print           "energy \$(pe:%.17g) atoms \$(atoms)"
run             \${steps}
EOF2

# once YACE STYLE STEPS: processor seconds of the Pair section for each step
once() {
  "$lmp" -log none -in in.bench -var yace "$1" -var style "$2" -var steps "$3" >run.out 2>&1 || { tail -n 5 run.out >&2; exit 1; }
  awk -F '|' -v steps="$3" '/^Pair / { t = $3 * $6 / 100 / (steps) } END { if (!(t > 0)) exit 1; printf "%.9g\n", t }' run.out ||
    { echo "pace.sh: no timing in the output of LAMMPS" >&2; exit 1; }
}
median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

printf '%-9s %-33s %-15s %12s %9s %8s\n' file 'functions per element, by rank' style us/atom/step spread ratio
for name in shipped small large fs; do
  [[ -z $only || $only == "$name" ]] || continue
  what=$(awk '/^ *- \{mu0: 0,/ { match($0, /rank: [0-9]+/); r = substr($0, RSTART + 6, RLENGTH - 6) + 0; n[r]++; all++; if (r > most) most = r
      match($0, /ndensity: [0-9]+/); d = substr($0, RSTART + 10, RLENGTH - 10) + 0 }
    END { s = all ":"; for (r = 1; r <= most; r++) s = s " " n[r] + 0; if (d > 1) s = s ", " d " densities"; print s }' $name.yace)
  rm -f time.* energy.*
  n=()
  for k in "${!styles[@]}"; do # how many steps fill the time
    t=$(once $name.yace "${styles[k]}" 2)
    n[k]=$(awk -v t="$t" -v s="$seconds" 'BEGIN { n = int(s / t) + 1; print n < 3 ? 3 : n }')
    awk '/^energy/ { print $2 }' run.out >energy.$k
    natoms=$(awk '/^energy/ { print $4 }' run.out)
  done
  for ((i = 0; i < repeats; i++)); do
    for k in "${!styles[@]}"; do once $name.yace "${styles[k]}" "${n[k]}" >>time.$k; done
  done
  for k in "${!styles[@]}"; do
    [[ $k == 0 ]] || awk -v a="$(cat energy.0)" -v b="$(cat energy.$k)" 'BEGIN { d = (a - b) / b; exit !(d < 1e-10 && d > -1e-10) }' ||
      { echo "pace.sh: $name: ${styles[k]} gives $(cat energy.$k) eV, mlff/lisi $(cat energy.0) eV" >&2; exit 1; }
    awk -v name=$name -v what="$what" -v style="${styles[k]}" -v n="$natoms" -v m="$(median <time.$k)" -v base="$(median <time.0)" '
      { t = 1e6 * $1 / n; if (NR == 1 || t < lo) lo = t; if (NR == 1 || t > hi) hi = t }
      END { printf "%-9s %-33s %-15s %12.2f %8.1f%% %8.2f\n", name, what, style, 1e6 * m / n, 100 * (hi - lo) / (1e6 * m / n), m / base }' time.$k
  done
done
