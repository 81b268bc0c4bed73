# SPDX-License-Identifier: GPL-2.0-or-later
#
# man/man1: manual pages of the tools, made from their own --help; `cmake --install` puts them into share/man/man1, and the tools
# into bin.
if(NOT CMAKE_CROSSCOMPILING AND NOT LISI_SANITIZE)
  set(stamps)
  foreach(tool lisi-fit lisi-msm)
    if(NOT TARGET ${tool})
      continue()
    endif()
    set(stamp ${PROJECT_BINARY_DIR}/man/${tool}.stamp)
    add_custom_command(
      OUTPUT ${stamp}
      COMMAND ${PROJECT_SOURCE_DIR}/cmake/man.sh $<TARGET_FILE:${tool}> ${PROJECT_BINARY_DIR}/man/man1
      COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
      DEPENDS ${tool} ${PROJECT_SOURCE_DIR}/cmake/man.sh
      COMMENT "Manual pages of ${tool}"
      VERBATIM)
    list(APPEND stamps ${stamp})
    install(TARGETS ${tool} RUNTIME DESTINATION bin COMPONENT tools)
  endforeach()
  add_custom_target(man ALL DEPENDS ${stamps})
  install(DIRECTORY ${PROJECT_BINARY_DIR}/man/man1 DESTINATION share/man COMPONENT man FILES_MATCHING PATTERN "*.1")
endif()
