-- Pieces of work over the whole of neap, each small, for memory_test.c, which
-- takes memory away from them at every moment.
local neap = ...

local x = { 0, 0.5, -1, 2, -3, 1.5 }
local y = { 1, 0, 1, 0, 0, 1 }
local d = neap.data.gaussians { n = 60, features = 3, prior = 0.3, seed = 2 }
local classes = neap.data.blobs { n = 60, features = 2, classes = 3, seed = 1 }
local focal = neap.loss.focal { gamma = 2 }
local fit = neap.train { data = d, loss = focal }
local bytes = fit:tobytes()
local rows = neap.data.gaussians {
  n = 20, features = 2, prior = 0.5, seed = 1,
}
local cells = { "x,color,y\n" }
for i = 1, 12 do
  cells[i + 1] = ("%d,%s,%d\n"):format(i * 7 % 5, i % 2 == 0 and "red"
    or "blue", i % 3 == 0 and 1 or 0)
end
local csv = table.concat(cells)

local pieces = {}
local function piece(name, run) pieces[#pieces + 1] = { name, run } end

piece("arrays", function()
  local a = neap.array { { 1, 2, 3 }, { 4, 5, 6 } }
  local b = neap.zeros(3, nil, "float32"):fill(2)
  local c = neap.from_bytes(a:tobytes(), "float64", 2, 3)
  return tostring(a), a:row(2)[1] + b[1] + #c, (a + a):totable(), a:copy "int32"
end)
piece("losses", function()
  for _, row in ipairs(neap.loss.list()) do
    if row.name == "focal" or row.name == "softmax_focal" then
      local loss = neap.loss[row.name] {}
      local logits = row.kind == "classes" and { x, x } or x
      local targets = row.kind == "classes" and { 1, 2 } or y
      loss:gradient(logits, targets)
      loss:hessian(logits, targets)
      loss:evaluate(logits, targets)
    end
  end
  return tostring(0.5 * focal + neap.loss.poly1 {})
end)
piece("options of losses", function()
  local loss = neap.loss.softmax_focal { gamma = 1, label_smoothing = 0.1,
    class_weights = "balanced", reduction = "none" }
  return loss({ { 1, 2, 3 }, { 3, 2, 1 } }, { 0, 2 })
end)
piece("looks at losses", function()
  focal:curve { 0.1, 0.9 }
  focal:share(x, y)
  return neap.divergence.kl({ 0.2, 0.8 }, { 0.5, 0.5 })
end)
piece("a loss in Lua", function()
  local mine = neap.loss.define {
    name = "mine", params = { g = { 2, min = 0, max = 9 } },
    margin = function(m, p)
      return neap.math.softplus(-m) * (1 - neap.math.sigmoid(m)) ^ p.g
    end,
  }
  return mine { g = 3 }(x, y), neap.map(neap.math.exp, { 1, 2 })
end)
piece("generated data", function()
  local a = neap.data.moons { n = 20, seed = 1 }
  local b = neap.data.classification { n = 20, seed = 1 }
  return tostring(a), b:imbalance { step = 3, seed = 1 }
end)
piece("data", function()
  local train, test = rows:split { test = 0.5, seed = 1 }
  for part in rows:folds { k = 2, seed = 1 } do assert(part.n > 0) end
  local own = neap.data.from { x = { { 1, 2 }, { 3, 4 } }, y = { 0, 1 } }
  return train.n + test.n, own.names, rows:noise {
    kind = "symmetric", rate = 0.5, seed = 1 }
end)
piece("text", function()
  return neap.data.parse(csv, { target = "y", categorical = "color" }).counts
end)
piece("metrics", function()
  neap.metric.evaluate({ "roc_auc", "average_precision", "f1" }, x, y)
  neap.metric.threshold(x, y, { maximize = "f1" })
  neap.metric.bootstrap("average_precision", x, y, { draws = 10 })
  neap.metric.multiclass.roc_auc({ { 1, 2, 3 }, { 3, 2, 1 }, { 1, 3, 2 } },
    { 2, 0, 1 })
  return neap.metric.roc_curve(x, y)
end)
piece("training", function()
  local own = neap.train { data = classes, loss = neap.loss.cross_entropy {} }
  return own:logits(classes), own:probabilities(classes)
end)
piece("a job", function()
  local job = neap.job {
    data = d, epochs = 2, batch = 32,
    model = neap.model.mlp { hidden = { 3 } },
    points = { { loss = focal }, { loss = neap.loss.brier {}, dropout = 0.2 } },
  }
  job:step(0)
  local state = job:checkpoint()
  while not job:step(0.1) do end
  job:close()
  return #state
end)
piece("fits", function()
  local again = neap.from_saved(bytes)
  return again:logits(d), fit:calibrate { method = "platt", data = d },
    tostring(again)
end)
local function study()
  local own = neap.study {
    name = "s", seed = 1, direction = "maximize",
    search = neap.search.random { trials = 2, a = { low = 0, high = 1 } },
    objective = function(trial) return trial.params.a end,
  }
  assert(own:run { quiet = true })
  return own:best().value
end
if _VERSION == "Lua 5.4" then piece("a study", study) end

-- Used after every failure: the state still works.
local function still_works()
  return math.abs(focal({ 0 }, { 1 }) - 0.17328679513998633) < 1e-12
end

return pieces, still_works
