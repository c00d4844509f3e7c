-- Studies of any objective: lua/neap/objective.lua, lua/neap/trial.lua,
-- lua/neap/prune.
local neap = require "neap"

local function refused(call, message)
  local ok, why = pcall(call)
  assert.is_false(ok)
  assert.matches(message, why, 1, true)
end

local function study_of(objective, given)
  given = given or {}
  given.objective = objective
  given.search = given.search
    or neap.search.grid { x = { 3, 1, 2 }, y = { 10, 20 } }
  return neap.study(given)
end

local quiet = { quiet = true }

describe("a study of an objective", function()
  it("tries every point once and knows the best", function()
    local seen = {}
    local study = study_of(function(trial)
      local key = trial.params.x .. " " .. trial.params.y
      assert.is_nil(seen[key])
      seen[key] = true
      return trial.params.x + trial.params.y
    end)
    assert.equal(study, study:run(quiet))
    assert.same({ COMPLETE = 6, PRUNED = 0, FAIL = 0, RUNNING = 0, total = 6 },
      study:counts())
    local best = study:best()
    assert.same({ x = 1, y = 10 }, best.params)
    assert.equal(11, best.value)
    assert.equal(2, best.number)
  end)

  it("maximises when it is told to", function()
    local study = study_of(function(trial) return trial.params.x end,
      { direction = "maximize" })
    study:run(quiet)
    assert.equal(3, study:best().value)
  end)

  it("goes on after trials that fail, and keeps why", function()
    local study = study_of(function(trial)
      if trial.number == 1 then error "too bad" end
      if trial.number == 2 then error { code = 5 } end
      if trial.number == 3 then return 0 / 0 end
      if trial.number == 4 then return nil end
      return 7
    end)
    study:run(quiet)
    local trials = study:trials()
    assert.equal("COMPLETE", trials[1].state)
    for i = 2, 5 do
      assert.equal("FAIL", trials[i].state)
      assert.is_nil(trials[i].value)
    end
    assert.matches("objective_spec.lua:%d+: too bad\nstack traceback:",
      trials[2].error)
    assert.matches("error object is a table value", trials[3].error)
    assert.matches("the objective returned nan", trials[4].error)
    assert.matches("the objective returned a nil; wanted a number",
      trials[5].error)
    assert.equal(4, study:counts().FAIL)
    assert.equal(7, study:best().value)
  end)

  it("says so where all of them fail", function()
    local study = study_of(function(trial)
      return trial.params.x + _G.nothing
    end)
    local result, why = study:run(quiet)
    assert.is_nil(result)
    assert.matches("^all of 6 trials failed; the first: .*attempt to perform "
      .. "arithmetic on a nil value %(field 'nothing'%)$", why)
    assert.equal(6, #study:trials())
  end)

  it("runs so many trials as are asked for, and then on", function()
    local study = study_of(function() return 1 end)
    study:run { trials = 2, quiet = true }
    assert.equal(2, study:counts().COMPLETE)
    study:run { trials = 1, quiet = true }
    assert.equal(3, study:counts().COMPLETE)
    study:run(quiet)
    assert.equal(6, study:counts().COMPLETE)
  end)

  it("gives each trial a seed of its own, the same each time", function()
    local function seeds()
      local list = {}
      study_of(function(trial)
        list[#list + 1] = trial.seed
        return 0
      end):run(quiet)
      return list
    end
    local list, distinct = seeds(), {}
    assert.same(list, seeds())
    for _, seed in ipairs(list) do distinct[seed] = true end
    local count = 0
    for _ in pairs(distinct) do count = count + 1 end
    assert.equal(6, count)
  end)

  it("keeps notes and reports", function()
    local study = study_of(function(trial)
      trial:report(0, 5)
      trial:report(3, 0 / 0)
      trial:note("file", "a.txt")
      trial:note("file", { "b.txt" })
      return 1
    end)
    study:run { trials = 1, quiet = true }
    local trial = study:trials()[1]
    assert.same({ file = { "b.txt" } }, trial.notes)
    assert.same({ 0, 3 }, trial.steps)
    assert.equal(5, trial.values[0])
  end)

  it("refuses what a trial can't be told", function()
    local messages = {}
    local study = study_of(function(trial)
      local calls = {
        function() trial:report(1.5, 1) end,
        function() trial:report(1, "1") end,
        function() trial:report(1, 1) trial:report(1, 1) end,
        function() trial:note(1, 1) end,
        function() trial:note("f", print) end,
        function() return trial.params.z end,
      }
      for i, call in ipairs(calls) do
        local _, why = pcall(call)
        messages[i] = why
      end
      return 1
    end)
    study:run { trials = 1, quiet = true }
    for i, want in ipairs { "step is 1.5; wanted a whole number",
      "value is '1'; wanted a number", "wanted one above the step before",
      "key is 1; wanted a string", "a function can't be JSON",
      "there is no parameter 'z'; the search has x, y" } do
      assert.matches(want, messages[i], 1, true)
    end
    refused(function() study:trials()[1]:report(9, 9) end,
      "trial 0 has ended")
  end)

  it("refuses wrong options", function()
    refused(function() neap.study { search = {}, objective = print } end,
      "search is a table; wanted a search")
    refused(function()
      neap.study { search = neap.search.grid { x = { 1 } }, objective = 5 }
    end, "objective is a number; wanted a function of a trial")
    refused(function()
      study_of(print, { direction = "up" })
    end, "direction is 'up'; wanted minimize or maximize")
    refused(function() study_of(print, { prune = {} }) end,
      "prune is a table; wanted a pruner")
    refused(function() study_of(print, { direktion = 1 }) end,
      "did you mean 'direction'?")
    refused(function() study_of(nil):run() end, "use ask and tell")
  end)
end)

describe("a study that compares losses", function()
  local function comparison_of(search)
    return neap.study {
      data = neap.data.recipe("hard_negatives", { n = 200, prior = 0.2 }),
      datasets = 2, search = search, seed = 3,
      loss = function(p) return neap.loss.focal { gamma = p.gamma } end,
    }
  end

  it("takes the points that its seed draws", function()
    local search = neap.search.random {
      trials = 3, gamma = { low = 0, high = 2 },
    }
    local study = comparison_of(search)
    assert(study:run { quiet = true, batch = 2 })
    for i = 1, 3 do
      assert.same(search:point(i, 3), study.points[i])
      assert.same(search:point(i, 3), study:trials()[i].params)
    end
    assert.is_nil(study.points[4])
  end)

  it("has nothing to prune", function()
    refused(function()
      neap.study {
        data = neap.data.recipe "gaussians", loss = neap.loss.focal {},
        search = neap.search.grid { x = { 1 } }, prune = neap.prune.median {},
      }
    end, "prune is for studies of an objective")
  end)

  it("takes those that a search proposes which learns, some at a time",
    function()
      local search = neap.search.tpe {
        trials = 10, startup = 4, gamma = { low = 0, high = 2 },
      }
      local study = comparison_of(search)
      assert(study:run { quiet = true, batch = 4 })
      local trials, known = study:trials(), {}
      assert.equal(10, #trials)
      for i, trial in ipairs(trials) do
        -- A batch knows of the batches before it. Larger scores are better.
        if i % 4 == 1 then
          known = { trials = {} }
          for k = 1, i - 1 do
            known.trials[k] = {
              number = k - 1, state = "COMPLETE", params = trials[k].params,
              loss = -trials[k].value,
            }
          end
        end
        assert.same(search:point(i, 3, known), trial.params)
      end
    end)
end)

describe("ask and tell", function()
  it("leave the loop to the script", function()
    local study = study_of(nil)
    local first, second = study:ask(), study:ask()
    assert.same({ x = 3, y = 20 }, second.params)
    assert.equal(2, study:counts().RUNNING)
    study:tell(second, 4)
    study:tell(first, nil, "the player left")
    assert.equal(4, study:best().value)
    assert.equal("the player left", study:trials()[1].error)
    local count = 2
    for trial in function() return study:ask() end do
      study:tell(trial, count)
      count = count + 1
    end
    assert.equal(6, count)
    assert.equal(0, study:counts().RUNNING)
  end)

  it("refuse what was told before", function()
    local study = study_of(nil)
    local trial = study:ask()
    study:tell(trial, 1)
    refused(function() study:tell(trial, 2) end, "has not ended")
    refused(function() study:tell({}, 2) end,
      "trial is a table; wanted a neap.Trial")
    local other = study:ask()
    refused(function() study:tell(other, "2") end, "value is a string")
  end)
end)

-- A study whose trials report value x at each step of a list, and are pruned
-- where the pruner says so; returns the last step of each trial.
local function last_steps(values, steps, prune, given)
  given = given or {}
  given.prune = prune
  given.search = neap.search.grid { x = values }
  local lasts = {}
  local study = study_of(function(trial)
    for _, step in ipairs(steps) do
      trial:report(step, trial.params.x)
      lasts[trial.number + 1] = step
      if trial:should_prune() then return end
    end
    return trial.params.x
  end, given)
  study:run(quiet)
  return lasts, study
end

describe("the median pruner", function()
  it("ends trials that are worse than the median at a step", function()
    local lasts, study = last_steps({ 1, 2, 3, 2.5, 1.5, 9 }, { 1, 2, 3 },
      neap.prune.median { startup = 3, warmup = 2 })
    -- Medians of those that ended: of 1, 2, 3: 2; of 1, 2, 3, 1.5: 1.75.
    assert.same({ 3, 3, 3, 2, 3, 2 }, lasts)
    assert.same({ COMPLETE = 4, PRUNED = 2, FAIL = 0, RUNNING = 0, total = 6 },
      study:counts())
    assert.equal(2.5, study:trials()[4].value)
    assert.equal("PRUNED", study:trials()[4].state)
  end)

  it("knows the direction", function()
    local lasts = last_steps({ 1, 2, 3, 0, 4 }, { 1, 2 },
      neap.prune.median { startup = 3 }, { direction = "maximize" })
    assert.same({ 2, 2, 2, 1, 2 }, lasts)
  end)
end)

describe("successive halving", function()
  it("lets the best of a rung go on", function()
    -- Rungs 1, 2, 4. The first has nobody to be worse than; each next one
    -- goes on if it is among the better half of those that came to the rung.
    local lasts = last_steps({ 5, 6, 4, 4.5, 3, 9 }, { 1, 2, 3, 4 },
      neap.prune.halving { factor = 2 })
    assert.same({ 4, 1, 4, 2, 4, 1 }, lasts)
  end)

  it("counts a rung by the first step at it or beyond", function()
    local lasts = last_steps({ 1, 2 }, { 3, 6 },
      neap.prune.halving { min = 2, factor = 2 })
    assert.same({ 6, 3 }, lasts)
  end)
end)

describe("hyperband", function()
  it("deals trials to brackets as their budgets are", function()
    local pruner = neap.prune.hyperband { min = 1, max = 9, factor = 3 }
    -- Budgets ceil(3 * 3^s / (s + 1)) for s = 2, 1, 0: Li et al. 2018.
    assert.same({ 9, 5, 3 }, pruner.budgets)
    local counts = { 0, 0, 0 }
    for number = 0, 1699 do
      local bracket = pruner:bracket("study", number)
      counts[bracket] = counts[bracket] + 1
    end
    for i, budget in ipairs(pruner.budgets) do
      local share = budget / 17
      assert.is_true(math.abs(counts[i] - 1700 * share)
        < 5 * math.sqrt(1700 * share * (1 - share)))
    end
  end)

  it("never ends a trial of the last bracket", function()
    local pruner = neap.prune.hyperband { min = 1, max = 4, factor = 2 }
    local values = {}
    for i = 1, 40 do values[i] = i end
    local lasts = last_steps(values, { 1, 2, 3, 4 }, pruner)
    local ended = 0
    for number = 0, 39 do
      if pruner:bracket("study", number) == #pruner.brackets then
        assert.equal(4, lasts[number + 1])
      elseif lasts[number + 1] < 4 then
        ended = ended + 1
      end
    end
    assert.is_true(ended > 15)
  end)

  it("wants max above min", function()
    refused(function() neap.prune.hyperband { min = 4, max = 3 } end,
      "max is 3; wanted min, 4, or more")
  end)
end)
