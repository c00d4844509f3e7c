-- host/c_names.lua -- the names of a C source of this project, for
-- host/amalgamate.lua: which ones a file defines for itself, and how to give
-- them other names.
local M = {}

-- ------------------------------------------------------------------- tokens

local patterns = {
  { "space", "^%s+" }, { "space", "^//[^\n]*" }, { "space", "^/%*.-%*/" },
  { "string", '^"[^"\\\n]*"' }, { "name", "^[%a_][%w_]*" },
  { "number", "^%.?%d[%w_.]*" }, { "mark", "^%->" }, { "mark", "^." },
}

-- A literal with escapes in it, from its quote on.
local function literal_end(text, at)
  local quote = text:sub(at, at)
  repeat
    at = at + (text:sub(at, at) == "\\" and 2 or 1)
  until text:sub(at, at) == quote
  return at
end

-- The tokens of a text, in order: { kind =, text = }. Comments are space.
function M.tokens(text)
  local list, at = {}, 1
  while at <= #text do
    local first = text:sub(at, at)
    local kind, last
    if first == '"' or first == "'" then
      kind, last = "string", literal_end(text, at)
    else
      for _, pattern in ipairs(patterns) do
        local _, stop = text:find(pattern[2], at)
        if stop then
          kind, last = pattern[1], stop
          break
        end
      end
    end
    list[#list + 1] = { kind = kind, text = text:sub(at, last) }
    at = last + 1
  end
  return list
end

--- The names that stand anywhere in a text.
function M.words(text)
  local list = {}
  for _, token in ipairs(M.tokens(text)) do
    if token.kind == "name" then list[#list + 1] = token.text end
  end
  return list
end

-- ------------------------------------------------------------ what it defines

-- The text without directives, as tokens without space.
local function code_of(text)
  local bare = ("\n" .. text):gsub("\\\n", " "):gsub("\n#[^\n]*", "\n")
  local list = {}
  for _, token in ipairs(M.tokens(bare)) do
    if token.kind ~= "space" then list[#list + 1] = token end
  end
  return list
end

local opens = { ["{"] = 1, ["("] = 1, ["["] = 1 }
local closes = { ["}"] = 1, [")"] = 1, ["]"] = 1 }

-- The constants of an enum whose body begins at `at`.
local function add_constants(code, at, names)
  repeat
    if code[at].kind == "name" then
      names[code[at].text] = "constant"
      local depth = 0
      while depth > 0 or not (code[at].text == "," or code[at].text == "}") do
        depth = depth + (opens[code[at].text] or 0)
          - (closes[code[at].text] or 0)
        at = at + 1
      end
    end
    if code[at].text == "}" then return at end
    at = at + 1
  until false
end

-- Skips what is in brackets, from the opening one to behind the closing one.
local function skip(code, at)
  local depth = 0
  repeat
    depth = depth + (opens[code[at].text] or 0) - (closes[code[at].text] or 0)
    at = at + 1
  until depth == 0
  return at
end

-- One declaration from `at` on: adds what it defines, and returns where the
-- next one begins.
local function declaration(code, at, names)
  local own, last, named = false, nil, false
  while code[at] do
    local text = code[at].text
    if text == "static" or text == "NEAP_INLINE" then own = "function" end
    if text == "typedef" then own = "type" end
    if text == "struct" or text == "union" or text == "enum" then
      local tag = code[at + 1]
      local body = tag.text == "{" and at + 1
        or code[at + 2].text == "{" and at + 2
      if body then
        if tag.kind == "name" then names[tag.text] = "tag" end
        if text == "enum" then add_constants(code, body + 1, names) end
        at = skip(code, body)
      else
        at = at + 2
      end
    elseif text == "__attribute__" or text == "_Alignas" then
      at = skip(code, at + 1)
    elseif text == ";" then
      if own and last and not named then names[last] = own end
      return at + 1
    elseif text == "{" then
      if own and last and not named then names[last] = own end
      at = skip(code, at)
      if code[at] and code[at].text == ";" then at = at + 1 end
      return at
    elseif text == "(" or text == "[" or text == "=" then
      if own and last and not named then names[last] = own end
      named = true
      at = text == "=" and at + 1 or skip(code, at)
    else
      if code[at].kind == "name" and not named then last = text end
      at = at + 1
    end
  end
  return at
end

--- What a file defines for itself: its static functions and objects, types,
-- tags and constants.
-- @return { name = "function", "type", "tag" or "constant" }
function M.names(text)
  local code, names, at = code_of(text), {}, 1
  while code[at] do at = declaration(code, at, names) end
  return names
end

-- ------------------------------------------------------------------ renaming

-- Which braces are those of structs, by the token that opens them.
local function is_struct(tokens, at)
  local words = 0
  for i = at - 1, 1, -1 do
    local token = tokens[i]
    if token.kind == "name" then
      if token.text == "struct" or token.text == "union" then return true end
      words = words + 1
    end
    if token.kind == "mark" or words > 1 then return false end
  end
  return false
end

local function next_token(tokens, at)
  repeat at = at + 1 until not tokens[at] or tokens[at].kind ~= "space"
  return tokens[at]
end

--- The text with other names, but for those of members of structs.
-- @param to { name = what it becomes }
function M.rename(text, to)
  if not next(to) then return text end
  local tokens, braces, before = M.tokens(text), {}, ""
  for i, token in ipairs(tokens) do
    if token.text == "{" then
      braces[#braces + 1] = is_struct(tokens, i)
    elseif token.text == "}" then
      braces[#braces] = nil
    elseif token.kind == "name" and to[token.text] then
      local after = next_token(tokens, i)
      local member = before == "." or before == "->"
        or before == "#" and token.text == "define"
        or braces[#braces] and after.text:match("^[;,:%[)]$")
      if not member then token = { kind = "name", text = to[token.text] } end
      tokens[i] = token
    end
    if token.kind ~= "space" then before = token.text end
  end
  local list = {}
  for i, token in ipairs(tokens) do list[i] = token.text end
  return table.concat(list)
end

return M
