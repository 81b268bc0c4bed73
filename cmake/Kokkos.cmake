# SPDX-License-Identifier: GPL-2.0-or-later
#
# lib/liblisi_kokkos.so   pair_style mlff/lisi/kk, loaded by lisiplugin.so where the running LAMMPS has KOKKOS
#
# A LAMMPS holds one Kokkos, and a second one in the same process would be a second runtime: so this library is compiled
# against the Kokkos of that very LAMMPS (headers, KokkosCore_config.h, backends, compiler flags), which the build folder
# of LAMMPS tells, and takes Kokkos from liblammps.so when it is loaded. liblammps.so holds those members of
# libkokkoscore.a that LAMMPS itself has use for; what it lacks is taken from the archive behind it, so that nothing is
# there twice.
#
#   LISI_KOKKOS        AUTO (where LAMMPS_BUILD_DIR has KOKKOS), ON (an error where it has not) or OFF
#   LAMMPS_BUILD_DIR   the folder in which cmake built LAMMPS; empty: the folder of LAMMPS_EXE
# Included by LammpsPlugin.cmake. Sets LISI_KOKKOS_API for the shim: the backends, or nothing.

set(LISI_KOKKOS AUTO CACHE STRING "Build pair_style mlff/lisi/kk: AUTO, ON or OFF")
set(LAMMPS_BUILD_DIR "" CACHE PATH "folder in which cmake built that LAMMPS, for its Kokkos; empty: that of LAMMPS_EXE")
set_property(CACHE LISI_KOKKOS PROPERTY STRINGS AUTO ON OFF)
set(LISI_KOKKOS_API "")

# lisi_no_kokkos(<why>): an error where the user asked for it. Returns from the caller.
macro(lisi_no_kokkos)
  if(LISI_KOKKOS STREQUAL AUTO)
    message(STATUS "mlff/lisi/kk is not built: ${ARGN}")
  else()
    message(FATAL_ERROR "LISI_KOKKOS=${LISI_KOKKOS}: ${ARGN}")
  endif()
  return()
endmacro()

if(NOT LISI_KOKKOS STREQUAL AUTO AND NOT LISI_KOKKOS)
  message(STATUS "mlff/lisi/kk is not built: LISI_KOKKOS=${LISI_KOKKOS}")
  return()
endif()
set(kokkos_build "${LAMMPS_BUILD_DIR}")
if(NOT kokkos_build AND LAMMPS_EXE)
  get_filename_component(kokkos_build "${LAMMPS_EXE}" DIRECTORY)
endif()
if(NOT EXISTS "${kokkos_build}/CMakeCache.txt")
  lisi_no_kokkos("no CMakeCache.txt of LAMMPS in LAMMPS_BUILD_DIR (${kokkos_build})")
endif()
load_cache("${kokkos_build}" READ_WITH_PREFIX LMP_ PKG_KOKKOS KOKKOS_PREC KOKKOS_LAYOUT CMAKE_CXX_COMPILER CMAKE_CXX_FLAGS
           Kokkos_DIR EXTERNAL_KOKKOS DOWNLOAD_KOKKOS LAMMPS_SOURCE_DIR)
if(NOT LMP_PKG_KOKKOS)
  lisi_no_kokkos("the LAMMPS in ${kokkos_build} was built without KOKKOS (-DPKG_KOKKOS=ON)")
endif()
if(LISI_LAMMPS_VERSION LESS 20250204)
  lisi_no_kokkos("it needs LAMMPS 4 Feb 2025 or newer, this is ${LISI_LAMMPS_VERSION_TEXT}")
endif()
if(LMP_KOKKOS_PREC AND NOT LMP_KOKKOS_PREC STREQUAL "double" AND NOT LMP_KOKKOS_PREC STREQUAL "DOUBLE")
  lisi_no_kokkos("it needs a LAMMPS with -DKOKKOS_PREC=double, this one has ${LMP_KOKKOS_PREC}")
endif()
if(NOT EXISTS ${LAMMPS_SOURCE_DIR}/KOKKOS/pair_kokkos.h)
  lisi_no_kokkos("LAMMPS_SOURCE_DIR=${LAMMPS_SOURCE_DIR} holds no KOKKOS/pair_kokkos.h")
endif()

if(LMP_EXTERNAL_KOKKOS)
  set(kokkos_config "${LMP_Kokkos_DIR}")
elseif(LMP_DOWNLOAD_KOKKOS)
  set(kokkos_config "${kokkos_build}/kokkos_build-prefix/lib/cmake/Kokkos")
else()
  set(kokkos_config "${kokkos_build}/lib/kokkos")
endif()
if(NOT EXISTS "${kokkos_config}/KokkosConfig.cmake")
  lisi_no_kokkos("${kokkos_config} holds no KokkosConfig.cmake; LAMMPS has to be built with cmake, and before lisi")
endif()

# A function, so that what KokkosConfig.cmake sets stays here.
function(lisi_kokkos_library config)
  set(CMAKE_CXX_EXTENSIONS OFF)
  # Not the global switch to the compiler of Kokkos: the rest of lisi is compiled as ever.
  find_package(Kokkos REQUIRED CONFIG COMPONENTS separable_compilation PATHS "${config}" NO_DEFAULT_PATH)
  string(TOLOWER "${Kokkos_DEVICES}" api)
  string(REPLACE ";" "," api "${api}")
  string(REPLACE "threads" "pthreads" api "${api}")
  set(LISI_KOKKOS_API "${api}" PARENT_SCOPE)

  set(globs pair_style compute_jumps fix_msm common/plugin)
  list(TRANSFORM globs PREPEND ${PROJECT_SOURCE_DIR}/)
  list(TRANSFORM globs APPEND /*_kokkos.cpp)
  file(GLOB sources CONFIGURE_DEPENDS ${globs})
  add_library(lisi_kokkos SHARED ${sources})
  if(LMP_KOKKOS_LAYOUT)
    string(TOUPPER "LMP_KOKKOS_LAYOUT_${LMP_KOKKOS_LAYOUT}" layout)
  endif()
  target_compile_definitions(lisi_kokkos PRIVATE ${LISI_LAMMPS_DEFINITIONS} LMP_KOKKOS ${layout}
                             $<TARGET_PROPERTY:Kokkos::kokkoscore,INTERFACE_COMPILE_DEFINITIONS>)
  foreach(part kokkoscore kokkoscontainers kokkosalgorithms kokkossimd)
    if(TARGET Kokkos::${part})
      target_include_directories(lisi_kokkos SYSTEM PRIVATE $<TARGET_PROPERTY:Kokkos::${part},INTERFACE_INCLUDE_DIRECTORIES>)
    endif()
  endforeach()
  target_include_directories(lisi_kokkos SYSTEM PRIVATE ${LAMMPS_SOURCE_DIR} ${LAMMPS_SOURCE_DIR}/PLUGIN ${LAMMPS_SOURCE_DIR}/KOKKOS)
  separate_arguments(flags UNIX_COMMAND "${LMP_CMAKE_CXX_FLAGS}")
  # No -fvisibility=hidden: Kokkos has inline variables, and they have to be those of LAMMPS.
  target_compile_options(lisi_kokkos PRIVATE ${flags} ${LISI_WARN} $<TARGET_PROPERTY:Kokkos::kokkoscore,INTERFACE_COMPILE_OPTIONS>)
  # GCC 12 and later see the count of a view's owners reach zero twice where copies are inlined into one function.
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12)
    target_compile_options(lisi_kokkos PRIVATE -Wno-use-after-free)
  endif()
  set_target_properties(lisi_kokkos PROPERTIES CXX_STANDARD ${Kokkos_CXX_STANDARD} BUILD_RPATH "$ORIGIN" INSTALL_RPATH "$ORIGIN")
  target_link_libraries(lisi_kokkos PRIVATE lisi_lammps lisi_core MPI::MPI_CXX OpenMP::OpenMP_CXX)
  find_library(LISI_LIBLAMMPS NAMES lammps HINTS "${LAMMPS_LIB_DIR}" "${kokkos_build}" NO_DEFAULT_PATH)
  get_target_property(type Kokkos::kokkoscore TYPE)
  if(LISI_LIBLAMMPS AND LISI_LIBLAMMPS MATCHES "\\.so$" AND type STREQUAL STATIC_LIBRARY)
    target_link_libraries(lisi_kokkos PRIVATE ${LISI_LIBLAMMPS} $<TARGET_FILE:Kokkos::kokkoscore>)
  endif()
  target_link_options(lisi_kokkos PRIVATE -Wl,-z,nodelete -Wl,--exclude-libs,ALL -Wl,--as-needed)

  # A compiler that cannot compile for the GPU: nvcc_wrapper and hipcc come with Kokkos and the vendor.
  if(NOT LMP_CMAKE_CXX_COMPILER STREQUAL CMAKE_CXX_COMPILER)
    if(Kokkos_ENABLE_CUDA)
      kokkos_compilation(TARGET lisi_kokkos)
    elseif(Kokkos_ENABLE_HIP OR Kokkos_ENABLE_SYCL)
      message(FATAL_ERROR "mlff/lisi/kk has to be compiled by the compiler of that LAMMPS; "
                          "configure with -DCMAKE_CXX_COMPILER=${LMP_CMAKE_CXX_COMPILER}, or with -DLISI_KOKKOS=OFF")
    endif()
  endif()
  message(STATUS "mlff/lisi/kk: Kokkos ${Kokkos_VERSION} of ${config}, backends ${Kokkos_DEVICES}")
endfunction()
lisi_kokkos_library("${kokkos_config}")
