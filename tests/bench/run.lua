-- tests/bench/run.lua -- runs benchmarks: neap and its peers in turn, several
-- rounds, medians. For scripts/bench, which builds what this needs.
--
-- A side is a program that prints lines "series<TAB>case<TAB>number"; the
-- series "neap" is ours, every other one is a peer's name. A ratio is how
-- many times faster neap is.
local host = require "neap.host"

local build = assert(arg[1], "usage: scripts/bench [NAME ...] [--json]")
local python = build .. "/peers/bin/python"

local benches = {
  loss = {
    title = "focal loss, value and gradient, float32, one thread",
    unit = "ns an element",
    sides = {
      { build .. "/loss_bench" },
      { python, "tests/bench/loss_torchvision.py" },
    },
  },
  report = {
    title = "figures and reports",
    unit = "ms",
    sides = {
      { build .. "/neap", "tests/bench/report.lua", build .. "/bench" },
    },
  },
  losses = {
    title = "losses of one logit, value and gradient, 65,536 rows, float32, "
      .. "one thread",
    unit = "ns an element",
    sides = {
      { build .. "/losses_bench" },
      { python, "tests/bench/losses_torch.py" },
    },
  },
  scripted = {
    title = "focal written in Lua, value and gradient, float32, one thread",
    unit = "ns an element",
    sides = {
      { build .. "/neap", "tests/bench/scripted.lua", build .. "/bench" },
      { "/usr/bin/lua5.4", "tests/bench/scripted_loop.lua" },
      { "/usr/bin/luajit", "tests/bench/scripted_loop.lua" },
      { python, "tests/bench/scripted_torch.py" },
    },
  },
  softmax = {
    title = "losses of classes, value and gradient, float32, one thread",
    unit = "ns a logit",
    sides = {
      { build .. "/softmax_bench" },
      { python, "tests/bench/softmax_torch.py" },
    },
  },
  lua = {
    title = "a call from Lua, and the same from C, one thread",
    unit = "ns a call",
    sides = {
      { build .. "/neap", "tests/bench/lua.lua" },
      { build .. "/lua_bench" },
    },
  },
  matmul = {
    title = "the products of lockstep training, float32, one thread",
    unit = "GFLOP/s",
    larger_is_faster = true,
    sides = {
      { build .. "/matmul_bench" },
      { python, "tests/bench/matmul_numpy.py" },
    },
  },
  read = {
    title = "files of 1 M rows x 20 numbers as data sets, and .npy opened, one "
      .. "thread",
    unit = "s",
    sides = {
      { build .. "/neap", "tests/bench/read.lua", build .. "/bench" },
      { python, "tests/bench/read_pandas.py", build .. "/bench" },
    },
  },
  generate = {
    title = "rows of two Gaussians, float32, with truth, one thread",
    unit = "s",
    sides = {
      { build .. "/generate_bench" },
      { python, "tests/bench/generate_numpy.py" },
    },
  },
  grid = {
    title = "121 points, 100,000 x 32 rows, 20 epochs of SGD, one thread",
    unit = "s",
    sides = {
      { build .. "/grid_bench", build .. "/bench" },
      { python, "tests/bench/grid_torch.py", build .. "/bench" },
    },
  },
  mlp = {
    title = "the same points, an mlp of 32 units, 4 epochs of Adam, one thread",
    unit = "s",
    sides = {
      { build .. "/mlp_bench", build .. "/bench" },
      { python, "tests/bench/mlp_torch.py", build .. "/bench" },
    },
  },
  metrics = {
    title = "metrics of 100,000 rows, 1 % positive, one thread",
    unit = "s",
    sides = {
      { build .. "/metrics_bench" },
      { python, "tests/bench/metrics_sklearn.py" },
    },
  },
  converged = {
    title = "fits of breast_cancer.csv to convergence, one thread",
    unit = "s",
    sides = {
      { build .. "/neap", "tests/bench/converged.lua" },
      { python, "tests/bench/converged_sklearn.py" },
    },
  },
  verdict = {
    title = "the verdict where the truth is known, and its time, one thread",
    unit = "what the line says",
    rounds = 1, -- shares of hundreds of studies, for ten minutes
    sides = { { build .. "/neap", "tests/bench/verdict.lua" } },
  },
  scale = {
    title = "5 epochs of SGD on 32 features: threads, points, rows",
    unit = "s",
    sides = { { build .. "/neap", "tests/bench/scale.lua", build .. "/neap",
      build .. "/bench" } },
  },
  store = {
    title = "a trial beside its objective, one process",
    unit = "ms",
    sides = {
      { build .. "/neap", "tests/bench/store.lua", build .. "/bench" },
      { python, "tests/bench/store_optuna.py", build .. "/bench" },
    },
  },
  faults = {
    title = "points that are wrong after kills and resumes",
    unit = "points",
    sides = {
      { build .. "/neap", "tests/bench/faults.lua", build .. "/neap",
        build .. "/bench" },
    },
  },
  embed = {
    title = "what neap costs a program that takes it in",
    unit = "as the case says, with what is wanted",
    sides = { { build .. "/neap", "tests/bench/embed.lua", build } },
  },
  program = {
    title = "whole programs, all cores",
    unit = "s",
    sides = { { build .. "/neap", "tests/bench/program.lua", build } },
  },
}

local order = {
  "loss", "losses", "scripted", "softmax", "lua", "matmul", "generate", "read",
  "grid", "mlp", "metrics", "converged", "verdict", "scale", "store",
  "embed", "program",
}

-- ------------------------------------------------------------ command line

local function fail(message)
  io.stderr:write("bench: ", message, "\n")
  os.exit(1)
end

local function read_command()
  local o, names = { json = false, rounds = 3 }, {}
  local i = 2
  while arg[i] do
    local word = arg[i]
    if word == "--json" then
      o.json = true
    elseif word == "--rounds" then
      i = i + 1
      o.rounds = math.tointeger(tonumber(arg[i]))
      if not o.rounds or o.rounds < 1 then
        fail("--rounds: wanted a whole number >= 1")
      end
    elseif benches[word] then
      names[#names + 1] = word
    else
      fail(("no benchmark '%s'; there are %s"):format(word,
        table.concat(order, ", ")))
    end
    i = i + 1
  end
  return o, #names > 0 and names or order
end

-- ---------------------------------------------------------------- measuring

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

-- Runs a side once and adds its numbers to results[series][case].
local function run_side(words, results)
  local command = { "env", stdout = "pipe" }
  if not words[2] or not words[2]:match("program") then
    command[2] = "NEAP_THREADS=1"
  end
  table.move(words, 1, #words, #command + 1, command)
  local process <close> = assert(host.start(command))
  for line in process:stdout():lines() do
    local series, case, number = line:match("^(.-)\t(.-)\t(%S+)$")
    if not series then fail("not a measurement: " .. line) end
    if not results[series] then
      results[series] = {}
      results[#results + 1] = series
    end
    local of = results[series]
    if not of[case] then
      of[case] = {}
      of[#of + 1] = case
    end
    table.insert(of[case], tonumber(number))
  end
  local how, code = process:wait()
  if how ~= "exit" or code ~= 0 then
    fail(("%s ended with %s %d"):format(words[#words], how, code))
  end
end

local function median(list)
  table.sort(list)
  local middle = #list // 2
  if #list % 2 == 1 then return list[middle + 1] end
  return (list[middle] + list[middle + 1]) / 2
end

local function measure(bench, rounds)
  local results = {}
  for _ = 1, bench.rounds or rounds do
    for _, words in ipairs(bench.sides) do
      if exists(words[1]) then
        run_side(words, results)
      else
        bench.missing = words[1]
      end
    end
  end
  return results
end

-- The rows of a benchmark: { case =, neap =, peer =, peer_name =, ratio = }.
local function rows_of(bench, results)
  local rows = {}
  for _, case in ipairs(results.neap) do
    local neap, has_peer = median(results.neap[case]), false
    for _, series in ipairs(results) do
      local numbers = series ~= "neap" and results[series][case]
      if numbers then
        local peer = median(numbers)
        has_peer = true
        rows[#rows + 1] = {
          case = case, neap = neap, peer = peer, peer_name = series,
          ratio = bench.larger_is_faster and neap / peer or peer / neap,
        }
      end
    end
    if not has_peer then rows[#rows + 1] = { case = case, neap = neap } end
  end
  return rows
end

-- ----------------------------------------------------------------- printing

local function json(value)
  if value == nil then return "null" end
  if type(value) == "number" then return ("%.6g"):format(value) end
  return '"' .. value:gsub('[\\"]', "\\%0") .. '"'
end

local function print_json(name, bench, rows)
  for _, row in ipairs(rows) do
    print(('{"bench": %s, "case": %s, "neap": %s, "peer": %s, '
      .. '"peer_name": %s, "ratio": %s, "unit": %s}'):format(json(name),
      json(row.case), json(row.neap), json(row.peer), json(row.peer_name),
      json(row.ratio), json(bench.unit)))
  end
end

local function print_text(name, bench, rows)
  print(("%s: %s, in %s"):format(name, bench.title, bench.unit))
  for _, row in ipairs(rows) do
    local line = ("  %-38s %9.4g"):format(row.case, row.neap)
    if row.peer then
      line = ("%s %9.4g x  %s (%.4g)"):format(line, row.ratio, row.peer_name,
        row.peer)
    end
    print(line)
  end
end

local o, names = read_command()
if not o.json then
  local neap = require "neap"
  print(("%s, %s; a ratio is how many times faster neap is")
    :format(neap._VERSION, neap.isa))
end
for _, name in ipairs(names) do
  local bench = benches[name]
  local rows = rows_of(bench, measure(bench, o.rounds))
  local show = o.json and print_json or print_text
  show(name, bench, rows)
  if bench.missing then
    io.stderr:write(("%s: no peer, for there is no %s; "
      .. "scripts/bench --peers installs it\n"):format(name, bench.missing))
  end
end
