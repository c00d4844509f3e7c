# tests/run_build.cmake -- builds a preset of CMakePresets.json and runs its
# tests.
#
#   cmake -D PRESET=sanitize -P tests/run_build.cmake
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status
                  OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message("${output}")
    message(FATAL_ERROR "it ended with ${status}: ${ARGN}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

run(${CMAKE_COMMAND} --preset ${PRESET} -DNEAP_WERROR=ON)
run(${CMAKE_COMMAND} --build --preset ${PRESET})
run(${CMAKE_CTEST_COMMAND} --preset ${PRESET})
message("${output}")
