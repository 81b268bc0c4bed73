#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#     tests/fuzz/run.sh [SECONDS] [TARGET]     fuzz the reader TARGET (default: yace) for SECONDS (default: 600)
#
# Needs clang with libFuzzer and its sanitizers (Debian: clang-14 libclang-rt-14-dev); CLANG names another compiler. The
# corpus grows in build-fuzz/TARGET, from what is kept in tests/fuzz/TARGET. What it finds is left in build-fuzz as
# crash-*, leak-*, oom-*, slow-unit-* or timeout-*: mend the cause, and add the input (made small with -minimize_crash=1)
# to tests/fuzz/TARGET, from where the unit test test_fuzz_inputs replays it for ever.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
seconds=${1:-600} target=${2:-yace}
[[ -f $here/fuzz_$target.c ]] || { echo "run.sh: no target $target" >&2; exit 2; }
clang=${CLANG:-$(command -v clang-14 || command -v clang || true)}
sanitize='fuzzer,address,undefined'
build=$root/build-fuzz
mkdir -p "$build/$target"
cd "$build"
echo '#include <stddef.h>
int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n) { return p == NULL && n > 0; }' >probe.c
if [[ -z $clang ]] || ! "$clang" -fsanitize=$sanitize probe.c -o probe 2>probe.log; then
  echo "SKIP: no clang with libFuzzer (Debian: apt-get install clang-14 libclang-rt-14-dev)" >&2
  exit 77
fi
case $target in
  cp2k) sources=("$root"/pair_style/cp2k_*.c "$root"/pair_style/xyz_*.c) libraries='-lyaml -lz -lm' ;;
  yace) sources=("$root"/pair_style/ace_*.c) libraries='-lyaml -lz -lm' ;;
  *) sources=("$root"/compute_jumps/*.c "$root"/fix_msm/*.c) libraries='-lyaml -lz -lsymspg -llapacke -lopenblas -larpack -lcholmod -lfftw3 -lm' ;;
esac
flags=(-std=c11 -g -O1 -D_GNU_SOURCE -DLISI_FUZZER '-DLISI_VERSION="fuzz"' -Wno-unknown-pragmas -I"$root/common" -I"$root/pair_style"
  -I"$root/compute_jumps" -I"$root/fix_msm")
rm -f ./*.o
for source in "$here/fuzz_$target.c" "${sources[@]}" "$root"/common/*.c; do
  case $source in
    *ace_kernel_*) how=address ;; # straight loops, in which the other checks keep the compiler busy for an hour
    *) how=$sanitize ;;
  esac
  "$clang" "${flags[@]}" -fsanitize=${how/fuzzer/fuzzer-no-link} -fno-sanitize-recover=all -c "$source"
done
"$clang" -fsanitize=$sanitize ./*.o -o fuzz_$target $libraries
exec nice ./fuzz_$target -max_total_time="$seconds" -timeout=5 -report_slow_units=3 -rss_limit_mb=2048 -malloc_limit_mb=1024 -max_len=8192 \
  -dict="$here/$target.dict" -print_final_stats=1 -use_value_profile=1 "$target" "$here/$target"
