rockspec_format = "3.0"
package = "neap"
version = "scm-1"
source = { url = "." } -- build from a checkout: luarocks make
description = {
  summary = "Losses for imbalanced classes, lockstep training, honest comparison",
  license = "MIT",
}
dependencies = { "lua == 5.4" }
build = {
  type = "cmake",
  variables = {
    CMAKE_BUILD_TYPE = "Release",
    CMAKE_INSTALL_PREFIX = "$(PREFIX)",
    LUA_INCLUDE_DIR = "$(LUA_INCDIR)",
    NEAP_CMOD_DIR = "$(LIBDIR)",
    NEAP_LMOD_DIR = "$(LUADIR)",
    NEAP_INSTALL_LIBRARY = "OFF",
    NEAP_TESTS = "OFF",
  },
}
