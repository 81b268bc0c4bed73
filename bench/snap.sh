#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An ACE of elemental lithium beside the SNAP potentials that LAMMPS ships for the same data (Zuo et al. 2020): errors on the test frames and
# microseconds per atom and step, all in one run,
#     LMP_SNAP=/path/to/lmp POTENTIALS=/path/to/lammps/potentials bench/snap.sh FOLDER [-n repeats]
# LMP_SNAP is a LAMMPS of the version that the plugin was built for, with the packages PLUGIN and ML-SNAP; POTENTIALS holds Li_Zuo_JPCA2020.*;
# FOLDER holds train.xyz and test.xyz of lithium (extended XYZ, made from the public data of materialsvirtuallab/mlearn). The model is trained first, as
# bench/snap.yaml says, and its test frames are evaluated by LAMMPS for every potential alike. The box for the times is bcc lithium
# with displaced atoms, 2,000 of them, and does not move; times are those of the Pair section on the processor, in turn, medians.
set -euo pipefail
LC_ALL=C
export LC_ALL
src=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
usage() { sed -n '4,11p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'; exit "$1"; }
repeats=5 data=
while (($#)); do
  case $1 in
    -n) repeats=${2:?-n needs a number}; shift 2 ;;
    -h | --help) usage 0 ;;
    -*) usage 2 ;;
    *) data=$(realpath "$1"); shift ;;
  esac
done
[[ -n $data && -f $data/train.xyz && -f $data/test.xyz ]] || usage 2
LIB=${LIB:-$src/build/lib} BIN=${BIN:-$src/build/bin}
lmp=${LMP_SNAP:?LMP_SNAP: a LAMMPS with PLUGIN and ML-SNAP} potentials=$(realpath "${POTENTIALS:?POTENTIALS: the folder of Li_Zuo_JPCA2020.snapcoeff}")
export LAMMPS_PLUGIN_PATH=$LIB OMP_NUM_THREADS=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
packages=$("$lmp" -h)
grep -qw ML-SNAP <<<"$packages" || { echo "snap.sh: $lmp has no ML-SNAP" >&2; exit 1; }
tmp=$(mktemp -d "${TMPDIR:-/tmp}/lisi-snap.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

sed "s|FOLDER|$data|g" "$src/bench/snap.yaml" >fit.yaml
"$BIN/lisi-fit" train fit.yaml -o lisi.yace >train.out || { tail -n 5 train.out >&2; exit 1; }
grep 'functions by order' train.out

# one data file for each frame, and the reference: energy, then forces
awk -v data="$data/test.xyz" '
  FNR == 1 || left == 0 { n = $1; left = n + 2 }
  left == n + 1 {
    k++; id = 0
    split(substr($0, index($0, "Lattice=\"") + 9), h, /[ "]/)
    if (h[2] != 0 || h[3] != 0 || h[6] != 0) { print "snap.sh: cell of frame " k " is not lower triangular" >"/dev/stderr"; exit 1 }
    out = "f" k ".data"; ref = "f" k ".ref"
    printf "x\n\n%d atoms\n1 atom types\n\n0 %.15g xlo xhi\n0 %.15g ylo yhi\n0 %.15g zlo zhi\n%.15g %.15g %.15g xy xz yz\n\nMasses\n\n1 6.94\n\nAtoms # atomic\n\n",
      n, h[1], h[5], h[9], h[4], h[7], h[8] >out
    match($0, / energy=[^ ]*/); print substr($0, RSTART + 8, RLENGTH - 8) >ref
    match($0, /config_type=[^ ]*/); print substr($0, RSTART + 12, RLENGTH - 12) >("f" k ".type")
  }
  left <= n { print ++id, 1, $2, $3, $4 >out; print $5, $6, $7 >ref }
  { left--; if (left == 0) { close(out); close(ref); close("f" k ".type") } }
  END { print k >"frames" }' "$data/test.xyz"
cat >in.test <<'IN'
variable        k loop ${frames}
label           next
clear
units           metal
atom_modify     map yes
box             tilt large
read_data       f${k}.data
include         ${style}
run             0
write_dump      all custom f${k}.${style} id fx fy fz modify sort id format float %.17g
print           "energy $(pe:%.17g)" file f${k}.${style}.e
next            k
jump            SELF next
IN
cat >in.time <<'IN'
units           metal
lattice         bcc 3.44
region          box block 0 10 0 10 0 10
create_box      1 box
create_atoms    1 box
mass            1 6.94
displace_atoms  all random 0.2 0.2 0.2 4711 units box
include         ${style}
run             1 post no
run             ${steps}
IN
printf 'pair_style mlff/lisi\npair_coeff * * lisi.yace Li\n' >mlff-lisi
printf 'pair_style snap\npair_coeff * * %s/Li_Zuo_JPCA2020.snapcoeff %s/Li_Zuo_JPCA2020.snapparam Li\n' "$potentials" "$potentials" >snap
printf 'pair_style snap\npair_coeff * * %s/Li_Zuo_JPCA2020.quadratic.snapcoeff %s/Li_Zuo_JPCA2020.quadratic.snapparam Li\n' "$potentials" "$potentials" >snap-quadratic
styles=(mlff-lisi snap snap-quadratic)
run() { "$lmp" -log none "$@" >run.out 2>&1 || { tail -n 5 run.out >&2; exit 1; }; }
seconds() { # STYLE STEPS
  run -in in.time -var style "$1" -var steps "$2"
  awk -F '|' -v steps="$2" '/^Pair / { print $3 * $6 / 100 / steps }' run.out
}
median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
for s in "${styles[@]}"; do run -in in.test -var style "$s" -var frames "$(cat frames)"; done
for ((i = 0; i < repeats; i++)); do
  seconds mlff-lisi 100 >>mlff-lisi.time
  seconds snap 5 >>snap.time
  seconds snap-quadratic 5 >>snap-quadratic.time
done
printf '%-15s %10s | %s\n' style us/atom 'energy RMSE and MAE, meV/atom; force RMSE and MAE, meV/Angstrom, on the test frames'
for s in "${styles[@]}"; do
  for ((k = 1; k <= $(cat frames); k++)); do
    { echo "ref $(cat f$k.type)"; cat f$k.ref; cat f$k.$s.e; awk 'inside { print $2, $3, $4 } /^ITEM: ATOMS/ { inside = 1 }' f$k.$s; }
  done | awk -v s="$s" -v us="$(median <$s.time | awk '{ print 1e6 * $1 / 2000 }')" '
    $1 == "ref" { type = $2; state = 1; n = 0; next }
    $1 == "energy" { d = ($2 - e) / n; e2 += d * d; ea += d < 0 ? -d : d; frames++; k = 0; state = 3; next }
    state == 1 { e = $1; state = 2; next }
    state == 2 { n++; x[n] = $1; y[n] = $2; z[n] = $3; next }
    state == 3 { k++; a = $1 - x[k]; b = $2 - y[k]; c = $3 - z[k]; f2 += a * a + b * b + c * c; fa += (a < 0 ? -a : a) + (b < 0 ? -b : b) + (c < 0 ? -c : c); m += 3 }
    END { printf "%-15s %10.2f | %6.2f %6.2f   %6.1f %6.1f   (%d frames, %d force components)\n", s, us, 1e3 * sqrt(e2 / frames), 1e3 * ea / frames, 1e3 * sqrt(f2 / m), 1e3 * fa / m, frames, m }'
done
