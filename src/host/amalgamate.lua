-- host/amalgamate.lua -- writes the library as one source, neap.c, and one
-- header, neap.h. Run by the build target `amalgamation`:
--
--   neap amalgamate.lua VERSION OUTPUT --engine SOURCES --hot SOURCES
--     --small SOURCES --bind SOURCES --lua MODULE FILE ...
--
-- src/host/neap.c.in says what stands where. Names that a source defines for
-- itself and that are taken elsewhere get the source's name in front.
local C = dofile "src/host/c_names.lua"

-- ------------------------------------------------------------- what is given

local given, group = {}, ""
for i = 3, #arg do
  if arg[i]:sub(1, 2) == "--" then
    group = arg[i]:sub(3)
    given[group] = {}
  else
    table.insert(given[group], arg[i])
  end
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a")
end

-- What a macro of a header stands for that defines names of its user: as text,
-- so that they can get others.
local curve_block = read "src/loss/margin.h"
  :match("\n#define NEAP_CURVE_BLOCK(.-[^\\])\n"):gsub("\\\n", "\n")

-- A source or header by the name it is included by, or by a whole path.
local files = {}
local function file_of(name)
  if not files[name] then
    local text = read(name:match("^/") and name or "src/" .. name)
      :gsub("\nNEAP_CURVE_BLOCK\n", function() return curve_block .. "\n" end)
    local file = { name = name, text = text, includes = {} }
    for included in text:gmatch('#include "([^"]+)"') do
      local is_ours = included:match("^neap[_%l]*%.h") == nil
      if is_ours and not included:match("%.def$") then
        file.includes[#file.includes + 1] = included
      end
    end
    file.names = C.names(text)
    files[name] = file
  end
  return files[name]
end

-- Whether a file sees kernel/isa.h: then it is another one in each part.
local function has_parts(file)
  if file.parts == nil then
    file.parts = file.name == "kernel/isa.h"
    for _, name in ipairs(file.includes) do
      file.parts = has_parts(file_of(name)) or file.parts
    end
  end
  return file.parts
end

local sources = { bind = {}, engine = {} }
local all = {}
for kind, list in pairs(sources) do
  for i, path in ipairs(given[kind]) do
    local file = file_of((path:gsub("^src/", "")))
    file.is_source = true
    if has_parts(file) then
      local plain = file.text:find("\n#define NEAP_PLAIN\n", 1, true)
      file.part = file.name:match("^dataset/") and "DATA"
        or plain and "PLAIN" or "LANES"
    end
    list[i] = file
  end
end
for _, kind in ipairs { "engine", "bind" } do
  table.move(sources[kind], 1, #sources[kind], #all + 1, all)
end

local headers, seen = {}, {}
local function find_headers(file)
  for _, name in ipairs(file.includes) do
    if not seen[name] then
      seen[name] = true
      find_headers(file_of(name))
      headers[#headers + 1] = file_of(name)
    end
  end
end
for _, file in ipairs(all) do find_headers(file) end

-- ---------------------------------------------------- names that are taken

local header_words, shared_words, owners = {}, {}, {}
local owner_of = {}
for _, header in ipairs(headers) do
  for name, kind in pairs(header.names) do
    local scope = kind .. tostring(has_parts(header))
    assert(owner_of[name] ~= scope, name .. " is defined by two headers")
    owner_of[name] = scope
  end
  for _, word in ipairs(C.words(header.text)) do
    header_words[word] = true
    shared_words[word] = shared_words[word] or not has_parts(header)
  end
end
for _, file in ipairs(all) do
  for name in pairs(file.names) do owners[name] = (owners[name] or 0) + 1 end
end

-- What a source's own names become, and those that it sees of headers that
-- are another one in each part.
local function add_headers(file, to)
  for _, name in ipairs(file.includes) do
    for own, new in pairs(file_of(name).to or {}) do to[own] = new end
  end
end
for _, header in ipairs(headers) do -- what it includes stands before it
  header.to = {}
  add_headers(header, header.to)
  for name in pairs(has_parts(header) and header.names or {}) do
    if shared_words[name] then
      header.to[name] = header.name:match("([^/]+)%.h$") .. "_" .. name
    end
  end
end
for _, file in ipairs(all) do
  file.to = {}
  add_headers(file, file.to)
  local stem = file.name:match("([^/]+/[^/]+)%.c$"):gsub("/", "_")
  for name, kind in pairs(file.names) do
    local declared = kind == "tag" and header_words[name]
    if (owners[name] > 1 or header_words[name]) and not declared then
      file.to[name] = stem .. "_" .. name
    end
  end
end

-- The names that get the ending of a part.
local function ending_names()
  local set, list = {}, {}
  for _, header in ipairs(headers) do
    for name in pairs(has_parts(header) and header.names or {}) do
      set[header.to[name] or name] = true
    end
  end
  for _, file in ipairs(all) do
    for name, kind in pairs((file.part == "LANES" or file.part == "PLAIN")
      and file.names or {}) do
      local declared = kind == "tag" and shared_words[name]
      if not declared then set[file.to[name] or name] = true end
    end
  end
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

-- ------------------------------------------------------------------ writing

local out = {}
local function put(...)
  for _, text in ipairs { ... } do out[#out + 1] = text end
end

-- A file's text with lists in place of #include "x.def", without the other
-- includes of ours and without a header's guard.
local function bare(file)
  local text = file.text
  local guard = text:match("\n#ifndef (NEAP_[%w_]+_H)\n")
  if guard then
    text = text:gsub("#ifndef " .. guard .. "\n#define " .. guard .. "\n\n?",
      ""):gsub("\n#endif%s*$", "\n")
  end
  text = text:gsub("#define NEAP_PLAIN\n", "")
    :gsub("\n#include <[^>]+>", "")
    :gsub('#include "([^"]+)"\n', function(name)
      if not name:match("%.def$") then return "" end
      return (("\n" .. read("src/" .. name)):gsub("\n//[^\n]*", ""))
    end)
  return C.rename(text, file.to or {})
end

local function put_file(file)
  local name = file.name:match("[^/]+/[^/]+$") or file.name
  put("\n// ", ("="):rep(72 - #name), " ", name, "\n\n")
  put(bare(file))
  if not file.is_source then return end
  local done = {}
  for macro in file.text:gmatch("\n#define ([%w_]+)") do
    if not done[macro] and macro ~= "NEAP_PLAIN"
      and not file.text:find("#undef " .. macro .. "\n", 1, true) then
      put("#undef ", macro, "\n")
    end
    done[macro] = true
  end
end

-- What a pragma of this file's part adds, as CMakeLists.txt does by options.
local pragmas = {}
for kind, list in pairs { NEAP_HOT = given.hot, NEAP_SMALL = given.small } do
  for _, path in ipairs(list) do pragmas[path:gsub("^src/", "")] = kind end
end
pragmas["kernel/matmul.c"] = "NEAP_FUSE"
pragmas["kernel/products.c"] = "NEAP_FUSE"
pragmas["kernel/resample.c"] = "NEAP_NARROW"

-- A source between what its pragma begins and ends.
local function put_source(file)
  local pragma = pragmas[file.name]
  put(pragma and "\n" .. pragma .. "\n" or "")
  put_file(file)
  put(pragma and "\n" .. pragma .. "_END\n" or "")
end

local writers = {}

-- What sources include of the system: before names become hidden.
function writers.system()
  local done = { ["immintrin.h"] = true } -- which not every machine has
  local function put_system(file)
    for name in file.text:gmatch("\n#include <([^>]+)>") do
      if not done[name] then put("#include <", name, ">\n") end
      done[name] = true
    end
  end
  for _, header in ipairs(headers) do
    if not header.name:match("^bind/") then put_system(header) end
  end
  for _, file in ipairs(sources.engine) do put_system(file) end
  put "#ifdef __x86_64__\n#include <immintrin.h>\n#endif\n#ifdef NEAP_LUA\n"
  for _, header in ipairs(headers) do put_system(header) end
  for _, file in ipairs(sources.bind) do put_system(file) end
  put "#endif\n"
end

function writers.headers()
  for _, header in ipairs(headers) do
    if not has_parts(header)
      and not header.name:match("^bind/") then
      put_file(header)
    end
  end
end

function writers.engine()
  for _, file in ipairs(sources.engine) do
    if not file.part then put_source(file) end
  end
end

function writers.bind()
  for _, header in ipairs(headers) do
    if header.name:match("^bind/") then put_file(header) end
  end
  for _, file in ipairs(sources.bind) do put_file(file) end
end

function writers.define()
  for _, name in ipairs(ending_names()) do
    put("#define ", name, " NEAP_PART_NAME(", name, ")\n")
  end
end

function writers.undefine()
  for _, name in ipairs(ending_names()) do put("#undef ", name, "\n") end
  for _, header in ipairs(headers) do
    if has_parts(header) then
      local done = {}
      for macro in header.text:gmatch("\n *#define ([%w_]+)") do
        if not macro:match("_H$") and macro ~= "NEAP_VECTOR_BYTES"
          and not done[macro] then
          put("#undef ", macro, "\n")
        end
        done[macro] = true
      end
    end
  end
end

-- Whether only the first kind of part needs a header: it declares what is
-- declared once, or no source of the others sees it.
local function is_of_lanes(header)
  local function sees(file)
    for _, name in ipairs(file.includes) do
      if name == header.name or sees(file_of(name)) then return true end
    end
    return false
  end
  local needed = false
  for _, file in ipairs(all) do
    needed = needed or file.part and file.part ~= "LANES" and sees(file)
  end
  return not needed or not next(header.names)
end

writers["part headers"] = function()
  for _, header in ipairs(headers) do
    if has_parts(header) then
      local once = is_of_lanes(header)
      put(once and "#if NEAP_PART == 2\n" or "")
      put_file(header)
      put(once and "#endif\n" or "")
    end
  end
end

for _, part in ipairs { "LANES", "PLAIN", "DATA" } do
  writers["part " .. part] = function()
    for _, file in ipairs(all) do
      if file.part == part then put_source(file) end
    end
  end
end

-- Embedded files as text, a line of C for each of their lines.
function writers.lua()
  local escapes = { ["\\"] = "\\\\", ['"'] = '\\"', ["?"] = "\\?" }
  local rows = {}
  for i, name in ipairs(given.lua) do
    local text = read("lua/" .. name)
    put("static const char lua_text_", tostring(i), "[] =\n")
    for line, ending in text:gmatch "([^\n]*)(\n?)" do
      line = line:gsub('[\\"?]', escapes)
        :gsub("[^ -~]", function(c) return ("\\%03o"):format(c:byte()) end)
      put('"', line, ending == "" and '' or '\\n', '"\n')
    end
    put ";\n"
    local module = name:gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
    rows[i] = ('    {"%s", "%s", (const unsigned char *)lua_text_%d, %d},\n')
      :format(module, name, i, #text)
  end
  put("const neap_embedded_file neap_embedded_files[] = {\n",
    table.concat(rows), "    {0},\n};\n")
end

local skeleton = read "src/host/neap.c.in":gsub("@VERSION@", arg[1])
for line in skeleton:gmatch("[^\n]*\n") do
  local marker = line:match("^//@(.*)\n")
  if marker then writers[marker]() else put(line) end
end

local function write(name, text)
  local file <close> = assert(io.open(arg[2] .. "/" .. name, "wb"))
  assert(file:write(text))
end
write("neap.c", table.concat(out))
write("neap.h", (read "src/neap.h":gsub('#include "([^"]+)"\n', function(name)
  return (read("src/" .. name):gsub('#include "neap.h"\n\n', ""))
end)))
