-- tests/host/process_spec.lua -- programs started from a script.
local host = require "neap.host"
local lfs = require "lfs"

local function read_file(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a")
end

local function write_file(path, text)
  local file <close> = assert(io.open(path, "wb"))
  file:write(text)
end

-- Runs a command to its end; returns its output, if piped, and how it ended.
local function run(command)
  command.stdout = command.stdout or "pipe"
  local process <close> = assert(host.start(command))
  return process:stdout() and process:read(), process:wait()
end

local function count_descriptors()
  collectgarbage()
  collectgarbage() -- a process that still ran is looked at again
  local count = 0
  for _ in lfs.dir("/proc/self/fd") do
    count = count + 1
  end
  return count
end

describe("host.start", function()
  local path

  before_each(function() path = os.tmpname() end)
  after_each(function() os.remove(path) end)

  it("gives the output and the exit code", function()
    local output, how, code = run { "sh", "-c", "echo out; exit 7" }
    assert.same({ "out\n", "exit", 7 }, { output, how, code })
  end)

  it("hands each word on as it is", function()
    local words = { "a b", "", "$HOME", "'", '"', "*", "\\", "x\ny", "-n" }
    local output = run { "printf", "[%s]", table.unpack(words) }
    assert.equal("[" .. table.concat(words, "][") .. "]", output)
  end)

  it("takes numbers as words", function()
    assert.equal("12 0.5\n", (run { "echo", 12, 0.5 }))
  end)

  it("reads standard input from a file", function()
    write_file(path, "one\ntwo\n")
    assert.equal("one\ntwo\n", (run { "cat", stdin = path }))
  end)

  it("empties the file that it writes", function()
    write_file(path, ("x"):rep(1000))
    run { "echo", "new", stdout = path }
    assert.equal("new\n", read_file(path))
  end)

  it("writes both streams to one file in their order", function()
    run { "sh", "-c", "echo 1; echo 2 >&2; echo 3",
      stdout = path, stderr = "stdout" }
    assert.equal("1\n2\n3\n", read_file(path))
  end)

  it("reads nothing from null and writes nothing to it", function()
    assert.equal("", (run { "cat", stdin = "null" }))
    local output, how, code = run { "sh", "-c", "echo x >&2", stderr = "null" }
    assert.same({ "", "exit", 0 }, { output, how, code })
  end)

  it("has pipes for both outputs", function()
    local process <close> = assert(host.start {
      "sh", "-c", "echo out; echo err >&2", stdout = "pipe", stderr = "pipe" })
    assert.equal("out\n", process:stdout():read("a"))
    assert.equal("err\n", process:stderr():read("a"))
    assert.equal("file (0x", tostring(process:stderr()):sub(1, 8))
  end)

  it("reads a pipe as a Lua file is read", function()
    local process <close> = assert(host.start {
      "printf", "1 2\\nx\\ny\\n", stdout = "pipe" })
    assert.same({ 1, 2 }, { process:read("n", "n") })
    assert.equal("\n", process:read("L"))
    local lines = {}
    for line in process:stdout():lines() do
      lines[#lines + 1] = line
    end
    assert.same({ "x", "y" }, lines)
    assert.is_nil(process:read("l"))
    assert.is_true(process:stdout():close())
  end)

  it("reads more than a pipe holds", function()
    assert.equal(1000000, #run { "head", "-c", 1000000, "/dev/zero" })
  end)

  it("has no files for streams that are no pipes", function()
    local process <close> = assert(host.start { "true" })
    assert.is_nil(process:stdout())
    assert.is_nil(process:stderr())
    assert.error_matches(function() process:read() end, "stdout is no pipe")
  end)

  it("gives the process no other descriptor", function()
    local file <close> = assert(io.open(path))
    local output = run { "ls", "/proc/self/fd" }
    assert.truthy(file)
    assert.equal("0\n1\n2\n3\n", output) -- 3: the folder that ls reads
  end)

  it("keeps no descriptor of its own", function()
    local before = count_descriptors()
    for _ = 1, 20 do
      run { "true" }
      host.start { "/nosuch/program", stdout = "pipe", stderr = "pipe" }
      host.start { "true", stdout = "pipe", stderr = "/nosuch/file" }
    end
    assert.equal(before, count_descriptors())
  end)

  local function check_failure(command, message, code)
    local results = table.pack(host.start(command))
    assert.same({ nil, message, code, n = 3 }, results)
  end

  it("says why a program can't start", function()
    check_failure({ "nosuch-program", stdout = "pipe" },
      "can't start nosuch-program: No such file or directory", "ENOENT")
    check_failure({ "/etc/passwd" },
      "can't start /etc/passwd: Permission denied", "EACCES")
  end)

  it("says which file can't be opened", function()
    check_failure({ "true", stdin = "/nosuch/in" },
      "can't open /nosuch/in: No such file or directory", "ENOENT")
    check_failure({ "true", stdout = "/" },
      "can't open /: Is a directory", "EISDIR")
  end)

  it("refuses unknown options and names the nearest", function()
    assert.error_matches(function() host.start { "true", stdou = path } end,
      "bad argument #1.*unknown option 'stdou'; did you mean 'stdout'%?")
    assert.error_matches(function() host.start { "true", environment = {} } end,
      "bad argument #1.*unknown option 'environment'")
  end)

  it("refuses commands that make no sense", function()
    local wrong = {
      { "table expected", "true" },
      { "no command", {} },
      { "each word must be a string without zeros, got table",
        { "echo", {} } },
      { "each word must be a string without zeros, got string",
        { "echo", "a\0b" } },
      { "words have a gap", { "echo", [3] = "b" } },
      { "option names are strings", { "echo", [true] = "b" } },
      { "stdout must be a string without zeros, got boolean",
        { "echo", stdout = true } },
    }
    for _, row in ipairs(wrong) do
      assert.error_matches(function() host.start(row[2]) end, row[1])
    end
  end)
end)

describe("a process", function()
  it("knows its number", function()
    local process <close> = assert(host.start {
      "sh", "-c", "echo $$", stdout = "pipe" })
    assert.equal(process:read("n"), process:pid())
  end)

  it("gives the same answers after its end", function()
    local process <close> = assert(host.start { "false" })
    for _ = 1, 3 do
      assert.same({ "exit", 1 }, { process:wait() })
      assert.same({ "exit", 1 }, { process:wait(0) })
    end
    local message = "can't signal process %d: No such process"
    assert.same({ nil, message:format(process:pid()), "ESRCH" },
      { process:kill() })
    assert.matches("^neap.Process %(pid %d+, ended%)$", tostring(process))
  end)

  it("is waited for as long as was said", function()
    local process <close> = assert(host.start { "sleep", 100 })
    assert.same({ nil, "timeout" }, { process:wait(0) })
    local start = host.clock()
    assert.same({ nil, "timeout" }, { process:wait(0.02) })
    assert.is_true(host.clock() - start >= 0.02)
    assert.matches("running", tostring(process))
    assert.is_true(process:kill())
    assert.same({ "signal", 15 }, { process:wait() })
  end)

  it("takes other signals", function()
    local process <close> = assert(host.start { "sleep", 100 })
    assert.is_true(process:kill(9))
    assert.same({ "signal", 9 }, { process:wait(60) })
  end)

  it("refuses what makes no sense", function()
    local process <close> = assert(host.start { "true" })
    assert.error_matches(function() process:wait(-1) end,
      "bad argument #1.*0 or more")
    assert.error_matches(function() process:wait(0 / 0) end, "0 or more")
    assert.error_matches(function() process:kill(0) end, "no such signal")
    assert.error_matches(function() process:kill(1000) end, "no such signal")
    assert.error_matches(function() process.wait({}) end,
      "neap.Process expected")
    assert.equal("neap.Process", getmetatable(process))
  end)

  -- The state letter in /proc, or nil where there is no such process.
  local function read_state(pid)
    local file <close> = io.open("/proc/" .. pid .. "/stat")
    return file and file:read("a"):match("%) (%a)")
  end

  local function forget_process()
    local process = assert(host.start { "sleep", 100 })
    return process:pid()
  end

  it("runs on when it is forgotten, and leaves no zombie", function()
    local pid = forget_process()
    collectgarbage()
    collectgarbage()
    assert.matches("[RSD]", read_state(pid))
    run { "kill", pid }
    local deadline = host.clock() + 60
    while read_state(pid) and host.clock() < deadline do
      collectgarbage()
    end
    assert.is_nil(read_state(pid))
  end)

  it("runs on when its variable is closed", function()
    local process
    do
      local closed <close> = assert(host.start { "sleep", 100 })
      process = closed
    end
    assert.same({ nil, "timeout" }, { process:wait(0) })
    process:kill()
    assert.same({ "signal", 15 }, { process:wait() })
  end)
end)
