--- What a study says: its best point, its comparisons, where a gain comes from.
-- The rules stand in docs/verdict.md.
local alike = require "neap.verdict.alike"
local compare = require "neap.verdict.compare"
local core = require "neap.core"
local metrics = require "neap.study.metrics"
local split = require "neap.verdict.split"
local stats = require "neap.stats"
local text = require "neap.text"
local warnings = require "neap.verdict.warnings"
local words = require "neap.verdict.words"

local M = { titles = metrics.titles, mean_of = compare.mean_of }

function M.check_results(study)
  if #study.runs == 0 then
    core.blame("the study has no results; call study:run() first")
  end
end

--- A point's parameters as text, in the order of their names, but one; of a
-- union of grids, those that it has.
function M.show_point(study, index, but)
  local point, parts = study.points[index], {}
  for _, name in ipairs(study.spec.search.names) do
    local value = point[name]
    if value == false then value = "off" end
    if type(value) == "number" then value = ("%.6g"):format(value) end
    if name ~= but and value ~= nil then
      parts[#parts + 1] = ("%s %s"):format(name, tostring(value))
    end
  end
  return table.concat(parts, ", ")
end

-- A study as what is compared.
local function view_of(study)
  local o = study.spec
  return {
    score = o.score, seed = o.seed,
    worth = o.worth or metrics[o.score].worth,
    kind = o.datasets and "datasets" or "folds",
    folds = o.folds, wanted = o.datasets,
    runs = study.runs, rows = study.rows, by_label = study.by_label,
    confirmed = study.confirmed, longer = study.longer,
    retuned = study.retuned,
    describe = function(row, but)
      if row.kind ~= "point" then return row.label end
      return M.show_point(study, row.label, but)
    end,
  }
end

--- What a study's numbers are over.
function M.protocol(study)
  return words.protocol(view_of(study))
end

-- Baselines that are no remedies: the best and the least that there is.
local no_remedy = { oracle = true, constant = true }

local function points_where(study, test)
  local rows = {}
  for _, row in ipairs(study.rows) do
    if row.kind == "point" and test(study.points[row.label]) then
      rows[#rows + 1] = row
    end
  end
  return rows
end

local function baselines_of(study, test)
  local rows = {}
  for _, row in ipairs(study.rows) do
    if row.kind == "baseline" and test(row.label) then rows[#rows + 1] = row end
  end
  return rows
end

local function anything() return true end

-- The questions, in their order.
local function questions_of(study)
  local all = points_where(study, anything)
  local plain = points_where(study, function(p) return p.gamma == 0 end)
  local focused = points_where(study, function(p)
    return type(p.gamma) == "number" and p.gamma > 0
  end)
  return {
    -- A loss may do without the gamma of its point.
    focus = { with = alike.others(focused, plain, #study.runs),
      without = plain },
    remedy = {
      with = all,
      without = baselines_of(study, function(label)
        return not no_remedy[label]
      end),
    },
    cross_entropy = {
      with = all,
      without = baselines_of(study, function(label)
        return label == "cross-entropy"
      end),
    },
  }
end

--- The numbers of the points that the questions pick: what is looked at again.
function M.picks(study)
  local view, labels, seen = view_of(study), {}, {}
  for _, key in ipairs { "focus", "remedy" } do
    local question = questions_of(study)[key]
    for _, rows in ipairs { question.with, question.without } do
      local row = compare.pick(view, rows)
      if row and row.kind == "point" and not seen[row.label] then
        seen[row.label], labels[#labels + 1] = true, row.label
      end
    end
  end
  table.sort(labels)
  return labels
end

--- See Study:best.
function M.best(study)
  M.check_results(study)
  local view = view_of(study)
  local row = compare.pick(view, points_where(study, anything))
  if not row then return nil, "no point has a score in every run" end
  return {
    index = row.label,
    params = study.points[row.label],
    value = compare.mean_of(row, view.score, #study.runs),
  }
end

-- The best point against each baseline.
-- @param plain what was found against cross-entropy
local function remedies_of(study, view, plain)
  local list, all = {}, points_where(study, anything)
  for _, row in ipairs(baselines_of(study, anything)) do
    local found = row.label == "cross-entropy" and plain
      or compare.compare(view, { with = all, without = { row }, brief = true })
    list[#list + 1] = {
      label = row.label, is_remedy = not no_remedy[row.label],
      gain = found and found.gain, shown = found and found.shown,
      verdict = found and found.verdict or "undecided",
      converged = found ~= nil and found.converged,
    }
  end
  return list
end

-- The held-out rows: scores, and the gain over cross-entropy with the interval
-- of a bootstrap of these rows.
local function held_out_of(study, view, best)
  local sheet = study.held_out
  if not sheet or not sheet.runs[1] or not best then return nil end
  local result = {
    positives = sheet.runs[1].positives, rows = sheet.runs[1].rows, scores = {},
  }
  for _, row in ipairs(sheet.rows) do
    if row.label == best.label or row.kind == "baseline" then
      table.insert(result.scores,
        { label = row.label, value = row.values[view.score][1] })
    end
  end
  local a, b = sheet.by_label[best.label], sheet.by_label["cross-entropy"]
  if a and b and a.inside and a.pooled - b.pooled == a.pooled - b.pooled then
    local sign, list = metrics[view.score].sign, {}
    for draw = 1, #a.inside do
      list[draw] = sign * (a.inside[draw] - b.inside[draw])
    end
    result.gain = {
      mean = sign * (a.pooled - b.pooled),
      low = stats.quantile(list, 0.025), high = stats.quantile(list, 0.975),
    }
  end
  return result
end

-- How often each point was picked inside training rows, the most often first.
local function nested_picks(study, view)
  local best, counts, list = points_where(study, anything), {}, {}
  if not study.spec.nested then return nil end
  for run = 1, #study.runs do
    local row = compare.pick(view, best, run)
    if row then counts[row.label] = (counts[row.label] or 0) + 1 end
  end
  for label, count in pairs(counts) do
    list[#list + 1] = {
      index = label, params = study.points[label], count = count,
    }
  end
  table.sort(list, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    return a.index < b.index
  end)
  return list
end

local function nested_text(study, picks)
  if not picks then return nil end
  local parts = {}
  for i = 1, math.min(3, #picks) do
    parts[i] = ("%s in %d"):format(M.show_point(study, picks[i].index),
      picks[i].count)
  end
  return ("Picked inside the training rows of %d folds: %s%s."):format(
    #study.runs, table.concat(parts, "; "), #picks > 3
      and ("; %d more points"):format(#picks - 3) or "")
end

-- Where the best point's gain over cross-entropy comes from.
local function splits_of(view, plain)
  if not plain then return nil end
  return {
    score = split.of(view, plain), f1 = split.of(view, plain, "f1"),
    log_loss = split.of(view, plain, "log_loss"),
  }
end

local verdict_meta = {
  __name = "neap.Verdict",
  __tostring = function(self) return self.text end,
}

-- What a script reads of a comparison.
local function public(study, view, found)
  if not found then return nil end
  local function side(row)
    return row.kind == "point" and study.points[row.label] or nil
  end
  return {
    verdict = found.verdict, converged = found.converged, gain = found.gain,
    p = found.p, points = found.points, need = found.need,
    with = side(found.with), without = side(found.without),
    label = found.without.kind ~= "point" and found.without.label or nil,
    split = split.of(view, found),
  }
end

local function text_of(study, view, found, result)
  local sentences, focus, remedy = {}, found.focus, found.remedy
  if focus then sentences[1] = words.focus(view, focus) end
  if remedy then
    sentences[#sentences + 1] = words.remedy(view, remedy, not focus)
  end
  sentences[#sentences + 1] = words.remedies(result.remedies,
    found.cross_entropy)
  if result.split then
    local who = result.picks and "What was picked"
      or ("The best point (%s)"):format(view.describe(found.best))
    sentences[#sentences + 1] = words.split(result.split, who, "cross-entropy")
  end
  sentences[#sentences + 1] = nested_text(study, result.picks)
  if result.held_out then
    sentences[#sentences + 1] = words.held_out(view, result.held_out,
      found.best.label)
  end
  if not (focus or remedy) and not result.held_out then
    sentences[1] = "Nothing to compare: no point stands against another of "
      .. "gamma 0, and there are no baselines with a score in every run."
  end
  if #result.warnings > 0 then
    sentences[#sentences + 1] = table.concat(result.warnings, " ")
  end
  return text.wrap(sentences), sentences
end

--- See Study:verdict.
-- @return { verdict = "better" | "worse" | "equivalent" | "too small to matter"
--   | "undecided" of the first question that the study can ask (undecided where
--   there is none), question = its name; focus, remedy, cross_entropy = the
--   questions: each { verdict =, gain = { mean =, low =, high = }, converged =,
--   p =, points =, need = { datasets = or positives = }, with =, without =
--   parameters, label = of a baseline, split = where it comes from }; gain,
--   converged, best, best_without = those of the first; remedy.label; p = of
--   the best point against cross-entropy; worth; remedies = { { label =, gain
--   =, verdict =, converged = } }; split = of the best point against
--   cross-entropy: { score =, f1 =, log_loss = }; picks = of nested
--   cross-validation; held_out; warnings = sentences; text; sentences = the
--   text's, one a paragraph }.
--   Gains are positive for better; a remedy with a fit that failed has none.
function M.of_study(study)
  M.check_results(study)
  local view, found = view_of(study), {}
  for key, question in pairs(questions_of(study)) do
    if #question.with > 0 and #question.without > 0 then
      found[key] = compare.compare(view, question)
    end
  end
  local first = found.focus and "focus" or found.remedy and "remedy"
  local answer = found[first]
  found.best = compare.pick(view, points_where(study, anything))
  local result = {
    question = first or nil, verdict = answer and answer.verdict or "undecided",
    converged = answer and answer.converged, gain = answer and answer.gain,
    worth = view.worth, p = found.cross_entropy and found.cross_entropy.p,
    best = answer and study.points[answer.with.label],
    best_without = found.focus and study.points[answer.without.label],
    remedies = remedies_of(study, view, found.cross_entropy),
    split = splits_of(view, found.cross_entropy),
    picks = nested_picks(study, view),
    held_out = held_out_of(study, view, found.best),
  }
  for _, key in ipairs { "focus", "remedy", "cross_entropy" } do
    result[key] = public(study, view, found[key])
  end
  result.warnings = warnings.of(study, view, {
    found.best, with = found.focus and found.focus.with,
    without = found.focus and found.focus.without,
  })
  result.text, result.sentences = text_of(study, view, found, result)
  return setmetatable(result, verdict_meta)
end

M.meta = verdict_meta

return M
