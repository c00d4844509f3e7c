--- What a loss tells of its formula: loss:show() and loss:to_c(path).
local core = require "neap.core"
local define = require "neap.define"
local export = require "neap.loss_export"
local formulas = require "neap.formulas"
local host_files = require "neap.host_files"
local loss_text = require "neap.loss_text"
local options = require "neap.options"
local programs = require "neap.loss_program"
local units = require "neap.loss_units"

local M = {}

-- --------------------------------------------------------------------- show

local built_in = {}

-- The formula of a built-in loss, defined once for each of its forms.
local function built_in_definition(loss)
  local make = formulas[loss.name]
  if not make then return nil end
  local form = loss.name == "focal" and loss.alpha ~= false
    or loss.name == "asymmetric" and loss.margin > 0
  local soft = loss.name == "focal" and loss.soft or ""
  local key = ("%s|%s|%s"):format(loss.name, tostring(form), soft)
  if not built_in[key] then
    local parts = make(form, soft)
    parts.name = "neap_" .. loss.name
    built_in[key] = define.define_quietly(parts)
  end
  return built_in[key]
end

-- The loss's numbers of the definition's parameters.
local function params_of(loss, definition)
  local params = {}
  for i, row in ipairs(definition.parameters) do params[i] = loss[row.name] end
  return params
end

--- Tells formula, derivatives and program as text; of a sum those of its terms.
function M.show(loss)
  if loss.terms then
    local texts = {}
    for i, term in ipairs(loss.terms) do
      texts[i] = ("%g times %s"):format(term[1], M.show(term[2]))
    end
    return table.concat(texts, "\n")
  end
  local definition = core.expr.definition(loss)
    or loss.kind == "binary" and built_in_definition(loss)
  if not definition then
    core.blame(("bad self for 'show' (%s is no loss of binary targets)"):format(
      loss.name))
  end
  return loss_text.describe(definition, core.expr.listing(definition.core),
    params_of(loss, definition))
end

-- --------------------------------------------------------------------- to_c

local plain = {
  label_smoothing = 0, temperature = 1, logit_adjustment = 0, from = "logits",
}

-- What acts on a loss from outside is not written; the temperature is
-- distillation's own.
local function check_plain(loss)
  for _, key in ipairs { "class_weights", "pos_weight", "label_smoothing",
    "temperature", "logit_adjustment", "from", "ignore_index" } do
    local is_own = key == "temperature" and loss.name == "distillation"
    if loss[key] ~= plain[key] and not is_own then
      core.blame(("bad self for 'to_c' (the file has the formula alone; the "
        .. "loss has %s)"):format(key))
    end
  end
end

local spec = {
  name = { "string" },
  dtype = { "choice", names = { "float64", "float32" }, default = "float64" },
  fixed = { "boolean" },
  classes = { "number", low = 2, high = 1024, whole = true },
  targets = { "choice", names = { "classes", "probabilities" } },
}

-- A loss with a factor, as neap.loss_export has it.
local function term_of(factor, loss, fixed)
  check_plain(loss)
  if loss.name == "ldam" then
    core.blame("bad self for 'to_c' (ldam's margins come from the classes' "
      .. "counts, which the file has not)")
  end
  local params = units.parameters(loss)
  local definition = core.expr.definition(loss)
  if fixed and definition then
    definition = define.fix(definition, params_of(loss, definition))
  end
  return { factor = factor, loss = loss, definition = definition,
    params = params }
end

local function formula_of(loss)
  local definition = core.expr.definition(loss)
  if not definition then
    for _, row in ipairs(core.loss.list()) do
      if row.name == loss.name then return row.formula end
    end
  end
  return loss_text.summary(definition, core.expr.listing(definition.core))
end

local function title_of(loss)
  local formula = formula_of(loss)
  return ("the loss %s%s"):format(loss.name, formula and ": " .. formula or "")
end

-- What the file is to have of a loss.
local function contents_of(loss, fixed)
  if not loss.terms then
    local term = term_of(1, loss, fixed)
    return { terms = { term }, kind = loss.kind, hessian = loss.hessian_mode,
      title = title_of(loss) }
  end
  local terms, texts = {}, {}
  for i, term in ipairs(loss.terms) do
    terms[i] = term_of(term[1], term[2], fixed)
    texts[i] = ("%s times %s"):format(programs.decimal(term[1]),
      title_of(term[2]))
  end
  return { terms = terms, is_sum = true, kind = loss.kind,
    hessian = loss.hessian_mode, title = table.concat(texts, "; plus ") }
end

-- Options of losses of classes go with these alone.
local function check_classes(loss, o)
  local is_class = loss.kind == "classes"
  if is_class ~= (o.classes ~= nil) then
    options.refuse("to_c", ("classes is %s; wanted %s"):format(
      tostring(o.classes), o.classes and "none, as the loss has one logit a row"
      or "the number of classes, 2 to 1024"))
  elseif o.targets and not is_class then
    options.refuse("to_c", "targets is for losses of classes")
  elseif loss.name == "distillation" and o.targets == "classes" then
    options.refuse("to_c", "targets is 'classes'; distillation has logits")
  end
end

-- Whether targets are rows of probabilities: as asked, or as a loss of
-- distributions has them.
local function wants_probabilities(contents, o)
  if contents.kind ~= "classes" then return false end
  if o.targets then return o.targets == "probabilities" end
  for _, term in ipairs(contents.terms) do
    if units.is_of_distributions(term.loss) then return true end
  end
  return false
end

-- Writes a loss.
local function write(loss, path, given)
  local o = options.read("to_c", given or {}, spec, 2)
  local name = o.name or core.expr.definition(loss) and loss.name
    or "neap_" .. loss.name
  if not name:match("^[%a_][%w_]*$") then
    options.refuse("to_c", ("name is '%s'; wanted a C identifier"):format(name))
  end
  check_classes(loss, o)
  local contents = contents_of(loss, o.fixed)
  contents.classes = o.classes
  contents.is_soft = wants_probabilities(contents, o)
  local text = export.text(contents, name, o.dtype, o.fixed)
  return host_files.write_text(path, text)
end

--- Writes the loss as one C99 file without dependencies: true, or nil and why.
-- @param path of the file
-- @param given { name = of the function, by default the loss's (neap_NAME of a
--   built-in one); dtype = "float64" or "float32"; fixed = true: the
--   parameters' numbers are put in for good, which is faster where a power of
--   a defined loss becomes a product; classes = their number, of a loss of
--   classes; targets = "classes", int32_t from 0, or "probabilities", rows of
--   them, which is the default of losses that compare distributions }
function M.to_c(loss, path, given)
  local ok, message = write(loss, path, given)
  return ok, message
end

--- The same of a definition, with the defaults of its parameters.
function M.write_definition(definition, path, given)
  local ok, message = write(definition {}, path, given)
  return ok, message
end

return M
