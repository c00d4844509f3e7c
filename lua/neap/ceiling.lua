--- The best that is possible on endless rows, and what a linear fit reaches
-- there: by formula and quadrature, without test noise.
local core = require "neap.core"
local options = require "neap.options"

local population = core.data.population

-- ------------------------------------------------- components, made simple

local function dot(a, b)
  local sum = 0
  for i = 1, #a do sum = sum + a[i] * b[i] end
  return sum
end

-- L^-1 m, or m / scale.
local function whiten(factor, mean)
  local solved = {}
  for i = 1, #mean do
    local row = factor.lower and factor.lower:row(i)
    local left = mean[i]
    for k = 1, row and i - 1 or 0 do left = left - row[k] * solved[k] end
    solved[i] = left / (row and row[i] or factor.scale)
  end
  return solved
end

local function same_factor(a, b)
  if a == b then return true end
  if not (a.lower and b.lower) then
    return not a.lower and not b.lower and a.scale == b.scale
  end
  for i = 1, a.lower:shape() do
    local x, y = a.lower:row(i), b.lower:row(i)
    for j = 1, i do
      if x[j] ~= y[j] then return false end
    end
  end
  return true
end

-- The components with weight, their means whitened: { [0] = list, [1] = list };
-- or nil and why there is no formula for them.
local function simplify(mixture)
  local by_class, first = { [0] = {}, {} }, nil
  for _, c in ipairs(mixture.components) do
    local factor = mixture.factors[c.factor]
    if c.weight > 0 then
      first = first or factor
      if not same_factor(first, factor) then
        return nil, "no formula: the covariances differ"
      end
      local list = by_class[c.class]
      list[#list + 1] = { weight = c.weight, mean = whiten(factor, c.mean) }
    end
  end
  return by_class
end

local function gap(a, b)
  local list = {}
  for i = 1, #a do list[i] = a[i] - b[i] end
  return list
end

-- ---------------------------------------------------------------- ceilings

-- Two Gaussians: the true logit is N(+-D^2 / 2 + logit prior, D^2).
local function of_pair(negative, positive)
  local between = gap(positive.mean, negative.mean)
  local square = dot(between, between)
  if square == 0 then return nil, "the classes have the same distribution" end
  local middle = math.log(positive.weight) - math.log(negative.weight)
  local deviation = math.sqrt(square)
  return population.of_scores {
    { 1, positive.weight, middle + square / 2, deviation },
    { 0, negative.weight, middle - square / 2, deviation },
  }
end

-- One Gaussian against two: only the plane of the three means counts.
local function of_three(prior, single, one, two)
  local a, b = gap(two[1].mean, one.mean), gap(two[2].mean, one.mean)
  local length = math.sqrt(dot(a, a))
  local along = length > 0 and dot(a, b) / length or 0
  local across = math.sqrt(math.max(dot(b, b) - along * along, 0))
  -- Nearer than that, the quadrature needs more panels than it has.
  if length < 0.1 or across < 0.1 then
    return nil, "no formula: the three means lie on a line, or all but"
  end
  local both = two[1].weight + two[2].weight
  return population.of_wedge(prior, single, two[1].weight / both,
    two[2].weight / both, length, 0, along, across)
end

local function of_mixture(mixture)
  if #mixture.priors > 2 then
    return nil, "no formula: there are more than two classes"
  end
  local by_class, why = simplify(mixture)
  if not by_class then return nil, why end
  local negatives, positives = by_class[0], by_class[1]
  if #negatives == 0 or #positives == 0 then
    return nil, "there is one class only"
  end
  local prior = mixture.priors[2]
  if #negatives == 1 and #positives == 1 then
    return of_pair(negatives[1], positives[1])
  elseif #negatives == 2 and #positives == 1 then
    return of_three(prior, 1, positives[1], negatives)
  elseif #negatives == 1 and #positives == 2 then
    return of_three(prior, 0, negatives[1], positives)
  end
  return nil, ("no formula: there are %d Gaussians of class 0 and %d of "
    .. "class 1"):format(#negatives, #positives)
end

local function number_of(source, name)
  if source.options[name] ~= nil then return source.options[name] end
  for _, generator in ipairs(core.data.generators) do
    for _, parameter in ipairs(generator.parameters) do
      if generator.name == source.name and parameter.name == name then
        return parameter.default
      end
    end
  end
end

-- The prior when a share of each class is kept.
local function prior_of(source)
  local prior, ratios = number_of(source, "prior"), source.ratios
  if not ratios then return prior end
  return prior * ratios[2] / (prior * ratios[2] + (1 - prior) * ratios[1])
end

local special = {
  logistic = function(source)
    if source.ratios then
      return nil, "no formula: a sample by class is not logistic any more"
    end
    return population.of_logistic(number_of(source, "prior"),
      number_of(source, "slope"))
  end,
  circles = function(source)
    return population.of_circles(prior_of(source),
      number_of(source, "noise"), number_of(source, "factor"))
  end,
}

local function probability(logit)
  return 1 / (1 + math.exp(-logit))
end

-- How much larger the average precision of few positives is, on average.
-- Measured for one that is 0.335 on endless rows.
local function note_of(positives)
  if positives >= 400 then return nil end
  return ("average precision of %d positives is larger than this on average: "
    .. "an AP of 0.335 by 0.087 for 5, 0.055 for 10, 0.031 for 20, 0.016 for "
    .. "50, 0.008 for 100; compare with the oracle on the same rows")
    :format(positives)
end

-- ------------------------------------------------------------- linear scores

local function weights_of(fit, features, refuse)
  local weights, bias = fit.weights, fit.bias
  if type(bias) ~= "number" or not weights then
    refuse("fit: wanted the linear fit of two classes, or "
      .. "{ weights =, bias = }")
  end
  if #weights ~= features then
    refuse(("fit has %d weights; the rows have %d features")
      :format(#weights, features))
  end
  local raw = {}
  for j = 1, features do
    raw[j] = weights[j]
    if fit.scaler then
      raw[j] = raw[j] * fit.scaler.scale[j]
      bias = bias - raw[j] * fit.scaler.shift[j]
    end
  end
  return raw, bias
end

-- |L' w|, or scale |w|.
local function deviation_of(factor, w)
  if not factor.lower then return factor.scale * math.sqrt(dot(w, w)) end
  local sums = {}
  for i = 1, #w do
    local row = factor.lower:row(i)
    for j = 1, i do sums[j] = (sums[j] or 0) + row[j] * w[i] end
  end
  return math.sqrt(dot(sums, sums))
end

-- The mixture that is left when a share of each class is kept.
local function sample_mixture(mixture, ratios)
  local sum, priors = 0, {}
  for c = 1, #ratios do sum = sum + mixture.priors[c] * ratios[c] end
  for c = 1, #ratios do priors[c] = mixture.priors[c] * ratios[c] / sum end
  for _, component in ipairs(mixture.components) do
    component.weight = component.weight * ratios[component.class + 1] / sum
  end
  mixture.priors = priors
  return mixture
end

return function(M, inside)
  local function mixture_of(data)
    local source = inside.fields[data].source
    if not source then
      return nil, "what these rows were drawn from is not known"
    end
    local mixture = inside.describe(source)
    if not mixture then
      return nil, ("%s is no mixture of Gaussians"):format(source.name)
    end
    if source.ratios then return sample_mixture(mixture, source.ratios) end
    return mixture
  end

  --- The best that any model can reach on endless rows of this kind.
  -- @return { roc_auc =, average_precision =, log_loss =, brier =, f1 = of
  --   probabilities >= 1/2, f1_tuned = the largest, f1_threshold = at this
  --   probability, balanced_accuracy = the largest, note = or nil }; or nil and
  --   why there is no formula
  function inside.methods:ceiling()
    local f = inside.fields[self]
    local best, why
    if f.source and special[f.source.name] then
      best, why = special[f.source.name](f.source)
    else
      local mixture
      mixture, why = mixture_of(self)
      if mixture then best, why = of_mixture(mixture) end
    end
    if not best then return nil, why end
    best.calibration_error, best.balanced_threshold = nil, nil
    -- Where F1 is largest, the true probability is half of it (Lipton, Elkan,
    -- Naryanaswamy 2014, ECML, theorem 1).
    best.f1_threshold = best.f1_tuned / 2
    best.note = note_of(f.counts[2])
    return best
  end

  --- What a linear score reaches on endless rows of a mixture of Gaussians.
  -- @param data rows that a generator drew
  -- @param fit a linear fit of two classes, or { weights =, bias = }
  -- @return { roc_auc =, average_precision =, log_loss =, brier =,
  --   calibration_error =, f1 = of probabilities >= 1/2, f1_tuned = the
  --   largest, f1_threshold = at this probability, balanced_accuracy = the
  --   largest, balanced_threshold = }; or nil and why
  function M.population(data, fit)
    local mixture, why = mixture_of(data)
    if not mixture then return nil, why end
    if #mixture.priors > 2 then
      return nil, "there are more than two classes"
    end
    local w, bias = weights_of(fit, data.features, function(message)
      options.refuse("population", message)
    end)
    local terms = {}
    for _, c in ipairs(mixture.components) do
      if c.weight > 0 then
        local deviation = deviation_of(mixture.factors[c.factor], w)
        if deviation == 0 then return nil, "all scores are the same" end
        terms[#terms + 1] = { c.class, c.weight, bias + dot(w, c.mean),
          deviation }
      end
    end
    local reached, reason = population.of_scores(terms)
    if not reached then return nil, reason end
    reached.f1_threshold = probability(reached.f1_threshold)
    reached.balanced_threshold = probability(reached.balanced_threshold)
    return reached
  end
end
