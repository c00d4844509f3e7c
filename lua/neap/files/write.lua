--- Writes data sets: .npz, which numpy reads, and CSV.
local compat = require "neap.compat"
local core = require "neap.core"
local host_files = require "neap.host_files"
local options = require "neap.options"

local string_pack = compat.string_pack

-- ------------------------------------------------------------------- .npz

local byte_order = core.array.array({ 1 }, "int32"):tobytes():byte() == 1
  and "<" or ">"
local dtypes = { float64 = "f8", float32 = "f4", int32 = "i4" }

-- The header of a .npy file, version 1.0, so long that numbers are aligned.
local function npy_header(array)
  local n, m = array:shape()
  local dict = ("{'descr': '%s%s', 'fortran_order': False, 'shape': (%d,%s), }")
    :format(byte_order, dtypes[array:dtype()], n, m and (" %d"):format(m) or "")
  local fill = -(10 + #dict + 1) % 64
  dict = dict .. (" "):rep(fill) .. "\n"
  return "\147NUMPY\1\0" .. string_pack("<I2", #dict) .. dict
end

local most32 = 0xFFFFFFFF

-- Fields of ZIP64 for what does not fit 32 bits, and what stands in its place.
local function wide(...)
  local shown, extra = {}, ""
  for i, number in ipairs { ... } do
    shown[i] = number < most32 and number or most32
    if number >= most32 then extra = extra .. string_pack("<I8", number) end
  end
  if extra ~= "" then extra = string_pack("<I2s2", 1, extra) end
  return extra, compat.table_unpack(shown)
end

-- 1980-01-01: the same data are the same bytes.
local date = 0x21

local function local_header(e)
  -- Both sizes must be there where one is.
  local big = e.size >= most32
  local extra = big and string_pack("<I2I2I8I8", 1, 16, e.size, e.size) or ""
  local size = big and most32 or e.size
  return string_pack("<I4I2I2I2I2I2I4I4I4I2I2", 0x04034B50, big and 45 or 20,
    0, 0, 0, date, e.crc, size, size, #e.name, #extra) .. e.name .. extra
end

local function central_header(e)
  local extra, packed, size, offset = wide(e.size, e.size, e.offset)
  return string_pack("<I4I2I2I2I2I2I2I4I4I4I2I2I2I2I2I4I4", 0x02014B50,
    45, extra ~= "" and 45 or 20, 0, 0, 0, date, e.crc, packed, size, #e.name,
    #extra, 0, 0, 0, 0, offset) .. e.name .. extra
end

local function end_records(count, start, size)
  local records = ""
  if start >= most32 or size >= most32 or count >= 0xFFFF then
    records = string_pack("<I4I8I2I2I4I4I8I8I8I8", 0x06064B50, 44, 45, 45, 0, 0,
      count, count, size, start)
      .. string_pack("<I4I4I8I4", 0x07064B50, 0, start + size, 1)
  end
  return records .. string_pack("<I4I2I2I2I2I4I4I2", 0x06054B50, 0, 0,
    math.min(count, 0xFFFF), math.min(count, 0xFFFF), math.min(size, most32),
    math.min(start, most32), 0)
end

local chunk_bytes = 16777216

local function write_npz(put, arrays)
  local entries, at = {}, 0
  local function add(bytes)
    put(bytes)
    at = at + #bytes
  end
  for i, row in ipairs(arrays) do
    local name, array = row[1], row[2]
    local header = npy_header(array)
    local n, m = array:shape()
    local bytes = n * (m or 1) * (array:dtype() == "float64" and 8 or 4)
    local e = {
      name = name .. ".npy", offset = at, size = #header + bytes,
      crc = core.files.crc32(array, core.files.crc32(header)),
    }
    entries[i] = e
    add(local_header(e) .. header)
    for first = 0, bytes - 1, chunk_bytes do
      add(core.files.array_bytes(array, first, chunk_bytes))
    end
  end
  local start = at
  for _, e in ipairs(entries) do add(central_header(e)) end
  add(end_records(#entries, start, at - start))
end

-- The labels as numbers: the classes' names where all are numbers, else their
-- indices.
local function labels_of(f)
  local whole, named = true, {}
  for c, name in ipairs(f.classes) do
    local number = tonumber(name)
    if not number then return f.codes end
    named[c] = number
    whole = whole and number == math.floor(number) and math.abs(number) < 2 ^ 31
  end
  if whole then
    return core.files.recode(f.codes, core.array.array(named, "int32"))
  end
  local y = core.array.zeros(f.n)
  for i = 1, f.n do y[i] = named[f.codes[i] + 1] end
  return y
end

local function npz(put, f)
  local arrays = { { "X", f.x }, { "y", labels_of(f) } }
  for _, name in ipairs { "weights", "groups", "truth" } do
    if f[name] then arrays[#arrays + 1] = { name, f[name] } end
  end
  for j, name in ipairs(f.columns or {}) do
    arrays[#arrays + 1] = { name, core.files.column_of(f.column_rows, j) }
  end
  write_npz(put, arrays)
end

-- -------------------------------------------------------------------- CSV

local function quoted(text)
  if text:find('[",;\t|\r\n]') or text:find("^%s") or text:find("%s$")
    or text == "" then
    return '"' .. text:gsub('"', '""') .. '"'
  end
  return text
end

-- The line of the columns' names, or nil and one that would be there twice. One
-- that is a number would pass for a row.
local function header_of(f, more, target)
  local names, taken, twice = {}, {}, nil
  local function add(name)
    if tonumber(name) then name = "x" .. name end
    twice = taken[name] and name or twice
    taken[name] = true
    names[#names + 1] = quoted(name)
  end
  for _, name in ipairs(f.names) do add(name) end
  add(target)
  for _, name in ipairs(more) do add(name) end
  if twice then return nil, twice end
  return table.concat(names, ",") .. "\n"
end

local rows_at_once = 2048

-- What goes beside rows and classes: arrays, and the names of their columns.
local function columns_of(f)
  local names, columns = {}, {}
  for _, row in ipairs { { "weights", "weight" }, { "groups", "group" },
    { "truth", "truth" } } do
    local array = f[row[1]]
    if array then
      columns[#columns + 1] = array
      local _, m = array:shape()
      for j = 1, m or 1 do
        names[#names + 1] = m and row[2] .. j - 1 or row[2]
      end
    end
  end
  if f.columns then
    columns[#columns + 1] = f.column_rows
    compat.table_move(f.columns, 1, #f.columns, #names + 1, names)
  end
  return names, columns
end

-- A column whose name another array of an .npz file has, or nil.
local function taken_name(f)
  for _, name in ipairs(f.columns or {}) do
    for _, other in ipairs { "X", "y", "weights", "groups", "truth" } do
      if name == other then return name end
    end
  end
end

local function csv(put, f, header)
  local classes, _, columns = {}, columns_of(f)
  for c, name in ipairs(f.classes) do classes[c] = quoted(name) end
  put(header)
  for first = 1, f.n, rows_at_once do
    put(core.files.csv_lines(first, math.min(f.n, first + rows_at_once - 1),
      f.x, f.codes, classes, columns))
  end
end

--- Writes a data set; see neap.Data:write.
-- @param f the fields of the data set
-- @return true, or nil and why not
return function(f, path, target)
  local ending = path:match("%.(%w+)$")
  if ending ~= "npz" and ending ~= "csv" then
    options.refuse("write", ("path is '%s'; wanted one that ends in .npz or "
      .. ".csv"):format(path))
  end
  local header, twice
  if ending == "csv" then
    header, twice = header_of(f, (columns_of(f)), target)
  else
    twice = taken_name(f)
  end
  if twice then
    options.refuse("write", ("two columns would be '%s'; wanted other names, "
      .. "or another target"):format(twice))
  end
  return host_files.write(path, function(put)
    if header then csv(put, f, header) else npz(put, f) end
  end)
end
