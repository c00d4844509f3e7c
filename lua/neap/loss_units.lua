--- Losses as C units: for each, the type of its constants, a function that
-- makes them of the parameters, and one that runs a block of rows.
--
-- A built-in loss is its own file of the engine's sources, and so has its bits;
-- a defined one is its programs, as loops.
local core = require "neap.core"
local c_parts = require "neap.c_parts"
local programs = require "neap.loss_program"

local M = {}

-- Puts values for $name, and the prefix for $_.
local function fill(text, values)
  return (text:gsub("%$_", values._):gsub("%$(%a+)", values))
end

-- The second derivative that is wanted, as neap_second has it.
local seconds = {
  exact = "{R(1), R(1), -R(INFINITY)}", positive = "{R(0), R(1), -R(INFINITY)}",
  absolute = "{R(1), R(-1), -R(INFINITY)}",
}

local function second_text(mode)
  return seconds[mode]
    or ("{R(1), R(1), R(%s)}"):format(programs.literal(mode))
end

-- How the margins are found of which the loss wants all, or some.
local margins = {
  ALL = [[
  find_exponentials(r->x, e);
  find_margins(r->x, r->y, e, &m);
]],
  PROBABILITY = [[
  find_exponentials(r->x, e);
  find_probabilities(r->x, r->y, e, &m);
]],
  LOGIT = [[
  find_logits(r->x, r->y, &m);
]],
}

local run = [[
/* Rows whose targets are 0 or 1, then those between. */
static void $_run(const rows *r, const $type *k, neap_order order) {
  const neap_second to = $second;
  real e[NEAP_BLOCK_LANES];
$locals  const int soft = count_soft(r->y, NEAP_BLOCK_LANES);
  m.y = r->y;
$margins$hard  if (soft == 0)
    return;
$soft  put_soft(r->y, to, &m, r->value, r->gradient, r->hessian);
}
]]

-- ------------------------------------------------------------ built-in losses

local built_in = {
  type = "neap_constants",
  constants = [[
static neap_constants $_constants_of(const double *params) {
  neap_constants c = {.weight0 = R(1), .weight1 = R(1)};
  $prepare(params, &c);
  return c;
}
]],
  locals = [[
  neap_margins m, no;
  memset(m.small, 0, sizeof m.small);
  memset(no.small, 0, sizeof no.small);
]],
  hard = [[
  $curve(&m, NEAP_BLOCK_LANES, order, k);
  if (order == NEAP_SECOND)
    finish_second(r->y, to, k, &m, r->hessian);
  finish_first(r->y, k, &m, r->value, r->gradient);
]],
  soft = [[
  find_both_margins(r->x, e, &m, &no);
  $softcall;
]],
}

-- What the engine's text says a loss is made of: the functions of its
-- neap_margin_loss, by the names of its fields.
local function parts_of_loss(name, bits)
  local form, file = c_parts.find("neap_loss_" .. name, bits)
  local margin = form:match("%.margin = &([%w_]+)")
  local text = margin and c_parts.find(margin, bits)
  local parts = { file = file:match("^(.*)%.c$"),
    evaluate = form:match("%.evaluate = ([%w_]+)") }
  for field, value in (text or ""):gmatch("%.(%w+) = ([%w_]+)") do
    parts[field] = value
  end
  parts.needs = (parts.needs or "ALL"):match("%u+$")
  return parts
end

-- The row of neap.loss.list() of a name.
local function row_of(name)
  for _, row in ipairs(core.loss.list()) do
    if row.name == name then return row end
  end
end

-- A parameter's number as C has it: off is NaN, a choice its position from 0.
local function number_of(row, value)
  if value == false then return 0 / 0 end
  for i, name in ipairs(row.choices or {}) do
    if name == value then return i - 1 end
  end
  return value
end

local function built_in_parameters(loss)
  local list = {}
  for i, row in ipairs(row_of(loss.name).parameters) do
    local value = loss[row.name]
    local number = number_of(row, value)
    list[i] = { name = row.name, number = number,
      shown = type(value) ~= "number" and tostring(value) or nil }
  end
  return list
end

-- The function that makes constants of parameters.
local function constants_text(parts, values)
  values.prepare = parts.prepare
  local text = fill(built_in.constants, values)
  return parts.prepare and text
    or (text:gsub("  %$prepare.-\n", "  (void)params;\n"))
end

local function built_in_unit(loss, prefix, mode, bits)
  local parts = parts_of_loss(loss.name, bits)
  local values = {
    _ = prefix .. "_", type = built_in.type, second = second_text(mode),
    curve = parts.curve,
    margins = margins[parts.needs],
    softcall = parts.soft and parts.soft .. "(&m, &no, r->y, k)"
      or ("neap_soft_expected(&m, &no, r->y, k, %s)"):format(parts.curve),
  }
  for _, key in ipairs { "locals", "hard", "soft" } do
    values[key] = fill(built_in[key], values)
  end
  return { type = built_in.type, text = constants_text(parts, values) .. "\n"
    .. fill(run, values) }
end

-- ---------------------------------------------------- losses of a real target

local real = [[
static real $_constants_of(const double *params) {
  return (real)params[0];
}

static void $_run(const rows *r, const real *k, neap_order order) {
  const neap_second to = $second;
  const real constant = *k, *x = r->x, *y = r->y;
  real *value = r->value, *gradient = r->gradient, *hessian = r->hessian;
  (void)order;
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const neap_curve f = $curve(x[i], y[i], constant);
    value[i] = f.value;
    gradient[i] = f.first;
    hessian[i] = second_of(f.plus, R(0), to);
  }
}
]]

-- Their file has a function `curve` of prediction, target and one parameter.
local function real_unit(loss, prefix, mode, bits)
  local file = parts_of_loss(loss.name, bits).file
  return { type = "real", text = fill(real, {
    _ = prefix .. "_", second = second_text(mode), curve = file .. "_curve",
  }) }
end

-- ------------------------------------------------------------- defined losses

local defined = {
  locals = [[
  const neap_constants plain = {
      .weight0 = R(1), .weight1 = R(1), .own = k};
  neap_margins m$no;
]],
  hard = [[
  if (order == NEAP_SECOND) {
    $_second(&m, r->y, r->columns, k, m.value, m.first, m.plus, m.minus);
    finish_second(r->y, to, &plain, &m, r->hessian);
    finish_first(r->y, &plain, &m, r->value, r->gradient);
  } else {
    $_first(&m, r->y, r->columns, k, r->value, r->gradient);
  }
]],
  soft = [[
  find_exponentials(r->x, e);
  find_margins(r->x, ones, e, &m);
  $_soft(&m, r->y, r->columns, k, m.value, m.first, m.plus, m.minus);
]],
  soft_margin = [[
  find_both_margins(r->x, e, &m, &no);
  neap_soft_expected(&m, &no, r->y, &plain, $_curve);
]],
  curve = [[
/* As the engine's losses of a margin have them. */
static void $_curve(neap_margins *m, int lanes, neap_order order,
    const neap_constants *c) {
  (void)lanes;
  if (order == NEAP_SECOND)
    $_second(m, NULL, NULL, c->own, m->value, m->first, m->plus, m->minus);
$first}
]],
  first = [[
  else
    $_first(m, NULL, NULL, c->own, m->value, m->first);
]],
}

local function defined_parameters(loss, definition)
  local list = {}
  for i, row in ipairs(definition.parameters) do
    list[i] = { name = row.name, number = loss[row.name] }
  end
  return list
end

-- Which margins the programs of hard targets look at.
local function needs_of(...)
  local logit, probability = true, true
  for _, seen in ipairs { ... } do
    if seen.l or seen.l1 then logit, probability = false, false end
    if seen.p or seen.q then logit = false end
    if seen.x then probability = false end
  end
  return logit and "LOGIT" or probability and "PROBABILITY" or "ALL"
end

local function binary_unit(definition, prefix, mode)
  local listing = core.expr.listing(definition.core)
  local first, seen1 = programs.loop(prefix, "first", "first", listing,
    listing.first)
  local second, seen2 = programs.loop(prefix, "second", "all", listing,
    listing.second)
  local is_margin = listing.soft == nil
  local values = {
    _ = prefix .. "_", type = prefix .. "_constants",
    second = second_text(mode), no = is_margin and ", no" or "",
    margins = margins[needs_of(seen1, seen2)], first = "",
  }
  values.locals = fill(defined.locals, values)
  values.hard = fill(defined.hard, values)
  values.soft = fill(defined[is_margin and "soft_margin" or "soft"], values)
  local pieces = { programs.constants(prefix, listing), first, second,
    is_margin and fill(defined.curve, values)
      or programs.loop(prefix, "soft", "all", listing, listing.soft),
    fill(run, values) }
  return { type = values.type, text = table.concat(pieces, "\n") }
end

-- ----------------------------------------------------------- losses of classes

-- By the engine's own call: of targets that are classes its scratch has three
-- kinds of lines, else all of them.
local of_rows = [[
/* Rows of a softmax. */
static void $_run(const rows *r, size_t count, const $type *k) {
  NEAP_ALIGNED real space[(3 + $kinds * NEAP_SUM_LANES) * PADDED];
  const neap_loss_call call = {
      .rows = count,
      .classes = CLASSES,
      .row_stride = CLASSES,
      .class_stride = 1,
      .dtype = NEAP_REAL_DTYPE,
      .target_dtype = $dtype,
      .logits = r->x,
      .targets = r->y,
      .options = {.scale = $scale, $mode},
      .value = r->value,
      .gradient = r->gradient,
      .hessian = r->hessian,
      .scratch = space};
$body}
]]

local lifted = [[
  neap_softmax s;
  neap_start_softmax(&call, &s);
  s.loss = &$_loss;
  s.c = $own;
  for (size_t row = 0; row < count; row += NEAP_SUM_LANES) {
    const size_t left = count - row;
    const size_t some = left < NEAP_SUM_LANES ? left : NEAP_SUM_LANES;
    $rows;
  }
]]

local margin_loss = [[
static const neap_margin_loss $_loss = {.curve = $curve};

]]

local function mode_text(mode)
  return type(mode) == "string"
    and (".hessian_mode = NEAP_HESSIAN_%s"):format(mode:upper())
    or (".hessian_mode = NEAP_HESSIAN_FLOOR, .hessian_floor = "
      .. programs.literal(mode))
end

-- The text of a lifted loss's rows, or of one of distributions.
local function rows_text(values, mode, is_soft)
  values.kinds = values.kinds or is_soft and "NEAP_LINE_KINDS" or "3"
  values.dtype = is_soft and "NEAP_REAL_DTYPE" or "NEAP_INT32"
  values.rows = is_soft and "neap_run_soft_rows(&s, row, some)"
    or "neap_run_hard_rows(&s, row, some, NULL)"
  values.scale, values.mode = values.scale or "1", mode_text(mode)
  values.body = values.body or fill(lifted, values)
  return (values.curve and fill(margin_loss, values) or "")
    .. fill(of_rows, values)
end

local function built_in_classes(loss, prefix, mode, bits, is_soft)
  local parts = parts_of_loss(loss.name, bits)
  local values = { _ = prefix .. "_", type = "neap_constants", own = "*k",
    curve = parts.curve }
  if not parts.curve then
    values.kinds = "NEAP_LINE_KINDS"
    values.scale = programs.literal(1 / loss.temperature)
    values.body = ("  (void)k;\n  %s(NULL, &call);\n"):format(parts.evaluate)
  end
  return { type = values.type, text = constants_text(parts, values) .. "\n"
    .. rows_text(values, mode, is_soft) }
end

local function defined_classes(definition, prefix, mode, is_soft)
  local listing = core.expr.listing(definition.core)
  local values = { _ = prefix .. "_", type = prefix .. "_constants",
    own = "(neap_constants){.weight0 = R(1), .weight1 = R(1), .own = k}",
    curve = prefix .. "_curve" }
  values.first = fill(defined.first, values)
  return { type = values.type, text = table.concat({
    programs.constants(prefix, listing),
    (programs.loop(prefix, "first", "margin", listing, listing.first, true)),
    (programs.loop(prefix, "second", "all", listing, listing.second, true)),
    fill(defined.curve, values), rows_text(values, mode, is_soft) }, "\n") }
end

-- ----------------------------------------------------------------- all losses

local built_in_makers = {
  binary = built_in_unit, real = real_unit, classes = built_in_classes,
}

--- The parameters of a loss: { name =, number =, shown = }.
function M.parameters(loss)
  local definition = core.expr.definition(loss)
  return definition and defined_parameters(loss, definition)
    or built_in_parameters(loss)
end

--- One loss as C: { type = of its constants, text = }; the text defines
-- prefix_constants_of(params) and prefix_run(rows, constants, order).
-- @param loss a loss, no sum
-- @param definition of a loss that is written in Lua, or nil
-- @param prefix of its names
-- @param mode "exact", "positive", "absolute" or a floor of the Hessian
-- @param bits 32 or 64
-- @param is_soft of a loss of classes: whether targets are probabilities
function M.unit(loss, definition, prefix, mode, bits, is_soft)
  if definition then
    local make = loss.kind == "classes" and defined_classes or binary_unit
    return make(definition, prefix, mode, is_soft)
  end
  return built_in_makers[loss.kind](loss, prefix, mode, bits, is_soft)
end

--- Whether a loss of classes compares distributions.
function M.is_of_distributions(loss)
  return loss.kind == "classes" and not core.expr.definition(loss)
    and parts_of_loss(loss.name, 64).curve == nil
end

return M
