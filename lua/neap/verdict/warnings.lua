--- What may mislead in a study's verdict, as sentences.
local alike = require "neap.verdict.alike"
local sheets = require "neap.study.sheet"

local M = {}

local function mean_of(list, count)
  local sum = 0
  for run = 1, count do
    if not list[run] then return nil end
    sum = sum + list[run]
  end
  return sum / count
end

-- Weights' norms that differ more than twofold, of two rows.
local function norms(view, row, other)
  local a = mean_of(row.norm, #view.runs)
  local b = mean_of(other.norm, #view.runs)
  if not (a and b and a > 0 and b > 0) then return nil end
  if math.max(a / b, b / a) <= 2 then return nil end
  return ("The weights' norms differ %.1f-fold: %s %.3g, %s %.3g.")
    :format(math.max(a / b, b / a), view.describe(row), a,
      view.describe(other), b)
end

-- The ends of a search that a point lies on, as text.
local function edges(study, params)
  local list = {}
  for _, name in ipairs(study.spec.search.names) do
    local least, most, count = math.huge, -math.huge, 0
    local values = study.spec.search.values
    for _, value in ipairs(values and values[name] or {}) do
      if type(value) == "number" then
        least, most = math.min(least, value), math.max(most, value)
        count = count + 1
      end
    end
    local value = params[name]
    -- A gamma of 0 is the end of what there is, not of the grid.
    if count > 1 and (value == most or value == least
      and not (name == "gamma" and value == 0)) then
      list[#list + 1] = ("%s %s"):format(name, tostring(value))
    end
  end
  return #list > 0 and table.concat(list, ", ") or nil
end

-- A tuned l2 or learning rate at the end of its candidates.
local function tuned_edges(view, rows)
  for _, row in ipairs(rows) do
    local count = 0
    for run = 1, #view.runs do
      if row.edge[run] then count = count + 1 end
    end
    if 2 * count > #view.runs then
      return ("What was tuned for %s lies at the end of its candidates.")
        :format(view.describe(row))
    end
  end
end

-- How l2 came about.
local function fairness(study)
  local tuned = {}
  for _, row in ipairs(study.rows) do
    if row.tuned[1] then tuned[row.tuned[1]] = true end
  end
  if tuned.l2 or tuned.rate then
    return ("%s tuned for each loss on training rows."):format(
      tuned.l2 and tuned.rate and "l2 and learning rates were"
        or tuned.rate and "Learning rates were" or "l2 was")
  elseif sheets.is_untuned(study) then
    return "l2 is as given: differences may be of regularisation."
  end
end

--- The warnings of a study.
-- @param rows that were picked, the first of them the best point
function M.of(study, view, rows)
  local list, seen = {}, {}
  local function add(text)
    if text and not seen[text] then
      seen[text], list[#list + 1] = true, text
    end
  end
  add(study.partial and ("This is of %s."):format(study.partial))
  add(fairness(study))
  local best, ce = rows[1], view.by_label["cross-entropy"]
  add(rows.with and rows.without and norms(view, rows.with, rows.without)
    or best and ce and norms(view, best, ce))
  for _, row in ipairs { rows.with or best, best } do
    local text = row and edges(study, study.points[row.label])
    add(text and ("The grid ends at %s: a wider one may have a better point.")
      :format(text))
  end
  add(tuned_edges(view, rows))
  for _, name in ipairs(alike.idle(study)) do
    add(("Nothing reads %s: points that differ in it are the same fits.")
      :format(name))
  end
  if study.spec.folds and study.spec.data.groups then
    add("Rows come in groups, and the bootstrap draws rows: intervals are too "
      .. "narrow.")
  end
  return list
end

return M
