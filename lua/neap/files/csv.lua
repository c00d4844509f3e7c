--- Reads CSV text: which column is what, then all of them.
local compat = require "neap.compat"
local core = require "neap.core"
local labels = require "neap.labels"
local options = require "neap.options"
local refuse = require "neap.files.refuse"

local M = {}

-- More levels than this are no categories.
local most_levels = 1000

-- The position of a column that is given by name or by number.
-- @param hint what to say where there is none, or nil
local function find_column(names, wanted, what, hint)
  if compat.is_integer(wanted) and names[wanted] then return wanted end
  local found
  for j, name in ipairs(names) do
    if name == wanted then
      if found then
        refuse("%s is '%s', which is the name of columns %d and %d; give the "
          .. "number", what, wanted, found, j)
      end
      found = j
    end
  end
  if found then return found end
  local shown = {}
  for j = 1, math.min(#names, 50) do shown[j] = ("'%s'"):format(names[j]) end
  if #names > 50 then shown[51] = "..." end
  refuse("%s is %s; the columns are %s%s", what, options.show(wanted),
    table.concat(shown, ", "), names.numbered
      and " (line 1 was read as data; header = true makes it names)"
      or hint or "")
end

local function list_of(value)
  return type(value) == "table" and value or { value }
end

-- Gives column j its role, which it must not have twice.
local function assign(roles, names, j, role)
  if roles[j] then
    if role == "ignore" then
      refuse("ignore names the %s, '%s'", roles[j], names[j])
    end
    refuse("%s is '%s', which is the %s", role, names[j],
      roles[j] == "ignore" and "target or ignored" or roles[j] == "target"
      and "target or ignored" or roles[j])
  end
  roles[j] = role
end

-- The role of each column: target, weight, group, categorical, columns (that
-- losses read), ignore; nil for a feature of numbers.
local function find_roles(names, o)
  local roles = {}
  assign(roles, names, find_column(names, o.target, "target",
    o.like and " (read_rows and parse_rows read rows without labels)"),
    "target")
  for _, name in ipairs(list_of(o.ignore)) do
    assign(roles, names, find_column(names, name, "ignore"), "ignore")
  end
  for _, role in ipairs { "weight", "group" } do
    if o[role] ~= nil then
      assign(roles, names, find_column(names, o[role], role), role)
    end
  end
  for _, name in ipairs(list_of(o.categorical)) do
    assign(roles, names, find_column(names, name, "categorical"),
      "categorical")
  end
  for _, name in ipairs(list_of(o.columns)) do
    assign(roles, names, find_column(names, name, "columns"), "columns")
  end
  return roles
end

-- The same of rows alone: what is no feature of `like` is left out where the
-- file has it.
local function roles_of_rows(names, o, like)
  local roles, apart = {}, {}
  for _, known in ipairs(like.features) do
    local j = find_column(names, known.name, "a column of like")
    if known.levels then roles[j] = "categorical" end
  end
  for _, name in ipairs(like.others) do apart[name] = "ignore" end
  for j, name in ipairs(names) do roles[j] = roles[j] or apart[name] end
  for _, name in ipairs(list_of(o.ignore)) do
    local j = find_column(names, name, "ignore")
    roles[j] = roles[j] or "ignore"
  end
  return roles
end

-- The names of columns that models don't learn from.
local function others_of(names, roles)
  local list = {}
  for j, name in ipairs(names) do
    if roles[j] and roles[j] ~= "categorical" then list[#list + 1] = name end
  end
  return list
end

-- The features in the file's order: { column =, name =, levels = {} where it
-- is categorical, or the levels that it is known to have }.
local function own_features(names, roles, levels)
  local features = {}
  for j, name in ipairs(names) do
    if not roles[j] or roles[j] == "categorical" then
      features[#features + 1] = {
        column = j, name = name,
        levels = roles[j] and (levels and levels[j] or {}) or nil,
      }
    end
  end
  if #features == 0 then refuse("no column is left to learn from") end
  return features
end

-- The features of the data that this file is to be like, in their order.
local function known_features(names, roles, like)
  local features, taken = {}, {}
  for i, known in ipairs(like.features) do
    local j = find_column(names, known.name, "a column of like")
    if roles[j] and roles[j] ~= "categorical" then
      refuse("'%s' is the %s here, and a feature of like", known.name,
        roles[j])
    end
    features[i] = { column = j, name = known.name, levels = known.levels }
    taken[j] = true
  end
  for j, name in ipairs(names) do
    if not taken[j] and (not roles[j] or roles[j] == "categorical") then
      refuse("column '%s' is none of like; name it in ignore", name)
    end
  end
  return features
end

local text_roles = { target = "text", group = "key", categorical = "text" }

local function kinds_of(names, roles, wanted)
  local kinds = {}
  for j = 1, #names do
    local kind = roles[j] == "ignore" and "skip" or text_roles[roles[j]]
      or "number"
    local is_number = kind == "number"
    kinds[j] = (not wanted or is_number == (wanted == "number")) and kind
      or "skip"
  end
  return kinds
end

-- Columns that the text itself does not name have their names put in.
local function refuse_text(why, names)
  why = why:gsub(", column (%d+) %(%): ", function(column)
    local name = names and names[tonumber(column)]
    return name and (", column %s (%s): "):format(column, name)
  end)
  if why:match("is no number$") then
    why = why .. "; text is for target, group and categorical"
  end
  refuse("%s", why)
end

local function read_kinds(csv, o, kinds, places, width)
  local x, columns = csv:read(kinds, places, width, most_levels)
  if x == nil then refuse_text(columns, o.names) end
  for _, column in ipairs(o.unquote and columns or {}) do
    for i, level in ipairs(column.levels or {}) do
      column.levels[i] = o.unquote(level)
    end
  end
  return x, columns
end

-- The levels of a categorical feature, in order, and the code of each.
local function order_levels(feature, read)
  local place, list = {}, core.array.zeros(#read.levels, nil, "int32")
  if not next(feature.levels) then
    local levels = compat.table_move(read.levels, 1, #read.levels, 1, {})
    labels.sort(levels)
    feature.levels = levels
  end
  for i, level in ipairs(feature.levels) do place[level] = i - 1 end
  for i, level in ipairs(read.levels) do
    if not place[level] then
      refuse("line %d, column %d (%s): '%s' is none of the known levels, %s",
        read.lines[i], feature.column, feature.name, level,
        table.concat(feature.levels, ", "))
    end
    list[i] = place[level]
  end
  return list
end

-- Places each feature in x; returns the names of x's columns, and the places
-- of the columns of numbers.
local function place_features(names, features, roles)
  local places, x_names = {}, {}
  for j = 1, #names do
    local is_apart = roles[j] == "weight" or roles[j] == "columns"
    places[j] = is_apart and 0 or nil
  end
  for _, feature in ipairs(features) do
    feature.place = #x_names + 1
    if feature.levels then
      for _, level in ipairs(feature.levels) do
        x_names[#x_names + 1] = ("%s=%s"):format(feature.name, level)
      end
    else
      places[feature.column] = feature.place
      x_names[#x_names + 1] = feature.name
    end
  end
  for j = 1, #names do places[j] = places[j] or -1 end
  return x_names, places
end

local function has_categories(features)
  for _, feature in ipairs(features) do
    if feature.levels then return true end
  end
  return false
end

-- Reads text and numbers, in one pass where no text decides where numbers go.
local function read_columns(csv, o, names, roles, features)
  local texts, lists = {}, {}
  local split = has_categories(features)
  if split then
    local _, columns = read_kinds(csv, o, kinds_of(names, roles, "text"),
      {}, 0)
    texts = columns
    for i, feature in ipairs(features) do
      lists[i] = feature.levels
        and order_levels(feature, texts[feature.column])
    end
  end
  local x_names, places = place_features(names, features, roles)
  local x, read = read_kinds(csv, o, kinds_of(names, roles, split
    and "number" or nil), places, #x_names)
  for j, column in ipairs(texts) do
    if text_roles[roles[j]] then read[j] = column end
  end
  for i, feature in ipairs(features) do
    if feature.levels then
      core.files.expand(x, feature.place, read[feature.column].codes, lists[i])
    end
  end
  return x, x_names, read
end

-- The columns of a reading without a value in some rows.
local function gaps_of(names, features, read)
  local of, gaps = {}, {}
  for _, feature in ipairs(features) do of[feature.column] = feature end
  for j, column in ipairs(read) do
    if column.missing then
      local feature = of[j]
      gaps[#gaps + 1] = {
        name = names[j], count = column.missing, line = column.missing_line,
        column = j,
        first = ("line %d, column %d (%s): '%s' is a missing value"):format(
          column.missing_line, j, names[j], column.missing_field),
        place = feature and not feature.levels and feature.place or nil,
        array = column.codes or column.numbers,
      }
    end
  end
  table.sort(gaps, function(a, b)
    return a.line < b.line or (a.line == b.line and a.column < b.column)
  end)
  return gaps
end

-- A text that has less than two bytes for each field has some without a
-- value, and is looked through before there is room for its numbers.
local function check_sparse(csv, o, names, roles)
  local places = {}
  for j = 1, #names do places[j] = -1 end
  local kinds = kinds_of(names, roles, "number")
  local _, read = read_kinds(csv, o, kinds, places, 0)
  return gaps_of(names, {}, read)
end

local function notes_of(about, features)
  local notes = {}
  if about.decimal == "," then
    notes[#notes + 1] = "numbers have a decimal comma"
  end
  for _, feature in ipairs(features) do
    if feature.levels then
      notes[#notes + 1] = ("%s: one column for each of %s"):format(
        feature.name, table.concat(feature.levels, ", "))
    end
  end
  return notes
end

--- Reads CSV text.
-- @param bytes of core.files
-- @param o the options; target, weight, group, ignore, categorical name columns
-- @param like the recipe of the data that this file is to be like, or nil
-- @return a reading for neap.files.finish
function M.load(bytes, o, like)
  local csv, why = core.files.csv(bytes, o)
  if not csv then refuse_text(why) end
  local names, about = csv:layout()
  if o.names and #o.names ~= #names then
    refuse("line %d has %d fields; wanted %d, as there are attributes", o.line,
      #names, #o.names)
  end
  names.numbered = not about.header
  names = o.names or names
  local roles = o.rows_only and roles_of_rows(names, o, like)
    or find_roles(names, o)
  for j in pairs(o.levels or {}) do roles[j] = roles[j] or "categorical" end
  local features = like and known_features(names, roles, like)
    or own_features(names, roles, o.levels)
  if about.sparse and o.missing == nil and not like then
    local gaps = check_sparse(csv, o, names, roles)
    if #gaps > 0 then return { gaps = gaps } end
  end
  local x, x_names, read = read_columns(csv, o, names, roles, features)
  local r = {
    x = x, names = x_names, features = features, columns = {},
    notes = notes_of(about, features), gaps = gaps_of(names, features, read),
    others = others_of(names, roles),
  }
  for j = 1, #names do
    local role, column = roles[j], read[j]
    if role == "columns" then
      r.columns[#r.columns + 1] = { name = names[j], numbers = column.numbers }
    elseif role == "target" then
      r.target = names[j]
      r.labels = column
    elseif role == "weight" then
      r.weights = column.numbers
    elseif role == "group" then
      r.groups, r.group_count = column.codes, column.level_count
    end
  end
  return r
end

return M
