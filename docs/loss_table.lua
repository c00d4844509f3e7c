-- docs/loss_table.lua -- returns the table of losses in docs/losses.md, made
-- from neap.loss.list(). To print it:
--
--   build/neap -e 'print(dofile "docs/loss_table.lua")'
local neap = require "neap"

local function number(x)
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

local function row_text(loss)
  local parameters = {}
  for i, p in ipairs(loss.parameters) do parameters[i] = parameter_text(p) end
  return ("| `%s` | %s | `%s` | %s | %s |"):format(loss.name, loss.kind,
    cell(loss.formula), table.concat(parameters, "; "), cell(loss.source))
end

local lines = {
  "| loss | rows | formula of a row | parameters | source |",
  "|---|---|---|---|---|",
}
for _, loss in ipairs(neap.loss.list()) do
  lines[#lines + 1] = row_text(loss)
end
return table.concat(lines, "\n")
