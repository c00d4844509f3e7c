--- Means, deviations and Student's t, for paired differences.
local M = {}

--- The mean of a list of numbers.
function M.mean(values)
  local sum = 0
  for i = 1, #values do sum = sum + values[i] end
  return sum / #values
end

--- The standard deviation of a list, with n - 1 below.
function M.deviation(values)
  local mean, sum = M.mean(values), 0
  for i = 1, #values do sum = sum + (values[i] - mean) ^ 2 end
  return math.sqrt(sum / (#values - 1))
end

-- log of the gamma function: Lanczos 1964, g = 7, nine terms (Press et al.
-- 2007, Numerical Recipes, 6.1; coefficients by Godfrey), about 1e-15.
local lanczos = {
  0.99999999999980993, 676.5203681218851, -1259.1392167224028,
  771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
}

local function log_gamma(x)
  local sum = lanczos[1]
  for i = 2, #lanczos do sum = sum + lanczos[i] / (x + i - 2) end
  local t = x + 6.5
  return 0.5 * math.log(2 * math.pi) + (x - 0.5) * math.log(t) - t
    + math.log(sum)
end

-- The continued fraction of the incomplete beta function (Abramowitz and
-- Stegun 26.5.8), by Lentz's method.
local function beta_fraction(x, a, b)
  local tiny = 1e-300
  local c, d = 1, 1 - (a + b) * x / (a + 1)
  d = 1 / (math.abs(d) < tiny and tiny or d)
  local h = d
  for m = 1, 1000 do
    local even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    local odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    local change = 1
    for _, term in ipairs { even, odd } do
      d = 1 + term * d
      d = 1 / (math.abs(d) < tiny and tiny or d)
      c = 1 + term / c
      if math.abs(c) < tiny then c = tiny end
      change = c * d
      h = h * change
    end
    if math.abs(change - 1) < 1e-16 then break end
  end
  return h
end

-- The regularised incomplete beta function I_x(a, b).
local function incomplete_beta(x, a, b)
  if x <= 0 then return 0 end
  if x >= 1 then return 1 end
  local front = math.exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b)
    + a * math.log(x) + b * math.log(1 - x))
  if x < (a + 1) / (a + b + 2) then
    return front * beta_fraction(x, a, b) / a
  end
  return 1 - front * beta_fraction(1 - x, b, a) / b
end

--- P(T <= t) of Student's t with `df` degrees of freedom.
function M.t_cdf(t, df)
  local tail = incomplete_beta(df / (df + t * t), df / 2, 0.5) / 2
  return t > 0 and 1 - tail or tail
end

--- The t with P(T <= t) = p, for 0 < p < 1.
function M.t_quantile(p, df)
  if p < 0.5 then return -M.t_quantile(1 - p, df) end
  local low, high = 0, 1
  while M.t_cdf(high, df) < p do high = high * 2 end
  for _ = 1, 200 do
    local middle = (low + high) / 2
    if middle == low or middle == high then break end
    if M.t_cdf(middle, df) < p then low = middle else high = middle end
  end
  return (low + high) / 2
end

--- The mean of paired differences with its 95 % interval.
-- @param differences one for each run
-- @param folds nil for independent data sets: t = d / (s / sqrt(M)), M - 1
--   degrees of freedom. K for repeated K-fold cross-validation on one data
--   set: the corrected t, s^2 (1 / J + 1 / (K - 1)), J - 1 degrees (Nadeau
--   and Bengio 2003, Mach. Learn. 52; Bouckaert and Frank 2004, PAKDD).
-- @return { mean =, low =, high =, error =, df = }; low and high are nil
--   where there is one run only
function M.paired(differences, folds)
  local count = #differences
  local result = { mean = M.mean(differences), count = count }
  if count < 2 then return result end
  local share = 1 / count + (folds and 1 / (folds - 1) or 0)
  result.df = count - 1
  result.error = M.deviation(differences) * math.sqrt(share)
  local reach = result.error * M.t_quantile(0.975, result.df)
  result.low, result.high = result.mean - reach, result.mean + reach
  return result
end

return M
