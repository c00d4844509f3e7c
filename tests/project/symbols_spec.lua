-- What the libraries' objects show to a linker, and what they want of it.
local host = require "neap.host"
local lfs = require "lfs"

local build = (os.getenv("NEAP_PROGRAM") or "build/neap"):gsub("/?[^/]*$", "")
local sanitized = (os.getenv("NEAP_SANITIZE") or "") ~= ""
local it = sanitized and pending or it -- sanitizers add symbols of their own

-- The symbols of object files: a list of { kind =, name =, section = }.
local function symbols(words)
  table.move({ "nm", "-f", "sysv" }, 1, 3, 1, table.move(words, 1, #words, 4))
  words.stdout = "pipe"
  local process <close> = assert(host.start(words))
  local list = {}
  for line in process:stdout():lines() do
    local name, kind = line:match("^([%w_.]+) *|[%x ]*|%s*(%a)%s*|")
    list[#list + 1] = name and {
      name = name, kind = kind, section = line:match("|%s*([^|]*)$"),
    }
  end
  assert.same({ "exit", 0 }, { process:wait() })
  assert.is_true(#list > 0)
  return list
end

-- The folders of the objects of one instruction set and number type.
local function isa_folders()
  local list = {}
  for name in lfs.dir(build .. "/CMakeFiles") do
    local isa, bits = name:match("^neap_(%w+)_(%d+)%.dir$")
    if isa then list[#list + 1] = { name = name, isa = isa, bits = bits } end
  end
  return list
end

local function objects_below(folder)
  local process <close> = assert(host.start {
    "find", folder, "-name", "*.o", stdout = "pipe",
  })
  local list = {}
  for path in process:stdout():lines() do list[#list + 1] = path end
  return list
end

describe("the objects of an instruction set", function()
  -- Two of them with one name would be linked as one, and run the wrong code.
  it("carry it in every name they define", function()
    local folders = isa_folders()
    assert.is_true(#folders == 2 or #folders == 6)
    for _, folder in ipairs(folders) do
      local wanted = ("_f%s_%s$"):format(folder.bits, folder.isa)
      local objects = objects_below(("%s/CMakeFiles/%s"):format(build,
        folder.name))
      for _, symbol in ipairs(symbols(objects)) do
        local is_defined = symbol.kind:match("[TDRBVW]")
        if is_defined and not symbol.name:match("^neap_normals_f32_") then
          assert.matches(wanted, symbol.name)
        end
      end
    end
  end)
end)

local function is_quiet(library)
  local found = symbols { build .. "/" .. library }

  it("has no static that can be written", function()
    local writable = {}
    for _, symbol in ipairs(found) do
      local section = symbol.section
      if section:match("^%.bss") or section:match("^%.tbss")
        or (section:match("^%.t?data")
          and not section:match("^%.data%.rel%.ro")) then
        writable[#writable + 1] = symbol.name
      end
    end
    assert.same({}, writable)
  end)

  it("never prints, exits, starts a thread or asks the environment", function()
    local forbidden = {}
    for name in ([[printf fprintf vprintf puts putchar fputs fwrite exit _exit
      abort pthread_create signal sigaction setlocale rand random getenv fopen
      open read write time clock gettimeofday]]):gmatch("%S+") do
      forbidden[name] = true
    end
    local wanted = {}
    for _, symbol in ipairs(found) do
      if symbol.kind == "U" and forbidden[symbol.name] then
        wanted[#wanted + 1] = symbol.name
      end
    end
    assert.same({}, wanted)
  end)
end

describe("the engine (libneap.a)", function() is_quiet "libneap.a" end)

describe("the bindings (libneap_lua.a)", function()
  is_quiet "libneap_lua.a"
end)

describe("libneap.so", function()
  it("shows the functions of neap.h, and nothing else", function()
    local declared = {}
    for header in lfs.dir("src") do
      local path = "src/" .. header
      for line in header:match("%.h$") and io.lines(path)
        or function() end do
        local name = line:match("^[%w_ *]-[ *](neap_[%w_]+)%(")
        local lua = name == "neap_open" or name == "neap_to_loss"
        if name and not lua and not line:match("^typedef") then
          declared[#declared + 1] = name
        end
      end
    end
    table.sort(declared)
    local shown = {}
    for _, symbol in ipairs(symbols { "-D", "--defined-only",
      build .. "/libneap.so" }) do
      shown[#shown + 1] = symbol.name
    end
    table.sort(shown)
    assert.same(declared, shown)
    assert.is_true(#declared > 15)
  end)
end)
