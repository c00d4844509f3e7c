# host/program.cmake -- the program, the module for stock Lua, and neap.c; for
# CMakeLists.txt.
find_library(LUA_STATIC liblua5.4.a REQUIRED)
find_package(Threads REQUIRED)
add_library(neap_host STATIC
    src/host/database.c src/host/host.c src/host/identity.c
    src/host/interrupt.c src/host/module.c src/host/postgresql.c
    src/host/process.c src/host/sha256.c src/host/sqlite.c
    src/host/system.c src/host/threads.c)
target_compile_definitions(neap_host PRIVATE _GNU_SOURCE)
target_link_libraries(neap_host PUBLIC neap_bind Threads::Threads
                      ${CMAKE_DL_LIBS})

add_executable(neap src/host/commands.c src/host/main.c src/host/prompt.c)
target_compile_definitions(neap PRIVATE _GNU_SOURCE)
target_link_libraries(neap PRIVATE neap_host ${LUA_STATIC} m dl)
target_link_options(neap PRIVATE -Wl,-E)  # so that C modules find Lua in it

add_library(core MODULE src/host/stock.c)
set_target_properties(core PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY
                      ${PROJECT_BINARY_DIR}/module/neap)
target_link_libraries(core PRIVATE neap_host -Wl,--exclude-libs,ALL)

# The whole library as neap.c and neap.h, in amalgamation/ of the build.
set(SINGLE ${PROJECT_BINARY_DIR}/amalgamation)
file(MAKE_DIRECTORY ${SINGLE})
get_target_property(ENGINE_SOURCES neap_engine SOURCES)
list(FILTER ENGINE_SOURCES EXCLUDE REGEX "TARGET_OBJECTS")
list(TRANSFORM ENGINE_SOURCES REPLACE "${PROJECT_SOURCE_DIR}/" "")
list(TRANSFORM BIND REPLACE "${PROJECT_SOURCE_DIR}/" "" OUTPUT_VARIABLE BOUND)
set(AMALGAMATE src/host/amalgamate.lua src/host/c_names.lua
               src/host/neap.c.in)
add_custom_command(
  OUTPUT ${SINGLE}/neap.c ${SINGLE}/neap.h
  COMMAND neap src/host/amalgamate.lua ${PROJECT_VERSION} ${SINGLE}
          --engine ${ENGINE_SOURCES} ${ISA_SOURCES} --hot ${HOT}
          --small ${SMALL}
          --bind ${BOUND} ${PROJECT_BINARY_DIR}/kernel_text.c --lua ${LUA_FILES}
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
  DEPENDS neap ${AMALGAMATE} VERBATIM)
add_custom_target(amalgamation ALL DEPENDS ${SINGLE}/neap.c)

# The reference: a page for each module, from the stubs, which editors read.
set(REFERENCE ${PROJECT_BINARY_DIR}/reference)
file(MAKE_DIRECTORY ${REFERENCE})
file(GLOB STUBS CONFIGURE_DEPENDS lua/neap/meta/*.lua)
add_custom_command(
  OUTPUT ${REFERENCE}/index.md
  COMMAND neap docs/reference.lua ${REFERENCE}
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
  DEPENDS neap ${STUBS} docs/reference.lua docs/stubs.lua VERBATIM)
add_custom_target(reference ALL DEPENDS ${REFERENCE}/index.md)
install(DIRECTORY ${REFERENCE} DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY lua/neap/meta DESTINATION ${CMAKE_INSTALL_DATADIR}/neap)

install(TARGETS neap)
install(TARGETS core DESTINATION ${NEAP_CMOD_DIR}/neap)
install(DIRECTORY lua/neap DESTINATION ${NEAP_LMOD_DIR} PATTERN meta EXCLUDE)

# The game loop of scripts/embed.
add_executable(game scripts/embed/game.c)
target_link_libraries(game PRIVATE neap_bind ${LUA_STATIC} m dl)
