# A run that is killed (SIGKILL) leaves a log that is good up to its last F line, at most `flush` samples before its end; started again from
# a restart file with another number of ranks it goes on so that the log is the one of a run that was never killed.
source "$SRC/tests/lammps/lib_jumps.sh"

every=10 flush=30 span=300 # an F line at multiples of 300 steps
cat >jumps.in <<END
compute j lithium lijump sites.yaml framework silicon core 1.1 dwell 2
fix m lithium msm $every j log \${name}.jumps flush $flush msd 7 5 lags 1 5 counts \${name}.counts
fix go all nve
restart 1000 \${name}.*
END
cat >first.in <<'END'
include start.in
thermo 100000
velocity lithium create 3000.0 4711 mom no loop geom
velocity silicon set 0.5 0.3 -0.2
include jumps.in
run ${steps}
END
cat >second.in <<'END'
read_restart ${name}.${from}
pair_style zero 3.0
pair_coeff * *
neighbor 1.0 bin
thermo 100000
include jumps.in
run ${steps} upto
END
# The killed run is told to go on far beyond what it reaches; each of its ranks leaves its process number.
cat >rank.sh <<'END'
echo $$ >"pid.${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}"
exec "$LMP" -log none "$@"
END
export LMP
until_line() { # FILE STEP: waits for an F line at STEP or later
  local k
  for ((k = 0; k < 6000; k++)); do
    [[ -f $1 ]] && awk -v step="$2" '$1 == "F" && $2 >= step { found = 1 } END { exit !found }' "$1" && return
    sleep 0.05
  done
  fail "no line F $2 in $1 within five minutes"
}
last_f() { awk '$1 == "F" { at = $2 } END { print at }' "$1"; }
# The last restart file may be half written: the one before it.
before_last() { find . -name "$1.[0-9]*" -size +0 | sed 's/.*\.//' | sort -n | tail -n 2 | head -n 1; }

# No F line comes, and the lines of the MSD do not fill the buffer of their file before the restart file is written: they are there all the
# same. Nobody reads the pipe, so the run stands still where it is full (64 kB), not much behind the restart file of step 2500.
mkfifo pipe
sleep 600 <pipe >/dev/null 2>&1 &
reader=$!
sed -e "s/flush $flush msd 7 5/flush 1000000 msd 50 1/; s/restart 1000/restart 500/" jumps.in >rare.in
for f in first second; do sed 's/jumps.in/rare.in/' $f.in >$f.rare.in; done
sed "s/^run/fix hold all print 10 $(printf '%0240d' 0) file pipe screen no\nrun/" first.rare.in >held.in
rm -f cut.* pid.*
$MPIRUN -np 1 bash rank.sh -var name cut -var steps 2000000000 -in held.in >killed.out 2>&1 &
job=$!
for ((k = 0; k < 6000; k++)); do [[ -s cut.2500 ]] && break; sleep 0.05; done
sleep 0.2
kill -9 "$(cat pid.0)"
wait $job 2>/dev/null && fail "the killed run ended well"
kill $reader
from=$(before_last cut) steps=3456
mpi 1 -var name cut -var steps "$steps" -var from "$from" -in second.rare.in
mpi 1 -var name whole -var steps "$steps" -in first.rare.in
for f in jumps jumps.msd counts; do same whole.$f cut.$f "killed before any line F, started again at $from: $f"; done

for how in "1 2 2100" "2 1 2700" "2 3 2100"; do
  read -r before after step <<<"$how"
  rm -f cut.* pid.*
  $MPIRUN -np "$before" bash rank.sh -var name cut -var steps 2000000000 -in first.in >killed.out 2>&1 &
  job=$!
  until_line cut.jumps "$step"
  kill -9 "$(cat pid.0)"
  wait $job 2>/dev/null && fail "the killed run ended well"
  known=$(last_f cut.jumps)
  # dwell 2: a jump that waits for its second sample holds the line back by one
  ((known % span == 0 || (known + every) % span == 0)) || fail "F $known is not at a flush"
  # what the log holds behind its last F is dropped, whatever it is
  cp cut.jumps killed.jumps; printf '%s 7 1' $((known + 20)) >>killed.jumps
  "$BIN/lisi-msm" build killed.jumps --lags 0.02 --fold no -o out >build.out 2>&1 || { cat build.out >&2; fail "the log of the killed run is not read"; }
  from=$(before_last cut)
  steps=$((known + 1234))
  mpi "$after" -var name cut -var steps "$steps" -var from "$from" -in second.in
  mpi 1 -var name whole -var steps "$steps" -in first.in
  records killed.jumps | awk -v known="$known" '$1 ~ /^[0-9]/ && NF >= 7 && $1 <= known || $1 ~ /^[EB]/' >a
  records whole.jumps | awk -v known="$known" '$1 ~ /^[0-9]/ && $1 <= known' >b
  same a b "killed on $before ranks: all jumps up to F $known"
  for f in jumps jumps.msd counts; do same whole.$f cut.$f "started again at $from on $after ranks, up to $steps: $f"; done
  (($(jumps_in whole.jumps) > 100)) || fail "too few jumps: the test says nothing"
done
