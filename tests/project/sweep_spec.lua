-- What no function takes is refused by all of them in one form: each public
-- function, each of its arguments and each of its options is given every value
-- of a list. An error names the function and the argument, at the line of the
-- call; a call that works was given what the stub says.
local calls = dofile "tests/project/calls.lua"
local lfs = require "lfs"
local neap = require "neap"

-- ------------------------------------------------------------------ the values

local loop = {}
loop[1], loop.loop = loop, loop

local fails = setmetatable({}, {
  __index = function() error("the value's own", 0) end,
  __len = function() error("the value's own", 0) end,
  __pairs = function() error("the value's own", 0) end,
})

-- An object of a module that was loaded twice, as by a script that is loaded
-- anew while its objects live on.
local function of_another_copy()
  local kept = {}
  for name, module in pairs(package.loaded) do
    if name:find "^neap" and name ~= "neap.core" then
      kept[name], package.loaded[name] = module, nil
    end
  end
  local other = require "neap"
  local d = other.data.gaussians { n = 20 }
  local fit = other.train { data = d, loss = other.loss.focal {} }
  for name in pairs(package.loaded) do
    if name:find "^neap" and name ~= "neap.core" then
      package.loaded[name] = nil
    end
  end
  for name, module in pairs(kept) do package.loaded[name] = module end
  return fit
end

local closed = calls.objects.Job()
closed:close()

local values = {
  { "nil", nil }, { "boolean", true }, { "string", "x" }, { "nan", 0 / 0 },
  { "inf", math.huge }, { "-1", -1 }, { "2^53", 2 ^ 53 }, { "1e300", 1e300 },
  { "1.5", 1.5 }, { "table", {} }, { "loop", loop }, { "fails", fails },
  { "function", function() end }, { "closed", closed },
  { "loss", neap.loss.brier {} }, { "model", neap.model.linear {} },
  { "array", neap.zeros(3, 2) }, { "file", io.stdout },
  { "copy", of_another_copy() }, { "thread", coroutine.create(print) },
}

-- --------------------------------------------------------------- the complaint

-- Whether a value may be what a type of the stubs says; generous: what is of
-- the type and wrong in another way is for the function to tell.
local function may_be(kind, value, optional)
  local t = type(value)
  if value == nil then return optional or kind:find "any" end
  for part in (kind .. "|"):gmatch "(.-)%??|" do
    local list = part:find "%[%]" or part:find "^table" or part:find "^{"
      or part:find "Options$"
    if part == "any" or part == t or list and t == "table"
      or part == "integer" and t == "number" and value == math.floor(value)
      or part == "true" and value == true
      or part == "neap.Array" and t == "userdata"
      or part == "neap.Operand" and (t == "number" or t == "userdata")
      or part == "neap.Column" and (t == "number" or t == "string")
      or part == "neap.Missing" and (t == "number" or t == "string")
      or part:find "^fun" and t == "function"
      or part == "neap.MetricChoice" and (t == "string" or t == "table")
      or part == "neap.Sampling" and (t == "string" or t == "table")
      or part == "neap.Command" and t == "table"
      or part == "neap.Loss" and t == "userdata"
      or part == "neap.Model" and t == "userdata"
      or part:find "^0|1" then
      return true
    end
  end
  return false
end

local here = debug.getinfo(1, "S").short_src:gsub("%p", "%%%0")

-- What is wrong with how a call ended, or nil. where: position, option.
local function complaint(f, ok, why, position, option, allowed)
  if ok then return not allowed and "was taken" or nil end
  why = tostring(why)
  if why:find "the value's own" or why == "not enough memory" then
    return nil
  end
  local line, text = why:match("^" .. here .. ":(%d+): (.*)$")
  if not line then return "blames elsewhere: " .. why end
  if text:find "attempt to" or text:find "neap/" or text:find "'%?'"
    or text:find "0x%x%x%x" then
    return text
  end
  local got, name = text:match "^bad argument #(%d+) to '([^']*)' %(."
  if name and name ~= f.name or not (name or allowed) then return text end
  if allowed then return nil end -- it may be two arguments that disagree
  if tonumber(got) ~= position then return text end
  if option and not text:find(option, 1, true) then return text end
  return nil
end

-- Calls a function on its object, as a script would; the error's line is here.
local function call(f, object, list, count)
  if f.is_method then
    return pcall(function()
      local _ = object[f.name](object, table.unpack(list, 1, count))
      return _
    end)
  end
  return pcall(function()
    local _ = f.call(table.unpack(list, 1, count))
    return _
  end)
end

-- All but what only a server has: statements that travel together.
local all = {}
for _, f in ipairs(calls.list()) do
  if f.key ~= "Database:flight" then all[#all + 1] = f end
end

-- What is wrong, told at most once for each argument or option.
local complaints

local function report(f, what, value, text)
  local key = ("%s, %s"):format(f.key, what)
  if complaints[key] then return end
  complaints[key] = true
  complaints[#complaints + 1] = ("%s = %s: %s"):format(key, value, text)
end

local function prepared(f)
  local object = f.is_method and f.object()
  local list = f.arguments(object)
  return object, list, math.max(#list, #f.params)
end

-- Runs a check of every function, and shows what it reports.
local function each(check)
  complaints = {}
  for _, f in ipairs(all) do check(f) end
  assert.equal("", table.concat(complaints, "\n"))
end

local function check_positions(f)
  for i, param in ipairs(f.params) do
    for _, value in ipairs(values) do
      local object, list, count = prepared(f)
      list[i] = value[2]
      local ok, why = call(f, object, list, count)
      local text = complaint(f, ok, why, i, nil,
        may_be(param.type, value[2], param.optional))
      if text then report(f, param.name, value[1], text) end
    end
  end
end

local function check_options(f)
  for i, param in ipairs(f.params) do
    for _, field in ipairs(calls.fields(param.type) or {}) do
      for _, value in ipairs(values) do
        local object, list, count = prepared(f)
        local options = f.inside and f.inside(list) or list[i]
        options[field.name] = value[2]
        local ok, why = call(f, object, list, count)
        local text = complaint(f, ok, why, i, field.name,
          may_be(field.type, value[2], field.optional))
        if text then report(f, field.name, value[1], text) end
      end
    end
  end
end

local function check_unknown_option(f)
  for i, param in ipairs(f.params) do
    if calls.fields(param.type) and not f.any_option then
      local object, list, count = prepared(f)
      local options = f.inside and f.inside(list) or list[i]
      options.no_such_option = 1
      local ok, why = call(f, object, list, count)
      local text = complaint(f, ok, why, i, "no_such_option", false)
      if text then report(f, "options", "no_such_option", text) end
    end
  end
end

-- One argument too many, which is nil or not.
local function check_count(f)
  local last = f.params[#f.params]
  if last and last.name == "..." then return end
  for _, extra in ipairs { { "9", 9 }, { "nil", nil } } do
    local object, list = prepared(f)
    list[#f.params + 1] = extra[2]
    local ok, why = call(f, object, list, #f.params + 1)
    local text = complaint(f, ok, why, #f.params + 1,
      ("got %s; wanted no more than %d"):format(extra[1], #f.params), false)
    if text then report(f, "count", extra[1], text) end
  end
end

local owners = { loss = "Loss", array = "Array", closed = "Job" }

-- A method whose object is another thing.
local function check_self(f)
  if not f.is_method then return end
  local object, list, count = prepared(f)
  local method = object[f.name]
  for _, value in ipairs(values) do
    local owner = owners[value[1]]
    if f.class ~= owner then
      local ok, why = pcall(function()
        local _ = method(value[2], table.unpack(list, 1, count))
        return _
      end)
      local text = not ok and why:match("^" .. here .. ":%d+: (.*)$")
      local start = ("calling '%s' on bad self ("):format(f.name)
      if not text or text:sub(1, #start) ~= start then
        report(f, "self", value[1], tostring(why))
      end
    end
  end
end

describe("every public function", function()
  local print, stdout, folder = print, io.stdout, lfs.currentdir()

  -- Paths that are values of the list are of files in a folder that goes.
  setup(function()
    assert(lfs.chdir(calls.folder))
    rawset(_G, "print", function() end)
    rawset(io, "stdout", io.open("/dev/null", "w"))
  end)

  teardown(function()
    rawset(_G, "print", print)
    rawset(io, "stdout", stdout)
    assert(lfs.chdir(folder))
    calls.remove()
  end)

  it("works as its stub says", function()
    each(function(f)
      local object, list, count = prepared(f)
      local ok, why = call(f, object, list, count)
      if not ok then report(f, "call", "", tostring(why)) end
    end)
    assert.is_true(#all > 270)
  end)

  it("refuses arguments that it does not take", function()
    each(check_positions)
  end)

  it("refuses options that it does not take", function()
    each(check_options)
    each(check_unknown_option)
  end)

  it("refuses more arguments than it takes", function() each(check_count) end)

  it("refuses objects of another type", function() each(check_self) end)

  -- What is closed tells so, or goes on with what it has kept.
  it("is told that its object is closed", function()
    local kept = { ["Job:close"] = true, ["Job:fits"] = true,
      ["Store:close"] = true, ["Database:close"] = true,
      ["Database:kind"] = true }
    for _, f in ipairs(all) do
      if f.class == "Job" or f.class == "Store" or f.class == "Database" then
        local object, list, count = prepared(f)
        object:close()
        local ok, why = call(f, object, list, count)
        assert.equal(kept[f.key] or false, ok, f.key)
        if not ok then
          assert.matches("^" .. here .. ":%d+: .*closed", why, 1, f.key)
        end
      end
    end
  end)
end)
