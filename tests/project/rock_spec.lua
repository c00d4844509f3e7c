-- luarocks make builds the rockspec in a checkout, without a network, and stock
-- lua5.4 finds what it installs. One instruction set is enough here.

local sanitized = (os.getenv "NEAP_SANITIZE" or "") ~= ""

local run = dofile "tests/project/run.lua"

describe("the rock", function()
  local folder

  setup(function()
    folder = os.tmpname()
    os.remove(folder)
  end)

  teardown(function() run { "rm", "-rf", "--", folder } end)

  it("is built by luarocks make and found by stock lua5.4", function()
    if sanitized or not run { "luarocks", "--version" } then
      pending "there is no luarocks here, or Lua could not load what it builds"
      return
    end
    local code, output = run { "sh", "-c", [[set -e
      mkdir "$1"
      cp -r CMakeLists.txt LICENSE README.md docs lua scripts src tests "$1"
      sed 's/NEAP_TESTS = "OFF",/&\n    NEAP_BASE_ONLY = "ON",/' \
        neap-scm-1.rockspec > "$1/neap-scm-1.rockspec"
      cd "$1"
      export CMAKE_BUILD_PARALLEL_LEVEL=2
      exec luarocks --lua-version 5.4 --tree tree make]], "sh", folder }
    assert.equal(0, code, output)
    local tree = folder .. "/tree"
    code, output = run { "env",
      ("LUA_PATH=%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua"):format(
        tree, tree),
      ("LUA_CPATH=%s/lib/lua/5.4/?.so"):format(tree), "lua5.4", "-e",
      "local neap = require 'neap' "
        .. "print(neap._VERSION, neap.isa, neap.loss.focal {}({ 0 }, { 1 }))" }
    assert.equal(0, code, output)
    assert.matches("^neap 0%.1%.0\tbase\t0%.173286795", output)
  end)
end)
