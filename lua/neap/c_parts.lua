--- The engine's own C sources, cut into parts: what a loss that is written as
-- C takes its arithmetic from.
--
-- A part is a macro, a type, a constant or a function at the margin of a file,
-- with the comment above it. Names of a .c file get the file's before them, so
-- that parts of several files stand beside each other.
local core = require "neap.core"

local M = {}

-- The sources by their names, in order: { name =, text = }.
local function sources()
  local list = {}
  for line in core.expr.kernel_text():gmatch("([^\n]*)\n") do
    local name = line:match("^#file (.+)$")
    if name then
      list[#list + 1] = { name = name, lines = {} }
    else
      local lines = list[#list].lines
      lines[#lines + 1] = line
    end
  end
  return list
end

-- Code without what a brace or a name in it would mislead.
local function bare(code)
  return (code:gsub("//[^\n]*", ""):gsub('"[^"\n]*"', '""'))
end

-- The names that a part defines.
local function names_of(text)
  local code = bare(text)
  local list = {}
  if code:match("^#define") then return { code:match("^#define ([%w_]+)") } end
  local listed = code:match("^enum [%w_]* ?(%b{})")
    or code:match("^typedef enum [%w_]* ?(%b{})") or code:match("^enum (%b{})")
  for name in (listed or ""):gsub("=[^,}]*", ""):gmatch("[%a_][%w_]*") do
    list[#list + 1] = name
  end
  if code:match("^typedef") then
    list[#list + 1] = code:match("([%w_]+)%s*;%s*$")
      or code:match("([%w_]+)%[[^%]]*%];%s*$")
      or code:match("^typedef [%w_%s%*]-([%w_]+)%(")
  elseif not listed then
    list[#list + 1] = code:match("^[^={(]-([%w_]+)[%[%]%w_]* =")
      or code:match("^[^={(]-([%w_]+)%[[%w_]+%];")
      or code:match("([%w_]+)%(")
  end
  return list
end

-- Whether the lines so far are the whole of a part.
local function is_whole(code)
  local depth = select(2, code:gsub("[{(]", "")) -
    select(2, code:gsub("[})]", ""))
  return depth == 0 and code:match("[;}]%s*$") ~= nil
end

-- A name for each build is one name here, and all is static.
local function plain(text)
  local code = text:gsub("NEAP_NAME%(([%w_]+)%)", "%1")
    :gsub("_Alignas%(NEAP_ALIGNMENT%)", "NEAP_ALIGNED")
  local is_outside = code:match("^void ") or code:match("^const ")
  return (is_outside and "static " or "") .. code
end

-- A cursor over a file's lines that knows which of them are of `bits`.
local function reader_of(lines, bits)
  local at, stack = 1, {}
  local self = {}

  local function is_active()
    for _, on in ipairs(stack) do if not on then return false end end
    return true
  end

  -- The next line that is no conditional, or nil.
  function self.next()
    while lines[at] do
      local line = lines[at]
      at = at + 1
      if line:match("^#if") then
        local wanted = line:match("^#if NEAP_REAL_BITS == (%d+)")
        stack[#stack + 1] = line ~= "#ifdef __cplusplus"
          and (not wanted or tonumber(wanted) == bits)
      elseif line:match("^#else") or line:match("^#elif") then
        stack[#stack] = not stack[#stack]
      elseif line:match("^#endif") then
        stack[#stack] = nil
      elseif is_active() then
        return line
      end
    end
  end

  -- The next line, whatever it is.
  function self.raw()
    at = at + 1
    return lines[at - 1]
  end

  return self
end

-- The rest of a part from its first line on.
local function finish(line, reader)
  local text = { line }
  if line:match("^#define") then
    while text[#text]:match("\\$") do text[#text + 1] = reader.raw() end
    return table.concat(text, "\n")
  end
  while not is_whole(bare(table.concat(text, "\n"))) do
    text[#text + 1] = reader.raw()
  end
  return table.concat(text, "\n")
end

-- What a macro that defines a function stands for.
local function expanded(macro)
  return macro.text:gsub("^//[^\n]*\n", ""):gsub("^#define [%w_]+%s*\\\n", "")
    :gsub("%s*\\\n", "\n"):gsub("^  ", ""):gsub("\n  ", "\n")
end

-- Adds the parts of one file to the list.
local function cut(source, bits, list, macros)
  local reader, comment = reader_of(source.lines, bits), {}
  for line in reader.next do
    if line:match("^//") then
      comment[#comment + 1] = line
    elseif line:match("^%a") or line:match("^#define") then
      local text = macros[line] and expanded(macros[line])
        or finish(line, reader)
      local part = { file = source.name, names = names_of(plain(text)) }
      comment[#comment + 1] = plain(text)
      part.text = table.concat(comment, "\n")
      part.is_inline = text:match("^NEAP_INLINE") ~= nil
      local is_prototype = bare(text):match("%)%s*;%s*$")
        and not text:match("^typedef") or text:match("^_Static_assert")
        or text:match("^neap_%w+_block ")
      if not is_prototype then list[#list + 1] = part end
      if text:match("^#define") then
        macros[part.names[1]] = { text = text }
      end
      comment = {}
    elseif line == "" or not line:match("^#") then
      comment = {}
    end
  end
end

-- Puts a prefix before names, but not before those of fields, nor in comments.
local function rename(text, names, prefix)
  local function turn(code)
    return (code:gsub("([%.>]?)(%f[%a_][%a_][%w_]*)", function(before, name)
      if before ~= "" or not names[name] then return nil end
      return prefix .. name
    end))
  end
  return (text:gsub("[^\n]+", function(line)
    local code, comment = line:match("^(.-)(//.*)$")
    return code and turn(code) .. comment or turn(line)
  end))
end

local function is_shared(name)
  return name:match("^neap_") ~= nil
end

-- Names of a .c file that others can't see get the file's before them.
local function localize(parts)
  local own = {}
  for _, part in ipairs(parts) do
    if part.file:match("%.c$") then
      own[part.file] = own[part.file] or {}
      for _, name in ipairs(part.names) do
        own[part.file][name] = not is_shared(name) or nil
      end
    end
  end
  for _, part in ipairs(parts) do
    local prefix = part.file:match("^(.*)%.c$")
    if prefix then
      prefix = prefix .. "_"
      part.text = rename(part.text, own[part.file], prefix)
      for i, name in ipairs(part.names) do
        part.names[i] = own[part.file][name] and prefix .. name or name
      end
    end
  end
end

local cache = {}

-- All parts of a number type, and by their names.
local function parts_of(bits)
  if not cache[bits] then
    local list, macros, by_name = {}, {}, {}
    for _, source in ipairs(sources()) do cut(source, bits, list, macros) end
    localize(list)
    for _, part in ipairs(list) do
      for _, name in ipairs(part.names) do by_name[name] = part end
    end
    cache[bits] = { list = list, by_name = by_name }
  end
  return cache[bits]
end

--- The text of the part that defines a name, or nil.
function M.find(name, bits)
  local part = parts_of(bits).by_name[name]
  return part and part.text, part and part.file
end

--- What some text needs of the sources, in an order that C wants.
-- @param text C
-- @param bits 32 or 64
-- @param own names that are there already, as keys
-- @return text, and the names that it defines, as keys
function M.needed(text, bits, own)
  local by_name, taken, list, names = parts_of(bits).by_name, {}, {}, {}
  local function want(text_of_part)
    local code = bare(text_of_part)
    for at, name, behind in code:gmatch("()([%a_][%w_]*)()") do
      local part = not own[name] and by_name[name]
      -- A variable may have the name of an inline function, which is called, or
      -- is the last argument of a call in its own file.
      local is_call = code:sub(behind, behind) == "("
      local is_argument = code:sub(behind, behind) == ")"
        and code:sub(math.max(at - 40, 1), at - 1):match(",%s*$")
      local is_variable = part and part.is_inline and not is_call
        and not (is_argument and part.file:match("%.c$"))
      if part and not is_variable and not taken[part] then
        taken[part] = true
        want(part.text)
        list[#list + 1] = part.text
        for _, each in ipairs(part.names) do names[each] = true end
      end
    end
  end
  want(text)
  return table.concat(list, "\n\n"), names
end

return M
