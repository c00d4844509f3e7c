--- What a loss is, in words: behind neap.loss.explain.
local core = require "neap.core"

-- Name, formula, source and parameters of a loss.
local function row_of(loss)
  local own = core.expr.definition(loss)
  if own then
    return { name = own.name, formula = own.text, source = own.source,
      parameters = own.parameters }
  end
  for _, row in ipairs(core.loss.list()) do
    if row.name == loss.name then return row end
  end
end

local function joined(list)
  local words = {}
  for i, value in ipairs(list) do words[i] = tostring(value) end
  return table.concat(words, ", ")
end

-- Weights by number: w1 = .., w0 = .. of two classes, w0 to wk of more.
local function numbered(weights)
  local words = {}
  for i, weight in ipairs(weights) do
    words[i] = ("w%d = %s"):format(i - 1, weight)
  end
  if #weights == 2 then words[1], words[2] = words[2], words[1] end
  return table.concat(words, ", ")
end

local function named(weights)
  local words = {}
  for name, weight in pairs(weights) do
    words[#words + 1] = ("w(%s) = %s"):format(name, weight)
  end
  table.sort(words)
  return table.concat(words, ", ")
end

-- What a row of each class is multiplied by.
local function weights_of(loss)
  local weights, positive = loss.class_weights, loss.pos_weight
  if loss.alpha then
    return numbered { 1 - loss.alpha, loss.alpha } .. " (alpha and 1 - alpha)"
  elseif type(positive) == "number" then
    return numbered { 1, positive } .. " (pos_weight)"
  elseif positive then
    return ("w1 = %s by label, w0 = 1 (pos_weight)"):format(joined(positive))
  elseif weights == "balanced" then
    return "rows / (classes * rows of the class), from the targets"
  elseif type(weights) == "table" and weights[1] == "effective" then
    return ("(1 - beta) / (1 - beta^rows of the class), beta = %s, scaled to "
      .. "add up to the classes; from the targets"):format(weights.beta)
  elseif type(weights) == "table" then
    return weights[1] and numbered(weights) or named(weights)
  end
  return loss.kind == "binary" and "w1 = 1, w0 = 1" or "1 for each class"
end

local function range_of(parameter)
  if parameter.choices then return table.concat(parameter.choices, " or ") end
  local range = ("%s%g to %g"):format(parameter.open and "above " or "",
    parameter.low, parameter.high)
  return (range:gsub("e%+0*", "e"))
end

local normalizers = {
  count = "the rows (times labels) that are not ignored",
  weight_sum = "the sum of weights times class weights",
  positives = "the sum of targets (of classes, of all but class 0)",
}

local function reduction_of(loss)
  if loss.reduction ~= "mean" then return loss.reduction end
  return "mean: the sum over "
    .. (normalizers[loss.normalizer] or tostring(loss.normalizer))
end

-- Lines of "name  text", whose texts begin in one column.
local function aligned(lines)
  local width = 0
  for _, line in ipairs(lines) do width = math.max(width, #line[1]) end
  local out = {}
  for i, line in ipairs(lines) do
    out[i] = ("  %-" .. width .. "s  %s"):format(line[1], line[2])
  end
  return table.concat(out, "\n")
end

-- The options that are not what they would be without being given.
local function add_options(lines, loss)
  local function add(name, is_default)
    local value = loss[name]
    if value == nil or is_default then return end
    lines[#lines + 1] = { name,
      type(value) == "table" and joined(value) or tostring(value) }
  end
  add("label_smoothing", loss.label_smoothing == 0)
  add("smoothing", loss.label_smoothing == 0)
  add("temperature", loss.temperature == 1)
  add("logit_adjustment", loss.logit_adjustment == 0)
  add "prior"
  add "ignore_index"
  add("from", loss.from == "logits")
  add("hessian_mode", loss.hessian_mode == "exact")
end

local explain

local function explain_sum(loss)
  local parts = { ("a sum of %d losses:"):format(#loss.terms) }
  for _, term in ipairs(loss.terms) do
    parts[#parts + 1] = ("\n%s times %s"):format(term[1],
      explain(term[2]))
  end
  return table.concat(parts, "\n")
end

--- The text of one loss, or of a sum.
function explain(loss)
  if loss.terms then return explain_sum(loss) end
  local row = row_of(loss)
  local lines = { { "formula", row.formula } }
  if loss.kind ~= "real" then
    lines[#lines + 1] = { "class weights", weights_of(loss) }
  end
  for _, parameter in ipairs(row.parameters) do
    lines[#lines + 1] = { ("%s = %s"):format(parameter.name,
      tostring(loss[parameter.name])),
      ("%s: %s"):format(range_of(parameter), parameter.meaning) }
  end
  add_options(lines, loss)
  lines[#lines + 1] = { "reduction", reduction_of(loss) }
  lines[#lines + 1] = { "source", row.source }
  return tostring(loss) .. "\n" .. aligned(lines)
end

return explain
