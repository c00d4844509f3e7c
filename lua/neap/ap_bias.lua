--- How much too high average precision is, on average, of few positive rows.
--
-- A positive row at threshold t has the precision (1 + A) / (1 + A + B), where
-- A of the other positive rows and B of the negative ones stand above it. The
-- average precision of n1 and n0 rows has the expectation of that over t; with
-- Poisson counts of mean a = (n1 - 1) TPR(t) and b = n0 FPR(t), and
-- l = a + b, it is
--   E = a / l + (b / l) (1 - exp(-l)) / l.
-- That of endless rows is n1 TPR / (n1 TPR + n0 FPR), averaged likewise. The
-- Poisson counts make the difference some 5 % too small where rows are few.
local M = {}

local STEP = 0.02

-- Average precision of the population and its expectation for n1 and n0 rows,
-- of scores N(distance, 1) of positive and N(0, 1) of negative rows.
local function of_distance(distance, n1, n0)
  local scale = STEP / math.sqrt(2 * math.pi)
  local above1, above0, population, expected = 0, 0, 0, 0
  for i = math.ceil((distance + 9) / STEP), math.floor(-9 / STEP), -1 do
    local t = (i - 0.5) * STEP -- the middle of a slice of scores
    local part1 = scale * math.exp(-(t - distance) ^ 2 / 2)
    local part0 = scale * math.exp(-t * t / 2)
    local tpr, fpr = above1 + part1 / 2, above0 + part0 / 2
    local a, b = (n1 - 1) * tpr, n0 * fpr
    local l = a + b
    local decay = l > 1e-9 and (1 - math.exp(-l)) / l or 1
    local one = a + b > 0 and a / l or 0
    population = population + part1 * n1 * tpr / (n1 * tpr + b)
    expected = expected + part1 * (one + (1 - one) * decay)
    above1, above0 = above1 + part1, above0 + part0
  end
  return population, expected
end

--- By how much a mean average precision is too high, if scores are those of two
-- Gaussians of equal variance that would have the same mean on as many rows.
-- @param mean of the average precision over test sets, 0 to 1
-- @param positives, negatives the rows of a test set, 1 or more of each
-- @return the expectation less the population's average precision, >= 0
function M.of(mean, positives, negatives)
  local low, high = 0, 12
  for _ = 1, 30 do
    local middle = (low + high) / 2
    local _, expected = of_distance(middle, positives, negatives)
    if expected < mean then low = middle else high = middle end
  end
  local population, expected = of_distance(high, positives, negatives)
  return math.max(expected - population, 0)
end

return M
