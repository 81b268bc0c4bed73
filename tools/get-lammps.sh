#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Finds or builds a LAMMPS that lisi can be built for, and prints on stdout where it is:
#
#     LAMMPS_SOURCE_DIR=...   the src folder (headers) of that LAMMPS
#     LAMMPS_EXE=...          its lmp
#     LAMMPS_LIB_DIR=...      the folder of liblammps.so; empty when lmp finds it by itself
#
# Everything else goes to stderr. A LAMMPS given by the user wins:
#
#     LAMMPS_SOURCE_DIR=/path/to/lammps/src LMP=/path/to/lmp tools/get-lammps.sh
#
# (without LMP, the lmp on PATH is taken). Otherwise LAMMPS 4 Feb 2025 is downloaded from the Debian mirror that apt is
# set up with, checked against a pinned checksum, and built with MPI and the PLUGIN package into
# ${XDG_CACHE_HOME:-~/.cache}/lisi, where later calls find it without a network. An interrupted download or build is
# taken up again by the next call; two calls at the same time wait for each other.
#
#     tools/get-lammps.sh            find or build
#     tools/get-lammps.sh --dir      print the cache folder this would use, do nothing
set -euo pipefail

say() { printf 'get-lammps: %s\n' "$*" >&2; }
die() { printf 'get-lammps: error: %s\n' "$*" >&2; exit 1; }

version_text='4 Feb 2025'
archive='lammps_20250204+dfsg.1.orig.tar.xz'
archive_sha256='3671165bd52fad36734e0a9136c5bc5ecb225e03988f8c89aa13366a8b53b1c7'
archive_mb=133
pool='pool/main/l/lammps'

# Only what lisi and its tests use: PLUGIN, the classic force fields to compare with and to combine in hybrid
# (MANYBODY), and fix numdiff (EXTRA-FIX).
options=(
  -DCMAKE_BUILD_TYPE=Release
  '-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG'
  -DBUILD_SHARED_LIBS=ON -DBUILD_MPI=ON -DBUILD_OMP=ON
  -DPKG_PLUGIN=ON -DPKG_MANYBODY=ON -DPKG_EXTRA-FIX=ON
  -DBUILD_TOOLS=OFF -DBUILD_DOC=OFF -DENABLE_TESTING=OFF -DDOWNLOAD_POTENTIALS=OFF
  -DWITH_JPEG=OFF -DWITH_PNG=OFF -DWITH_FFMPEG=OFF -DWITH_CURL=OFF
)

# ---- a LAMMPS of the user's ----------------------------------------------------------------------------------------
if [[ -n ${LAMMPS_SOURCE_DIR:-} && ${1:-} != --dir ]]; then
  src=$(cd "$LAMMPS_SOURCE_DIR" 2>/dev/null && pwd) || die "LAMMPS_SOURCE_DIR=$LAMMPS_SOURCE_DIR is not a folder"
  [[ -f $src/version.h ]] || { [[ -f $src/src/version.h ]] && src=$src/src; }
  for h in version.h pair.h lammpsplugin.h; do
    [[ -f $src/$h || -f $src/PLUGIN/$h ]] || die "LAMMPS_SOURCE_DIR=$src holds no $h; it has to be the src folder of a LAMMPS source tree"
  done
  exe=${LMP:-$(command -v lmp || command -v lmp_mpi || true)}
  [[ -n $exe ]] || die "LAMMPS_SOURCE_DIR is set but there is no lmp on PATH; name the executable with LMP=/path/to/lmp"
  exe=$(command -v "$exe") || die "LMP=$LMP is not an executable file"
  exe=$(readlink -f "$exe")
  libdir=${LAMMPS_LIB_DIR:-}
  help=$(OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
    LD_LIBRARY_PATH=$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$exe" -h 2>&1) || die "$exe -h failed: $help"
  want=$(sed -n 's/^#define LAMMPS_VERSION "\(.*\)".*/\1/p' "$src/version.h")
  grep -qF -- "- $want" <<<"$help" ||
    die "$exe is $(sed -n 's/^Large-scale Atomic.*Simulator - //p' <<<"$help"), but $src is the source of $want; a plugin needs both of the same version"
  grep -qw PLUGIN <<<"$help" || die "$exe has no PLUGIN package and cannot load lisi; rebuild it with -DPKG_PLUGIN=ON"
  say "using LAMMPS $want: $exe with the headers in $src"
  printf 'LAMMPS_SOURCE_DIR=%s\nLAMMPS_EXE=%s\nLAMMPS_LIB_DIR=%s\n' "$src" "$exe" "$libdir"
  exit 0
fi
[[ -z ${LMP:-} ]] || say "LMP is set but LAMMPS_SOURCE_DIR is not; without the headers it cannot be used, so LAMMPS $version_text is taken"

# ---- the one in the cache ------------------------------------------------------------------------------------------
for p in c++ mpicxx; do
  command -v $p >/dev/null || die "$p is missing; ./setup.sh build installs it (package $([[ $p == c++ ]] && echo g++ || echo libopenmpi-dev))"
done
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/lisi
# A new compiler or MPI library may mean another ABI, so both are part of the key.
key=$({ printf '%s\n' "$archive_sha256" "${options[@]}"; c++ -dumpfullversion; c++ -dumpmachine; mpicxx -show; } | sha256sum | cut -c1-12)
home=$cache/lammps-20250204-$key
[[ ${1:-} != --dir ]] || { echo "$home"; exit 0; }

report() { printf 'LAMMPS_SOURCE_DIR=%s/src\nLAMMPS_EXE=%s/bin/lmp\nLAMMPS_LIB_DIR=%s/lib\n' "$home" "$home" "$home"; exit 0; }
if [[ -f $home/complete ]]; then
  say "LAMMPS $version_text is in $home"
  report
fi

mkdir -p "$cache" 2>/dev/null || die "cannot make the folder $cache; set XDG_CACHE_HOME to a place that is writable"
exec 9>"$cache/lock"
if ! flock -n 9; then
  say "another get-lammps.sh is at work in $cache; waiting for it"
  flock 9
fi
[[ -f $home/complete ]] && report

free_mb=$(df -Pm "$cache" | awk 'NR == 2 { print $4 }')
((free_mb > 900)) || die "$cache has ${free_mb} MB free, about 900 MB are needed to build LAMMPS; set XDG_CACHE_HOME to another place"

# ---- download ------------------------------------------------------------------------------------------------------
good() { [[ -f $1 ]] && [[ $(sha256sum "$1" | cut -d' ' -f1) == "$archive_sha256" ]]; }

# apt's own downloader: it honours apt's proxies and, where the mirror can, goes on with a partial file.
download() { # url file
  case $1 in
    file:* | copy:*) cp "${1#*:}" "$2" ;;
    *)
      if [[ -x /usr/lib/apt/apt-helper ]]; then
        /usr/lib/apt/apt-helper download-file "$1" "$2" "SHA256:$archive_sha256"
      else
        curl -fL --retry 3 -C - -o "$2" "$1"
      fi
      ;;
  esac
}

tarball=$cache/$archive
if ! good "$tarball"; then
  command -v apt-get >/dev/null ||
    die "this is no Debian-like system (no apt-get), so there is no mirror to get LAMMPS from; give your own with LAMMPS_SOURCE_DIR=/path/to/lammps/src LMP=/path/to/lmp"
  mapfile -t sites < <(apt-get indextargets --format '$(SITE)' 2>/dev/null | sort -u)
  ((${#sites[@]})) || die "apt knows no mirror (run apt-get update first); or give your own LAMMPS with LAMMPS_SOURCE_DIR and LMP"
  found=
  for site in "${sites[@]}"; do
    url=${site%/}/$pool/$archive
    say "downloading $url ($archive_mb MB)"
    if download "$url" "$tarball.part" >"$cache/download.log" 2>&1; then
      if good "$tarball.part"; then
        mv "$tarball.part" "$tarball"
        found=1
        break
      fi
      say "that file does not have the expected checksum $archive_sha256; it is not used"
      rm -f "$tarball.part"
    else
      rm -f "$tarball.part.FAILED"
      why=$(sed -n 's/^E: Failed to fetch [^ ]* *//p' "$cache/download.log" | head -n 1)
      say "not to be had there: ${why:-$(tail -n 1 "$cache/download.log")}"
    fi
  done
  [[ -n $found ]] ||
    die "$pool/$archive could not be downloaded from any mirror of this machine. Put that file into $cache yourself, or give your own LAMMPS:
    LAMMPS_SOURCE_DIR=/path/to/lammps/src LMP=/path/to/lmp ./setup.sh build"
fi

# ---- unpack and build ----------------------------------------------------------------------------------------------
work=$home.work
if [[ ! -f $work/unpacked ]]; then
  say "unpacking"
  rm -rf "$work"
  mkdir -p "$work"
  tar -xJf "$tarball" -C "$work" --strip-components=1 --wildcards '*/src/*' '*/cmake/*' '*/doc/lammps.1' '*/LICENSE' ||
    die "cannot unpack $tarball into $work"
  touch "$work/unpacked"
fi
jobs=$(nproc)
say "building LAMMPS $version_text on $jobs cores, about $((8 / jobs + 1)) minutes on an ordinary machine (log: $work/build.log)"
start=$SECONDS
cmake -S "$work/cmake" -B "$work/build" "${options[@]}" >"$work/build.log" 2>&1 ||
  { tail -n 20 "$work/build.log" >&2; die "LAMMPS: cmake failed, the whole log is $work/build.log"; }
# One line of progress is enough: make prints [ 42%] at the start of its lines.
cmake --build "$work/build" -j "$jobs" 2>&1 | tee -a "$work/build.log" |
  awk '{ if (match($0, /^\[ *[0-9]+%\]/)) { p = substr($0, 2, 4) + 0; if (p >= last + 10) { last = p - p % 10; printf "get-lammps: %d %%\n", last > "/dev/stderr" } } }' ||
  { grep -n -i -m 5 'error' "$work/build.log" >&2 || tail -n 20 "$work/build.log" >&2
    die "LAMMPS did not compile, the whole log is $work/build.log"; }

new=$home.new
rm -rf "$new"
mkdir -p "$new/bin" "$new/lib" "$new/src"
cp -P "$work"/build/liblammps*.so* "$new/lib/"
cp "$work/build/lmp" "$new/bin/lmp"
strip --strip-unneeded "$new"/lib/liblammps*.so.*[0-9] "$new/bin/lmp" 2>/dev/null || true
# A plugin needs the headers alone; the rest of the tree can be unpacked again.
(cd "$work/src" && find . -name '*.h' -print0 | xargs -0 cp --parents -t "$new/src")
cp "$work/LICENSE" "$new/"
packages=$(LD_LIBRARY_PATH=$new/lib OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "$new/bin/lmp" -h 2>&1) ||
  die "the lmp that was built in $work does not run: $packages"
grep -qw PLUGIN <<<"$packages" || die "the lmp that was built in $work has no PLUGIN package"
touch "$new/complete"
rm -rf "$home"
mv "$new" "$home"
rm -rf "$work"
say "LAMMPS $version_text built in $((SECONDS - start)) s, kept in $home"
report
