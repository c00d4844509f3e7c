--- The checks that built-in losses pass, for any loss: behind neap.loss.check.
local core = require "neap.core"

local M = {}

-- Logits off the kinks of common losses, and others far out.
local near = { -7.3, -3.1, -1.7, -0.6, -0.13, 0.21, 0.57, 1.37, 2.9, 6.7 }
local far = { -1e4, -700, -100, -37, 37, 100, 700, 1e4 }
local CLASSES = 3

-- ------------------------------------------------------------------ the rows

-- Rows of one logit, or of three, with targets for them: "hard" or "soft".
local function rows_of(loss, logits, how, dtype)
  local n, x, y = #logits, {}, {}
  for i, z in ipairs(logits) do
    local soft = how == "soft" and (i % 5) / 4
    if loss.kind ~= "classes" then
      x[i] = z
      y[i] = loss.kind == "real" and 0.4 * i or soft or i % 2
    else
      x[i] = { z, 0.5 * logits[i % n + 1], -0.3 }
      y[i] = i % CLASSES
      if soft then
        y[i] = { 0.2 + 0.1 * (i % 3), 0.5 - 0.1 * (i % 3), 0.3 }
      end
    end
  end
  local classes = loss.kind == "classes" and how ~= "soft"
  return core.array.array(x, dtype),
    core.array.array(y, classes and "int32" or dtype)
end

-- The columns that a loss reads, for n rows: given ones, or 0.5, 1, 1.5, ...
local function columns_of(loss, n, dtype, given)
  local names = core.expr.columns(loss)
  if #names == 0 then return nil end
  local columns = {}
  for k, name in ipairs(names) do
    local column = core.array.zeros(n, nil, dtype)
    local own = given and given[name]
    for i = 1, n do
      column[i] = own and own[(i - 1) % #own + 1] or 0.5 * ((i + k) % 4 + 1)
    end
    columns[name] = column
  end
  return columns
end

local function evaluate(self, x, y, weights)
  local columns = columns_of(self.loss, #x, x:dtype(), self.columns)
  local n, k = x:shape()
  local gradient = core.array.zeros(n, k, x:dtype())
  local hessian = core.array.zeros(n, k, x:dtype())
  local sum = self.loss:evaluate(x, y, { gradient = gradient,
    hessian = hessian, columns = columns, weights = weights })
  return { sum = sum, gradient = gradient, hessian = hessian }
end

-- One number of an array of one or two dimensions.
local function get(a, i, j) return j and a:row(i)[j] or a[i] end

local function put(a, i, j, v)
  if j then a:row(i)[j] = v else a[i] = v end
end

-- Goes over the numbers of an array: f(row, column or nil).
local function each(a, f)
  local n, k = a:shape()
  for i = 1, n do
    for j = 1, k or 1 do f(i, k and j or nil) end
  end
end

-- Row i of two arrays, alone.
local function alone(x, y, i)
  local function one(a)
    local _, k = a:shape()
    return core.array.array({ k and a:row(i):totable() or a[i] }, a:dtype())
  end
  return one(x), one(y)
end

-- ---------------------------------------------------------------- the checks

-- The largest difference, relative where numbers are above 1.
local function gap(a, b)
  if a == b or (a ~= a and b ~= b) then return 0 end
  local d = math.abs(a - b) / math.max(1, math.abs(b))
  return d == d and d or math.huge
end

-- The columns of row i alone, whatever rows are evaluated with it.
local function for_row(self, i)
  local names = core.expr.columns(self.loss)
  local all = columns_of(self.loss, i, "float64", self.columns)
  local columns = {}
  for _, name in ipairs(names) do columns[name] = { all[name][i] } end
  return { loss = self.loss, columns = columns }
end

-- Central differences of the sum, or of the gradient, by each logit.
local function differences(self, of)
  local worst = 0
  for _, how in ipairs(self.targets) do
    local x, y = rows_of(self.loss, near, how, "float64")
    local whole = evaluate(self, x, y)
    each(x, function(i, j)
      local middle, h = get(x, i, j), 1e-5
      local results = {}
      for k, step in ipairs { h, -h } do
        put(x, i, j, middle + step)
        local r = evaluate(self, x, y)
        results[k] = of == "gradient" and r.sum or get(r.gradient, i, j)
      end
      put(x, i, j, middle)
      worst = math.max(worst, gap((results[1] - results[2]) / (2 * h),
        get(whole[of], i, j)))
    end)
  end
  return worst <= 1e-7, worst
end

-- Whether a loss takes numbers from the classes' counts.
local function learns(loss)
  for _, term in ipairs(loss.terms or {}) do
    if learns(term[2]) then return true end
  end
  return loss.name == "ldam" or loss.class_weights == "balanced"
    or (type(loss.class_weights) == "table"
      and loss.class_weights[1] == "effective")
    or (loss.logit_adjustment or 0) > 0 and loss.prior == nil
end

-- The same bits for a row whatever rows are evaluated with it.
local function sizes(self)
  if learns(self.loss) then return nil end
  for _, n in ipairs { 0, 1, 15, 16, 17, 63, 64, 65, 1003 } do
    local logits = {}
    for i = 1, n do logits[i] = near[i % #near + 1] end
    if n > 0 or self.loss.kind ~= "classes" then
      local x, y = rows_of(self.loss, logits, self.targets[1], "float64")
      local whole = evaluate(self, x, y)
      for i = 1, n, n > 100 and 97 or 1 do
        local z, target = alone(x, y, i)
        local one = evaluate(for_row(self, i), z, target)
        local _, k = x:shape()
        for j = 1, k or 1 do
          local column = k and j
          if get(one.gradient, 1, column) ~= get(whole.gradient, i, column) then
            return false, n
          end
        end
      end
    end
  end
  return true
end

-- float32 agrees with float64.
local function types(self)
  local worst = 0
  for _, how in ipairs(self.targets) do
    local x32, y32 = rows_of(self.loss, near, how, "float32")
    local x = x32:copy "float64"
    local y = y32:dtype() == "int32" and y32 or y32:copy "float64"
    if self.loss.kind == "classes" and how == "soft" then
      x, y = rows_of(self.loss, near, how, "float64")
    end
    local short, long = evaluate(self, x32, y32), evaluate(self, x, y)
    each(x, function(i, j)
      worst = math.max(worst, gap(get(short.gradient, i, j),
        get(long.gradient, i, j)))
    end)
  end
  return worst <= 1e-5, worst
end

-- NaN in, NaN out, and in its own row alone.
local function nans(self)
  local x, y = rows_of(self.loss, near, self.targets[1], "float64")
  local _, k = x:shape()
  put(x, 4, k and 1, 0 / 0)
  local r = evaluate(self, x, y)
  local ok = true
  each(r.gradient, function(i, j)
    local g = get(r.gradient, i, j)
    if i == 4 then ok = ok and g ~= g else ok = ok and g == g end
  end)
  return ok
end

-- No logit, however far out, gives what is no number.
local function extremes(self)
  local bad
  for _, how in ipairs(self.targets) do
    for _, dtype in ipairs { "float64", "float32" } do
      local x, y = rows_of(self.loss, far, how, dtype)
      local r = evaluate(self, x, y)
      each(x, function(i, j)
        local g = get(r.gradient, i, j)
        if g ~= g and not bad then bad = get(x, i, j) end
      end)
      if r.sum ~= r.sum then bad = bad or far[1] end
    end
  end
  return not bad, bad
end

-- A row of weight 0 counts nothing, and one of weight 2 twice.
local function weights(self)
  local x, y = rows_of(self.loss, near, self.targets[1], "float64")
  local w = core.array.zeros(#x)
  for i = 1, #x do w[i] = i % 3 end
  local plain, weighed = evaluate(self, x, y), evaluate(self, x, y, w)
  local worst = 0
  each(x, function(i, j)
    worst = math.max(worst, gap(get(weighed.gradient, i, j),
      w[i] * get(plain.gradient, i, j)))
  end)
  return worst <= 1e-14, worst
end

local all = {
  { "gradient", "against differences of the value", function(self)
    return differences(self, "gradient")
  end },
  { "hessian", "against differences of the gradient", function(self)
    return differences(self, "hessian")
  end },
  { "sizes", "the same bits in 0 to 1003 rows", sizes },
  { "float32", "against float64", types },
  { "nan", "NaN gives NaN, in its row alone", nans },
  { "far", "numbers out to |x| = 1e4", extremes },
  { "weights", "of rows: 0, 1 and 2", weights },
}

-- Which targets a loss takes.
local function targets_of(loss, columns)
  local list, why = {}, nil
  for _, how in ipairs(loss.kind == "real" and { "hard" }
    or { "hard", "soft" }) do
    local ok, message = pcall(function()
      local x, y = rows_of(loss, near, how, "float64")
      evaluate({ loss = loss, columns = columns }, x, y)
    end)
    if ok then list[#list + 1] = how else why = message end
  end
  if #list == 0 then error(why, 0) end
  return list
end

--- Runs the checks.
-- @param loss a loss
-- @param given { columns = { name = numbers, ... } }, or nil
-- @return a list of { name =, what =, passed =, worst = a number or nil }
function M.run(loss, given)
  local columns = given and given.columns
  local self = { loss = loss, columns = columns,
    targets = targets_of(loss, columns) }
  local rows = {}
  for i, check in ipairs(all) do
    local passed, worst = check[3](self)
    local what = passed == nil and "depends on the classes' counts" or check[2]
    rows[i] = { name = check[1], what = what, passed = passed ~= false,
      worst = worst }
  end
  return rows
end

--- Whether all of them passed.
function M.passed(rows)
  for _, row in ipairs(rows) do
    if not row.passed then return false end
  end
  return true
end

--- The list as text.
function M.table(loss, rows)
  local lines = { tostring(loss) }
  for _, row in ipairs(rows) do
    lines[#lines + 1] = ("  %-8s  %-6s  %-36s%s"):format(row.name,
      row.passed and "ok" or "FAILED", row.what,
      row.worst and ("  %.2g"):format(row.worst) or "")
  end
  return table.concat(lines, "\n")
end

return M
