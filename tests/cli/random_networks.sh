# SPDX-License-Identifier: GPL-2.0-or-later
# Random walks on random periodic networks (random_network.awk), as dumps with thermal noise: lisi-msm assign gives back every jump. NETWORKS=n tries more of them,
# FIRST=n begins at another.
. "$(dirname "$0")/lib.sh"
need "$BIN/lisi-msm"
FIRST=${FIRST:-1} NETWORKS=${NETWORKS:-48}
forms=(x xi xs xsi xu xsu)
total=0
for ((seed = FIRST; seed < FIRST + NETWORKS; seed++)); do
  form=${forms[seed % 6]}
  rm -f known sites.yaml
  awk -v SEED=$seed -v FORM=$form -v SITES=sites.yaml -v KNOWN=known -f "$SRC/tests/cli/random_network.awk" >walk.dump
  read -r _ core jumps <known
  ((jumps > 20)) || fail "seed $seed: $jumps jumps only"
  # A wrapped dump without image flags does not tell in which image an atom begins.
  images='{ print }'; [[ $form == *[iu] ]] || images='$3 == 0 { print $1, $2, $3, $4; next } { print }'
  sed 1d known | awk "$images" >want
  every=$(sed -n '2p; /TIMESTEP/{n;p}' walk.dump | sort -nu | sed -n 2p)
  for rule in "" "--sphere $core" "--core $core"; do
    exits 0 "$BIN/lisi-msm" assign walk.dump --sites sites.yaml --timestep 0.001 $rule -o walk.jumps
    sed '1,/^data$/d; /^F/d' walk.jumps | awk "$images" >found
    if [[ $rule == --core* ]]; then # and the last sample in the old core, the one before
      awk -v every="$every" '$3 != 0 && $8 != $1 - every { exit 1 }' found || fail "seed $seed: the last sample in the old core"
      cut -d' ' -f1-7 found >cores; mv cores found
    fi
    cmp -s found want || { diff found want | head -n 5 >&2 || true; fail "seed $seed, form $form, rule '$rule': other jumps than were made"; }
  done
  total=$((total + jumps))
done
pass "$NETWORKS networks, $total jumps"
