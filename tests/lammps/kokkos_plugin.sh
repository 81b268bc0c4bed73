# SPDX-License-Identifier: GPL-2.0-or-later
# Where mlff/lisi/kk cannot be had the plugin says why, once, and -sf kk takes the plain style, which is right; without -k on nothing is said.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/lammps/lib_kokkos.sh"
yace=$SRC/tests/data/ace_small.yace
need "$yace" "$LIB/lisiplugin.so" "$LIB/liblisi_lammps.so"
mkdir -p bare/bin missing other
sed "s|^here=.*|here=$tmp/empty|" "$LMP" >bare/bin/lmp # finds no plugin by itself
chmod +x bare/bin/lmp
cp "$LIB/lisiplugin.so" "$LIB/liblisi_lammps.so" missing
cp "$LIB/liblisi_lammps.so" "$LIB/liblisi_kokkos.so" other
sed 's/serial/gpu-if/g' "$LIB/lisiplugin.so" >other/lisiplugin.so # as if built for a Kokkos with another backend
cmp -s "$LIB/lisiplugin.so" other/lisiplugin.so && fail "the shim does not tell its backends"

crystal LiSi-NaTl >c.xyz
rattled c.xyz 0.3 5 >c.data
lmp -in <(printf 'include %s\nrun 0\nprint "$(pe:%%.17g)" file want\n' "$SRC/tests/lammps/pair.inc") -var data c.data -var yace "$yace"
LMP=$tmp/bare/bin/lmp kk_lmp=$tmp/bare/bin/lmp
printf 'plugin load ${folder}/lisiplugin.so\ninclude %s\nrun 0\nprint "$(pe:%%.17g)" file got\n' "$SRC/tests/lammps/pair.inc" >load.in
check() { # FOLDER TEXT
  LMP=$(kk 1) mpi 2 -var folder "$1" -var data c.data -var yace "$yace" -in load.in
  grep -qF 'pair_style mlff/lisi/kk is not available, mlff/lisi runs on the host' run.out || { cat run.out; fail "$1: not a word"; }
  grep -qF -- "$2" run.out || { cat run.out; fail "$1: not told: $2"; }
  [[ $(grep -c 'is not available' run.out) == 1 ]] || fail "$1: said not just once on two ranks"
  grep -q 'pair mlff/lisi,' run.out || { cat run.out; fail "$1: the plain style did not run"; }
  close got want 1e-12 "$1: the plain style"
  lmp -var folder "$1" -var data c.data -var yace "$yace" -in load.in
  grep -q 'is not available' run.out && fail "$1: said where nobody uses KOKKOS"
  return 0
}
check missing 'missing/liblisi_kokkos.so: '
check other 'it was built for Kokkos with the backends'
