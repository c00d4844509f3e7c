-- docs/metric_table.lua -- returns the table of binary metrics in
-- docs/metrics.md, made from neap.metric.list(). To print it:
--
--   build/neap -e 'print(dofile "docs/metric_table.lua")'
local cells = dofile "docs/cells.lua"
local neap = require "neap"

local function row_text(metric)
  return ("| `%s` | %s | %s | %s | %s |"):format(metric.name,
    cells.text(metric.summary), cells.parameters(metric.parameters),
    metric.larger_is_better and "more" or "less", cells.text(metric.source))
end

local lines = {
  "| metric | formula | options | better | source |",
  "|---|---|---|---|---|",
}
for _, metric in ipairs(neap.metric.list()) do
  lines[#lines + 1] = row_text(metric)
end
return table.concat(lines, "\n")
