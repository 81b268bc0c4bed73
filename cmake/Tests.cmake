# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/unit/test_*.c  one cmocka executable each
# tests/cli/*.sh       the tools, from outside
# tests/lammps/*.sh    the LAMMPS styles, from input scripts; tests/e2e/*.sh the whole chain
# A script is called with BIN (the build's bin folder), LIB, LMP, SRC (the checkout) in its environment and ends with 0, with 77
# when it has nothing to test with, or with anything else when it fails. lib.sh files hold what scripts share.

lisi_need(cmocka cmocka.h cmocka)
file(GLOB tests CONFIGURE_DEPENDS tests/unit/test_*.c)
foreach(source ${tests})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_compile_options(${name} PRIVATE ${LISI_WARN})
  target_compile_definitions(${name} PRIVATE LISI_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE lisi_core lisi::cmocka)
  add_test(NAME unit/${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(unit/${name} PROPERTIES LABELS unit SKIP_RETURN_CODE 77 TIMEOUT 300
                       ENVIRONMENT "SRC=${PROJECT_SOURCE_DIR};OPENBLAS_NUM_THREADS=1;OMP_NUM_THREADS=1")
endforeach()

# The kernels in Kokkos by themselves.
if(TARGET lisi::kokkos)
  add_executable(test_ace_kokkos tests/unit/test_ace_kokkos.cpp tests/unit/kokkos_models.c)
  set_target_properties(test_ace_kokkos PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  # Templates of Kokkos take long to compile, and a test need not be fast.
  target_compile_options(test_ace_kokkos PRIVATE ${LISI_WARN} -O1)
  target_compile_definitions(test_ace_kokkos PRIVATE LISI_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(test_ace_kokkos PRIVATE lisi_core lisi::cmocka lisi::kokkos)
  add_test(NAME unit/test_ace_kokkos COMMAND test_ace_kokkos WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(unit/test_ace_kokkos PROPERTIES LABELS unit SKIP_RETURN_CODE 77 TIMEOUT 300
                       ENVIRONMENT "OPENBLAS_NUM_THREADS=1;OMP_NUM_THREADS=2;OMP_PROC_BIND=false")
else()
  message(STATUS "No Kokkos for the host (Debian: libtrilinos-kokkos-dev): unit/test_ace_kokkos is not built")
endif()

# What fuzzing found, through the harnesses that found it.
target_sources(test_fuzz_inputs PRIVATE tests/fuzz/fuzz_yace.c tests/fuzz/fuzz_jumps.c tests/fuzz/fuzz_cp2k.c)

foreach(kind cli lammps e2e)
  set(procs 1)
  if(NOT kind STREQUAL cli)
    set(procs 2) # MPI runs: not beside another test
  endif()
  if(NOT kind STREQUAL cli AND NOT LAMMPS_EXE)
    continue()
  endif()
  file(GLOB scripts CONFIGURE_DEPENDS tests/${kind}/*.sh)
  foreach(script ${scripts})
    get_filename_component(name ${script} NAME_WE)
    if(name MATCHES "^lib") # shared by others
      continue()
    endif()
    add_test(NAME ${kind}/${name} COMMAND bash ${script} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${kind}/${name} PROPERTIES LABELS ${kind} SKIP_RETURN_CODE 77 TIMEOUT 900 PROCESSORS ${procs} ENVIRONMENT
      "BIN=${PROJECT_BINARY_DIR}/bin;LIB=${PROJECT_BINARY_DIR}/lib;LMP=${PROJECT_BINARY_DIR}/bin/lmp;SRC=${PROJECT_SOURCE_DIR};TESTLIB=${PROJECT_BINARY_DIR}/tests;OPENBLAS_NUM_THREADS=1;OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1")
  endforeach()
endforeach()

# It compiles nearly everything once more: begin with it, beside the others.
set_tests_properties(cli/sanitized PROPERTIES COST 1000 TIMEOUT 1800)
