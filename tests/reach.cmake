# tests/reach.cmake -- what neap is in LuaJIT, Lua 5.1 and 5.3, for which
# src/host/other_luas.cmake builds the module; for tests.cmake.
foreach(lua IN LISTS NEAP_OTHER_LUAS)
  find_program(PROGRAM_${lua} ${lua})
  if(NOT TARGET core_${lua} OR NOT PROGRAM_${lua} OR NOT BUSTED)
    add_test(NAME reach/${lua} COMMAND ${CMAKE_COMMAND} -E echo
             "skipped: there is no ${lua}, with its headers, or no busted")
    set_tests_properties(reach/${lua} PROPERTIES
                         SKIP_REGULAR_EXPRESSION "skipped")
    continue()
  endif()
  set(run ${PROGRAM_${lua}} tests/reach/run.lua
      ${PROJECT_BINARY_DIR}/module_${lua})
  # The specs, and the same figures as in 5.4, to the bit.
  add_test(NAME reach/${lua} COMMAND ${run}
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(reach/${lua} PROPERTIES PASS_REGULAR_EXPRESSION
                       "[0-9][0-9][0-9] successes / 0 failures / 0 errors")
  set(script tests/reach/figures.lua)
  add_test(NAME reach/${lua}_figures COMMAND ${CMAKE_COMMAND}
           -D "ONE=$<TARGET_FILE:neap>;${script}" -D "OTHER=${run};${script}"
           -P tests/same_output.cmake
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  # A program that has this Lua in it.
  foreach(name open memory)
    add_executable(${name}_${lua} tests/bind/${name}_test.c)
    target_include_directories(${name}_${lua} PRIVATE tests)
    target_compile_definitions(${name}_${lua} PRIVATE SWEEP_STEP=3)
    target_link_libraries(${name}_${lua} PRIVATE bind_${lua}
                          PkgConfig::${lua} Threads::Threads m)
    add_test(NAME reach/${lua}_${name}
             COMMAND ${name}_${lua} ${CMAKE_SOURCE_DIR}/tests/data)
  endforeach()
endforeach()
# neap.c as such a program takes it.
if(TARGET core_luajit)
  add_test(NAME reach/luajit_single COMMAND ${CMAKE_C_COMPILER} -fsyntax-only
           -Wall -Wextra -Werror -DNEAP_LUA -DNEAP_BASE_ONLY
           -I${luajit_INCLUDE_DIRS} ${SINGLE}/neap.c)
endif()
