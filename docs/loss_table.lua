-- docs/loss_table.lua -- returns the table of losses in docs/losses.md, made
-- from neap.loss.list(). To print it:
--
--   build/neap -e 'print(dofile "docs/loss_table.lua")'
local cells = dofile "docs/cells.lua"
local neap = require "neap"

local function row_text(loss)
  return ("| `%s` | %s | `%s` | %s | %s |"):format(loss.name, loss.kind,
    cells.text(loss.formula), cells.parameters(loss.parameters),
    cells.text(loss.source))
end

local lines = {
  "| loss | rows | formula of a row | parameters | source |",
  "|---|---|---|---|---|",
}
for _, loss in ipairs(neap.loss.list()) do
  lines[#lines + 1] = row_text(loss)
end
return table.concat(lines, "\n")
