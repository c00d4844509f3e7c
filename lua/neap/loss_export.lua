--- A loss as one C99 file without dependencies.
--
-- The arithmetic is the engine's own: the file holds those parts of its sources
-- that the loss uses.
local c_parts = require "neap.c_parts"
local core = require "neap.core"
local files = require "neap.loss_files"
local options = require "neap.options"
local programs = require "neap.loss_program"
local units = require "neap.loss_units"

local M = {}

local function fill(text, values)
  return (text:gsub("%$([%a_]+)", function(key)
    return values[key] ~= nil and tostring(values[key]) or nil
  end))
end

-- -------------------------------------------------------------------- terms

-- The names of the columns of all terms, each once, and for each term where its
-- own are among them.
local function columns_of(terms)
  local names, position, all = {}, {}, {}
  for t, term in ipairs(terms) do
    all[t] = {}
    for i, name in ipairs(core.expr.columns(term.loss)) do
      if not position[name] then
        names[#names + 1] = name
        position[name] = #names - 1
      end
      all[t][i] = position[name]
    end
  end
  return names, all
end

-- The texts of the terms' units, each once; sets the unit of each term.
local function units_of(terms, mode, bits, is_soft)
  local seen, used, texts = {}, {}, {}
  for _, term in ipairs(terms) do
    local key = term.definition or term.loss.name
    if not seen[key] then
      local prefix = term.loss.name
      while used[prefix] do prefix = prefix .. "_" end
      used[prefix] = true
      seen[key] = units.unit(term.loss, term.definition, prefix, mode, bits,
        is_soft)
      seen[key].prefix = prefix
      texts[#texts + 1] = seen[key].text
    end
    term.unit = seen[key]
  end
  return texts
end

local sum_seconds = {
  exact = "h[i]", positive = "h[i] < 0 ? 0 : h[i]", absolute = "fabs(h[i])",
}

-- The sum of terms, as neap_loss_sum has it.
local function sum_unit(text, what, columns, values)
  local terms, mode = what.terms, what.hessian
  local fields, makes, runs, first = {}, {}, {}, 0
  for t, term in ipairs(terms) do
    local pick = {}
    for i, place in ipairs(columns[t]) do
      pick[i] = ("  t.columns[%d] = r->columns[%d];\n"):format(i - 1, place)
    end
    fields[t] = ("  %s term%d;"):format(term.unit.type, t)
    makes[t] = ("  k.term%d = %s_constants_of(params + %d);"):format(t,
      term.unit.prefix, first)
    runs[t] = text.term:gsub("%$(%a+)", { pick = table.concat(pick), t = t,
      prefix = term.unit.prefix, factor = programs.literal(term.factor) })
    first = first + #term.params
  end
  local floor = programs.literal(type(mode) == "number" and mode or 0)
  return { type = "terms", make = "terms_of", run = "run",
    text = fill(text.sum, {
      target_row = values.target_row, fields = table.concat(fields, "\n"),
      makes = table.concat(makes, "\n"),
      runs = table.concat(runs, "\n"), second = sum_seconds[mode]
        or ("h[i] < %s ? %s : h[i]"):format(floor, floor),
    }) }
end

-- The second derivative that each term of a sum gives: the positive terms of a
-- difference are not those of its parts.
local function mode_of_terms(terms, mode)
  for _, term in ipairs(terms) do
    if term.factor < 0 then return "exact" end
  end
  return mode == "positive" and mode or "exact"
end

-- ---------------------------------------------------------------- the file

local function comment_safe(text)
  return (text:gsub("%*/", "* /"):gsub("[\r\n]", " "))
end

local function parameter_texts(terms, is_sum)
  local names, numbers = {}, {}
  for t, term in ipairs(terms) do
    for _, row in ipairs(term.params) do
      names[#names + 1] = ("%s%s = %s"):format(row.name,
        is_sum and (" of term %d"):format(t) or "",
        row.shown or programs.decimal(row.number))
      numbers[#numbers + 1] = programs.literal(row.number)
    end
  end
  if #names == 0 then return "none", "0.0" end
  return table.concat(names, ", "), table.concat(numbers, ", ")
end

local function columns_text(columns)
  local list = {}
  for i, name in ipairs(columns) do
    list[i] = ("columns[%d] is %s [n]"):format(i - 1, comment_safe(name))
  end
  return #list > 0 and table.concat(list, ", ") or "none; NULL"
end

local inputs = {
  binary = "logits, targets: [n]; a target is a probability of class 1, 0 to 1",
  real = "logits, targets: [n], predictions and what they should be",
  classes = "logits: [n][$classes]; targets: [n], classes 0 to $last",
  soft = "logits, targets: [n][$classes]; targets are probabilities",
}

local function set_of(words)
  local set = {}
  for word in words:gmatch("%S+") do set[word] = true end
  return set
end

local own, taken = set_of(files.own_names), set_of(files.c_names)

-- A word that C or the file has can't be the function's name.
local function check_name(name, text, names)
  local is_taken = taken[name] or own[name] or names[name]
  for _, pattern in ipairs { "([%a_][%w_]*)%(const ", "([%a_][%w_]*)%(neap_",
    "} ([%a_][%w_]*);", "neap_margin_loss ([%a_][%w_]*) =" } do
    for word in text:gmatch(pattern) do
      is_taken = is_taken or word == name
    end
  end
  if is_taken then
    options.refuse("to_c", ("name is '%s', a word that the file has; wanted "
      .. "another one"):format(name))
  end
end

-- The units' text, and how main makes constants and runs.
local function fill_units(what, text, positions, values)
  local mode = what.is_sum and mode_of_terms(what.terms, what.hessian)
    or what.hessian
  local texts = units_of(what.terms, mode, values.bits, what.is_soft)
  local unit = what.terms[1].unit
  if what.is_sum then
    local sum = sum_unit(text, what, positions, values)
    texts[#texts + 1] = sum.text
    values.type, values.make, values.run = sum.type, sum.make, sum.run
  else
    values.type = unit.type
    values.make, values.run = unit.prefix .. "_constants_of",
      unit.prefix .. "_run"
  end
  values.units = table.concat(texts, "\n")
end

--- Returns the text of the file.
-- @param what { terms = { { factor =, loss =, definition =, params = }, ... },
--   is_sum =, kind = of the losses, classes = of a loss of classes, is_soft =
--   whether its targets are probabilities, hessian = mode or floor, title = }
-- @param name of the C function
-- @param dtype "float64" or "float32"
-- @param fixed whether the parameters' numbers are put in for good
function M.text(what, name, dtype, fixed)
  local is_class = what.kind == "classes"
  local text = is_class and files.classes or files.single
  local columns, positions = columns_of(what.terms)
  local step = is_class and what.classes < 48 and 16 or 64
  local count = #columns
  local values = {
    name = name, title = comment_safe(what.title),
    target = is_class and not what.is_soft and "int32_t" or "real",
    target_row = what.is_soft and "at" or "row",
    columns = columns_text(columns), column_count = math.max(count, 1),
    classes = what.classes,
    padded = is_class and math.ceil(what.classes / step) * step,
    given = fixed and "fixed: params is not looked at" or "NULL: these numbers",
    chosen = fixed and "defaults" or "params != NULL ? params : defaults",
    unused = (fixed and "  (void)params;\n" or "")
      .. (count == 0 and "  (void)columns;\n" or ""),
    whole_columns = count > 0 and files.whole_columns:format(count) or "",
    last_columns = count > 0 and files.last_columns:format(count) or "",
  }
  for key, value in pairs(files.types[dtype]) do values[key] = value end
  values.label = values.target == "real" and values.real or values.target
  values.params, values.defaults = parameter_texts(what.terms, what.is_sum)
  fill_units(what, text, positions, values)
  for _, key in ipairs { "rows", "outputs", "main" } do
    values[key] = fill(text[key], values)
  end
  values.last = is_class and what.classes - 1
  values.inputs = fill(inputs[what.is_soft and "soft" or what.kind], values)
  values.lanes = c_parts.find("NEAP_BLOCK_LANES", values.bits)
  local names
  values.functions, names = c_parts.needed(values.units .. values.main,
    values.bits, own)
  check_name(name, values.units, names)
  return fill(files.head, values)
end

return M
