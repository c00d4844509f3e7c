-- How many trials of a store are claimed at once: lua/neap/objective.lua.
local host = require "neap.host"
local neap = require "neap"
local scratch = dofile "tests/lua/scratch.lua"(before_each, after_each)

local axis = {}
for i = 1, 300 do axis[i] = i end

-- Time passes as trials say.
local clock, passed = host.clock, 0
before_each(function()
  passed = 0
  host.clock = function() return passed end
end)
after_each(function() host.clock = clock end)

local function study_of(seconds, changes)
  local o = {
    name = "s", store = scratch:path("s.db"),
    search = neap.search.grid { x = axis },
    objective = function(trial)
      passed = passed + seconds(trial)
      return trial.number
    end,
  }
  for key, value in pairs(changes or {}) do o[key] = value end
  return neap.study(o)
end

-- Runs a study whose trials take so long; how many were claimed at once, in
-- their order: those of a claim have one beginning.
local function claims_of(seconds, changes, batch)
  local study = study_of(seconds, changes)
  assert(study:run { quiet = true, batch = batch })
  study:close()
  local sizes = {}
  for i, line in ipairs(scratch:query("s.db", "SELECT count(*) FROM trials "
    .. "WHERE state IN ('COMPLETE', 'PRUNED') GROUP BY datetime_start "
    .. "ORDER BY min(number)")) do
    sizes[i] = tonumber(line)
  end
  return sizes
end

local function nothing() return 0 end

local function ones(count)
  local list = {}
  for i = 1, count do list[i] = 1 end
  return list
end

describe("trials of a store are claimed", function()
  it("more and more at once, where they take nothing", function()
    assert.same({ 1, 4, 16, 64, 100, 100, 15 }, claims_of(nothing))
  end)

  it("as many at once as take 20 ms", function()
    local sizes = claims_of(function() return 0.003 end)
    assert.same({ 1, 4, 6, 6, 6 }, table.move(sizes, 1, 5, 1, {}))
  end)

  it("one by one, where each takes long", function()
    assert.same(ones(300), claims_of(function() return 0.03 end))
  end)

  it("as many at once as the script says", function()
    assert.same(ones(300), claims_of(nothing, {}, 1))
  end)

  it("one by one, where each is synced", function()
    assert.same(ones(300), claims_of(nothing, { durable = "power" }))
  end)

  it("one by one, where a point depends on those before", function()
    assert.same(ones(20), claims_of(nothing, { search = neap.search.tpe {
      trials = 20, x = { low = 0, high = 1 } } }))
  end)

  it("one by one, where a pruner looks at those before", function()
    assert.same(ones(300), claims_of(nothing,
      { prune = neap.prune.median {} }))
  end)

  it("and given back, where one of them takes long", function()
    local study = study_of(function(trial)
      return trial.number == 30 and 10 or 0
    end)
    assert(study:counts()) -- opens the store
    local session, given = study.session, 0
    function session:release(trials)
      given = given + #trials
      return getmetatable(self).release(self, trials)
    end
    assert(study:run { quiet = true })
    study:close()
    assert.equal(1 + 4 + 16 + 64 - 31, given)
    assert.same({ "300 300 1 299" }, scratch:query("s.db", "SELECT count(*), "
      .. "count(DISTINCT point), max(attempt), max(number) FROM neap_trial "
      .. "JOIN trials USING (trial_id) WHERE state = 'COMPLETE'"))
  end)
end)
