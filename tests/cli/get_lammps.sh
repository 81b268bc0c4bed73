# SPDX-License-Identifier: GPL-2.0-or-later
# tools/get-lammps.sh: a LAMMPS of the user's is checked and taken; what does not fit is named. Nothing is downloaded.
. "$(dirname "$0")/lib.sh"
get=$SRC/tools/get-lammps.sh
need "$get"
export XDG_CACHE_HOME=$tmp/cache
unset LAMMPS_SOURCE_DIR LAMMPS_LIB_DIR LMP

mkdir -p lammps/src
for h in pair.h lammpsplugin.h; do : >lammps/src/$h; done
echo '#define LAMMPS_VERSION "2 Aug 2023"' >lammps/src/version.h
fake() { # FILE VERSION PACKAGES: a program that answers -h as lmp does, at length
  printf '#!/bin/sh\necho; echo "Large-scale Atomic/Molecular Massively Parallel Simulator - %s"\nseq 20000\necho "Installed packages:"; echo "%s"\n' "$2" "$3" >"$1"
  chmod +x "$1"
}
fake good '2 Aug 2023 - Update 3' 'MANYBODY PLUGIN'
fake noplugin '2 Aug 2023' 'MANYBODY'
fake other '4 Feb 2025' 'PLUGIN'

exits 0 env LAMMPS_SOURCE_DIR=lammps/src LMP=./good "$get"
grep -qx "LAMMPS_SOURCE_DIR=$tmp/lammps/src" out || fail "stdout: $(cat out)"
grep -qx "LAMMPS_EXE=$tmp/good" out || fail "stdout: $(cat out)"
exits 0 env LAMMPS_SOURCE_DIR=lammps LMP=./good "$get" # the folder above src is understood
grep -qx "LAMMPS_SOURCE_DIR=$tmp/lammps/src" out || fail "stdout: $(cat out)"
exits 1 env LAMMPS_SOURCE_DIR=lammps/src LMP=./noplugin "$get"
says 'no PLUGIN package'
exits 1 env LAMMPS_SOURCE_DIR=lammps/src LMP=./other "$get"
says 'is the source of 2 Aug 2023; a plugin needs both of the same version'
exits 1 env LAMMPS_SOURCE_DIR=lammps/src LMP=./nothing "$get"
says 'LMP=./nothing is not an executable file'
exits 1 env LAMMPS_SOURCE_DIR=nowhere LMP=./good "$get"
says 'nowhere is not a folder'
exits 1 env LAMMPS_SOURCE_DIR="$tmp" LMP=./good "$get"
says 'has to be the src folder of a LAMMPS source tree'

# A mirror that does not have the file (a closed port): the message names the way out, and nothing half-done stays.
mkdir bin
printf '#!/bin/sh\necho http://localhost:9/debian\n' >bin/apt-get
chmod +x bin/apt-get
if command -v mpicxx >/dev/null; then
  exits 1 env PATH="$tmp/bin:$PATH" "$get"
  says 'LAMMPS_SOURCE_DIR=/path/to/lammps/src'
  [[ -z $(find cache -name 'lammps*' -size +0) ]] || fail "left: $(ls -R cache)"
fi
pass "get-lammps.sh"
