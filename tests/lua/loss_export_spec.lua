-- Losses written as C99 files: they compile without a warning, by gcc and by
-- clang, and give what the loss gives.
local cases = dofile "tests/lua/defined_cases.lua"
local neap = require "neap"
local m = neap.math

local ulps, focal = cases.ulps, cases.focal

describe("a loss as C", function()
  local sanitize = os.getenv "NEAP_SANITIZE" or ""
  local folder = os.tmpname()
  os.remove(folder)
  setup(function() assert(os.execute("mkdir " .. folder)) end)
  teardown(function() os.execute("rm -r " .. folder) end)

  local main = [[
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
enum { WIDTH = $WIDTH, TARGETS = $COUNT, MOST = 8192 };
typedef $REAL real;
typedef $TARGET target;
typedef void loss(size_t, const real *, const target *, const real *const *,
    const double *, real *, real *, real *);
loss $NAMES;
int main(int argc, char **argv) {
  static real x[MOST * WIDTH], c[MOST], v[MOST], g[MOST * WIDTH];
  static real h[MOST * WIDTH];
  static target y[MOST * TARGETS];
  static loss *const losses[] = {$NAMES};
  static const double params[][4] = {$PARAMS};
  static const int has_params[] = {$HAS};
  const size_t n = (size_t)atol(argv[argc - 1]), all = n * WIDTH;
  const size_t labels = n * TARGETS;
  const real *columns[] = {c};
  FILE *in = fopen(argv[1], "rb"), *out = fopen(argv[2], "wb");
  if (fread(x, sizeof *x, all, in) != all ||
      fread(y, sizeof *y, labels, in) != labels ||
      fread(c, sizeof *c, n, in) != n)
    return 1;
  for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
    const double *own = has_params[i] ? params[i] : NULL;
    losses[i](n, x, y, columns, own, v, NULL, NULL);
    fwrite(v, sizeof *v, n, out);
    losses[i](n, x, y, columns, own, v, g, h);
    fwrite(g, sizeof *g, all, out);
    fwrite(h, sizeof *h, all, out);
  }
  return fclose(out);
}
]]

  local function write(name, text)
    local file <close> = assert(io.open(folder .. "/" .. name, "wb"))
    file:write(text)
  end

  -- Runs some losses as C on the same rows: for each the three results, as
  -- arrays. list: { { loss, given = options of to_c, params = }, ... }
  -- width: of a row of logits, and of targets if they are probabilities.
  local function run(list, compiler, dtype, x, y, c, width)
    local names, params, has, files = {}, {}, {}, {}
    for i, case in ipairs(list) do
      local given = case.given or {}
      given.name, given.dtype = "own" .. i, dtype
      given.classes = width > 1 and width or nil
      given.targets = width > 1 and (y:dtype() == "int32" and "classes"
        or "probabilities") or nil
      names[i] = case.file and "own" .. case.file or given.name
      if not case.file then
        files[#files + 1] = ("%s/own%d.c"):format(folder, i)
        assert(case[1]:to_c(files[#files], given))
      end
      params[i] = ("{%s}"):format(case.params or "0")
      has[i] = case.params and 1 or 0
    end
    write("main.c", (main:gsub("%$(%u+)", {
      REAL = dtype == "float32" and "float" or "double", WIDTH = width,
      TARGET = y:dtype() == "int32" and "int32_t" or "real",
      COUNT = y:dtype() == "int32" and 1 or width,
      NAMES = table.concat(names, ", "), PARAMS = table.concat(params, ", "),
      HAS = table.concat(has, ", "),
    })))
    write("in", x:tobytes() .. y:tobytes() .. c:tobytes())
    -- Without fused operations where the engine has none, and with them else.
    local flags = neap.isa == "base" and "" or "-mfma -mavx2"
    if sanitize:find "address" then
      flags = ("%s -fsanitize=%s -fno-sanitize-recover=all"):format(flags,
        sanitize)
    end
    assert(os.execute(("%s -std=c99 -Wall -Wextra -Wpedantic -Wconversion "
      .. "-Wshadow -Werror -O2 %s -o %s/own %s/main.c %s -lm"):format(compiler,
      flags, folder, folder, table.concat(files, " "))))
    assert(os.execute(("%s/own %s/in %s/out %d"):format(folder, folder, folder,
      #y)))
    local out <close> = assert(io.open(folder .. "/out", "rb"))
    local results = {}
    for i = 1, #list do
      results[i] = {}
      for k = 1, 3 do
        local count = k == 1 and #y or #y * width
        local size = dtype == "float32" and 4 or 8
        results[i][k] = neap.from_bytes(out:read(count * size), dtype, count)
      end
    end
    return results
  end

  -- Logits over |x| <= 100 and the special ones, each with both targets, and
  -- with soft ones here and there.
  local function rows(dtype)
    local x, y = {}, {}
    local numbers = { 0 / 0, math.huge, -math.huge, 0.0, -0.0, 1e30, -1e30,
      1e-30, -1e-30, 5e-324, 745.2, -745.2, 88.1, -88.1, 103.9, -103.9 }
    for i = -500, 500 do
      numbers[#numbers + 1] = i / 5 + (i % 7) * 0.0013
    end
    for i, number in ipairs(numbers) do
      for k, target in ipairs { 0, 1, 0, 1, i % 97 / 97 } do
        if k <= 2 or i % 3 == 0 then
          x[#x + 1], y[#y + 1] = number, target
        end
      end
    end
    local c = {}
    for i = 1, #x do c[i] = i % 5 + 0.5 end
    return neap.array(x, dtype), neap.array(y, dtype), neap.array(c, dtype)
  end

  -- The worst difference of two arrays in units in the last place, and where.
  local function difference(got, want, dtype)
    local worst, at = 0, 1
    for i = 1, #got do
      local ulp = ulps(got[i], want[i], dtype)
      if ulp > worst or ulp ~= ulp then worst, at = ulp, i end
    end
    return worst, at
  end

  -- list: { { loss, plain = what it is to be as C, if it is another }, ... }
  local function compare(list, compiler, dtype, x, y, c, width)
    local got = run(list, compiler, dtype, x, y, c, width or 1)
    for k, case in ipairs(list) do
      local loss = case.plain or case[1]
      local columns = case.columns and { amount = c } or nil
      local gradient, hessian = x:copy(), x:copy()
      loss:evaluate(x, y, { gradient = gradient, hessian = hessian,
        columns = columns })
      local want = { loss(x, y, nil, columns),
        neap.from_bytes(gradient:tobytes(), dtype, #got[k][2]),
        neap.from_bytes(hessian:tobytes(), dtype, #got[k][2]) }
      for part, name in ipairs { "value", "gradient", "hessian" } do
        local worst, at = difference(got[k][part], want[part], dtype)
        assert(worst <= 2, ("%s, %s %d: %.17g, not %.17g"):format(
          tostring(loss), name, at, got[k][part][at], want[part][at]))
      end
    end
  end

  local function compare_single(list, compiler, dtype)
    compare(list, compiler, dtype, rows(dtype))
  end

  local function none(name, o)
    o = o or {}
    o.reduction = "none"
    return neap.loss[name](o)
  end

  local cost = neap.loss.define {
    name = "cost_c", columns = { "amount" },
    params = { weight = { 1.5, min = 0 } },
    binary = function(x, y, p, c)
      return (1 - y) * m.softplus(x) + y * p.weight * c.amount * m.softplus(-x)
    end,
  }
  local star = neap.loss.define {
    name = "star_c", params = { slope = 2.1 },
    margin = function(x, p) return m.softplus(1 - p.slope * x) / p.slope end,
  }
  local square = neap.loss.define {
    name = "square_c", margin = function(x) return m.max(0, 1 - x) ^ 2 end,
  }

  -- One file for each loss, called with the parameters of all its rows.
  local function built_in()
    local list, files = {}, {}
    for i, row in ipairs {
      { "binary_cross_entropy" }, { "focal", { gamma = 2 } },
      { "focal", { gamma = 1.7, alpha = 0.25 }, "1.7, 0.25, 0" },
      { "focal", { gamma = 0 }, "0, NAN, 0" },
      { "focal", { gamma = 0.5 }, "0.5, NAN, 0" },
      { "focal", { gamma = 1 }, "1, NAN, 0" },
      { "focal", { gamma = 2, alpha = 0.9 }, "2, 0.9, 0" },
      { "focal", { gamma = 3.3, soft = "expected" }, "3.3, NAN, 1" },
      { "focal_star" }, { "focal_star", { gamma = 3.7, beta = -1.2 },
      "3.7, -1.2, 0" }, { "poly1" }, { "poly1", { epsilon = -0.6 }, "-0.6, 0" },
      { "generalized_cross_entropy" },
      { "generalized_cross_entropy", { q = 0 }, "0, 0, 0" },
      { "generalized_cross_entropy", { q = 1 }, "1, 0, 0" },
      { "symmetric_cross_entropy" }, { "asymmetric" }, { "asymmetric",
      { gamma_positive = 1.1, gamma_negative = 1.5, margin = 0.2 },
      "1.1, 1.5, 0.2" }, { "asymmetric", { margin = 0 }, "0, 4, 0" },
      { "brier" }, { "hinge" }, { "squared_hinge", { margin = 0.3 } },
      { "modified_huber" }, { "huber", { delta = 0.7 } },
    } do
      list[i] = { none(row[1], row[2]), params = row[3],
        file = files[row[1]] }
      files[row[1]] = files[row[1]] or i
    end
    return list
  end

  local function defined()
    return {
      { focal() { gamma = 1.7, reduction = "none" } },
      { cost { reduction = "none" }, columns = true },
      { star { slope = 1.3, reduction = "none" } },
      { square { reduction = "none" } },
      { none("focal", { gamma = 2, hessian = "positive" }) },
      { none("focal", { gamma = 2, hessian = 0.01 }) },
      { star { hessian = "absolute", reduction = "none" } },
    }
  end

  local function sums()
    return {
      { 0.7 * none "focal" + 0.3 * none("poly1", { epsilon = 1 }) },
      { 2 * none "brier" }, { none "focal_star" - 0.5 * none "focal_star" },
      { 1.5 * cost { reduction = "none" } + none "asymmetric"
        + 0.1 * star { reduction = "none" } + cost { weight = 3,
        reduction = "none" }, columns = true },
      { none("focal", { hessian = "absolute" })
        + none("focal", { gamma = 1, hessian = "absolute" }) },
      { none("focal", { hessian = "positive" })
        - none("brier", { hessian = "positive" }) },
      { none("focal", { hessian = 0.2 }) + 0 * none("brier",
        { hessian = 0.2 }) },
    }
  end

  local function some_of_classes()
    return {
      { none "softmax_focal" },
      { none("softmax_focal", { gamma = 0.7 }), file = 1, params = "0.7" },
      { star:softmax { hessian = "absolute", reduction = "none" } },
      { none "cross_entropy" - 0.4 * star:softmax { reduction = "none" }
        + 0 * none "softmax_focal" },
    }
  end

  local function of_classes()
    local list = some_of_classes()
    for _, name in ipairs { "softmax_focal_star",
      "softmax_generalized_cross_entropy", "softmax_modified_huber" } do
      list[#list + 1] = { none(name) }
    end
    for _, hessian in ipairs { "positive", 0.03 } do
      list[#list + 1] = { none("softmax_focal", { hessian = hessian }) }
    end
    return list
  end

  -- Rows of `width` logits, some of them far from the others or impossible.
  local function class_rows(dtype, width)
    local x, y, c, state = neap.zeros(203, width, dtype), {}, {}, 1
    for i = 1, 203 do
      y[i], c[i] = i % width, 0
      for j = 1, width do
        state = state * 48271 % 2147483647
        local logit = (state / 2147483647 - 0.5) * ({ 2, 30, 300 })[i % 3 + 1]
        local row = x:row(i)
        row[j] = (i + j) % 41 == 0 and -math.huge or i == 7 and 1 or logit
      end
    end
    return x, neap.array(y, "int32"), neap.array(c, dtype), width
  end

  -- The same with targets that are probabilities, some of them of one class.
  local function soft_rows(dtype, width)
    local x, y, c = class_rows(dtype, width)
    local soft = neap.zeros(#y, width, dtype)
    for i = 1, #y do
      local row = soft:row(i)
      for j = 1, width do
        local share = i % 4 == 0 and 0.5 or 1 / 1024
        row[j] = j - 1 == y[i] and 1 - (width - 1) / 1024 or 1 / 1024
        if i % 4 == 0 then row[j] = (j == 1 or j == 3) and share or 0 end
        if i % 5 == 0 then row[j] = j - 1 == y[i] and 1 or 0 end
        if i % 7 == 0 then x:row(i)[j] = j * 0.1 end
      end
    end
    return x, soft, c, width
  end

  local function of_distributions()
    local list = { { none "kl" + 0.5 * none "softmax_focal" },
      { none("distillation", { temperature = 2 }) } }
    for _, name in ipairs { "kl", "reverse_kl", "jensen_shannon",
      "softmax_brier" } do
      list[#list + 1] = { none(name) }
    end
    return list
  end

  local function succeeds(command)
    return os.execute(command .. " > /dev/null 2>&1")
  end

  -- avx2 and avx512 give the same bits: one of them will do. With sanitizers,
  -- which take long, one build will.
  local program = os.getenv "NEAP_PROGRAM"
  local is_again = neap.isa == "avx2" and program
    and succeeds("NEAP_ISA=avx512 " .. program .. " --version")

  local function tests_with(compiler, dtype)
    local is_more = is_again or sanitize ~= "" and (neap.isa == "base"
      or compiler ~= "gcc" or dtype ~= "float64")
    local is_there = not is_more and succeeds("command -v " .. compiler)
    return is_there and it or pending
  end

  for _, build in ipairs { { "gcc", "float64" }, { "gcc", "float32" },
    { "clang", "float32" } } do
    local compiler, dtype = build[1], build[2]
    local by = (" by %s, %s"):format(compiler, dtype)
    local test = tests_with(compiler, dtype)
    local is_full = dtype == "float64" and sanitize == ""

    test("gives what built-in losses give," .. by, function()
      compare_single(built_in(), compiler, dtype)
    end)

    test("gives what defined losses and sums give," .. by, function()
      local list = defined()
      table.move(sums(), 1, #sums(), #list + 1, list)
      compare_single(list, compiler, dtype)
    end)

    test("gives what losses of classes give," .. by, function()
      local list = is_full and of_classes() or some_of_classes()
      compare(list, compiler, dtype, class_rows(dtype, 10))
      compare({ { none "softmax_focal" } }, compiler, dtype,
        class_rows(dtype, 100))
    end)

    test("gives what losses of distributions give," .. by, function()
      local list = of_distributions()
      table.insert(list, { star:softmax { reduction = "none" } })
      if not is_full then list = { list[1], list[2] } end
      compare(list, compiler, dtype, soft_rows(dtype, 10))
      compare({ { none "kl" } }, compiler, dtype, class_rows(dtype, 10))
    end)
  end

  it("takes other parameters, or has its own for good", function()
    local other = none("focal", { gamma = 3.3, soft = "expected" })
    compare_single({
      { neap.loss.focal {}, plain = other,
        params = "3.3, NAN, 1" },
      { neap.loss.focal { gamma = 3.3, soft = "expected" },
        given = { fixed = true }, plain = other, params = "1, NAN, 1" },
      { star {}, params = "0.4, 0, 0",
        plain = star { slope = 0.4, reduction = "none" } },
      { star { slope = 0.4 }, given = { fixed = true }, params = "3, 0, 0",
        plain = neap.loss.define { name = "star_fixed", margin = function(x)
          return m.softplus(1 - 0.4 * x) / 0.4
        end } { reduction = "none" } },
      { neap.loss.focal {} + neap.loss.poly1 {}, params = "1, 0.3, 0, 1",
        plain = none("focal", { gamma = 1, alpha = 0.3 })
          + none("poly1", { epsilon = 1 }) },
    }, "cc", "float64")
  end)

  it("has fixed powers as products", function()
    compare_single({ { focal() { gamma = 2 }, given = { fixed = true },
      plain = neap.loss.define { name = "focal_2", binary = function(x, y)
        local q = m.sigmoid(x)
        return -y * (1 - q) ^ 2 * m.log(q) - (1 - y) * q ^ 2 * m.log(1 - q)
      end } { reduction = "none" } } }, "cc", "float32")
  end)

  local function text_of(loss, given)
    local path = folder .. "/text.c"
    assert(loss:to_c(path, given))
    local file <close> = assert(io.open(path))
    return file:read "a"
  end

  it("says what it is", function()
    local text = text_of(neap.loss.focal {})
    assert.matches("void neap_focal%(size_t n, const double %*logits", text)
    assert.matches("params: gamma = 2, alpha = false, soft = linear", text)
    assert.matches("%(1 %- p_t%)%^gamma log p_t", text)
    text = text_of(0.5 * cost {} + 2 * star {}, { name = "both",
      dtype = "float32" })
    assert.matches("void both%(size_t n, const float %*logits", text)
    assert.matches("columns%[0%] is amount", text)
    assert.matches("weight of term 1 = 1%.5, slope of term 2 = 2%.1;", text)
    assert.matches("0%.5 times the loss cost_c", text)
  end)

  it("is refused where there is none", function()
    local path = folder .. "/x.c"
    for why, call in pairs {
      ["the loss has label_smoothing"] = function()
        neap.loss.focal { label_smoothing = 0.1 }:to_c(path)
      end,
      ["the loss has class_weights"] = function()
        local o = { class_weights = { 1, 2 } };
        (neap.loss.focal(o) + neap.loss.poly1 {}):to_c(path)
      end,
      ["name is '2x'; wanted a C identifier"] = function()
        focal():to_c(path, { name = "2x" })
      end,
      ["name is 'double', a word that the file has"] = function()
        focal():to_c(path, { name = "double" })
      end,
      ["name is 'focal_map_weighted', a word"] = function()
        neap.loss.focal {}:to_c(path, { name = "focal_map_weighted" })
      end,
      ["path is nil; wanted a string"] = function()
        neap.loss.focal {}:to_c()
      end,
      ["classes is nil; wanted the number of classes, 2 to 1024"] = function()
        neap.loss.cross_entropy {}:to_c(path)
      end,
      ["classes is 3; wanted none"] = function()
        neap.loss.focal {}:to_c(path, { classes = 3 })
      end,
      ["ldam's margins come from the classes' counts"] = function()
        neap.loss.ldam {}:to_c(path, { classes = 3 })
      end,
      ["targets is for losses of classes"] = function()
        neap.loss.focal {}:to_c(path, { targets = "classes" })
      end,
      ["targets is 'classes'; distillation has logits"] = function()
        neap.loss.distillation {}:to_c(path, { classes = 3,
          targets = "classes" })
      end,
    } do
      local ok, message = pcall(call)
      assert.is_false(ok)
      assert.is_truthy(message:find(why, 1, true), message)
      assert.matches("^tests/lua/loss_export_spec.lua:%d+:", message)
    end
    local ok, why = focal():to_c(folder .. "/none/x.c")
    assert.is_nil(ok)
    assert.matches("No such file", why)
  end)
end)
