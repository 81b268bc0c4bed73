# What compute lijump and fix msm refuse, and what they say.
source "$SRC/tests/lammps/lib_jumps.sh"

# bad TEXT COMPUTE-ARGS FIX-ARGS [BEFORE] [AFTER]: an input with those arguments must be refused with TEXT
count=0
bad() {
  { echo 'include start.in'; printf '%b\n' "${4:-}"; echo 'fix go all nve'
    [[ -z $2 ]] || echo "compute j $2"
    [[ -z $3 ]] || echo "fix m $3"
    printf '%b\n' "${5:-run 20}"; } >bad.in
  refuses "$1" -in bad.in
  count=$((count + 1))
}
C='lithium lijump sites.yaml framework silicon'
F='lithium msm 10 j log run.jumps'

# the input with nothing wrong runs
{ echo 'include start.in'; echo "compute j $C"; echo "fix m $F"; echo 'fix go all nve'; echo 'run 20'; } >good.in
lmp -in good.in
[[ $(grep -c '^F' run.jumps) -ge 1 ]] || fail 'the good input wrote no F line'

# call
bad 'Illegal compute lijump command: missing argument' 'lithium lijump' ''
bad 'unknown keyword cor' "$C cor 1.0" ''
bad 'missing argument' "$C core" ''
bad 'core and sphere exclude each other' "$C core 1.0 sphere 0.9" ''
bad 'core: expected a positive radius' "$C core -1.0" ''
bad 'overlap' "$C core 1.5" ''
bad 'dwell: expected a number of samples from 1, found 0' "$C dwell 0" ''
bad 'replicate has to be three numbers from 1, found 0' "$C replicate 3 3 0" ''
bad 'N, the steps between samples, has to be a number from 1, found 0' "$C" 'lithium msm 0 j log run.jumps'
bad 'has to be a number from 1, found -5' "$C" 'lithium msm -5 j log run.jumps'
bad 'Illegal fix msm command: missing argument' "$C" 'lithium msm 10'
bad 'q is not the ID of a compute lijump' "$C" 'lithium msm 10 q log run.jumps'
bad 'log FILE is missing' "$C" 'lithium msm 10 j'
bad 'unknown keyword lag' "$C" "$F lag 1"
bad 'a lag has to be a number of samples from 1, found 0' "$C" "$F lags 1 0"
bad 'lags wants numbers of samples, found counts' "$C" "$F lags counts a.counts"
bad 'is given without lags' "$C" "$F counts a.counts"
bad 'flush has to be a number of samples from 1' "$C" "$F flush 0"
bad 'msd wants a spacing from 1' "$C" "$F msd 5 0"
bad 'temperature has to be positive' "$C" "$F temperature -3"
bad 'plain text' "$C" 'lithium msm 10 j log run.jumps.gz'

# groups and ids
bad 'group nobody is empty' 'nobody lijump sites.yaml framework silicon' '' 'group nobody type 1\ngroup nobody clear'
bad 'framework group host is empty' 'lithium lijump sites.yaml framework host' '' 'group host type 2\ngroup host clear'
bad 'framework group host does not exist' 'lithium lijump sites.yaml framework host' ''
bad 'groups all and silicon overlap in 27 atoms' 'all lijump sites.yaml framework silicon' ''
bad 'its group all differs from group lithium' "$C" 'all msm 10 j log run.jumps'
bad 'the site file has 27 reference positions in this box, found 5 framework atoms' 'lithium lijump sites.yaml framework host' "$F" 'group host id 1 2 4 6 8'
bad 'have other ids than at the last sample' "$C" "$F" '' 'run 20\ngroup some id 3\ndelete_atoms group some compress yes\nrun 20'
cat >noid.in <<'END'
units metal
atom_modify id no map array
atom_style atomic
region box block 0 8 0 8 0 8
create_box 2 box
create_atoms 1 single 1 1 1
mass * 7
group lithium type 1
compute j lithium lijump sites.yaml
END
sed -i 's/ map array//' noid.in
refuses 'needs atom ids, but they are off' -in noid.in
sed 's/units metal/units lj/; s/timestep 0.002/timestep 0.002/' start.in >lj.in
{ echo 'include lj.in'; echo "compute j $C"; } >bad.in
refuses 'needs units metal or real, found units lj' -in bad.in
sed 's/boundary p p p/boundary p p f/' start.in >slab.in
sed -e 's/-0.9 0.6 xy xz yz//' -e '/xy xz yz/d' start.data >flat.data
sed -i 's/start.data/flat.data/' slab.in
{ echo 'include slab.in'; echo "compute j $C"; } >bad.in
refuses 'periodic in three dimensions' -in bad.in

# sites
bad 'missing.yaml' 'lithium lijump missing.yaml' ''
sed 's/lisi-sites 1/lisi-sites 9/' sites.yaml >version.yaml
bad 'version.yaml' 'lithium lijump version.yaml' ''
head -c 150 sites.yaml >cut.yaml
bad 'cut.yaml' 'lithium lijump cut.yaml' ''
sed 's/4.1\]/4.6]/' sites.yaml >strained.yaml
bad '5 %' 'lithium lijump strained.yaml framework silicon' ''
bad 'expected' "$C replicate 3 3 2" ''
sed '/^framework/,/Si/d' sites.yaml >nohost.yaml
bad 'holds no framework positions' 'lithium lijump nohost.yaml framework silicon' ''
# without a framework it runs, and says so
{ echo 'include start.in'; echo 'compute j lithium lijump nohost.yaml'; echo "fix m $F"; echo 'fix go all nve'; echo 'run 20'; } >nohost.in
lmp -in nohost.in
grep -q 'no framework group, so no drift is taken off' run.out || fail 'no word of the missing framework'
grep -q '^framework no$' run.jumps || fail 'the log does not say that there is no framework'

# a box that fits when the compute is defined, and no more at the first sample
bad 'the box does not fit the cell of the site file: edge b is 9.67471 A' '' '' "compute j $C\nchange_box all x scale 1.3 y scale 0.8 remap\nfix m $F"
bad 'the box is 4 x 3 x 3 unit cells, but was 3 x 3 x 3' '' '' "compute j $C\nchange_box all x scale 1.33333333333 xy final 1.2 xz final -0.9 remap\nfix m $F"

# files
bad 'no/such/folder/run.jumps' "$C" 'lithium msm 10 j log no/such/folder/run.jumps'
bad 'No space left on device' "$C" 'lithium msm 10 j log /dev/full'
bad 'no/such/folder/run.counts' "$C" "$F lags 1 counts no/such/folder/run.counts"

# one file for two things; nothing is written then
cp sites.yaml sites.kept
rm -f run.jumps run.jumps.msd
ln -s . here
N='fix n lithium msm 10'
one_file() { bad "$@"; [[ ! -e run.jumps && ! -e run.jumps.msd ]] || fail "written in spite of: $1"; cmp -s sites.yaml sites.kept || fail "the site file is changed: $1"; }
one_file 'run.jumps would be written by fix msm n as well' "$C" "$F" '' "$N j log run.jumps\nrun 20"
one_file 'run.jumps would be written by fix msm n as well' "$C" "$F" '' "compute k $C\n$N k log ./here/run.jumps\nrun 20"
one_file 'run.jumps.msd would be written by fix msm n as well' "$C" "$F" '' "$N j log other.jumps lags 1 counts run.jumps.msd\nrun 20"
one_file 'run.jumps and run.jumps would be written to one file' "$C" "$F lags 1 counts run.jumps"
one_file 'run.jumps.msd and here/run.jumps.msd would be written to one file' "$C" "$F lags 1 counts here/run.jumps.msd"
one_file 'sites.yaml would be written over the site file of compute lijump j' "$C" 'lithium msm 10 j log sites.yaml'
one_file 'here/sites.yaml would be written over the site file of compute lijump j' "$C" "$F lags 1 counts here/sites.yaml"
ln sites.yaml linked.yaml
one_file 'linked.yaml would be written over the site file of compute lijump j' "$C" "$F lags 1 counts linked.yaml"

# during a run
bad 'Cannot reset timestep with time-dependent fix msm' "$C" "$F" '' 'run 20\nreset_timestep 0'
bad 'the timestep changed from 0.002 to 0.001 ps' "$C" "$F" '' 'run 20\ntimestep 0.001\nrun 20'
bad 'one compute has one N' "$C" "$F" '' 'fix n lithium msm 20 j log other.jumps\nrun 20'
bad 'one of them began earlier' "$C" "$F" '' 'run 20\nfix n lithium msm 10 j log other.jumps\nrun 20'
bad 'compute lijump j is gone' "$C" "$F" '' 'run 20\nuncompute j\nrun 20'
bad 'the box changed by 50 % between steps 20 and 30' "$C" "$F" '' 'run 20\nchange_box all x scale 2.0 remap\nrun 20'
bad 'the box changed by 25 % between steps 20 and 30' "$C" "$F" '' 'run 20\nchange_box all z scale 1.33333333333 remap\nrun 20'
bad 'Cannot replicate with fixes that store per-atom quantities' "$C" "$F" '' 'run 20\nreplicate 2 1 1\nrun 20'
bad 'periodic in three dimensions' "$C" "$F" '' 'run 20\nchange_box all xy final 0 xz final 0 yz final 0 ortho boundary p p f\nrun 20'
bad 'the timestep changed from 0.002 to' "$C" "$F" '' 'velocity all create 3000 4711\nfix r all dt/reset 15 1e-6 1 0.01\nrun 40'
bad 'group lithium is empty' "$C" "$F" '' 'run 20\ndelete_atoms group lithium compress no\nrun 20'
bad 'step 0 comes after step 20 was sampled' "$C" "$F" '' 'dump d all custom 10 a.dump id type x y z ix iy iz\nrun 20\nundump d\nrerun a.dump dump x y z ix iy iz box yes'
bad 'its group lithium differs from group silicon of compute j' "$C" "$F" '' 'uncompute j\ncompute j silicon lijump sites.yaml\nrun 20'
sed 's/0.5, 0.5, 0.0/0.5, 0.5, 0.02/; /type: 1/d' sites.yaml >fewer.yaml
bad 'compute j was defined anew, with 27 sites instead of 54' "$C" "$F lags 1" '' 'uncompute j\ncompute j lithium lijump fewer.yaml\nrun 20'
pass "$count inputs are refused with a reason"

# The number of jumps outlives the compute; without a fix msm the time may be reset.
{ echo 'include start.in'; echo 'velocity lithium create 3000 4711'; echo "compute j $C"; echo "fix m $F"; echo 'fix go all nve'; echo 'run 200'
  echo 'variable before equal $(f_m)'; echo 'uncompute j'; echo 'print "jumps ${before} $(f_m)"'; } >gone.in
lmp -in gone.in
awk '$1 == "jumps" && NF == 3 { ok = $2 > 10 && $2 == $3 } END { exit !ok }' run.out || fail "f_m without its compute: $(grep '^jumps' run.out)"
{ echo 'include start.in'; echo 'velocity lithium create 3000 4711'; echo "compute j $C"; echo 'fix go all nve'; echo 'thermo 10'
  echo 'thermo_style custom step c_j[6]'; echo 'run 200'; echo 'reset_timestep 0'; echo 'run 100'; } >reset.in
lmp -in reset.in
pass "a compute that is gone, and a time that is reset"

# Two fixes with one N share a compute; both write the same.
{ echo 'include start.in'; echo 'velocity lithium create 3000 4711'; echo "compute j $C"; echo "fix m $F"; echo 'fix n lithium msm 10 j log two.jumps'
  echo 'fix go all nve'; echo 'run 200'; } >two.in
lmp -in two.in
same run.jumps two.jumps "two fixes on one compute"
# A fix that begins later starts a new log with the places of all atoms.
{ echo 'include start.in'; echo 'velocity lithium create 3000 4711'; echo "compute j $C"; echo 'fix go all nve'; echo 'thermo_style custom step c_j[6]'
  echo 'thermo 10'; echo 'run 50'; echo "fix m $F"; echo 'run 150'; echo 'unfix m'; echo 'fix m2 lithium msm 50 j log next.jumps'; echo 'run 100'; } >later.in
lmp -in later.in
for f in run.jumps:50 next.jumps:200; do
  n=$(records "${f%:*}" | awk -v step="${f#*:}" '$1 == step && $3 == 0 { n++ } END { print n + 0 }')
  ((n == 21)) || fail "$f: $n atoms have a first site, expected 21"
done
pass "logs that begin later"

{ cat good.in; } | sed 's/^run 20/fix box all deform 1 x scale 1.01\nrun 20/' >late.in
lmp -in late.in
grep -q 'fix box changes the box at the end of a step, after fix msm m has sampled' run.out || fail 'no warning of a fix deform behind fix msm'
pass "fix deform behind fix msm is warned of"
