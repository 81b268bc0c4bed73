# SPDX-License-Identifier: GPL-2.0-or-later
#
# lib/liblisi_lammps.so   the styles, C++, bound to one LAMMPS version
# lib/lisiplugin.so       what LAMMPS loads: a C shim that checks the version first (common/plugin/lisiplugin.c)
# lib/liblisi_kokkos.so   the styles that run through Kokkos, where LAMMPS has it (Kokkos.cmake)
# bin/lmp                 a wrapper around LAMMPS_EXE that sets LAMMPS_PLUGIN_PATH

foreach(header version.h lmptype.h pair.h lammpsplugin.h)
  if(NOT EXISTS ${LAMMPS_SOURCE_DIR}/${header} AND NOT EXISTS ${LAMMPS_SOURCE_DIR}/PLUGIN/${header})
    message(FATAL_ERROR "LAMMPS_SOURCE_DIR=${LAMMPS_SOURCE_DIR} holds no ${header}; "
                        "it has to be the src folder of a LAMMPS source tree")
  endif()
endforeach()

# "4 Feb 2025" -> 20250204, the number that lammps_version() gives.
file(STRINGS ${LAMMPS_SOURCE_DIR}/version.h line REGEX "#define LAMMPS_VERSION")
if(NOT line MATCHES "\"([0-9]+) ([A-Z][a-z][a-z])[a-z]* ([0-9][0-9][0-9][0-9])\"")
  message(FATAL_ERROR "${LAMMPS_SOURCE_DIR}/version.h: expected a LAMMPS_VERSION like \"4 Feb 2025\", found: ${line}")
endif()
set(LISI_LAMMPS_VERSION_TEXT "${CMAKE_MATCH_1} ${CMAKE_MATCH_2} ${CMAKE_MATCH_3}")
set(day ${CMAKE_MATCH_1})
set(year ${CMAKE_MATCH_3})
set(months Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)
list(FIND months ${CMAKE_MATCH_2} month)
math(EXPR LISI_LAMMPS_VERSION "${year} * 10000 + (${month} + 1) * 100 + ${day}")
if(LISI_LAMMPS_VERSION LESS 20230802)
  message(FATAL_ERROR "LAMMPS ${LISI_LAMMPS_VERSION_TEXT} is too old; lisi needs 2 Aug 2023 or newer")
endif()
message(STATUS "plugin for LAMMPS ${LISI_LAMMPS_VERSION_TEXT} (${LISI_LAMMPS_VERSION})")

find_package(MPI REQUIRED COMPONENTS C CXX)

string(TOUPPER ${LAMMPS_SIZES} sizes)
set(LISI_LAMMPS_DEFINITIONS LAMMPS_${sizes} LISI_LAMMPS_VERSION=${LISI_LAMMPS_VERSION}
                            LISI_LAMMPS_VERSION_TEXT="${LISI_LAMMPS_VERSION_TEXT}" LMP_PLUGIN OMPI_SKIP_MPICXX=1
                            MPICH_SKIP_MPICXX=1)

file(GLOB LISI_GLUE CONFIGURE_DEPENDS pair_style/*.cpp compute_jumps/*.cpp fix_msm/*.cpp common/plugin/*.cpp)
list(FILTER LISI_GLUE EXCLUDE REGEX "_kokkos\\.cpp$")
add_library(lisi_lammps SHARED ${LISI_GLUE})
target_compile_definitions(lisi_lammps PRIVATE ${LISI_LAMMPS_DEFINITIONS})
# The styles are registered by name, so each is taken up as soon as its file is there.
foreach(style pair_style/pair_mlff_lisi compute_jumps/compute_lijump fix_msm/fix_msm)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${style}.cpp)
    get_filename_component(name ${style} NAME)
    string(TOUPPER HAVE_${name} name)
    target_compile_definitions(lisi_lammps PRIVATE ${name})
  endif()
endforeach()
target_include_directories(lisi_lammps SYSTEM PRIVATE ${LAMMPS_SOURCE_DIR} ${LAMMPS_SOURCE_DIR}/PLUGIN)
target_compile_options(lisi_lammps PRIVATE ${LISI_WARN} -fvisibility=hidden)
target_link_libraries(lisi_lammps PRIVATE lisi_core MPI::MPI_CXX OpenMP::OpenMP_CXX)
# LAMMPS keeps pointers into the code after `plugin unload` and `clear`: never unmap it.
# --as-needed: what only the tools use (BLAS and its threads, ARPACK, spglib) is not loaded into every MPI rank.
target_link_options(lisi_lammps PRIVATE -Wl,-z,nodelete -Wl,--exclude-libs,ALL -Wl,--as-needed)

include(cmake/Kokkos.cmake)

# lisi_shim(<name> <version> <version text>)
function(lisi_shim name version text)
  add_library(${name} MODULE ${PROJECT_SOURCE_DIR}/common/plugin/lisiplugin.c)
  set_target_properties(${name} PROPERTIES PREFIX "")
  target_compile_definitions(${name} PRIVATE LAMMPS_${sizes} LISI_LAMMPS_VERSION=${version} LISI_LAMMPS_SIZES="${LAMMPS_SIZES}"
                                             LISI_LAMMPS_VERSION_TEXT="${text}" _GNU_SOURCE LISI_VERSION="${PROJECT_VERSION}"
                                             "LISI_KOKKOS_API=\"${LISI_KOKKOS_API}\"")
  target_compile_options(${name} PRIVATE ${LISI_WARN_C} -fvisibility=hidden)
  # MPI's header alone: the shim must load beside whatever MPI the running LAMMPS has.
  target_include_directories(${name} SYSTEM PRIVATE ${MPI_C_INCLUDE_DIRS})
  target_link_libraries(${name} PRIVATE ${CMAKE_DL_LIBS})
  target_link_options(${name} PRIVATE -Wl,-z,nodelete)
endfunction()
lisi_shim(lisiplugin ${LISI_LAMMPS_VERSION} "${LISI_LAMMPS_VERSION_TEXT}")
add_dependencies(lisiplugin lisi_lammps)
if(TARGET lisi_kokkos)
  add_dependencies(lisiplugin lisi_kokkos)
endif()
# The refusal is a feature, so it is tested: the same shim, built for a LAMMPS that never was.
lisi_shim(lisi_wrongversion 19990101 "1 Jan 1999")
set_target_properties(lisi_wrongversion PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)

if(LAMMPS_EXE)
  set(LISI_LIB_PATH "${LAMMPS_LIB_DIR}")
  set(LISI_PRELOAD "")
  if(LISI_SANITIZE MATCHES address) # lmp itself is not instrumented, so the run-time library has to be there first
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=libasan.so OUTPUT_VARIABLE LISI_PRELOAD
                    OUTPUT_STRIP_TRAILING_WHITESPACE)
    get_filename_component(LISI_PRELOAD "${LISI_PRELOAD}" REALPATH)
  endif()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/lmp.in ${PROJECT_BINARY_DIR}/bin/lmp @ONLY
                 FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endif()
