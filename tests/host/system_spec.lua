-- tests/host/system_spec.lua -- the clock, the machine and the terminal.
local host = require "neap.host"

local program = os.getenv("NEAP_PROGRAM") or "build/neap"

local function run(...)
  local process <close> = assert(host.start {
    stdin = "null", stdout = "pipe", ... })
  local output = process:read()
  assert.same({ "exit", 0 }, { process:wait() })
  return output
end

describe("host.now and host.utc", function()
  it("agree with Lua's clock to the second", function()
    -- time() of the C library may be some milliseconds late.
    local before, now, after = os.time(), host.now(), os.time()
    assert.equal("integer", math.type(now))
    assert.is_true(before <= now // 1000000)
    assert.is_true((now - 100000) // 1000000 <= after)
    assert.equal(os.date("!%Y-%m-%d %H:%M:%S", now // 1000000),
      host.utc(now):sub(1, 19))
  end)

  it("write moments with six digits of a second", function()
    assert.equal("1970-01-01 00:00:00.000000", host.utc(0))
    assert.equal("1970-01-01 00:00:00.000001", host.utc(1))
    assert.equal("1969-12-31 23:59:59.999999", host.utc(-1))
    assert.equal("1969-12-31 23:59:59.000000", host.utc(-1000000))
    assert.equal("2000-02-29 12:34:56.789000", host.utc(951827696789000))
    assert.equal("0000-01-01 00:00:00.000000", host.utc(-62167219200000000))
    assert.equal("9999-12-31 23:59:59.999999", host.utc(253402300799999999))
    assert.equal("dddd-dd-dd dd:dd:dd.dddddd", (host.utc():gsub("%d", "d")))
  end)

  it("refuse years that four digits can't show", function()
    local moments = {
      253402300800000000, -62167219200000001, math.maxinteger, math.mininteger }
    for _, moment in ipairs(moments) do
      assert.error_matches(function() host.utc(moment) end,
        "bad argument #1.*years 0 to 9999")
    end
    assert.error_matches(function() host.utc(0.5) end, "bad argument #1")
  end)
end)

describe("host.clock", function()
  it("never goes back", function()
    local last = host.clock()
    for _ = 1, 1000 do
      local now = host.clock()
      assert.is_true(now >= last)
      last = now
    end
  end)
end)

describe("the machine", function()
  it("has the name that uname tells", function()
    assert.equal(run("uname", "-n"), host.name() .. "\n")
  end)

  it("has the cores that nproc counts", function()
    local count = run("env", "-u", "OMP_NUM_THREADS", "-u", "OMP_THREAD_LIMIT",
      "nproc")
    assert.equal(tonumber(count), host.cores())
  end)

  it("has a thread for each core, or as many as NEAP_THREADS says", function()
    local code = [[print(require "neap.host".threads())]]
    local function count(...)
      local words = { "env", "-u", "NEAP_THREADS", ... }
      table.move({ program, "-e", code }, 1, 3, #words + 1, words)
      return tonumber(run(table.unpack(words)))
    end
    assert.equal(host.cores(), count())
    assert.equal(1, count("taskset", "-c", "0"))
    assert.equal(3, count("NEAP_THREADS=3"))
  end)
end)

describe("host.terminal", function()
  local code = [[
    local host = require "neap.host"
    for _, stream in ipairs { "stdout", "stderr" } do
      local terminal = host.terminal(stream)
      if terminal then
        print(stream, terminal.columns, terminal.rows, terminal.colour)
      else
        print(stream, terminal)
      end
    end
  ]]

  local function shell_quote(text)
    return "'" .. text:gsub("'", "'\\''") .. "'"
  end

  -- What the code prints on a terminal of that size, stderr being no terminal.
  local function run_on_terminal(size, ...)
    local words = { "stty", size, "&& env", ... }
    table.move({ program, "-e", shell_quote(code), "2>/dev/null" }, 1, 4,
      #words + 1, words)
    local command = table.concat(words, " ")
    return (run("script", "-qec", command, "/dev/null"):gsub("\r", ""))
  end

  it("is nil where there is none", function()
    assert.equal("stdout\tnil\nstderr\tnil\n",
      run("sh", "-c", program .. " -e " .. shell_quote(code) .. " 2>/dev/null"))
  end)

  it("knows its size", function()
    assert.equal("stdout\t101\t33\ttrue\nstderr\tnil\n",
      run_on_terminal("rows 33 columns 101", "-u NO_COLOR", "TERM=xterm"))
  end)

  it("has 80 columns and 24 rows where nobody knows", function()
    assert.matches("^stdout\t80\t24\t", run_on_terminal("rows 0 columns 0"))
  end)

  it("has UTF-8 where the locale says so", function()
    local function unicode(...)
      return (run("script", "-qec", table.concat({ "env", ..., program, "-e",
        shell_quote "print(require('neap.host').terminal().unicode)" }, " "),
        "/dev/null"):match("%a+"))
    end
    assert.equal("true", unicode("LC_ALL=C.UTF-8"))
    assert.equal("false", unicode("LC_ALL=C"))
    assert.equal("true", unicode("-u LC_ALL LC_CTYPE=en_US.utf8"))
  end)

  it("has no colour for dumb terminals and where NO_COLOR is set", function()
    local function colour(...)
      return run_on_terminal("rows 24 columns 80", ...):match("24\t(%a+)")
    end
    assert.equal("true", colour("TERM=xterm", "NO_COLOR="))
    assert.equal("false", colour("TERM=xterm", "NO_COLOR=1"))
    assert.equal("false", colour("-u NO_COLOR", "TERM=dumb"))
    assert.equal("false", colour("-u NO_COLOR", "TERM="))
    assert.equal("false", colour("-u NO_COLOR", "-u TERM"))
  end)

  it("refuses other streams", function()
    assert.error_matches(function() host.terminal("stdin") end,
      "bad argument #1.*got 'stdin'")
  end)
end)
