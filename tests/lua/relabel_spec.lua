-- Noise, imbalance and types of any data: lua/neap/relabel.lua.
local neap = require "neap"
local unpack = require "neap.compat".table_unpack
local data = neap.data

-- Rows of k classes, n of each, in order, with one feature.
local function balanced(k, n)
  local x, y = {}, {}
  for c = 0, k - 1 do
    for _ = 1, n do
      x[#x + 1] = { #x }
      y[#y + 1] = c
    end
  end
  return data.from { x = x, y = y, positive = k == 2 and 1 or nil }
end

local function total(counts)
  local sum = 0
  for c = 1, #counts do sum = sum + counts[c] end
  return sum
end

describe("imbalance", function()
  -- CIFAR-LT: Cui et al. 2019, CVPR, and its authors' code.
  it("has the counts of long-tailed CIFAR", function()
    local ten, hundred = balanced(10, 5000), balanced(100, 500)
    assert.same({ 5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50 },
      { unpack(ten:imbalance { exponential = 100 }.counts) })
    assert.equal(12406, ten:imbalance { exponential = 100 }.n)
    assert.equal(13996, ten:imbalance { exponential = 50 }.n)
    assert.equal(10847, total(hundred:imbalance { exponential = 100 }.counts))
  end)

  it("keeps half of the classes large by a step", function()
    local d = balanced(5, 100)
    assert.same({ 100, 100, 10, 10, 10 },
      { unpack(d:imbalance { step = 10 }.counts) })
    assert.same({ 50, 50, 5, 5, 5 },
      { unpack(d:imbalance { step = 10, most = 50 }.counts) })
  end)

  it("keeps counts by class, and other classes whole", function()
    local d = data.from { x = { { 1 }, { 2 }, { 3 }, { 4 }, { 5 }, { 6 } },
      y = { "a", "a", "a", "b", "b", "c" } }
    local less = d:imbalance { counts = { a = 2, b = 1 } }
    assert.same({ 2, 1, 1 }, { unpack(less.counts) })
    assert.same({ 1, 2, 1 },
      { unpack(d:imbalance { counts = { 1, 2, 1 } }.counts) })
    assert.same({ 0, 1 }, { unpack(balanced(2, 3):imbalance {
      counts = { ["0"] = 0, ["1"] = 1 } }.counts) })
  end)

  it("takes no row twice, and is the same for the same seed", function()
    local d = balanced(2, 50)
    local function rows(seed, count)
      local seen, list = {}, {}
      local less = d:imbalance { counts = { ["1"] = count }, seed = seed }
      for i = 1, less.n do
        local row = less.x:row(i)[1]
        assert.is_nil(seen[row])
        seen[row] = true
        list[i] = row
      end
      return list, seen
    end
    local first, seen = rows(1, 20)
    assert.same(first, (rows(1, 20)))
    assert.not_same(first, (rows(2, 20)))
    for _, row in ipairs((rows(1, 10))) do assert.is_true(seen[row]) end
  end)

  it("moves the truth with the shares of the classes", function()
    local d = data.gaussians { n = 200000, prior = 0.4, labels = "exact" }
    local less = d:imbalance { counts = { ["1"] = 8000 } }
    -- Of 80,000 positives a tenth is kept: odds are a tenth of what they were.
    local fresh = data.gaussians { n = 10, prior = 8 / 128 }
    local sum = 0
    for i = 1, less.n do sum = sum + less.truth[i] end
    assert.near(8 / 128, sum / less.n, 4 * math.sqrt(0.06 / less.n))
    assert.near(fresh:ceiling().log_loss, neap.metric.log_loss(less.truth,
      less.y:copy("float64"), nil, { from = "probabilities" }), 0.003)
    local blobs = data.blobs { n = 300, box = 1, labels = "exact" }
    local some = blobs:imbalance { counts = { 100, 50, 10 } }
    assert.same({ 160, 3 }, { some.truth:shape() })
    local p = some.truth:row(7)
    assert.near(1, p[1] + p[2] + p[3], 1e-14)
  end)

  it("refuses what can't be", function()
    local function refused(given, message)
      assert.error_matches(function() balanced(2, 10):imbalance(given) end,
        message)
    end
    refused({ counts = { 5, 11 } },
      "'imbalance' %(class '1' has 10 rows; 11 are wanted, and none is taken")
    refused({ exponential = 2, most = 20 }, "class '0' has 10 rows; 20 are")
    refused({ exponential = 0.01 }, "exponential is 0.01; wanted a number >= 1")
    refused({}, "wanted one of counts, exponential and step")
    refused({ counts = { 1, 2 }, step = 2 }, "wanted one of counts")
    refused({ counts = { 5 } }, "counts is a list of 1; there are 2 classes, "
      .. "which are named by text, such as %[\"1\"%] =")
    refused({ counts = { yes = 3 } }, "counts has 'yes'; the classes are 0, 1")
    refused({ counts = { 1, 2.5 } }, "counts of class '1' is 2.5; wanted a")
    refused({ counts = { 1, 2 }, most = 5 }, "most does not go with counts")
    refused({ count = { 1, 2 } }, "unknown option 'count'")
  end)
end)

describe("noise", function()
  -- Shares of noisy classes among the rows of each clean one.
  local function shares(d)
    local k, counts, sizes = #d.classes, {}, {}
    for c = 1, k do
      counts[c], sizes[c] = {}, 0
      for other = 1, k do counts[c][other] = 0 end
    end
    for i = 1, d.n do
      local clean, noisy = math.floor(d.clean_y[i]), math.floor(d.y[i])
      counts[clean + 1][noisy + 1] = counts[clean + 1][noisy + 1] + 1
      sizes[clean + 1] = sizes[clean + 1] + 1
    end
    for c = 1, k do
      for other = 1, k do
        counts[c][other] = counts[c][other] / sizes[c]
      end
    end
    return counts, sizes
  end

  local function check(given, wanted)
    local d = balanced(#wanted, 20000)
    local got = shares(d:noise(given))
    for c = 1, #wanted do
      for other = 1, #wanted do
        local p = wanted[c][other]
        assert.near(p, got[c][other], 5 * math.sqrt(p * (1 - p) / 20000))
      end
    end
  end

  it("flips labels with the probabilities that it is given", function()
    check({ kind = "symmetric", rate = 0.3 }, { { 0.7, 0.15, 0.15 },
      { 0.15, 0.7, 0.15 }, { 0.15, 0.15, 0.7 } })
    check({ kind = "class_conditional", rates = { 0.1, 0.4 } },
      { { 0.9, 0.1 }, { 0.4, 0.6 } })
    check({ kind = "class_conditional", rates = { ["1"] = 0.4, ["0"] = 0.1 } },
      { { 0.9, 0.1 }, { 0.4, 0.6 } })
    check({ kind = "pair", rate = 0.2 }, { { 0.8, 0.2, 0 }, { 0, 0.8, 0.2 },
      { 0.2, 0, 0.8 } })
    check({ kind = "missing_positives", rate = 0.3 }, { { 1, 0 },
      { 0.3, 0.7 } })
    local matrix = { { 0.5, 0.5, 0 }, { 0, 1, 0 }, { 0.1, 0.2, 0.7 } }
    check({ kind = "transition", matrix = matrix }, matrix)
  end)

  it("keeps the clean labels and truth, the first ones", function()
    local d = data.gaussians { n = 500, prior = 0.3 }
    local once = d:noise { kind = "symmetric", rate = 0.2 }
    local twice = once:noise { kind = "missing_positives", rate = 0.5,
      seed = 2 }
    for _, noisy in ipairs { once, twice, (twice:split()) } do
      assert.is_true(noisy.clean_y ~= nil and noisy.clean_truth ~= nil)
    end
    assert.same(d.y:totable(), twice.clean_y:totable())
    assert.same(d.truth:totable(), twice.clean_truth:totable())
    assert.not_same(d.y:totable(), once.y:totable())
    assert.is_nil(d.clean_y)
    assert.equal(rawequal(d.x, once.x), true)
    for i = 1, d.n do
      assert.near(0.6 * d.truth[i] + 0.2, once.truth[i], 1e-15)
      assert.near(0.5 * (0.6 * d.truth[i] + 0.2), twice.truth[i], 1e-15)
    end
    assert.matches("gaussians, seed 1, noise symmetric%)$", tostring(once))
  end)

  it("has the truth of the noisy labels for more classes", function()
    local d = data.blobs { n = 50, box = 1 }
    local noisy = d:noise { kind = "pair", rate = 0.25 }
    for i = 1, d.n do
      local p, q = d.truth:row(i), noisy.truth:row(i)
      for c = 1, 3 do
        assert.near(0.75 * p[c] + 0.25 * p[(c + 1) % 3 + 1], q[c], 1e-15)
      end
    end
  end)

  it("is strong at the boundary", function()
    local d = data.gaussians { n = 100000, distance = 2 }
    local noisy = d:noise { kind = "boundary", rate = 0.4, scale = 1 }
    local near, near_flips, far, far_flips, wanted = 0, 0, 0, 0, 0
    for i = 1, d.n do
      local p = d.truth[i]
      local logit = math.abs(math.log(p / (1 - p)))
      local flip = 0.4 * math.exp(-logit)
      assert.near(p * (1 - flip) + (1 - p) * flip, noisy.truth[i], 1e-12)
      local flipped = noisy.y[i] ~= noisy.clean_y[i] and 1 or 0
      if logit < 0.1 then
        near, near_flips = near + 1, near_flips + flipped
        wanted = wanted + flip
      elseif logit > 6 then
        far, far_flips = far + 1, far_flips + flipped
      end
    end
    assert.near(wanted, near_flips, 5 * math.sqrt(0.24 * near))
    assert.is_true(far > 100 and far_flips <= far * 0.01)
  end)

  -- With a = P(true - | noisy +) and b = P(true + | noisy -):
  -- AUC_noisy = (1 - a - b) AUC_clean + (a + b) / 2. The scores know nothing of
  -- the noise: a noisy class is a mixture of the clean ones.
  it("costs AUC what it must", function()
    local prior, r01, r10 = 0.1, 0.05, 0.3
    local clean = { class = 1, weight = 1, mean = { 2 } }
    local function part(class, weight, mean)
      return { class = class, weight = weight, mean = { mean } }
    end
    local noisy = data.mixture { n = 4, components = {
      part(1, prior * (1 - r10), 2), part(1, (1 - prior) * r01, 0),
      part(0, (1 - prior) * (1 - r01), 0), part(0, prior * r10, 2),
    } }
    local score = { weights = { 1 }, bias = -1 }
    local got = data.population(noisy, score).roc_auc
    local best = data.population(data.mixture { n = 4, components = {
      part(0, 1 - prior, 0), clean } }, score).roc_auc
    local positive = prior * (1 - r10) + (1 - prior) * r01
    local a = (1 - prior) * r01 / positive
    local b = prior * r10 / (1 - positive)
    assert.near((1 - a - b) * best + (a + b) / 2, got, 1e-12)
    -- And on rows, with labels that are noisy by chance.
    local d = data.gaussians { n = 200000, prior = prior, distance = 2 }
    local scores = neap.zeros(d.n)
    for i = 1, d.n do scores[i] = math.log(d.truth[i] / (1 - d.truth[i])) end
    local flipped = d:noise { kind = "class_conditional",
      rates = { r01, r10 } }
    local sampled = neap.metric.roc_auc(scores, flipped.y:copy("float64"))
    assert.near(got, sampled, 0.006)
  end)

  it("refuses what does not go together", function()
    local d = balanced(2, 10)
    local function refused(given, message)
      assert.error_matches(function() d:noise(given) end, message)
    end
    refused({}, "kind is missing; wanted symmetric or")
    refused({ kind = "symmetric" }, "rate is missing; noise of kind symmetric")
    refused({ kind = "symmetric", rate = 2 }, "rate is 2; wanted a number")
    refused({ kind = "symmetric", rate = 0.1, scale = 1 },
      "scale does not go with noise of kind symmetric")
    refused({ kind = "boundary", rate = 0.1, scale = 1 },
      "boundary needs the truth, which these data don't have")
    refused({ kind = "transition", matrix = { { 1, 0 }, { 0.5, 0.4 } } },
      "matrix%[2%] has 2 numbers with the sum 0.9; wanted 2 with the sum 1")
    refused({ kind = "transition", matrix = { { 1, 0 } } },
      "matrix%[2%]%[1%] is nil; wanted the probability of class 1")
    refused({ kind = "class_conditional", rates = { 0.1, 7 } },
      "rates of class '1' is 7; wanted a number, 0 to 1")
    assert.error_matches(function()
      balanced(3, 4):noise { kind = "missing_positives", rate = 0.1 }
    end, "missing_positives is for two classes; there are 3")
  end)
end)

describe("types", function()
  -- A cluster of class a with one b inside it, two b beside each other far
  -- away, and a place where they meet, counted by hand for k = 5.
  it("are those of Napierala and Stefanowski", function()
    local x, y = {}, {}
    local function add(a, b, class)
      x[#x + 1], y[#y + 1] = { a, b }, class
    end
    for i = 0, 5 do
      for j = 0, 5 do add(i, j, "a") end
    end
    add(2.5, 2.5, "b") -- 37: alone among a
    local half = math.floor
    for i = 0, 3 do add(20 + i % 2, 20 + half(i / 2), "b") end -- 38 to 41
    for i = 0, 3 do add(20.5 + i % 2, 21.5 + half(i / 2), "b") end -- 42 to 45
    add(40, 40, "b") -- 46 and 47: two among a
    add(40.1, 40, "b")
    for i = 0, 5 do add(40.5 + i / 10, 40.6, "a") end
    local d = data.from { x = x, y = y, positive = "b" }
    local t = d:types { standardize = false }
    assert.equal("outlier", t.names[t.codes[37] + 1])
    assert.equal("safe", t.names[t.codes[38] + 1])
    assert.equal("safe", t.names[t.codes[1] + 1])
    assert.equal("rare", t.names[t.codes[46] + 1])
    assert.equal("rare", t.names[t.codes[47] + 1])
    assert.same({ 11, { safe = 8, borderline = 0, rare = 2, outlier = 1 } },
      { total { t.counts.b.safe, t.counts.b.borderline, t.counts.b.rare,
        t.counts.b.outlier }, t.counts.b })
    assert.matches("class +safe +borderline +rare +outlier\n", tostring(t))
    assert.matches("\nb +8 +0 +2 +1$", tostring(t))
  end)

  -- By scikit-learn 1.2.1's NearestNeighbors on standardised columns, and the
  -- rules of the paper.
  it("agree with scikit-learn's neighbors", function()
    local d = data.read("tests/data/breast_cancer.csv",
      { target = "diagnosis", positive = "malignant" })
    local t = d:types {}
    assert.same({ safe = 345, borderline = 12, rare = 0, outlier = 0 },
      t.counts.benign)
    assert.same({ safe = 192, borderline = 13, rare = 3, outlier = 4 },
      t.counts.malignant)
  end)

  it("are the same without and with standardisation only if scaled", function()
    local rows, y = {}, {}
    for i = 1, 60 do
      rows[i] = { math.sin(i), 1000 * math.cos(2 * i) }
      y[i] = i % 3 == 0 and 1 or 0
    end
    local d = data.from { x = rows, y = y }
    assert.not_same(d:types { standardize = false }.codes:totable(),
      d:types { standardize = true }.codes:totable())
    assert.same(d:types().codes:totable(),
      d:types { standardize = true }.codes:totable())
  end)

  it("refuse more neighbors than there are", function()
    assert.error_matches(function() balanced(2, 3):types { k = 6 } end,
      "'types' %(k is 6; there are 6 rows")
  end)
end)
