-- Jobs of several groups, sampling, validation and other targets:
-- lua/neap/job.lua, lua/neap/validation.lua, src/train.
local neap = require "neap"

local d = neap.data.gaussians { n = 3000, features = 6, prior = 0.1, seed = 3 }
local held = neap.data.gaussians {
  n = 3000, features = 6, prior = 0.1, seed = 4,
}
local focal = neap.loss.focal { gamma = 1 }
local adam = neap.optimizer.adam { learning_rate = 0.01 }

local function run(given)
  local job = neap.job(given)
  while not job:step(1) do end
  return job:fits()
end

local function bits(fit)
  return fit.parameters:tobytes()
end

describe("an mlp", function()
  local mlp = neap.model.mlp { hidden = { 16, 8 }, activation = "tanh" }
  local function points()
    local list = {}
    for i = 1, 5 do
      list[i] = {
        loss = neap.loss.focal { gamma = i - 1 }, optimizer = adam,
        l2 = 1e-3 * i, dropout = i % 2 * 0.3,
      }
    end
    return list
  end
  local all = run { data = d, points = points(), model = mlp, epochs = 3 }

  it("has the l2 and dropout that it was trained with", function()
    for i, fit in ipairs(all) do
      assert.equal(1e-3 * i, fit.model.l2)
      assert.equal(i % 2 * 0.3, fit.model.dropout)
      assert.equal("tanh", fit.model.activation)
      assert.same({ 16, 8 }, fit.model.hidden)
    end
  end)

  it("has the same bits alone as among others, and in slices", function()
    for i, point in ipairs(points()) do
      local given = { data = d, points = { point }, model = mlp, epochs = 3 }
      assert.equal(bits(all[i]), bits(run(given)[1]))
    end
    local job = neap.job {
      data = d, points = points(), model = mlp, epochs = 3,
    }
    while not job:step(0) do end
    for i, fit in ipairs(job:fits()) do
      assert.equal(bits(all[i]), bits(fit))
    end
  end)

  it("predicts from raw rows what its layers say", function()
    local fit = all[2]
    local x, a = d.x[5], {}
    for j = 1, 6 do a[j] = x[j] end
    for l, layer in ipairs(fit.layers) do
      local z = {}
      for o = 1, #layer.bias do
        z[o] = layer.bias[o]
        for j = 1, #a do z[o] = z[o] + layer.weights[o][j] * a[j] end
        if l < #fit.layers then
          local e = math.exp(-2 * z[o])
          z[o] = (1 - e) / (1 + e)
        end
      end
      a = z
    end
    assert.near(a[1], fit:logits(d)[5], 1e-5)
  end)

  it("takes another start from another seed", function()
    local function train(seed)
      return neap.train {
        data = d, loss = focal, model = mlp, epochs = 1, seed = seed,
      }
    end
    assert.equal(bits(train(1)), bits(train(1)))
    assert.not_equal(bits(train(1)), bits(train(2)))
  end)

  it("starts with the classes' shares, unless it is told not to", function()
    local function bias(how)
      local fit = neap.train {
        data = d, loss = focal, epochs = 1,
        model = neap.model.mlp { hidden = { 4 }, bias = how },
        optimizer = neap.optimizer.sgd { learning_rate = 0 },
      }
      return fit.layers[2].bias[1]
    end
    local positives = d.counts[2]
    assert.near(math.log((positives + 0.5) / (3000 - positives + 0.5)),
      bias "prior", 1e-12)
    assert.equal(0, bias "zero")
  end)

  it("is refused where it can't be", function()
    local function refuses(message, options)
      assert.error_matches(function() neap.model.mlp(options) end, message)
    end
    refuses("hidden: wanted a list of 1 to 8", { hidden = {} })
    refuses("hidden%[2%] is 0; wanted a whole number, 1 to 65536",
      { hidden = { 4, 0 } })
    refuses("did you mean 'activation'", { activations = "relu" })
    assert.error_matches(function()
      neap.train {
        data = d, loss = focal, model = neap.model.mlp { dropout = 0.5 },
        optimizer = neap.optimizer.lbfgs {},
      }
    end, "dropout wants an optimizer on batches; lbfgs sees all rows")
  end)
end)

describe("groups of a job", function()
  it("are trained as if each were alone", function()
    local points = {
      { loss = focal, optimizer = adam },
      { loss = focal, optimizer = adam, seed = 7 },
      { loss = focal, optimizer = adam, model = neap.model.mlp {} },
      { loss = focal, optimizer = adam, sampling = "balanced" },
      { loss = neap.loss.brier {}, optimizer = adam },
    }
    local all = run { data = d, points = points, epochs = 2 }
    for i, point in ipairs(points) do
      local one = run { data = d, points = { point }, epochs = 2 }
      assert.equal(bits(one[1]), bits(all[i]), "point " .. i)
    end
  end)

  it("count progress and score together", function()
    local job = neap.job { data = d, points = {
      { loss = focal }, { loss = focal, optimizer = adam },
    } }
    assert.equal(2, job:progress().running)
    while not job:step(0) do end
    local progress = job:progress()
    assert.equal(1, progress.fraction)
    assert.is_true(progress.bytes > 3000 * 6 * 8)
    local scores, fits = job:scores(d), job:fits()
    for i = 1, 2 do
      local z = fits[i]:logits(d)
      for j = 1, 3000, 500 do assert.near(z[j], scores[i][j], 1e-6) end
    end
  end)
end)

describe("sampling", function()
  -- With steps of length 0 the only trace of a sample is its correction.
  local still = neap.optimizer.sgd { learning_rate = 0 }
  local function bias(sampling)
    return neap.train {
      data = d, loss = focal, optimizer = still, epochs = 1,
      sampling = sampling,
    }.bias
  end
  local n0, n1 = d.counts[1], d.counts[2]

  it("gives the biases the classes' shares back", function()
    local plain = bias "none"
    local logit = math.log(n1 / n0)
    assert.near(plain + logit, bias "balanced", 1e-9)
    assert.near(plain + logit - math.log(n1 / math.floor(2 * n1 + 0.5)),
      bias { under = 0.5 }, 1e-9)
    assert.near(plain + logit - math.log(math.floor(n0 / 4 + 0.5) / n0),
      bias { over = 0.25 }, 1e-9)
    assert.equal(plain, bias { under = 0.5, correct = false })
  end)

  it("comes to the same model in the end, where it is right", function()
    -- Two Gaussians: logistic regression is well specified, so that any
    -- sample has the same slope, and the correction the same intercept.
    local big = neap.data.gaussians { n = 40000, features = 2, prior = 0.2 }
    local function fit(sampling)
      return neap.train {
        data = big, loss = neap.loss.binary_cross_entropy {}, epochs = 40,
        optimizer = neap.optimizer.sgd {
          learning_rate = 0.5, schedule = "cosine",
        }, sampling = sampling,
      }
    end
    -- delta . x + log(0.2 / 0.8), delta = 2 (1, 1) / sqrt 2.
    for _, sampling in ipairs { "none", "balanced", { under = 1 },
      { over = 1 } } do
      local f = fit(sampling)
      assert.near(math.sqrt(2), f.weights[1], 0.08)
      assert.near(math.log(0.25), f.bias, 0.08)
    end
  end)

  it("is refused where it can't be", function()
    local function refuses(message, sampling, optimizer)
      assert.error_matches(function()
        neap.train {
          data = d, loss = focal, sampling = sampling, optimizer = optimizer,
        }
      end, message)
    end
    refuses("sampling is 'half'; wanted none, balanced", "half", adam)
    refuses("wanted one of under, over and balanced", {}, adam)
    refuses("under is 2", { under = 2 }, adam)
    refuses("sampling wants an optimizer on batches", "balanced")
  end)
end)

describe("validation", function()
  local function train(patience, score, epochs)
    return neap.train {
      data = d, loss = focal, epochs = epochs or 12,
      optimizer = neap.optimizer.adam { learning_rate = 0.3 },
      validation = held, patience = patience, score = score,
    }
  end

  it("keeps the weights of the best epoch", function()
    local fit = train()
    assert.equal(12, #fit.validation)
    local best, at = math.huge, 0
    for i = 1, 12 do
      if fit.validation[i] < best then best, at = fit.validation[i], i end
    end
    assert.equal(at, fit.best_epoch)
    local z = fit:logits(held)
    assert.near(best, focal(z, held.y:copy "float32"), 1e-6)
    -- As if training had ended there.
    assert.equal(bits(fit), bits(train(nil, nil, 12)))
  end)

  it("takes a metric or a function, of which more is better", function()
    local fit = train(nil, "roc_auc")
    local again = train(nil, function(z, data)
      return neap.metric.roc_auc(z:copy "float64", data.y)
    end)
    assert.equal(bits(fit), bits(again))
    for i = 1, 12 do
      assert.is_true(fit.validation[fit.best_epoch] >= fit.validation[i])
    end
  end)

  it("stops points that get no better, and leaves the others alone", function()
    local function points()
      local list = {}
      for i = 1, 6 do
        list[i] = { loss = focal, optimizer = neap.optimizer.adam {
          learning_rate = i == 3 and 1e-4 or 0.3,
        } }
      end
      return list
    end
    local fits = run {
      data = d, points = points(), epochs = 30, validation = held, patience = 3,
    }
    assert.is_true(fits[1].stopped_early)
    assert.equal(fits[1].best_epoch + 3, #fits[1].validation)
    assert.is_false(fits[3].stopped_early)
    assert.equal(30, #fits[3].validation)
    local alone = run {
      data = d, points = { points()[3] }, epochs = 30, validation = held,
      patience = 3,
    }
    assert.equal(bits(alone[1]), bits(fits[3]))
  end)

  it("is refused where it can't be", function()
    local function refuses(message, given)
      given.data, given.loss = d, focal
      assert.error_matches(function() neap.train(given) end, message)
    end
    refuses("score and patience want validation rows", { patience = 3 })
    refuses("validation is a table; wanted a data set", { validation = {},
      optimizer = adam })
    refuses("validation is for optimizers that take batches",
      { validation = held })
    refuses("score is 'auc'; wanted loss, the name of a metric",
      { validation = held, optimizer = adam, score = "auc" })
  end)
end)

describe("targets", function()
  it("may be probabilities, of which 0 and 1 are the labels", function()
    local hard = neap.train { data = d, loss = focal }
    local soft = neap.train { data = d, loss = focal, targets = d.y }
    assert.equal(bits(hard), bits(soft))
  end)

  it("of the truth come nearer to it than labels do", function()
    local ce = neap.loss.binary_cross_entropy {}
    local function distance(targets)
      local fit = neap.train { data = d, loss = ce, targets = targets }
      local sum = 0
      for j = 1, 6 do sum = sum + (fit.weights[j] - 2 / math.sqrt(6)) ^ 2 end
      return sum
    end
    assert.is_true(distance(d.truth) < 1e-9)
    assert.is_true(distance() > 1e-4)
  end)

  it("may be several labels, each as if it were alone", function()
    local y, first, second = {}, {}, {}
    for i = 1, d.n do
      first[i] = d.x[i][1] + d.x[i][2] > 0.5 and 1 or 0
      second[i] = d.y[i]
      y[i] = { first[i], second[i] }
    end
    for _, o in ipairs { neap.optimizer.lbfgs { tolerance = 1e-9 }, adam } do
      local both = neap.train { data = d, loss = focal, optimizer = o,
        targets = y, epochs = o.batches and 3 or nil,
        model = neap.model.linear { l2 = 0.01 } }
      for label, targets in ipairs { first, second } do
        local one = neap.train { data = d, loss = focal, optimizer = o,
          targets = targets, epochs = o.batches and 3 or nil,
          model = neap.model.linear { l2 = 0.01 } }
        for j = 1, 6 do
          assert.near(one.weights[j], both.weights[label][j], 1e-6)
        end
      end
    end
  end)

  it("of classes may be rows of probabilities", function()
    local x, codes, rows = {}, {}, {}
    for i = 1, 300 do
      local c = i % 3
      local a, b = math.sin(i), math.cos(7 * i)
      x[i] = { math.cos(2 * c) + a, math.sin(2 * c) + b }
      codes[i] = c
      rows[i] = { c == 0 and 1 or 0, c == 1 and 1 or 0, c == 2 and 1 or 0 }
    end
    local three = neap.data.from { x = x, y = codes }
    local ce = neap.loss.softmax_focal {}
    local model = neap.model.linear { l2 = 0.01 }
    local hard = neap.train { data = three, loss = ce, model = model }
    local soft = neap.train {
      data = three, loss = ce, model = model, targets = rows,
    }
    assert.equal(bits(hard), bits(soft))
  end)

  it("are refused where they are none", function()
    local function refuses(message, targets, loss)
      assert.error_matches(function()
        neap.train { data = d, loss = loss or focal, targets = targets }
      end, message)
    end
    local y = d.y:totable()
    y[17] = 1.5
    refuses("the target in row 17 is 1.5; wanted 0 to 1", y)
    refuses("targets are %[2%]; wanted %[3000%]", { 0, 1 })
    refuses("wanted %[3000%]%[classes%]", d.y, neap.loss.cross_entropy {})
  end)
end)

describe("a checkpoint", function()
  local function given(resume)
    return {
      data = d, epochs = 4, validation = held, patience = 2, resume = resume,
      points = {
        { loss = focal, optimizer = adam },
        { loss = focal, seed = 2, sampling = "balanced", optimizer =
          neap.optimizer.sgd { learning_rate = 1, momentum = 0.9 } },
        { loss = focal, optimizer = adam, model = neap.model.mlp {
          hidden = { 5 }, dropout = 0.2 } },
      },
    }
  end

  it("goes on with the same bits, wherever it was made", function()
    local whole = run(given())
    local job, slices = neap.job(given()), 0
    repeat
      slices = slices + 1
      local bytes = job:checkpoint()
      job:close()
      job = neap.job(given(bytes))
      assert.equal(bytes, job:checkpoint())
    until job:step(0)
    assert.is_true(slices > 20)
    for i, fit in ipairs(job:fits()) do
      assert.equal(bits(whole[i]), bits(fit))
      assert.equal(whole[i].validation:tobytes(), fit.validation:tobytes())
      assert.equal(whole[i].history:tobytes(), fit.history:tobytes())
    end
    local last = neap.job(given(job:checkpoint()))
    assert.is_true(last:step(0))
    assert.equal(bits(whole[3]), bits(last:fits()[3]))
  end)

  it("of lbfgs and newton, too", function()
    for _, optimizer in ipairs {
      neap.optimizer.lbfgs {}, neap.optimizer.newton {},
    } do
      local options = {
        data = d, points = { { loss = focal, optimizer = optimizer } },
      }
      local whole = run(options)
      local job = neap.job(options)
      repeat
        options.resume = job:checkpoint()
        job = neap.job(options)
      until job:step(0)
      assert.equal(bits(whole[1]), bits(job:fits()[1]))
    end
  end)

  it("of a finished job is refused by a longer one", function()
    local options = { data = d, epochs = 2, points = {
      { loss = focal, optimizer = adam },
    } }
    local job = neap.job(options)
    while not job:step(1) do end
    options.resume = job:checkpoint()
    assert.equal(bits(job:fits()[1]), bits(neap.job(options):fits()[1]))
    options.epochs = 4
    assert.error_matches(function() neap.job(options) end,
      "the checkpoint is of another job: its data, points or options differ")
  end)

  it("is refused where it is none, of another job, or damaged", function()
    local options = { data = d, points = { { loss = focal } } }
    local bytes = neap.job(options):checkpoint()
    local function refuses(message, resume, more)
      assert.error_matches(function()
        neap.job {
          data = d, resume = resume,
          points = { { loss = focal, l2 = more } },
        }
      end, message)
    end
    refuses("the bytes are no checkpoint of a job", "x")
    refuses("the bytes are no checkpoint of a job", bytes:sub(1, -2))
    refuses("the checkpoint is of another job", bytes, 0.5)
    for at = 60, #bytes, 97 do
      local byte = string.char((bytes:byte(at) + 1) % 256)
      refuses("checkpoint", bytes:sub(1, at - 1) .. byte .. bytes:sub(at + 1))
    end
  end)
end)

describe("a point that diverges", function()
  it("says where, and leaves the others' bits alone", function()
    local function points(rate)
      return {
        { loss = neap.loss.squared_hinge {}, optimizer =
          neap.optimizer.sgd { learning_rate = rate } },
        { loss = focal, optimizer = neap.optimizer.sgd {} },
      }
    end
    local options = { data = d, epochs = 3, batch = 100, points = points(1e30) }
    local fits = run(options)
    assert.equal("failed", fits[1].state)
    -- 30 steps an epoch; float32 has no such numbers after some steps.
    assert.equal(1, fits[1].failed_epoch)
    assert.is_true(fits[1].failed_step > 1 and fits[1].failed_step < 30)
    options.points = { points(1e30)[2] }
    assert.equal(bits(run(options)[1]), bits(fits[2]))
    assert.is_nil(fits[2].failed_step)
  end)
end)

describe("tuning", function()
  local function rates(...)
    local points = {}
    for i, rate in ipairs { ... } do
      points[i] = { optimizer = neap.optimizer.adam { learning_rate = rate } }
    end
    return points
  end

  it("picks the rate that falls furthest on held-back rows", function()
    local points = rates(1e-6, 0.02, 1e6)
    local best, scores = neap.tune {
      data = d, loss = focal, points = points, epochs = 5,
    }
    assert.equal(points[2], best)
    assert.is_true(scores[2] < scores[1] and scores[2] < scores[3])
    -- The scores are those of a split by hand.
    local part, rest = d:split { test = 0.2, seed = 1 }
    local fit = neap.train {
      data = part, loss = focal, optimizer = points[2].optimizer, epochs = 5,
    }
    assert.equal(focal(fit:logits(rest), rest.y:copy "float32"), scores[2])
  end)

  it("picks an l2, and refuses what it can't use", function()
    local best = neap.tune {
      data = d, loss = focal, points = { { l2 = 1e4 }, { l2 = 1e-3 } },
    }
    assert.equal(1e-3, best.l2)
    local function refuses(message, given)
      assert.error_matches(function() neap.tune(given) end, message)
    end
    refuses("points is empty", { data = d, loss = focal, points = {} })
    refuses("share is 1", { data = d, loss = focal, points = {}, share = 1 })
    refuses("unknown option 'l3'", { data = d, loss = focal,
      points = { { l3 = 1 } } })
  end)
end)

describe("a job as an object", function()
  local few = neap.data.gaussians { n = 40 }
  local function make()
    return neap.job { data = few, points = { { loss = neap.loss.focal {} } } }
  end

  it("is closed at the end of its block", function()
    local compile = rawget(_G, "loadstring") or load
    local block = compile "local job <close> = (...)() return job"
    if not block then return pending("this Lua closes nothing") end
    local kept = block(make)
    assert.equal("neap.Job (1 point, closed)", tostring(kept))
    local ok, why = pcall(kept.step, kept, 1)
    assert.same({ false, "the job is closed" }, { ok, why })
    kept:close() -- once more does nothing
  end)

  it("tells how far it is, and hides its metatable", function()
    local job = make()
    assert.equal("neap.Job (1 point, 0 % done)", tostring(job))
    assert.is_true(job:step()) -- without seconds: to the end
    assert.equal("neap.Job (1 point, 100 % done)", tostring(job))
    assert.equal("neap.Job", getmetatable(job))
  end)
end)
