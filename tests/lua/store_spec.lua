-- Studies in a store: lua/neap/store.
local host = require "neap.host"
local json = require "neap.json"
local neap = require "neap"

local quiet = { quiet = true }
local paths = {}

local function new_path()
  local path = os.tmpname()
  os.remove(path)
  paths[#paths + 1] = path
  return path
end

after_each(function()
  for _, path in ipairs(paths) do
    for _, ending in ipairs { "", "-wal", "-shm", "-journal" } do
      os.remove(path .. ending)
    end
  end
  paths = {}
end)

local function study_of(path, given)
  local o = { store = path, name = "s", objective = function(trial)
    return trial.params.x * 10 + (rawget(trial.params, "y") or 0)
  end, search = neap.search.grid { x = { 1, 2, 3 }, y = { 0, 5 } } }
  for key, value in pairs(given or {}) do o[key] = value end
  return neap.study(o)
end

-- Rows of a query as text.
local function query(path, text)
  local db <close> = assert(host.sqlite(path, "write"))
  local lines = {}
  for i, row in ipairs(assert(db:rows(text))) do
    local cells = {}
    for j = 1, 12 do cells[j] = row[j] ~= nil and tostring(row[j]) or nil end
    lines[i] = table.concat(cells, " ")
  end
  return lines
end

local function change(path, text)
  local db <close> = assert(host.sqlite(path, "write"))
  assert(db:execute(text))
end

describe("JSON", function()
  it("is written with every bit, and read again", function()
    local value = {
      a = { 0.1, 1 / 3, 5, -0.0, 1e300, 2 ^ 53 }, b = 'x"\\\n\0é\u{1F600}',
      c = json.list {}, d = {}, e = json.null, f = false,
    }
    local text = json.encode(value)
    assert.same(value, json.decode(text))
    assert.equal('{"a": [0.1, 0.3333333333333333, 5, -0.0, 1e+300, '
      .. '9007199254740992.0], "b": "x\\"\\\\\\n\\u0000é\u{1F600}", "c": [], '
      .. '"d": {}, "e": null, "f": false}', text)
    assert.equal("\u{1F600}/", json.decode '"\\ud83d\\ude00\\/"')
    assert.equal("[NaN, Infinity, -Infinity]",
      json.encode { math.huge - math.huge, math.huge, -math.huge })
    assert.equal('"a\u{FFFD}b"', json.encode "a\xffb")
  end)

  it("is refused where it is none", function()
    for _, text in ipairs { "", "{", "[1,]", '{"a" 1}', "tru", '"\\x"', "1 2",
      '"a', "[1 2]", "0x10", "{1: 2}" } do
      assert.is_false(pcall(json.decode, text), text)
    end
    assert.is_false(pcall(json.decode, ("["):rep(100) .. ("]"):rep(100)))
    assert.is_false(pcall(json.encode, { [1.5] = 2 }))
  end)
end)

describe("a stored study", function()
  it("keeps what one in memory keeps", function()
    local path = new_path()
    local study = study_of(path, { objective = function(trial)
      trial:report(0, 0 / 0)
      trial:report(2, 1.5)
      trial:note("text", "a\"b")
      trial:note("list", { 1, 2 })
      if trial.number == 1 then error "no" end
      if trial.number == 2 then return math.huge end
      if trial.number == 3 then return -math.huge end
      return trial.params.x / 3
    end })
    assert.equal(study, study:run(quiet))
    assert.same({ COMPLETE = 5, PRUNED = 0, FAIL = 1, RUNNING = 0, total = 6 },
      study:counts())
    local trials = study:trials()
    assert.equal(6, #trials)
    assert.same({ x = 1, y = 0 }, trials[1].params)
    assert.equal("integer", math.type(trials[1].params.x))
    assert.equal(1 / 3, trials[1].value)
    assert.same({ 0, 2 }, trials[1].steps)
    assert.equal(1.5, trials[1].values[2])
    assert.is_true(trials[1].values[0] ~= trials[1].values[0])
    assert.same({ text = "a\"b", list = json.list { 1, 2 } }, trials[1].notes)
    assert.matches("store_spec.lua:%d+: no\nstack traceback", trials[2].error)
    assert.equal(math.huge, trials[3].value)
    assert.equal(3, study:best().number)
    assert.equal(-math.huge, study:best().value)
    study:close()
  end)

  it("is closed at the end of its block", function()
    local kept
    do
      local study <close> = study_of(new_path(), { search = neap.search.grid {
        a = { 1, 2 } }, objective = function() return 1 end })
      assert(study:run(quiet))
      assert.is_truthy(study.session)
      kept = study
    end
    assert.is_nil(kept.session)
    assert.equal(1, kept:best().value)
    kept:close()
  end)

  it("has Optuna's tables, as its readers want them", function()
    local path = new_path()
    local study = study_of(path, {
      direction = "maximize", search = neap.search.grid {
        { a = { false, .5, "x" }, n = { 1, 5 } }, { r = { .25, 2 } },
      },
      objective = function(trial)
        trial:report(1, math.huge)
        return trial.number == 1 and 0 / 0 or trial.number
      end,
    })
    assert(study:run(quiet))
    study:close()
    assert.same({ "v3.2.0.a" },
      query(path, "SELECT version_num FROM alembic_version"))
    assert.same({ "1 12 " .. neap._VERSION },
      query(path, "SELECT * FROM version_info"))
    assert.same({ "MAXIMIZE 1 0" }, query(path,
      "SELECT direction, study_id, objective FROM study_directions"))
    assert.same({ "1 0 COMPLETE", "2 1 FAIL", "3 2 COMPLETE", "4 3 COMPLETE",
      "5 4 COMPLETE", "6 5 COMPLETE", "7 6 COMPLETE", "8 7 COMPLETE" },
      query(path, "SELECT trial_id, number, state FROM trials"))
    assert.same({
      '1 a 0.0 {"attributes": {"choices": [false, 0.5, "x"]}, '
        .. '"name": "CategoricalDistribution"}',
      '1 n 1.0 {"attributes": {"high": 5, "log": false, "low": 1, '
        .. '"step": 1}, "name": "IntDistribution"}',
      '8 r 2.0 {"attributes": {"high": 2, "log": false, "low": 0.25, '
        .. '"step": null}, "name": "FloatDistribution"}',
    }, query(path, "SELECT trial_id, param_name, param_value, "
      .. "distribution_json FROM trial_params WHERE trial_id IN (1, 8)"))
    assert.same({ "1 0 0.0 FINITE", "3 0 2.0 FINITE" }, query(path,
      "SELECT trial_id, objective, value, value_type FROM trial_values "
      .. "WHERE trial_id < 4"))
    assert.same({ "1 INF_POS" }, query(path, "SELECT step, "
      .. "intermediate_value_type FROM trial_intermediate_values "
      .. "WHERE trial_id = 2 AND intermediate_value IS NULL"))
    assert.same({}, query(path, "SELECT * FROM trials WHERE NOT ("
      .. "datetime_start GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] "
      .. "[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]' "
      .. "AND datetime_complete >= datetime_start)"))
  end)

  it("goes on where it was", function()
    local path = new_path()
    local first = study_of(path)
    assert(first:run { trials = 2, quiet = true })
    first:close()
    local second = study_of(path)
    assert.equal(2, second:counts().COMPLETE)
    assert(second:run(quiet))
    second:close()
    assert.same({ "0 10.0", "1 15.0", "2 20.0", "3 25.0", "4 30.0", "5 35.0" },
      query(path, "SELECT number, value FROM trials JOIN trial_values "
        .. "USING (trial_id) ORDER BY number"))
  end)

  it("keeps the bytes of arrays", function()
    local db <close> = assert(host.sqlite(new_path()))
    local array = neap.array { 0, -0.0, 1 / 3, math.huge, 0 / 0 }
    assert(db:execute("CREATE TABLE t (a BLOB)"))
    assert(db:run("INSERT INTO t VALUES ($1)", array))
    assert.same({ { array:tobytes() } }, db:rows("SELECT a FROM t"))
    assert.same({ { "blob", 40 } },
      db:rows("SELECT typeof(a), length(a) FROM t"))
    assert.has_error(function() db:run("INSERT INTO t VALUES ($1)", {}) end)
  end)

  it("keeps with each trial its seed, its worker and its times", function()
    local path, seeds = new_path(), {}
    local study = study_of(path, { objective = function(trial)
      seeds[trial.number + 1] = ("%d %d"):format(trial.number, trial.seed)
      return 1
    end })
    assert(study:run(quiet))
    study:close()
    assert.same(seeds, query(path, "SELECT number, seed FROM trials "
      .. "JOIN neap_trial USING (trial_id) ORDER BY number"))
    assert.same({ ("6 %s %s %s 1"):format(host.name(), neap._VERSION,
      neap.isa) }, query(path, "SELECT count(*), w.host, w.version, w.isa, "
      .. "min(datetime_complete >= datetime_start) FROM trials "
      .. "JOIN neap_trial USING (trial_id) JOIN neap_worker w "
      .. "USING (worker_id) GROUP BY worker_id"))
  end)

  it("gives whole numbers of a grid back as they were", function()
    local path = new_path()
    local given = { search = neap.search.grid { x = { 1, 2.5, 3.0 } } }
    local first = study_of(path, given)
    for _ = 1, 3 do first:ask() end
    first:close()
    local second = study_of(path, given)
    for _, kind in ipairs { "integer", "float", "float" } do
      assert.equal(kind, math.type(second:ask().params.x))
    end
    assert.equal("integer", math.type(second:trials()[1].params.x))
    second:close()
    local opened <close> = assert(neap.open(path))
    assert.equal("integer",
      math.type(opened:study():trials()[1].params.x))
  end)

  it("takes over what a worker left that is gone", function()
    local path = new_path()
    local first = study_of(path)
    first:ask()
    first:ask()
    first:close() -- gives both back
    local second = study_of(path)
    local trial = second:ask()
    assert.same({ 0, { x = 1, y = 0 } }, { trial.number, trial.params })
    second:tell(trial, 7)
    second:ask()
    -- As if its process had been killed.
    change(path, "UPDATE neap_worker SET pid = 999999999")
    local third = study_of(path)
    assert(third:run(quiet))
    assert.equal(6, third:counts().COMPLETE)
    third:close()
    second:close()
    assert.same({ "0 1", "1 2", "2 1", "3 1", "4 1", "5 1" }, query(path,
      "SELECT number, attempt FROM trials JOIN neap_trial USING (trial_id)"))
  end)

  it("leaves alone what another machine works on until its lease ends",
    function()
      local path = new_path()
      local other = study_of(path)
      local trial = other:ask()
      change(path, "UPDATE neap_worker SET machine = 'another'")
      local here = study_of(path, { search = neap.search.grid { x = { 1 } },
        existing = "new" })
      here:close()
      here = study_of(path)
      assert(here:run { trials = 5, quiet = true })
      assert.equal(1, here:counts().RUNNING)
      assert.is_nil(here:ask())
      change(path, "UPDATE neap_trial SET lease_until = 1 "
        .. "WHERE lease_until IS NOT NULL")
      assert(here:run(quiet))
      assert.equal(6, here:counts().COMPLETE)
      -- The other one comes back with a result: it is one too many.
      other:tell(trial, -100)
      assert.equal(10, here:best().value)
      here:close()
      other:close()
    end)

  it("does not trust a lease from a clock that was set back", function()
    local path = new_path()
    local other = study_of(path, { search = neap.search.grid { x = { 1 } } })
    other:ask()
    change(path, "UPDATE neap_worker SET machine = 'another'")
    change(path, ("UPDATE neap_trial SET lease_until = %d"):format(
      host.now() + 86400 * 1000000))
    local here = study_of(path, { search = neap.search.grid { x = { 1 } } })
    assert(here:run(quiet))
    assert.equal(1, here:counts().COMPLETE)
    here:close()
    other:close()
  end)

  it("fails a trial that too many workers died of", function()
    local path = new_path()
    local other = study_of(path)
    other:ask()
    change(path, "UPDATE neap_trial SET attempt = 10")
    change(path, "UPDATE neap_worker SET pid = 999999999")
    local here = study_of(path)
    assert(here:run(quiet))
    assert.same({ 5, 1 }, { here:counts().COMPLETE, here:counts().FAIL })
    assert.matches("10 workers ended", here:trials()[1].error)
    here:close()
    other:close()
  end)

  it("is the same for every searcher and pruner, as in memory", function()
    local function objective(trial)
      for step = 1, 4 do
        trial:report(step, (trial.params.x - .3) ^ 2 + step)
        if trial:should_prune() then return end
      end
      return (trial.params.x - .3) ^ 2
    end
    local space = {
      x = { low = 0, high = 1 }, k = { "a", "b" },
      n = { low = 1, high = 9, int = true, when = { k = "b" } },
      f = { false, true, 0, 1 },
    }
    for _, kind in ipairs { "random", "sobol", "tpe" } do
      local results = {}
      local path = new_path()
      for _, place in ipairs { "memory", path } do
        local study = neap.study {
          store = place ~= "memory" and place or nil, objective = objective,
          search = neap.search[kind] { trials = 30, space = space },
          prune = neap.prune.halving { factor = 2 }, seed = 5,
        }
        if place ~= "memory" then -- in two goes
          assert(study:run { trials = 13, quiet = true })
          study:close()
          study = neap.study {
            store = place, objective = objective, seed = 5,
            search = neap.search[kind] { trials = 30, space = space },
            prune = neap.prune.halving { factor = 2 },
          }
        end
        assert(study:run(quiet))
        local list = {}
        for i, trial in ipairs(study:trials()) do
          list[i] = { trial.number, trial.state, trial.value, trial.steps,
            setmetatable(trial.params, nil) }
        end
        results[#results + 1] = list
        study:close()
      end
      assert.equal(30, #results[1])
      assert.same(results[1], results[2])
    end
  end)
end)

describe("a study of another kind under its name", function()
  local path
  before_each(function()
    path = new_path()
    local study = study_of(path)
    assert(study:run(quiet))
    study:close()
  end)

  local function refused(given, ...)
    local study = study_of(path, given)
    local result, message, code = study:run(quiet)
    assert.is_nil(result)
    for _, want in ipairs { ... } do assert.matches(want, message, 1, true) end
    return code
  end

  it("is refused with the difference", function()
    refused({ search = neap.search.grid { x = { 1, 2 }, y = { 0, 5 } } },
      "study 's' is another one in store", "existing = \"new\"",
      "search.grids was [{\"x\": [1, 2, 3], \"y\": [0, 5]}]")
    refused({ seed = 2 }, "seed was 1, is 2")
    refused({ direction = "maximize" },
      'direction was "minimize", is "maximize"')
    refused({ prune = neap.prune.median {} }, "prune was nothing, is {")
    refused({ objective = function() return 5 end }, "objective was \"function")
    assert.equal("changed", refused({ search = neap.search.random {
      trials = 5, x = { low = 0, high = 1 } } },
      'search.kind was "grid", is "random"'))
  end)

  it("is refused where values held by the objective differ", function()
    local other = new_path()
    local function with(value)
      return study_of(other, { objective = function(trial)
        return value + trial.params.x
      end })
    end
    local first = with(1)
    assert(first:run(quiet))
    local same = with(1)
    assert(same:run(quiet))
    local result, message = with(2):run(quiet)
    assert.is_nil(result)
    assert.matches("objective was", message)
  end)

  it("is begun under another name if told so", function()
    local study = study_of(path, { seed = 2, existing = "new" })
    assert(study:run(quiet))
    study:close()
    assert.same({ "s", "s-2" }, query(path, "SELECT study_name FROM studies"))
  end)

  it("adds the points of another grid if told so", function()
    local tried = {}
    local given = {
      search = neap.search.grid { x = { 0, 1, 2, 4 }, y = { 0, 5 } },
      existing = "add",
    }
    local study = study_of(path, given)
    assert(study:run(quiet))
    for _, trial in ipairs(study:trials()) do
      local key = ("%d %d"):format(trial.params.x, trial.params.y)
      tried[key] = (tried[key] or 0) + 1
    end
    study:close()
    assert.same({ ["0 0"] = 1, ["0 5"] = 1, ["1 0"] = 1, ["1 5"] = 1,
      ["2 0"] = 1, ["2 5"] = 1, ["3 0"] = 1, ["3 5"] = 1, ["4 0"] = 1,
      ["4 5"] = 1 }, tried)
    given.existing = nil
    local again = study_of(path, given)
    assert(again:run(quiet))
    assert.equal(10, again:counts().COMPLETE)
    again:close()
    given.seed = 9
    given.existing = "add"
    refused(given, "seed was 1, is 9")
  end)

  it("may have more trials", function()
    local other = new_path()
    for trials = 5, 8, 3 do
      local study = study_of(other, { search = neap.search.random {
        trials = trials, x = { low = 0, high = 1 } } })
      assert(study:run(quiet))
      assert.equal(trials, study:counts().COMPLETE)
      study:close()
    end
  end)

  it("is refused with another instruction set unless allowed", function()
    change(path, "UPDATE neap_study SET isa = 'neon'")
    assert.equal("isa", refused({}, "was begun with the instruction set neon",
      "NEAP_ISA=neon"))
    local study = study_of(path, { allow_other_isa = true })
    assert(study:run(quiet))
    study:close()
  end)
end)

describe("a store", function()
  local function failing(path, ...)
    local study = study_of(path)
    local result, message, code = study:run(quiet)
    assert.is_nil(result)
    for _, want in ipairs { ... } do assert.matches(want, message, 1, true) end
    return code
  end

  it("that can't be opened says why", function()
    assert.equal("open", failing("/no/such/folder/x.db",
      "store '/no/such/folder/x.db': unable to open database file"))
  end)

  it("that is no database is refused", function()
    local path = new_path()
    local file = assert(io.open(path, "wb"))
    file:write(("no database "):rep(1000))
    file:close()
    assert.equal("corrupt", failing(path, "file is not a database",
      "it is no database, or it is damaged"))
  end)

  it("that is damaged gives an error, not a wrong result", function()
    local path = new_path()
    local study = study_of(path)
    assert(study:run(quiet))
    study:close()
    local file = assert(io.open(path, "r+b"))
    local size = file:seek("end")
    for page = 1, size // 4096 - 1 do
      file:seek("set", page * 4096)
      file:write(("\xff"):rep(64))
    end
    file:close()
    assert.equal("corrupt", failing(path, "malformed"))
  end)

  it("of a newer revision is refused, of an older one can be upgraded",
    function()
      local path = new_path()
      local study = study_of(path)
      assert(study:run(quiet))
      study:close()
      change(path, "UPDATE alembic_version SET version_num = 'v9.0.0.a'")
      assert.equal("revision", failing(path, "is of revision v9.0.0.a, which "
        .. "this neap does not know; it knows v3.2.0.a"))
      change(path, "UPDATE alembic_version SET version_num = 'v3.0.0.d'")
      failing(path, "can only be read", "optuna storage upgrade --storage "
        .. "sqlite:///" .. path)
      change(path, "UPDATE alembic_version SET version_num = 'v3.2.0.a'")
      change(path, "UPDATE neap_version SET version = 2")
      assert.equal("newer", failing(path, "its neap_ tables are of version 2"))
    end)

  it("takes Optuna's own studies beside ours, and leaves them alone",
    function()
      local path = new_path()
      local study = study_of(path)
      assert(study:run(quiet))
      study:close()
      change(path, "INSERT INTO studies (study_name) VALUES ('theirs'); "
        .. "INSERT INTO study_directions (direction, study_id, objective) "
        .. "VALUES ('MINIMIZE', 2, 0)")
      local theirs = study_of(path, { name = "theirs" })
      local result, message = theirs:run(quiet)
      assert.is_nil(result)
      assert.matches("was not made by neap; give another name", message)
    end)

  it("lets no other worker claim a trial that runs", function()
    local path = new_path()
    local study = study_of(path)
    study:ask()
    local db <close> = assert(host.sqlite(path, "write"))
    local result, message, code = db:run(
      "UPDATE trials SET state = 'RUNNING' WHERE trial_id = 1")
    assert.is_nil(result)
    assert.equal("trial already claimed", message)
    assert.equal("constraint", code)
    study:close()
  end)

  it("forgets our rows of a study that a reader deletes", function()
    local path = new_path()
    local study = study_of(path)
    assert(study:run(quiet))
    study:close()
    change(path, "DELETE FROM trials; DELETE FROM studies")
    assert.same({ "0 0 0" }, query(path, "SELECT (SELECT count(*) "
      .. "FROM neap_trial), (SELECT count(*) FROM neap_study), "
      .. "(SELECT count(*) FROM neap_worker)"))
  end)
end)
