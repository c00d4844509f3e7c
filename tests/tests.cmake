# tests/tests.cmake -- the benchmarks and the tests, for CMakeLists.txt.

# --------------------------------------------------------- the benchmarks

# tests/bench/NAME_bench.c is one program, for scripts/bench.
add_custom_target(benches)
file(GLOB benches CONFIGURE_DEPENDS tests/bench/*_bench.c)
foreach(source ${benches})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} EXCLUDE_FROM_ALL ${source})
  target_include_directories(${name} PRIVATE tests/bench)
  target_link_libraries(${name} PRIVATE neap_engine)
  add_dependencies(benches ${name})
endforeach()
add_dependencies(benches amalgamation core game)  # bench embed measures them

# ------------------------------------------------------- the fuzz targets

# tests/fuzz/NAME_fuzz.c is one program; docs/files.md says how to run them.
if(NEAP_FUZZ)
  add_custom_target(fuzzers)
  file(GLOB fuzzers CONFIGURE_DEPENDS tests/fuzz/*_fuzz.c)
  foreach(source ${fuzzers})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} EXCLUDE_FROM_ALL ${source})
    target_link_libraries(${name} PRIVATE neap_engine)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers ${name})
  endforeach()
endif()

# -------------------------------------------------------------- the tests

if(NEAP_TESTS)
  enable_testing()
  # tests/LAYER/NAME_test.c is one program, called with the test data.
  file(GLOB tests CONFIGURE_DEPENDS tests/*/*_test.c)
  if(NOT NEAP_LUA)
    list(FILTER tests EXCLUDE REGEX "/tests/(bind|host)/")
  endif()
  foreach(source ${tests})
    file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR}/tests ${source})
    string(REPLACE "/" "_" target ${name})
    string(REPLACE ".c" "" target ${target})
    string(REPLACE "_test.c" "" name ${name})
    add_executable(${target} ${source})
    target_include_directories(${target} PRIVATE tests)
    if(target MATCHES "^api_")  # these know neap.h alone
      target_link_libraries(${target} PRIVATE neap_shared m)
    else()
      target_link_libraries(${target} PRIVATE neap_engine
                            $<TARGET_NAME_IF_EXISTS:neap_host>)
    endif()
    if(target MATCHES "^bind_")
      target_link_libraries(${target} PRIVATE ${LUA_STATIC} m dl)
    endif()
    add_test(NAME ${name} COMMAND ${target} ${CMAKE_SOURCE_DIR}/tests/data)
  endforeach()
  if(NEAP_LUA AND NEAP_SANITIZE)
    target_compile_definitions(bind_memory_test PRIVATE SWEEP_STEP=23)
  endif()
  if(NEAP_LUA)
    add_test(NAME scripts/game COMMAND game scripts/embed/game.lua 2
             WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  endif()
  # neap.c alone, as a program that takes it would build it: the same bits, by
  # tests/api/bits.c, and the tests of the header, by themselves and from Lua.
  if(NEAP_LUA AND NOT NEAP_SANITIZE)
    foreach(kind single single_lua)
      add_library(${kind} OBJECT EXCLUDE_FROM_ALL ${SINGLE}/neap.c)
      set_target_properties(${kind} PROPERTIES COMPILE_OPTIONS "-O2;-Wall;-Wextra"
                            INTERPROCEDURAL_OPTIMIZATION OFF)
    endforeach()
    if(NEAP_WERROR)
      target_compile_options(single PRIVATE -Werror)
    endif()
    target_compile_definitions(single_lua PRIVATE NEAP_LUA)
    target_include_directories(single_lua PRIVATE ${LUA_INCLUDE_DIR})
    add_executable(bits_cmake tests/api/bits.c)
    target_include_directories(bits_cmake PRIVATE src)
    target_link_libraries(bits_cmake PRIVATE neap_engine)
    add_executable(bits_single tests/api/bits.c)
    list(FILTER tests INCLUDE REGEX "/tests/api/")
    set(programs bits_single)
    foreach(source ${tests})
      get_filename_component(name ${source} NAME_WE)
      add_executable(single_${name} ${source})
      list(APPEND programs single_${name})
      string(REPLACE "_test" "" test ${name})
      add_test(NAME single/${test} COMMAND single_${name})
    endforeach()
    foreach(program ${programs})
      target_include_directories(${program} PRIVATE tests ${SINGLE} src)
      target_link_libraries(${program} PRIVATE single m)
    endforeach()
    add_test(NAME single/bits COMMAND ${CMAKE_COMMAND}
             -D ONE=$<TARGET_FILE:bits_cmake> -D OTHER=$<TARGET_FILE:bits_single>
             -P ${CMAKE_SOURCE_DIR}/tests/same_output.cmake)
    get_target_property(HOST_SOURCES neap_host SOURCES)
    add_executable(neap_single ${HOST_SOURCES} src/host/commands.c
                   src/host/main.c src/host/prompt.c)
    target_compile_definitions(neap_single PRIVATE _GNU_SOURCE)
    target_include_directories(neap_single PRIVATE src ${LUA_INCLUDE_DIR})
    target_link_libraries(neap_single PRIVATE single_lua ${LUA_STATIC} m dl
                          Threads::Threads ${CMAKE_DL_LIBS})
    target_link_options(neap_single PRIVATE -Wl,-E)
  endif()
  # Optional: where there is no Python with numpy and xgboost it is skipped.
  find_program(PEERS_PYTHON python NO_DEFAULT_PATH
               PATHS ${CMAKE_SOURCE_DIR}/build/peers/bin)
  if(PEERS_PYTHON AND NOT NEAP_SANITIZE)
    add_test(NAME api/boosting COMMAND ${PEERS_PYTHON}
             tests/api/boosting.py $<TARGET_FILE:neap_shared>
             WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(api/boosting PROPERTIES SKIP_RETURN_CODE 77)
    if(NEAP_LUA)
      add_test(NAME train/against_torch COMMAND ${PEERS_PYTHON}
               tests/train/against_torch.py $<TARGET_FILE:neap>
               WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
      add_test(NAME lua/numpy_files COMMAND ${PEERS_PYTHON}
               tests/lua/numpy_files.py $<TARGET_FILE:neap>
               WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
      add_test(NAME lua/optuna_reader COMMAND ${PEERS_PYTHON}
               tests/lua/optuna_reader.py $<TARGET_FILE:neap>
               WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
      set_tests_properties(train/against_torch lua/numpy_files
                           lua/optuna_reader PROPERTIES SKIP_RETURN_CODE 77)
    endif()
  endif()
  # Optional: where this Python has no scikit-learn it is skipped.
  find_program(SYSTEM_PYTHON python3 NO_DEFAULT_PATH PATHS /usr/bin)
  if(NEAP_LUA AND SYSTEM_PYTHON AND NOT NEAP_SANITIZE)
    add_test(NAME metric/against_sklearn WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
             COMMAND ${SYSTEM_PYTHON} tests/metric/against_sklearn.py
                     $<TARGET_FILE:neap>)
    add_test(NAME lua/against_scipy WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
             COMMAND ${SYSTEM_PYTHON} tests/lua/against_scipy.py
                     $<TARGET_FILE:neap>)
    set_tests_properties(metric/against_sklearn lua/against_scipy
                         PROPERTIES SKIP_RETURN_CODE 77)
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU")  # pages are the same by any compiler
      add_test(NAME lua/browser WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
               COMMAND ${SYSTEM_PYTHON} tests/lua/browser.py
                       $<TARGET_FILE:neap>)
      set_tests_properties(lua/browser PROPERTIES SKIP_RETURN_CODE 77)
    endif()
  endif()
  # tests/LAYER/NAME_spec.lua is run by busted inside the program.
  find_program(BUSTED busted)
  if(NEAP_LUA AND BUSTED)
    file(GLOB specs CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}
         tests/*/*_spec.lua)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL "GNU")  # luarocks takes its own compiler
      list(REMOVE_ITEM specs tests/project/rock_spec.lua)
    endif()
    foreach(spec ${specs})
      string(REGEX REPLACE "^tests/(.*)_spec.lua$" "\\1" name ${spec})
      string(REGEX MATCH "^(bind|lua)/" isas ${name})
      string(REGEX REPLACE ".+" "base;avx2;avx512" isas "${isas}")
      add_test(NAME ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
               COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:neap>
                       -D BUSTED=${BUSTED} -D SPEC=${spec} "-D ISAS=${isas}"
                       -D SANITIZE=${NEAP_SANITIZE} -P tests/run_spec.cmake)
      if(TARGET neap_single AND name MATCHES
         "^(bind/loss|lua/(train|job|study|objective|defined_loss))$")
        add_test(NAME single/${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
                 COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:neap_single>
                         -D BUSTED=${BUSTED} -D SPEC=${spec}
                         -P tests/run_spec.cmake)
      endif()
    endforeach()
  endif()
  include(tests/reach.cmake)
  if(NEAP_TEST_ALL)  # more floats, and where the golden values come from
    add_test(NAME all/math COMMAND kernel_math_test --all)
    if(TARGET bits_cmake)
      add_test(NAME all/aarch64 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
               COMMAND ${CMAKE_COMMAND} -D COMPILER=aarch64-linux-gnu-gcc
                       -D RUNNER=qemu-aarch64 -D SINGLE=${SINGLE}
                       -D FOLDER=${CMAKE_BINARY_DIR}/cross/aarch64
                       -D BITS=$<TARGET_FILE:bits_cmake> -D ISA=avx2
                       -P tests/cross.cmake)
      add_test(NAME all/windows WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
               COMMAND ${CMAKE_COMMAND} -D COMPILER=x86_64-w64-mingw32-gcc
                       -D RUNNER=wine64 -D SINGLE=${SINGLE}
                       -D FOLDER=${CMAKE_BINARY_DIR}/cross/windows
                       -P tests/cross.cmake)
    endif()
    if(PEERS_PYTHON)
      add_test(NAME all/golden WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
               COMMAND sh -c "${PEERS_PYTHON} tests/loss/golden.py |
                              cmp - tests/data/loss_golden.txt")
    endif()
  endif()
  if(NEAP_TEST_BUILDS)  # the benchmarks, and the same tests, built otherwise
    add_test(NAME bench/builds COMMAND ${CMAKE_COMMAND} --build
             ${CMAKE_BINARY_DIR} --target benches)
    foreach(preset clang sanitize thread)
      add_test(NAME build/${preset} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
               COMMAND ${CMAKE_COMMAND} -D PRESET=${preset}
                       -P tests/run_build.cmake)
    endforeach()
  endif()
endif()
