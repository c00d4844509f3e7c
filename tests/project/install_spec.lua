-- What cmake --install puts where, and that stock lua5.4 finds it there.
local lfs = require "lfs"

local build = (os.getenv("NEAP_PROGRAM") or "build/neap"):gsub("/?[^/]*$", "")
local sanitized = (os.getenv("NEAP_SANITIZE") or "") ~= ""
local it = sanitized and pending or it -- stock Lua can't load such a module

local run = dofile "tests/project/run.lua"

describe("an installed neap", function()
  local prefix

  setup(function()
    prefix = os.tmpname()
    os.remove(prefix)
    local code, output = run {
      "cmake", "--install", build, "--prefix", prefix,
    }
    assert(code == 0, output)
  end)

  teardown(function() run { "rm", "-r", "--", prefix } end)

  -- What Debian's Luas look for below /usr/local, which is CMake's own prefix,
  -- they find below ours.
  local function is_required_by(lua)
    local code = [[
      for _, name in ipairs { "path", "cpath" } do
        package[name] = package[name]:gsub("/usr/local", arg[1])
          :gsub("%./%?[^;]*;", "")
      end
      local neap = require "neap"
      local d = neap.data.gaussians { n = 50, prior = 0.3 }
      print(neap.loss.focal { gamma = 2 }({ 0 }, { 1 }), d)]]
    local file <close> = assert(io.open(prefix .. "/try.lua", "w"))
    file:write(code)
    file:close()
    local status, output = run { "env", "-u", "LUA_PATH", "-u", "LUA_CPATH",
      lua, prefix .. "/try.lua", prefix }
    assert.equal(0, status, output)
    assert.equal("0.17328679513\tneap.Data (50 rows, 16 features, "
      .. "classes 0: 37, 1: 13; gaussians, seed 1)\n",
      (output:gsub("^0%.17328679513%d*", "0.17328679513")))
  end

  it("is what stock lua5.4 requires", function() is_required_by "lua5.4" end)

  it("is what luajit requires, by its component", function()
    if not lfs.attributes(build .. "/module_luajit") then
      return pending("there is no luajit")
    end
    local code, output = run { "cmake", "--install", build, "--prefix", prefix,
      "--component", "luajit" }
    assert.equal(0, code, output)
    is_required_by "luajit"
  end)

  -- (1 - 1/2)^2 log 2.
  local focal = "0.1732867951\n"

  it("is a package for CMake, shared and static", function()
    local folder = prefix .. "/consumer"
    local code, output = run { "cmake", "-S", "tests/project/consumer", "-B",
      folder, "-G", "Ninja", "-DCMAKE_PREFIX_PATH=" .. prefix }
    assert.equal(0, code, output)
    code, output = run { "cmake", "--build", folder }
    assert.equal(0, code, output)
    assert.same({ 0, focal }, { run { folder .. "/with_neap" } })
    assert.same({ 0, focal }, { run { folder .. "/with_static" } })
  end)

  it("is a package for pkg-config", function()
    local path = prefix .. "/lib/pkgconfig"
    local code, output = run { "sh", "-c", [[set -e
      export PKG_CONFIG_PATH=$1
      cc tests/project/consumer/main.c $(pkg-config --cflags --libs neap) \
        -Wl,-rpath,$2/lib -o $2/with_pkg_config
      exec $2/with_pkg_config]], "sh", path, prefix }
    assert.same({ 0, focal }, { code, output })
  end)

  it("can be a subdirectory of another build", function()
    local folder = prefix .. "/subdirectory"
    local code, output = run { "cmake", "-S", "tests/project/consumer", "-B",
      folder, "-G", "Ninja", "-DNEAP_SOURCE=" .. lfs.currentdir(),
      "-DNEAP_BASE_ONLY=ON" }
    assert.equal(0, code, output)
    local _, targets = run { "ninja", "-C", folder, "-t", "targets", "all" }
    assert.truthy(targets:find("with_static: ", 1, true))
    assert.falsy(targets:find("avx2", 1, true))
    assert.falsy(targets:find("spec", 1, true))
  end)

  it("has the reference, and the stubs that editors read", function()
    for _, path in ipairs { "doc/neap/reference/index.md",
      "doc/neap/reference/loss.md", "neap/meta/loss.lua" } do
      local file <close> = assert(io.open(prefix .. "/share/" .. path))
      assert.matches("focal", file:read "a")
    end
  end)

  it("has the program, which runs alone", function()
    local status, output = run { prefix .. "/bin/neap", "-e",
      "print(type(require('neap').study))" }
    assert.same({ 0, "function\n" }, { status, output })
  end)
end)
