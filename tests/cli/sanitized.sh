#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The unit tests once more under the address and undefined-behaviour sanitizers. The build is kept beside the ordinary one, so only the
# first run pays for all of it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/lib.sh"
echo 'int main(void) { return 0; }' >probe.c
cc -fsanitize=address,undefined probe.c -o probe 2>/dev/null && ./probe || skip "this compiler has no sanitizers"
build=$(dirname "$BIN")/sanitized
cmake -S "$SRC" -B "$build" -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_C_FLAGS=-O1" -DLISI_SANITIZE=address,undefined >configure.log 2>&1 ||
  { tail -n 20 configure.log; fail "cmake"; }
cmake --build "$build" -j "$(nproc --all)" >build.log 2>&1 || { grep -m 10 -E 'error|Error' build.log; fail "does not compile"; }
echo "built in $SECONDS s"
cd "$build"
# Two tests under way at a time, as in the ordinary run. Slow ones by design of the sanitizers, so their limit is long.
ctest -L unit -j "$(nproc --all)" --timeout 600 --output-on-failure >unit.log 2>&1 || { tail -n 60 unit.log; fail "a unit test fails under the sanitizers"; }
tail -n 12 unit.log
