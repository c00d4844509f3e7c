-- The stubs that editors read describe what is there: every function and, for
-- what comes from rows, every option.
local neap = require "neap"
local rows = dofile "docs/stub_rows.lua"

local function stub(name)
  return assert(loadfile("lua/neap/meta/" .. name .. ".lua"))
end

-- Names of functions, sorted.
local function names(list)
  local found = {}
  for name, value in pairs(list) do
    if type(value) == "function" then found[#found + 1] = name end
  end
  table.sort(found)
  return found
end

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

-- The methods of the class that a stub describes: Class:name.
local function methods(name, class)
  local found = {}
  for method in read("lua/neap/meta/" .. name .. ".lua")
    :gmatch("function " .. class .. ":([%w_]+)") do
    found[#found + 1] = method
  end
  table.sort(found)
  return found
end

describe("the stubs", function()
  it("have the functions of the modules", function()
    assert.same(names(neap.loss), names(stub "loss"()))
    assert.same(names(neap.divergence), names(stub "divergence"()))
    assert.same(names(neap.math), names(stub "math"()))
    assert.same(names(neap.metric), names(stub "metric"()))
    local data = stub "data"()
    for name, value in pairs(stub "files"()) do data[name] = value end
    assert.same(names(neap.data), names(data))
    for name in pairs(stub "plot"()) do
      assert.is_function(neap.plot[name], name)
    end
    assert.same(names(neap.model), names(stub "train"().model))
    assert.same(names(neap.optimizer), names(stub "train"().optimizer))
    assert.same(names(require "neap.host"), names(stub "host"()))
    for _, name in ipairs(names(stub "study"())) do
      assert.is_function(neap[name], name)
    end
    for _, name in ipairs(names(stub "array"())) do
      assert.is_function(neap[name], name)
    end
  end)

  it("have the methods of the objects", function()
    local a, loss = neap.zeros(2), neap.loss.focal {}
    local d = neap.data.gaussians { n = 2 }
    for _, name in ipairs(methods("data", "Data")) do
      assert.is_function(d[name], name)
    end
    assert.equal(8, #methods("data", "Data"))
    for _, name in ipairs(methods("files", "Data")) do
      assert.is_function(d[name], name)
    end
    assert.equal(4, #methods("files", "Data"))
    local figure = neap.plot.loss { loss }
    for _, name in ipairs(methods("plot", "Figure")) do
      assert.is_function(figure[name], name)
    end
    for _, name in ipairs(methods("array", "Array")) do
      assert.is_function(a[name], name)
    end
    for _, name in ipairs(methods("loss", "Loss")) do
      assert.is_function(loss[name], name)
    end
    local study = neap.study { data = neap.data.recipe "gaussians",
      loss = loss, search = neap.search.grid { gamma = { 0 } } }
    for _, name in ipairs(methods("study", "Study")) do
      assert.is_function(study[name], name)
    end
    assert.equal(13, #methods("study", "Study"))
    assert.equal(7, #methods("array", "Array"))
    assert.equal(7, #methods("loss", "Loss"))
  end)

  it("have what trains, and what comes of it", function()
    local text, train = read "lua/neap/meta/job.lua", require "neap.train"
    for _, name in ipairs(names(stub "job"())) do
      assert.is_function(neap[name], name)
    end
    local fields = {}
    for class, list in text:gmatch("@class neap%.(%w+)(.-)\n\n") do
      fields[class] = list
    end
    for class, options in pairs {
      TrainOptions = train.options.train, JobOptions = train.options.job,
      Point = train.options.point,
    } do
      local all = fields[class] .. fields.TrainingOptions .. fields.Candidate
      for option in pairs(options) do
        assert.matches("@field " .. option .. "%f[^%w_]", all)
      end
    end
    local job = neap.job {
      data = neap.data.gaussians { n = 20, prior = 0.5 },
      points = { { loss = neap.loss.focal {} } },
    }
    while not job:step(1) do end
    local fit = job:fits()[1]
    for _, name in ipairs(methods("job", "Job")) do
      assert.is_function(job[name], name)
    end
    for _, name in ipairs(methods("job", "Fit")) do
      assert.is_function(fit[name], name)
    end
    for field, optional in fields.Fit:gmatch("@field ([%w_]+) ([^\n]*)") do
      assert.is_true(fit[field] ~= nil or optional:match "%?" ~= nil, field)
    end
    for field in pairs(job:progress()) do
      assert.matches("@field " .. field .. " ", fields.Progress)
    end
    assert.equal(6, #methods("job", "Job"))
    assert.equal(6, #methods("job", "Fit"))
  end)

  it("have what the rows say (docs/stub_rows.lua)", function()
    local loss, metric = read "lua/neap/meta/loss.lua",
      read "lua/neap/meta/metric.lua"
    assert.truthy(loss:find(rows.loss_options(), 1, true))
    assert.truthy(loss:find(rows.losses(), 1, true))
    assert.truthy(metric:find(rows.metrics(), 1, true))
  end)

  it("have the options of the rows", function()
    local loss, train = read "lua/neap/meta/loss.lua",
      read "lua/neap/meta/train.lua"
    for _, row in ipairs(neap.loss.list()) do
      for _, parameter in ipairs(row.parameters) do
        assert.matches("@field " .. parameter.name .. "%?", loss)
      end
    end
    local data = read "lua/neap/meta/data.lua"
    for _, row in ipairs(neap.data.list()) do
      local class = row.name:gsub("^%l", string.upper)
        :gsub("_(%l)", string.upper)
      local text = data:match("@class neap%." .. class .. "Options.-\n\n")
      for _, parameter in ipairs(row.parameters) do
        assert.matches("@field " .. parameter.name .. "%?", text)
      end
    end
    local study = read "lua/neap/meta/study.lua"
    for option in pairs(require("neap.study.spec").options) do
      assert.matches("@field " .. option .. "%f[^%w_]", study)
    end
    for _, name in ipairs(names(neap.optimizer)) do
      local options = tostring(neap.optimizer[name] {}):match("%((.*)%)")
      for option in options:gmatch("([%w_]+) =") do
        assert.matches("@field " .. option .. "%?", train)
      end
    end
  end)
end)
