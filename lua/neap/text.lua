--- Text for the terminal: wrapped sentences and aligned columns.
local compat = require "neap.compat"
local json = require "neap.json"

local M = {}

local WIDTH = 79

-- Characters that take two columns, and none, by first and last code point
-- (Unicode 15, East Asian Width W and F, combining marks: the large blocks).
local wide = {
  { 0x1100, 0x115F }, { 0x2E80, 0xA4CF }, { 0xAC00, 0xD7A3 },
  { 0xF900, 0xFAFF }, { 0xFE30, 0xFE6F }, { 0xFF00, 0xFF60 },
  { 0x1F300, 0x1FAFF }, { 0x20000, 0x3FFFD },
}
local none = { { 0x0300, 0x036F }, { 0x200B, 0x200F }, { 0x20D0, 0x20FF } }

local function is_in(ranges, code)
  for _, range in ipairs(ranges) do
    if code >= range[1] and code <= range[2] then return true end
  end
  return false
end

local function columns_of(code)
  if code < 0x300 then return 1 end
  return is_in(wide, code) and 2 or is_in(none, code) and 0 or 1
end

-- The columns that a UTF-8 string takes.
local function width_of(s)
  if not s:find("[\128-\255]") or not compat.utf8.len(s) then return #s end
  local sum = 0
  for _, code in compat.utf8.codes(s) do sum = sum + columns_of(code) end
  return sum
end
M.width = width_of

--- A name as one line that no terminal takes for a command: control characters
-- become spaces, bytes that are no UTF-8 U+FFFD.
function M.clean(s)
  return (json.valid(tostring(s)):gsub("[%c\127]", " ")
    :gsub("\194[\128-\159]", " "))
end

--- A name in so many columns at most; dots stand for what is left out.
function M.clip(s, most)
  if width_of(s) <= most then return s end
  local kept, width = {}, 0
  for _, code in compat.utf8.codes(s) do
    width = width + columns_of(code)
    if width > most - 2 then break end
    kept[#kept + 1] = compat.utf8.char(code)
  end
  return table.concat(kept) .. ".."
end

--- A string with spaces, so that it takes so many columns; to the right for a
-- negative number.
function M.pad(s, columns)
  local space = (" "):rep(math.abs(columns) - width_of(s))
  return columns < 0 and space .. s or s .. space
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
