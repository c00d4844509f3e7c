--- neap: losses for imbalanced classes, lockstep training, honest comparison.
--
-- `require "neap"` loads the C bindings and nothing else; studies, data files,
-- metrics and figures are loaded when they are first used.
local arguments = require "neap.arguments"
local core = require "neap.core"
local options = require "neap.options"

local M = {
  _VERSION = "neap " .. core.version,
  isa = core.isa, -- the instruction set in use: "base", "avx2" or "avx512"
  array = core.array.array,
  zeros = core.array.zeros,
  from_bytes = core.array.from_bytes,
  loss = core.loss,
  divergence = core.divergence,
  math = core.math,
  map = core.expr.map,
  model = core.train.model,
  optimizer = core.train.optimizer,
}

-- Names that are found in a file of their own.
local files = {
  data = "neap.data",
  metric = "neap.metric",
  prune = "neap.prune",
  search = "neap.search",
  study = "neap.study",
  verdict = "neap.verdict.scores",
  plot = "neap.plot",
  train = "neap.train",
  job = "neap.train",
  from_saved = "neap.fit",
  load = "neap.fit",
  tune = "neap.tune",
  open = "neap.store.reader",
}

-- Those among them that are written for Lua 5.4.
local newer = {
  prune = true, search = true, study = true, verdict = true, plot = true,
  open = true,
}

-- Files that have several of them.
local by_name = {
  ["neap.train"] = true, ["neap.fit"] = true, ["neap.store.reader"] = true,
}

-- Losses tell their formula by files that are loaded when they are asked to.
core.expr.set_methods {
  show = arguments.method("neap.Loss", "show", "", function(loss)
    return require "neap.loss_object".show(loss)
  end),
  to_c = arguments.method("neap.Loss", "to_c", "path: string, given?",
    function(loss, path, given)
      return require "neap.loss_object".to_c(loss, path, given)
    end),
}

--- Checks a loss against itself: derivatives, symmetry, sizes, number types.
-- Prints a table.
-- @param loss a loss
-- @param given columns = numbers for what it reads, by name
-- @return whether all checks passed, and the list of them
function M.loss.check(loss, given)
  local check = require "neap.loss_check"
  local o = options.read("check", given, { columns = { "table" } }, 2)
  local rows = options.call("check", 2, check.run, loss, o)
  print(check.table(loss, rows))
  return check.passed(rows), rows
end

--- Defines a loss that is written in Lua; see docs/scripted_losses.md.
function M.loss.define(given)
  return require "neap.define".define(given)
end

--- Prints what a loss is: formula, class weights, ranges, source.
function M.loss.explain(loss)
  print(require "neap.explain"(loss))
end

arguments.functions(M.loss, {
  check = "loss: neap.Loss, given?", define = "given",
  explain = "loss: neap.Loss",
})

return setmetatable(M, {
  __index = function(self, name)
    local file = files[name]
    if not file then return nil end
    if newer[name] then require "neap.compat".check_new("neap." .. name, 2) end
    local value = require(file)
    if by_name[file] then value = value[name] end
    rawset(self, name, value)
    return value
  end,
})
