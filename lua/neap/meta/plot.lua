---@meta neap.plot

--- Figures: data that the terminal, gnuplot and HTML pages draw. What
--- study:figure makes stands in study.lua.
local M = {}

---@class neap.Axis
---@field label string
---@field low? number
---@field high? number
---@field values? string[] of a heatmap

---@class neap.Series
---@field label string
---@field points number[][] { x, y } or { x, y, low, high }, the ends of a band
---@field steps? boolean y holds until the next x
---@field dots? boolean|"only" points are marked

---@class neap.Interval
---@field label string
---@field mean? number
---@field low? number
---@field high? number

---@class neap.Figure prints as text
---@field kind "heatmap"|"lines"|"intervals"
---@field title string
---@field note? string
---@field x neap.Axis
---@field y? neap.Axis not of intervals
---@field cells? number[][] of a heatmap, [y][x]
---@field marks? boolean[][]
---@field mark_means? string what a mark says
---@field diverging? boolean cells are differences around 0
---@field series? neap.Series[] of lines
---@field rows? neap.Interval[] of intervals
---@field bars? boolean
local Figure = {}

--- Draws it on standard output, with what the terminal has.
function Figure:show() end

--- Writes it: .svg, .png and .pdf by gnuplot, .html as one page, .txt as text.
---@param path string
---@return true?, string?
function Figure:save(path) end

--- Makes a figure of its data.
---@param parts table
---@return neap.Figure
function M.figure(parts) end

--- Losses over the probability of a row's class. Source: Lin et al. 2017, fig. 1.
---@param losses neap.Loss[]
---@param options? { what?: "value"|"gradient", target?: integer }
---@return neap.Figure
function M.loss(losses, options) end

--- Cumulative share of a class's loss, easiest rows first. Source: Lin et al.
--- 2017, fig. 4.
---@param losses neap.Loss[]
---@param logits neap.Array|table
---@param targets neap.Array|table
---@param options? { class?: 0|1 }
---@return neap.Figure
function M.share(losses, logits, targets, options) end

--- Objectives by epoch or iteration, and validation scores.
---@param fits neap.Fit[]
---@return neap.Figure
function M.training(fits) end

---@class neap.CurveOptions
---@field weights? neap.Array|number[]
---@field truth? neap.Array|number[] P(class 1 | row): adds the oracle's curve
---@field from? "logits"|"probabilities"

---@param scores table<string, neap.Array|table> [n], or [runs][n], by name
---@param targets neap.Array|number[]
---@param options? neap.CurveOptions
---@return neap.Figure
function M.roc(scores, targets, options) end

---@param scores table<string, neap.Array|table> [n], or [runs][n], by name
---@param targets neap.Array|number[]
---@param options? neap.CurveOptions
---@return neap.Figure
function M.precision_recall(scores, targets, options) end

--- Ten bins of equal mass, beside the diagonal.
---@param scores table<string, neap.Array|table> [n], or [runs][n], by name
---@param targets neap.Array|number[]
---@param options? neap.CurveOptions
---@return neap.Figure
function M.reliability(scores, targets, options) end

--- Histograms of the first of the scores, by class.
---@param scores table<string, neap.Array|table> [n], or [runs][n], by name
---@param targets neap.Array|number[]
---@param options? neap.CurveOptions
---@return neap.Figure
function M.scores(scores, targets, options) end

return M
