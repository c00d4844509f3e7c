-- docs/generator_table.lua -- returns the table of generators in docs/data.md,
-- made from neap.data.list(). To print it:
--
--   build/neap -e 'print(dofile "docs/generator_table.lua")'
local cells = dofile "docs/cells.lua"
local neap = require "neap"

local lines = {
  "| generator | what | features | parameters |",
  "|---|---|---|---|",
}
for _, row in ipairs(neap.data.list()) do
  lines[#lines + 1] = ("| `%s` | %s | %s | %s |"):format(row.name, row.summary,
    row.features > 0 and row.features or "of the means",
    cells.parameters(row.parameters, true))
end
return table.concat(lines, "\n")
