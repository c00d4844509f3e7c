-- What the specs of the losses' options share.
local assert = require "luassert"
local loss = require("neap").loss

local M = {}

-- Every loss of a kind, with its row.
function M.each(kind, f)
  for _, row in ipairs(loss.list()) do
    if row.kind == kind then f(row.name, row) end
  end
end

function M.refuses(message, f)
  assert.error_matches(f, message)
end

M.binary = { x = { 1.5, -2, 0.3, 4 }, y = { 1, 0, 0, 1 } }
M.classes = {
  x = { { 1, 0, -1 }, { 0, 2, 1 }, { 0.5, 0.5, 3 } },
  y = { { 0.7, 0.2, 0.1 }, { 0.25, 0.5, 0.25 }, { 0.1, 0.1, 0.8 } },
}

function M.is_distilled(name) return name == "distillation" end

return M
