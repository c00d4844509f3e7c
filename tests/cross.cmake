# tests/cross.cmake -- builds neap.c and the tests of neap.h for another machine,
# and runs them by an emulator. Where fused operations are the same, so are the
# bits that tests/api/bits.c prints.
#
#   cmake -D COMPILER=aarch64-linux-gnu-gcc -D RUNNER=qemu-aarch64
#         -D SINGLE=build/amalgamation -D FOLDER=build/cross/aarch64
#         [-D BITS=build/bits_cmake -D ISA=avx2] -P tests/cross.cmake
find_program(compiler ${COMPILER})
find_program(runner ${RUNNER} PATHS /usr/lib/wine)
if(NOT compiler OR NOT runner)
  message("skipped: there is no ${COMPILER} or ${RUNNER}")
  return()
endif()
file(MAKE_DIRECTORY ${FOLDER})
set(ENV{WINEPREFIX} ${FOLDER}/wine)
set(ENV{WINEDEBUG} -all)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status
                  OUTPUT_VARIABLE output ERROR_VARIABLE errors)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGN} ended with ${status}\n${output}${errors}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

run(${compiler} -O2 -Wall -Wextra -Werror -c ${SINGLE}/neap.c
    -o ${FOLDER}/neap.o)
file(GLOB sources tests/api/*.c)
foreach(source IN LISTS sources)
  get_filename_component(name ${source} NAME_WE)
  run(${compiler} -O2 -static -D__USE_MINGW_ANSI_STDIO=1 -I${SINGLE} -Isrc
      -Itests ${source} ${FOLDER}/neap.o -lm -lpthread -o ${FOLDER}/${name}.exe)
  run(${runner} ${FOLDER}/${name}.exe tests/data)
  set(output_${name} "${output}")
endforeach()
if(BITS)
  run(${BITS})
  string(REGEX MATCHALL "${ISA} [^\n]*\n" wanted "${output}")
  string(REGEX REPLACE "(^|\n)base " "\\1${ISA} " got "${output_bits}")
  string(REGEX MATCHALL "${ISA} [^\n]*\n" got "${got}")
  if(wanted AND NOT wanted STREQUAL got)
    message(FATAL_ERROR "other bits:\n${got}\nwanted:\n${wanted}")
  endif()
endif()
