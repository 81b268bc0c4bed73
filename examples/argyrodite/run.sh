#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Where lithium sits in Li6PS5Cl and how it moves, from a published AIMD trajectory. See README.md.
#   examples/argyrodite/run.sh li6ps5cl.lammpstrj.gz [FOLDER]
# Results go to FOLDER (default build/argyrodite). Exit status 77 where the trajectory is missing.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BIN=${BIN:-$here/../../build/bin}
die() { printf 'argyrodite: %s\n' "$1" >&2; exit "${2:-1}"; }
(($# >= 1 && $# <= 2)) || die "usage: run.sh li6ps5cl.lammpstrj.gz [FOLDER]" 2
data=$1 out=${2:-$BIN/../argyrodite}
[[ -x $BIN/lisi-msm ]] || die "$BIN/lisi-msm is missing; ./setup.sh build makes it"
if [[ ! -f $data ]]; then
  die "there is no $data; README.md tells where the trajectory comes from. Nothing is done." 77
fi
mkdir -p "$out"

# one NAME CORE: sites-NAME.yaml, core sets of that radius (Angstrom)
one() {
  printf '\n==== %s\n' "$3"
  "$BIN/lisi-msm" assign "$data" --sites "$here/sites-$1.yaml" --dt 0.1 --core "$2" --msd 0,0 -o "$out/$1.jumps"
  "$BIN/lisi-msm" jumps "$out/$1.jumps" --recross 0.5 --window 0.2 --lasting -o "$out/$1"
}
one cages 3.2 "cages around the free sulphide (4a): who changes cage?"
one 48h 0.9 "48h (T5): jumps within the cages"
one 48h-24g 0.45 "48h and 24g: the doublets"
one tetrahedra 0.7 "all tetrahedra, T1 to T5"
