--- Rows that come later: a data set with more of them.
local core = require "neap.core"
local labels = require "neap.labels"
local options = require "neap.options"

local rule = {
  x = { "array", required = true },
  y = { "array", required = true },
  weights = { "array" },
  keep = { "number", low = 1, high = 2 ^ 53, whole = true },
}

-- The last rows of two arrays, one after the other.
local function join(a, b, width, keep)
  local dtype = a:dtype()
  local row = (dtype == "float64" and 8 or 4) * (width or 1)
  local bytes = a:tobytes() .. b:copy(dtype):tobytes()
  if keep and #bytes > keep * row then bytes = bytes:sub(-keep * row) end
  return core.array.from_bytes(bytes, dtype, math.floor(#bytes / row), width)
end

-- The codes of labels that the data have already, or nil and which is new.
local function encode(y, classes)
  local code_of = {}
  for c = 1, #classes do code_of[classes[c]] = c - 1 end
  local codes = core.array.zeros(#y, nil, "int32")
  for i = 1, #y do
    local code = code_of[labels.name_of(y[i])]
    if not code then
      return nil, ("y[%d] is %s; the classes are %s"):format(i,
        options.show(y[i]), table.concat(classes, ", ", 1, #classes))
    end
    codes[i] = code
  end
  return codes
end

local function ones(count) return core.array.zeros(count):fill(1) end

--- Adds append to the methods of data sets; for lua/neap/data.lua.
return function(inside)
  --- A data set with more rows behind its own, of the same columns and classes.
  -- @param given { x = rows, y = labels, weights =, keep = the most rows that
  --   it has, the last ones }
  function inside.methods:append(given)
    local f, o = inside.fields[self], options.read("append", given, rule)
    if f.groups or f.column_rows or f.clean_codes then
      options.refuse("append", "the data have groups, columns or noise; make "
        .. "them anew of all rows")
    end
    local x = inside.to_array(o.x, "append", "x")
    local n, features = x:shape()
    if features ~= f.features then
      options.refuse("append", ("x has %d columns; the data have %d"):format(
        features or 1, f.features))
    elseif #o.y ~= n then
      options.refuse("append", ("y is [%d] and x is [%d][%d]"):format(#o.y, n,
        features))
    end
    inside.check_finite(x, "append")
    local codes, why = encode(o.y, f.classes)
    if not codes then options.refuse("append", why) end
    local weights = inside.check_weights(o.weights, n, "append")
    if weights or f.weights then
      weights = join(f.weights or ones(f.n), weights or ones(n), nil, o.keep)
    end
    return inside.make {
      x = join(f.x, x, features, o.keep),
      codes = join(f.codes, codes, nil, o.keep),
      weights = weights,
      classes = f.classes,
      names = f.names,
      standardize = f.standardize,
    }
  end
end
