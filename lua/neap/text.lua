--- Text for the terminal: wrapped sentences and aligned columns.
local M = {}

local WIDTH = 79

-- Characters of a UTF-8 string, one column each.
local function width_of(s)
  return utf8.len(s) or #s
end

--- Sentences as paragraphs of lines no wider than a terminal.
function M.wrap(sentences)
  local paragraphs = {}
  for _, sentence in ipairs(sentences) do
    local lines, line = {}, nil
    for word in sentence:gmatch("%S+") do
      if line and width_of(line) + 1 + width_of(word) <= WIDTH then
        line = line .. " " .. word
      else
        lines[#lines + 1] = line
        line = word
      end
    end
    lines[#lines + 1] = line
    paragraphs[#paragraphs + 1] = table.concat(lines, "\n")
  end
  return table.concat(paragraphs, "\n")
end

--- Rows of cells with their columns aligned: the first to the left, the
-- others to the right. A row "-" is a rule.
function M.columns(rows)
  local widths = {}
  for _, row in ipairs(rows) do
    for j = 1, row ~= "-" and #row or 0 do
      widths[j] = math.max(widths[j] or 0, width_of(row[j]))
    end
  end
  local total = 2 * (#widths - 1)
  for _, width in ipairs(widths) do total = total + width end
  local lines = {}
  for i, row in ipairs(rows) do
    if row == "-" then
      lines[i] = ("-"):rep(total)
    else
      local cells = {}
      for j, cell in ipairs(row) do
        local space = (" "):rep(widths[j] - width_of(cell))
        cells[j] = j == 1 and cell .. space or space .. cell
      end
      lines[i] = table.concat(cells, "  "):gsub("%s+$", "")
    end
  end
  return table.concat(lines, "\n")
end

return M
