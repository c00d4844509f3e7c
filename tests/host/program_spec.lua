-- tests/host/program_spec.lua -- the program does what lua5.4 does, case by
-- case, and what only neap does.
local host = require "neap.host"
local lfs = require "lfs"

local program = os.getenv("NEAP_PROGRAM") or "build/neap"
if program:sub(1, 1) ~= "/" then
  program = lfs.currentdir() .. "/" .. program
end

-- The folder of the running test, with the files it writes.
local folder

before_each(function()
  folder = os.tmpname()
  os.remove(folder)
  assert(lfs.mkdir(folder))
end)

after_each(function()
  assert(host.start { "rm", "-r", "--", folder }):wait()
end)

local function write(name, text)
  local path = folder .. "/" .. name
  local file <close> = assert(io.open(path, "wb"))
  file:write(text)
  return path
end

local function read(name)
  local file <close> = assert(io.open(folder .. "/" .. name, "rb"))
  return file:read("a")
end

-- Runs a command. Of the variables that matter it has those in `environment`.
-- Returns what it wrote to both outputs and how it ended.
local function run(command, input, environment)
  local words = { "env",
    stdin = input and write("input", input) or "null",
    stdout = "pipe", stderr = folder .. "/errors" }
  for _, name in ipairs { "LUA_INIT", "LUA_PATH", "LUA_CPATH" } do
    table.move({ "-u", name, "-u", name .. "_5_4" }, 1, 4, #words + 1, words)
  end
  table.move({ "-u", "NEAP_ISA", "-u", "NEAP_THREADS" }, 1, 4, #words + 1,
    words)
  for name, value in pairs(environment or {}) do
    words[#words + 1] = name .. "=" .. value
  end
  table.move(command, 1, #command, #words + 1, words)
  local process <close> = assert(host.start(words))
  local output = process:read()
  local how, code = process:wait()
  return { output = output, errors = read("errors"), how = how, code = code }
end

-- Both programs run each of these: the words, with `input` on standard input
-- and `script` in the file @script. In a word @name is a
-- file's path, and @@name is it behind an @.
local cases = {
  -- Code.
  { "runs code", "-e", "print(1 + 1)" },
  { "runs code that touches its option", "-eprint(2)" },
  { "runs several pieces of code in order",
    "-e", "x = 1", "-e", "print(x)", "-e", "print(x + 1)" },
  { "stops at the first error", "-e", "error('one')", "-e", "print('two')" },
  { "exits with a code", "-e", "os.exit(3)" },
  { "exits with failure", "-e", "io.write('x') os.exit(false)" },
  { "exits and closes", "-e", [[
    x = setmetatable({}, { __gc = function() print("closed") end })
    os.exit(true, true)]] },
  { "closes what is left at the end", "-e", [[
    x = setmetatable({}, { __gc = function() print("closed") end })]] },
  { "has lua5.4's collector", "-e", "print(collectgarbage('incremental'))" },
  { "has lua5.4's globals and paths", "-e", [[
    local names = {}
    for name in pairs(_G) do names[#names + 1] = name end
    table.sort(names)
    print(table.concat(names, " "), _VERSION, package.path, package.cpath)]] },

  -- Errors.
  { "shows a traceback of code",
    "-e", "local function f() error('deep') end f()" },
  { "shows errors without a place", "-e", "error('plain', 0)" },
  { "shows a syntax error of code", "-e", "x = = 1" },
  { "shows errors of numbers", "-e", "error(42)" },
  { "shows errors of tables", "-e", "error({})" },
  { "shows errors of nil", "-e", "error()" },
  { "lets error objects describe themselves", "-e", [[
    local description = function() return "described" end
    error(setmetatable({}, { __tostring = description }))]] },
  { "mistrusts descriptions that are no strings", "-e", [[
    local description = function() return 12 end
    error(setmetatable({}, { __tostring = description }))]] },
  { "overflows the stack where lua5.4 does", "-e", [[
    local function f() return 1 + f() end
    print(pcall(f))]] },

  -- Libraries.
  { "requires a library",
    "-l", "string", "-e", "print(string.rep('x', 3))" },
  { "requires a library as another global",
    "-lg=math", "-e", "print(g == math)" },
  { "shows where a library was looked for", "-l", "no.such.module" },

  -- Options.
  { "says that a library's name is missing", "-l", first_line = true },
  { "says that code is missing", "-e", first_line = true },
  { "takes no option for code", "-e", "-v", first_line = true },
  { "says that an option is unknown", "-x", first_line = true },
  { "takes no letters behind an option", "-iv", first_line = true },
  { "keeps warnings off", "-e", "warn('hidden')" },
  { "turns warnings on", "-W", "-e", "warn('one ', 'two')" },
  { "turns warnings on and off from a script",
    "-e", "warn('@on') warn('a') warn('@off') warn('b')" },

  -- Scripts.
  { "runs a script", "@script", script = "print('script', ...)" },
  { "hands a script its arguments", "@script", "one", "-e", "", "--",
    script = "print(select('#', ...), ...)" },
  { "has a table of arguments", "-e", "x = 1", "@script", "a", "b", script = [[
    local places = {}
    for place in pairs(arg) do places[#places + 1] = place end
    table.sort(places)
    for _, place in ipairs(places) do print(place, arg[place]) end
    print(#arg, ...)]] },
  { "has a table of arguments without a script",
    "-e", "print(#arg, arg[0], arg[1], arg[2], arg[-1])" },
  { "hands on arguments that code changed",
    "-e", "arg[1], arg[2] = 'new'", "@script", "old", "older",
    script = "print(...)" },
  { "refuses arguments that are no table",
    "-e", "arg = 1", "@script", script = "" },
  { "skips a first line with #!", "@script",
    script = "#!/usr/bin/env neap\nprint(debug.getinfo(1).currentline)" },
  { "shows a syntax error of a script", "@script", script = "x = 1\nif x\n" },
  { "shows a traceback of a script", "@script", script = [[
    local function inner() local x = nil; return x.y end
    local function outer() inner() end
    outer()]] },
  { "shows an error after others were caught", "@script",
    script = "print(pcall(error, 'x')) error({ code = 2 })" },
  { "says that a script is missing", "@nothing" },
  { "says that a folder is no script", "@" },
  { "runs a compiled script", "-e", [[
    local file <close> = io.open(arg[0], "wb")
    file:write(string.dump(load("print(...)")))]], "@compiled", "x" },

  -- Standard input.
  { "runs standard input", input = "print('input', ...)\nprint(#arg)" },
  { "runs standard input by name", "-", "a", "b",
    input = "print(...)\nprint(arg[0])" },
  { "shows errors of standard input", input = "print(1)\nerror('in')" },
  { "runs empty input", input = "" },
  { "reads no input after code", "-e", "print(1)", input = "print(2)" },
  { "reads input after a library", "-l", "string", input = "print(2)" },
  { "ends the options", "--", "@script", "x", script = "print(...)" },
  { "takes - behind -- as a script's name", "--", "-" },
  { "ends the options and reads input", "--", input = "print('input')" },

  -- The environment.
  { "runs LUA_INIT", "-e", "print(x)", environment = { LUA_INIT = "x = 1" } },
  { "prefers LUA_INIT_5_4", "-e", "print(x)",
    environment = { LUA_INIT = "x = 1", LUA_INIT_5_4 = "x = 2" } },
  { "runs the file of LUA_INIT", "-e", "print(x)",
    script = "x = 'from a file'", environment = { LUA_INIT = "@@script" } },
  { "shows errors of LUA_INIT", "-e", "print(x)",
    environment = { LUA_INIT = "error('init')" } },
  { "shows syntax errors of LUA_INIT_5_4", "-e", "print(x)",
    environment = { LUA_INIT_5_4 = "=" } },
  { "ignores the environment",
    "-E", "-e", "print(x, package.path, package.cpath)",
    environment = { LUA_INIT = "x = 1", LUA_PATH = "p", LUA_CPATH = "c" } },
  { "reads the paths of the environment",
    "-e", "print(package.path, package.cpath)",
    environment = { LUA_PATH = "p/?.lua;;", LUA_CPATH_5_4 = "c" } },

  -- The prompt.
  { "runs each line at the prompt", "-i", prompt = true, input = [[
x = 1
print(x)
x + 1, "two"
= x + 2
nil

]] },
  { "asks for the rest of a statement", "-i", prompt = true, input = [=[
for i = 1, 2 do
print(i)
end
x = [[
a
b]]
x
= 1 +
2
]=] },
  { "goes on after errors at the prompt", "-i", prompt = true, input = [[
error("one")
x = = 1
error({})
local t = nil; t.x = 1
print("still here")
]] },
  { "has other prompts", "-i", prompt = true, input = [[
_PROMPT = "? > "
_PROMPT2 = setmetatable({}, { __tostring = function() return ".. > " end })
if x then
end
print(1)
]] },
  { "says that values can't be printed", "-i", prompt = true, input = [[
print = 1
1
print = nil
2
]] },
  { "prompts after code and a script", "-i", "-e", "x = 1", "@script",
    prompt = true, script = "y = 2", input = "x, y, #arg\n" },
  { "exits from the prompt", "-i", prompt = true, input = "os.exit(5)\n" },
}

-- Debian's lua5.4 repeats its input at the prompt, as readline does.
local function drop_echo(output, input)
  for line in input:gmatch("([^\n]*)\n") do
    local from, to = output:find("> " .. line .. "\n", 1, true)
    assert(from, "lua5.4 did not repeat " .. line)
    output = output:sub(1, from + 1) .. output:sub(to + 1)
  end
  return output
end

-- Lua's answer as neap would give it.
local function translate(answer, case)
  answer.errors = ("\n" .. answer.errors):gsub("\nlua5%.4:", "\nneap:"):sub(2)
  answer.output = answer.output:gsub("%f[%g]lua5%.4%f[^%g]", program)
  if case.prompt then
    answer.output = drop_echo(answer.output, case.input)
  end
  return answer
end

-- Drops what the programs say in their own words: versions and lists of
-- options.
local function drop_own_words(answer, case)
  if case.prompt then
    answer.output = answer.output:gsub("^[^\n]*\n", "")
  elseif case.first_line then
    answer.errors = answer.errors:match("^[^\n]*")
  end
  return answer
end

local function run_case(name, case)
  local function place(word)
    return (word:gsub("^(@?)@", "%1" .. folder .. "/"))
  end
  if case.script then
    write("script", case.script)
  end
  local words = { name }
  for i = 2, #case do
    words[i] = place(case[i])
  end
  local environment = {}
  for variable, value in pairs(case.environment or {}) do
    environment[variable] = place(value)
  end
  return run(words, case.input, environment)
end

describe("neap, as lua5.4,", function()
  for _, case in ipairs(cases) do
    it(case[1], function()
      local wanted = translate(run_case("lua5.4", case), case)
      local got = run_case(program, case)
      assert.same(drop_own_words(wanted, case), drop_own_words(got, case))
    end)
  end
end)

local function success(output)
  return { output = output, errors = "", how = "exit", code = 0 }
end

local function failure(errors)
  return { output = "", errors = errors, how = "exit", code = 1 }
end

describe("neap", function()
  local version = "^neap %d+%.%d+%.%d+ %(Lua 5%.4%.%d+, %w+%)\n$"

  it("tells its version and ends", function()
    for _, option in ipairs { "-v", "--version" } do
      local answer = run { program, option }
      assert.matches(version, answer.output)
      assert.same(success(answer.output), answer)
    end
  end)

  it("tells its version and goes on", function()
    local answer = run { program, "-v", "-e", "io.write('and code')" }
    local first = answer.output:match("^[^\n]*\n")
    assert.matches(version, first)
    assert.same(success(first .. "and code"), answer)
  end)

  it("lists its options", function()
    local answer = run { program, "--help" }
    assert.matches("^usage: neap ", answer.output)
    assert.same(success(answer.output), answer)
    local wrong = run { program, "-x" }
    assert.equal("neap: unrecognized option '-x'\n" .. answer.output,
      wrong.errors)
  end)

  it("is a prompt on a terminal", function()
    local answer = run({ "script", "-qec", "stty -echo; " .. program,
      "/dev/null" }, "1 + 1\nfor i = 1, 2 do\nend\n\4")
    local lines = answer.output:gsub("\r", "")
    assert.matches("neap %d[^\n]*\n> 2\n> >> > \n", lines)
  end)

  -- lua5.4 says "(null)" here.
  it("says what is missing when the prompt's input ends", function()
    local answer = run({ program, "-i" }, "for i = 1, 2 do\nprint(i)")
    assert.equal("stdin:2: 'end' expected (to close 'for' at line 1) "
      .. "near <eof>\n", answer.errors)
  end)

  local function run_with(variable, value)
    return run({ program, "-e", "print(require('neap').isa)" }, nil,
      { [variable] = value })
  end

  it("takes the instruction set from NEAP_ISA", function()
    assert.same(success("base\n"), run_with("NEAP_ISA", "base"))
  end)

  it("refuses an unknown NEAP_ISA", function()
    assert.same(failure("neap: unknown instruction set 'sse9'; "
      .. "wanted base, avx2 or avx512\n"), run_with("NEAP_ISA", "sse9"))
  end)

  it("refuses a NEAP_THREADS that is no number of threads", function()
    local message = "neap: NEAP_THREADS is '%s'; "
      .. "wanted a whole number from 1 to 1024\n"
    local values = { "", "0", "-1", "+1", "1.5", "x", "2x", " 2", "1025",
      "99999999999999999999999" }
    for _, value in ipairs(values) do
      assert.same(failure(message:format(value)),
        run_with("NEAP_THREADS", value))
    end
  end)

  it("carries its Lua files wherever it is moved", function()
    run { "cp", program, folder .. "/moved" }
    local answer = run({ folder .. "/moved", "-e", [[
      local neap, path = require "neap"
      print(path, neap._VERSION == "neap " .. require "neap.core".version)
      print(require "neap" == neap, type(require "neap.host"))]] }, nil,
      { LUA_PATH = "?.nothing", LUA_CPATH = "?.nothing" })
    assert.same(success(":preload:\ttrue\ntrue\ttable\n"), answer)
  end)

  it("names its Lua files in tracebacks", function()
    local answer = run { program, "-e", [[
      package.preload["neap.core"] = function() error("broken") end
      require "neap"]] }
    assert.matches("\n\tneap/init.lua:%d+: in main chunk\n", answer.errors)
  end)

  it("leaves no global behind", function()
    assert.same(success(""), run { program, "-e", [[
      local before = {}
      for name in pairs(_G) do before[name] = true end
      require "neap"
      require "neap.host"
      for name in pairs(_G) do
        if not before[name] then print(name) end
      end]] })
  end)

  it("loads modules in C", function()
    assert.same(success("function\n"),
      run { program, "-e", "print(type(require('lfs').dir))" })
  end)

  it("finds the modules of others where lua5.4 finds them", function()
    write("mine.lua", "return 'mine'")
    assert.same(success("mine\t" .. folder .. "/mine.lua\n"),
      run({ program, "-e", "print(require 'mine')" }, nil,
        { LUA_PATH = folder .. "/?.lua" }))
  end)
end)

local sanitized = (os.getenv("NEAP_SANITIZE") or "") ~= ""
local describe_in_stock_lua = sanitized and pending or describe

describe_in_stock_lua("the module for stock Lua", function()
  local sources = lfs.currentdir() .. "/lua/"

  local function run_stock(code, environment)
    environment.LUA_PATH = sources .. "?.lua;" .. sources .. "?/init.lua"
    environment.LUA_CPATH = program:gsub("[^/]*$", "") .. "module/?.so"
    return run({ "lua5.4", "-e", code }, nil, environment)
  end

  it("is neap", function()
    local code = [[
      local neap = require "neap"
      print(neap.isa, require "neap.host".threads())]]
    assert.same(success("base\t3\n"),
      run_stock(code, { NEAP_ISA = "base", NEAP_THREADS = "3" }))
  end)

  it("raises where the environment is wrong", function()
    local code = "print(pcall(require, 'neap'))"
    assert.same(success("false\tunknown instruction set 'sse9'; "
      .. "wanted base, avx2 or avx512\n"),
      run_stock(code, { NEAP_ISA = "sse9" }))
    assert.same(success("false\tNEAP_THREADS is 'none'; "
      .. "wanted a whole number from 1 to 1024\n"),
      run_stock(code, { NEAP_THREADS = "none" }))
  end)
end)
