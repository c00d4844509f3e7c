# host/other_luas.cmake -- the module for LuaJIT, Lua 5.1 and 5.3, where their
# headers are; for CMakeLists.txt. In module_NAME/neap of the build; installed by
#
#   cmake --install build --component luajit
if(NEAP_TESTS AND NOT NEAP_SANITIZE AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
  set(luas luajit lua5.1 lua5.3)
endif()
set(NEAP_OTHER_LUAS "${luas}" CACHE STRING
    "Build the module for these, too, by pkg-config's names: luajit;lua5.1;lua5.3")
find_package(PkgConfig QUIET)
foreach(lua IN LISTS NEAP_OTHER_LUAS)
  string(REGEX REPLACE "^luajit$" "5.1" version ${lua})
  string(REPLACE "lua" "" version ${version})
  if(PkgConfig_FOUND)
    pkg_check_modules(${lua} QUIET IMPORTED_TARGET ${lua})
  endif()
  if(NOT TARGET PkgConfig::${lua})
    message(STATUS "There is no ${lua} to build and test the module for")
    continue()
  endif()
  add_library(bind_${lua} STATIC ${BIND} ${PROJECT_BINARY_DIR}/kernel_text.c
              ${PROJECT_BINARY_DIR}/embedded.c)
  add_dependencies(bind_${lua} neap_bind)  # which makes the last two
  target_include_directories(bind_${lua} PUBLIC ${${lua}_INCLUDE_DIRS})
  target_link_libraries(bind_${lua} PUBLIC neap_engine)
  add_library(core_${lua} MODULE src/host/stock.c src/host/host.c
              src/host/threads.c)
  target_compile_definitions(core_${lua} PRIVATE _GNU_SOURCE)
  set_target_properties(core_${lua} PROPERTIES PREFIX "" OUTPUT_NAME core
                        LIBRARY_OUTPUT_DIRECTORY
                        ${PROJECT_BINARY_DIR}/module_${lua}/neap)
  target_link_libraries(core_${lua} PRIVATE bind_${lua} Threads::Threads
                        -Wl,--exclude-libs,ALL)
  install(TARGETS core_${lua} DESTINATION lib/lua/${version}/neap
          COMPONENT ${lua} EXCLUDE_FROM_ALL)
  install(DIRECTORY lua/neap DESTINATION share/lua/${version}
          COMPONENT ${lua} EXCLUDE_FROM_ALL PATTERN meta EXCLUDE)
endforeach()
