-- Many processes on one store: lua/neap/workers.lua, --workers, --shard, merge,
-- show and export.
local host = require "neap.host"
local neap = require "neap"
local scratch = dofile "tests/lua/scratch.lua"(before_each, after_each)

local function at(name) return scratch:path(name) end
local function write(name, text) return scratch:write(name, text) end
local function read(name) return scratch:read(name) end
local function run(...) return scratch:run(...) end
local function query(name, text) return scratch:query(name, text) end

-- A script that runs a study of `size` points with some options of its run.
local function script(size, options, store)
  return write("study.lua", ([[
    local neap = require "neap"
    local values = {}
    for i = 1, %d do values[i] = i end
    local study = neap.study {
      name = "s", store = "%s",
      search = neap.search.grid { x = values },
      objective = function(trial) return 1 / trial.params.x end,
    }
    print "before"
    assert(study:run { quiet = true, %s })
    local counts = study:counts()
    print("after", counts.COMPLETE, counts.FAIL, counts.RUNNING)
    study:close()
  ]]):format(size, store or at "s.db", options or ""))
end

local each_point_once = "SELECT count(*), count(DISTINCT point), "
  .. "count(DISTINCT number), sum(state = 'COMPLETE') FROM trials "
  .. "JOIN neap_trial USING (trial_id)"

describe("workers", function()
  it("share a study; only the parent goes on", function()
    local code, output, errors = run("--workers", "4", script(400))
    assert.equal("", errors)
    assert.equal(0, code)
    assert.equal("before\nafter\t400\t0\t0\n", output)
    assert.same({ "400 400 400 400" }, query("s.db", each_point_once))
    assert.same({ "4" }, query("s.db", "SELECT count(*) FROM neap_worker"))
  end)

  it("are started by the run itself, too", function()
    local code, output = run(script(50, "workers = 3, batch = 7"))
    assert.equal(0, code)
    assert.equal("before\nafter\t50\t0\t0\n", output)
    assert.same({ "50 50 50 50" }, query("s.db", each_point_once))
    assert.same({ "3" }, query("s.db", "SELECT count(*) FROM neap_worker"))
  end)

  it("want a store and a script", function()
    local path = write("study.lua", [[
      local neap = require "neap"
      local study = neap.study {
        search = neap.search.grid { x = { 1 } }, objective = function() end,
      }
      print(study:run { workers = 2, quiet = true })
    ]])
    local _, output = run(path)
    assert.matches("^nil\tworkers share a store; give store = ", output)
    _, output = run("-e", [[
      local neap = require "neap"
      print(neap.study { search = neap.search.grid { x = { 1 } },
        objective = print }:run { workers = 2 })]])
    assert.matches("workers run a script, and there is none", output)
  end)

  it("that are killed leave nothing undone", function()
    local path = write("study.lua", ([[
      local neap, host = require "neap", require "neap.host"
      local values = {}
      for i = 1, 60 do values[i] = i end
      local study = neap.study {
        name = "s", store = "%s/s.db",
        search = neap.search.grid { x = values },
        objective = function(trial)
          host.sleep(0.01)
          return trial.params.x
        end,
      }
      assert(study:run { quiet = true })
      print(study:counts().COMPLETE)
    ]]):format(scratch.folder))
    local process <close> = scratch:start { "--workers", "3", path,
      stdout = "pipe" }
    -- Kill two of its workers while the study runs.
    local killed, own = {}, process:pid()
    repeat
      host.sleep(0.005)
      local db = host.sqlite(at "s.db", "write")
      for _, row in ipairs(db and db:rows("SELECT DISTINCT w.pid "
        .. "FROM neap_trial JOIN neap_worker w USING (worker_id)") or {}) do
        if row[1] ~= own and not killed[row[1]] then
          killed[row[1]] = true
          killed[#killed + 1] = row[1]
          assert(host.start { "kill", "-9", tostring(row[1]) }):wait()
        end
      end
      if db then db:close() end
    until #killed >= 2 or process:wait(0)
    assert.equal(2, #killed)
    assert.equal("60\n", process:read())
    assert.same({ "exit", 0 }, { process:wait() })
    assert.matches("worker %d+ ended with signal 9", read "stderr")
    assert.same({ "60 60 60 60" }, query("s.db", each_point_once))
  end)

  -- Kills the whole run again and again, at moments that the study's own
  -- progress gives, until it is complete.
  it("and parents that are killed at any moment resume", function()
    local path = script(200, "batch = 3")
    for _, least in ipairs { 1, 40, 90, 150 } do
      scratch:kill_at({ path, stdout = "null" }, "s.db",
        "SELECT count(*) FROM trials WHERE state = 'COMPLETE'", least)
    end
    local code, output = run(path)
    assert.equal(0, code)
    assert.equal("before\nafter\t200\t0\t0\n", output)
    assert.same({ "200 200 200 200" }, query("s.db", each_point_once))
    assert.same({}, query("s.db", "SELECT point FROM trials "
      .. "JOIN neap_trial USING (trial_id) JOIN trial_values USING (trial_id) "
      .. "WHERE value <> 1.0 / point OR datetime_complete IS NULL"))
  end)

  -- A file may not grow beyond what the shell allows: a disk that is full.
  it("say that there is no room, and go on when there is", function()
    local path = script(3000)
    local process <close> = assert(host.start { "sh", "-c",
      'trap "" XFSZ; ulimit -f 4000; exec "$@"', "sh", scratch.program, path,
      stdout = "null", stderr = at "stderr" })
    assert.same({ "exit", 1 }, { process:wait() })
    assert.matches("study.lua:%d+: store '.*s.db': disk I/O error",
      read "stderr")
    local before = tonumber(query("s.db", "SELECT count(*) FROM trials "
      .. "WHERE state = 'COMPLETE'")[1])
    assert.is_true(before > 10 and before < 3000)
    assert.same({}, query("s.db", "SELECT t.trial_id FROM trials t "
      .. "LEFT JOIN trial_values v USING (trial_id) "
      .. "WHERE (state = 'COMPLETE') <> (v.value IS NOT NULL)"))
    local _, output = run(path)
    assert.equal("before\nafter\t3000\t0\t0\n", output)
    assert.same({ "3000 3000 3000 3000" }, query("s.db", each_point_once))
  end)

  it("create a study at the same moment", function()
    local path = script(300)
    local processes = {}
    for i = 1, 6 do
      processes[i] = assert(host.start { scratch.program, path, stdout = "null",
        stderr = at "stderr" })
    end
    for _, process in ipairs(processes) do
      assert.same({ "exit", 0 }, { process:wait() })
    end
    assert.same({ "300 300 300 300" }, query("s.db", each_point_once))
    assert.same({ "1" }, query("s.db", "SELECT count(*) FROM studies"))
  end)
end)

describe("shards", function()
  it("work on their shares into files of their own, and are merged", function()
    local path = script(20)
    for i = 1, 3 do
      local code, output = run("--shard", i .. "/3", path)
      assert.equal(0, code)
      assert.equal(("before\nafter\t%d\t0\t0\n"):format(i == 3 and 6 or 7),
        output)
    end
    assert.same({ "2 5 8 11 14 17 20" }, { table.concat(query("s-2of3.db",
      "SELECT point FROM neap_trial ORDER BY point"), " ") })
    local code, output, errors = run("merge", at "all.db",
      at "s-1of3.db", at "s-2of3.db", at "s-3of3.db",
      at "s-1of3.db")
    assert.equal("", errors)
    assert.equal(0, code)
    assert.equal("study 's': 20 trials added, 7 were there, 0 had not ended; "
      .. "20 points\n", output)
    assert.same({ "20 20 20 20" }, query("all.db", each_point_once))
    assert.same({ "20" }, query("all.db", "SELECT count(seed) FROM neap_trial"))
    assert.same({ "0 1 1.0", "1 2 0.5", "2 3 0.33333333333333" }, query(
      "all.db", "SELECT number, point, value FROM trials JOIN neap_trial "
      .. "USING (trial_id) JOIN trial_values USING (trial_id) "
      .. "ORDER BY number LIMIT 3"))
    -- What is merged is complete: a run finds nothing to do.
    run(script(20, nil, at "all.db"))
    assert.same({ "20 20 20 20" }, query("all.db", each_point_once))
  end)

  it("that are not all there yet are finished in one piece", function()
    local path = script(20)
    run("--shard", "1/2", path)
    run("merge", at "all.db", at "s-1of2.db")
    local _, output = run(script(20, nil, at "all.db"))
    assert.equal("before\nafter\t20\t0\t0\n", output)
    assert.same({ "20 20 20 20" }, query("all.db", each_point_once))
  end)

  it("that differ are refused, and nothing is merged", function()
    run("--shard", "1/2", script(20))
    run("--shard", "2/2", script(22))
    local code, _, errors = run("merge", at "all.db",
      at "s-1of2.db", at "s-2of2.db")
    assert.equal(1, code)
    assert.matches("study 's' of '.*s%-2of2.db' is another one:\n  "
      .. "search.grids was", errors)
    assert.same({ "0" }, query("all.db", "SELECT count(*) FROM trials"))
    local db <close> = assert(host.sqlite(at "s-1of2.db", "write"))
    os.remove(at "all.db")
    run("merge", at "all.db", at "s-1of2.db")
    assert(db:run("UPDATE trial_values SET value = 0.25 WHERE trial_id = 2"))
    code, _, errors = run("merge", at "all.db",
      at "s-1of2.db")
    assert.equal(1, code)
    assert.matches("point 3 of '.*' differs: trial_values 0 0.25 \"FINITE\", "
      .. "and trial_values 0 0.3333333333333333 \"FINITE\" before", errors)
  end)

  it("are for searches whose points don't depend on other trials", function()
    local path = write("study.lua", ([[
      local neap = require "neap"
      print(neap.study { store = "%s/s.db", objective = print,
        search = neap.search.tpe { trials = 5, x = { low = 0, high = 1 } },
      }:run())
    ]]):format(scratch.folder))
    local _, output = run("--shard", "1/2", path)
    assert.matches("don't depend on other trials; tpe is none", output)
    local code, _, errors = run("--shard", "3/2", path)
    assert.equal(1, code)
    assert.matches("--shard is '3/2'; wanted i/n", errors, 1, true)
  end)
end)

describe("show and export", function()
  before_each(function()
    local path = write("study.lua", ([[
      local neap = require "neap"
      local study = neap.study { name = "s", store = "%s/s.db", seed = 4,
        search = neap.search.grid { a = { false, .25 }, k = { "x,y", "z" } },
        objective = function(trial)
          trial:report(1, 0.5)
          if trial.number == 3 then error("broken", 0) end
          return trial.number / 3
        end }
      assert(study:run { quiet = true })
      study:close()
    ]]):format(scratch.folder))
    assert.equal(0, (run(path)))
  end)

  it("say what is in a store", function()
    local code, output = run("show", at "s.db")
    assert.equal(0, code)
    assert.matches("study 's', minimize: 4 of 4 points (100 %), 0 pruned, "
      .. "1 failed, 0 running", output, 1, true)
    assert.matches("grid, seed 4, " .. neap.isa, output, 1, true)
    assert.matches("trial 3 failed: broken", output, 1, true)
    assert.matches("0: a off, k x,y                  0.0\n"
      .. "1: a off, k z     0.3333333333333333\n", output, 1, true)
    code, output = run("show", at "none.db")
    assert.same({ 1, "" }, { code, output })
    assert.matches("has no study 't'; it has s",
      select(3, run("show", at "s.db", "t")), 1, true)
    assert.matches("usage: neap show", select(3, run("show")), 1, true)
  end)

  it("write every number, as CSV and as JSON", function()
    local _, output = run("export", at "s.db", "s", "--csv")
    assert.equal(table.concat({
      "trial,baseline,state,a,k,stage,dataset,repeat,fold,positives,step,"
        .. "metric,value",
      '0,,COMPLETE,false,"x,y",,,,,,,value,0',
      '0,,COMPLETE,false,"x,y",,,,,,1,report,0.5',
      "1,,COMPLETE,false,z,,,,,,,value,0.3333333333333333",
      "1,,COMPLETE,false,z,,,,,,1,report,0.5",
      '2,,COMPLETE,0.25,"x,y",,,,,,,value,0.6666666666666666',
      '2,,COMPLETE,0.25,"x,y",,,,,,1,report,0.5',
      "3,,FAIL,0.25,z,,,,,,,value,", "3,,FAIL,0.25,z,,,,,,1,report,0.5", "",
    }, "\n"), output)
    _, output = run("export", at "s.db", "--json")
    local value = require("neap.json").decode(output)
    assert.equal("minimize", value.direction)
    assert.equal(4, #value.trials)
    assert.equal(1 / 3, value.trials[2].value)
    assert.same({ a = false, k = "z" }, value.trials[2].params)
    assert.matches("broken", value.trials[4].error)
    assert.matches("unknown option '--yaml'",
      select(3, run("export", at "s.db", "--yaml")), 1, true)
  end)

  it("are there for scripts", function()
    local store <close> = assert(neap.open(at "s.db"))
    assert.same({ "s" }, store:studies())
    local study = assert(store:study "s")
    assert.equal(0, study:best().value)
    assert.same({ a = .25, k = "x,y" }, study:trials()[3].params)
    assert.equal(1, study:counts().FAIL)
    assert.is_true(study:export(at "x.csv"))
    local _, output = run("export", at "s.db")
    assert.equal(output, read "x.csv")
    local none, message = study:export("/no/such/x.json")
    assert.is_nil(none)
    assert.matches("No such file", message)
    none, message = neap.open(at "none.db")
    assert.is_nil(none)
    assert.matches("unable to open", message)
    none, message = store:study "t"
    assert.is_nil(none)
    assert.matches("has no study 't'", message)
  end)
end)
