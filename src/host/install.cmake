# host/install.cmake -- what cmake --install puts for programs in C, and what
# find_package(neap) and pkg-config find; for CMakeLists.txt.
set(NEAP_CMOD_DIR lib/lua/5.4 CACHE STRING "Where Lua looks for modules in C")
set(NEAP_LMOD_DIR share/lua/5.4 CACHE STRING "Where Lua looks for its files")

option(NEAP_INSTALL_LIBRARY "Install the libraries for programs in C" ON)
if(NOT NEAP_INSTALL_LIBRARY)
  return()
endif()

include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/neap)
set(libraries neap_shared neap_engine)
if(NEAP_LUA)
  list(APPEND libraries neap_bind)
endif()
install(TARGETS ${libraries} EXPORT neap
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES src/neap.h src/neap_define.h src/neap_metric.h src/neap_train.h
        TYPE INCLUDE)
install(EXPORT neap NAMESPACE neap:: FILE neap-config.cmake
        DESTINATION ${package})
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/neap-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/neap-config-version.cmake
        DESTINATION ${package})

# neap.pc, and neap-lua.pc for programs that hand out a lua_State.
set(about "Losses for imbalanced classes, their training and metrics")
set(rest "Version: ${PROJECT_VERSION}\nCflags: -I\${includedir}\n")
set(where "prefix=\${pcfiledir}/../..\nincludedir=\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}
libdir=\${prefix}/${CMAKE_INSTALL_LIBDIR}\n\n")
file(WRITE ${PROJECT_BINARY_DIR}/neap.pc "${where}Name: neap
Description: ${about}\n${rest}Libs: -L\${libdir} -lneap\nLibs.private: -lm\n")
file(WRITE ${PROJECT_BINARY_DIR}/neap-lua.pc "${where}Name: neap-lua
Description: ${about}, for a lua_State of the program's\n${rest}Requires: lua5.4
Libs: -L\${libdir} -lneap_lua -l:libneap.a -lm\n")
install(FILES ${PROJECT_BINARY_DIR}/neap.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(NEAP_LUA)
  install(FILES ${PROJECT_BINARY_DIR}/neap-lua.pc
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()
