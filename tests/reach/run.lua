-- Runs the specs of what LuaJIT and Lua 5.1 have, too, by busted in the Lua
-- that runs this; or a script, with the module that was built for this Lua.
--
--   luajit tests/reach/run.lua build/module_luajit [script]
local module, script = arg[1], arg[2]
package.path = "lua/?.lua;lua/?/init.lua;" .. package.path
package.cpath = module .. "/?.so;" .. package.cpath
if script then return dofile(script) end

local specs = {
  "bind/argument", "bind/array", "bind/divergence", "bind/hazards",
  "bind/loss_learn", "bind/loss_options", "bind/loss_shifts", "bind/loss",
  "bind/metric_curves", "bind/metric", "lua/append", "lua/calibrate",
  "lua/columns", "lua/compat", "lua/data", "lua/defined_loss", "lua/files",
  "lua/garbage", "lua/generate", "lua/job", "lua/loss_definition", "lua/metric",
  "lua/saved", "lua/split", "lua/train_losses", "lua/train",
}
if rawget(_G, "jit") then -- seconds each elsewhere, for the same code
  for _, spec in ipairs { "lua/ceiling", "lua/hostile", "lua/relabel" } do
    specs[#specs + 1] = spec
  end
end

-- Tests that an older Lua can't pass, by a pattern of their names, and why.
local skipped = {
  ["a study of a loss"] = "studies are for Lua 5.4",
  ["groups stay whole in a study"] = "studies are for Lua 5.4",
  ["has lists that can't be written"] = "such lists have no length; scripts "
    .. "get copies",
  ["names the function of a module"] = "Lua 5.1 looks for no names in modules",
}

local words = { [0] = arg[0], "-o", "plainTerminal" }
for pattern, why in pairs(skipped) do
  print(("skipped: %s: %s"):format(pattern, why))
  words[#words + 1] = "--filter-out=" .. pattern
end
for _, spec in ipairs(specs) do
  words[#words + 1] = ("tests/%s_spec.lua"):format(spec)
end
rawset(_G, "arg", words)
require "busted.runner" { standalone = false }
