--- Labels that are wrong, classes that are rare, rows that are hard: on any
-- data set.
local compat = require "neap.compat"
local core = require "neap.core"
local options = require "neap.options"

local relabel = core.data.relabel

-- A value for each class: of a list with one for each, in their order, or of a
-- table whose keys are names of classes, as text.
local function by_class(given, classes, name, key)
  local number_of, values = {}, {}
  for c = 1, #classes do number_of[classes[c]] = c end
  local count = 0
  for k in pairs(given) do
    if type(k) == "number" then count = count + 1 end
  end
  if count > 0 and (count ~= #classes or #given ~= count) then
    options.refuse(name, ("%s is a list of %d; there are %d classes, which are "
      .. "named by text, such as [\"%s\"] ="):format(key, #given, #classes,
      classes[#classes]))
  end
  for k, value in pairs(given) do
    local c = type(k) == "number" and k or number_of[k]
    if not c or (count > 0 and type(k) ~= "number") then
      options.refuse(name, ("%s has '%s'; the classes are %s"):format(key,
        tostring(k), table.concat(classes, ", ", 1, #classes)))
    end
    values[c] = value
  end
  return values
end

-- ------------------------------------------------------------------- noise

-- The matrices of noise: k, options, refuse -> rows of P(noisy | class).
local matrices = {}

local function identity(k)
  local rows = {}
  for i = 1, k do
    rows[i] = {}
    for j = 1, k do rows[i][j] = i == j and 1 or 0 end
  end
  return rows
end

-- Each class flips with its rate, to any other class alike.
local function flip_by_rates(k, rates)
  local rows = identity(k)
  for i = 1, k do
    for j = 1, k do
      rows[i][j] = i == j and 1 - rates[i] or rates[i] / (k - 1)
    end
  end
  return rows
end

function matrices.symmetric(k, o)
  local rates = {}
  for i = 1, k do rates[i] = o.rate end
  return flip_by_rates(k, rates)
end

function matrices.class_conditional(k, o, refuse, classes)
  local rates = by_class(o.rates, classes, "noise", "rates")
  for i = 1, k do
    local rate = rates[i]
    if rate == nil then rates[i], rate = 0, 0 end
    if type(rate) ~= "number" or not (rate >= 0 and rate <= 1) then
      refuse(("rates of class '%s' is %s; wanted a number, 0 to 1")
        :format(classes[i], options.show(rate)))
    end
  end
  return flip_by_rates(k, rates)
end

function matrices.transition(k, o, refuse)
  for i = 1, k do
    local row, sum = o.matrix[i], 0
    for j = 1, k do
      local p = type(row) == "table" and row[j]
      if type(p) ~= "number" or p ~= p or p < 0 then
        refuse(("matrix[%d][%d] is %s; wanted the probability of class %d for "
          .. "rows of class %d"):format(i, j, options.show(p or nil), j, i))
      end
      sum = sum + p
    end
    if math.abs(sum - 1) > 1e-9 or #row ~= k then
      refuse(("matrix[%d] has %d numbers with the sum %g; wanted %d with the "
        .. "sum 1"):format(i, #row, sum, k))
    end
  end
  if #o.matrix ~= k then
    refuse(("matrix has %d rows; there are %d classes"):format(#o.matrix, k))
  end
  return o.matrix
end

function matrices.pair(k, o)
  local rows = identity(k)
  for i = 1, k do
    rows[i][i] = 1 - o.rate
    rows[i][i % k + 1] = o.rate
  end
  return rows
end

function matrices.missing_positives(k, o, refuse)
  if k ~= 2 then
    refuse(("missing_positives is for two classes; there are %d"):format(k))
  end
  return { { 1, 0 }, { o.rate, 1 - o.rate } }
end

-- Which options a kind takes, beside kind and seed.
local needs = {
  symmetric = { "rate" },
  class_conditional = { "rates" },
  transition = { "matrix" },
  pair = { "rate" },
  boundary = { "rate", "scale" },
  missing_positives = { "rate" },
}

local noise_options = {
  kind = { "choice", required = true, names = { "symmetric",
    "class_conditional", "transition", "pair", "boundary",
    "missing_positives" } },
  rate = { "number", low = 0, high = 1 },
  rates = { "table" },
  matrix = { "table" },
  scale = { "number", above = 0, below = 1e9 },
  seed = { "number", default = 1, low = 0, high = 2 ^ 53, whole = true },
}

local function check_noise(o, refuse)
  local wanted = {}
  for _, key in ipairs(needs[o.kind]) do wanted[key] = true end
  for _, key in ipairs { "rate", "rates", "matrix", "scale" } do
    if wanted[key] and o[key] == nil then
      refuse(("%s is missing; noise of kind %s needs it"):format(key, o.kind))
    elseif o[key] ~= nil and not wanted[key] then
      refuse(("%s does not go with noise of kind %s"):format(key, o.kind))
    end
  end
end

local function add_noise(inside, data, given)
  local function refuse(message) options.refuse("noise", message) end
  local o = options.read("noise", given, noise_options)
  check_noise(o, refuse)
  local f = inside.fields[data]
  local codes, truth
  if o.kind == "boundary" then
    if #f.classes ~= 2 then
      refuse(("boundary is for two classes; there are %d"):format(#f.classes))
    end
    if not f.truth then
      refuse("boundary needs the truth, which these data don't have")
    end
    codes, truth = relabel.noise_boundary(f.codes, f.truth, o.rate, o.scale,
      compat.tointeger(o.seed))
  else
    local matrix = matrices[o.kind](#f.classes, o, refuse, f.classes)
    codes, truth = relabel.noise_transition(f.codes,
      core.array.array(matrix, "float64"), f.truth, compat.tointeger(o.seed))
  end
  return codes, truth, ("noise %s"):format(o.kind)
end

-- --------------------------------------------------------------- imbalance

-- Counts of Cui et al. 2019, CVPR, sec. 5: n_k = int(n_1 factor^(-k/(K-1))).
local function exponential(k, most, factor)
  local counts = {}
  for c = 1, k do
    counts[c] = math.floor(most * (1 / factor) ^ ((c - 1) / (k - 1)))
  end
  return counts
end

-- Buda et al. 2018, Neural Netw. 106, sec. 2.1: half of the classes are rare.
local function step(k, most, factor)
  local counts = {}
  for c = 1, k do
    counts[c] = c <= k / 2 and most or math.floor(most * (1 / factor))
  end
  return counts
end

local imbalance_options = {
  counts = { "table" },
  exponential = { "number", low = 1 },
  step = { "number", low = 1 },
  most = { "number", low = 1, high = 2 ^ 53, whole = true },
  seed = { "number", default = 1, low = 0, high = 2 ^ 53, whole = true },
}

local function read_counts(o, f, refuse)
  local k, ways = #f.classes, 0
  for _, key in ipairs { "counts", "exponential", "step" } do
    if o[key] then ways = ways + 1 end
  end
  if ways ~= 1 then
    refuse("wanted one of counts, exponential and step")
  end
  if o.counts then
    if o.most then refuse("most does not go with counts") end
    local counts = by_class(o.counts, f.classes, "imbalance", "counts")
    for c = 1, k do
      if counts[c] == nil then counts[c] = f.counts[c] end
      if not compat.is_integer(counts[c]) or counts[c] < 0 then
        refuse(("counts of class '%s' is %s; wanted a whole number >= 0")
          :format(f.classes[c], options.show(counts[c])))
      end
    end
    return counts
  end
  local most = o.most and compat.tointeger(o.most)
  if not most then
    most = 0
    for c = 1, k do most = math.max(most, f.counts[c]) end
  end
  local counts = o.step and step(k, most, o.step)
    or exponential(k, most, o.exponential)
  for c = 1, k do
    if counts[c] > f.counts[c] then
      refuse(("class '%s' has %d rows; %d are wanted, and none is taken twice")
        :format(f.classes[c], f.counts[c], counts[c]))
    end
  end
  return counts
end

-- A source of which a share of each class is kept.
local function sampled(source, ratios)
  if not source then return nil end
  local product = {}
  for c = 1, #ratios do
    product[c] = ratios[c] * (source.ratios and source.ratios[c] or 1)
  end
  return { name = source.name, options = source.options, ratios = product }
end

-- ------------------------------------------------------------------- types

-- Some minutes on one core.
local most_compared = 200000

local type_names = { "safe", "borderline", "rare", "outlier" }

local types_meta = {
  __tostring = function(self)
    local lines = { ("%-20s %10s %10s %10s %10s"):format("class",
      compat.table_unpack(type_names)) }
    for _, class in ipairs(self.classes) do
      local counts = self.counts[class]
      lines[#lines + 1] = ("%-20s %10d %10d %10d %10d"):format(class,
        counts.safe, counts.borderline, counts.rare, counts.outlier)
    end
    return table.concat(lines, "\n")
  end,
}

local function count_types(f, codes)
  local result = setmetatable({ codes = codes, names = type_names, counts = {},
    classes = {} }, types_meta)
  for c = 1, #f.classes do
    local counts = {}
    for _, name in ipairs(type_names) do counts[name] = 0 end
    result.classes[c] = f.classes[c]
    result.counts[f.classes[c]] = counts
  end
  for i = 1, f.n do
    local counts = result.counts[f.classes[f.codes[i] + 1]]
    local name = type_names[codes[i] + 1]
    counts[name] = counts[name] + 1
  end
  return result
end

-- ----------------------------------------------------------------- methods

return function(inside)
  local methods, fields = inside.methods, inside.fields

  -- The parts of a data set, to make another one of.
  local function parts_of(f)
    local parts = { x = f.x, codes = f.codes, classes = f.classes,
      names = f.names, standardize = f.standardize, origin = f.origin,
      columns = f.columns }
    for _, key in ipairs(inside.row_fields) do parts[key] = f[key] end
    return parts
  end

  --- Gives labels that are wrong with known probabilities.
  -- @param given { kind =, seed = 1 } and, by kind: symmetric, pair,
  --   missing_positives: rate; class_conditional: rates, a list or by class;
  --   transition: matrix, rows of P(noisy class | class); boundary: rate, scale
  -- @return a data set with y and truth of the noisy labels, and clean_y and
  --   clean_truth as they were before any noise
  function methods:noise(given)
    local f = fields[self]
    local codes, truth, what = add_noise(inside, self, given)
    local parts = parts_of(f)
    parts.codes, parts.truth = codes, truth
    parts.clean_codes = f.clean_codes or f.codes
    parts.clean_truth = f.clean_truth or f.truth
    parts.origin = (f.origin and f.origin .. ", " or "") .. what
    return inside.make(parts)
  end

  --- Keeps fewer rows of some classes, at random and without replacement.
  -- @param given one of counts = a list, or by class; exponential = factor;
  --   step = factor; the last two with most = rows of the largest class; and
  --   seed = 1
  -- @return a data set whose truth is that of the classes' new shares
  function methods:imbalance(given)
    local function refuse(message) options.refuse("imbalance", message) end
    local o = options.read("imbalance", given, imbalance_options)
    local f = fields[self]
    local counts = read_counts(o, f, refuse)
    local ok, kept = pcall(relabel.sample_classes, f.codes, counts,
      compat.tointeger(o.seed))
    if not ok then
      refuse((kept:gsub("^.-:%d+: ", ""):gsub("class (%d+)", function(c)
        return ("class '%s'"):format(f.classes[tonumber(c) + 1])
      end)))
    end
    local rest = inside.subset(self, core.data.where(kept, 1))
    local parts, ratios = parts_of(fields[rest]), {}
    for c = 1, #f.classes do
      ratios[c] = f.counts[c] > 0 and counts[c] / f.counts[c] or 0
    end
    if parts.truth and parts.x:shape() > 0 then
      parts.truth = relabel.shift_truth(parts.truth, ratios)
    end
    -- What the sample of noisy labels does to the clean ones is another thing.
    parts.clean_truth = nil
    parts.source = sampled(f.source, ratios)
    parts.origin = (f.origin and f.origin .. ", " or "") .. "imbalance"
    return inside.make(parts)
  end

  --- How hard each row is, by the classes of its k nearest rows.
  -- @param given { k = 5, standardize = columns first, as training would }
  -- @return { codes = int32 [n], 0 to 3; names = of codes 0 to 3;
  --   counts[class][name]; classes = in order }; as text it is a table
  function methods:types(given)
    local f = fields[self]
    local o = options.read("types", given, {
      k = { "number", default = 5, low = 1, high = 2 ^ 31, whole = true },
      standardize = { "boolean", default = f.standardize == true },
    })
    if o.k >= f.n then
      options.refuse("types", ("k is %d; there are %d rows")
        :format(o.k, f.n))
    end
    if f.n > most_compared then
      options.refuse("types", ("there are %d rows, and each is compared with "
        .. "every other one; wanted at most %d: take some, as by d:split")
        :format(f.n, most_compared))
    end
    local shift, scale
    if o.standardize then shift, scale = core.data.standardize(f.x) end
    return count_types(f, relabel.find_types(f.x, f.codes,
      compat.tointeger(o.k), shift, scale))
  end
end
