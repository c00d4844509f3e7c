--- The remedies that stand beside every study: what is cheaper than a search.
local core = require "neap.core"

local M = {}

--- The baselines that are trained with the points, as the first of them is (its
-- model, its optimizer): cross-entropy, and with class weights n / (2 n_c) and
-- those of the effective number (Cui et al. 2019, eq. 3).
M.trained = {
  "cross-entropy", "balanced class weights", "effective class weights",
}

--- All baselines, in the order in which studies have them.
M.labels = {
  M.trained[1], M.trained[2], M.trained[3], "logit adjustment",
  "undersampling", "constant", "oracle",
}

function M.points(first)
  local list = {}
  for i, weights in ipairs { false, "balanced", { "effective", beta = 0.999 } }
  do
    list[i] = {
      loss = core.loss.binary_cross_entropy { class_weights = weights or nil },
      optimizer = first.optimizer, model = first.model,
    }
  end
  return list
end

-- Scores with the same number added to each: [1][n].
local function shifted(scores, shift)
  local z = scores:copy "float64"
  local row = z:row(1)
  for i = 1, #row do row[i] = row[i] + shift end
  return z
end

local function logit_of(p)
  return math.log(p / (1 - p))
end

-- The logits of true probabilities. Between 0 and the least number, and above
-- the largest below 1, a probability is known to be no further out than these.
local least, most = -math.log(2) * 1074, math.log(2) * 54

local function oracle_scores(d)
  local z = core.array.zeros(1, d.n)
  local row, truth = z:row(1), d.truth
  for i = 1, d.n do
    local logit = math.log(truth[i]) - math.log(1 - truth[i])
    row[i] = math.min(math.max(logit, least), most)
  end
  return z
end

-- Cross-entropy on as many rows of the larger class as the smaller one has,
-- with the classes' shares put back afterwards; nil where it was interrupted.
local function undersampled(spec, ce, training, test, train)
  local size = math.min(training.counts[1], training.counts[2])
  local part = training:imbalance { counts = { size, size }, seed = spec.seed }
  local job = train(part, ce.point)
  if not job then return nil end
  local shift, report = logit_of(training.prior), job:report(1)
  local failed = report.state == "failed"
  local made = {
    label = "undersampling", report = report, loss = ce.point.loss,
    train = failed and shifted(ce.train, 0)
      or shifted(job:scores(training), shift),
    test = failed and shifted(ce.test, 0) or shifted(job:scores(test), shift),
  }
  job:close()
  return made
end

--- The baselines that are computed, from cross-entropy's scores or without any.
-- @param spec the study's
-- @param ce { train = [1][n], test =, report =, point = } of cross-entropy
-- @param train function(data, point) -> a finished job, or nil where it was
--   interrupted
-- @return a list of { label =, train =, test =, report =, loss = or nil }, or
--   nil
function M.computed(spec, ce, training, test, train)
  local under = undersampled(spec, ce, training, test, train)
  if not under then return nil end
  local logit = logit_of(training.prior)
  local always = { state = "converged", converged = true }
  local list = {
    { label = "logit adjustment", report = ce.report,
      train = shifted(ce.train, -logit), test = shifted(ce.test, -logit) },
    under,
    { label = "constant", report = always,
      train = shifted(core.array.zeros(1, training.n), logit),
      test = shifted(core.array.zeros(1, test.n), logit) },
  }
  if training.truth and test.truth then
    list[#list + 1] = { label = "oracle", report = always,
      train = oracle_scores(training), test = oracle_scores(test) }
  end
  return list
end

return M
