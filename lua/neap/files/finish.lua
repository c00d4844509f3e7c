--- From what a reader found to the parts of a data set: missing values,
-- classes, warnings, and what new data need to be read alike.
local compat = require "neap.compat"
local core = require "neap.core"
local labels = require "neap.labels"
local options = require "neap.options"
local refuse = require "neap.files.refuse"
local row_columns = require "neap.row_columns"

local M = {}

-- ---------------------------------------------------------- missing values

local function check_policy(policy, name)
  if policy == "drop" or policy == "mean" or policy == "median"
    or (type(policy) == "number" and policy - policy == 0) then
    return policy
  end
  refuse("missing%s is %s; wanted \"drop\", \"mean\", \"median\" or a number",
    name and (" of '%s'"):format(name) or "", options.show(policy))
end

-- The names that a table of policies may have.
local function check_policies(r, policies)
  local known = {}
  for _, feature in ipairs(r.features) do known[feature.name] = true end
  for _, gap in ipairs(r.gaps) do known[gap.name] = true end
  for _, column in ipairs(r.columns) do known[column.name] = true end
  if r.target then known[r.target] = true end
  for name, policy in pairs(policies) do
    check_policy(policy, tostring(name))
    if not known[name] then
      refuse("missing names '%s', which is no feature", tostring(name))
    end
  end
end

-- What is to be done with a column: one of all, one of its own, or nil.
local function policy_of(missing, name)
  if type(missing) == "table" then return missing[name] end
  return missing
end

-- What a script can do about missing values. Rows alone are all kept.
local function advice(is_feature, rows_only)
  local fill = '"mean", "median" or a number says what to do'
  if rows_only then
    return is_feature and "missing = " .. fill
      or "rows that are read alone are all kept, and no level stands for none"
  end
  return 'missing = "drop"' .. (is_feature and ", " .. fill
    or " leaves such rows out, and nothing else goes for these columns")
end

local function refuse_gaps(gaps, rows_only)
  local counts, is_feature = {}, false
  for i, gap in ipairs(gaps) do
    counts[i] = ("%d in '%s'"):format(gap.count, gap.name)
    is_feature = is_feature or gap.place
  end
  refuse("%s; missing are %s; %s", gaps[1].first, table.concat(counts, ", "),
    advice(is_feature, rows_only))
end

-- Leaves out rows; counts of labels are made anew.
local function drop_rows(r, gaps)
  local n = r.x:shape()
  local kept = core.array.zeros(n, nil, "int32"):fill(1)
  for _, gap in ipairs(gaps) do
    if gap.place then
      core.files.drop_missing(kept, r.x, gap.place)
    else
      core.files.drop_missing(kept, gap.array)
    end
  end
  local rows = core.data.where(kept, 1)
  if #rows == 0 then refuse("every row has a missing value") end
  local function take(array) return array and core.data.take(array, rows) end
  r.x, r.weights, r.truth = take(r.x), take(r.weights), take(r.truth)
  r.groups, r.labels.codes = take(r.groups), take(r.labels.codes)
  for _, column in ipairs(r.columns) do
    column.numbers = take(column.numbers)
  end
  local _, _, codes, counts = core.files.code_numbers(
    r.labels.codes:copy("float64"), 1000)
  if r.labels.levels and codes then
    for i = 1, #r.labels.levels do r.labels.counts[i] = 0 end
    for i, code in ipairs(codes) do
      r.labels.counts[compat.tointeger(code) + 1] = counts[i]
    end
  end
  r.notes[#r.notes + 1] = ("%d of %d rows were left out, as a value was "
    .. "missing"):format(n - #rows, n)
end

-- The number that stands for missing ones in a column; nil without a policy.
local function filling_of(r, feature, missing, known)
  local policy = policy_of(missing, feature.name)
  if policy == nil and known then return known[feature.name] end
  if policy == nil or policy == "drop" or feature.levels then return nil end
  if type(policy) == "number" then
    return { value = policy, policy = "given" }
  end
  local value = core.files.middle_of(r.x, feature.place, policy)
  if not value then return nil end
  return { value = value, policy = policy }
end

local function split_gaps(r, missing, known, rows_only)
  local refused, dropped, filled = {}, {}, {}
  for _, gap in ipairs(r.gaps) do
    local policy = policy_of(missing, gap.name)
    if policy == nil and known and known[gap.name] then
      policy = known[gap.name].policy
    end
    if policy == "drop" and not rows_only then
      dropped[#dropped + 1] = gap
    elseif policy == nil or policy == "drop" or not gap.place then
      refused[#refused + 1] = gap
    else
      filled[gap.name] = gap
    end
  end
  return refused, dropped, filled
end

-- Does what the policies say; returns { [column] = { value =, policy = } }.
local function treat_missing(r, o, like)
  local missing = o.missing
  if type(missing) == "table" then
    check_policies(r, missing)
  elseif missing ~= nil then
    check_policy(missing)
  end
  local known = like and like.fillings
  local refused, dropped, filled = split_gaps(r, missing, known, o.rows_only)
  if #refused > 0 then refuse_gaps(refused, o.rows_only) end
  if #dropped > 0 then drop_rows(r, dropped) end
  local fillings = {}
  for _, feature in ipairs(r.features) do
    local filling = filling_of(r, feature, missing, known)
    local gap = filled[feature.name]
    if gap and not filling then
      refuse("column '%s' has no value in any row, and so no %s",
        feature.name, tostring(policy_of(missing, feature.name)))
    end
    fillings[feature.name] = filling
    if gap then
      r.copied = r.copied or r.x:copy()
      core.files.fill_missing(r.copied, feature.place, filling.value)
      r.notes[#r.notes + 1] = ("%s: %d missing values became %.6g (%s)")
        :format(feature.name, gap.count, filling.value, filling.policy)
    end
    if policy_of(missing, feature.name) == "drop" then
      fillings[feature.name] = { policy = "drop" }
    end
  end
  r.x = r.copied or r.x
  return fillings
end

-- ----------------------------------------------------------------- classes

local function note_classes(r, names, counts, why)
  local shown = {}
  for c = 1, math.min(#names, 10) do
    shown[c] = ("%d is %s (%d rows%s)"):format(c - 1,
      labels.quote(names[c]), counts[c],
      c == 2 and #names == 2 and why and "; " .. why or "")
  end
  if #names > 10 then shown[11] = "..." end
  table.insert(r.notes, 1, ("target %s: %s"):format(r.target,
    table.concat(shown, ", ")))
end

-- Codes the target; returns codes and the classes' names.
local function find_classes(r, o, like)
  local levels = r.labels
  if not levels.levels then
    refuse("target %s: %s", r.target, labels.too_many(levels.level_count))
  end
  local list, names, why
  if like then
    local at
    names = like.classes
    list, at = labels.code_known(levels.levels, levels.counts, names)
    if not list then
      refuse("target %s: %s%s is no class of like, which has %s", r.target,
        labels.quote(levels.levels[at]), levels.lines
        and (" in line %d"):format(levels.lines[at]) or "",
        table.concat(names, ", "))
    end
  else
    list, names, why = labels.code_levels(levels.levels, levels.counts,
      o.positive)
    if not list then refuse("target %s: %s", r.target, names) end
  end
  local counts = {}
  for c = 1, #names do counts[c] = 0 end
  for i, code in ipairs(list) do
    if code >= 0 then counts[code + 1] = counts[code + 1] + levels.counts[i] end
  end
  note_classes(r, names, counts, why)
  return core.files.recode(levels.codes, core.array.array(list, "int32")), names
end

-- ---------------------------------------------------------------- warnings

local function listed(names, positions)
  local list = {}
  for i = 1, math.min(#positions, 10) do
    list[i] = ("'%s'"):format(names[positions[i]])
  end
  if #positions > 10 then list[11] = "..." end
  return table.concat(list, ", ")
end

-- The positions of names that an earlier column has, too; each name once.
local function repeated(names)
  local count, twice = {}, {}
  for i, name in ipairs(names) do
    count[name] = (count[name] or 0) + 1
    if count[name] == 2 then twice[#twice + 1] = i end
  end
  return twice
end

local function find_warnings(r)
  local warnings, ids = {}, {}
  local duplicates, constant, id = core.files.look_over(r.x)
  local numbers = {}
  for _, feature in ipairs(r.features) do
    if not feature.levels then numbers[feature.place] = true end
  end
  for _, place in ipairs(id) do
    if numbers[place] then ids[#ids + 1] = place end
  end
  if #constant > 0 then
    warnings[1] = ("constant: %s"):format(listed(r.names, constant))
  end
  if #ids > 0 then
    warnings[#warnings + 1] = ("every row has a whole number of its own in %s; "
      .. "is it an id? ignore = leaves it out"):format(listed(r.names, ids))
  end
  if duplicates > 0 then
    warnings[#warnings + 1] = ("%d rows are copies of earlier ones; a copy may "
      .. "be in the test rows, and its original in the training rows")
      :format(duplicates)
  end
  local twice = repeated(r.names)
  if #twice > 0 then
    warnings[#warnings + 1] = ("several columns are called %s; the first of "
      .. "them is meant where a name is"):format(listed(r.names, twice))
  end
  for _, name in ipairs(r.names) do
    if name:find "^truth%d*$" and not r.truth then
      warnings[#warnings + 1] = ("'%s' is a feature; where it is the true "
        .. "probability that Data:write writes, ignore = it"):format(name)
    end
  end
  return warnings
end

local function check_weights(weights)
  if not weights then return nil end
  for i = 1, #weights do
    if not (weights[i] >= 0 and weights[i] < math.huge) then
      refuse("weights[%d] is %s; wanted a number >= 0", i,
        tostring(weights[i]))
    end
  end
  return weights
end

local function join_columns(r)
  local matrix, names = row_columns.join(r.columns)
  if not matrix and names then refuse("%s", names) end
  if names then
    r.notes[#r.notes + 1] = ("columns that losses may read: %s"):format(
      table.concat(names, ", "))
  end
  return matrix, names
end

--- The parts of a data set.
-- @param r a reading: x, names, features, labels, target, columns, gaps, notes,
--   and maybe weights, groups, truth
-- @param o the options of neap.data.read
-- @param like the recipe of the data that these are to be like, or nil
function M.data(r, o, like)
  if not r.x then refuse_gaps(r.gaps) end
  local fillings = treat_missing(r, o, like)
  local codes, classes = find_classes(r, o, like)
  local column_rows, column_names = join_columns(r)
  local columns = {}
  for j, feature in ipairs(r.features) do
    columns[j] = { name = feature.name, levels = feature.levels }
  end
  return {
    x = r.x, codes = codes, classes = classes, names = r.names,
    weights = check_weights(r.weights), groups = r.groups,
    group_count = r.group_count, truth = r.truth, standardize = true,
    column_rows = column_rows, columns = column_names,
    notes = r.notes,
    warnings = function() return find_warnings(r) end,
    recipe = {
      features = columns, classes = classes, fillings = fillings,
      target = o.target, weight = o.weight, group = o.group,
      ignore = o.ignore, categorical = o.categorical, columns = o.columns,
      base = r.base,
      delimiter = o.delimiter, decimal = o.decimal, header = o.header,
      comment = o.comment, format = o.format, x = o.x,
      target_name = r.target, others = r.others,
    },
  }
end

--- The rows alone, for a fit to predict.
-- @param r a reading, as of M.data, of which labels are none
-- @return an array [n][features]
function M.rows(r, o, like)
  for _, policy in pairs(type(o.missing) == "table" and o.missing
    or { o.missing }) do
    if policy == "drop" then
      refuse('missing is "drop"; rows that are read alone are all kept; wanted '
        .. '"mean", "median" or a number')
    end
  end
  if not r.x then refuse_gaps(r.gaps, true) end
  treat_missing(r, o, like)
  return r.x
end

return M
