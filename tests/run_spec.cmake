# tests/run_spec.cmake -- runs one spec by busted inside the program, on every
# instruction set that this machine has where ISAS says so.
#
#   cmake -D PROGRAM=build/neap -D BUSTED=/usr/bin/busted
#         -D SPEC=tests/host/process_spec.lua [-D SANITIZE=address]
#         [-D ISAS=base;avx2;avx512] -P tests/run_spec.cmake
#
# A spec that calls os.exit(0) ends busted without a word and with status 0.
# So a test has passed only if busted also counted its successes.
set(ENV{NEAP_PROGRAM} "${PROGRAM}")
set(ENV{NEAP_SANITIZE} "${SANITIZE}")  # stock Lua can't load such a module

function(run_spec)
  execute_process(COMMAND "${PROGRAM}" "${BUSTED}" -o plainTerminal "${SPEC}"
                  OUTPUT_VARIABLE output RESULT_VARIABLE status)
  message("${output}")
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${SPEC} ended with ${status}")
  elseif(NOT output MATCHES "[0-9]+ success(es)? / 0 failures / 0 errors" OR
         output MATCHES "\n0 successes / .* / 0 pending")
    message(FATAL_ERROR "${SPEC} ended before busted could count")
  endif()
endfunction()

if(NOT ISAS)
  run_spec()
endif()
foreach(isa IN LISTS ISAS)
  set(ENV{NEAP_ISA} ${isa})
  execute_process(COMMAND "${PROGRAM}" --version RESULT_VARIABLE status
                  OUTPUT_QUIET ERROR_QUIET)
  if(status EQUAL 0)
    message("With NEAP_ISA=${isa}:")
    run_spec()
  endif()
endforeach()
