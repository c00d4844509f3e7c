-- A call of each public function that works: what the sweeps start from. The
-- functions are those of the stubs; here is what their types do not say.
local host = require "neap.host"
local lfs = require "lfs"
local neap = require "neap"
local stubs = dofile "docs/stubs.lua"

local M = {}

M.stubs = stubs.read("lua/neap/meta", {
  "array", "data", "divergence", "files", "host", "job", "loss", "math",
  "metric", "plot", "search", "study", "train",
})

-- Where a module's functions are.
local homes = {
  array = neap, data = neap.data, divergence = neap.divergence,
  files = neap.data, host = host, job = neap, loss = neap.loss,
  math = neap.math, metric = neap.metric, plot = neap.plot, search = neap,
  study = neap, train = neap,
}

-- ------------------------------------------------------------------ the values

local x, y, w = { 0.5, -1, 2, 0.1 }, { 1, 0, 1, 0 }, { 1, 2, 1, 1 }
local focal = neap.loss.focal {}
local data = neap.data.gaussians { n = 40, features = 2, prior = 0.4 }
local fit = neap.train { data = data, loss = focal }
local reads = neap.loss.define {
  name = "sweep_reads", columns = { "c" },
  binary = function(a, b, _, c) return c.c * (a - b) * (a - b) end,
}
local columns = { c = { 1, 2, 1, 2 } }

local function study_of(given)
  given.data = neap.data.recipe("gaussians", { n = 60, features = 2,
    prior = 0.4 })
  given.datasets, given.confirm = 2, 0
  given.loss = function(p) return neap.loss.focal { gamma = p.gamma } end
  given.search = neap.search.grid { gamma = { 0, 1 } }
  return given
end

local function objective(given)
  given = given or {}
  given.search = neap.search.grid { v = { 1, 2, 3 } }
  given.objective = function(trial) return trial.params.v end
  return neap.study(given)
end

local study = neap.study(study_of {})
assert(study:run { quiet = true })

--- Objects by their class's name in the stubs; those that change are made for
-- every call.
M.objects = {
  Array = function() return neap.array { { 1, 2 }, { 3, 4 } } end,
  Data = function() return data end,
  Database = function() return assert(host.sqlite ":memory:") end,
  Figure = function() return neap.plot.loss { focal } end,
  Fit = function() return fit end,
  Job = function()
    return neap.job { data = data, points = { { loss = focal } } }
  end,
  Loss = function() return focal end,
  ObjectiveStudy = function() return objective() end,
  Process = function()
    return assert(host.start { "true", stdout = "pipe" })
  end,
  Store = function() return assert(neap.open(M.store)) end,
  Study = function() return study end,
  Trial = function() return objective():ask() end,
}

-- Files that the calls write and read; whoever takes the calls removes it.
M.folder = os.tmpname()
os.remove(M.folder)
assert(lfs.mkdir(M.folder))

local function path(name) return M.folder .. "/" .. name end

--- Removes the files.
function M.remove()
  assert(host.start { "rm", "-r", M.folder }):wait()
end

-- ------------------------------------------------------------------ arguments

-- By the type and then by the name of a parameter.
local by_type = {
  ["neap.Data"] = data, ["neap.Loss"] = focal, ["neap.Loss[]"] = { focal },
  ["neap.Fit[]"] = { fit }, ["neap.Operand"] = 0.5, boolean = false,
  integer = 1, number = 0.5, ["neap.dtype"] = "float64",
}
local by_name = {
  scores = x, targets = y, weights = w, logits = x, path = path "sweep.txt",
  p = { { 0.2, 0.8 } }, q = { { 0.4, 0.6 } },
}

local like = neap.data.parse("x,y\n1,0\n2,1\n3,1\n4,0\n", { target = "y" })

-- By function: all of its arguments, or a function that makes them.
local given = {
  ["neap.array"] = { { 1, 2 }, "float64" },
  ["neap.from_bytes"] = { ("\0"):rep(16), "float64", 2, 1 },
  ["neap.map"] = { function(a, b) return a * b end, x, w },
  ["Loss:gradient"] = { x, y, w, neap.zeros(4) },
  ["Loss:hessian"] = { x, y, w, neap.zeros(4) },
  ["Loss:curve"] = { { 0.2, 0.5 }, 1 },
  ["Loss:share"] = { x, y, { 0.1 } },
  ["neap.loss.define"] = { { name = "sweep_mine",
    margin = function(m) return neap.math.softplus(-m) end } },
  ["neap.data.mixture"] = { { n = 20, features = 1, components = {
    { class = 0, mean = { 0 } }, { class = 1, mean = { 1 } } } } },
  ["neap.data.recipe"] = { "gaussians", { n = 10 } },
  ["neap.data.from"] = { { x = { { 1 }, { 2 }, { 3 } }, y = { 0, 1, 1 } } },
  ["neap.data.population"] = { data, { weights = { 1, 1 }, bias = 0 } },
  ["neap.data.read"] = { path "read.csv", { target = "y" } },
  ["neap.data.parse"] = { "x,y\n1,0\n2,1\n3,1\n4,0\n", { target = "y" } },
  ["neap.data.read_rows"] = { path "read.csv", { like = like } },
  ["neap.data.parse_rows"] = { "x\n1\n2\n", { like = like } },
  ["neap.data.read_array"] = { path "sweep.npy" },
  ["Data:noise"] = { { kind = "symmetric", rate = 0.1 } },
  ["Data:imbalance"] = { { step = 1, most = 5 } },
  ["Data:with_columns"] = { { c = data.truth } },
  ["Data:rows"] = { { 1, 2 } },
  ["Data:column"] = { "x1" },
  ["Data:append"] = { { x = { { 1, 2 } }, y = { 1 } } },
  ["Data:samples"] = { { sizes = { 5, 10 } } },
  ["Data:write"] = { path "sweep.npz", {} },
  ["neap.metric.evaluate"] = { { "roc_auc" }, x, y, {} },
  ["neap.metric.threshold"] = { x, y, { maximize = "f1" } },
  ["neap.metric.bootstrap"] = { "roc_auc", x, y, { draws = 20 } },
  ["neap.plot.figure"] = { { kind = "lines", title = "t", x = { label = "a" },
    y = { label = "b" }, series = {} } },
  ["neap.plot.roc"] = { { a = x }, y },
  ["neap.plot.precision_recall"] = { { a = x }, y },
  ["neap.plot.reliability"] = { { a = x }, y },
  ["neap.plot.scores"] = { { a = x }, y },
  ["neap.search.grid"] = { { gamma = { 0, 1 } } },
  ["neap.search.random"] = { { trials = 2, v = { low = 0, high = 1 } } },
  ["neap.search.sobol"] = { { trials = 2, v = { low = 0, high = 1 } } },
  ["neap.search.tpe"] = { { trials = 2, v = { low = 0, high = 1 } } },
  ["neap.prune.hyperband"] = { { max = 8 } },
  ["neap.open"] = { path "sweep.db" },
  ["ObjectiveStudy:run"] = { { quiet = true } },
  ["ObjectiveStudy:figure"] = { "history" },
  ["ObjectiveStudy:report"] = { path "sweep.html" },
  ["ObjectiveStudy:export"] = { path "sweep.csv" },
  ["Trial:note"] = { "key", 1 },
  ["Store:study"] = { "sweep" },
  ["Study:run"] = { { quiet = true } },
  ["Study:figure"] = { "slice", { x = "gamma" } },
  ["Study:report"] = { path "sweep.html", { curves = false } },
  ["Study:export"] = { path "sweep.csv" },
  ["Study:predictions"] = { 1 },
  ["Study:refit"] = { 1, { data = data } },
  ["neap.study"] = { study_of {} },
  ["neap.verdict"] = { { scores = { ce = x, focal = x }, targets = y,
    draws = 200 } },
  ["neap.train"] = { { data = data, loss = focal } },
  ["neap.job"] = { { data = data, points = { { loss = focal } } } },
  ["neap.tune"] = { { data = data, loss = focal,
    points = { { l2 = 0 }, { l2 = 1 } } } },
  ["neap.from_saved"] = { fit:tobytes() },
  ["neap.load"] = { path "sweep.fit" },
  ["Fit:logits"] = { data, neap.zeros(40, nil, fit.precision) },
  ["Fit:probabilities"] = { data, neap.zeros(40, nil, fit.precision) },
  ["Fit:calibrate"] = { { method = "inverse_focal" } },
  ["Fit:to_c"] = { path "sweep.c", "my_fit" },
  ["host.start"] = { { "true", stdout = "null" } },
  ["host.terminal"] = { "stdout" },
  ["host.sqlite"] = { ":memory:", "create" },
  ["host.postgresql"] = { "postgresql://nobody@localhost:1/none" },
  ["host.sha256"] = { "" },
  ["Process:read"] = { "a" },
  ["Database:run"] = { "SELECT $1", 1 },
  ["Database:rows"] = { "SELECT $1", 1 },
  ["Database:execute"] = { "SELECT 1" },
}

-- Whatever the type, what is there already.
given["ObjectiveStudy:tell"] = function(object)
  return { object:ask(), 1 }
end

M.store = given["neap.open"][1]
do
  local kept = objective { name = "sweep", store = M.store }
  assert(kept:run { quiet = true })
  kept:close()
  assert(fit:save(given["neap.load"][1]))
  local file <close> = io.open(given["neap.data.read"][1], "w")
  file:write "x,y\n1,0\n2,1\n3,1\n4,0\n"
  local array <close> = io.open(given["neap.data.read_array"][1], "wb")
  local dict = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n"
  array:write("\x93NUMPY\1\0", string.pack("<s2", dict),
    string.pack("<dd", 1, 2))
end

-- Whose options may have any name: parameters of a search.
local any_option = {
  ["neap.search.random"] = true, ["neap.search.sobol"] = true,
  ["neap.search.tpe"] = true,
}

local function is_options(kind)
  return kind:find "Options" or kind:find "^{"
end

-- Tables without metatables are copied with what they hold.
local function copy_of(value)
  if type(value) ~= "table" or getmetatable(value) then return value end
  local copy = {}
  for key, part in pairs(value) do copy[key] = copy_of(part) end
  return copy
end

-- The arguments of one function.
local function arguments_of(key, block, object)
  local list = given[key]
  if type(list) == "function" then return list(object) end
  local made = {}
  for i, one in ipairs(block.params) do
    local value = list and list[i]
    if not list then
      value = by_name[one.name]
      if value == nil then value = by_type[one.type] end
    end
    if value == nil and is_options(one.type) then value = {} end
    if type(value) == "table" and is_options(one.type) then
      value = copy_of(value)
    end
    made[i] = value
  end
  return made
end

-- ------------------------------------------------------------------- the list

local function add(list, key, shown, call, block, object_of, class)
  list[#list + 1] = {
    key = key, name = shown, call = call, params = block.params,
    is_method = object_of ~= nil, object = object_of,
    class = class or block.owner,
    any_option = any_option[key],
    arguments = function(object) return arguments_of(key, block, object) end,
  }
end

-- Types of rows inside the options of a function.
local rows_of = {
  ["neap.Point"] = true, ["neap.Candidate"] = true, ["neap.Component"] = true,
}

-- What stands in the options of a function: rows of its own.
local function add_inside(list)
  local ones = {
    { "neap.job", "neap.Point", function(l) return l[1].points[1] end },
    { "neap.tune", "neap.Candidate", function(l) return l[1].points[1] end },
    { "neap.data.mixture", "neap.Component", function(l)
      return l[1].components[1]
    end },
  }
  for _, one in ipairs(ones) do
    for _, f in ipairs(list) do
      if f.key == one[1] then
        local inner = {}
        for key, value in pairs(f) do inner[key] = value end
        inner.key = f.key .. " inside"
        inner.inside = one[3]
        inner.params = { { name = "options", type = one[2] } }
        list[#list + 1] = inner
        break
      end
    end
  end
end

-- Metrics of classes and labels are a table in the stub.
local function add_tables(list)
  for home, class in pairs { multiclass = "neap.ClassOptions",
    multilabel = "neap.LabelOptions" } do
    local two = home == "multilabel"
    for name, call in pairs(neap.metric[home]) do
      local key = ("neap.metric.%s.%s"):format(home, name)
      given[key] = { { { 1, 2 }, { 3, 1 }, { 0, 1 }, { 2, 2 } },
        two and { { 0, 1 }, { 1, 0 }, { 1, 1 }, { 0, 0 } } or { 0, 1, 1, 0 },
        w, {} }
      add(list, key, home .. "." .. name, call, { params = {
        { name = "scores", type = "neap.Array|table" },
        { name = "targets", type = "neap.Array|table" },
        { name = "weights", type = "neap.Array|number[]", optional = true },
        { name = "options", type = class, optional = true },
      } })
    end
  end
end

-- Where the functions of a stub's table are, and what they are called:
-- "M.model" of train is neap.model.
local function home_of(module, owner)
  local home = homes[module]
  local prefix = ({ host = "host", files = "neap.data" })[module]
    or home == neap and "neap" or "neap." .. module
  for part in (owner .. "."):gmatch "([%w_]+)%." do
    if part ~= "M" then home, prefix = home[part], prefix .. "." .. part end
  end
  return home, prefix
end

-- A loss that reads columns, beside the one that does not.
local function add_columned(list)
  local columned = { params = M.stubs.loss.functions[1].params }
  for _, name in ipairs { "gradient", "hessian" } do
    given["reads:" .. name] = { x, y, w, neap.zeros(4), columns }
    add(list, "reads:" .. name, name, nil, columned, function()
      return reads {}
    end, "Loss")
  end
end

--- All public functions, by their keys: { key = "neap.zeros" or "Array:row",
-- name = as messages have it, call =, params = of the stub, is_method =,
-- object = makes what a method is called on, arguments = makes a list }.
function M.list()
  local list = {}
  for module, stub in pairs(M.stubs) do
    for _, block in ipairs(stub.functions) do
      if block.is_method then
        add(list, block.owner .. ":" .. block.name, block.name, nil, block,
          M.objects[block.owner])
      else
        local home, prefix = home_of(module, block.owner)
        add(list, prefix .. "." .. block.name, block.name, home[block.name],
          block)
      end
    end
  end
  add_tables(list)
  add_inside(list)
  add_columned(list)
  table.sort(list, function(a, b) return a.key < b.key end)
  return list
end

--- The fields of an options type: of a class with those of its parents, or of
-- { a: number, b?: string }; nil where it has none.
function M.fields(kind)
  local fields = {}
  if kind:find "^{" then
    for part in (kind:sub(2, -2) .. ","):gmatch "%s*(.-)%s*," do
      local name, mark, of = part:match "^([%w_]+)(%??):%s*(.*)$"
      if name then
        fields[#fields + 1] = { name = name, type = of,
          optional = mark == "?" or of:find "%?$" ~= nil }
      end
    end
    return fields
  end
  local name = kind:match "^neap%.[%w]+Options$"
    or rows_of[kind] and kind
  while name do
    local parent
    for _, stub in pairs(M.stubs) do
      for _, class in ipairs(stub.classes) do
        if class.class == name then
          for _, field in ipairs(class.fields) do
            fields[#fields + 1] = field
          end
          parent = class.parent
        end
      end
    end
    name = parent
  end
  return #fields > 0 and fields or nil
end

return M
