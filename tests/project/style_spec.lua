-- The style of the code, as far as a program can tell: formats, and the sizes
-- of files and functions.

local run = dofile "tests/project/run.lua"

-- The project's files whose names end in one of some endings.
local function files(folders, endings)
  local words = { "find" }
  table.move(folders, 1, #folders, 2, words)
  words[#words + 1] = "-type"
  words[#words + 1] = "f"
  local _, output = run(words)
  local list = {}
  for path in output:gmatch("[^\n]+") do
    for _, ending in ipairs(endings) do
      if path:sub(-#ending) == ending then list[#list + 1] = path end
    end
  end
  table.sort(list)
  return list
end

local function lines_of(path)
  local list = {}
  for line in io.lines(path) do list[#list + 1] = line end
  return list
end

describe("C", function()
  local sources = files({ "src", "tests" }, { ".c", ".h" })

  it("has the form that clang-format gives it", function()
    local words = { "clang-format", "--dry-run", "-Werror" }
    table.move(sources, 1, #sources, #words + 1, words)
    local code, output = run(words)
    assert.equal(0, code, output)
  end)

  -- A function begins with a line that is no deeper than the margin and ends
  -- in a brace, and ends with a brace alone.
  it("has no function longer than 70 lines", function()
    local long = {}
    for _, path in ipairs(sources) do
      local first
      for number, line in ipairs(lines_of(path)) do
        if line:match("^[%w_].*%) {$") or line:match("^    .*%) {$")
          and not first then
          first = first or number
        elseif line == "}" then
          if first and number - first + 1 > 70 then
            long[#long + 1] = ("%s:%d"):format(path, first)
          end
          first = nil
        end
      end
    end
    assert.same({}, long)
  end)
end)

describe("Lua", function()
  it("is clean by luacheck", function()
    local code, output = run { "luacheck", "-q", "lua", "scripts", "tests" }
    assert.equal(0, code, output)
  end)
end)

describe("files", function()
  it("have no more lines than a reader can hold", function()
    local long = {}
    for _, path in ipairs(files({ "src", "lua", "scripts" },
      { ".c", ".h", ".lua" })) do
      if #lines_of(path) > 500 then long[#long + 1] = path end
    end
    assert.same({}, long)
    assert.is_true(#lines_of("CMakeLists.txt") <= 200)
  end)
end)
