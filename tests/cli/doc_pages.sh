# SPDX-License-Identifier: GPL-2.0-or-later
# The pages in doc/ against the program: every command has a page and a place in the list, every option of its --help is on the page;
# every link leads somewhere.
. "$(dirname "$0")/lib.sh"
need "$BIN/lisi-msm"
commands=$("$BIN/lisi-msm" --help | awk '/^Commands:/ { on = 1; next } NF == 0 { on = 0 } on { print $1 }')
(($(wc -w <<<"$commands") >= 12)) || fail "commands: $commands"
for c in $commands; do
  page=$SRC/doc/lisi-msm-$c.md
  need "$page"
  grep -qE "^    lisi-msm $c " "$SRC/doc/lisi-msm.md" || fail "lisi-msm.md: $c is not in its list"
  grep -qF "(lisi-msm-$c.md)" "$SRC/doc/lisi-msm.md" || fail "lisi-msm.md: no link to the page of $c"
  for o in $("$BIN/lisi-msm" "$c" --help | grep -oE '^  --?[a-zA-Z-]+' | sort -u); do
    case $o in --help | --version) continue ;; esac
    grep -qE -- "(^|[^a-z-])$o([^a-z-]|$)" "$page" || fail "lisi-msm-$c.md: no option $o"
  done
done

# a heading as the name of its anchor: small letters, no marks, hyphens for blanks
anchors() { { sed -n "s/^##* //p" "$1" | tr A-Z a-z | sed "s/[^a-z0-9 _-]//g; s/ /-/g"; grep -oE "<a name=\"[^\"]*" "$1" | sed "s/.*\"//"; } }
links=0
for page in $(cd "$SRC" && echo README.md doc/*.md bench/README.md examples/*/README.md); do
  while IFS= read -r link; do
    links=$((links + 1))
    file=${link%%#*} anchor=${link#"${link%%#*}"}
    target=$SRC/$(dirname "$page")/$file
    [[ -n $file ]] || target=$SRC/$page
    [[ -e $target ]] || fail "$page: $link leads nowhere"
    [[ -z $anchor ]] || grep -qxF -- "${anchor#\#}" <<<"$(anchors "$target")" || fail "$page: $link: no such heading"
  done < <(cd "$SRC" && grep -oE '\]\([^)# ]*(#[^) ]*)?\)' "$page" | sed 's/^](//; s/)$//' | grep -vE '^(https?:|mailto:)')
done
((links > 50)) || fail "only $links links"
