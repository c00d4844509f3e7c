--- A verdict on scores from any tool: neap.verdict { scores =, targets =, ...
-- }.
local arguments = require "neap.arguments"
local compare = require "neap.verdict.compare"
local core = require "neap.core"
local metrics = require "neap.study.metrics"
local options = require "neap.options"
local pools = require "neap.study.pool"
local sheets = require "neap.study.sheet"
local split = require "neap.verdict.split"
local text = require "neap.text"
local words = require "neap.verdict.words"

local spec = {
  scores = { "table", required = true },
  targets = { "array", required = true },
  folds = { "array" },
  weights = { "array" },
  baseline = { "string" },
  score = { "choice", default = "average_precision", names = metrics.names },
  worth = { "number", low = 0 },
  from = { "choice", default = "logits",
    names = { "logits", "probabilities" } },
  draws = { "number", default = 2000, low = 200, high = 1e6, whole = true },
  seed = { "number", default = 1, low = 0, high = 2 ^ 53, whole = true },
}

-- What is wrong with the options goes up to the function that has them.
local function refuse(message)
  error({ refused = message }, 0)
end

-- A table or an array as [repeats][n].
local function matrix_of(value, what, dtype)
  if type(value) ~= "table" and not core.array.is_array(value) then
    refuse(("%s is a %s; wanted an array or a table"):format(what,
      type(value)))
  elseif #value == 0 then
    refuse(("%s is empty; wanted one number for each row"):format(what))
  end
  local ok, array = pcall(function()
    return type(value) == "table" and core.array.array(value, dtype)
      or value:copy(dtype)
  end)
  if not ok then
    refuse(("%s: %s"):format(what, tostring(array):match("%((.*)%)$") or array))
  end
  local n, columns = array:shape()
  if columns then return array, n, columns end
  local matrix = core.array.zeros(1, n, dtype)
  local row = matrix:row(1)
  for i = 1, n do row[i] = array[i] end
  return matrix, 1, n
end

-- The logits of probabilities. Between 0 and the least number, and above the
-- largest below 1, a probability is known to be no further out than these.
local least, most = -math.log(2) * 1074, math.log(2) * 54

local function to_logits(matrix, name)
  for r = 1, (matrix:shape()) do
    local row = matrix:row(r)
    for i = 1, #row do
      local p = row[i]
      if not (p >= 0 and p <= 1) then
        refuse(("scores.%s[%d] is %g; wanted a probability, 0 to 1"):format(
          name, i, p))
      end
      row[i] = math.min(math.max(math.log(p) - math.log(1 - p), least), most)
    end
  end
end

local function check_finite(matrix, name)
  local r, i = core.data.find_not_finite(matrix)
  if r then
    refuse(("scores.%s[%d] is %s; wanted a finite number"):format(name, i,
      tostring(matrix:row(r)[i])))
  end
end

-- Names of what stands as the baseline unless one is named.
local usual = { "cross-entropy", "cross_entropy", "ce", "baseline" }

-- The names, the baseline first, and the scores of each: [repeats][n].
local function read_scores(o, n)
  local names, all, repeats = {}, {}, nil
  for name in pairs(o.scores) do
    if type(name) ~= "string" then
      refuse("scores are named, such as { ce = ..., focal = ... }")
    end
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local matrix, r, columns = matrix_of(o.scores[name], "scores." .. name,
      "float64")
    if columns ~= n or r ~= (repeats or r) then
      refuse(("scores.%s are [%d][%d]; wanted [%d][%d], as targets are")
        :format(name, r, columns, repeats or 1, n))
    end
    repeats, all[name] = r, matrix
    check_finite(matrix, name)
    if o.from == "probabilities" then to_logits(matrix, name) end
  end
  if #names < 2 then
    refuse(("scores has %d; wanted two or more"):format(#names))
  end
  local baseline = o.baseline
  for _, name in ipairs(usual) do
    baseline = baseline or o.scores[name] and name
  end
  if not (baseline and all[baseline]) then
    refuse(("baseline is %s; wanted one of %s"):format(
      baseline and "'" .. baseline .. "'" or "missing",
      table.concat(names, ", ")))
  end
  for i, name in ipairs(names) do
    if name == baseline then table.remove(names, i) break end
  end
  table.insert(names, 1, baseline)
  return names, all, repeats
end

local function read_targets(o)
  local matrix, r, n = matrix_of(o.targets, "targets", "float64")
  local y, positives = matrix:row(1):copy(), 0
  if r ~= 1 then refuse("targets: wanted one dimension") end
  for i = 1, n do
    if y[i] ~= 0 and y[i] ~= 1 then
      refuse(("targets[%d] is %g; wanted 0 or 1"):format(i, y[i]))
    end
    positives = positives + y[i]
  end
  if positives == 0 or positives == n then
    refuse(("targets has %d positive rows of %d; wanted both classes"):format(
      positives, n))
  end
  return y, n, positives
end

-- Folds as [repeats][n] of 1 to k, whatever their numbers were.
local function read_folds(o, repeats, n)
  if not o.folds then
    if repeats > 1 then
      refuse("scores have several repeats; wanted the folds of each")
    end
    return nil
  end
  local matrix, r, columns = matrix_of(o.folds, "folds", "int32")
  if columns ~= n or (r ~= 1 and r ~= repeats) then
    refuse(("folds are [%d][%d]; wanted [%d][%d]"):format(r, columns, repeats,
      n))
  end
  local list, count = {}, nil
  for part = 1, repeats do
    local known, row, positions = {}, matrix:row(r == 1 and 1 or part), {}
    for i = 1, n do
      local fold = known[row[i]]
      if not fold then
        positions[#positions + 1] = {}
        fold = #positions
        known[row[i]] = fold
      end
      table.insert(positions[fold], i)
    end
    if #positions < 2 or #positions ~= (count or #positions) then
      refuse(("repeat %d has %d folds; wanted %s"):format(part, #positions,
        count and tostring(count) or "two or more"))
    end
    list[part], count = positions, #positions
  end
  return list, count
end

-- The scores of one repeat: [names][n].
local function columns_of(names, all, part, n)
  local matrix, positions = core.array.zeros(#names, n), {}
  for i = 1, n do positions[i] = i end
  positions = core.array.array(positions, "int32")
  for g, name in ipairs(names) do
    core.study.scatter(matrix, g, positions,
      sheets.lines_of(all[name], part, part))
  end
  return matrix
end

-- Some rows of the targets, with how many are positive.
local function rows_of(given, positions)
  local y = core.array.zeros(#positions)
  local weights = given.weights and core.array.zeros(#positions)
  local positives = 0
  for i, at in ipairs(positions) do
    y[i] = given.y[at]
    positives = positives + y[i]
    if weights then weights[i] = given.weights[at] end
  end
  return {
    y = y, weights = weights, classes = { "0", "1" }, positives = positives,
    n = #positions, at = core.array.array(positions, "int32"),
  }
end

-- Scores one fold; thresholds and calibration come from the other folds.
local function evaluate_fold(given, matrix, folds, part, fold)
  local others = {}
  for f, positions in ipairs(folds) do
    if f ~= fold then
      table.move(positions, 1, #positions, #others + 1, others)
    end
  end
  table.sort(others)
  local test, rest = rows_of(given, folds[fold]), rows_of(given, others)
  if test.positives == 0 or test.positives == test.n then
    refuse(("repeat %d, fold %d has rows of one class only"):format(part, fold))
  end
  local losses = {}
  for g = 1, #given.names do losses[g] = false end
  local all, columns, thresholds = sheets.metrics_of({
    train = core.study.gather(matrix, rest.at),
    test = core.study.gather(matrix, test.at),
  }, losses, rest, test, given.score)
  return all, columns, thresholds, test
end

local report = { state = "scored", converged = true }

-- Fills the sheet with folds, or with all rows at once.
local function evaluate(given)
  local sheet = sheets.new()
  for g, name in ipairs(given.names) do
    sheets.row_of(sheet, name, g == 1 and "baseline" or "scores")
  end
  for part = 1, given.repeats do
    local matrix = columns_of(given.names, given.all, part, given.n)
    local pool = pools.new {
      y = given.y, weights = given.weights, score = given.score,
      draws = given.draws, seed = given.seed, repeats = given.repeats,
      columns = #given.names,
    }
    local function keep(all, test)
      local run = #sheet.runs + 1
      for g, name in ipairs(given.names) do
        sheets.keep(sheet.by_label[name], run, all, g, report)
      end
      sheet.runs[run] = { positives = test.positives, rows = test.n }
    end
    local folds = given.folds and given.folds[part]
    for fold = 1, folds and #folds or 0 do
      local all, columns, thresholds, test =
        evaluate_fold(given, matrix, folds, part, fold)
      pool:add(columns, thresholds, test.at)
      pool:turn()
      keep(all, test)
    end
    if not folds then
      local positions = {}
      for i = 1, given.n do positions[i] = i end
      pool:add(matrix, nil, core.array.array(positions, "int32"))
      keep(given.whole(matrix), { positives = given.positives, n = given.n })
    end
    if not pool:draw(sheet.rows) then error("interrupted", 0) end
  end
  return sheet
end

-- Metrics of all rows at once: what needs other rows has no value.
local function whole_metrics(y, weights, count)
  return function(matrix)
    local nan = core.array.zeros(count)
    nan:fill(0 / 0)
    local all, plain = {}, {}
    for _, name in ipairs(metrics.names) do
      if metrics[name].is then
        all[name] = nan
      else
        plain[#plain + 1] = name
      end
    end
    local given = table.pack(core.study.metrics(matrix, y, weights, nil, plain))
    for m, name in ipairs(plain) do all[name] = given[m] end
    return all
  end
end

local columns = {
  { "average_precision", "AP" }, { "roc_auc", "AUC" },
  { "log_loss", "log loss" }, { "log_loss_recalibrated", "recal." },
  { "f1", "F1 1/2" }, { "f1_tuned", "F1 tuned" },
}

local function table_text(view)
  local lines = { { "" } }
  for _, column in ipairs(columns) do
    table.insert(lines[1], column[2])
  end
  for _, row in ipairs(view.rows) do
    local cells = { row.label }
    for _, column in ipairs(columns) do
      local mean = compare.mean_of(row, column[1], #view.runs)
      cells[#cells + 1] = mean and ("%.4f"):format(mean) or "-"
    end
    lines[#lines + 1] = cells
  end
  return text.columns(lines)
end

local note = "What the training rows and the training itself left to chance is "
  .. "not in these intervals: scores of folds, dealt again and again, show it."

-- The verdict's table.
local function conclude(view, given)
  local others = table.move(view.rows, 2, #view.rows, 1, {})
  local found = compare.compare(view,
    { with = others, without = { view.rows[1] } })
  if not found then
    refuse(("%s has no value on some rows"):format(metrics.titles[given.score]))
  end
  local list = {}
  for i, row in ipairs(others) do
    local one = compare.compare(view,
      { with = { row }, without = { view.rows[1] } })
    list[i] = { label = row.label, gain = one.gain, verdict = one.verdict,
      p = one.p, split = split.of(view, one) }
  end
  local splits = view.folds and {
    score = split.of(view, found), f1 = split.of(view, found, "f1"),
    log_loss = split.of(view, found, "log_loss"),
  } or nil
  local sentences = { words.scores(view, found) }
  sentences[2] = splits and words.split(splits, found.with.label,
    found.without.label)
  if found.p then
    sentences[#sentences + 1] = words.corrected(found)
  end
  if not view.folds then sentences[#sentences + 1] = note end
  return {
    verdict = found.verdict, gain = found.gain, p = found.p, need = found.need,
    worth = view.worth, best = found.with.label, baseline = found.without.label,
    scores = list, split = splits,
    text = text.wrap(sentences) .. "\n\n" .. table_text(view),
  }
end

-- Weights as [n], or nil.
local function read_weights(o, n)
  if not o.weights then return nil end
  local matrix, r, count = matrix_of(o.weights, "weights", "float64")
  if r ~= 1 or count ~= n then
    refuse(("weights are [%d][%d]; wanted [%d]"):format(r, count, n))
  end
  local weights = matrix:row(1):copy()
  for i = 1, n do
    local weight = weights[i]
    if not (weight >= 0 and weight < math.huge) then
      refuse(("weights[%d] is %s; wanted a finite number >= 0"):format(i,
        tostring(weight)))
    end
  end
  return weights
end

local function run(o)
  local y, n, positives = read_targets(o)
  local names, all, repeats = read_scores(o, n)
  local folds, count = read_folds(o, repeats, n)
  if metrics[o.score].is and not folds then
    refuse(("%s wants folds: what is tuned is tuned on other folds"):format(
      metrics.titles[o.score]))
  end
  local weights = read_weights(o, n)
  local sheet = evaluate {
    y = y, n = n, positives = positives, names = names, all = all,
    repeats = repeats, folds = folds, weights = weights, score = o.score,
    draws = o.draws, seed = o.seed, whole = whole_metrics(y, weights, #names),
  }
  local view = {
    score = o.score, seed = o.seed, worth = o.worth or metrics[o.score].worth,
    kind = folds and "folds" or "rows", folds = count, runs = sheet.runs,
    rows = sheet.rows, by_label = sheet.by_label,
    describe = function(row) return row.label end,
  }
  return setmetatable(conclude(view, o), require("neap.verdict").meta)
end

--- The verdict of a study, on scores from any tool.
-- @param given { scores = { name = [n], or [repeats][n] of repeated
--   cross-validation: each row's score by a fit that did not see it }, targets
--   = [n] of 0 and 1, folds = [n] or [repeats][n] whole numbers: without folds
--   the rows are one test set, weights = [n], baseline = a name
--   ("cross-entropy", "cross_entropy", "ce" or "baseline" if there is one),
--   score = "average_precision", worth =, from = "logits" or "probabilities",
--   draws = 2000, seed = 1 }
-- @return { verdict =, gain =, p =, need =, worth =, best =, baseline =, scores
--   = { { label =, gain =, verdict =, p =, split = }, ... }, split =, text = },
--   which prints as text; the best of the scores against the baseline
local function verdict(given)
  local o = options.read("verdict", given, spec)
  local ok, result = pcall(run, o)
  if ok then return result end
  if type(result) ~= "table" then error(result, 0) end
  options.refuse("verdict", result.refused)
end

return arguments.checked("verdict", "given", verdict)
