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

-- Scores something for all workers, unless one has done so or does.
-- @return "done", "busy": another worker is at it, or "interrupted"
local function try_once(study, task, stage, score)
  local session = study.session
  local status = session:claim_task(task)
  if status ~= "mine" then return status end
  local sheet = score()
  if not sheet then return "interrupted" end
  local kept = session:finish_task(task, function()
    keep.put_stage(session, stage, sheet)
  end)
  return kept and "done" or "busy"
end

-- The same, until that is done: false where it was interrupted.
local function once(study, task, stage, score)
  while not is_interrupted() do
    local status = try_once(study, task, stage, score)
    if status ~= "busy" then return status == "done" end
    study.session:wait()
  end
  return false
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

-- The baselines, by whoever comes first: by `how`, which is try_once or once.
local function score_baselines(study, how)
  return how(study, "baselines", "points", function()
    local sheet, finished = stages.score_points(study, {}, true,
      function() study.session:renew() end)
    return finished and sheet or nil
  end)
end

-- Claims points and scores them until there are no more; false where it was
-- interrupted.
-- @param with_baselines whether they are trained with the first points
local function claim_all(study, o, with_baselines, bar)
  local session, _, runs = study.session, stages.runs_of(study.spec)
  local ended, done = {}, session:counts().COMPLETE
  while true do
    local batch, status = session:exchange(ended, batch_of(study, o))
    if status == "complete" then return true end
    ended = batch
    if #batch > 0 then
      local sheet, finished = score_trials(study, batch, with_baselines, bar,
        done * runs)
      with_baselines = false
      -- What is in a store is read from there when all has ended.
      if not session.db and (finished or #study.runs == 0) then
        sheets.join(study, sheet)
      end
      if not finished then return false end
      done = done + #batch
    elseif is_interrupted() then
      return false
    else
      session:wait()
    end
  end
end

--- Works on the points, and the baselines, until all of them have been scored.
-- @param o { batch = points that are claimed at once, or nil }
-- @return false where it was interrupted
function M.score_points(study, o)
  local spec = study.spec
  local _, runs = stages.runs_of(spec)
  local bar = bar_of(study, spec.name, spec.search.size * runs)
  local standard = spec.baselines == "standard"
  local for_all = standard and study.session.db
  local done = not for_all
    or score_baselines(study, try_once) ~= "interrupted"
  done = done and claim_all(study, o, standard and not for_all, bar)
  bar:finish()
  return done and (not for_all or score_baselines(study, once))
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

-- Scores what was picked once more: a sheet; nil where it was interrupted.
-- @param o { title =, runs =, count = of them, variant = }
local function again(study, stage, labels, o)
  local with_baselines = study.spec.baselines == "standard"
  local size = #labels + (with_baselines and 3 or 0)
  local bar = bar_of(study, study.spec.name .. o.title, o.count * size)
  local function score()
    local how = {
      labels = labels, baselines = with_baselines, runs = o.runs,
      variant = o.variant,
      look = function(done)
        bar:update(done * size)
        study.session:renew()
      end,
    }
    local evaluate = stage == "held_out" and stages.hold_out or stages.evaluate
    local sheet, finished = evaluate(study, how)
    return finished and sheet or nil
  end
  local sheet
  if not study.session.db then
    sheet = score()
  elseif once(study, stage, stage, score) then
    sheet = keep.read(study.session, stage)
  end
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
