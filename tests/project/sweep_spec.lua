-- What no function takes is refused by all of them in one form: each public
-- function, each of its arguments and each of its options is given every value
-- of a list. An error names the function and the argument, at the line of the
-- call; a call that works was given what the stub says.
local calls = dofile "tests/project/calls.lua"
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
  for part in (kind .. "|"):gmatch "(.-)|" do
    local list = part:find "%[%]" or part:find "^table" or part:find "^{"
      or part:find "Options$"
    if part == "any" or part == t or list and t == "table"
      or part == "integer" and math.type(value) and value == math.floor(value)
      or part == "number" and t == "number"
      or part == "neap.Array" and t == "userdata"
      or part == "neap.Operand" and (t == "number" or t == "userdata")
      or part:find "^fun" and t == "function" or part:find "^neap%.[MC]"
      or part:find "^neap%.Sampling" or part:find "^neap%.Loss"
      or part:find "^neap%.Model" or part:find "^neap%.Optimizer" then
      return true
    end
  end
  return false
end

local here = debug.getinfo(1, "S").short_src

-- What is wrong with how a call ended, or nil. where: position, option.
local function complaint(f, ok, why, position, option, allowed)
  if ok then return not allowed and "was taken" or nil end
  why = tostring(why)
  if why == "the value's own" or why == "not enough memory" then return nil end
  local line, text = why:match("^" .. here:gsub("%p", "%%%0") .. ":(%d+): (.*)$")
  if not line then return "blames elsewhere: " .. why end
  if text:find "attempt to" or text:find "neap/" or text:find "'%?'" then
    return text
  end
  local got, name = text:match "^bad argument #(%d+) to '([^']*)' %(."
  if name ~= f.name then return text end
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

local all = calls.list()
local only = os.getenv "SWEEP"
local complaints = {}

local function report(f, what, value, text)
  text = text:gsub("got [%a ]*$", "got")
  local last = complaints[#complaints]
  if last and last[1] == f.key and last[2] == what then
    last[3] = last[3] .. ", " .. value
    if text:sub(1,30) ~= last[4]:sub(1,30) and #last < 9 then last[#last+1]=value .. ": " .. text end
    return
  end
  complaints[#complaints + 1] = {f.key, what, value, text}
end

local function prepared(f)
  local object = f.is_method and f.object()
  return object, f.arguments(object), #f.params
end

local function sweep_positions(f)
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

local function sweep_options(f)
  for i, param in ipairs(f.params) do
    for _, field in ipairs(calls.fields(param.type) or {}) do
      for _, value in ipairs(values) do
        local object, list, count = prepared(f)
        list[i][field.name] = value[2]
        local ok, why = call(f, object, list, count)
        local text = complaint(f, ok, why, i, field.name,
          may_be(field.type, value[2], field.optional))
        if text then report(f, field.name, value[1], text) end
      end
    end
  end
end

local _print = print
print = function() end
for _, f in ipairs(all) do
  if not only or f.key:find(only) then
    io.stderr:write(f.key, "\n")
    local object, list, count = prepared(f)
    local ok, why = call(f, object, list, count)
    if not ok then
      report(f, "as it should be", "", tostring(why))
    else
      sweep_positions(f)
      sweep_options(f)
    end
  end
end
local out = io.open("/tmp/complaints", "w")
for _, c in ipairs(complaints) do
  out:write(c[1], " | ", c[2], " | ", c[3], "\n")
  for i = 4, #c do out:write("     ", c[i], "\n") end
end
out:write(#complaints, "\n")
