# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the msm_*.sh tests: reading numbers out of the JSON that lisi-msm prints, without a JSON program.
# json KEY [N]: the value of KEY in the file `out`, occurrence N (1); lists are joined to one line.
json() {
  tr '\n' ' ' <out | awk -v key="\"$1\":" -v want="${2:-1}" '{
    text = $0
    while ((at = index(text, key)) > 0) {
      text = substr(text, at + length(key))
      if (++seen < want) continue
      sub(/^ */, "", text)
      c = substr(text, 1, 1); depth = 0; value = ""
      if (c == "[" || c == "{") {
        for (k = 1; k <= length(text); k++) {
          d = substr(text, k, 1); value = value d
          if (d == "[" || d == "{") depth++
          if (d == "]" || d == "}") if (--depth == 0) break
        }
      } else { match(text, /^("[^"]*"|[^,} ]*)/); value = substr(text, 1, RLENGTH) }
      gsub(/  +/, " ", value); print value; exit
    }
    exit 1
  }' || fail "no key $1 in the output"
}
# numbers KEY [N]: all numbers of that value, one per line
numbers() { json "$@" | grep -oE -- '-?[0-9.]+(e[-+]?[0-9]+)?|null'; }
# close A B [TOL]: |A - B| <= TOL * max(1, |B|), 1e-10
close() { awk -v a="$1" -v b="$2" -v t="${3:-1e-10}" 'BEGIN { d = a - b; if (d < 0) d = -d; m = b < 0 ? -b : b; exit !(d <= t * (m > 1 ? m : 1)) }' ||
  fail "$1 is not $2 (to ${3:-1e-10})${4:+: $4}"; }
# same_numbers KEY N "a b c": every number of the value
same_numbers() {
  local have=($(numbers "$1" "$2")) want=($3) k
  ((${#have[@]} == ${#want[@]})) || fail "$1: ${#have[@]} numbers (${have[*]}), expected ${#want[@]} ($3)"
  for k in "${!want[@]}"; do close "${have[k]}" "${want[k]}" 1e-10 "$1[$k]"; done
}
