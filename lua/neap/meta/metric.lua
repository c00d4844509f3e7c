---@meta neap.metric

--- Metrics of binary scores. Scores are logits, class 1 is predicted where
--- score >= threshold, and equal scores are one threshold. A metric without a
--- value is nil, and says why. Scores [g][n] give an array of g values, NaN
--- where one has none.
local M = {}

---@class neap.MetricOptions
---@field from? "logits"|"probabilities" what the scores are
---@field threshold? number|neap.Array 0 for logits and 1/2 for probabilities if
--- none is given; one for each column of [g][n]

--- sum over thresholds of (R_i - R_(i-1)) P_i, without interpolation.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|number[] 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.average_precision(scores, targets, weights, options) end

--- P(a positive row scores above a negative one), ties counting a half.
---@param scores neap.Array|table
---@param targets neap.Array|number[]
---@param weights? neap.Array|number[]
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.roc_auc(scores, targets, weights, options) end

--- The mean of -log P(true class), from logits, never clipped.
---@param scores neap.Array|table
---@param targets neap.Array|number[]
---@param weights? neap.Array|number[]
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.log_loss(scores, targets, weights, options) end

--- The mean of (p - y)^2.
---@param scores neap.Array|table
---@param targets neap.Array|number[]
---@param weights? neap.Array|number[]
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.brier(scores, targets, weights, options) end

--- 2 TP / (2 TP + FP + FN).
---@param scores neap.Array|table
---@param targets neap.Array|number[]
---@param weights? neap.Array|number[]
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.f1(scores, targets, weights, options) end

--- (TP + TN) / all.
---@param scores neap.Array|table
---@param targets neap.Array|number[]
---@param weights? neap.Array|number[]
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.accuracy(scores, targets, weights, options) end

---@class neap.ThresholdOptions
---@field maximize "f1"
---@field weights? neap.Array|number[]

--- The threshold of the largest F1, half-way to the next lower score.
---@param scores neap.Array|table
---@param targets neap.Array|number[]
---@param options neap.ThresholdOptions
---@return number|neap.Array|nil threshold in the unit of the scores
---@return string? why there is none
function M.threshold(scores, targets, options) end

---@class neap.MetricRow
---@field name string
---@field summary string
---@field source string
---@field larger_is_better boolean

---@return neap.MetricRow[] rows all metrics
function M.list() end

return M
