-- docs/stub_rows.lua -- what the stubs of lua/neap/meta have of rows: the
-- options and constructors of losses, and the metrics. To print it:
--
--   build/neap -e 'print((dofile "docs/stub_rows.lua").losses())'
local cells = dofile "docs/cells.lua"
local neap = require "neap"

local M = {}

-- A comment in lines of 80 characters; the lines after the first go on with
-- what `rest` says.
local function comment(text, first, rest)
  local lines, line = {}, first
  for word in text:gmatch "%S+" do
    if #line + 1 + #word > 80 then
      lines[#lines + 1] = line
      line = rest
    end
    line = line .. " " .. word
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

local function class_of(name)
  local camel = name:gsub("^%l", string.upper):gsub("_(%w)", string.upper)
  return ("neap.%sOptions"):format(camel)
end

local function type_of(p)
  if p.choices then return '"' .. table.concat(p.choices, '"|"') .. '"' end
  return p.default and "number" or "number|false"
end

local function field(p)
  return comment(("%s: %s"):format(cells.range(p), p.meaning),
    ("---@field %s? %s"):format(p.name, type_of(p)), "---")
end

--- The classes of the options of all losses that have parameters.
function M.loss_options()
  local blocks = {}
  for _, row in ipairs(neap.loss.list()) do
    if #row.parameters > 0 then
      local lines = { ("---@class %s: neap.LossOptions"):format(
        class_of(row.name)) }
      for _, p in ipairs(row.parameters) do lines[#lines + 1] = field(p) end
      blocks[#blocks + 1] = table.concat(lines, "\n")
    end
  end
  return table.concat(blocks, "\n\n")
end

--- The constructors of all losses.
function M.losses()
  local blocks = {}
  for _, row in ipairs(neap.loss.list()) do
    blocks[#blocks + 1] = table.concat({
      comment(("%s. Source: %s."):format(row.formula, row.source), "---",
        "---"),
      "---@param options? " .. (#row.parameters > 0 and class_of(row.name)
        or "neap.LossOptions"),
      "---@return neap.Loss",
      ("function M.%s(options) end"):format(row.name),
    }, "\n")
  end
  return table.concat(blocks, "\n\n")
end

--- All metrics of binary scores.
function M.metrics()
  local blocks = {}
  for _, row in ipairs(neap.metric.list()) do
    local names = {}
    for i, p in ipairs(row.parameters) do names[i] = p.name end
    local lines = { comment(("%s. Source: %s."):format(row.summary, row.source),
      "---", "---") }
    if #names > 0 then
      lines[2] = ("--- Options: %s."):format(table.concat(names, ", "))
    end
    for _, line in ipairs {
      "---@param scores neap.Array|table [n] or [g][n]",
      "---@param targets neap.Array|table 0 or 1",
      "---@param weights? neap.Array|number[] >= 0",
      "---@param options? neap.MetricOptions",
      "---@return number|neap.Array|nil",
      "---@return string? why there is no value",
      ("function M.%s(scores, targets, weights, options) end"):format(row.name),
    } do
      lines[#lines + 1] = line
    end
    blocks[#blocks + 1] = table.concat(lines, "\n")
  end
  return table.concat(blocks, "\n\n")
end

return M
