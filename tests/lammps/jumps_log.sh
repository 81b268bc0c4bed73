# fix msm writes the same jump log during a run, under rerun on 1, 2 and 4 ranks, and as lisi-msm assign makes of the dump: in a tilted box that
# deforms, with a framework that drifts, for every rule of assignment.
source "$SRC/tests/lammps/lib_jumps.sh"

rules=("" "core 1.0" "sphere 0.9" "dwell 3" "core 0.9 dwell 2")
{
  for k in "${!rules[@]}"; do
    echo "compute j$k lithium lijump sites.yaml framework silicon ${rules[$k]}"
    echo "fix m$k lithium msm 10 j$k log \${name}$k.jumps flush 7 msd 5 6"
  done
} >jumps.in
cat >live.in <<'END'
include start.in
velocity lithium create 1500.0 4711 mom no
velocity silicon set 0.5 0.3 -0.2
fix go all nve
fix t lithium langevin 1500 1500 0.05 991
fix box all deform 1 x scale 1.02 xy delta 0.2 remap x
variable name string live
include jumps.in
dump d all custom 10 run.dump id type x y z ix iy iz
dump_modify d format float %.17g
run 400
END
cat >again.in <<'END'
include start.in
include jumps.in
rerun run.dump dump x y z ix iy iz box yes
END

mpi 2 -in live.in
n=$(jumps_in live0.jumps)
((n > 50)) || fail "only $n jumps: the test says nothing"
grep -q '^[0-9]* [0-9]* [0-9]* [0-9]* .*-\?1 ' live0.jumps || fail "no jump across the box: the test says nothing"

for k in "${!rules[@]}"; do
  read -ra words <<<"${rules[$k]}"
  options=()
  for ((w = 0; w < ${#words[@]}; w += 2)); do options+=("--${words[w]}" "${words[w + 1]}"); done
  "$BIN/lisi-msm" assign run.dump --sites sites.yaml --map 1=Li,2=Si --timestep 0.002 --flush 7 --msd 5,6 ${options[@]+"${options[@]}"} \
    -o offline.jumps >assign.out 2>&1 || { cat assign.out >&2; fail "assign ${rules[$k]}"; }
  same live$k.jumps offline.jumps "online and offline, ${rules[$k]:-nearest}: $(jumps_in live$k.jumps) jumps"
  sed '1,/^data/d' live$k.jumps.msd >a; sed '1,/^data/d' offline.jumps.msd >b
  close a b 1e-9 "their displacements"
done

for ranks in 1 2 4; do
  mpi $ranks -var name "r$ranks." -in again.in
  for k in "${!rules[@]}"; do
    records live$k.jumps >a; records r$ranks.$k.jumps >b
    same a b "rerun on $ranks ranks, ${rules[$k]:-nearest}"
    same r1.$k.jumps r$ranks.$k.jumps "whole log on 1 and $ranks ranks"
    same r1.$k.jumps.msd r$ranks.$k.jumps.msd "displacements on 1 and $ranks ranks"
  done
done
