--- Where a gain comes from.
--
-- Of a metric at a threshold: ranking is the difference with both thresholds
-- tuned on training rows, threshold the rest. Of log loss and Brier score:
-- refinement is the difference after the inverse link and Platt's numbers,
-- calibration the rest. Optimisation is what vanishes at five times the epochs,
-- regularisation what vanishes with l2 tuned for each loss.
local compare = require "neap.verdict.compare"
local metrics = require "neap.study.metrics"
local stats = require "neap.stats"

local M = {}

local function less(list, other)
  local rest = {}
  for i, value in ipairs(list) do rest[i] = value - other[i] end
  return rest
end

-- The part that makes up half of a gain or more; nil where 0 may be the gain.
-- Of optimisation a quarter is enough where what was trained five times longer
-- has not converged either: more of the gain may be it.
local function source_of(found, order, ended)
  local gain, early = found.gain, found.optimisation
  if not gain.low or gain.low <= 0 and gain.high >= 0 then return nil end
  if early and not ended and early.mean / gain.mean >= 0.25 then
    return "optimisation"
  end
  for _, name in ipairs(order) do
    local part = found[name]
    if part and part.mean / gain.mean >= 0.5 then return name end
  end
end

-- The difference of what was picked once, on the sheet and trained otherwise;
-- what vanishes.
local function vanished(view, sheet, other, metric, compared)
  if not other then return nil end
  local before = compare.fixed_differences(sheet, metric, compared.with,
    compared.without)
  local after = compare.fixed_differences(other, metric, compared.with,
    compared.without)
  if not (before and after) or #before ~= #after then return nil end
  return stats.paired(less(before, after), view.folds),
    stats.paired(after, view.folds)
end

--- Splits the gain that a comparison found.
-- @param metric any that studies keep; view.score if none is given
-- @return nil where there is nothing to split, or { metric =, gain =, ranking
--   =, threshold =, refinement =, calibration =, optimisation =, regularisation
--   =, longer = the gain at five times the epochs, retuned = that with l2
--   tuned, source = the name of the part that makes up half of it or more };
--   each but metric and source { mean =, low =, high = }
function M.of(view, compared, metric)
  metric = metric or view.score
  local sheet, row = view.confirmed or view, metrics[metric]
  local function differences(name)
    if not compared.gain.nested then
      return compare.fixed_differences(sheet, name, compared.with,
        compared.without)
    end
    return compare.differences(view, name, function(run)
      return compared.chosen[run][1], compared.chosen[run][2]
    end)
  end
  local all = differences(metric)
  if not all then return nil end
  local found = { metric = metric, gain = stats.paired(all, view.folds) }
  local order = { "optimisation", "regularisation" }
  local function cut(name, own, rest)
    local part = name and differences(name)
    if not part then return end
    found[own] = stats.paired(part, view.folds)
    found[rest] = stats.paired(less(all, part), view.folds)
    order[#order + 1], order[#order + 2] = rest, own
  end
  cut(row.tuned, "ranking", "threshold")
  cut(row.recalibrated, "refinement", "calibration")
  local whole = row.is == "recalibrated" and "refinement"
    or not row.falls and not row.tuned and "ranking"
  if whole then found[whole], order[#order + 1] = found.gain, whole end
  found.optimisation, found.longer = vanished(view, sheet, view.longer, metric,
    compared)
  found.regularisation, found.retuned = vanished(view, sheet, view.retuned,
    metric, compared)
  found.source = source_of(found, order, view.longer
    and compare.has_converged(view.longer, compared))
  return found
end

return M
