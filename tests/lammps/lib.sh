# SPDX-License-Identifier: GPL-2.0-or-later
# What test scripts share; source it first. Gives
#   $SRC $BIN $LIB $LMP $TESTLIB   the checkout and the build (from ctest, else guessed)
#   $tmp                 an empty folder, which is also the working folder; it goes when the script ends
#   $MPIRUN              mpirun with what it takes to run as root and with more ranks than cores; use: mpi N input-args...
#   $DATA                the folder of reference structures and data, empty where there is none
set -euo pipefail
LC_ALL=C
export LC_ALL
SRC=${SRC:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
BIN=${BIN:-$SRC/build/bin}
LIB=${LIB:-$(dirname "$BIN")/lib}
TESTLIB=${TESTLIB:-$(dirname "$BIN")/tests}
LMP=${LMP:-$BIN/lmp}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl_vader_single_copy_mechanism=none
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}

tmp=$(mktemp -d "${TMPDIR:-/tmp}/lisi-test.XXXXXX")
trap 'status=$?; cd /; [[ -n ${KEEP:-} ]] && echo "kept: $tmp" || rm -rf "$tmp"; exit $status' EXIT
cd "$tmp"

fail() { printf 'FAIL: %s\n' "$*" >&2; exit 1; }
skip() { printf 'SKIP: %s\n' "$*" >&2; exit 77; }
pass() { printf 'ok: %s\n' "$*"; }

# need PATH...: ends the test as failed where a file that the checkout or the build must hold is missing
need() { local f; for f; do [[ -e $f ]] || fail "missing: $f"; done; }

DATA=${LISI_DATA:-}
[[ -n $DATA ]] || for d in "$SRC/../shared/data"; do [[ -d $d ]] && DATA=$(cd "$d" && pwd); done

MPIRUN='mpirun'
if mpirun --version 2>/dev/null | grep -q 'Open MPI'; then MPIRUN='mpirun --oversubscribe --bind-to none'; fi
# lmp ARGS... and mpi N ARGS...: LAMMPS alone, and on N ranks; output goes to run.out as well
lmp() { "$LMP" -log none "$@" >run.out 2>&1 || { tail -n 15 run.out >&2; fail "lmp $*"; }; }
mpi() { local n=$1; shift; $MPIRUN -np "$n" "$LMP" -log none "$@" >run.out 2>&1 || { tail -n 15 run.out >&2; fail "$n ranks: lmp $*"; }; }
# refuses TEXT ARGS...: LAMMPS must end with an error that holds TEXT
refuses() {
  local text=$1; shift
  if "$LMP" -log none "$@" >run.out 2>&1; then tail -n 5 run.out >&2; fail "ran, but should have been refused with: $text"; fi
  grep -qF -- "$text" run.out || { tail -n 5 run.out >&2; fail "refused, but not with: $text"; }
}
