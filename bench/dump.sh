#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reading LAMMPS dumps: bench_dump (this reader beside a plain one in C, several forms), and the first form read by what users have,
# ASE or MDAnalysis (Debian: python3-ase, python3-mdanalysis), whichever Python can import:
#     bench/dump.sh [-n repeats] [-f frames]
# Nanoseconds of processor time per atom line, files in the page cache; PYTHON names another interpreter.
set -euo pipefail
LC_ALL=C
export LC_ALL OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
src=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${LISI_BUILD:-$src/build}
repeats=9 frames=200
while getopts n:f:h option; do
  case $option in
    n) repeats=$OPTARG ;;
    f) frames=$OPTARG ;;
    *) sed -n '4,8p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'; [[ $option == h ]] && exit 0; exit 2 ;;
  esac
done
[[ -x $build/bench/bench_dump ]] || { echo "dump.sh: build first: cmake --build build --target bench" >&2; exit 1; }
python=${PYTHON:-/usr/bin/python3}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/lisi-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
TMPDIR=$tmp "$build/bench/bench_dump" -r "$repeats" -f "$frames"
"$build/bench/bench_dump" -f 20 -w "$tmp/first.dump"
cat >"$tmp/read.py" <<'END'
import statistics, sys, time, warnings
warnings.simplefilter("ignore")
path, frames, atoms = sys.argv[1], 20, 2000
def ase():
    import ase.io
    return "ASE " + ase.__version__, lambda: sum(len(a) for a in ase.io.read(path, index=":", format="lammps-dump-text"))
def mdanalysis():
    import MDAnalysis
    return "MDAnalysis " + MDAnalysis.__version__, lambda: sum(len(t.positions) for t in MDAnalysis.Universe(path, format="LAMMPSDUMP", topology_format="LAMMPSDUMP").trajectory)
for reader in ase, mdanalysis:
    try:
        name, read = reader()
    except ImportError:
        print(reader.__name__ + ": not installed")
        continue
    seconds = []
    for _ in range(3):
        start = time.process_time()
        if read() != frames * atoms:
            sys.exit(name + " reads another number of atoms")
        seconds.append(time.process_time() - start)
    print("%-24s %8.0f ns per atom line, median of 3" % (name, 1e9 * statistics.median(seconds) / frames / atoms))
END
if command -v "$python" >/dev/null; then "$python" "$tmp/read.py" "$tmp/first.dump"; else echo "no $python: ASE and MDAnalysis are left out"; fi
