-- Reads the stubs of lua/neap/meta: what each function takes and gives, and
-- what each class has. From this come the pages of reference and the tests that
-- call every function with what it does not take.
local M = {}

-- Where a type that begins at a position ends: at a space outside brackets,
-- but for the one behind the colon of a function's result.
local function end_of_type(text, at)
  local depth = 0
  while at <= #text do
    local c = text:sub(at, at)
    if c:find "[%(%[{<]" then depth = depth + 1 end
    if c:find "[%)%]}>]" then depth = depth - 1 end
    if c == " " and depth == 0 and not text:find("^[:,] ", at - 1) then
      return at - 1
    end
    at = at + 1
  end
  return #text
end

-- "integer rows of it" as type and text.
local function type_and_text(rest)
  local last = end_of_type(rest, 1)
  return rest:sub(1, last), (rest:sub(last + 1):gsub("^%s+", ""))
end

-- "n? integer rows" as { name =, optional =, type =, text = }.
local function named(rest)
  local name, mark, more = rest:match "^(%[?[%w_.]+%]?)(%??)%s+(.*)$"
  local kind, text = type_and_text(more)
  local optional = mark == "?" or kind:find "%?$" ~= nil
    or kind:find "|nil$" ~= nil
  return { name = name, optional = optional, type = kind, text = text }
end

local tags = {}

function tags.param(block, rest)
  local one = named(rest)
  block.params[#block.params + 1] = one
  return one
end

function tags.field(block, rest)
  local one = named(rest)
  block.fields[#block.fields + 1] = one
  return one
end

tags["return"] = function(block, rest)
  local kind, text = type_and_text(rest)
  local one = { type = kind, text = text }
  block.returns[#block.returns + 1] = one
  return one
end

function tags.class(block, rest)
  local name, parent, text = rest:match "^([%w_.]+)%s*:?%s*(neap%.[%w_]*)%s*(.*)"
  if not name then name, text = rest:match "^([%w_.]+)%s*(.*)" end
  block.class, block.parent, block.text = name, parent, block.text .. text
  return block
end

function tags.alias(block, rest)
  block.alias, block.text = rest:match "^([%w_.]+)%s*(.*)"
  return block
end

function tags.overload(block, rest)
  block.overload = rest
  return block
end

local function new_block()
  return { text = "", params = {}, fields = {}, returns = {} }
end

-- Adds a line of a comment to what it belongs to: the block, or its last tag.
local function add_line(block, line)
  local tag, rest = line:match "^%-%-%-@(%w+)%s?(.*)$"
  if tag then
    block.last = tags[tag] and tags[tag](block, rest) or {}
    return
  end
  local to, text = block.last or block, line:match "^%-%-%- ?(.*)$"
  local before = to.text or ""
  to.text = before .. (before ~= "" and "\n" or "") .. text
end

-- What a function's line says: whose it is, its name, and whether it is a
-- method.
local function add_function(module, block, owner, mark, name)
  block.name, block.owner, block.is_method = name, owner, mark == ":"
  block.last = nil
  module.functions[#module.functions + 1] = block
end

-- A table of functions that its stub tells of as a whole.
local function add_table(module, block, name)
  block.name, block.last = name, nil
  module.tables[#module.tables + 1] = block
end

--- Reads one stub.
-- @return { name =, text =, functions = { { owner = "M", "M.model" or a class's
--   local name, name =, is_method =, text =, params =, returns = }, ... },
--   classes = { { class = "neap.Data", parent =, text =, fields =, overload =,
--   owner = its local name }, ... }, tables = { { name =, text = }, ... } of
--   functions; params, fields and returns are { name =,
--   type =, optional =, text = } each
function M.parse(text)
  local module = { functions = {}, classes = {}, tables = {} }
  local block
  module.name = text:match "^%-%-%-@meta ([%w_.]+)"
  for line in (text .. "\n"):gmatch "(.-)\n" do
    local owner, mark, name = line:match "^function ([%w_.]-)([.:])([%w_]+)%("
    local class, list = line:match "^local (%w+) = {}",
      line:match "^M%.(%w+) = {}"
    if line:find "^%-%-%-" and not line:find "^%-%-%-@meta" then
      block = block or new_block()
      add_line(block, line)
    elseif owner then
      add_function(module, block or new_block(), owner, mark, name)
      block = nil
    else
      if list then
        add_table(module, block, list)
      elseif block and block.class then
        block.owner, block.last = class, nil
        module.classes[#module.classes + 1] = block
      elseif block and line:find "^local M" then
        module.text = block.text
      end
      block = nil
    end
  end
  return module
end

--- All stubs, by their names without "neap.".
function M.read(folder, names)
  local modules = {}
  for _, name in ipairs(names) do
    local file = assert(io.open(folder .. "/" .. name .. ".lua"))
    modules[name] = M.parse(file:read "a")
    file:close()
  end
  return modules
end

return M
