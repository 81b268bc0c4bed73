# SPDX-License-Identifier: GPL-2.0-or-later
# The extrapolation grade through fix pair: at most 1 on training frames, larger outside, the same on any number of ranks
# and threads, computed only when asked for, and clear words where the sidecar is missing or does not fit.
. "$(dirname "$0")/lib.sh"
fit=$BIN/lisi-fit
need "$LMP" "$fit" "$SRC/potentials/data/test.xyz"

cp "$SRC/potentials/data/test.xyz" data.xyz
cat >fit.yaml <<'EOF2'
format: lisi-fit 1
elements: [Li, Si]
E0: fit
data: {train: data.xyz}
radial: {kind: SBessel, cutoff: 4.5, zbl: [1.5, 0.5]}
basis:
  - {order: 1, nmax: 5}
  - {order: 2, nmax: 3, lmax: 2, degree: 3}
weights: {energy: 10, force: 1, virial: 1}
prior: {ridge: 0.001}
EOF2
"$fit" train fit.yaml -o m.yace >train.out 2>&1 || { tail -n 5 train.out >&2; fail "lisi-fit train"; }
grep -q 'Si active set' train.out || { cat train.out >&2; fail "no active set for Si"; }
need m.yace m.sidecar

# frame K > XYZ: one frame of the data, turned so that the cell is as LAMMPS wants it
frame() {
  awk -v want="$1" 'left == 0 { n++; left = $1 + 2 } n == want { print } { left-- }' data.xyz | awk '
    function dot(p, q) { return p[1] * q[1] + p[2] * q[2] + p[3] * q[3] }
    NR == 1 { print; next }
    NR == 2 {
      match($0, /Lattice="[^"]*"/)
      split(substr($0, RSTART + 9, RLENGTH - 10), h, " ")
      for (k = 1; k <= 3; k++) { a[k] = h[k]; b[k] = h[3 + k]; c[k] = h[6 + k] }
      la = sqrt(dot(a, a)) # new axes: x along a, y in the plane of a and b
      for (k = 1; k <= 3; k++) x[k] = a[k] / la
      d = dot(b, x); for (k = 1; k <= 3; k++) y[k] = b[k] - d * x[k]
      ly = sqrt(dot(y, y)); for (k = 1; k <= 3; k++) y[k] /= ly
      z[1] = x[2] * y[3] - x[3] * y[2]; z[2] = x[3] * y[1] - x[1] * y[3]; z[3] = x[1] * y[2] - x[2] * y[1]
      if (dot(c, z) <= 0) for (k = 1; k <= 3; k++) z[k] = -z[k] # a left-handed cell becomes its mirror image
      printf "Lattice=\"%.15g 0 0 %.15g %.15g 0 %.15g %.15g %.15g\"\n", la, dot(b, x), dot(b, y), dot(c, x), dot(c, y), dot(c, z)
      next
    }
    { p[1] = $2; p[2] = $3; p[3] = $4; printf "%s %.15g %.15g %.15g\n", $1, dot(p, x), dot(p, y), dot(p, z) }'
}
cat >gamma.in <<'EOF2'
include         ${inc}
variable        how index 1
fix             g all pair 1 mlff/lisi gamma ${how}
compute         top all reduce max f_g
thermo_style    custom step pe c_top
dump            d all custom 1 ${out}.dump id type f_g
dump_modify     d sort id format float %.17g
run             0
EOF2
args=(-var inc "$SRC/tests/lammps/pair.inc" -var yace m.yace -in gamma.in)
top() { table "$1.dump" f_g | sort -g | tail -n 1; }
within() { awk -v x="$1" -v lo="$2" -v hi="$3" 'BEGIN { exit !(x == x + 0 && x >= lo && x <= hi) }'; }

# ---- training environments: at most 1, but for the single precision of the sidecar, of which lisi-fit tells the effect
said=$(sed -n 's/.*active set.*<= //p' train.out | sort -g | tail -n 1)
within "$said" 0.99999 1.0005 || fail "lisi-fit says that grades in the training frames go up to $said"
highest=0 frames=0
for ((k = 1; ; k++)); do
  frame $k >f.xyz
  [[ -s f.xyz ]] || break
  rattled f.xyz 0 1 >f.data
  lmp "${args[@]}" -var data f.data -var out f$k
  [[ $(table f$k.dump f_g | wc -l) == $(head -n 1 f.xyz | tr -d ' ') ]] || fail "frame $k: a grade for each atom"
  within "$(top f$k)" 0.01 1.0005 || fail "training frame $k has a grade of $(top f$k)"
  highest=$(printf '%s\n%s\n' "$highest" "$(top f$k)" | sort -g | tail -n 1)
  frames=$((frames + 1))
done
[[ $frames == $(grep -c Lattice data.xyz) ]] || fail "only $frames frames were read"
[[ $(printf '%.6f' "$highest") == "$said" ]] || fail "largest grade in the training frames: $highest, but lisi-fit says $said"
pass "largest grade in $frames training frames: $highest"

# ---- far outside
crystal LiSi-NaTl >c.xyz
rattled c.xyz 1.2 5 >wild.data
lmp "${args[@]}" -var data wild.data -var out wild
within "$(top wild)" 5 1e9 || fail "a strongly distorted crystal has a grade of $(top wild)"
pass "a strongly distorted crystal: $(top wild)"

# ---- several densities: the grade is one of the functions, which are those of the linear model
{ cat fit.yaml; echo 'embedding: {kind: FinnisSinclairShiftedScaled, densities: [[1, 1], [1, 0.5]], steps: 2}'; } >two.yaml
"$fit" train two.yaml -o two.yace >two.out 2>&1 || { tail -n 5 two.out >&2; fail "lisi-fit train with two densities"; }
need two.yace two.sidecar
lmp -var inc "$SRC/tests/lammps/pair.inc" -var yace two.yace -in gamma.in -var data wild.data -var out two
table wild.dump f_g >a
table two.dump f_g >b
cmp a b && pass "two densities: the grades of one" || fail "two densities: grades differ from those of the linear model"

# ---- ranks, threads, and both ways to ask
rattled c.xyz 0.4 5 >c.data
for n in 1 2 4; do mpi $n "${args[@]}" -var data c.data -var rep "2 2 3" -var out r$n; table r$n.dump f_g >g$n; done
close g2 g1 1e-11 "grades on 2 ranks"
close g4 g1 1e-11 "grades on 4 ranks"
OMP_NUM_THREADS=3 lmp "${args[@]}" -var data c.data -var rep "2 2 3" -var out threads
lmp "${args[@]}" -var data c.data -var rep "2 2 3" -var out plain
cmp threads.dump plain.dump && pass "3 threads give the same bits as 1" || fail "3 threads give other grades than 1"
lmp "${args[@]}" -var data c.data -var rep "2 2 3" -var how 0 -var out untriggered
cmp untriggered.dump plain.dump && pass "gamma 0 gives what gamma 1 gives" || fail "gamma 0 and gamma 1 differ"
awk '/zlo zhi/ { print "0 60 zlo zhi"; next } { print }' c.data >corner.data
lmp "${args[@]}" -var data corner.data -var out corner1
sed 's/^include/processors 1 1 4\ninclude/' gamma.in >corner.in
mpi 4 "${args[@]:0:6}" -in corner.in -var data corner.data -var out corner4
table corner1.dump f_g >a
table corner4.dump f_g >b
close b a 1e-11 "grades with empty ranks"

# ---- hybrid, NULL types
cat >hybrid.in <<'EOF2'
units           metal
atom_style      atomic
read_data       c.data
include         ${what}
fix             g all pair 1 mlff/lisi gamma 1
dump            d all custom 1 ${what}.dump id type f_g
dump_modify     d sort id format float %.17g
run             0
EOF2
lj='pair_coeff 1 2 lj/cut 0.02 2.6\npair_coeff 2 2 lj/cut 0.05 2.5\n'
printf 'pair_style mlff/lisi\npair_coeff * * m.yace Li Si\n' >ace
printf 'pair_style hybrid/overlay mlff/lisi lj/cut 5.0\npair_coeff * * mlff/lisi m.yace Li Si\npair_coeff 1 1 lj/cut 0.01 2.4\n'"$lj" >overlay
printf 'pair_style hybrid mlff/lisi lj/cut 5.0\npair_coeff * * mlff/lisi m.yace Li NULL\n'"$lj" >null
printf 'group Si type 2\ndelete_atoms group Si compress no\npair_style mlff/lisi\npair_coeff * * m.yace Li Si\n' >li
for what in ace overlay null li; do lmp -var what $what -in hybrid.in; done
cmp <(tail -n +2 ace.dump) <(tail -n +2 overlay.dump) && pass "hybrid/overlay: the same grades" || fail "hybrid/overlay gives other grades"
table null.dump type f_g >null.g
[[ $(awk '$1 == 2 && $2 != 0' null.g) == "" ]] && [[ $(awk '$1 == 2' null.g | wc -l) == 8 ]] || fail "Si is NULL but has a grade"
awk '$1 == 1 { print $2 }' null.g >a
table li.dump f_g >b
close a b 1e-11 "NULL types have a grade of 0 and are no neighbours of the others"

# ---- a run: only on the steps of fix pair, and fix halt ends it
cat >md.in <<'EOF2'
include         ${inc}
velocity        all create 300 4711 loop geom
fix             1 all nve
timestep        0.0005
fix             g all pair ${every} mlff/lisi gamma 1
run             40
EOF2
# atoms that change ranks take their grades along: the last step of a run at 2 ranks, atoms moving by more than a cut-off's skin
sed 's/create 300/create 3000/; s/^timestep.*/timestep 0.001/; s/^run.*/neigh_modify every 1 delay 0 check no\ndump d all custom 40 ${out}.dump id type f_g\ndump_modify d sort id format float %.17g\nrun 40/' md.in >move.in
for n in 1 2; do
  mpi $n -var inc "$SRC/tests/lammps/pair.inc" -var yace m.yace -var data c.data -var rep "2 2 3" -var every 1 -var out m$n -in move.in
  awk '/^ITEM: TIMESTEP/ { getline step } step == 40 { if (/^ITEM: ATOMS/) on = 1; else if (on && !/^ITEM/) print $3 }' m$n.dump >last$n
  awk '/^ITEM: TIMESTEP/ { getline step } step == 0 { if (/^ITEM: ATOMS/) on = 1; else if (on && !/^ITEM/) print $3 }' m$n.dump >start$n
done
cmp -s last1 start1 && fail "the grades do not change during a run"
close last2 last1 1e-8 "grades after 40 steps on 2 ranks"

seconds() { # EVERY: the shortest time for pairs of three runs
  local k
  for k in 1 2 3; do
    lmp -var inc "$SRC/tests/lammps/pair.inc" -var yace m.yace -var data c.data -var rep "2 2 2" -var every "$1" -in md.in
    awk '$1 == "Pair" && $2 == "|" { print $5 }' run.out
  done | sort -g | head -n 1
}
rarely=$(seconds 1000) always=$(seconds 1)
awk -v r="$rarely" -v a="$always" 'BEGIN { exit !(r > 0 && a > 3 * r) }' ||
  fail "40 steps: $always s with a grade at every step, $rarely s without: it seems to be computed when nobody asks"
pass "40 steps: $always s with a grade at every step, $rarely s without"
cat >halt.in <<'EOF2'
include         ${inc}
velocity        all create 300 4711 loop geom
fix             1 all nve
timestep        0.001
fix             g all pair 10 mlff/lisi gamma 1
compute         top all reduce max f_g
variable        top equal c_top
fix             h all halt 10 v_top > 4 error soft message yes
fix             heat all langevin 9000 9000 0.02 5 zero yes
run             4000
print           "stopped at $(step) with ${top}" file stopped
EOF2
frame 1 >f.xyz
rattled f.xyz 0 1 >f.data
mpi 2 -var inc "$SRC/tests/lammps/pair.inc" -var yace m.yace -var data f.data -in halt.in
read -r _ _ step _ grade <stopped
within "$step" 10 3990 && within "$grade" 4 1e9 || fail "fix halt: $(cat stopped)"
pass "fix halt: $(cat stopped)"
lmp -var inc "$SRC/tests/lammps/pair.inc" -var yace m.yace -var data f.data -in <(sed 's/^run.*/minimize 0 1e-3 20 50/; s/^fix *heat.*//; s/^fix *h .*//' halt.in)

# ---- what is missing is said
one() { # YACE TEXT [2]: fix pair is refused with TEXT (on 2 ranks as well), while the potential itself runs
  printf 'units metal\natom_style atomic\nread_data c.data\npair_style mlff/lisi\npair_coeff * * %s Li Si\nrun 0\nfix g all pair 1 mlff/lisi gamma 1\n' "$1" >one.in
  refuses "$2" -in one.in
  grep -q 'Loop time' run.out || fail "$1 does not run without its sidecar"
  [[ $# == 2 ]] && return
  local status=0
  timeout 120 $MPIRUN -np 2 "$LMP" -log none -in one.in >run.out 2>&1 || status=$?
  [[ $status != 0 && $status != 124 ]] || fail "$1 on 2 ranks: exit status $status"
  grep -qF -- "$2" run.out || fail "$1 on 2 ranks: no message with $2"
}
one "$SRC/tests/data/ace_small.yace" 'ace_small.yace names no sidecar (key lisi/sidecar)'
mkdir alone damaged cut other none
cp m.yace alone
one alone/m.yace 'alone/m.sidecar: ' 2
grep -q 'lisi-fit train' run.out || fail "the message does not say where a sidecar comes from"
cp m.yace m.sidecar damaged
printf '\377' | dd of=damaged/m.sidecar bs=1 seek=1500 conv=notrunc 2>/dev/null
one damaged/m.yace 'damaged/m.sidecar: damaged, or made with another model' 2
cp m.yace cut
head -c 3000 m.sidecar >cut/m.sidecar
one cut/m.yace 'cut/m.sidecar: cut off: expected'
cp m.sidecar other
sed 's/deltaSplineBins: .*/deltaSplineBins: 0.002/' m.yace >other/m.yace
one other/m.yace 'other/m.sidecar: does not belong to other/m.yace'
# fewer environments than functions: the fit warns and has no grade for that element
awk 'NR == 1 { left = $1 + 2 } NR <= left' data.xyz >few.xyz
sed 's/data.xyz/few.xyz/' fit.yaml >few.yaml
"$fit" train few.yaml -o none/m.yace --quiet >train.out 2>&1 || { cat train.out; fail "a fit to one frame"; }
grep -q 'warning: no active set for' train.out || { cat train.out >&2; fail "no warning where an active set is missing"; }
one none/m.yace 'no active set for'
pass "a sidecar that is missing, damaged, cut off, of another model, or without active set is named"
