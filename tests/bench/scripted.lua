-- tests/bench/scripted.lua -- focal written in Lua beside the built-in kernel
-- and the same loss as C: value and gradient, float32, one thread; what a
-- definition takes; and 121 points of it in lockstep.
local neap = require "neap"
local m = neap.math

local folder = assert(arg[1])

local function textbook(name)
  return neap.loss.define {
    name = name, params = { gamma = { 2, min = 0 } },
    binary = function(x, y, p)
      local q = m.sigmoid(x)
      return -y * (1 - q) ^ p.gamma * m.log(q)
        - (1 - y) * q ^ p.gamma * m.log(1 - q)
    end,
  }
end

local focal = textbook "written"

local function show(series, case, number)
  print(("%s\t%s\t%.6g"):format(series, case, number))
end

-- The median of 15 samples, each of as many calls as take 2 ms or more.
local function seconds(call)
  local calls, samples = 1, {}
  while true do
    local start = os.clock()
    for _ = 1, calls do call() end
    if os.clock() - start >= 2e-3 then break end
    calls = calls * 2
  end
  for s = 1, 15 do
    local start = os.clock()
    for _ = 1, calls do call() end
    samples[s] = (os.clock() - start) / calls
  end
  table.sort(samples)
  return samples[8]
end

local function measure(n, gammas)
  local x, y = neap.zeros(n, nil, "float32"), neap.zeros(n, nil, "float32")
  local gradient = neap.zeros(n, nil, "float32")
  for i = 1, n do
    x[i] = (i * 7919 % 20011) / 20011 * 12 - 8
    y[i] = i % 100 == 0 and 1 or 0
  end
  for _, gamma in ipairs(gammas) do
    local case = ("gamma %g, %d"):format(gamma, n)
    for series, loss in pairs { neap = focal { gamma = gamma },
      ["built-in kernel"] = neap.loss.focal { gamma = gamma } } do
      show(series, case, 1e9 / n * seconds(function()
        loss:evaluate(x, y, { gradient = gradient })
      end))
    end
  end
end

-- As C: a program that prints its own time.
local main = [[
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
void written(size_t n, const float *, const float *, const float *const *,
    const double *, float *, float *, float *);
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}
int main(int argc, char **argv) {
  const size_t n = (size_t)atol(argv[argc - 1]), calls = n < 1000000 ? 64 : 1;
  float *x = malloc(4 * n), *y = malloc(4 * n), *v = malloc(4 * n),
        *g = malloc(4 * n);
  double samples[15];
  for (size_t i = 0; i < n; i++) {
    x[i] = (float)((double)((i + 1) * 7919 % 20011) / 20011 * 12 - 8);
    y[i] = (i + 1) % 100 == 0;
    v[i] = g[i] = 0;
  }
  for (int s = 0; s < 15; s++) {
    const double start = now();
    for (size_t k = 0; k < calls; k++)
      written(n, x, y, NULL, NULL, NULL, g, NULL);
    samples[s] = (now() - start) / (double)calls;
  }
  qsort(samples, 15, sizeof *samples, compare);
  printf("%.9g\n", samples[7] / (double)n * 1e9);
  return g[0] == 12345;
}
]]

local function measure_c(gammas, counts)
  local main_path = folder .. "/scripted_main.c"
  local file = assert(io.open(main_path, "w"))
  file:write(main)
  file:close()
  local path = folder .. "/scripted_focal.c"
  for _, gamma in ipairs(gammas) do
    for series, loss in pairs { ["as C, fixed"] = focal { gamma = gamma },
      ["as C"] = focal { gamma = gamma },
      ["built-in as C"] = neap.loss.focal { gamma = gamma } } do
      assert(loss:to_c(path, { name = "written", dtype = "float32",
        fixed = series == "as C, fixed" }))
      assert(os.execute(("cc -O2 -march=native -mprefer-vector-width=512 "
        .. "-o %s/scripted %s %s -lm"):format(folder, main_path, path)))
      for _, n in ipairs(counts) do
        local out <close> = assert(io.popen(("%s/scripted %d"):format(folder,
          n)))
        show(series, ("gamma %g, %d"):format(gamma, n),
          tonumber(out:read "l"))
      end
    end
  end
end

local function lockstep()
  local d = neap.data.gaussians { n = 100000, features = 32, prior = 0.01,
    distance = 2, seed = 1 }
  for series, make in pairs { neap = focal, ["built-in kernel"] =
    neap.loss.focal } do
    local points = {}
    for i = 1, 121 do
      points[i] = { loss = make { gamma = (i - 1) % 11 / 2 },
        optimizer = neap.optimizer.sgd { learning_rate = 0.1 } }
    end
    local start = os.clock()
    local job = neap.job { data = d, points = points, epochs = 5 }
    while not job:step(1e9) do end
    show(series, "121 points, ns a row, point and epoch",
      (os.clock() - start) / (121 * 5 * d.n) * 1e9)
    job:close()
  end
end

measure(65536, { 1.5, 2 })
measure_c({ 1.5, 2 }, { 65536 })
if arg[2] ~= "short" then
  measure(1 << 24, { 2 })
  measure_c({ 2 }, { 1 << 24 })
end
lockstep()
show("neap", "trace, derive and build, ms", 1e3 * seconds(function()
  textbook "written"
end))
