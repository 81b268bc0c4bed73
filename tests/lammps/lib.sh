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

# ---- structures and numbers ----
# rattled XYZ AMPLITUDE SEED > DATA: a LAMMPS data file, types 1 Li and 2 Si
rattled() { awk -v amp="$2" -v seed="$3" -f "$SRC/tests/lammps/rattled.awk" "$1"; }
# crystal NAME > XYZ: structures that need no data folder
crystal() {
  case $1 in
    Li-bcc) printf '2\nLattice="3.44 0 0 0 3.44 0 0 0 3.44"\nLi 0 0 0\nLi 1.72 1.72 1.72\n' ;;
    Si-diamond) printf '8\nLattice="5.43 0 0 0 5.43 0 0 0 5.43"\n'
      awk 'BEGIN { for (b = 0; b < 2; b++) for (k = 0; k < 4; k++) { s = b * 1.3575; h = 2.715
             print "Si", s + (k == 2 || k == 3) * h, s + (k == 1 || k == 3) * h, s + (k == 1 || k == 2) * h } }' ;;
    LiSi-NaTl) # Zintl prototype: two diamond lattices in each other
      printf '16\nLattice="6.0 0 0 0 6.0 0 0 0 6.0"\n'
      awk 'BEGIN { for (b = 0; b < 4; b++) for (k = 0; k < 4; k++) { s = b * 1.5; h = 3
             print b % 3 ? "Li" : "Si", s + (k == 2 || k == 3) * h, s + (k == 1 || k == 3) * h, s + (k == 1 || k == 2) * h } }' ;;
    Li3Si-tilted) # no real phase: a small triclinic cell
      printf '4\nLattice="4.6 0 0 -1.3 4.4 0 0.9 -0.7 4.2"\nSi 0 0 0\nLi 2.3 0.1 0.2\nLi 0.4 2.2 2.0\nLi 1.9 2.4 -0.1\n' ;;
    *) fail "no crystal $1" ;;
  esac
}
# table FILE COLUMN...: those columns of the last frame of a LAMMPS dump, one line per atom
table() {
  local file=$1; shift
  awk -v want="$*" '
    /^ITEM: ATOMS/ { n = split(want, w, " "); for (c = 3; c <= NF; c++) at[$c] = c - 2
                     for (k = 1; k <= n; k++) if (!(w[k] in at)) { print "no column " w[k] > "/dev/stderr"; exit 1 }
                     lines = 0; inside = 1; next }
    /^ITEM:/ { inside = 0; next }
    inside { s = ""; for (k = 1; k <= n; k++) s = s (k > 1 ? " " : "") $at[w[k]]; line[++lines] = s }
    END { for (k = 1; k <= lines; k++) print line[k] }' "$file"
}
# close A B TOLERANCE WHAT: numbers in files A and B agree to TOLERANCE times the largest number of B; both must hold numbers
close() {
  local said
  said=$(paste -d ' ' "$1" "$2" | awk -v tol="$3" '
    NF == 0 || NF % 2 { bad = 1 }
    # by its looks, since awk takes nan for a number and finds it neither larger nor smaller than any other
    { for (k = 1; k <= NF; k++) if ($k !~ /^[-+]?[0-9.]+([eE][-+]?[0-9]+)?$/) bad = 1
      for (k = 1; k <= NF / 2; k++) { a = $k; b = $(k + NF / 2); d = a - b; if (d < 0) d = -d; if (d > max) max = d; if (b < 0) b = -b; if (b > big) big = b; count++ } }
    END { if (bad || !count || !(big > 0) || !(max <= tol * big)) r = "different"; else r = "close"
          printf "%s: largest difference %.3g of %.3g in %d numbers", r, max, big, count }')
  [[ $said == close* ]] || fail "$4: $said (allowed: $3 of the largest)"
  pass "$4: ${said#*: }"
}
