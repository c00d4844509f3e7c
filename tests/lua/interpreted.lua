-- Returns what a function returns without LuaJIT's compiler, whose traces are
-- memory, too.
return function(f, ...)
  local jit = rawget(_G, "jit")
  if jit then jit.off() end
  local result = f(...)
  if jit then jit.on() end
  return result
end
