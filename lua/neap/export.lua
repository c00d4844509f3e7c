--- A fit as one C99 file without dependencies, which gives its logits.
--
-- The arithmetic is that of the kernels, operation by operation (fused where
-- they fuse), so that it gives the bits of fit:logits on machines with fused
-- operations.
local compat = require "neap.compat"
local polynomials = require "neap.polynomials"

local M = {}

local float = {
  type = "float", bits = "uint32_t", suffix = "f", shift = 23, lift = 64,
  bias = 127, low = "-104.0f", high = "89.0f", log2e = "0x1.715476p0f",
  ln2_high = "0x1.62ep-1f", ln2_low = "0x1.0bfbe8p-15f", sign = "0x80000000u",
}
local double = {
  type = "double", bits = "uint64_t", suffix = "", shift = 52, lift = 512,
  bias = 1023, low = "-746.0", high = "710.0", log2e = "0x1.71547652b82fep0",
  ln2_high = "0x1.62e42feep-1", ln2_low = "0x1.a39ef35793c76p-33",
  sign = "0x8000000000000000u",
}

-- Fills in $name or ${name} from a table.
local function fill(text, values)
  return (text:gsub("%${([%w_]+)}", values):gsub("%$([%w_]+)", values))
end

-- What an activation's arithmetic stands on: src/kernel/math.h.
local bits = [[
static $type real_of($bits bits) {
  $type x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static $bits bits_of($type x) {
  $bits bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static $type exp_tail($type r) {
$exp_tail}

]]

local minus_abs = [[
/* e^-|x| */
static $type exp_of_minus_abs($type x) {
  const $type minus = real_of(bits_of(x) | $sign);
  const $type t = minus < $low ? $low : minus;
  const $type magic = 1.5$suffix * ($type)(($bits)1 << $shift) + $lifted;
  const $type rounded = fma$suffix(t, $log2e, magic);
  const $type k = rounded - magic;
  $type r = fma$suffix(k, -$ln2_high, t);
  r = fma$suffix(k, -$ln2_low, r);
  const $type tail = fma$suffix(r * r, exp_tail(r), r);
  const $type factor = real_of(bits_of(rounded) << $shift);
  return fma$suffix(tail, factor, factor) * 0x1p-$lift$suffix;
}

]]

local any = [[
/* e^x */
static $type exp_of($type x) {
  x = x < $low ? $low : x;
  x = x > $high ? $high : x;
  const $type magic = 1.5$suffix * ($type)(($bits)1 << $shift) + $doubled;
  const $type rounded = fma$suffix(x, $log2e, magic);
  const $type k = rounded - magic;
  $type r = fma$suffix(k, -$ln2_high, x);
  r = fma$suffix(k, -$ln2_low, r);
  const $type tail = fma$suffix(r * r, exp_tail(r), r);
  const $bits bits = bits_of(rounded), half = bits >> 1;
  const $type first = real_of(half << $shift);
  const $type second = real_of((bits - half) << $shift);
  return fma$suffix(tail, first, first) * second;
}

]]

local activations = {
  relu = [[
static $type activate($type z) {
  return z < 0 ? 0 : z;
}
]],
  silu = [[
static $type activate($type z) {
  const $type e = exp_of_minus_abs(z), r = 1 / (1 + e), er = e * r;
  return z == -INFINITY ? 0 : z * (z < 0 ? er : r);
}
]],
  tanh = [[
static $type activate($type z) {
  const $type a = fabs$suffix(z), bound = -($low) / 2;
  const $type x = -2 * (a > bound ? bound : a);
  const int small = fabs$suffix(x) <= 0.3465$suffix;
  const $type r = small ? x : 0;
  const $type t = small ? fma$suffix(r * r, exp_tail(r), r) : exp_of(x) - 1;
  const $type value = -t * (1 / (2 + t));
  return z < 0 ? -value : value;
}
]],
  gelu = [[
static $type erfc_tail($type t) {
$erfc_tail}

static $type activate($type z) {
  const $type a = fabs$suffix(z), x = a * $sqrt_half;
  const $type bound = a > 40 ? 40 : a;
  const $type power = exp_of_minus_abs(0.5$suffix * bound * bound);
  const $type t = 2 / (2 + x);
  const $type tail = 0.5$suffix * t * power * exp_of(erfc_tail(t));
  return a > 40 && z < 0 ? 0 : z * (z < 0 ? tail : 1 - tail);
}
]],
}

local needs = {
  relu = {}, silu = { bits, minus_abs }, tanh = { bits, any },
  gelu = { bits, minus_abs, any },
}

-- A polynomial of src/kernel/polynomial.h as the lines of a function.
local function horner(coefficients, variable, number, suffix)
  local lines = {
    ("  %s p = %s;\n"):format(number, coefficients[1]),
  }
  for i = 2, #coefficients do
    lines[i] = ("  p = fma%s(p, %s, %s);\n"):format(suffix, variable,
      coefficients[i])
  end
  lines[#lines + 1] = "  return p;\n"
  return table.concat(lines)
end

-- ----------------------------------------------------------------- the tables

local function literal(x, suffix)
  return compat.hex(x) .. suffix
end

local function list(values, per_line)
  local lines, line = {}, {}
  for _, value in ipairs(values) do
    line[#line + 1] = value
    if #line == per_line then
      lines[#lines + 1] = "  " .. table.concat(line, ", ")
      line = {}
    end
  end
  if #line > 0 then lines[#lines + 1] = "  " .. table.concat(line, ", ") end
  return table.concat(lines, ",\n")
end

-- All layers: inputs, outputs, and the first of their parameters.
local function layers_of(fit)
  local layers, at, inputs = {}, 0, fit.features
  local hidden = fit.model.hidden or {}
  for l = 1, #hidden + 1 do
    local outputs = hidden[l] or fit.outputs
    layers[l] = { inputs = inputs, outputs = outputs, first = at }
    at = at + outputs * (inputs + 1)
    inputs = outputs
  end
  return layers
end

local function parameters_text(fit, r)
  local values = {}
  for i = 1, #fit.parameters do
    local x = fit.parameters[i]
    if r.type == "float" then
      x = compat.string_unpack("<f", compat.string_pack("<f", x))
    end
    values[i] = literal(x, r.suffix)
  end
  return ("static const %s parameters[%d] = {\n%s};\n"):format(r.type, #values,
    list(values, 3))
end

local function scaler_text(fit)
  local scaler = fit.scaler
  if not scaler then return "" end
  local shift, scale = {}, {}
  for j = 1, fit.features do
    shift[j], scale[j] = literal(scaler.shift[j], ""),
      literal(scaler.scale[j], "")
  end
  return ("static const double shift[%d] = {\n%s};\n"
    .. "static const double scale[%d] = {\n%s};\n"):format(#shift,
    list(shift, 3), #scale, list(scale, 3))
end

-- ---------------------------------------------------------------- the program

local layer_text = [[
  for (size_t o = 0; o < $outputs; o++) {
    const $type *w = parameters + $first + o * $row;
    $type z = w[$inputs];
    for (size_t j = 0; j < $inputs; j++)
      z = fma$suffix(w[j], $from[j], z);
    $to[o] = $result;
  }
]]

local function body_of(fit, r)
  local lines, from = {}, "x"
  local layers = layers_of(fit)
  for l, layer in ipairs(layers) do
    local is_last = l == #layers
    local to = is_last and "logits" or "a" .. l
    if not is_last then
      lines[#lines + 1] = ("  %s %s[%d];\n"):format(r.type, to, layer.outputs)
    end
    lines[#lines + 1] = fill(layer_text, {
      outputs = layer.outputs, inputs = layer.inputs, first = layer.first,
      row = layer.inputs + 1, type = r.type, suffix = r.suffix, from = from,
      to = to, result = is_last and "z" or "activate(z)",
    })
    from = to
  end
  return table.concat(lines)
end

local program = [[
/* ${name}.c -- $title
 *
 * Made by neap; needs a C99 compiler and nothing else. For the bits of neap
 * build it without -ffast-math and with -ffp-contract=off.
 *
 *   void ${name}_logits(const $type *row, $type *logits);
 *
 * row: $features numbers, as they came to training: $columns
 * logits: $outputs, $meaning
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

$tables
$functions
void ${name}_logits(const $type *row, $type *logits);

void ${name}_logits(const $type *row, $type *logits) {
  $type x[$features];
  for (size_t j = 0; j < $features; j++)
    x[j] = $standardised;
$body}
]]

local function functions_of(fit, r)
  local tails = polynomials[fit.precision]
  local name = fit.model.hidden and fit.model.activation
  if not name then return "" end
  local values = {}
  for key, value in pairs(r) do values[key] = tostring(value) end
  values.lifted = ("%d%s"):format(r.bias + r.lift,
    r.suffix == "f" and ".0f" or ".0")
  values.doubled = ("%d%s"):format(2 * r.bias,
    r.suffix == "f" and ".0f" or ".0")
  values.sqrt_half = r.suffix == "f" and "0x1.6a09e6p-1f"
    or "0x1.6a09e667f3bcdp-1"
  values.exp_tail = horner(tails.exp_tail, "r", r.type, r.suffix)
  values.erfc_tail = horner(tails.erfc_tail, "t", r.type, r.suffix)
  return fill(table.concat(needs[name]) .. activations[name], values)
end

local function columns_text(fit)
  local names = {}
  for j = 1, fit.features do names[j] = fit.names[j] end
  return (table.concat(names, ", "):gsub("%*/", "* /"))
end

--- Returns the text of the file.
-- @param fit a fit that is not calibrated
-- @param name of the C function, before _logits
function M.text(fit, name)
  local r = fit.precision == "float32" and float or double
  local value = fit.scaler and "((double)row[j] - shift[j]) * scale[j]"
    or "row[j]"
  return fill(program, {
    name = name,
    title = (tostring(fit.model) .. " trained by " .. tostring(fit.loss)),
    type = r.type,
    features = fit.features,
    columns = columns_text(fit),
    outputs = fit.outputs,
    meaning = fit.kind == "classes" and "one for each class, for a softmax"
      or fit.outputs > 1 and "one for each label"
      or ("log(p / (1 - p)) of " .. tostring(fit.classes[2])),
    tables = parameters_text(fit, r) .. scaler_text(fit),
    functions = functions_of(fit, r),
    standardised = fit.scaler and ("(%s)(%s)"):format(r.type, value) or value,
    body = body_of(fit, r),
  })
end

return M
