# tests/same_output.cmake -- fails unless two programs print the same.
#
#   cmake -D ONE=program -D "OTHER=program;argument" -P same_output.cmake
foreach(name ONE OTHER)
  execute_process(COMMAND ${${name}} RESULT_VARIABLE status
                  OUTPUT_VARIABLE output_${name})
  if(NOT status EQUAL 0 OR output_${name} STREQUAL "")
    message(FATAL_ERROR "${${name}} ended with ${status}")
  endif()
endforeach()
if(NOT output_ONE STREQUAL output_OTHER)
  message("${output_ONE}\n\n${output_OTHER}")
  message(FATAL_ERROR "${ONE} and ${OTHER} print different things")
endif()
