--- The best of some rows against the best of others, both picked the same way.
--
-- A view is what is compared: { score = a metric's name, worth =, seed =, kind
-- = "datasets" (independent), "folds" (of one data set, dealt again and again)
-- or "rows" (one set of predictions), folds = K or nil, runs =, rows =,
-- by_label = as of a sheet (lua/neap/study/sheet.lua), confirmed = a sheet or
-- nil }. A question is { with = rows, without = rows }. docs/verdict.md has the
-- rules.
local metrics = require "neap.study.metrics"
local stats = require "neap.stats"

local M = {}

--- Fewer fresh data sets can't decide: of 5, a sign test's least p is 1/32.
M.LEAST_DATASETS = require("neap.study.spec").LEAST_DATASETS

-- Fewer positives tell nothing of how many would do.
local LEAST_POSITIVES = 10

--- The mean of a row's metric over all runs but one; nil where a run has none.
function M.mean_of(row, metric, count, but)
  local sum, used = 0, 0
  for run = 1, count do
    if run ~= but then
      local value = row.values[metric][run]
      if not value or value ~= value then return nil end
      sum, used = sum + value, used + 1
    end
  end
  return used > 0 and sum / used or nil
end

--- The best of some rows by their mean on all runs but one, or by what they
-- were inside that one's training rows, where that is known.
function M.pick(view, rows, but)
  local sign, best, most = metrics[view.score].sign, nil, nil
  if #view.runs == 1 then but = nil end
  for _, row in ipairs(rows) do
    local mean = but and row.inner and row.inner[but]
      or M.mean_of(row, view.score, #view.runs, but)
    if mean and mean == mean and (not most or sign * mean > most) then
      best, most = row, sign * mean
    end
  end
  return best
end

local function all_converged(sheet, row)
  for run = 1, #sheet.runs do
    if row.converged and not row.converged[run] then return false end
  end
  return true
end

--- Whether both rows of a comparison have converged in all runs of a sheet.
function M.has_converged(sheet, compared)
  for _, row in ipairs { compared.with, compared.without } do
    local own = sheet.by_label[row.label]
    if own and not all_converged(sheet, own) then return false end
  end
  return true
end

-- What was picked for each run, on the others or inside its training rows.
local function choose(view, question)
  local chosen = {}
  for run = 1, #view.runs do
    local a = M.pick(view, question.with, run)
    local b = M.pick(view, question.without, run)
    if not (a and b) then return nil end
    chosen[run] = { a, b }
  end
  return chosen
end

-- The rows that a gain is of and that have not converged in all runs: what was
-- picked once and confirmed, or for each run.
local function unconverged_of(view, picked, chosen, gain)
  local list, seen = {}, {}
  local function look(sheet, row)
    local own = sheet.by_label[row.label]
    if own and not seen[row.label] and not all_converged(sheet, own) then
      seen[row.label], list[#list + 1] = true, row
    end
  end
  for _, row in ipairs { picked.with, picked.without } do
    look(view, row)
    if gain.confirmed then look(view.confirmed, row) end
  end
  for _, pair in ipairs(gain.confirmed and {} or chosen) do
    look(view, pair[1])
    look(view, pair[2])
  end
  return list
end

--- The differences of a metric over the runs of a sheet, positive is better;
-- nil where one has no value.
-- @param rows_of function(run) -> the row with, the row without
function M.differences(sheet, metric, rows_of)
  local sign, list = metrics[metric].sign, {}
  for run = 1, #sheet.runs do
    local a, b = rows_of(run)
    local x, y = a.values[metric][run], b.values[metric][run]
    if not x or not y or x - y ~= x - y then return nil end
    list[run] = sign * (x - y)
  end
  return list
end

--- The same of two rows that were picked once, whatever the sheet.
function M.fixed_differences(sheet, metric, with, without)
  local a, b = sheet.by_label[with.label], sheet.by_label[without.label]
  if not (a and b) then return nil end
  return M.differences(sheet, metric, function() return a, b end)
end

-- ------------------------------------------------------- the gain and its p

-- Rows whose draws are known.
local function drawn(rows)
  local list = {}
  for _, row in ipairs(rows) do
    if row.inside and row.pooled == row.pooled then list[#list + 1] = row end
  end
  return list
end

-- A row less another on every draw.
local function draws_of(row, other, sign)
  local list = {}
  for b = 1, #row.inside do
    list[b] = sign * (row.inside[b] - other.inside[b])
  end
  return list
end

-- The standard error of a row less another: the larger one of the folds' and of
-- the draws'.
local function error_of(view, row, other, draws)
  local spread = stats.deviation(draws)
  local list = view.folds and M.differences(view, view.score,
    function() return row, other end)
  if not list then return spread end
  return math.max(spread, stats.paired(list, view.folds).error or 0)
end

-- The gain after selection on one data set: the mean of the bootstrap's
-- differences; the interval is the wider one of theirs and of Student's. Where
-- there was nothing to select it is the difference on all rows.
local function drawn_gain(view, question, picked, paired)
  local sign = metrics[view.score].sign
  local with, without = drawn(question.with), drawn(question.without)
  local a, b = picked.with, picked.without
  if not (a.inside and b.inside) then return nil end
  local plain, selected = draws_of(a, b, sign), #with + #without > 2
  local list = selected and stats.selected(with, without, sign) or plain
  if #list < 2 then return nil end
  local gain = {
    mean = selected and stats.mean(list) or sign * (a.pooled - b.pooled),
    count = paired and paired.count or 1,
    df = paired and paired.df or #list - 1,
    error = error_of(view, a, b, plain), selected = selected or nil,
  }
  local reach = gain.error * stats.t_quantile(0.975, gain.df)
  gain.low = math.min(gain.mean - reach, stats.quantile(list, 0.025))
  gain.high = math.max(gain.mean + reach, stats.quantile(list, 0.975))
  return gain
end

-- p by sign flips over independent data sets.
local function flipped_p(view, question, picked)
  local lists, at = {}, nil
  for _, row in ipairs(question.with) do
    local list = M.differences(view, view.score,
      function() return row, picked.without end)
    if list then
      lists[#lists + 1] = list
      if row == picked.with then at = #lists end
    end
  end
  return at and stats.maximum_t(lists, { seed = view.seed + 1 }).p[at], #lists
end

-- p by the bootstrap over the rows of one data set.
local function drawn_p(view, question, picked)
  local sign, at = metrics[view.score].sign, nil
  local rows, gains, draws, errors = drawn(question.with), {}, {}, {}
  if not picked.without.inside then return nil end
  for g, row in ipairs(rows) do
    gains[g] = sign * (row.pooled - picked.without.pooled)
    draws[g] = draws_of(row, picked.without, sign)
    errors[g] = error_of(view, row, picked.without, draws[g])
    if row == picked.with then at = g end
  end
  return at and stats.maximum_of_draws(gains, draws, errors).p[at], #rows
end

--- Whether there are too few independent data sets to decide.
function M.too_few(view)
  return view.kind == "datasets" and #view.runs < M.LEAST_DATASETS
end

-- What a gain says: better and worse are beyond what it is worth, both by the
-- interval and with a probability of 95 %; and better holds after looking at
-- all points, unless the gain was found where nothing had been picked.
-- @param find_p function() -> p
local function word_of(view, gain, converged, find_p)
  if not converged or not gain.low or M.too_few(view) then
    return "undecided"
  end
  local chance = stats.posterior(gain, view.worth)
  if gain.low > 0 and chance.above >= 0.95 then
    if gain.confirmed or gain.nested then return "better" end
    local p = find_p()
    return p and p <= 0.05 and "better" or "undecided"
  end
  if gain.high < 0 and chance.below >= 0.95 then return "worse" end
  if view.worth == 0 or chance.within < 0.95 then return "undecided" end
  return (gain.low > 0 or gain.high < 0) and "too small to matter"
    or "equivalent"
end

-- What would decide, of an undecided gain beyond its worth.
local function need_of(view, gain)
  if not gain.low or M.too_few(view) then return {} end
  if view.kind ~= "datasets" then
    local sum = 0
    for _, run in ipairs(view.runs) do sum = sum + run.positives end
    -- Over folds each positive is tested once a repeat.
    local positives = view.folds and sum * view.folds / #view.runs or sum
    local wanted = positives >= LEAST_POSITIVES
      and stats.needed_positives(gain, view.worth, positives)
    -- Where the size would do it is the pick among many that leaves it open.
    return { positives = wanted and wanted > positives and wanted or nil,
      positives_now = math.floor(positives + 0.5) }
  end
  return { datasets = stats.needed(gain.mean, view.worth,
    gain.error * math.sqrt(gain.count)) }
end

-- The gain, with all that is known of how it was found.
local function gain_of(view, question, picked, chosen)
  local confirmed = view.confirmed and M.fixed_differences(view.confirmed,
    view.score, picked.with, picked.without)
  if confirmed and #confirmed > 1 then
    local gain = stats.paired(confirmed)
    gain.confirmed = true
    return gain
  end
  local list = M.differences(view, view.score, function(run)
    return chosen[run][1], chosen[run][2]
  end)
  local paired = list and stats.paired(list, view.folds)
  if paired and picked.with.inner then
    paired.nested = true
    return paired
  end
  return view.kind ~= "datasets"
    and drawn_gain(view, question, picked, view.folds and paired) or paired
end

--- The difference of two rows' means over all runs, as a table shows it.
function M.shown(view, with, without)
  local count = #view.runs
  local a = M.mean_of(with, view.score, count)
  local b = M.mean_of(without, view.score, count)
  return a and b and metrics[view.score].sign * (a - b)
end

--- Answers a question.
-- @param question { with =, without = rows, brief = true: p, which takes long
--   of many runs, is found only where the verdict needs it }
-- @return nil where there is nothing to compare, or { with =, without = rows
--   that were picked, chosen = { { with, without } by run }, gain =, shown =
--   the difference of both in the table, verdict =, converged =, unconverged =
--   rows, p =, points = that were looked at, need = }
function M.compare(view, question)
  local picked = {
    with = M.pick(view, question.with),
    without = M.pick(view, question.without),
  }
  if not (picked.with and picked.without) then return nil end
  local chosen = choose(view, question)
  local gain = chosen and gain_of(view, question, picked, chosen)
  if not gain then return nil end
  local p, points
  local function find_p()
    if p == nil and not M.too_few(view) then
      local find = view.kind == "datasets" and flipped_p or drawn_p
      p, points = find(view, question, picked)
    end
    return p
  end
  if not question.brief then find_p() end
  local unconverged = unconverged_of(view, picked, chosen, gain)
  local converged = #unconverged == 0
  local verdict = word_of(view, gain, converged, find_p)
  return {
    with = picked.with, without = picked.without, chosen = chosen, gain = gain,
    shown = M.shown(view, picked.with, picked.without),
    converged = converged, unconverged = unconverged, verdict = verdict,
    p = p, points = points,
    need = verdict == "undecided" and converged and need_of(view, gain) or {},
  }
end

return M
