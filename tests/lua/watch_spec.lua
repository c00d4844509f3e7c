-- neap watch and neap report: a study in a store, looked at from outside.
local data_of = dofile "tests/lua/page_data.lua"
local lfs = require "lfs"
local scratch = dofile "tests/lua/scratch.lua"

local objective = [[
  local study = neap.study { name = "grid <1>", store = arg[1], seed = 4,
    search = neap.search.grid { a = { 1, 2, 3 }, b = { 0.5, 1 } },
    objective = function(trial) return trial.params.a * trial.params.b end,
    direction = "maximize" }
  assert(study:run { quiet = true, trials = tonumber(arg[2]) })
]]

local training = [[
  local study = neap.study { name = "losses", store = arg[1], datasets = 2,
    data = neap.data.recipe("gaussians", { n = 300, prior = 0.3 }),
    loss = function(p)
      return neap.loss.focal { alpha = p.alpha, gamma = p.gamma }
    end,
    search = neap.search.grid { alpha = { false, 0.3 }, gamma = { 0, 1 } } }
  assert(study:run { quiet = true })
  print(study:best().value)
]]

describe("neap", function()
  local folder = scratch(before_each, after_each)

  local function make(script, ...)
    local path = folder:write("study.lua", "local neap = require 'neap'\n"
      .. script)
    local code, output, wrong = folder:run(path, folder:path("s.db"), ...)
    assert.equal(0, code, wrong)
    return output
  end

  it("watch shows the heatmap, the best and how much there is", function()
    make(objective, "5")
    local code, output = folder:run("watch", folder:path("s.db"), "--once")
    assert.equal(0, code)
    assert.matches("^study 'grid <1>', maximize: 5 of 6 points %(83.3 %%%), "
      .. "0 running\n", output)
    assert.matches("\nbest so far: 2, a 2, b 1 %(trial 3%)\n", output)
    -- The products, of which the sixth is not there.
    assert.matches("\n0.5 | 0.50  1.00  1.50\n  1 | 1.00  2.00     %-\n",
      output, 1)
    assert.not_matches("\27", output)
  end)

  it("watch ends when there is nothing to wait for", function()
    make(objective)
    local code, output = folder:run("watch", folder:path("s.db"))
    assert.equal(0, code)
    local _, times = output:gsub("6 of 6 points", "")
    assert.equal(1, times)
  end)

  it("watch goes on until then, or until Ctrl-C", function()
    make(objective, "2")
    local process <close> = folder:start { "watch", folder:path("s.db"),
      "--every", "0.01", stdout = "pipe" }
    assert.matches("2 of 6", process:read("l"))
    make(objective) -- the rest
    assert.matches("6 of 6 points", process:read("a"))
    assert.same({ "exit", 0 }, { process:wait() })
  end)

  it("watch shows studies that compare losses", function()
    local best = tonumber(make(training))
    local code, output = folder:run("watch", folder:path("s.db"), "--once")
    assert.equal(0, code)
    assert.matches("4 of 4 points", output)
    assert.matches("average_precision", output)
    assert.near(best, tonumber(output:match("best so far: ([%d.]+)")), 1e-6)
  end)

  it("report writes a study of losses as one page", function()
    local best = tonumber(make(training))
    local path = folder:path("x.html")
    local code, output = folder:run("report", folder:path("s.db"), "losses",
      "-o", path)
    assert.equal(0, code)
    assert.equal(path .. "\n", output)
    local html = folder:read("x.html")
    assert.matches("<h1>losses</h1>", html)
    assert.matches("Left out: curves are of fits that are trained again", html)
    assert.matches("script SHA%-256 %x+", html)
    local data, most = data_of(html), 0
    assert.equal("alpha off, gamma 0", data.table.rows[1].cells[1])
    for i = 1, 4 do most = math.max(most, data.table.rows[i].cells[2]) end
    assert.near(best, most, 1e-6)
  end)

  it("report writes a study of any objective, and names the page", function()
    make(objective, "4")
    local here = lfs.currentdir()
    local program = folder.program:match("^/") and folder.program
      or here .. "/" .. folder.program
    local code, output = folder:run("-e", ("os.exit(os.execute('cd %s && "
      .. "%s report s.db'))"):format(folder.folder, program))
    assert.equal(0, code)
    assert.equal("grid--1-.html\n", output)
    local html = folder:read("grid--1-.html")
    assert.matches("The study is unfinished: 4 of 6 points", html)
    assert.matches("<h1>grid &lt;1&gt;</h1>", html)
    local data = data_of(html)
    assert.equal(4, #data.table.rows)
    assert.equal("heatmap", data.figures.heatmap.kind)
    for i, row in ipairs(data.table.rows) do
      local a, b = row.cells[1]:match("a ([%d.]+), b ([%d.]+)")
      assert.near(a * b, row.cells[3], 1e-9)
      assert.equal(i - 1, row.cells[2])
    end
  end)

  it("says what it does not understand", function()
    make(objective)
    local store = folder:path("s.db")
    for _, case in ipairs {
      { "usage: neap watch", "watch" },
      { "unknown option '%-%-forever'", "watch", store, "--forever" },
      { "--every is 0; wanted seconds, more than 0", "watch", store,
        "--every", "0" },
      { "has no study 'x'; it has grid", "watch", store, "x" },
      { "usage: neap report", "report" },
      { "report: %-o has no path", "report", store, "-o" },
      { "has no study 'x'; it has grid", "report", store, "x" },
      { "No such file", "report", store, "-o", "/no/such/folder/x.html" },
    } do
      local code, _, wrong = folder:run(table.unpack(case, 2))
      assert.equal(1, code)
      assert.matches(case[1], wrong)
    end
  end)
end)
