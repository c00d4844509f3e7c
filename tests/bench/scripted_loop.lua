-- tests/bench/scripted_loop.lua -- focal and its gradient as a plain loop, for
-- lua5.4 and luajit: the peers of tests/bench/scripted.lua.
local exp, log = math.exp, math.log
local name = jit and "luajit" or "lua5.4" -- luacheck: globals jit

local function loop(n, x, y, gamma, value, gradient)
  for i = 1, n do
    local sign = 2 * y[i] - 1
    local z = sign * x[i]
    local p = 1 / (1 + exp(-z))
    local q, l = 1 - p, -log(p)
    local w = q ^ gamma
    value[i] = w * l
    gradient[i] = -sign * w * (q + gamma * p * l)
  end
end

local n = 65536
local x, y, value, gradient = {}, {}, {}, {}
for i = 1, n do
  x[i] = (i * 7919 % 20011) / 20011 * 12 - 8
  y[i] = i % 100 == 0 and 1 or 0
  value[i], gradient[i] = 0, 0
end
for _, gamma in ipairs { 1.5, 2 } do
  local samples = {}
  for s = 1, 15 do
    local start = os.clock()
    loop(n, x, y, gamma, value, gradient)
    samples[s] = os.clock() - start
  end
  table.sort(samples)
  print(("%s\tgamma %g, %d\t%.6g"):format(name, gamma, n,
    samples[8] / n * 1e9))
end
