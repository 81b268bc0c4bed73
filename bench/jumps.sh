#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What compute lijump and fix msm cost beside the force field: MD of Li13Si4 (1,904 atoms) with mlff/lisi on one core, with and without
#     compute j lithium lijump ... framework silicon core 0.6
#     fix     m lithium msm 10 j log ...
# in turn, medians:
#     bench/jumps.sh [-n repeats] [-s steps] [-e N]
# Processor time (user), so that other programs disturb little: of the loop over the steps, where the difference is of the size of the noise, and
# of the section Modify (all fixes), in which the jumps are followed.
set -euo pipefail
LC_ALL=C
export LC_ALL
src=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${LISI_BUILD:-$src/build}
repeats=7 steps=300 every=10
while getopts n:s:e:h option; do
  case $option in
    n) repeats=$OPTARG ;;
    s) steps=$OPTARG ;;
    e) every=$OPTARG ;;
    *) sed -n '4,11p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'; [[ $option == h ]] && exit 0; exit 2 ;;
  esac
done
[[ -x $build/bin/lmp ]] || { echo "jumps.sh: build first: ./setup.sh build" >&2; exit 1; }
export OMP_NUM_THREADS=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
tmp=$(mktemp -d "${TMPDIR:-/tmp}/lisi-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
cat >in.bench <<END
units           metal
variable        nx index 4
variable        ny index 2
variable        nz index 7
include         $src/examples/Li13Si4/structure.in
pair_style      mlff/lisi
pair_coeff      * * $src/potentials/Li-Si.yace Li Si
group           lithium type 1
group           silicon type 2
velocity        all create 1000 4711 mom yes
timestep        0.002
fix             integrate all nve
include         \${jumps}
thermo          $steps
timer           full
run             10 post no
run             $steps
END
echo >without
cat >with <<END
compute         j lithium lijump $src/examples/Li13Si4/sites.yaml framework silicon core 0.6
fix             m lithium msm $every j log run.jumps
END
# once NAME: appends "user seconds of the process, of the loop, of Modify"; `timer full` tells which part of the wall time was processor time
once() {
  local TIMEFORMAT=%U user
  user=$({ time "$build/bin/lmp" -log none -var jumps "$1" -in in.bench >"out.$1"; } 2>&1)
  awk -F '|' -v user="$user" '/^Loop time/ { split($0, w, " "); loop = w[4] } /% CPU use/ { split($0, w, "%"); cpu = w[1] / 100 }
    /^Modify / { modify = $3 * $6 / 100 }
    END { if (!loop || !cpu) exit 1; print user, loop * cpu, modify }' "out.$1" >>"$1.times"
}
column() { awk -v c="$2" '{ print $c }' "$1" | sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
for ((r = 0; r < repeats; r++)); do
  once without
  once with
  once with
  once without
done
a=$(column without.times 2) b=$(column with.times 2) m=$(column without.times 3) n=$(column with.times 3)
grep -h 'compute lijump j: .* sites' out.with || true
awk -v a="$a" -v b="$b" -v m="$m" -v n="$n" -v s="$steps" -v e="$every" -v j="$(grep -vc '^[FBE]' run.jumps)" 'BEGIN {
  printf "a step                          %.3f ms without, %.3f ms with (%+.2f %%)\n", 1e3 * a / s, 1e3 * b / s, 100 * (b / a - 1)
  printf "Modify, of a step               %.4f ms without, %.4f ms with: the jumps take %.2f %% of a step, %.0f us a sample\n", 1e3 * m / s, 1e3 * n / s, 100 * (n - m) / a, 1e6 * (n - m) / s * e }'
