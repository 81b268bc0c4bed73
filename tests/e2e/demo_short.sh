# SPDX-License-Identifier: GPL-2.0-or-later
# The demo in short: MD of Li13Si4 with the shipped force field on two ranks, jumps recorded on the fly. The log from the dump of
# the same run is the same byte for byte; the model's MSD is that of the site positions; the report is complete.
. "$(dirname "$0")/../lammps/lib.sh"
. "$SRC/tests/cli/json.bash"
need "$LMP" "$BIN/lisi-msm" "$SRC/potentials/Li-Si.yace"

cp "$SRC"/examples/Li13Si4/{in.li13si4,structure.in,sites.yaml} .
# tests run side by side: a rank that waits gives its core away
export OMPI_MCA_mpi_yield_when_idle=1
mpi 2 -in in.li13si4 -var potential "$SRC/potentials/Li-Si.yace" -var T 900 -var equil 300 -var steps 4000 -var out run.jumps -var keep yes -var dump run.dump
"$BIN/lisi-msm" assign run.dump --sites sites.yaml --map 1=Li,2=Si --species Li --core 0.6 --dt 0.05 --temperature 900 -o off.jumps 2>err ||
  { cat err >&2; fail "assign"; }
cmp run.jumps off.jumps || fail "the log made during the run and the one from its dump differ"
[[ -s run.jumps.msd ]] || fail "no MSD beside the log"
cmp run.jumps.msd off.jumps.msd || fail "the MSDs differ"

"$BIN/lisi-msm" build run.jumps -o report --json >out 2>err || { cat err >&2; fail "build"; }
[[ $(json n_Li) == 156 ]] || fail "156 Li"
awk -v d="$(json D_iso)" -v n="$(json jumps)" 'BEGIN { exit !(n > 20 && d > 0 && d < 10) }' || fail "D = $(json D_iso) from $(json jumps) jumps"
awk -v w="$(json within_two_errors)" 'BEGIN { exit !(w >= 0.5) }' || fail "MSD of the model and of the site positions: $(json msd_check)"
for f in model.yaml report.html timescales.svg msd.svg diffusion.svg network.svg timescales.dat msd.dat diffusion.dat network.dot; do
  [[ -s report/$f ]] || fail "report/$f is missing or empty"
done
grep -q '</html>' report/report.html || fail "the report is not complete"
# the same again from the dump in one go
"$BIN/lisi-msm" run run.dump --sites sites.yaml --map 1=Li,2=Si --species Li --core 0.6 --dt 0.05 --temperature 900 --json >again 2>err || { cat err >&2; fail "run"; }
[[ $(json D_iso) == $(mv again out; json D_iso) ]] || fail "lisi-msm run gives another D"
pass "demo in short: $(json jumps) jumps, D = $(json D_iso) A^2/ps"
