-- Ten classes with a long tail: the largest has 100 times the rows of the
-- smallest one; the test rows are balanced. Which loss serves the tail?
--
--   scripts/neap scripts/long_tail.lua [DATA SETS]
local neap = require "neap"
local stats = require "neap.stats"

local datasets = math.tointeger(tonumber(arg[1] or "8"))
if not datasets or datasets < 2 then
  print "usage: long_tail.lua [DATA SETS, 2 or more]"
  os.exit(1)
end

local losses = {
  { "cross-entropy", neap.loss.cross_entropy {} },
  { "focal, gamma 2", neap.loss.softmax_focal { gamma = 2 } },
  { "class-balanced", neap.loss.cross_entropy {
    class_weights = { "effective", beta = 0.999 } } },
  { "LDAM", neap.loss.ldam {} },
  { "logit-adjusted loss", neap.loss.cross_entropy { logit_adjustment = 1 } },
}

-- l2 is tuned for each loss inside the training rows, by its own value.
local penalties = {}
for i, l2 in ipairs { 1e-5, 1e-4, 1e-3, 1e-2 } do penalties[i] = { l2 = l2 } end

local function fit_of(loss, train)
  local best = neap.tune { data = train, loss = loss, points = penalties }
  return neap.train {
    data = train, loss = loss, model = neap.model.linear { l2 = best.l2 },
  }
end

-- The logits of the truth.
local function oracle(test)
  local z = neap.zeros(test.n, 10)
  for i = 1, test.n do
    for c = 1, 10 do z:row(i)[c] = math.log(test.truth:row(i)[c] + 1e-300) end
  end
  return z
end

-- The classes' shares taken out of cross-entropy's logits.
local function adjusted(z, counts)
  local w = z:copy "float64"
  for i = 1, (w:shape()) do
    local row = w:row(i)
    for c = 1, 10 do row[c] = row[c] - math.log(counts[c]) end
  end
  return w
end

local names, recalls, macro, f1 = {}, {}, {}, {}
local function keep(name, z, test)
  if not recalls[name] then
    names[#names + 1] = name
    recalls[name], macro[name], f1[name] = {}, {}, {}
  end
  local by_class = neap.metric.multiclass.recall(z, test.codes, nil,
    { average = "none" })
  for c = 1, 10 do
    recalls[name][c] = (recalls[name][c] or 0) + by_class[c] / datasets
  end
  table.insert(macro[name],
    (neap.metric.multiclass.balanced_accuracy(z, test.codes)))
  table.insert(f1[name], (neap.metric.multiclass.f1(z, test.codes, nil,
    { average = "macro", zero_division = 0 })))
end

local counts
for seed = 1, datasets do
  local d = neap.data.blobs {
    n = 20000, features = 8, classes = 10, deviation = 5, box = 6, seed = seed,
    labels = "exact",
  }
  local rest, test = d:split { test = 0.5, seed = seed }
  local train = rest:imbalance { exponential = 100, seed = seed }
  counts = train.counts
  for _, row in ipairs(losses) do
    local z = fit_of(row[2], train):logits(test)
    keep(row[1], z, test)
    if row[1] == "cross-entropy" then
      keep("logit adjustment after it", adjusted(z, counts), test)
    end
  end
  keep("oracle", oracle(test), test)
end

print(("Training rows by class: %s; test rows: as many of each. Means over %d "
  .. "data\nsets; the gain in macro recall on cross-entropy with its 95 %% "
  .. "interval.\n"):format(table.concat(counts, " "), datasets))
print(("%-26s%s  macro  macro"):format("", (" "):rep(38)))
print(("%-26srecall by class, 0 to 9%s recall     F1            gain")
  :format("", (" "):rep(15)))
for _, name in ipairs(names) do
  local cells, differences = {}, {}
  for c = 1, 10 do
    local text = ("%.2f"):format(recalls[name][c]):gsub("^0", "")
    cells[c] = ("%4s"):format(text)
  end
  for i = 1, datasets do
    differences[i] = macro[name][i] - macro["cross-entropy"][i]
  end
  local gain = stats.paired(differences)
  print(("%-26s%s  %.4f %.4f%s"):format(name, table.concat(cells):sub(1),
    stats.mean(macro[name]), stats.mean(f1[name]),
    name == "cross-entropy" and "" or ("  %+.3f (%+.3f to %+.3f)"):format(
      gain.mean, gain.low, gain.high)))
end
