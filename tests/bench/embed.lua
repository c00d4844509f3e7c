-- tests/bench/embed.lua -- what neap costs a program that takes it in; each
-- case names its unit and, in brackets, what is wanted.
--
--   neap tests/bench/embed.lua BUILD
local host = require "neap.host"

local build = assert(arg[1])

local function say(case, number)
  print(("neap\t%s\t%.6g"):format(case, number))
end

local function run(words)
  words.stdout = "pipe"
  local process <close> = assert(host.start(words))
  local output = process:read()
  assert(process:wait() == "exit", table.concat(words, " "))
  return output
end

-- ---------------------------------------------------------------- require

-- By stock Lua, with the loadable module and the Lua files: that is more than
-- a host does which has neap in it. The least of some: what disturbs only adds.
local function measure_require()
  local code = [[
    collectgarbage()
    collectgarbage "stop"
    local before, start = collectgarbage "count", os.clock()
    require "neap"
    io.write(os.clock() - start, " ", collectgarbage "count" - before)]]
  local best, most = math.huge, 0
  for _ = 1, 20 do
    local seconds, kilobytes = run {
      "env", "LUA_PATH=lua/?.lua;lua/?/init.lua",
      "LUA_CPATH=" .. build .. "/module/?.so", "lua5.4", "-e", code,
    }:match("(%S+) (%S+)")
    best = math.min(best, tonumber(seconds))
    most = math.max(most, tonumber(kilobytes))
  end
  say("require, ms (3)", 1000 * best)
  say("require, MB of Lua (1)", most / 1024)
end

-- ------------------------------------------------------------------- calls

local neap = require "neap"

local function nanoseconds(call)
  local best = math.huge
  for _ = 1, 20 do
    local start = host.clock()
    for _ = 1, 20000 do call() end
    best = math.min(best, (host.clock() - start) / 20000)
  end
  return 1e9 * best
end

-- The kernel's time on 64 rows is what 64 more rows cost a call that has many.
local function measure_calls()
  local focal = neap.loss.focal { gamma = 2 }
  local function gradient_of(n)
    local x, y, out = neap.zeros(n), neap.zeros(n), neap.zeros(n)
    for i = 1, n do x[i], y[i] = i % 7 - 3, i % 2 end
    return nanoseconds(function() focal:gradient(x, y, nil, out) end)
  end
  local kernel = (gradient_of(4096) - gradient_of(2048)) / 32
  say("64 rows, ns above the kernel (300)", gradient_of(64) - kernel)
  local x, y, out = neap.zeros(64), neap.zeros(64), neap.zeros(64)
  collectgarbage()
  collectgarbage()
  local before = collectgarbage "count"
  for _ = 1, 1000000 do focal:gradient(x, y, nil, out) end
  collectgarbage()
  say("a million calls, bytes more (0)",
    math.max(0, 1024 * (collectgarbage "count" - before)))
end

-- ------------------------------------------------------------------- sizes

local source = build .. "/amalgamation/neap.c"

-- With what a program can reach, and without tables for exceptions, which C has
-- none of.
local function measure_library(name, options)
  local path = build .. "/bench/embed.so"
  local words = { "cc", "-O2", "-fno-asynchronous-unwind-tables",
    "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-shared",
    "-fPIC", "-s", source, "-lm", "-o", path }
  table.move(options, 1, #options, #words + 1, words)
  run(words)
  local file <close> = assert(io.open(path, "rb"))
  say(name, file:seek("end") / 1000)
end

-- ------------------------------------------------------------------- neap.c

-- The least numbers of some runs of a benchmark program, by case.
local function least_of(program)
  local least = {}
  for _ = 1, 3 do
    for case, number in run { program }:gmatch "neap\t([^\t\n]+)\t(%S+)" do
      least[case] = math.min(least[case] or math.huge, tonumber(number))
    end
  end
  return least
end

-- How many times as long as the build by CMake, which `ninja benches` makes,
-- the one file takes at -O2: every loss of a logit, and 121 points.
local function measure_single(compiler)
  if not io.open("/usr/bin/" .. compiler) then
    print("no " .. compiler .. " here to compile neap.c by")
    return
  end
  local object = ("%s/bench/neap_%s.o"):format(build, compiler)
  run { compiler, "-O2", "-c", source, "-o", object }
  for _, name in ipairs { "losses_bench", "grid_bench" } do
    local program = ("%s/bench/%s_%s"):format(build, name, compiler)
    run { compiler, "-O2", "-std=c11", "-Isrc", "-Itests/bench",
      ("tests/bench/%s.c"):format(name), object, "-lm", "-o", program }
    local by_cmake, by_file = least_of(build .. "/" .. name), least_of(program)
    local sum, count, most, worst = 0, 0, 0, nil
    for case, number in pairs(by_file) do
      local ratio = number / by_cmake[case]
      sum, count = sum + math.log(ratio), count + 1
      if ratio > most then most, worst = ratio, case end
    end
    local title = ("%s of neap.c by %s -O2, times CMake's"):format(name,
      compiler)
    say(title .. ", mean", math.exp(sum / count))
    say(("%s, most: %s"):format(title, worst), most)
  end
end

-- ------------------------------------------------------------------- frames

local function measure_frames()
  local output = run { build .. "/game", "scripts/embed/game.lua", "20" }
  say("slices of 2 ms, % below 2.5 ms (99.9)",
    tonumber(output:match("slices, ([%d.]+) %% below")))
end

measure_require()
measure_calls()
measure_frames()
measure_library("stripped library, one instruction set, kB (400)",
  { "-DNEAP_BASE_ONLY" })
measure_library("stripped library, all of them, kB (1200)", {})
measure_single "gcc"
measure_single "clang"
