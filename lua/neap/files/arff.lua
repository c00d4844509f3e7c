--- Reads ARFF text, and KEEL's .dat files, which are much the same: a header
-- that names the columns and their levels, then CSV.
local compat = require "neap.compat"
local core = require "neap.core"
local csv = require "neap.files.csv"
local options = require "neap.options"
local refuse = require "neap.files.refuse"

local M = {}

-- 'a b', "a b" or a b, and what follows.
local function take_name(text)
  local quote = text:match("^['\"]")
  if quote then
    return text:match("^" .. quote .. "(.-)" .. quote .. "%s*(.*)$")
  end
  return text:match("^([^%s{]+)%s*(.*)$")
end

local function unquote(text)
  return text:match("^'(.*)'$") or text:match('^"(.*)"$') or text
end

local function trim(text) return text:match("^%s*(.-)%s*$") end

-- The levels of {a, 'b c', d}.
local function levels_of(text, line)
  local inside, levels = text:match("^{(.*)}$"), {}
  if not inside then
    refuse("line %d: '%s' has no closing brace", line, text:sub(1, 60))
  end
  while inside ~= "" do
    local quote = inside:match("^%s*(['\"])")
    local level, rest
    if quote then
      level, rest = inside:match("^%s*" .. quote .. "(.-)" .. quote
        .. "%s*,?(.*)$")
    else
      level, rest = inside:match("^([^,]*),?(.*)$")
      level = trim(level)
    end
    if not level or level == "" then
      refuse("line %d: a level of '%s' is empty or open", line, text:sub(1, 60))
    end
    levels[#levels + 1] = level
    inside = rest
  end
  return levels
end

local numbers = { numeric = true, real = true, integer = true }

local function add_attribute(header, text, line)
  local name, kind = take_name(text)
  if not name or kind == "" then
    refuse("line %d: '%s' is no attribute; wanted a name and a type", line,
      text:sub(1, 60))
  end
  local j = #header.names + 1
  header.names[j] = name
  if kind:sub(1, 1) == "{" then
    header.levels[j] = levels_of(trim(kind), line)
  elseif not numbers[kind:lower():match("^%a+")] then
    refuse("line %d: attribute '%s' is '%s'; wanted numeric, real, integer or "
      .. "{levels}", line, name, kind:sub(1, 60))
  end
end

-- One line of the header; returns whether the data follow.
local function read_line(header, text, line)
  local keyword, rest = text:match("^@(%a+)%s*(.*)$")
  if not keyword then
    refuse("line %d: '%s' stands before @data", line, text:sub(1, 60))
  end
  keyword = keyword:lower()
  if keyword == "attribute" then
    add_attribute(header, trim(rest), line)
  elseif keyword == "output" or keyword == "outputs" then
    header.output = unquote(trim(rest))
  elseif keyword ~= "relation" and keyword ~= "input" and keyword ~= "inputs"
    and keyword ~= "data" then
    refuse("line %d: '@%s' is unknown", line, keyword)
  end
  return keyword == "data"
end

-- The names, levels and output of the header, and where the data begin.
local function read_header(text)
  local header, line, at = { names = {}, levels = {} }, 1, 1
  while at <= #text do
    local stop = text:find("[\r\n]", at) or #text + 1
    local content = trim(text:sub(at, stop - 1))
    at = stop + (text:sub(stop, stop + 1) == "\r\n" and 2 or 1)
    line = line + 1
    if content ~= "" and content:sub(1, 1) ~= "%"
      and read_line(header, content, line - 1) then
      header.at, header.line = at, line
      return header
    end
  end
  refuse("there is no @data")
end

-- The position of the target: as asked, or the one output.
local function find_target(header, target)
  target = target == nil and header.output or target
  if compat.is_integer(target) and header.names[target] then
    return target
  end
  for j, name in ipairs(header.names) do
    if name == target then return j end
  end
  refuse("target is %s; the attributes are %s", target == nil and "missing"
    or options.show(target), table.concat(header.names, ", "))
end

--- Reads ARFF text; see csv.load.
function M.load(bytes, o, like)
  local text = bytes:head(#bytes)
  local header = read_header(text)
  local given = {}
  for key, value in pairs(o) do given[key] = value end
  given.target = not o.rows_only and find_target(header, o.target) or nil
  given.names, given.levels = header.names, header.levels
  given.header, given.delimiter, given.decimal = false, ",", "."
  given.comment, given.line, given.unquote = "%", header.line, unquote
  if text:match("^%s*{", header.at) then
    refuse("line %d: the rows are sparse; wanted dense ones", header.line)
  end
  return csv.load(core.files.bytes(text:sub(header.at)), given, like)
end

return M
