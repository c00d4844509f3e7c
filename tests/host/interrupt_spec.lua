-- tests/host/interrupt_spec.lua -- what Ctrl-C does to a running script.
local host = require "neap.host"
local lfs = require "lfs"

local program = os.getenv("NEAP_PROGRAM") or "build/neap"
local interrupt = 2 -- SIGINT

-- The endless loops below call the system, because ThreadSanitizer, with which
-- this is run too, holds signals back until a program does.

-- Starts code that says "ready", and waits until it has.
local function start(code, command)
  command = command or { program, "-e" }
  command[#command + 1] = [[
    io.stdout:setvbuf("line")
    local host = require "neap.host"
  ]] .. code
  command.stdout, command.stderr = "pipe", "pipe"
  local process = assert(host.start(command))
  assert.equal("ready", process:read("l"))
  return process
end

-- Gives lines to the prompt, whose first has no value to show; waits as above.
local function start_prompt(lines)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write("_PROMPT = ''\n", lines, "\n")
  file:close()
  local process = assert(host.start {
    program, "-i", stdin = path, stdout = "pipe", stderr = "pipe" })
  process:read("l") -- the version
  assert.equal("> ready", process:read("l"))
  os.remove(path)
  return process
end

-- Sends Ctrl-C; then the process must say that.
local function interrupt_and_read(process, line)
  assert.is_true(process:kill(interrupt))
  assert.equal(line, process:read("l"))
end

local function check_end(process, how, code)
  assert.is_nil(process:read("l"))
  assert.same({ how, code }, { process:wait() })
end

describe("the first Ctrl-C", function()
  it("raises in the script", function()
    local process <close> = start [[print "ready" while true do os.time() end]]
    assert.is_true(process:kill(interrupt))
    check_end(process, "exit", 1)
    assert.matches("^neap: [^\n]*interrupted!\nstack traceback:\n",
      process:stderr():read("a"))
  end)

  it("can be caught by pcall", function()
    local process <close> = start [[
      print(pcall(function() print "ready" while true do os.time() end end))
      os.exit(4)]]
    assert.is_true(process:kill(interrupt))
    assert.matches("^false\t.*interrupted!$", process:read("l"))
    check_end(process, "exit", 4)
  end)

  it("stops the wait for another process", function()
    local process <close> = start [[
      local other = host.start { "sleep", 100 }
      local function wait()
        print "ready"
        other:wait()
      end
      print(pcall(wait) or "stopped")
      other:kill()
      print(other:wait())]]
    interrupt_and_read(process, "stopped")
    assert.equal("signal\t15", process:read("l"))
    check_end(process, "exit", 0)
  end)

  it("stops a statement at the prompt, which goes on", function()
    local process <close> = start_prompt [[
print "ready" io.flush() while true do os.time() end
print "after"]]
    interrupt_and_read(process, "after")
    assert.equal("", process:read("l"))
    check_end(process, "exit", 0)
    assert.matches("^[^\n]*interrupted!\nstack traceback:\n",
      process:stderr():read("a"))
  end)
end)

describe("the second Ctrl-C", function()
  it("kills a script that goes on", function()
    local process <close> = start [[
      local function run() print "ready" while true do os.time() end end
      print(pcall(run) or "first")
      while true do os.time() end]]
    interrupt_and_read(process, "first")
    assert.is_true(process:kill(interrupt))
    check_end(process, "signal", interrupt)
  end)

  it("kills a script that catches interrupts", function()
    local process <close> = start [[
      host.catch_interrupts(true)
      print "ready"
      repeat host.clock() until host.interrupted()
      print "first"
      while true do os.time() end]]
    interrupt_and_read(process, "first")
    assert.is_true(process:kill(interrupt))
    check_end(process, "signal", interrupt)
  end)
end)

describe("host.catch_interrupts", function()
  it("makes the first Ctrl-C a flag", function()
    local process <close> = start [[
      host.catch_interrupts(true)
      assert(host.interrupted() == false)
      print "ready"
      repeat host.clock() until host.interrupted()
      host.catch_interrupts(false)
      print(host.interrupted())]]
    interrupt_and_read(process, "true")
    check_end(process, "exit", 0)
    assert.equal("", process:stderr():read("a"))
  end)

  it("nests", function()
    local process <close> = start [[
      host.catch_interrupts(true)
      host.catch_interrupts(true)
      host.catch_interrupts(false)
      print "ready"
      repeat host.clock() until host.interrupted()
      host.catch_interrupts(false)
      host.catch_interrupts(false)
      print "done"]]
    interrupt_and_read(process, "done")
    check_end(process, "exit", 0)
  end)

  it("starts anew each time, and the next Ctrl-C raises", function()
    local process <close> = start [[
      host.catch_interrupts(true)
      print "ready"
      repeat host.clock() until host.interrupted()
      host.catch_interrupts(false)
      host.catch_interrupts(true)
      assert(not host.interrupted())
      host.catch_interrupts(false)
      local function run() print "again" while true do os.time() end end
      print(pcall(run) or "raised")]]
    interrupt_and_read(process, "again")
    interrupt_and_read(process, "raised")
    check_end(process, "exit", 0)
  end)

  it("ends with the statement at the prompt", function()
    local process <close> = start_prompt [[
require "neap.host".catch_interrupts(true) error "left behind"
print "ready" io.flush() while true do os.time() end
print "after"]]
    interrupt_and_read(process, "after")
    assert.equal("", process:read("l"))
    check_end(process, "exit", 0)
  end)

  local sanitized = (os.getenv("NEAP_SANITIZE") or "") ~= ""
  local it_in_stock_lua = sanitized and pending or it

  it_in_stock_lua("gives stock Lua its own handler back", function()
    local folder = lfs.currentdir() .. "/lua/"
    local command = { "env",
      "LUA_PATH=" .. folder .. "?.lua;" .. folder .. "?/init.lua",
      "LUA_CPATH=" .. program:gsub("[^/]*$", "") .. "module/?.so",
      "lua5.4", "-l", "neap", "-e" }
    local process <close> = start([[
      host.catch_interrupts(true)
      print "ready"
      repeat host.clock() until host.interrupted()
      host.catch_interrupts(false)
      local function run() print "again" while true do os.time() end end
      print(pcall(run) or "raised")]], command)
    interrupt_and_read(process, "again")
    interrupt_and_read(process, "raised")
    check_end(process, "exit", 0)
  end)

  it("refuses what is no boolean", function()
    assert.error_matches(function() host.catch_interrupts() end,
      "bad argument #1.*boolean expected")
    host.catch_interrupts(false) -- without a true before it: nothing happens
    assert.is_false(host.interrupted())
  end)
end)
