--- neap.metric: the metrics of C, and those of several classes and labels.
--
-- `multiclass` takes scores [n][k] and classes 0 to k - 1, `multilabel` scores
-- and targets [n][labels]. Both are made of binary metrics, one a column, and
-- of sums over rows, all of which C computes.
local arguments = require "neap.arguments"
local compat = require "neap.compat"
local core = require "neap.core"
local options = require "neap.options"

local M = core.metric
local classes = core.classes

local rows_by_name = {}
for _, row in ipairs(M.list()) do rows_by_name[row.name] = row end

local from_rule = {
  "choice", default = "logits", names = { "logits", "probabilities" },
}

-- Rules for options.read of a metric's own parameters.
local function rules_of(row, more)
  local spec = { from = from_rule }
  for _, p in ipairs(row and row.parameters or {}) do
    spec[p.name] = { "any" } -- C knows the ranges
  end
  for name, rule in pairs(more) do spec[name] = rule end
  return spec
end

-- The options that C takes: without those of averages.
local function own_options(o, row)
  local own = { from = o.from, threshold = o.threshold }
  for _, p in ipairs(row.parameters) do own[p.name] = o[p.name] end
  return own
end

-- Calls C, and blames the caller of the metric for what it raises. C's
-- argument numbers are ours.
local function call(name, f, ...)
  local results = compat.table_pack(pcall(f, ...))
  if results[1] then return compat.table_unpack(results, 2, results.n) end
  local message = tostring(results[2])
  local position, text = message:match("bad argument #(%d+) to '[^']*' (.*)")
  if not position then error(message, 0) end
  core.blame(("bad argument #%s to '%s' %s"):format(position, name, text))
end

local function to_array(x)
  return type(x) == "table" and core.array.array(x) or x
end

local function checked(name, metric)
  return arguments.checked(name,
    "scores: array, targets: array, weights?: array, given?", metric)
end

-- ----------------------------------------------------------------- averages

-- The mean of the values that there are, weighted or not, and of how many; nil
-- and why if there are none.
local function mean_of(values, weights, why)
  local sum, total, count = 0, 0, 0
  for i = 1, #values do
    local weight = weights and weights[i] or 1
    if values[i] == values[i] and weight > 0 then
      sum, total = sum + weight * values[i], total + weight
      count = count + 1
    end
  end
  if count == 0 then return nil, why end
  return sum / total, count
end

local function array_of(list)
  return core.array.array(list, "float64")
end

-- Weights of the positive rows of each column.
local function supports(targets, weights)
  local sums = {}
  for c = 1, #targets do
    local row, sum = targets:row(c), 0
    for i = 1, #row do
      if row[i] ~= 0 then sum = sum + (weights and weights[i] or 1) end
    end
    sums[c] = sum
  end
  return sums
end

local no_value = "no class has a value"

-- Averages a binary metric over columns [c][n] with targets [c][n].
local function average_columns(row, average, scores, targets, weights, own)
  local values = M[row.name](scores, targets, weights, own)
  if average == "none" then return values end
  return mean_of(values, average == "weighted" and supports(targets, weights),
    no_value)
end

-- ---------------------------------------------------------------- labels

local label_averages = { "macro", "micro", "weighted", "samples", "none" }

local function shape_text(x)
  local n, m = x:shape()
  return m and ("[%d][%d]"):format(n, m) or ("[%d]"):format(n)
end

local function check_labels(name, scores, targets)
  local n, m = scores:shape()
  local rows, labels = targets:shape()
  if not m then
    options.refuse(name, ("scores are %s; wanted [n][labels]")
      :format(shape_text(scores)))
  end
  if n ~= rows or m ~= labels then
    options.refuse(name, ("targets are %s and scores are %s")
      :format(shape_text(targets), shape_text(scores)), 2)
  end
  return n, m
end

-- One binary metric of labels: micro takes all labels as rows of one column,
-- samples takes each row as a column of labels, the others each label.
local function evaluate_labels(row, scores, targets, weights, o)
  local n, m = scores:shape()
  local own = own_options(o, row)
  if o.average == "micro" then
    return M[row.name](classes.flat(scores), classes.flat(targets),
      weights and classes.repeated(weights, m), own)
  elseif o.average == "samples" then
    local values = M[row.name](scores, targets, nil, own)
    assert(#values == n)
    return mean_of(values, weights, "no row has a value")
  end
  return average_columns(row, o.average, classes.turned(scores),
    classes.turned(targets), weights, own)
end

M.multilabel = {}

for name, row in pairs(rows_by_name) do
  local spec = rules_of(row, {
    average = { "choice", default = "macro", names = label_averages },
    threshold = { "any" },
  })
  local title = "multilabel." .. name
  M.multilabel[name] = checked(title, function(scores, targets, weights, given)
    local o = options.read(title, given, spec, 4)
    scores = call(title, to_array, scores)
    targets = call(title, to_array, targets)
    check_labels(title, scores, targets)
    weights = weights and call(title, to_array, weights)
    return call(title, evaluate_labels, row, scores, targets, weights, o)
  end)
end

-- --------------------------------------------------- decisions of classes

-- The weights of a confusion matrix: all, by class, by prediction, right.
local function sums_of(confusion)
  local k = #confusion
  local s = { k = k, total = 0, right = 0, own = {}, chosen = {}, hits = {} }
  for c = 1, k do s.own[c], s.chosen[c] = 0, 0 end
  for c = 1, k do
    local row = confusion:row(c)
    s.hits[c] = row[c]
    s.right = s.right + row[c]
    for p = 1, k do
      s.own[c] = s.own[c] + row[p]
      s.chosen[p] = s.chosen[p] + row[p]
      s.total = s.total + row[p]
    end
  end
  return s
end

local nan = 0 / 0

-- part / whole of every class; 0 / 0 is o.zero_division or NaN. A class that
-- has no rows and is not predicted has no value in any case.
local function shares(s, part, whole, zero_division)
  local values = {}
  for c = 1, s.k do
    local is_there = s.own[c] + s.chosen[c] > 0
    if whole(c) ~= 0 then
      values[c] = part(c) / whole(c)
    else
      values[c] = is_there and zero_division or nan
    end
  end
  return values
end

-- Precision, recall and F of all classes, or of their sums.
local per_class = {
  precision = function(s)
    return function(c) return s.hits[c] end, function(c) return s.chosen[c] end
  end,
  recall = function(s)
    return function(c) return s.hits[c] end, function(c) return s.own[c] end
  end,
  f_beta = function(s, beta)
    local b = beta * beta
    return function(c) return (1 + b) * s.hits[c] end,
      function(c) return b * s.own[c] + s.chosen[c] end
  end,
}
function per_class.f1(s) return per_class.f_beta(s, 1) end

local function average_classes(name, s, o)
  -- Over all classes precision, recall and F are all the share of right rows.
  if o.average == "micro" then
    if s.total == 0 then return nil, "there is no row" end
    return s.right / s.total
  end
  local part, whole = per_class[name](s, o.beta)
  local values = shares(s, part, whole, o.zero_division or nil)
  if o.average == "none" then return array_of(values) end
  return mean_of(values, o.average == "weighted" and s.own, no_value)
end

local function recalls(s)
  local part, whole = per_class.recall(s)
  return shares(s, part, whole)
end

-- Whether all classes have rows, or those that must.
local function absent_class(s, o)
  for c = 1, s.k do
    if s.own[c] == 0 and not o.present_only then
      return ("class %d has no rows"):format(c - 1)
    end
  end
  return s.total == 0 and "there is no row" or nil
end

local whole_matrix = {}

function whole_matrix.accuracy(s)
  if s.total == 0 then return nil, "there is no row" end
  return s.right / s.total
end

function whole_matrix.balanced_accuracy(s, o)
  local why = absent_class(s, o)
  if why then return nil, why end
  return mean_of(recalls(s), nil, no_value)
end

function whole_matrix.g_mean(s, o)
  local why = absent_class(s, o)
  if why then return nil, why end
  local product, count = 1, 0
  for _, recall in ipairs(recalls(s)) do
    if recall == recall then product, count = product * recall, count + 1 end
  end
  return product ^ (1 / count), count
end

-- How many classes have any weight.
local function count_of(weights)
  local count = 0
  for c = 1, #weights do count = count + (weights[c] > 0 and 1 or 0) end
  return count
end

-- Gorodkin 2004, Comput. Biol. Chem. 28, eq. 8: the correlation of the classes
-- and the predictions.
function whole_matrix.mcc(s)
  if count_of(s.own) < 2 or count_of(s.chosen) < 2 then
    return nil, "the targets or the predictions are of one class only"
  end
  local both, own, chosen = 0, 0, 0
  for c = 1, s.k do
    both = both + s.own[c] * s.chosen[c]
    own = own + s.own[c] * s.own[c]
    chosen = chosen + s.chosen[c] * s.chosen[c]
  end
  local scale = math.sqrt(s.total * s.total - chosen)
    * math.sqrt(s.total * s.total - own)
  return (s.right * s.total - both) / scale
end

local distances = {
  none = function(a, b) return a == b and 0 or 1 end,
  linear = function(a, b) return math.abs(a - b) end,
  quadratic = function(a, b) return (a - b) ^ 2 end,
}

-- Cohen 1968, Psychol. Bull. 70(4): 1 - sum w_ij c_ij / sum w_ij e_ij.
function whole_matrix.kappa(s, o, confusion)
  if s.total == 0 then return nil, "there is no row" end
  local distance, wrong, chance = distances[o.distance], 0, 0
  for a = 1, s.k do
    local row = confusion:row(a)
    for b = 1, s.k do
      wrong = wrong + distance(a, b) * row[b]
      chance = chance + distance(a, b) * s.own[a] * s.chosen[b] / s.total
    end
  end
  if chance == 0 then
    return nil, "targets and predictions are all of one class"
  end
  return 1 - wrong / chance
end

-- -------------------------------------------------------- ranks of classes

-- Hand and Till's mean over pairs of classes that both have rows.
local function one_versus_one(scores, targets, weights, o)
  local areas, sums = classes.pair_areas(scores, targets, weights, o.from)
  local k, total = #sums, 0
  local values, shares_of = {}, {}
  for c = 1, k do total = total + sums[c] end
  for a = 1, k do
    for b = a + 1, k do
      values[#values + 1] = (areas:row(a)[b] + areas:row(b)[a]) / 2
      shares_of[#shares_of + 1] = (sums[a] + sums[b]) / total
    end
  end
  return mean_of(values, o.average == "weighted" and shares_of,
    "fewer than two classes have rows")
end

-- A binary metric of each class against all others.
local function one_versus_rest(row, scores, targets, weights, o)
  local by_class, own_targets = classes.columns(scores, targets, weights,
    o.from, row.name:match("^[em]ce$") and "logit" or "rank")
  local own = own_options(o, row)
  own.from = nil
  if o.average == "micro" then
    return M[row.name](classes.flat(by_class), classes.flat(own_targets),
      weights and classes.repeated(weights, #by_class, true), own)
  end
  return average_columns(row, o.average, by_class, own_targets, weights, own)
end

-- ------------------------------------------------------------------- classes

M.multiclass = {}

local function add_class_metric(name, more, row, evaluate)
  local spec = rules_of(row, more)
  local title = "multiclass." .. name
  M.multiclass[name] = checked(title, function(scores, targets, weights, given)
    local o = options.read(title, given, spec, 4)
    scores = call(title, to_array, scores)
    targets = call(title, to_array, targets)
    weights = weights and call(title, to_array, weights)
    return call(title, evaluate, scores, targets, weights, o)
  end)
end

local class_averages = { "macro", "micro", "weighted", "none" }
local average = { "choice", default = "macro", names = class_averages }

for name in pairs(per_class) do
  add_class_metric(name, {
    average = average,
    zero_division = { "number", low = 0, high = 1 },
    beta = name == "f_beta" and { "number", default = 1, low = 0 } or nil,
  }, nil, function(scores, targets, weights, o)
    local confusion = classes.confusion(scores, targets, weights, o.from)
    return average_classes(name, sums_of(confusion), o)
  end)
end

for name, formula in pairs(whole_matrix) do
  local more = {}
  if name == "balanced_accuracy" or name == "g_mean" then
    more.present_only = { "boolean", default = false }
  elseif name == "kappa" then
    more.distance = { "choice", default = "none",
      names = { "none", "linear", "quadratic" } }
  end
  add_class_metric(name, more, nil, function(scores, targets, weights, o)
    local confusion = classes.confusion(scores, targets, weights, o.from)
    return formula(sums_of(confusion), o, confusion)
  end)
end

local function add_sum(name, which, more)
  add_class_metric(name, more, nil, function(scores, targets, weights, o)
    local sum, total = classes.sum(scores, targets, weights, o.from, which, o.k)
    if total == 0 then return nil, "there is no row" end
    return sum / total
  end)
end

add_sum("log_loss", "log_loss", {})
add_sum("brier", "brier", {})
add_sum("top_k_accuracy", "top_k",
  { k = { "number", default = 2, low = 1, whole = true } })

for name, row in pairs(rows_by_name) do
  local ranks = not (M.multiclass[name] or name == "expected_cost"
    or name == "specificity")
  if ranks then
    local more = { average = average }
    if name == "roc_auc" then
      more.pairs = { "choice", default = "one_vs_rest",
        names = { "one_vs_rest", "one_vs_one" } }
    end
    add_class_metric(name, more, row, function(scores, targets, weights, o)
      if o.pairs ~= "one_vs_one" then
        return one_versus_rest(row, scores, targets, weights, o)
      end
      if o.average ~= "macro" and o.average ~= "weighted" then
        error("bad argument #4 to '?' (average of one_vs_one is '" .. o.average
          .. "'; wanted macro or weighted)", 0)
      end
      return one_versus_one(scores, targets, weights, o)
    end)
  end
end

--- The weights of rows by class (rows) and predicted class (columns), [k][k].
add_class_metric("confusion", {}, nil, function(scores, targets, weights, o)
  return classes.confusion(scores, targets, weights, o.from)
end)

return M
