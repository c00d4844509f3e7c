-- Turns LuaJIT's compiler on or off, where there is one: its traces are memory,
-- which a test that counts garbage would find.
return function(on)
  local jit = rawget(_G, "jit")
  if jit then jit[on and "on" or "off"]() end
end
