#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# man.sh PROGRAM FOLDER: manual pages from what the program itself tells with --help, so that they cannot go stale. FOLDER gets
# PROGRAM.1 and PROGRAM-COMMAND.1 for each command.
set -euo pipefail
program=$1 folder=$2
name=$(basename "$program")
version=$("$program" --version | head -n 1)
version=${version##* }
mkdir -p "$folder"

# One help text -> roff. First line: the call; then text; options, which begin with "  -"; "Examples:".
page() { # TITLE WHAT SEE-ALSO
  awk -v title="$1" -v what="$2" -v also="$3" -v name="$name" -v version="$version" '
    function roff(text) {
      gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text)
      return text ~ /^[.\047]/ ? "\\&" text : text
    }
    function section(s) { fill(); print ".SH " s; state = s }
    function nofill() { if (!raw) print ".nf"; raw = 1 }
    function fill() { if (raw) print ".fi"; raw = 0 }
    BEGIN {
      printf ".\\\" made from %s --help\n.TH \"%s\" \"1\" \"\" \"lisi %s\" \"lisi\"\n", name, toupper(title), version
      printf ".nh\n.ad l\n.SH NAME\n%s \\- %s\n", roff(title), roff(what)
    }
    NR == 1 {
      print ".SH SYNOPSIS"
      split($0, w, " "); bold = w[1]
      if (title != name) bold = bold " " w[2]
      print ".B " roff(bold); rest = substr($0, length(bold) + 2)
      if (rest != "") print roff(rest)
      section("DESCRIPTION"); next
    }
    /^Options:$/ { section("OPTIONS"); next }
    /^Examples?:$/ { section("EXAMPLES"); nofill(); next }
    /^  -/ && state == "DESCRIPTION" { section("OPTIONS") }
    state == "OPTIONS" && /^  -/ {
      line = substr($0, 3); text = ""
      if (match(line, /  +/)) { text = substr(line, RSTART + RLENGTH); line = substr(line, 1, RSTART - 1) }
      print ".TP\n.B " roff(line)
      if (text != "") print roff(text)
      next
    }
    state == "OPTIONS" && /^ / { sub(/^ +/, ""); print roff($0); next }
    state == "OPTIONS" && NF > 0 { print ".PP\n" roff($0); next }
    NF == 0 { blank = 1; next }
    state == "EXAMPLES" { sub(/^  /, ""); print roff($0); next }
    { # text: lines that are set in stay as they are
      if (/^ /) nofill(); else fill()
      if (blank && printed) print raw ? "" : ".PP"
      blank = 0; printed = 1
      print roff($0)
    }
    END { fill(); print ".SH \"EXIT STATUS\"\n0 fine, 1 the run failed, 2 the call or the input is wrong."
          if (also != "") print ".SH \"SEE ALSO\"\n" also }'
}

# "  build   what" under Commands:, or "  PROGRAM build ARGUMENTS   what"
commands() {
  "$program" --help | awk -v name="$name" '
    /^Commands:$/ { list = 1; next }
    $1 == name && /^  / { c = $2; line = substr($0, 3); n = 0; while (match(line, /  +/)) { line = substr(line, RSTART + RLENGTH); n++ }
                          if (n) print c "\t" line; next }
    list && /^  / { c = $1; line = substr($0, 3); sub(/^[^ ]+ +/, "", line); print c "\t" line; next }
    { list = 0 }'
}

list=$(commands)
also=
while IFS=$'\t' read -r command what; do
  also+="${also:+,
}.BR ${name//-/\\-}\\-$command (1)"
  "$program" "$command" --help | page "$name-$command" "$what" ".BR ${name//-/\\-} (1)" >"$folder/$name-$command.1.new"
  mv "$folder/$name-$command.1.new" "$folder/$name-$command.1"
done <<<"$list"
# commas belong on the line of the reference
also=$(tr '\n' '\001' <<<"$also" | sed 's/(1),\o001/(1),\n/g; s/\o001//g' | sed 's/ (1),$/ (1),/')
summary=$("$program" --help | awk -v name="$name" '
  NR == 1 && $1 == name ":" { sub(/^[^:]*: */, ""); print; exit } NR == 3 { sub(/\.$/, ""); print; exit }')
"$program" --help | awk -v name="$name" 'NR == 1 && $1 == name ":" { print name " COMMAND [arguments]\n"; next } { print }' |
  page "$name" "$summary" "$also" >"$folder/$name.1.new"
mv "$folder/$name.1.new" "$folder/$name.1"
