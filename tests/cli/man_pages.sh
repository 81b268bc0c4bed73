# SPDX-License-Identifier: GPL-2.0-or-later
# Manual pages: one for each tool and command, with every option of its --help, without a complaint from man or mandoc;
# installed where man looks; `lisi-msm help COMMAND`.
. "$(dirname "$0")/lib.sh"
seen=0
for tool in lisi-msm lisi-fit; do
  [[ -x $BIN/$tool ]] || continue
  seen=1
  bash "$SRC/cmake/man.sh" "$BIN/$tool" man1
  need "man1/$tool.1"
  commands=$("$BIN/$tool" --help | awk -v t=$tool '/^Commands:/ { on = 1; next } NF == 0 { on = 0 } on { print $1 } $1 == t && /^  / { print $2 }')
  (($(wc -w <<<"$commands") >= 5)) || fail "$tool: commands: $commands"
  for c in $commands; do
    page=man1/$tool-$c.1
    need "$page"
    grep -qF -- ".BR ${tool//-/\\-}\\-$c (1)" "man1/$tool.1" || fail "$tool.1 does not refer to $c"
    sed 's/\\-/-/g' "$page" >plain
    for o in $("$BIN/$tool" "$c" --help | grep -oE '^  --?[a-zA-Z-]+' | sort -u); do
      grep -q -- "^\.B $o\( \|$\)" plain || fail "$page: no option $o"
    done
    grep -q '^\.SH SYNOPSIS' plain && grep -q "^\.B $tool $c" plain || fail "$page: no synopsis"
  done
done
[[ $seen == 1 ]] || skip "no tool is built"
if command -v man >/dev/null && man -l man1/lisi-msm.1 >/dev/null 2>&1; then
  for page in man1/*.1; do
    MANWIDTH=100 man -l --warnings=w "$page" >rendered 2>said || fail "man -l $page"
    [[ ! -s said ]] || { cat said; fail "$page: warnings"; }
    [[ $(wc -l <rendered) -gt 10 ]] || fail "$page: nothing to read"
  done
else
  echo "man is not installed: the pages are not rendered"
fi
if command -v mandoc >/dev/null; then mandoc -Tlint -W error man1/*.1 || fail "mandoc"; else echo "mandoc is not installed: no lint"; fi
grep -q 'Chapman' man1/lisi-msm-ck.1 || fail "the page of ck does not say what it does"
# the build's own pages and their place
build=$(dirname "$BIN")
if [[ -f $build/man/man1/lisi-msm.1 ]] && grep -q '/man/man1' "$build/cmake_install.cmake"; then
  cmake --install "$build" --component man --prefix "$PWD/prefix" >install.log 2>&1 || { cat install.log; fail "cmake --install"; }
  need prefix/share/man/man1/lisi-msm.1 prefix/share/man/man1/lisi-msm-build.1
else
  echo "the pages of this build are not made: installation is not tested"
fi
exits 0 "$BIN/lisi-msm" help ck; cp out first; exits 0 "$BIN/lisi-msm" ck --help; cmp first out || fail "help ck is not ck --help"
exits 0 "$BIN/lisi-msm" help; grep -q '^Commands:' out || fail "help alone"
exits 2 "$BIN/lisi-msm" help cook; says "'cook'"
pass "manual pages"
