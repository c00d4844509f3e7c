-- docs/metric_table.lua -- returns the table of binary metrics in
-- docs/metrics.md, made from neap.metric.list(). To print it:
--
--   build/neap -e 'print(dofile "docs/metric_table.lua")'
local neap = require "neap"

local function number(x)
  if x == math.huge then return "infinity" end
  if x == 2 ^ 53 then return "2^53" end
  return (("%g"):format(x):gsub("e%+0*", "e"))
end

-- name = default (range)
local function parameter_text(p)
  if p.choices then
    return ("`%s` = %s (%s)"):format(p.name, p.default,
      table.concat(p.choices, ", "))
  end
  local default = p.default and number(p.default) or "false"
  return ("`%s` = %s (%s%s to %s)"):format(p.name, default,
    p.open and "above " or "", number(p.low), number(p.high))
end

local function cell(text)
  return (text:gsub("|", "\\|"))
end

local function row_text(metric)
  local parameters = {}
  for i, p in ipairs(metric.parameters) do parameters[i] = parameter_text(p) end
  return ("| `%s` | %s | %s | %s | %s |"):format(metric.name,
    cell(metric.summary), table.concat(parameters, "; "),
    metric.larger_is_better and "more" or "less", cell(metric.source))
end

local lines = {
  "| metric | formula | options | better | source |",
  "|---|---|---|---|---|",
}
for _, metric in ipairs(neap.metric.list()) do
  lines[#lines + 1] = row_text(metric)
end
return table.concat(lines, "\n")
