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
  if type(label) == "number" and label == math.floor(label) then
    return ("%d"):format(label)
  end
  return tostring(label)
end

-- The distinct labels of a list in order, and how often each is there.
local function count_labels(labels)
  local counts, order = {}, {}
  for i = 1, #labels do
    local label = canonical(labels[i])
    if not counts[label] then
      counts[label] = 0
      order[#order + 1] = label
    end
    counts[label] = counts[label] + 1
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
      return nil, ("positive is '%s'; the classes are '%s' and '%s'")
        :format(show_label(wanted), show_label(order[1]), show_label(order[2]))
    end
  elseif not (order[1] == 0 and order[2] == 1)
    and counts[order[1]] < counts[order[2]] then
    order[1], order[2] = order[2], order[1]
  end
  return order
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
  for i = 1, #labels do shown[i] = ("'%s'"):format(show_label(labels[i])) end
  return table.concat(shown, ", ")
end

--- Codes the labels of rows.
-- @param labels a list or array of numbers or strings; "1", "1.0" and 1 are one
-- @param positive of two classes the one that becomes 1; 1 of 0 and 1, or the
--   rarer one, if none is given
-- @return int32 codes, and the classes' names; or nil and why not
function M.encode(labels, positive)
  local wrong = check_labels(labels)
  if wrong then return nil, wrong end
  local order, counts = count_labels(labels)
  if #order == 1 then
    return nil, ("there is one class only, '%s'; wanted two or more")
      :format(show_label(order[1]))
  end
  if #order > 100 then
    return nil, ("there are %d classes, more than 100; is the target a number "
      .. "to predict?"):format(#order)
  end
  if #order == 2 then
    local ordered, why = order_binary(order, counts, positive)
    if not ordered then return nil, why end
  elseif positive ~= nil then
    return nil, ("positive is for two classes; there are %s")
      :format(show_labels(order))
  end
  local codes, names = {}, {}
  for c = 1, #order do
    codes[order[c]] = c - 1
    names[c] = show_label(order[c])
  end
  local coded = core.array.zeros(#labels, nil, "int32")
  for i = 1, #labels do coded[i] = codes[canonical(labels[i])] end
  return coded, names
end

return M
