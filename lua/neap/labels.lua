--- Labels of classes: numbers or text, turned into codes from 0 on.
local core = require "neap.core"

local M = {}

local function compare_labels(a, b)
  local x, y = tonumber(a), tonumber(b)
  if x and y then return x < y end
  if x or y then return x ~= nil end
  return tostring(a) < tostring(b)
end

-- "1", "1.0" and 1 are one label.
local function canonical(label)
  return tonumber(label) or label
end

local function show_label(label)
  if type(label) == "number" and label == math.floor(label)
    and math.abs(label) <= 2 ^ 53 then
    return ("%d"):format(label)
  end
  return tostring(label)
end

--- The name of the class of a label.
function M.name_of(label)
  return show_label(canonical(label))
end

-- The same for messages, which a label may be too long for.
local function quote_label(label)
  local text = show_label(label)
  if #text > 60 then text = text:sub(1, 57) .. "..." end
  return ("'%s'"):format(text)
end

-- The distinct labels of a list in order, and how often each is there; or, of
-- labels that are distinct already, `times` says how often.
local function count_labels(labels, times)
  local counts, order = {}, {}
  for i = 1, #labels do
    local label = canonical(labels[i])
    if not counts[label] then
      counts[label] = 0
      order[#order + 1] = label
    end
    counts[label] = counts[label] + (times and times[i] or 1)
  end
  table.sort(order, compare_labels)
  return order, counts
end

-- Puts the positive class last: the one that is asked for, 1 of 0 and 1, or
-- the rarer one.
local function order_binary(order, counts, positive)
  if positive ~= nil then
    local wanted = canonical(positive)
    if wanted == order[1] then
      order[1], order[2] = order[2], order[1]
    elseif wanted ~= order[2] then
      return nil, ("positive is %s; the classes are %s and %s")
        :format(quote_label(wanted), quote_label(order[1]),
          quote_label(order[2]))
    end
    return order, "as asked"
  elseif order[1] == 0 and order[2] == 1 then
    return order
  end
  local first, last = counts[order[1]], counts[order[2]]
  if first < last then order[1], order[2] = order[2], order[1] end
  return order, first == last and "of two equal classes the last; positive = "
    .. "names another" or "the rarer one; positive = names another"
end

-- What is wrong with a label, or nil.
local function check_labels(labels)
  for i = 1, #labels do
    local label = labels[i]
    local kind = type(label)
    if (kind ~= "number" and kind ~= "string") or label ~= label then
      return ("y[%d] is %s; wanted a number or a string"):format(i,
        kind == "number" and "nan" or "a " .. kind)
    end
  end
end

local function show_labels(labels)
  local shown = {}
  for i = 1, #labels do shown[i] = quote_label(labels[i]) end
  return table.concat(shown, ", ")
end

-- The order of classes, and why class 1 is what it is; or nil and why not.
local function arrange(order, counts, positive)
  if #order == 1 then
    return nil, ("there is one class only, %s; wanted two or more")
      :format(quote_label(order[1]))
  end
  if #order > 100 then
    return nil, M.too_many(#order)
  end
  if #order == 2 then return order_binary(order, counts, positive) end
  if positive ~= nil then
    return nil, ("positive is for two classes; there are %s")
      :format(show_labels(order))
  end
  return order
end

--- What is said of a target that has more labels than classes can be.
function M.too_many(count)
  return ("there are %d classes, more than 100; is the target a number to "
    .. "predict?"):format(count)
end

local function code_classes(order)
  local codes, names = {}, {}
  for c = 1, #order do
    codes[order[c]] = c - 1
    names[c] = show_label(order[c])
  end
  return codes, names
end

--- Codes distinct labels.
-- @param distinct a list of numbers or strings
-- @param counts how often each is there; labels that are nowhere don't count
-- @param positive of two classes the one that becomes 1; see encode
-- @return the code of each, the classes' names, and why class 1 is what it is
--   (nil for 1 of 0 and 1); or nil and why not
function M.code_levels(distinct, counts, positive)
  local there, times = {}, {}
  for i = 1, #distinct do
    if counts[i] > 0 then
      there[#there + 1], times[#times + 1] = distinct[i], counts[i]
    end
  end
  local counted, totals = count_labels(there, times)
  local order, why = arrange(counted, totals, positive)
  if not order then return nil, why end
  local codes, names = code_classes(order)
  local list = {}
  for i = 1, #distinct do list[i] = codes[canonical(distinct[i])] or -1 end
  return list, names, why
end

--- Codes distinct labels by the names of known classes.
-- @return the code of each; or nil and the position of one that is no class
function M.code_known(distinct, counts, names)
  local codes, list = {}, {}
  for c = 1, #names do codes[canonical(names[c])] = c - 1 end
  for i = 1, #distinct do
    local code = codes[canonical(distinct[i])]
    if not code and counts[i] > 0 then return nil, i end
    list[i] = code or -1
  end
  return list
end

--- A label in quotes, for messages.
M.quote = quote_label

--- Sorts labels: numbers first, then text.
function M.sort(list) table.sort(list, compare_labels) end

-- The same as encode for numbers of an array, of which none is NaN.
local function encode_array(labels, positive)
  local codes, count, distinct, counts = core.files.code_numbers(
    labels:copy("float64"), 100)
  if not distinct then return nil, M.too_many(count) end
  local list, names = M.code_levels(distinct, counts, positive)
  if not list then return nil, names end
  return core.files.recode(codes, core.array.array(list, "int32")), names
end

--- Codes the labels of rows.
-- @param labels a list or array of numbers or strings; "1", "1.0" and 1 are one
-- @param positive of two classes the one that becomes 1; 1 of 0 and 1, or the
--   rarer one, if none is given
-- @return int32 codes, and the classes' names; or nil and why not
function M.encode(labels, positive)
  if core.array.is_array(labels) and #labels > 0
    and not core.data.find_not_finite(labels) then
    return encode_array(labels, positive)
  end
  local wrong = check_labels(labels)
  if wrong then return nil, wrong end
  local counted, counts = count_labels(labels)
  local order, why = arrange(counted, counts, positive)
  if not order then return nil, why end
  local codes, names = code_classes(order)
  local coded = core.array.zeros(#labels, nil, "int32")
  for i = 1, #labels do coded[i] = codes[canonical(labels[i])] end
  return coded, names
end

return M
