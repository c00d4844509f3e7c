-- Prints checksums of what neap computes, which are the same in every Lua:
-- scripts print the same line for the same bits.
local crc32 = require "neap.core".files.crc32
local neap = require "neap"
local m = neap.math

local function show(name, bytes)
  if type(bytes) == "number" then bytes = ("%.17g"):format(bytes) end
  if type(bytes) ~= "string" then bytes = bytes:tobytes() end
  -- Backwards, as that of bytes with their own CRC behind them says nothing.
  print(("%s: %d bytes, %08x"):format(name, #bytes, crc32(bytes:reverse())))
end

local function text_of(object, given)
  local path = os.tmpname()
  assert(object:to_c(path, given))
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  os.remove(path)
  return (text:gsub(path:match("[^/]*$"), "own")) -- which it may be named after
end

-- Logits over a wide range, some of them special.
local x, y, classes, rows = {}, {}, {}, {}
for i = 1, 400 do
  x[i] = i % 41 == 0 and math.huge or math.sin(i) * i / 4
  y[i] = i % 3 == 0 and 1 or 0
  classes[i] = i % 5
  rows[i] = {}
  for j = 1, 5 do rows[i][j] = math.cos(i * j) * 8 end
end
x, y, rows = neap.array(x), neap.array(y), neap.array(rows)
classes = neap.array(classes, "int32")

local function show_loss(name, loss, logits, targets)
  local gradient, hessian = logits:copy(), logits:copy()
  loss:evaluate(logits, targets, { gradient = gradient, hessian = hessian })
  show(name, loss(logits, targets):tobytes() .. gradient:tobytes()
    .. hessian:tobytes())
end

for _, row in ipairs(neap.loss.list()) do
  local of_classes = row.kind ~= "binary"
  local loss = neap.loss[row.name] { reduction = "none" }
  local logits, targets = of_classes and rows or x, of_classes and classes or y
  if pcall(loss, logits, targets) then
    show_loss(row.name, loss, logits, targets)
  end
end

local own = neap.loss.define {
  name = "own", params = { gamma = { 2, min = 0 } },
  binary = function(logit, target, p)
    local margin = (2 * target - 1) * logit
    return m.softplus(-margin) * m.sigmoid(-margin) ^ p.gamma
  end,
}
local sum = 0.5 * own { gamma = 1.7, reduction = "none" }
  + neap.loss.brier { reduction = "none" }
show_loss("own", own { reduction = "none" }, x, y)
show_loss("sum", sum, x, y)
show("own, told", own:show())
show("own, in C", text_of(own {}))
show("sum, in C", text_of(sum))
show("focal, in C", text_of(neap.loss.focal {}))

local d = neap.data.recipe("hard_negatives", { n = 4000, prior = 0.05 })(7)
show("hard negatives", d.x:tobytes() .. d.y:tobytes() .. d.truth:tobytes())
local train, test = d:split { test = 0.3, seed = 3 }
for fold in train:folds { k = 3, seed = 5 } do show("a fold", fold.x) end

local function show_fit(name, fit)
  local logits = fit:logits(test.x)
  show(name .. ", saved", fit:tobytes())
  show(name .. ", logits", logits)
  show(name .. ", in C", text_of(fit))
  show(name .. ", AP", neap.metric.average_precision(logits, test.y))
  local again = neap.from_saved(fit:tobytes())
  assert(again:logits(test.x):tobytes() == logits:tobytes())
end
local linear = neap.train { data = train, loss = own {},
  model = neap.model.linear { l2 = 1e-3 } }
show_fit("linear", linear)
show_fit("mlp", neap.train { data = train, loss = neap.loss.focal {},
  model = neap.model.mlp { hidden = { 8 } }, epochs = 3, seed = 11 })
show("calibrated", linear:calibrate { data = test, method = "platt" }
  :probabilities(test.x))

local job = neap.job { data = train, epochs = 4, points = {
  { loss = neap.loss.focal { gamma = 0 }, optimizer = neap.optimizer.adam {} },
  { loss = own { gamma = 0.5 }, seed = 2,
    optimizer = neap.optimizer.adam { learning_rate = 0.01 } },
} }
job:step(0)
show("checkpoint", job:checkpoint())
while job:progress().fraction < 0.6 do job:step(0) end
show("checkpoint after a group", job:checkpoint())
while not job:step(0) do end
for _, fit in ipairs(job:fits()) do show("a point", fit.parameters) end

local path = os.tmpname()
for _, ending in ipairs { ".npz", ".csv" } do
  assert(d:write(path .. ending))
  local file = assert(io.open(path .. ending, "rb"))
  show(ending, file:read("*a"))
  file:close()
  os.remove(path .. ending)
end
os.remove(path)
