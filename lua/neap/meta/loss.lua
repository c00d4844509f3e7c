---@meta neap.loss

--- Losses from logits, with first and second derivatives. A loss is an object
--- with named parameters; call it for the value.
local M = {}

---@class neap.LossOptions
---@field reduction? "mean"|"sum"|"none" "mean" if none is given: the sum over
--- the normalizer
---@field normalizer? "count"|"weight_sum"|"positives"|number what the mean
--- divides by; "count" if none is given: rows (times labels) that are not
--- ignored. "weight_sum": their weights times the class weights of their
--- targets. "positives": the sum of the targets, of classes all but class 0
---@field empty? "zero"|"nan"|"error" the mean where the normalizer is 0; "zero"
--- if none is given
---@field class_weights? number[]|"balanced"|table from class 0 on; "balanced":
--- rows / (classes * rows of the class); { "effective", beta = 0.999 }: Cui et
--- al. 2019, eq. 3, scaled to the sum k; or numbers by class name, in training
---@field pos_weight? number|number[] of class 1, binary losses only; a list has
--- one number for each label
---@field label_smoothing? number e, 0 or more, below 1
---@field smoothing? "targets"|"after" "targets", the default: y becomes
--- (1 - e) y + e / k. "after": the modulating weight is that of the hard target
---@field ignore_index? number a target whose rows count nothing
---@field from? "logits"|"probabilities" what the first argument is; derivatives
--- are with respect to it
---@field hessian? "exact"|"positive"|"absolute"|number the second derivative:
--- as it is, its positive terms alone, without its sign, or not below a number
---@field temperature? number above 0, 1 if none is given: divides the logits
---@field logit_adjustment? number tau >= 0, 0 if none is given: tau log(prior)
--- is added to the logits (Menon et al. 2021, eq. 10)
---@field prior? number[] of logit_adjustment; the targets' shares if none given

---@class neap.FocalOptions: neap.LossOptions
---@field gamma? number 0 to 1e9, 2 if none is given: how much easy rows lose
---@field alpha? number|false 0 to 1: the weight of class 1; class 0 has
--- 1 - alpha. false, the default, is off: both weigh 1
---@field soft? "linear"|"expected" what soft targets mean: p_t linear in y, as
--- torchvision has it, or y f(x) + (1 - y) f(-x). "linear" if none is given

---@class neap.SoftmaxFocalOptions: neap.LossOptions
---@field gamma? number 0 to 1e9, 2 if none is given

---@class neap.Loss
---@field name string
---@field kind "binary"|"classes"
---@field reduction "mean"|"sum"|"none"
---@overload fun(logits: neap.Array|table, targets: neap.Array|table, weights?: neap.Array|table): number|neap.Array
local Loss = {}

--- The derivative of the reduced loss with respect to each logit.
---@param logits neap.Array|table binary [n]; classes [n][k]
---@param targets neap.Array|table binary [n], 0 to 1; classes [n] from 0, or
--- probabilities [n][k]
---@param weights? neap.Array|table [n], >= 0
---@param out? neap.Array takes the result instead of a new array
---@return neap.Array gradient of the shape and type of the logits
function Loss:gradient(logits, targets, weights, out) end

--- The diagonal of the second derivative; see gradient.
---@param logits neap.Array|table
---@param targets neap.Array|table
---@param weights? neap.Array|table
---@param out? neap.Array
---@return neap.Array hessian
function Loss:hessian(logits, targets, weights, out) end

---@class neap.EvaluateOptions
---@field weights? neap.Array|table
---@field gradient? neap.Array takes the derivative of the sum
---@field hessian? neap.Array takes its second derivative

--- One pass for value and derivatives, whatever the reduction is. Sums and
--- denominators of several batches add up to those of all rows.
---@param logits neap.Array|table
---@param targets neap.Array|table
---@param options? neap.EvaluateOptions
---@return number sum
---@return number denominator the rows
function Loss:evaluate(logits, targets, options) end

--- -y log p - (1 - y) log(1 - p), p = sigmoid(x).
---@param options? neap.LossOptions
---@return neap.Loss
function M.binary_cross_entropy(options) end

--- w_t (1 - p_t)^gamma (-log p_t): Lin et al. 2017, eq. 5.
---@param options? neap.FocalOptions
---@return neap.Loss
function M.focal(options) end

--- -sum_k y_k log p_k, p = softmax(x).
---@param options? neap.LossOptions
---@return neap.Loss
function M.cross_entropy(options) end

--- -sum_k y_k (1 - p_k)^gamma log p_k, p = softmax(x).
---@param options? neap.SoftmaxFocalOptions
---@return neap.Loss
function M.softmax_focal(options) end

---@class neap.Parameter
---@field name string
---@field default number|false
---@field low number
---@field high number
---@field meaning string

---@class neap.LossRow
---@field name string
---@field kind "binary"|"classes"
---@field formula string
---@field source string
---@field parameters neap.Parameter[]

---@return neap.LossRow[] rows all losses
function M.list() end

return M
