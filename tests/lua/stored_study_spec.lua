-- Training studies in a store: lua/neap/study/work.lua, keep.lua, stored.lua.
-- What a store gives back must have every bit of a study that ran undisturbed
-- and in memory.
local host = require "neap.host"
local neap = require "neap"
local scratch = dofile "tests/lua/scratch.lua"(before_each, after_each)

local function at(name) return scratch:path(name) end

-- Two protocols, small enough for a test; with all that follows the grid.
local function fresh(more)
  local given = {
    name = "fresh", seed = 3, datasets = 8,
    confirm = not (more and more.datasets) and 8 or nil,
    data = neap.data.recipe("gaussians", {
      n = 300, test = 200, features = 3, prior = 0.2,
    }),
    loss = function(p)
      return neap.loss.focal { alpha = p.alpha, gamma = p.gamma }
    end,
    search = neap.search.grid { alpha = { false, 0.2, 0.6 },
      gamma = { 0, 1, 2 } },
  }
  for key, value in pairs(more or {}) do given[key] = value end
  return given
end

local all = neap.data.gaussians {
  n = 240, features = 3, prior = 0.3, dtype = "float64", seed = 5,
}

local function folds(more)
  local train, test = all:split { test = 0.25, seed = 1 }
  local given = fresh {
    name = "folds", data = train, test = test, folds = 3, repeats = 2,
    nested = 2, draws = 200, fair = "tuned",
  }
  given.datasets, given.confirm = nil, nil
  for key, value in pairs(more or {}) do given[key] = value end
  return given
end

local function run(given, how)
  how = how or {}
  how.quiet = true
  local study = neap.study(given)
  assert(study:run(how))
  return study
end

-- All that a study says, as text.
local function say(study)
  return ("%s\n%s\n%s"):format(study:verdict(), study:table { top = 99 },
    study:figure("heatmap", { x = "gamma", y = "alpha" }))
end

-- The numbers of a sheet as text with every bit.
local function digits(sheet)
  local lines = {}
  local function show(value)
    if value ~= value then return "nan" end -- a NULL has no sign
    if type(value) == "number" then return ("%a"):format(value) end
    if type(value) ~= "table" then return tostring(value) end
    local parts = {}
    for key, part in pairs(value) do
      parts[#parts + 1] = ("%s=%s"):format(key, show(part))
    end
    table.sort(parts)
    return "{" .. table.concat(parts, " ") .. "}"
  end
  for i, row in ipairs(sheet.rows) do
    lines[i] = show { row.label, row.kind, row.values, row.converged, row.l2,
      row.norm, row.tuned, row.edge, row.differs, row.inner, row.pooled,
      row.inside, row.outside }
  end
  lines[#lines + 1] = show(sheet.runs)
  return table.concat(lines, "\n")
end

local function same_bits(a, b)
  assert.equal(digits(a), digits(b))
  for _, stage in ipairs { "confirmed", "longer", "retuned", "held_out" } do
    assert.equal(a[stage] == nil, b[stage] == nil)
    if a[stage] then assert.equal(digits(a[stage]), digits(b[stage])) end
  end
  assert.equal(say(a), say(b))
end

describe("a training study in a store", function()
  for name, of in pairs { fresh = fresh, folds = folds } do
    it("has the bits of one in memory: " .. name, function()
      local store = at "s.db"
      local in_memory = run(of())
      same_bits(in_memory, run(of { store = store }, { batch = 4 }))
      -- All of it again, from the store alone: nothing is trained twice.
      local opened <close> = assert(neap.open(store))
      same_bits(in_memory, assert(opened:study(name)))
      local before = scratch:query("s.db", "SELECT * FROM trials")
      same_bits(in_memory, run(of { store = store }))
      assert.same(before, scratch:query("s.db", "SELECT * FROM trials"))
      assert.is_not_nil(in_memory[name == "fresh" and "confirmed"
        or "held_out"])
    end)
  end

  for _, kind in ipairs { "random", "sobol", "tpe" } do
    it("has the bits of one in memory: " .. kind, function()
      local function of(store)
        return fresh {
          store = store, search = neap.search[kind] { trials = 20,
            alpha = { false, 0.2, 0.6 }, gamma = { low = 0, high = 3 },
            l2 = { low = 1e-6, high = 1, log = true, when = { alpha = 0.2 } },
          }, fair = "given",
          model = function(p) return neap.model.linear { l2 = p.l2 or 0 } end,
        }
      end
      local function tell(study)
        return ("%s\n%s"):format(study:verdict(), study:table { top = 99 })
      end
      local in_memory = run(of(), { batch = 8 })
      local stored = run(of(at "s.db"), { batch = 8 })
      local opened <close> = assert(neap.open(at "s.db"))
      local seen = assert(opened:study())
      for _, study in ipairs { stored, seen } do
        assert.equal(digits(in_memory), digits(study))
        assert.equal(tell(in_memory), tell(study))
        for i = 1, 20 do assert.same(in_memory.points[i], study.points[i]) end
      end
    end)
  end

  it("has each point's mean score as Optuna's value, and no baseline",
    function()
      local study = run(fresh { store = at "s.db" })
      assert.same({ "9 9" }, scratch:query("s.db", "SELECT count(*), "
        .. "sum(state = 'COMPLETE') FROM trials"))
      local best = study:best()
      local top = study:trials()
      table.sort(top, function(a, b) return a.value > b.value end)
      assert.equal(best.value, top[1].value)
      assert.same(best.params, top[1].params)
      assert.same({ "MAXIMIZE average_precision" }, scratch:query("s.db",
        "SELECT direction, json_extract(value_json, '$[0]') "
        .. "FROM study_directions JOIN study_system_attributes "
        .. "USING (study_id)"))
      assert.same({ "cross-entropy 8 8" }, scratch:query("s.db",
        "SELECT label, count(*), max(run) FROM neap_baseline "
        .. "WHERE stage = 'points' AND metric = 'roc_auc' "
        .. "AND label = 'cross-entropy'"))
      study:close()
      local falls = run(fresh { store = at "t.db", score = "log_loss",
        confirm = 0, reruns = false })
      assert.same({ "MINIMIZE" },
        scratch:query("t.db", "SELECT direction FROM study_directions"))
      assert.equal(falls:best().value,
        scratch:count("t.db", "SELECT min(value) FROM trial_values"))
    end)

  it("keeps the curves of what is trained by epochs", function()
    local given = fresh {
      datasets = 2, epochs = 3, optimizer = neap.optimizer.sgd {},
    }
    local in_memory = run(given)
    given.store = at "s.db"
    run(given):close()
    local opened <close> = assert(neap.open(given.store))
    local curves = assert(opened:study():curves(5))
    for i = 1, 2 do
      assert.same(in_memory:curves(5)[i]:totable(), curves[i])
      assert.equal(3, #curves[i])
      assert.is_true(curves[i][3] < curves[i][1])
    end
    local none, why = opened:study():curves(10)
    assert.is_nil(none)
    assert.matches("point 10 has not been scored", why)
    assert.same({}, run(fresh { datasets = 1 }):curves(1))
  end)

  it("writes the same numbers from memory and from the store", function()
    local in_memory = run(folds())
    assert(in_memory:export(at "a.csv"))
    assert(in_memory:export(at "a.json"))
    run(folds { store = at "s.db" }):close()
    local _, output = scratch:run("export", at "s.db")
    assert.equal(scratch:read "a.csv", output)
    _, output = scratch:run("export", at "s.db", "folds", "--json")
    assert.equal(scratch:read "a.json", output)
    -- One number by hand: point 2, repeat 2, fold 3.
    local row = in_memory.by_label[2]
    assert.matches(("\n1,,COMPLETE,false,1,points,,2,3,%d,,f1_tuned,%s\n")
      :format(in_memory.runs[6].positives,
        require("neap.json").number(row.values.f1_tuned[6])),
      scratch:read "a.csv", 1, true)
    assert.matches("\n,constant,COMPLETE,,,held_out,,,,", scratch:read "a.csv",
      1, true)
  end)

  it("is shown with its baselines", function()
    run(fresh { store = at "s.db" }):close()
    local code, output = scratch:run("show", at "s.db")
    assert.equal(0, code)
    assert.matches("study 'fresh', maximize: 9 of 9 points", output, 1, true)
    assert.matches("best of 9 +average_precision\n", output)
    assert.matches("\ncross%-entropy +0%.%d+\n", output)
  end)
end)

-- What runs a training study in a process of its own.
local script = "tests/lua/training_script.lua"

local function undisturbed(batch, kind)
  local code, output = scratch:run(script, "none", batch or "40",
    kind or "grid")
  assert.equal(0, code)
  return output
end

local ended = "SELECT count(*) FROM trials WHERE state = 'COMPLETE'"

local each_point_once = "SELECT count(*), count(DISTINCT point), "
  .. "count(DISTINCT number), sum(state = 'COMPLETE') FROM trials "
  .. "JOIN neap_trial USING (trial_id)"

describe("a training study that is killed", function()
  for _, kind in ipairs { "grid", "folds" } do
    it("goes on where it was, with the same bits: " .. kind, function()
      local kills = {
        { "SELECT count(*) FROM trials", 1 }, { ended, 4 }, { ended, 20 },
        -- While what was picked is looked at again.
        { "SELECT count(*) FROM neap_task WHERE task <> 'baselines'", 1 },
      }
      for _, kill in ipairs(kills) do
        assert.is_true(scratch:kill_at({ script, at "s.db", "4", kind,
          stdout = "null" }, "s.db", kill[1], kill[2]))
      end
      local code, output, errors = scratch:run(script, at "s.db", "4", kind)
      assert.same({ 0, "" }, { code, errors })
      assert.equal(undisturbed("40", kind), output)
      assert.same({ "40 40 40 40" }, scratch:query("s.db", each_point_once))
    end)
  end

  it("takes the same points again where they depend on others", function()
    for _, least in ipairs { 1, 8, 24 } do
      assert.is_true(scratch:kill_at({ script, at "s.db", "8", "tpe",
        stdout = "null" }, "s.db", ended, least))
    end
    local _, output = scratch:run(script, at "s.db", "8", "tpe")
    assert.equal(undisturbed("8", "tpe"), output)
  end)
end)

describe("a point that ends its process", function()
  it("fails after ten times, and no other with it", function()
    local path = scratch:write("study.lua", ([[
      local neap, host = require "neap", require "neap.host"
      local study = neap.study {
        name = "s", store = "%s", datasets = 1, baselines = "none",
        data = neap.data.recipe("gaussians", { n = 100, prior = 0.4 }),
        loss = function(p)
          if p.gamma == 4 then
            local _, pid = host.identity()
            assert(host.start { "kill", "-9", tostring(pid) }):wait()
          end
          return neap.loss.focal { gamma = p.gamma }
        end,
        search = neap.search.grid { gamma = { 0, 1, 2, 3, 4, 5, 6, 7 } },
      }
      assert(study:run { quiet = true, batch = 4 })
    ]]):format(at "s.db"))
    local deaths = 0
    while scratch:run(path) ~= 0 do deaths = deaths + 1 end
    assert.equal(10, deaths)
    assert.same({ "FAIL 5 10", "COMPLETE 8" }, {
      scratch:query("s.db", "SELECT state, point, attempt FROM trials "
        .. "JOIN neap_trial USING (trial_id) WHERE state <> 'COMPLETE'")[1],
      scratch:query("s.db", "SELECT state, max(point) FROM trials "
        .. "JOIN neap_trial USING (trial_id) WHERE state = 'COMPLETE'")[1],
    })
    assert.same({ "7" }, scratch:query("s.db", ended))
    local opened <close> = assert(neap.open(at "s.db"))
    local rows = opened:study():table { top = 8 }
    assert.equal("gamma 4", rows[8].label)
    assert.is_nil(rows[8].values.average_precision)
  end)
end)

describe("a training study of many workers", function()
  it("is the one of a single process", function()
    local code, output, errors = scratch:run("--workers", "4", script,
      at "s.db", "3")
    assert.same({ 0, "" }, { code, errors })
    assert.equal(undisturbed(), output)
    assert.same({ "40 40 40 40" }, scratch:query("s.db", each_point_once))
    assert.same({ "1" }, scratch:query("s.db",
      "SELECT count(*) FROM neap_task WHERE task = 'baselines'"))
  end)

  it("is finished by the others where some are killed", function()
    local process <close> = scratch:start { "--workers", "3", script, at "s.db",
      "2", stdout = "pipe" }
    local claimed_by_another = "SELECT w.pid FROM neap_trial "
      .. "JOIN neap_worker w USING (worker_id) WHERE w.pid <> "
      .. process:pid()
    local pid
    repeat
      pid = scratch:count("s.db", claimed_by_another)
    until pid > 0 or process:wait(0)
    assert.is_true(pid > 0)
    assert(host.start { "kill", "-9", tostring(pid) }):wait()
    local output = process:read()
    assert.same({ "exit", 0 }, { process:wait() })
    assert.equal(undisturbed(), output)
    assert.same({ "40 40 40 40" }, scratch:query("s.db", each_point_once))
  end)

  it("is joined by another run of its script", function()
    local others = {}
    for i = 1, 3 do
      others[i] = scratch:start { script, at "s.db", "4", stdout = "pipe" }
    end
    local expected = undisturbed()
    for i = 1, 3 do
      assert.equal(expected, others[i]:read())
      assert.same({ "exit", 0 }, { others[i]:wait() })
    end
    assert.same({ "40 40 40 40" }, scratch:query("s.db", each_point_once))
  end)

  it("is the one of its shards, merged", function()
    for i = 1, 3 do
      local code, output = scratch:run("--shard", i .. "/3", script, at "s.db")
      assert.equal(0, code)
      assert.matches(("shard %d/3 alone, %d of 40 points"):format(i,
        i == 1 and 14 or 13), (output:gsub("\n", " ")), 1, true)
    end
    local code, _, errors = scratch:run("merge", at "all.db", at "s-1of3.db",
      at "s-2of3.db", at "s-3of3.db", at "s-2of3.db")
    assert.same({ 0, "" }, { code, errors })
    local before = scratch:query("all.db", each_point_once)
    assert.same({ "40 40 40 40" }, before)
    local _, output = scratch:run(script, at "all.db")
    assert.equal(undisturbed(), output)
    assert.same(before, scratch:query("all.db", each_point_once))
  end)

  it("has shards that must agree in every bit", function()
    for i = 1, 2 do scratch:run("--shard", i .. "/2", script, at "s.db") end
    scratch:query("s-2of2.db", "UPDATE neap_baseline SET value = value + 1e-15 "
      .. "WHERE label = 'constant' AND run = 3 AND metric = 'brier'")
    local code, _, errors = scratch:run("merge", at "all.db", at "s-1of2.db",
      at "s-2of2.db")
    assert.equal(1, code)
    assert.matches('neap_baseline differs: "points" "constant" 3 "brier"',
      errors, 1, true)
    assert.same({ "0" }, scratch:query("all.db", "SELECT count(*) FROM trials"))
  end)
end)

describe("a name that stands for another study", function()
  local function refused(more, ...)
    local study = neap.study(fresh(more))
    local none, message, code = study:run { quiet = true }
    assert.is_nil(none)
    assert.equal("changed", code)
    for _, text in ipairs { ... } do assert.matches(text, message, 1, true) end
    study:close()
  end

  it("is refused, with the difference", function()
    local store = at "s.db"
    run(fresh { store = store }):close()
    local function other(more, ...)
      more.store = store
      refused(more, ...)
    end
    other({ search = neap.search.grid { alpha = { 0.2 }, gamma = { 0, 1 } } },
      'search.grids was [{"alpha": [false, 0.2, 0.6], "gamma": [0, 1, 2]}], is '
        .. '[{"alpha": [0.2], "gamma": [0, 1]}]', 'existing = "add"')
    other({ data = neap.data.recipe("gaussians", { n = 300, test = 200,
      features = 3, prior = 0.2, distance = 1.5 }) },
      "data.recipe.options.distance was nothing, is 1.5")
    other({ loss = function(p)
      return neap.loss.focal { alpha = p.alpha, gamma = p.gamma + 0 }
    end }, "loss was ", ", is ")
    other({ loss = neap.loss.brier {} }, 'first.loss was "neap.focal (gamma '
      .. '= 0, alpha = false)", is "neap.brier ()"')
    other({ optimizer = neap.optimizer.newton {} }, "is \"neap.newton (")
    other({ model = neap.model.linear { l2 = 0.1 } },
      'first.model was "neap.linear (l2 = 0)", is "neap.linear (l2 = 0.1)"')
    other({ datasets = 9 }, "datasets was 8, is 9")
    other({ seed = 4 }, "seed was 3, is 4")
    other({ score = "log_loss" }, "score was ")
    -- What is given as it is by default is no difference; nor is what a gain
    -- is worth, which changes no number.
    local same = run(fresh {
      store = store, optimizer = neap.optimizer.lbfgs {}, worth = 0.5,
    })
    assert.equal(0.5, same:verdict().worth)
    same:close()
    local opened <close> = assert(neap.open(store))
    assert.equal(0.5, opened:study():verdict().worth)
  end)

  it("may be looked at again otherwise where it has picked", function()
    local store = at "s.db"
    run(fresh { store = store, confirm = 0, reruns = false }):close()
    local before = scratch:query("s.db", "SELECT * FROM trials")
    for _, confirm in ipairs { 8, 10 } do
      local study = run(fresh { store = store, confirm = confirm })
      same_bits(run(fresh { confirm = confirm }), study)
      assert.equal(confirm, #study.confirmed.runs)
      study:close()
    end
    assert.same(before, scratch:query("s.db", "SELECT * FROM trials"))
  end)

  it("is refused where a single number of the data differs", function()
    local store = at "s.db"
    local function of(x)
      local rows, labels = {}, {}
      for i = 1, 60 do
        rows[i] = { math.sin(i), i % 7 }
        labels[i] = i % 3 == 0 and 1 or 0
      end
      rows[31][1] = rows[31][1] + x
      return fresh {
        name = "folds", store = store, draws = 200, folds = 2, repeats = 1,
        data = neap.data.from { x = rows, y = labels },
      }
    end
    local function in_folds(x)
      local given = of(x)
      given.datasets, given.confirm = nil, nil
      return given
    end
    run(in_folds(0)):close()
    run(in_folds(0)):close()
    local study = neap.study(in_folds(1e-9))
    local none, message = study:run { quiet = true }
    assert.is_nil(none)
    assert.matches("data.x was ", message, 1, true)
  end)

  it("is refused where a loss of the same name is another function",
    function()
      local function defined(factor)
        local mine = neap.loss.define {
          name = "mine",
          margin = function(m) return neap.math.softplus(-factor * m) end,
        }
        return fresh {
          store = at "s.db", loss = function() return mine {} end,
          datasets = 1,
          search = neap.search.grid { gamma = { 0 } },
        }
      end
      run(defined(1)):close()
      local none, message = neap.study(defined(2)):run { quiet = true }
      assert.is_nil(none)
      assert.matches("first.value was ", message, 1, true)
    end)

  it("takes the points of another search where it is told to", function()
    local wider = neap.search.grid { alpha = { 0.2, 0.6, 0.7 },
      gamma = { 0, 1 } }
    run(fresh { store = at "s.db" }):close()
    local added = run(fresh { store = at "s.db", existing = "add",
      search = wider })
    same_bits(run(fresh { search = wider }), added)
    -- Four of the six points were there.
    assert.same({ "11 6" }, scratch:query("s.db",
      "SELECT count(*), count(point) FROM neap_trial"))
    assert.matches("6 of 6 points", select(2, scratch:run("show", at "s.db")),
      1, true)
  end)

  it("is begun anew where it is told to", function()
    run(fresh { store = at "s.db" }):close()
    local given = fresh { store = at "s.db", existing = "new", seed = 4 }
    run(given):close()
    local opened <close> = assert(neap.open(at "s.db"))
    assert.same({ "fresh", "fresh-2" }, opened:studies())
    same_bits(run(fresh { seed = 4 }), opened:study "fresh-2")
  end)

  it("is not mixed of instruction sets, unless that is allowed", function()
    if neap.isa == "base" then return end
    local store = at "s.db"
    assert.is_true(scratch:kill_at({ script, store, "4", stdout = "null" },
      "s.db", ended, 8))
    local function run_base(...)
      local process <close> = assert(host.start { "env", "NEAP_ISA=base", ...,
        scratch.program, script, store, stdout = "pipe",
        stderr = scratch:path "stderr" })
      return process:read(), select(2, process:wait())
    end
    local output, code = run_base("A=1")
    assert.equal(1, code)
    assert.matches("was begun with the instruction set " .. neap.isa
      .. ", and this is base", output, 1, true)
    output, code = run_base("ALLOW_OTHER_ISA=1")
    assert.equal(0, code)
    assert.matches("Means over 8 fresh data sets", output, 1, true)
    assert.same({ "40 40 40 40" }, scratch:query("s.db", each_point_once))
  end)
end)

describe("a training study that goes wrong", function()
  it("gives back what it had claimed", function()
    local broken = true
    local given = fresh { store = at "s.db", loss = function(p)
      if p.gamma == 2 and broken then error "no such loss" end
      return neap.loss.focal { alpha = p.alpha, gamma = p.gamma }
    end }
    local study = neap.study(given)
    local ok, message = pcall(study.run, study, { quiet = true, batch = 2 })
    assert.is_false(ok)
    assert.matches("stored_study_spec.lua:%d+: no such loss", message)
    assert.same({ "3 0", "4 0" }, scratch:query("s.db", "SELECT point, "
      .. "lease_until FROM neap_trial WHERE lease_until IS NOT NULL"))
    broken = false
    assert(study:run { quiet = true, batch = 2 })
    given.store = nil
    same_bits(run(given), study)
  end)

  it("has a failed trial where a fit failed", function()
    local function of(store)
      return fresh {
        store = store, reruns = false, confirm = 0, optimizer = function(p)
          return neap.optimizer.sgd {
            learning_rate = p.gamma == 2 and 1e300 or 0.1,
          }
        end,
      }
    end
    local study = run(of(at "s.db"))
    local counts = study:counts()
    assert.same({ 6, 3 }, { counts.COMPLETE, counts.FAIL })
    assert.matches("a fit failed", study:trials()[3].error)
    same_bits(run(of()), study)
  end)

  it("tells what is wrong with its store", function()
    local study = neap.study(fresh { store = "/no/such/folder/s.db" })
    local none, message, code = study:run { quiet = true }
    assert.same({ n = 2, nil, "open" }, table.pack(none, code))
    assert.matches("store '/no/such/folder/s.db': unable to open", message, 1,
      true)
    local ok, why = pcall(function() return (study:trials()) end)
    assert.is_false(ok)
    assert.matches("stored_study_spec.lua:%d+: the study has not run yet", why)
  end)

  it("can be read while it runs", function()
    local study = neap.study(fresh { store = at "s.db", loss = function(p)
      if p.gamma == 2 then error "stop" end
      return neap.loss.focal { alpha = p.alpha, gamma = p.gamma }
    end })
    pcall(study.run, study, { quiet = true, batch = 1 })
    local opened <close> = assert(neap.open(at "s.db"))
    local seen = assert(opened:study())
    assert.matches("This is of 2 of 9 points so far.",
      (tostring(seen:verdict()):gsub("\n", " ")), 1, true)
    assert.matches("best of 2 points", tostring(seen:table()), 1, true)
    local ok, why = pcall(seen.refit, seen, 1)
    assert.is_false(ok)
    assert.matches("run its script", why)
  end)
end)

describe("a program without neap.host", function()
  it("runs studies in memory, and says why it has no stores", function()
    local path = scratch:write("bare.lua", [[
      package.loaded["neap.host"] = nil
      package.preload["neap.host"] = function() error "none" end
      local neap = require "neap"
      local function run(store)
        return neap.study { store = store, datasets = 1,
          data = neap.data.recipe("gaussians", { n = 200, prior = 0.3 }),
          loss = neap.loss.focal {},
          search = neap.search.grid { gamma = { 0, 1 } } }:run()
      end
      print(#run(nil).rows)
      print(run "s.db")
    ]])
    local code, output = scratch:run(path)
    assert.equal(0, code)
    assert.matches("^9\nnil\tstores want neap.host", output)
  end)
end)
