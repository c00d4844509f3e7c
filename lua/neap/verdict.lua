--- What a study says: its best point and its comparisons.
--
-- Whatever is compared was chosen on the other runs: for each data set or fold
-- the best point is picked by its mean score on all others, so that no number
-- profits from having been picked for being large.
local stats = require "neap.stats"
local text = require "neap.text"

local M = {}

local titles = {
  average_precision = "average precision",
  roc_auc = "ROC AUC",
  log_loss = "log loss",
  log_loss_recalibrated = "recalibrated log loss",
  brier = "Brier score",
  f1 = "F1 at 1/2",
  f1_tuned = "F1 at the tuned threshold",
  accuracy = "accuracy",
}

M.titles = titles

--- What a gain in a metric is called; a fall is one where less is better.
function M.gain_title(study, metric)
  return study.larger_is_better(metric) and titles[metric]
    or titles[metric] .. " (a fall is a gain)"
end

local function check_results(study)
  if #study.runs == 0 then
    error("the study has no results; call study:run() first", 3)
  end
end

-- A point's parameters as text, in the order of their names, but one.
local function show_point(study, index, but)
  local point, parts = study.points[index], {}
  for _, name in ipairs(study.spec.search.names) do
    local value = point[name]
    if value == false then value = "off" end
    if name ~= but then
      parts[#parts + 1] = ("%s %s"):format(name, tostring(value))
    end
  end
  return table.concat(parts, ", ")
end

M.check_results, M.show_point = check_results, show_point

-- The mean of a row's metric over all runs but one; nil where a run has none.
local function mean_of(row, metric, count, but)
  local sum, used = 0, 0
  for run = 1, count do
    if run ~= but then
      local value = row.values[metric][run]
      if value ~= value then return nil end
      sum, used = sum + value, used + 1
    end
  end
  return used > 0 and sum / used or nil
end

M.mean_of = mean_of

-- The best of some rows by their mean on all runs but one.
local function pick(study, rows, but)
  local metric, best, most = study.spec.score, nil, nil
  local sign = study.larger_is_better(metric) and 1 or -1
  if #study.runs == 1 then but = nil end
  for _, row in ipairs(rows) do
    local mean = mean_of(row, metric, #study.runs, but)
    if mean and (not most or sign * mean > most) then
      best, most = row, sign * mean
    end
  end
  return best
end

local function all_converged(row, count)
  for run = 1, count do
    if not row.converged[run] then return false end
  end
  return true
end

-- The score of the best of some rows on each run, chosen on the others, and
-- whether all rows that were chosen have converged everywhere.
local function picked_scores(study, rows)
  local scores, converged = {}, true
  for run = 1, #study.runs do
    local row = pick(study, rows, run)
    scores[run] = row and row.values[study.spec.score][run]
    converged = converged and row ~= nil and all_converged(row, #study.runs)
  end
  return scores, converged
end

-- The gain of one list of scores over another, with its interval; positive
-- is better, whatever the metric.
local function gain_of(study, scores, others)
  local sign = study.larger_is_better(study.spec.score) and 1 or -1
  local differences = {}
  for run = 1, #study.runs do
    local difference = sign * ((scores[run] or 0 / 0) - (others[run] or 0 / 0))
    if difference ~= difference then return nil end
    differences[run] = difference
  end
  return stats.paired(differences, study:correction())
end

-- Fewer fresh data sets can't decide: of 5, a sign test's least p is 1/32.
local LEAST_DATASETS = 8

-- Gains up to this size don't matter, unless the study says otherwise.
local worths = { average_precision = 0.005, roc_auc = 0.005 }

local function worth_of(study)
  return study.spec.worth or worths[study.spec.score] or 0
end

local function too_few(study)
  return study.spec.datasets and #study.runs < LEAST_DATASETS
end

-- What a gain says: better and worse are beyond what it is worth, both by the
-- interval and with a probability of 95 %.
local function word_of(study, gain, converged)
  if not converged or not gain.low or too_few(study) then
    return "undecided"
  end
  local worth = worth_of(study)
  local chance = stats.posterior(gain, worth)
  if gain.low > 0 and chance.above >= 0.95 then return "better" end
  if gain.high < 0 and chance.below >= 0.95 then return "worse" end
  if worth == 0 or chance.within < 0.95 then return "undecided" end
  return (gain.low > 0 or gain.high < 0) and "too small to matter"
    or "equivalent"
end

-- What would decide, of an undecided gain.
local function need_of(study, gain)
  if not gain.low then return "" end
  if too_few(study) then
    return (" Fewer than %d data sets can't decide."):format(LEAST_DATASETS)
  elseif not study.spec.datasets then
    return " More repeats of the same rows can't decide it; more positives can."
  end
  local deviation = gain.error * math.sqrt(gain.count)
  local needed = stats.needed(gain.mean, worth_of(study), deviation)
  return needed and (" %d data sets would show a gain of this size.")
    :format(needed) or ""
end

local function rows_where(study, test)
  local rows = {}
  for _, row in ipairs(study.rows) do
    if row.kind == "point" and test(study.points[row.label]) then
      rows[#rows + 1] = row
    end
  end
  return rows
end

--- See Study:best.
function M.best(study)
  check_results(study)
  local row = pick(study, rows_where(study, function() return true end))
  if not row then return nil, "no point has a score in every run" end
  return {
    index = row.label,
    params = study.points[row.label],
    score = mean_of(row, study.spec.score, #study.runs),
  }
end

local function signed(x)
  return ("%+.4f"):format(x)
end

local function interval(gain)
  if not gain.low then return "no interval from one run" end
  return ("95 %% interval %s to %s"):format(signed(gain.low),
    signed(gain.high))
end

local function protocol(study)
  local o, count = study.spec, #study.runs
  if o.datasets then
    local short = count < o.datasets and (" of %d"):format(o.datasets) or ""
    return ("%d%s fresh data sets"):format(count, short)
  end
  return ("%d folds of one data set, corrected for shared rows"):format(count)
end

M.protocol = protocol

-- Does gamma > 0 add anything to gamma = 0? Both are picked the same way.
local function focus(study)
  local with = rows_where(study, function(p)
    return type(p.gamma) == "number" and p.gamma > 0
  end)
  local without = rows_where(study, function(p) return p.gamma == 0 end)
  if #with == 0 or #without == 0 then return nil end
  local best_with, best_without = pick(study, with), pick(study, without)
  local scores, converged = picked_scores(study, with)
  local others, others_converged = picked_scores(study, without)
  local gain = gain_of(study, scores, others)
  if not (best_with and best_without and gain) then return nil end
  converged = converged and others_converged
  return {
    verdict = word_of(study, gain, converged), unconverged = not converged,
    gain = gain, with = best_with, without = best_without,
  }
end

local openings = {
  better = "Focusing helps",
  worse = "Focusing does not help",
  equivalent = "Focusing makes no difference that matters",
  ["too small to matter"] = "Focusing gains too little to matter",
  undecided = "Undecided whether focusing helps",
}

-- What counts as a gain.
local function worth_text(study)
  local worth = worth_of(study)
  return worth > 0 and (" (worth it from %g on)"):format(worth) or ""
end

local function focus_text(study, found)
  local opening = openings[found.verdict]
  if found.unconverged then opening = "Undecided: not converged" end
  local without = show_point(study, found.without.label, "gamma")
  return ("%s: the best gamma > 0 (%s) against the best gamma 0%s gains %s %s, "
    .. "%s, over %s%s%s.%s"):format(opening,
      show_point(study, found.with.label),
      without ~= "" and (" (%s)"):format(without) or "",
      signed(found.gain.mean), M.gain_title(study, study.spec.score),
      interval(found.gain), protocol(study),
      #study.runs > 1 and ", each picked on the others" or "",
      worth_text(study),
      found.verdict == "undecided" and not found.unconverged
        and need_of(study, found.gain) or "")
end

-- p of the best point against cross-entropy after looking at all points: max-T
-- over the points, of fresh data sets.
local function corrected_p(study)
  local metric, rows, at = study.spec.score, {}, nil
  local plain = study.by_label["cross-entropy"]
  local best = M.best(study)
  if not (study.spec.datasets and plain and best) or too_few(study) then
    return nil
  end
  local sign = study.larger_is_better(metric) and 1 or -1
  for _, row in ipairs(study.rows) do
    local differences = {}
    for run = 1, #study.runs do
      differences[run] = sign
        * (row.values[metric][run] - plain.values[metric][run])
    end
    local sum = stats.mean(differences)
    if row.kind == "point" and sum == sum then
      rows[#rows + 1] = differences
      if row.label == best.index then at = #rows end
    end
  end
  if not at then return nil end
  return stats.maximum_t(rows, { seed = study.spec.seed + 1 }).p[at], #rows
end

local function corrected_text(study)
  local p, count = corrected_p(study)
  if not p then return nil end
  local shown = p < 0.001 and "0.001 or less" or ("%.3f"):format(p)
  return (" Against cross-entropy p = %s, one-sided, after looking at %d "
    .. "points."):format(shown, count)
end

-- Baselines that are no remedies: the best and the least that there is.
local no_remedy = { oracle = true, constant = true }

-- The best point against each baseline that needs no search.
local function remedies(study)
  local best, best_converged = picked_scores(study,
    rows_where(study, function() return true end))
  local list = {}
  for _, row in ipairs(study.rows) do
    if row.kind == "baseline" then
      local gain = gain_of(study, best, row.values[study.spec.score])
      local converged = best_converged and all_converged(row, #study.runs)
      list[#list + 1] = {
        label = row.label, gain = gain, converged = converged,
        verdict = gain and word_of(study, gain, converged) or "undecided",
      }
    end
  end
  return list
end

-- The best point against the best remedy, both picked the same way.
local function best_remedy(study)
  local rows = {}
  for _, row in ipairs(study.rows) do
    if row.kind == "baseline" and not no_remedy[row.label] then
      rows[#rows + 1] = row
    end
  end
  local picked = #rows > 0 and pick(study, rows)
  if not picked then return nil end
  local best, converged = picked_scores(study,
    rows_where(study, function() return true end))
  local others, others_converged = picked_scores(study, rows)
  local gain = gain_of(study, best, others)
  converged = converged and others_converged
  return gain and {
    label = picked.label, gain = gain, converged = converged,
    verdict = word_of(study, gain, converged),
  }
end

local function against_text(study, remedy)
  return ("The best point of all (%s) against the best cheaper remedy (%s), "
    .. "both picked the same way: %s, %s; %s."):format(
    show_point(study, M.best(study).index), remedy.label,
    signed(remedy.gain.mean), interval(remedy.gain), remedy.converged
      and remedy.verdict or "undecided: not converged")
end

local function remedies_text(study, list)
  local parts = {}
  for _, remedy in ipairs(list) do
    if not remedy.gain then
      parts[#parts + 1] = remedy.label .. " (a fit failed)"
    elseif not no_remedy[remedy.label] then
      parts[#parts + 1] = ("%s %s (%s%s)"):format(remedy.label,
        signed(remedy.gain.mean), (interval(remedy.gain)
          :gsub("^95 %% interval ", "")),
        remedy.converged and "" or "; not converged")
    end
  end
  if #parts == 0 or not M.best(study) then return nil end
  return ("It gains on %s.%s"):format(table.concat(parts, ", "),
    corrected_text(study) or "")
end

local function held_out_text(study)
  if not study.held_out then return nil end
  local best, metric = M.best(study), study.spec.score
  local parts = {}
  if not best then return "No point has a score in every run." end
  for _, row in ipairs(study.rows) do
    if row.label == best.index or row.kind == "baseline" then
      local label = row.label == best.index and "the best point" or row.label
      parts[#parts + 1] = ("%s %.4f"):format(label, row.values[metric].test)
    end
  end
  return ("On the held-out rows (%d positives): %s.")
    :format(study.held_out.positives, table.concat(parts, ", "))
end

local verdict_meta = {
  __name = "neap.Verdict",
  __tostring = function(self) return self.text end,
}

--- See Study:verdict.
-- @return { verdict = "better" | "worse" | "equivalent" | "too small to matter"
--   | "undecided" for gamma > 0 against gamma = 0 (nil without a gamma axis),
--   gain =, best =, best_without =, worth =, p = of the best point against
--   cross-entropy, corrected, remedy = the best point against the best remedy,
--   remedies = { { label =, gain =, verdict =,
--   converged = } }, text = };
--   gains are { mean =, low =, high = } with positive for better; a remedy
--   with a fit that failed has none. What has not converged is undecided, and
--   so are fewer than 8 fresh data sets
function M.new(study)
  check_results(study)
  local found, list = focus(study), remedies(study)
  local sentences = {}
  if found then sentences[1] = focus_text(study, found) end
  local remedy = M.best(study) and best_remedy(study)
  if remedy then sentences[#sentences + 1] = against_text(study, remedy) end
  sentences[#sentences + 1] = remedies_text(study, list)
  sentences[#sentences + 1] = held_out_text(study)
  return setmetatable({
    verdict = found and found.verdict,
    converged = found and not found.unconverged,
    gain = found and found.gain,
    worth = worth_of(study),
    p = (corrected_p(study)),
    best = found and study.points[found.with.label],
    best_without = found and study.points[found.without.label],
    remedy = remedy or nil,
    remedies = list,
    text = text.wrap(sentences),
  }, verdict_meta)
end

return M
