-- Turns LuaJIT's compiler on or off, where there is one: its traces are memory,
-- which a test that counts garbage would find. Off, there are none.
return function(on)
  local jit = rawget(_G, "jit")
  if jit and on then
    jit.on()
  elseif jit then
    jit.off()
    jit.flush()
  end
end
