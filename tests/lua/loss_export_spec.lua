-- Losses written as C99 files: they compile without a warning, and give what
-- the loss gives.
local cases = dofile "tests/lua/defined_cases.lua"
local neap = require "neap"
local m = neap.math

local ulps, grid, focal = cases.ulps, cases.grid, cases.focal

describe("a loss as C", function()
  local folder = os.tmpname()
  os.remove(folder)
  setup(function() assert(os.execute("mkdir " .. folder)) end)
  teardown(function() os.execute("rm -r " .. folder) end)

  local main = [[
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
void NAME(size_t n, const REAL *logits, const REAL *targets,
    const REAL *const *columns, const double *params, REAL *value,
    REAL *gradient, REAL *hessian);
int main(void) {
  static REAL x[4096], y[4096], c[4096], v[4096], g[4096], h[4096];
  const REAL *columns[] = {c};
  double a, b, d;
  size_t n = 0;
  while (scanf("%la %la %la", &a, &b, &d) == 3) {
    x[n] = (REAL)a, y[n] = (REAL)b, c[n++] = (REAL)d;
  }
  NAME(n, x, y, columns, NULL, v, NULL, NULL);
  NAME(n, x, y, columns, NULL, NULL, g, h);
  for (size_t i = 0; i < n; i++)
    printf("%a %a %a\n", (double)v[i], (double)g[i], (double)h[i]);
  return 0;
}
]]

  -- What the file of a loss gives for some rows: lists of the three results.
  local function run(loss, dtype, x, y, c, given)
    local path, real = folder .. "/own.c", dtype == "float32" and "float"
      or "double"
    given = given or {}
    given.name, given.dtype = "own", dtype
    assert(loss:to_c(path, given))
    local file = assert(io.open(folder .. "/main.c", "w"))
    file:write((main:gsub("NAME", "own"):gsub("REAL", real)))
    file:close()
    -- Without fused operations where the engine has none, and with them else.
    local flags = neap.isa == "base" and "" or "-mfma -mavx2"
    assert(os.execute(("cc -std=c99 -Wall -Wextra -Wpedantic -Wconversion "
      .. "-Wshadow -Werror -O2 -ffp-contract=off %s -o %s/own %s/main.c "
      .. "%s/own.c -lm"):format(flags, folder, folder, folder)))
    local input = assert(io.open(folder .. "/in", "w"))
    for i = 1, #x do
      input:write(("%a %a %a\n"):format(x[i], y[i], c[i]))
    end
    input:close()
    local out <close> = assert(io.popen(("%s/own < %s/in"):format(folder,
      folder)))
    local results = { {}, {}, {} }
    for line in out:lines() do
      local i = #results[1] + 1
      local k = 0
      for word in line:gmatch("%S+") do
        k = k + 1
        results[k][i] = tonumber(word) or (word:match("^%-inf") and -math.huge)
          or (word:match "^inf" and math.huge) or 0 / 0
      end
    end
    return results
  end

  -- soft: some targets are between 0 and 1, too.
  local function compare(loss, plain, dtype, most, soft, given)
    local x, y = grid(dtype)
    local c = neap.zeros(#x, nil, dtype)
    for i = 1, #x do
      c[i] = i % 5 + 0.5
      if soft and i % 9 == 0 then y[i] = 0.25 end
    end
    local own = loss.name == "cost_c" and { amount = c } or nil
    local got = run(loss, dtype, x, y, c, given)
    local value = plain(x, y, nil, own)
    local gradient = plain:gradient(x, y, nil, nil, own)
    local worst = 0
    for i = 1, #x do
      worst = math.max(worst, ulps(got[1][i], value[i], dtype),
        ulps(got[2][i], gradient[i], dtype))
    end
    assert.equal(#x, #got[1])
    assert.is_true(worst <= most, ("%s %s: %g ULP"):format(loss.name, dtype,
      worst))
  end

  local cost = neap.loss.define {
    name = "cost_c", columns = { "amount" },
    params = { weight = { 1.5, min = 0 } },
    binary = function(x, y, p, c)
      return (1 - y) * m.softplus(x) + y * p.weight * c.amount * m.softplus(-x)
    end,
  }

  for _, dtype in ipairs { "float64", "float32" } do
    it("gives what the loss gives, in " .. dtype, function()
      compare(focal() { gamma = 1.7 }, focal() { gamma = 1.7,
        reduction = "none" }, dtype, 2, true)
      compare(cost {}, cost { reduction = "none" }, dtype, 2, true)
      local own = neap.loss.define { name = "star", margin = function(x)
        return m.softplus(1 - 2.1 * x)
      end }
      compare(own {}, own { reduction = "none" }, dtype, 2, true)
    end)

    it("gives what a built-in loss gives, in " .. dtype, function()
      for _, row in ipairs { { "binary_cross_entropy", 0 }, { "brier", 2 },
        { "poly1", 2 }, { "focal_star", 2 }, { "symmetric_cross_entropy", 2 },
        { "hinge", 0 }, { "squared_hinge", 0 } } do
        compare(neap.loss[row[1]] {}, neap.loss[row[1]] { reduction = "none" },
          dtype, row[2])
      end
      compare(neap.loss.focal { gamma = 2, alpha = 0.25 }, neap.loss.focal {
        gamma = 2, alpha = 0.25, reduction = "none" }, dtype, 8, false,
        { fixed = true })
    end)
  end

  it("is refused where there is none", function()
    assert.error_matches(function()
      neap.loss.softmax_focal {}:to_c(folder .. "/x.c")
    end, "has no formula")
    assert.error_matches(function()
      (neap.loss.focal {} + neap.loss.focal {}):to_c(folder .. "/x.c")
    end, "has no formula")
    assert.error_matches(function()
      neap.loss.focal { label_smoothing = 0.1 }:to_c(folder .. "/x.c")
    end, "the loss has label_smoothing")
    assert.error_matches(function()
      focal():to_c(folder .. "/x.c", { name = "2x" })
    end, "wanted a C identifier")
    local ok, why = focal():to_c(folder .. "/none/x.c")
    assert.is_nil(ok)
    assert.matches("No such file", why)
  end)
end)
