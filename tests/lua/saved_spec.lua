-- Fits as bytes, as files and as C: lua/neap/saved.lua, pack.lua, export.lua.
local compat = require "neap.compat"
local neap = require "neap"
local pack = require "neap.pack"

local cancer = assert(neap.data.read("tests/data/breast_cancer.csv", {
  target = "diagnosis", positive = "malignant",
}))
local small = neap.data.gaussians { n = 2000, features = 5, prior = 0.2 }

local function three_classes()
  local x, y = {}, {}
  for i = 1, 300 do
    local c = i % 3
    local a, b = math.sin(i), math.cos(7 * i)
    x[i] = { math.cos(2 * c) + a, math.sin(2 * c) + b }
    y[i] = ({ "one", "two", "three" })[c + 1]
  end
  return neap.data.from { x = x, y = y }
end

local losses = {
  neap.loss.focal { gamma = 1.5, alpha = 0.3, hessian = "positive" },
  neap.loss.focal { pos_weight = 4, temperature = 2 },
  neap.loss.binary_cross_entropy { class_weights = "balanced",
    label_smoothing = 0.1, smoothing = "after" },
  neap.loss.poly1 { class_weights = { "effective", beta = 0.99 } },
  0.25 * neap.loss.focal {} - 2 * neap.loss.brier { class_weights = { 1, 3 } },
  neap.loss.focal { logit_adjustment = 1, prior = { 0.9, 0.1 },
    soft = "expected" },
}

local function mlp(activation, hidden)
  return neap.train {
    data = small, loss = neap.loss.focal { gamma = 2 }, epochs = 2,
    model = neap.model.mlp { hidden = hidden or { 7, 4 },
      activation = activation },
    optimizer = neap.optimizer.adamw { schedule = "cosine" },
  }
end

describe("a saved fit", function()
  it("gives the same logits to the bit, and says the same of itself", function()
    local fits = {
      neap.train { data = cancer, loss = losses[1],
        model = neap.model.linear { l2 = 0.01 } },
      neap.train { data = three_classes(), loss = neap.loss.ldam {},
        model = neap.model.linear { l2 = 0.01 } },
      mlp "tanh",
    }
    local rows = { cancer, three_classes(), small }
    for i, fit in ipairs(fits) do
      local again = neap.from_saved(fit:tobytes())
      assert.equal(fit:logits(rows[i]):tobytes(),
        again:logits(rows[i]):tobytes())
      assert.equal(tostring(fit), tostring(again))
      assert.equal(tostring(fit.optimizer), tostring(again.optimizer))
      assert.equal(tostring(fit.model), tostring(again.model))
      assert.same(fit.classes, again.classes)
      assert.equal(fit.history:tobytes(), again.history:tobytes())
      assert.equal(fit:tobytes(), again:tobytes())
      assert.error(function() again.parameters[1] = 0 end)
    end
  end)

  it("keeps every option of its loss", function()
    for _, loss in ipairs(losses) do
      local fit = neap.train { data = small, loss = loss,
        model = neap.model.linear { l2 = 1 } }
      local again = neap.from_saved(fit:tobytes()).loss
      local x, y = { -2, 0.5, 3 }, { 1, 0, 1 }
      assert.equal(loss(x, y), again(x, y))
      assert.equal(loss:hessian(x, y)[1], again:hessian(x, y)[1])
    end
  end)

  it("is a start for training", function()
    local fit = mlp "relu"
    local again = neap.from_saved(fit:tobytes())
    local function go_on(from)
      return neap.train { data = small, loss = neap.loss.focal {}, epochs = 1,
        model = from.model, optimizer = from.optimizer, initial = from }
    end
    assert.equal(go_on(fit).parameters:tobytes(),
      go_on(again).parameters:tobytes())
  end)

  it("goes to a file and back, or says why not", function()
    local path = os.tmpname()
    local fit = mlp "silu"
    assert.is_true(fit:save(path))
    assert.equal(fit:tobytes(), neap.load(path):tobytes())
    os.remove(path)
    local none, why = neap.load(path)
    assert.is_nil(none)
    assert.matches("No such file", why)
    local file = assert(io.open(path, "w"))
    file:write "x,y\n"
    file:close()
    none, why = neap.load(path)
    os.remove(path)
    assert.is_nil(none)
    assert.equal(path .. ": the bytes are no saved fit", why)
    none, why = fit:save("/no/such/folder/fit")
    assert.is_nil(none)
    assert.matches("No such file", why)
  end)

  it("is refused where it is none, of a later format, or damaged", function()
    local bytes = mlp("relu", { 2 }):tobytes()
    local function refuses(message, text)
      assert.error_matches(function() neap.from_saved(text) end, message)
    end
    refuses("the bytes are no saved fit", "")
    refuses("bytes is nil; wanted a string", nil)
    refuses("saved in format 2; this neap reads 1",
      (bytes:gsub("^neap fit 1", "neap fit 2")))
    for size = 11, #bytes - 1, 41 do
      refuses("the saved fit is damaged", bytes:sub(1, size))
    end
  end)
end)

describe("packed values", function()
  it("come back", function()
    local value = { 1, 2.5, "x\0y", true, false, { a = { -1 } },
      [7] = math.mininteger, nan = math.huge }
    assert.same(value, pack.unpack(pack.pack(value)))
    local nan = pack.unpack(pack.pack(0 / 0))
    assert.is_true(nan ~= nan)
    assert.is_nil(pack.unpack(pack.pack(nil)))
    for _, dtype in ipairs { "float64", "float32", "int32" } do
      local a = neap.array({ { 1, 2 }, { 3, 4 } }, dtype)
      local b = pack.unpack(pack.pack(a))
      assert.equal(a:tobytes(), b:tobytes())
      assert.equal(a:dtype(), b:dtype())
    end
  end)

  it("are the bytes that they are said to be", function()
    -- The CRC-32 of "t" by Python's zlib.crc32.
    assert.equal("t" .. compat.string_pack("<I4", 0x856a5aa8), pack.pack(true))
    local function packed(value) return pack.pack(value):sub(1, -5) end
    assert.equal("i\1\0\0\0\0\0\0\0", packed(1))
    assert.equal("d\0\0\0\0\0\0\248\63", packed(1.5))
    assert.equal("s\2\0\0\0\0\0\0\0ab", packed "ab")
    assert.equal("ai\1" .. ("\0"):rep(7) .. ("\0"):rep(8) .. "\5\0\0\0",
      packed(neap.array({ 5 }, "int32")))
  end)

  it("are refused where they lie about their size", function()
    for _, bytes in ipairs {
      "", "x", "i", "s\255\255\255\255\255\255\255\127",
      "{\255\255\255\255\255\255\255\127",
      "ad\255\255\255\127\0\0\0\0\255\255\255\127\0\0\0\0",
      "{\1\0\0\0\0\0\0\0nn", ("{\1" .. ("\0"):rep(7) .. "t"):rep(40),
      "tt",
    } do
      local core = require "neap.core"
      local whole = bytes .. compat.string_pack("<I4", core.files.crc32(bytes))
      for _, given in ipairs { bytes, whole } do
        assert.error_matches(function() pack.unpack(given) end,
          "the bytes are damaged")
      end
    end
  end)

  it("are refused where one bit is another", function()
    local bytes = pack.pack { 1, 2.5, "text", neap.array { 1, 2, 3 } }
    for at = 1, #bytes do
      local byte = bytes:byte(at)
      byte = string.char(byte % 128 < 64 and byte + 64 or byte - 64)
      assert.error_matches(function()
        pack.unpack(bytes:sub(1, at - 1) .. byte .. bytes:sub(at + 1))
      end, "the bytes are damaged")
    end
  end)
end)

describe("a fit as C", function()
  local main_text = [[
#include <stdio.h>
void model_logits(const NUMBER *row, NUMBER *logits);
int main(void) {
  NUMBER row[FEATURES], logits[OUTPUTS];
  for (;;) {
    for (int j = 0; j < FEATURES; j++) {
      double x;
      if (scanf("%lf", &x) != 1)
        return 0;
      row[j] = (NUMBER)x;
    }
    model_logits(row, logits);
    for (int o = 0; o < OUTPUTS; o++)
      printf("%a\n", (double)logits[o]);
  }
}
]]

  -- Compiles the file with a main that reads rows and prints logits.
  local function logits_of(fit, rows, number)
    local folder = os.tmpname()
    os.remove(folder)
    os.execute("mkdir " .. folder)
    assert.is_true(fit:to_c(folder .. "/model.c"))
    local main = assert(io.open(folder .. "/main.c", "w"))
    main:write((main_text:gsub("%u%u+", {
      NUMBER = number, FEATURES = fit.features, OUTPUTS = fit.outputs,
    })))
    main:close()
    local compiler = assert(io.popen(("cd %s && gcc -std=c99 -O2 "
      .. "-ffp-contract=off -Wall -Wextra -Wpedantic -Werror -o run model.c "
      .. "main.c -lm 2>&1"):format(folder)))
    assert.equal("", compiler:read("*a"))
    compiler:close()
    local input = assert(io.open(folder .. "/rows", "w"))
    for i = 1, #rows do
      for j = 1, fit.features do input:write(compat.hex(rows[i][j]), " ") end
      input:write("\n")
    end
    input:close()
    local output = assert(io.popen(folder .. "/run < " .. folder .. "/rows"))
    local list = {}
    for line in output:lines() do list[#list + 1] = tonumber(line) end
    output:close()
    os.execute("rm -r " .. folder)
    return list
  end

  -- Both sides' roundings differ where one machine fuses and the other can't.
  local function check(fit, rows, number, ulp)
    local z, got = fit:logits(rows), logits_of(fit, rows, number)
    local outputs = fit.outputs
    assert.equal(#rows * outputs, #got)
    for i = 1, #rows do
      for o = 1, outputs do
        local wanted = outputs > 1 and z[i][o] or z[i]
        local mine = got[(i - 1) * outputs + o]
        local fuses = neap.isa ~= "base"
        local size = math.max(math.abs(wanted), fuses and 2 ^ -20 or 1)
        local unit = ulp * 2 ^ math.floor(math.log(size) / math.log(2))
        assert.near(wanted, mine, fuses and 2 * unit or 64 * unit)
      end
    end
  end

  it("gives the logits of linear models, raw rows in", function()
    check(neap.train { data = cancer, loss = neap.loss.focal {},
      model = neap.model.linear { l2 = 0.01 } }, cancer.x, "double", 2 ^ -52)
    local three = three_classes()
    check(neap.train { data = three, loss = neap.loss.cross_entropy {},
      model = neap.model.linear { l2 = 0.01 } }, three.x, "double", 2 ^ -52)
  end)

  it("gives those of every activation", function()
    local few = small:rows { 1, 2, 3, 50, 51, 700, 1999 }
    for _, activation in ipairs { "relu", "tanh", "gelu", "silu" } do
      check(mlp(activation), few.x, "float", 2 ^ -23)
    end
    local wide = neap.train {
      data = small, loss = neap.loss.focal {},
      model = neap.model.mlp { hidden = { 3 }, activation = "gelu",
        l2 = 0.01 },
      optimizer = neap.optimizer.lbfgs { max_iterations = 20 },
    }
    check(wide, few.x, "double", 2 ^ -52)
  end)

  it("has the polynomials of the kernels", function()
    local file = assert(io.open "src/kernel/polynomial.h")
    local text = file:read "*a"
    file:close()
    local half = text:find("#else", 1, true)
    local parts = { float32 = text:sub(1, half), float64 = text:sub(half) }
    for dtype, tails in pairs(require "neap.polynomials") do
      for name, coefficients in pairs(tails) do
        local body = parts[dtype]:match("real " .. name .. "%(.-return p")
        local list = {}
        for number in body:gmatch("%-?0x[%x.]+p[+-]%d+f?") do
          list[#list + 1] = number
        end
        assert.same(list, coefficients)
      end
    end
  end)

  it("wants a name that C takes", function()
    local fit = mlp("relu", { 2 })
    assert.error_matches(function() fit:to_c("2.c") end,
      "name is '2'; wanted a C identifier")
  end)
end)
