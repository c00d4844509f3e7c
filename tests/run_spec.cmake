# tests/run_spec.cmake -- runs one spec by busted inside the program.
#
#   cmake -D PROGRAM=build/neap -D BUSTED=/usr/bin/busted
#         -D SPEC=tests/host/process_spec.lua [-D SANITIZE=address]
#         -P tests/run_spec.cmake
#
# A spec that calls os.exit(0) ends busted without a word and with status 0.
# So a test has passed only if busted also counted its successes.
set(ENV{NEAP_PROGRAM} "${PROGRAM}")
set(ENV{NEAP_SANITIZE} "${SANITIZE}")  # stock Lua can't load such a module
execute_process(COMMAND "${PROGRAM}" "${BUSTED}" -o plainTerminal "${SPEC}"
                OUTPUT_VARIABLE output RESULT_VARIABLE status)
message("${output}")
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${SPEC} ended with ${status}")
elseif(NOT output MATCHES "[1-9][0-9]* success(es)? / 0 failures / 0 errors")
  message(FATAL_ERROR "${SPEC} ended before busted could count")
endif()
