#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#     ./setup.sh demo     set up, then run the demo: from force field to diffusion coefficient on a real lithium silicide
#     ./setup.sh test     set up, then run the whole test suite
#     ./setup.sh build    set up and build alone
#
# Set up means: install the Debian packages that are missing (as root or with sudo), get or find a LAMMPS with the
# PLUGIN package (tools/get-lammps.sh), and build into build/. What is there already is left as it is, so later calls
# are quick and need no network. A LAMMPS of your own wins:
#
#     LAMMPS_SOURCE_DIR=/path/to/lammps/src LMP=/path/to/lmp ./setup.sh build
#
# Afterwards build/bin holds lmp, lisi-fit and lisi-msm, and build/lib/lisiplugin.so is the plugin.
# LISI_BUILD=folder builds elsewhere; CMAKE_ARGS="..." is passed on to cmake.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${LISI_BUILD:-$here/build}

say() { printf '\n== %s\n' "$*"; }
die() { printf '\nsetup.sh: error: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '3,7p' "$here/setup.sh" | sed 's/^# \{0,1\}//'; }

# package, and the program that shows that it (or another one like it) is there; - where only dpkg can tell.
# mpi.h: openmpi-bin alone brings a mpicxx that finds no headers, so a compiler has to be asked.
packages=(
  'gcc gcc' 'g++ g++' 'libc6-dev -' 'make make' 'cmake cmake' 'pkg-config pkg-config' 'xz-utils xz' 'ca-certificates -'
  'libopenmpi-dev mpi.h' 'openmpi-bin mpirun'
  # OpenBLAS of the OpenMP kind: it takes its threads from OMP_NUM_THREADS as the rest of lisi does, so that MPI ranks
  # (which run with one) do not fight for the cores.
  'libopenblas-openmp-dev -' 'liblapacke-dev -' 'libarpack2-dev -' 'libsuitesparse-dev -' 'libfftw3-dev -'
  'libyaml-dev -' 'libsymspg-dev -' 'zlib1g-dev -' 'libcmocka-dev -'
  'gnuplot-nox gnuplot' 'graphviz dot' 'gzip gzip'
)

# For one test, of the force field on Kokkos, and not on every Debian: the first of these that there is.
kokkos=(libtrilinos-kokkos-dev libkokkos-dev)

installed() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

present() { # program
  case $1 in
    -) return 1 ;;
    mpi.h) echo '#include <mpi.h>' | mpicxx -fsyntax-only -x c++ - >/dev/null 2>&1 ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# Which of them apt could install; nothing where one is there.
kokkos_package() {
  local package
  for package in "${kokkos[@]}"; do
    installed "$package" && return
  done
  for package in "${kokkos[@]}"; do
    apt-cache show --no-all-versions "$package" >/dev/null 2>&1 && { echo "$package"; return; }
  done
  return 0
}

install_packages() {
  local missing=() entry package program
  for entry in "${packages[@]}"; do
    read -r package program <<<"$entry"
    present "$program" && continue
    command -v dpkg-query >/dev/null && installed "$package" && continue
    [[ $package == libopenblas-openmp-dev ]] && { installed libopenblas-pthread-dev || installed libopenblas-serial-dev; } && continue
    missing+=("$package")
  done
  if ((${#missing[@]} == 0)) && { ! command -v apt-cache >/dev/null || [[ -z $(kokkos_package) ]]; }; then
    say "packages: nothing is missing"
    return
  fi
  if ! command -v apt-get >/dev/null; then
    say "packages: this is not a Debian-like system (no apt-get)"
    echo "Please see to it that these, or what your system calls them, are installed: ${missing[*]}"
    echo "Going on; cmake will say what it does not find."
    return
  fi
  local root=()
  if ((EUID != 0)); then
    if ((${#missing[@]} == 0)) && ! command -v sudo >/dev/null; then
      say "packages: $(kokkos_package) is not there; without it the force field on Kokkos is not tested"
      return
    fi
    command -v sudo >/dev/null || die "these packages are missing and neither root nor sudo is at hand:
  apt-get install ${missing[*]}"
    root=(sudo)
  fi
  local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  local log
  log=$(mktemp)
  # A list that cannot be renewed (offline) may still do.
  "${apt[@]}" update >"$log" 2>&1 || { tail -n 5 "$log" >&2; echo "apt-get update failed; trying with the lists that are there"; }
  local extra
  extra=$(kokkos_package)
  say "packages: installing ${missing[*]}${extra:+${missing[*]:+ }$extra}"
  if ((${#missing[@]} > 0)); then
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 ||
      { tail -n 20 "$log" >&2; rm -f "$log"; die "apt-get could not install: ${missing[*]}"; }
  fi
  if [[ -n $extra ]]; then
    "${apt[@]}" install -y --no-install-recommends "$extra" >"$log" 2>&1 ||
      echo "apt-get could not install $extra; without it the force field on Kokkos is not tested"
  fi
  rm -f "$log"
}

get_lammps() {
  say "LAMMPS"
  local found
  found=$("$here/tools/get-lammps.sh") || exit 1
  LAMMPS_SOURCE_DIR=$(sed -n 's/^LAMMPS_SOURCE_DIR=//p' <<<"$found")
  LAMMPS_EXE=$(sed -n 's/^LAMMPS_EXE=//p' <<<"$found")
  LAMMPS_LIB_DIR=$(sed -n 's/^LAMMPS_LIB_DIR=//p' <<<"$found")
}

build_lisi() {
  say "lisi: building into $build"
  mkdir -p "$build"
  local extra=()
  read -r -a extra <<<"${CMAKE_ARGS:-}"
  cmake -S "$here" -B "$build" "-DLAMMPS_SOURCE_DIR=$LAMMPS_SOURCE_DIR" "-DLAMMPS_EXE=$LAMMPS_EXE" \
    "-DLAMMPS_LIB_DIR=$LAMMPS_LIB_DIR" "${extra[@]}" >"$build/configure.log" 2>&1 ||
    { tail -n 20 "$build/configure.log" >&2; die "cmake failed, the whole log is $build/configure.log"; }
  cmake --build "$build" -j "$(nproc)" >"$build/build.log" 2>&1 ||
    { grep -E -m 10 'error|Error' "$build/build.log" >&2; die "lisi did not compile, the whole log is $build/build.log"; }
  echo "in $build/bin: $(ls "$build/bin" | tr '\n' ' '); plugin: $build/lib/lisiplugin.so"
}

case ${1:-} in
  demo | test | build) ;;
  -h | --help | help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac
start=$SECONDS
install_packages
get_lammps
build_lisi
echo "set up in $((SECONDS - start)) s"

# What the demo and the tests find: the programs, and settings for runs as root and for more ranks than cores.
export BIN=$build/bin LIB=$build/lib LMP=$build/bin/lmp SRC=$here PATH=$build/bin:$PATH
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
case $1 in
  demo)
    say "demo"
    [[ -f $here/examples/demo/run.sh ]] || die "examples/demo/run.sh is not in this checkout"
    bash "$here/examples/demo/run.sh" || die "the demo failed"
    echo "whole run: $((SECONDS - start)) s"
    ;;
  test)
    say "tests"
    cd "$build"
    ctest --output-on-failure -j "$(nproc)"
    ;;
esac
