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

-- Quantiles that were found, by p and df: a verdict asks for few, again and
-- again.
local found = {}

--- The t with P(T <= t) = p, for 0 < p < 1.
function M.t_quantile(p, df)
  if p < 0.5 then return -M.t_quantile(1 - p, df) end
  local by_df = found[p] or {}
  found[p] = by_df
  if by_df[df] then return by_df[df] end
  local low, high = 0, 1
  while M.t_cdf(high, df) < p do high = high * 2 end
  for _ = 1, 200 do
    local middle = (low + high) / 2
    if middle == low or middle == high then break end
    if M.t_cdf(middle, df) < p then low = middle else high = middle end
  end
  by_df[df] = (low + high) / 2
  return by_df[df]
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

--- What the mean of paired differences says about the true gain: Student's t
-- around the mean with the error and degrees of freedom of M.paired (the
-- posterior of Corani and Benavoli 2015, Mach. Learn. 100, for folds); where a
-- side of the interval is wider than that, the error there is what gives it.
-- @param paired what M.paired returned for two runs or more
-- @param worth the least gain that matters, >= 0
-- @return { above = P(gain > worth), within = P(|gain| <= worth), below = the
--   rest }
function M.posterior(paired, worth)
  local function below(x)
    local gap, side = x - paired.mean, x < paired.mean and "low" or "high"
    local error = paired.error
    if paired[side] then
      error = math.max(error, math.abs(paired[side] - paired.mean)
        / M.t_quantile(0.975, paired.df))
    end
    if error == 0 then return gap < 0 and 0 or 1 end
    return M.t_cdf(gap / error, paired.df)
  end
  local low, high = below(-worth), below(worth)
  return { above = 1 - high, within = high - low, below = low }
end

--- How many independent data sets would show a gain beyond worth, with a chance
-- of 80 %, by a one-sided test at 5 %: the least N with
-- N >= ((t_.95 + t_.80) s / (|gain| - worth))^2, quantiles of N - 1 degrees.
-- @param gain the size that is supposed; worth >= 0; deviation s of the
--   differences
-- @return N, 2 or more; nil where the gain is within worth
function M.needed(gain, worth, deviation)
  local beyond = math.abs(gain) - worth
  if beyond <= 0 then return nil end
  local n = 2
  while n < 1e6 do
    local quantiles = M.t_quantile(0.95, n - 1) + M.t_quantile(0.80, n - 1)
    local wanted = (quantiles * deviation / beyond) ^ 2
    if n >= wanted then return n end
    -- Quantiles fall as n grows, so no n below the normal's is enough.
    local normal = ((1.6448536269514722 + 0.8416212335729143) * deviation
      / beyond) ^ 2
    n = math.max(n + 1, math.ceil(normal))
  end
  return n
end

--- How many positive rows would show a gain beyond worth on one data set, with
-- a chance of 80 %, by a one-sided test at 5 %, where the error of the gain
-- falls with their root: ((t_.95 + t_.80) error / (|gain| - worth))^2 times as
-- many as there are.
-- @param gain { mean =, error =, df = }, as of M.paired
-- @return the number, at least `positives`; nil where the gain is within worth
function M.needed_positives(gain, worth, positives)
  local beyond = math.abs(gain.mean) - worth
  if beyond <= 0 then return nil end
  local quantiles = M.t_quantile(0.95, gain.df) + M.t_quantile(0.80, gain.df)
  local times = (quantiles * gain.error / beyond) ^ 2
  return math.ceil(positives * math.max(times, 1))
end

--- The p-quantile of a list, which is sorted for it: Hyndman and Fan 1996, Am.
-- Stat. 50(4), definition 7.
function M.quantile(list, p)
  local sorted = table.move(list, 1, #list, 1, {})
  table.sort(sorted)
  local at = 1 + (#sorted - 1) * p
  local low = math.floor(at)
  local high = math.min(low + 1, #sorted)
  return sorted[low] + (at - low) * (sorted[high] - sorted[low])
end

--- What selection costs, by the bootstrap: on each draw the best of some
-- columns is picked on the rows drawn, and so is the best of others; their
-- difference is that on the rows which the draw left out (Tsamardinos,
-- Greasidou and Borboudakis 2018, Mach. Learn. 107, sec. 3, as a difference).
-- @param with, without lists of { inside = { by draw }, outside = { by draw } }
-- @param sign 1, or -1 where less is better
-- @return a difference for each draw that has values, positive is better
function M.selected(with, without, sign)
  local function pick(rows, draw)
    local best, most = nil, nil
    for _, row in ipairs(rows) do
      local value = sign * row.inside[draw]
      if value == value and (not most or value > most) then
        best, most = row, value
      end
    end
    return best
  end
  local differences = {}
  for draw = 1, #with[1].inside do
    local a, b = pick(with, draw), pick(without, draw)
    local gain = a and b and sign * (a.outside[draw] - b.outside[draw])
    if gain and gain == gain then differences[#differences + 1] = gain end
  end
  return differences
end

--- max-T from draws of the bootstrap, one-sided: p is the share of draws whose
-- largest studentised deviation from what was seen reaches the column's own t,
-- (1 + draws that reach it) / (1 + draws).
-- @param gains by column, what was seen: positive is better
-- @param draws [columns][draws] of the same
-- @param errors by column: the standard error that its t is taken with; the
--   deviations of the draws are studentised by their own
-- @return { t = {}, p = {} } by column
function M.maximum_of_draws(gains, draws, errors)
  local count, largest, result = #draws[1], {}, { t = {}, p = {} }
  for g, list in ipairs(draws) do
    local spread = M.deviation(list)
    for b = 1, count do
      local t = spread > 0 and (list[b] - gains[g]) / spread or 0
      if g == 1 or t > largest[b] then largest[b] = t end
    end
  end
  for g, gain in ipairs(gains) do
    local t, reached = errors[g] > 0 and gain / errors[g] or 0, 0
    for b = 1, count do
      if largest[b] >= t then reached = reached + 1 end
    end
    result.t[g], result.p[g] = t, (1 + reached) / (1 + count)
  end
  return result
end

-- The t of a sum of M numbers whose squares add up to `squares`.
local function t_of(sum, squares, count)
  local mean = sum / count
  local variance = (squares - count * mean * mean) / (count - 1)
  -- Differences that are all alike have no deviation but rounding.
  if variance <= 1e-24 * squares then
    return mean > 0 and math.huge or mean < 0 and -math.huge or 0
  end
  return mean / math.sqrt(variance / count)
end

-- Calls act(signs) for all 2^count sign vectors, or for `draws` random ones.
local function each_flip(count, draws, seed, act)
  local signs = {}
  if 2 ^ count <= draws then
    for code = 0, 2 ^ count - 1 do
      for i = 1, count do signs[i] = code >> (i - 1) & 1 == 1 and -1 or 1 end
      act(signs)
    end
    return 2 ^ count
  end
  for i = 1, count do signs[i] = 1 end
  act(signs) -- what was seen is one of them
  local state = seed
  local function bit()
    -- Marsaglia 2003, J. Stat. Softw. 8(14): xorshift of 64 bits.
    state = state ~ state << 13
    state = state ~ state >> 7
    state = state ~ state << 17
    return state >> 33 & 1
  end
  for _ = 1, 64 do bit() end
  for _ = 2, draws do
    for i = 1, count do signs[i] = bit() == 1 and -1 or 1 end
    act(signs)
  end
  return draws
end

-- Sums of signed differences by point, by pieces: of some runs at a time, for
-- each code of their signs (bit i set: the i-th is negative).
-- @param scales by point, what its differences are multiplied by
-- @return a list of { first = run, last = run, [code] = { by point } }
local function signed_sums(differences, scales)
  local points, runs, blocks = #differences, #differences[1], {}
  -- 2^size sums of each point: the more at a time the faster.
  local size = points <= 200 and 10 or points <= 2000 and 7 or 4
  for first = 1, runs, size do
    local block = { first = first, last = math.min(first + size - 1, runs) }
    for code = 0, 2 ^ (block.last - first + 1) - 1 do
      local sums, low = {}, code & -code
      local bit = low > 0 and math.floor(math.log(low, 2) + 0.5) or 0
      for g = 1, points do
        local row, sum = differences[g], 0
        if code == 0 then
          for i = first, block.last do sum = sum + row[i] end
          sum = sum * scales[g]
        else
          sum = block[code ~ low][g] - 2 * scales[g] * row[first + bit]
        end
        sums[g] = sum
      end
      block[code] = sums
    end
    blocks[#blocks + 1] = block
  end
  return blocks
end

-- The largest scaled sum over the points, for each vector of signs, sorted.
local function largest_sums(differences, scales, draws, seed)
  local blocks, points = signed_sums(differences, scales), #differences
  local list, parts = {}, {}
  each_flip(#differences[1], draws, seed, function(signs)
    for b, block in ipairs(blocks) do
      local code = 0
      for i = block.last, block.first, -1 do
        code = code << 1 | (signs[i] < 0 and 1 or 0)
      end
      parts[b] = block[code]
    end
    local most, first = -math.huge, parts[1]
    for g = 1, points do
      local sum = first[g]
      for b = 2, #parts do sum = sum + parts[b][g] end
      if sum > most then most = sum end
    end
    list[#list + 1] = most
  end)
  table.sort(list)
  return list
end

--- The position of the first number of a rising list that is no less than x.
function M.first_from(list, x)
  local low, high = 1, #list + 1
  while low < high do
    local middle = (low + high) // 2
    if list[middle] < x then low = middle + 1 else high = middle end
  end
  return low
end

-- How many numbers of a sorted list are no less than x.
local function count_from(list, x)
  return #list - M.first_from(list, x) + 1
end

--- Tests many points against one baseline at once, one-sided: where no point
-- has a gain, differences are as likely of either sign in each data set, for
-- all points together. p is the share of sign vectors whose largest t reaches
-- the point's own, and so holds after looking at all points (max-T: Westfall
-- and Young 1993, Resampling-based multiple testing, sec. 2.3).
-- @param differences [points][runs], of independent runs, positive is better
-- @param options { draws = 16384, seed = 1 }: all 2^runs sign vectors where
--   these are no more than draws, else so many random ones
-- @return { t = {}, p = {} } by point, p at least 1 / sign vectors
function M.maximum_t(differences, options)
  local o = options or {}
  local points, runs = #differences, #differences[1]
  local result, scales, sums = { t = {}, p = {} }, {}, {}
  for g = 1, points do
    local sum, squares = 0, 0
    for i = 1, runs do
      sum = sum + differences[g][i]
      squares = squares + differences[g][i] ^ 2
    end
    result.t[g] = t_of(sum, squares, runs)
    -- Flips leave the squares as they are: t rises with sum / sqrt(squares),
    -- for all points alike.
    scales[g] = squares > 0 and 1 / math.sqrt(squares) or 0
    sums[g] = sum * scales[g]
  end
  local list = largest_sums(differences, scales, o.draws or 16384, o.seed or 1)
  for g = 1, points do
    local reached = count_from(list, sums[g] - 1e-9 * math.abs(sums[g]))
    result.p[g] = reached / #list
  end
  return result
end

return M
