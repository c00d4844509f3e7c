-- docs/generator_table.lua -- returns the table of generators in docs/data.md,
-- made from neap.data.list(). To print it:
--
--   build/neap -e 'print(dofile "docs/generator_table.lua")'
local neap = require "neap"

local function number(x)
  return (("%g"):format(x):gsub("e%+0*", "e"))
end

-- name = default (range): meaning
local function parameter_text(p)
  local default = p.default and number(p.default) or "false"
  return ("`%s` = %s (%s%s to %s): %s"):format(p.name, default,
    p.open and "above " or "", number(p.low), number(p.high), p.meaning)
end

local lines = {
  "| generator | what | features | parameters |",
  "|---|---|---|---|",
}
for _, row in ipairs(neap.data.list()) do
  local parameters = {}
  for i, p in ipairs(row.parameters) do parameters[i] = parameter_text(p) end
  lines[#lines + 1] = ("| `%s` | %s | %s | %s |"):format(row.name, row.summary,
    row.features > 0 and row.features or "of the means",
    table.concat(parameters, "; "))
end
return table.concat(lines, "\n")
