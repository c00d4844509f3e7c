--- What a loss tells of its formula: loss:show() and loss:to_c(path).
local core = require "neap.core"
local define = require "neap.define"
local export = require "neap.loss_export"
local formulas = require "neap.formulas"
local loss_text = require "neap.loss_text"
local options = require "neap.options"
local saved = require "neap.saved"

local M = {}

local built_in = {}

-- The formula of a built-in loss, defined once for each of its forms.
local function built_in_definition(loss)
  local make = formulas[loss.name]
  if not make then return nil end
  local form = loss.name == "focal" and loss.alpha ~= false
    or loss.name == "asymmetric" and loss.margin > 0
  local soft = loss.name == "focal" and loss.soft or ""
  local key = ("%s|%s|%s"):format(loss.name, form, soft)
  if not built_in[key] then
    local parts = make(form, soft)
    parts.name = "neap_" .. loss.name
    built_in[key] = define.define_quietly(parts)
  end
  return built_in[key]
end

-- The definition of a loss; level: of the caller to blame.
local function definition_of(loss, name, level)
  local definition = core.expr.definition(loss)
    or loss.kind == "binary" and built_in_definition(loss)
  if definition and loss.kind == "binary" then return definition end
  error(("bad self for '%s' (%s has no formula; wanted a loss of binary "
    .. "targets that is no sum)"):format(name, loss.name), level + 1)
end

-- The loss's numbers of the definition's parameters.
local function params_of(loss, definition)
  local params = {}
  for i, row in ipairs(definition.parameters) do params[i] = loss[row.name] end
  return params
end

--- Tells formula, derivatives and program as text.
function M.show(loss)
  local definition = definition_of(loss, "show", 2)
  return loss_text.describe(definition, core.expr.listing(definition.core),
    params_of(loss, definition))
end

local plain = {
  label_smoothing = 0, temperature = 1, logit_adjustment = 0, from = "logits",
}

-- What acts on a loss from outside is not written.
local function check_plain(loss)
  for _, key in ipairs { "class_weights", "pos_weight", "label_smoothing",
    "temperature", "logit_adjustment", "from", "ignore_index" } do
    if loss[key] ~= plain[key] then
      error(("bad self for 'to_c' (the file has the formula alone; the loss "
        .. "has %s)"):format(key), 3)
    end
  end
end

local spec = {
  name = { "string" },
  dtype = { "choice", names = { "float64", "float32" }, default = "float64" },
  fixed = { "boolean" },
}

-- Writes a definition with some numbers of its parameters.
local function write(definition, params, path, given, level)
  if type(path) ~= "string" then
    error(("bad argument #1 to 'to_c' (path is a %s; wanted a string)")
      :format(type(path)), level + 1)
  end
  local o = options.read("to_c", given or {}, spec, level + 1, 2)
  local name = o.name or definition.name
  if not name:match("^[%a_][%w_]*$") then
    options.refuse("to_c", ("name is '%s'; wanted a C identifier"):format(name),
      level + 1)
  end
  if o.fixed then
    definition, params = define.fix(definition, params), nil
  end
  return saved.write(path, export.text(definition, name, o.dtype, params))
end

--- Writes the loss as one C99 file without dependencies: true, or nil and why.
-- @param path of the file
-- @param given { name = of the function, by default the loss's; dtype =
--   "float64" or "float32"; fixed = true: the parameters' numbers are put in
--   for good, which is faster where a power becomes a product }
function M.to_c(loss, path, given)
  local definition = definition_of(loss, "to_c", 2)
  check_plain(loss)
  return write(definition, params_of(loss, definition), path, given, 2)
end

--- The same of a definition, with the defaults of its parameters.
function M.write_definition(definition, path, given)
  local params = {}
  for i, row in ipairs(definition.parameters) do params[i] = row.default end
  return write(definition, params, path, given, 3)
end

return M
