-- docs/reference.lua -- writes the reference: a page for each module and an
-- index of all names, from the stubs of lua/neap/meta, which the tests hold
-- against what is there.
--
--   build/neap docs/reference.lua FOLDER
local stubs = dofile((arg[0]:gsub("[^/]*$", "stubs.lua")))
local meta = arg[0]:gsub("docs/[^/]*$", "") .. "lua/neap/meta"
local folder = arg[1]

-- The modules, in the order of the index, and what a script calls their
-- functions by.
local modules = {
  { "array", "neap", "Arrays" },
  { "math", "neap.math", "Functions of numbers and arrays" },
  { "loss", "neap.loss", "Losses" },
  { "divergence", "neap.divergence", "Entropy and divergences" },
  { "data", "neap.data", "Data sets" },
  { "files", "neap.data", "Files and splits" },
  { "train", "neap", "Models and optimizers" },
  { "job", "neap", "Training" },
  { "metric", "neap.metric", "Metrics" },
  { "study", "neap", "Studies that compare losses" },
  { "search", "neap", "Studies of any objective" },
  { "plot", "neap.plot", "Figures" },
  { "host", "neap.host", "The system" },
}

-- A text of a stub as one line of a table.
local function cell(text)
  return (text:gsub("\n", " "):gsub("|", "\\|"))
end

local function code(text)
  return "`" .. text:gsub("\n", " ") .. "`"
end

-- A type in a table, where a bar would end the cell.
local function type_cell(kind)
  return "<code>" .. kind:gsub("&", "&amp;"):gsub("<", "&lt;")
    :gsub("|", "&#124;") .. "</code>"
end

-- "neap.loss.focal(options?)" or "job:step(seconds?)".
local function call_of(block, home)
  local names = {}
  for i, param in ipairs(block.params) do
    names[i] = param.name .. (param.optional and param.name ~= "..." and "?"
      or "")
  end
  local owner = block.is_method and block.owner:lower() .. ":"
    or block.owner:gsub("^M", home) .. "."
  return ("%s%s(%s)"):format(owner, block.name, table.concat(names, ", "))
end

local function table_of(rows)
  local lines = { "| | | |", "|---|---|---|" }
  for _, row in ipairs(rows) do
    lines[#lines + 1] = ("| %s | %s | %s |"):format(code(row.name
      .. (row.optional and row.name ~= "..." and "?" or "")),
      type_cell(row.type), cell(row.text))
  end
  return table.concat(lines, "\n")
end

local function function_text(block, home)
  local parts = { "## " .. call_of(block, home) }
  if block.text ~= "" then parts[#parts + 1] = block.text end
  if #block.params > 0 then parts[#parts + 1] = table_of(block.params) end
  if #block.returns > 0 then
    local list = {}
    for i, one in ipairs(block.returns) do
      list[i] = ("<code>%s</code> %s"):format(one.type:gsub("<", "&lt;"),
        cell(one.text)):gsub(" $", "")
    end
    parts[#parts + 1] = "Returns " .. table.concat(list, "; ") .. "."
  end
  return table.concat(parts, "\n\n")
end

-- The functions of a table, which are there to be counted.
local function table_text(block, home)
  local names, parts = {}, {}
  for name in pairs(require("neap")[home:match "[^.]*$"][block.name]) do
    names[#names + 1] = name
  end
  table.sort(names)
  for i, name in ipairs(names) do
    parts[i] = ("## %s.%s.%s(scores, targets, weights?, options?)"):format(home,
      block.name, name)
  end
  return ("## %s.%s\n\n%s\n\n%s"):format(home, block.name, block.text,
    table.concat(parts, "\n\n"))
end

local function class_text(class)
  local parts = { "## " .. class.class }
  if class.parent then
    parts[#parts + 1] = ("With all of %s."):format(code(class.parent))
  end
  if class.text ~= "" then parts[#parts + 1] = class.text end
  if class.overload then
    parts[#parts + 1] = "Can be called: " .. code(class.overload)
  end
  if #class.fields > 0 then parts[#parts + 1] = table_of(class.fields) end
  return table.concat(parts, "\n\n")
end

local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "w"))
  assert(file:write(text, "\n"))
end

local function page_of(stub, row)
  local parts = { ("# %s"):format(row[3]) }
  if stub.text then parts[#parts + 1] = stub.text end
  local list = {}
  for i, block in ipairs(stub.functions) do
    list[i] = "- " .. code(call_of(block, row[2]))
  end
  parts[#parts + 1] = table.concat(list, "\n")
  for _, block in ipairs(stub.functions) do
    parts[#parts + 1] = function_text(block, row[2])
  end
  for _, block in ipairs(stub.tables) do
    parts[#parts + 1] = table_text(block, row[2])
  end
  for _, class in ipairs(stub.classes) do
    parts[#parts + 1] = class_text(class)
  end
  return table.concat(parts, "\n\n")
end

local errors = [[
What a function does not take is refused where it is called: an argument of
another type, an unknown option, an option out of its range, or more arguments
than it has raise `bad argument #2 to 'logits' (out is 'x'; wanted an array)`,
with the name of the function, the position of the argument and, of options, the
option. What the system refuses (a file, a store) is returned: `nil`, why and, of
stores, a code.]]

local names = {}
for i, row in ipairs(modules) do names[i] = row[1] end
local all, entries = stubs.read(meta, names), {}
local index = { "# Reference", errors }
local list = {}
for i, row in ipairs(modules) do
  local stub = all[row[1]]
  write(row[1] .. ".md", page_of(stub, row))
  list[i] = ("- [%s](%s.md)"):format(row[3], row[1])
  for _, block in ipairs(stub.functions) do
    entries[#entries + 1] = ("- [%s](%s.md)"):format(call_of(block, row[2]),
      row[1])
  end
  for _, class in ipairs(stub.classes) do
    entries[#entries + 1] = ("- [%s](%s.md)"):format(class.class, row[1])
  end
end
table.sort(entries)
index[#index + 1] = table.concat(list, "\n")
index[#index + 1] = "## All names"
index[#index + 1] = table.concat(entries, "\n")
write("index.md", table.concat(index, "\n\n"))
