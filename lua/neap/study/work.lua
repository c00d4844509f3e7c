--- The work on a study: its points, claimed some at a time, by this process or
-- by many; then, by one for all, what stands beside them.
local keep = require "neap.study.keep"
local metrics = require "neap.study.metrics"
local progress = require "neap.progress"
local sheets = require "neap.study.sheet"
local stages = require "neap.study.stages"

local found, host = pcall(require, "neap.host")

local M = {}

-- Sixteen points train in lockstep on one thread; where there are more, this
-- many at once gain little.
local LOCKSTEP <const>, MOST <const> = 16, 64

local function is_interrupted()
  return found and host.interrupted()
end

-- How many points to claim at once: in memory all; in a store so many that
-- each thread has some, little is lost with a process, and others get theirs.
local function batch_of(study, o)
  local search, session = study.spec.search, study.session
  if o.batch then return o.batch end
  if search.adaptive then return LOCKSTEP end
  if not session.db then return search.size end
  local counts, least = session:counts(), LOCKSTEP * host.threads()
  local left = search.size - counts.COMPLETE - counts.FAIL - counts.RUNNING
  return math.max(least, math.min(MOST, left // 4))
end

local function bar_of(study, title, total)
  local bar = progress.new(title, total, "fits")
  bar.silent = bar.silent or study.quiet
  return bar
end

-- ------------------------------------------------------------- once for all

--- Scores something once, whoever does: the sheet that `score` gives, kept
-- under a name and read from there by others.
-- @param score function() -> a sheet, or nil where it was interrupted
-- @param stage to read, or nil: nothing is
-- @return the sheet; nil where it was interrupted
function M.once(study, task, stage, score)
  local session = study.session
  if not session.db then return score() end
  while not is_interrupted() do
    local status = session:claim_task(task)
    if status == "done" then
      return not stage or keep.read(session, stage)
    elseif status == "busy" then
      session:wait()
    else
      local sheet = score()
      if not sheet then return nil end
      session:finish_task(task, function()
        keep.put_stage(session, stage or "points", sheet)
      end)
    end
  end
end

-- --------------------------------------------------------------- the points

-- Ends a trial with what its row has: the mean of the score over the runs.
local function finish(study, trial, sheet)
  local row, o = sheet.by_label[trial.index], study.spec
  local mean = require("neap.verdict").mean_of(row, o.score, #sheet.runs)
  row.number, trial.row, trial.sheet = trial.number, row, sheet
  trial.steps, trial.values, trial.losses = {}, {}, {}
  if mean then
    trial.state, trial.value = "COMPLETE", mean
  else
    trial.state = "FAIL"
    trial.error = ("%s has no value in some run: a fit failed"):format(
      metrics.titles[o.score])
  end
end

-- Scores the points of some trials. @return whether that was finished
local function score_trials(study, batch, with_baselines, bar, before)
  local labels, size = {}, #batch
  table.sort(batch, function(a, b) return a.index < b.index end)
  for i, trial in ipairs(batch) do
    labels[i] = trial.index
    study.points[trial.index] = trial.params
  end
  local sheet, finished = stages.score_points(study, labels, with_baselines,
    function(done)
      bar:update(before + done * size)
      study.session:renew()
    end)
  if finished then
    for _, trial in ipairs(batch) do finish(study, trial, sheet) end
  end
  return sheet, finished
end

-- The baselines, by whoever comes first.
local function score_baselines(study)
  return M.once(study, "baselines", nil, function()
    local sheet, finished = stages.score_points(study, {}, true,
      function() study.session:renew() end)
    return finished and sheet or nil
  end)
end

--- Works on the points until all of them have been scored.
-- @param o { batch = points that are claimed at once, or nil }
-- @return false where it was interrupted
function M.score_points(study, o)
  local session, spec = study.session, study.spec
  local standard = spec.baselines == "standard"
  local _, runs = stages.runs_of(spec)
  local bar = bar_of(study, spec.name, spec.search.size * runs)
  local ended, done, first = {}, session:counts().COMPLETE, true
  if session.db and standard and not score_baselines(study) then
    return false
  end
  while true do
    local batch, status = session:exchange(ended, batch_of(study, o))
    if status == "complete" then break end
    ended = batch
    if #batch > 0 then
      local sheet, finished = score_trials(study, batch,
        first and standard and not session.db, bar, done * runs)
      first = false
      if not session.db and (finished or #study.runs == 0) then
        sheets.join(study, sheet)
      end
      if not finished then
        session:release(batch)
        bar:finish()
        return false
      end
      done = done + #batch
    elseif is_interrupted() then
      return false
    else
      session:wait()
    end
  end
  bar:finish()
  return true
end

-- --------------------------------------------------- what was picked of them

-- Whether some of the points, or a baseline, have not converged everywhere.
local function has_unconverged(sheet, labels)
  local asked = {}
  for _, label in ipairs(labels) do asked[label] = true end
  for _, row in ipairs(sheet.rows) do
    for run = 1, #sheet.runs do
      if (asked[row.label] or row.kind == "baseline")
        and not row.converged[run] then
        return true
      end
    end
  end
  return false
end

-- Scores what was picked once more; nil where it was interrupted.
-- @param o { title =, runs =, count = of them, variant = }
local function again(study, stage, labels, o)
  local with_baselines = study.spec.baselines == "standard"
  local size = #labels + (with_baselines and 3 or 0)
  local bar = bar_of(study, study.spec.name .. o.title, o.count * size)
  local sheet = M.once(study, stage, stage, function()
    local how = {
      labels = labels, baselines = with_baselines, runs = o.runs,
      variant = o.variant,
      look = function(done)
        bar:update(done * size)
        study.session:renew()
      end,
    }
    local sheet, finished
    if stage == "held_out" then
      sheet, finished = stages.hold_out(study, how)
    else
      sheet, finished = stages.evaluate(study, how)
    end
    return finished and sheet or nil
  end)
  bar:finish()
  return sheet
end

-- Trains what was picked otherwise, where that may tell something.
local function rerun(study, labels)
  local o, sheet = study.spec, study.confirmed or study
  local runs_of = study.confirmed and stages.confirmation_of or stages.runs_of
  local wanted = {
    { "longer", has_unconverged(sheet, labels), ", five times longer",
      "longer" },
    { "retuned", sheets.is_untuned(sheet), ", l2 tuned", "tuned" },
  }
  for _, of in ipairs(wanted) do
    if of[2] then
      local runs, count = runs_of(o)
      study[of[1]] = again(study, of[1], labels,
        { title = of[3], runs = runs, count = count, variant = of[4] })
      if not study[of[1]] then return false end
    end
  end
  return true
end

--- Looks again at what was picked: on fresh data sets, trained otherwise, on
-- the held-out rows.
-- @param labels of the points
-- @return false where it was interrupted
function M.look_again(study, labels)
  local o = study.spec
  if #labels == 0 then return true end
  -- One point without baselines stands against nothing.
  local few = o.datasets
      and o.datasets < require("neap.study.spec").LEAST_DATASETS
    or #labels == 1 and o.baselines == "none"
  if o.datasets and o.confirm > 0 and not few then
    local runs, count = stages.confirmation_of(o)
    study.confirmed = again(study, "confirmed", labels,
      { title = ", confirmation", runs = runs, count = count })
    if not study.confirmed then return false end
  end
  if o.reruns and not few and not rerun(study, labels) then return false end
  if o.test then
    study.held_out = again(study, "held_out", labels,
      { title = ", held-out rows", count = 1 })
    return study.held_out ~= nil
  end
  return true
end

return M
