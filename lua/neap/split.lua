--- Which rows go where: training and test rows, folds, nested samples. All are
-- pure functions of the data's classes, groups or order, and a seed.
local compat = require "neap.compat"
local core = require "neap.core"
local options = require "neap.options"

local M = {}

local by_rule = { "types", "string", "boolean",
  wanted = "group, a column's name or false" }
local order_rule = { "types", "string", "boolean",
  wanted = "a column's name or true" }
local seed_rule = { "number", default = 1, low = 0, high = 2 ^ 53,
  whole = true }

local function feature_of(f, name, wanted, key)
  for j, known in ipairs(f.names) do
    if known == wanted then return j end
  end
  local near = type(wanted) == "string" and core.nearest(wanted, f.names)
  options.refuse(name, ("%s is %s, which is no column%s"):format(key,
    options.show(wanted), near and ("; did you mean '%s'?"):format(near) or ""))
end

-- The groups to keep whole: by default those of the data, if any.
local function groups_of(f, name, by)
  if by == false or (by == nil and not f.groups) then return nil end
  if by == nil or by == "group" then
    if not f.groups then
      options.refuse(name, "by is 'group', and these data have no groups")
    end
    if f.group_count then return f.groups, f.group_count end
    return core.files.code_numbers(f.groups:copy("float64"), 0)
  end
  local column = feature_of(f, name, by, "by")
  return core.files.code_numbers(core.files.column_of(f.x, column), 0)
end

-- The classes to keep the shares of; one where none are.
local function strata_of(f, stratified)
  if stratified then return f.codes, #f.classes end
  return core.array.zeros(f.n, nil, "int32"), 1
end

-- Calls a C function that knows classes by number, and names them.
local function name_classes(f, stratified, name, call, ...)
  local ok, result = pcall(call, ...)
  if ok then return result end
  local message = result:gsub("^.-: ", ""):gsub("class (%d+)", function(c)
    if not stratified then return "the one class of all rows" end
    return ("class '%s'"):format(f.classes[tonumber(c) + 1] or c)
  end)
  options.refuse(name, message)
end

-- The rows in the order of a column, or as they are.
local function order_of(f, name, o)
  for _, key in ipairs { "by", "stratified", "repeats" } do
    if o[key] then
      options.refuse(name, ("%s goes not with order"):format(key))
    end
  end
  if o.order == true then
    local keys = core.array.zeros(f.n)
    return core.split.sort_rows(keys)
  end
  local column = feature_of(f, name, o.order, "order")
  return core.split.sort_rows(core.files.column_of(f.x, column))
end

local function split_in_order(f, o)
  local order = order_of(f, "split", o)
  local test = math.floor(f.n * o.test + 0.5)
  if test < 1 or test >= f.n then
    options.refuse("split", ("a share of %g of %d rows leaves one side "
      .. "without any"):format(o.test, f.n))
  end
  return core.split.slice(order, 1, f.n - test),
    core.split.slice(order, f.n - test + 1, f.n)
end

--- The positions of training and test rows; see neap.Data:split.
function M.split(f, given)
  local o = options.read("split", given, {
    test = { "number", default = 0.2, above = 0, below = 1 },
    seed = seed_rule,
    by = by_rule,
    stratified = { "boolean" },
    order = order_rule,
  })
  if o.order then
    local train, test = split_in_order(f, o)
    return train, test
  end
  local stratified = o.stratified ~= false
  local codes, count = strata_of(f, stratified)
  local groups, group_count = groups_of(f, "split", o.by)
  local test
  if groups then
    local bins = name_classes(f, stratified, "split",
      core.split.deal_groups, codes, count, groups, group_count,
      { 1 - o.test, o.test }, o.seed)
    return core.data.where(bins, 1), core.data.where(bins, 2)
  end
  test = name_classes(f, stratified, "split", core.data.mark_share, codes,
    count, o.test, o.seed)
  return core.data.where(test, 0), core.data.where(test, 1)
end

-- Fold i is the block i + 1 of k + 1, and all before it are training rows.
local function folds_in_order(f, o)
  local order = order_of(f, "folds", o)
  if f.n < o.k + 1 then
    options.refuse("folds", ("there are %d rows; wanted %d or more, one for "
      .. "each fold and the first training rows"):format(f.n, o.k + 1))
  end
  local i = 0
  local function bound(block)
    return math.floor(f.n * block / (o.k + 1))
  end
  return function()
    i = i + 1
    if i > o.k then return nil end
    return core.split.slice(order, 1, bound(i)),
      core.split.slice(order, bound(i) + 1, bound(i + 1)), i, 1
  end
end

local function deal(f, o, seed)
  local stratified = o.stratified ~= false
  local codes, count = strata_of(f, stratified)
  local groups, group_count = groups_of(f, "folds", o.by)
  if not groups then
    return (name_classes(f, stratified, "folds",
      core.data.deal_folds, codes, count, o.k, seed))
  end
  local shares = {}
  for i = 1, o.k do shares[i] = 1 / o.k end
  return (name_classes(f, stratified, "folds",
    core.split.deal_groups, codes, count, groups, group_count, shares, seed))
end

--- An iterator of the positions of training and test rows, the fold and the
-- repeat; see neap.Data:folds.
function M.folds(f, given)
  local o = options.read("folds", given, {
    k = { "number", default = 5, low = 2, high = 2 ^ 31, whole = true },
    seed = seed_rule,
    repeats = { "number", low = 1, high = 2 ^ 31, whole = true },
    by = by_rule,
    stratified = { "boolean" },
    order = order_rule,
  })
  if o.order then return (folds_in_order(f, o)) end
  -- Repeat r is dealt by the seed that a study gives it.
  local function seed_of(part)
    return o.repeats and core.data.seed_of(o.seed, part) or o.seed
  end
  local part, i, fold = 1, 0, deal(f, o, seed_of(1))
  return function()
    i = i + 1
    if i > o.k then
      if part == (o.repeats or 1) then return nil end
      part, i = part + 1, 1
      fold = deal(f, o, seed_of(part))
    end
    return core.split.where_not(fold, i), core.data.where(fold, i), i, part
  end
end

--- The positions of nested samples; see neap.Data:samples.
function M.samples(f, given)
  local o = options.read("samples", given, {
    sizes = { "table", required = true, wanted = "a list of numbers of rows" },
    seed = seed_rule,
    stratified = { "boolean" },
  })
  local stratified = o.stratified ~= false
  local codes, count = strata_of(f, stratified)
  for i, size in ipairs(o.sizes) do
    if not compat.is_integer(size) or size < 1 or size > f.n then
      options.refuse("samples", ("sizes[%d] is %s; wanted a whole number, 1 to "
        .. "%d"):format(i, options.show(size), f.n))
    end
  end
  local order = core.split.nest_rows(codes, count, o.seed)
  local list = {}
  for i, size in ipairs(o.sizes) do
    list[i] = core.split.slice(order, 1, size)
  end
  return list
end

return M
