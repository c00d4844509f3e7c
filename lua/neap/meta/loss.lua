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
---@field gamma? number 0 to 1e9, 2 if none is given: focusing: 0 is
--- cross-entropy
---@field alpha? number|false 0 to 1, false if none is given: weight of class 1,
--- 1 - alpha of class 0; false: off
---@field soft? "linear"|"expected" linear if none is given: of soft targets:
--- p_t or the loss is linear in y

---@class neap.FocalStarOptions: neap.LossOptions
---@field gamma? number above 0 to 1e6, 2 if none is given: steepness
---@field beta? number -1e6 to 1e6, 1 if none is given: shift

---@class neap.Poly1Options: neap.LossOptions
---@field epsilon? number -1 to 1e6, 2 if none is given: what is added to the
--- first

---@class neap.GeneralizedCrossEntropyOptions: neap.LossOptions
---@field q? number 0 to 1, 0.7 if none is given: 0 is cross-entropy, 1 the
--- absolute error

---@class neap.SymmetricCrossEntropyOptions: neap.LossOptions
---@field forward? number 0 to 1e6, 0.1 if none is given: weight of the
--- cross-entropy
---@field reverse? number 0 to 1e6, 1 if none is given: weight of the reverse
--- one
---@field cut? number 0 to 1e6, 4 if none is given: what -log 0 is taken as

---@class neap.AsymmetricOptions: neap.LossOptions
---@field gamma_positive? number 0 to 1e6, 0 if none is given: g1
---@field gamma_negative? number 0 to 1e6, 4 if none is given: g0
---@field margin? number 0 to 0.999999, 0.05 if none is given: negative rows
--- below it cost nothing

---@class neap.HingeOptions: neap.LossOptions
---@field margin? number 0 to 1e6, 1 if none is given: from here on a row costs
--- 0

---@class neap.SquaredHingeOptions: neap.LossOptions
---@field margin? number 0 to 1e6, 1 if none is given: from here on a row costs
--- 0

---@class neap.HuberOptions: neap.LossOptions
---@field delta? number above 0 to 1e9, 1 if none is given: where squares end

---@class neap.SoftmaxFocalOptions: neap.LossOptions
---@field gamma? number 0 to 1e9, 2 if none is given: focusing: 0 is
--- cross-entropy

---@class neap.SoftmaxFocalStarOptions: neap.LossOptions
---@field gamma? number above 0 to 1e6, 2 if none is given: steepness
---@field beta? number -1e6 to 1e6, 1 if none is given: shift

---@class neap.SoftmaxPoly1Options: neap.LossOptions
---@field epsilon? number -1 to 1e6, 2 if none is given: what is added to the
--- first

---@class neap.SoftmaxGeneralizedCrossEntropyOptions: neap.LossOptions
---@field q? number 0 to 1, 0.7 if none is given: 0 is cross-entropy, 1 the
--- absolute error

---@class neap.SoftmaxSymmetricCrossEntropyOptions: neap.LossOptions
---@field forward? number 0 to 1e6, 0.1 if none is given: weight of the
--- cross-entropy
---@field reverse? number 0 to 1e6, 1 if none is given: weight of the reverse
--- one
---@field cut? number 0 to 1e6, 4 if none is given: what -log 0 is taken as

---@class neap.SoftmaxHingeOptions: neap.LossOptions
---@field margin? number 0 to 1e6, 1 if none is given: from here on a row costs
--- 0

---@class neap.SoftmaxSquaredHingeOptions: neap.LossOptions
---@field margin? number 0 to 1e6, 1 if none is given: from here on a row costs
--- 0

---@class neap.LdamOptions: neap.LossOptions
---@field max_margin? number 0 to 1e6, 0.5 if none is given: Delta of the rarest
--- class
---@field scale? number above 0 to 1e6, 30 if none is given: of all logits

---@class neap.Loss
---@field name string
---@field kind "binary"|"classes"|"real"
---@field reduction "mean"|"sum"|"none"
---@field hessian_mode "exact"|"positive"|"absolute"|number the option hessian
---@field terms? table[] of a sum: { factor, loss } each
---@field [string] any parameters and options, by name
---@operator mul(number): neap.Loss
---@operator div(number): neap.Loss
---@operator add(neap.Loss): neap.Loss
---@operator sub(neap.Loss): neap.Loss
---@overload fun(logits: neap.Array|table, targets: neap.Array|table, weights?: neap.Array|table, columns?: table): number|neap.Array
local Loss = {}

--- The derivative of the reduced loss with respect to each logit.
---@param logits neap.Array|table binary [n] or [n][labels]; classes [n][k]
---@param targets neap.Array|table binary [n] or [n][labels], 0 to 1; classes
--- [n] from 0, or probabilities [n][k]; of distillation, logits [n][k]
---@param weights? neap.Array|table [n], >= 0
---@param out? neap.Array takes the result instead of a new array
---@param columns? table<string, neap.Array|table> what a loss written in Lua
--- reads as c.name, [n] each
---@return neap.Array gradient of the shape and type of the logits
function Loss:gradient(logits, targets, weights, out, columns) end

--- The diagonal of the second derivative; see gradient.
---@param logits neap.Array|table
---@param targets neap.Array|table
---@param weights? neap.Array|table
---@param out? neap.Array
---@param columns? table<string, neap.Array|table>
---@return neap.Array hessian
function Loss:hessian(logits, targets, weights, out, columns) end

---@class neap.EvaluateOptions
---@field weights? neap.Array|table
---@field gradient? neap.Array takes the derivative of the sum
---@field hessian? neap.Array takes its second derivative
---@field columns? table<string, neap.Array|table> see Loss:gradient

--- One pass for value and derivatives, whatever the reduction is. Sums and
--- denominators of several batches add up to those of all rows.
---@param logits neap.Array|table
---@param targets neap.Array|table
---@param options? neap.EvaluateOptions
---@return number sum
---@return number denominator what the mean divides the sum by
function Loss:evaluate(logits, targets, options) end

--- Value and gradient over the probability, to plot a loss.
---@param p neap.Array|table [n] probabilities of the target's class; of a loss
--- of numbers, residuals
---@param target? integer the class; 1 of two, 0 of more if none is given
---@param columns? table<string, neap.Array|number[]> [n] what the loss reads
---@return neap.Array value [n]
---@return neap.Array gradient [n] by the margin log(p / (1 - p)), or by p where
--- the loss is from probabilities
function Loss:curve(p, target, columns) end

--- Which share of each class's loss its hardest rows hold. Source: Lin et al.
--- 2017, figure 4.
---@param logits neap.Array|table
---@param targets neap.Array|table classes, or 0 and 1
---@param quantiles? number[] fractions of the class's rows; { 0.01, 0.1, 0.2 }
--- if none are given
---@param columns? table<string, neap.Array|number[]> [n] what the loss reads
---@return table<integer, number[]> shares by class, for each quantile; classes
--- without rows are left out, and the share of a loss of 0 is NaN
function Loss:share(logits, targets, quantiles, columns) end

--- Formula, derivatives and program as text; of losses of binary targets, and
--- of the terms of a sum.
---@return string
function Loss:show() end

---@class neap.ExportOptions
---@field name? string of the C function; the loss's own name, or neap_NAME of a
--- built-in one, if none is given
---@field dtype? "float64"|"float32" float64 if none is given
---@field fixed? boolean puts the parameters' numbers in for good
---@field classes? integer 2 to 1024, of a loss of classes: [n][classes] logits
---@field targets? "classes"|"probabilities" of a loss of classes: int32_t from 0,
--- or rows of probabilities, as those have that compare distributions

--- Writes a loss, or a sum of losses, as one C99 file without dependencies:
--- NAME(n, logits, targets, columns, params, value, gradient, hessian). Raises
--- where options act on the loss from outside, and of ldam.
---@param path string
---@param options? neap.ExportOptions
---@return true|nil done
---@return string? why it can't be written
function Loss:to_c(path, options) end

---@class neap.ParameterRule
---@field [1] number the default
---@field min? number
---@field max? number
---@field above? number in place of min, which is not allowed itself
---@field whole? boolean
---@field meaning? string

---@class neap.DefineOptions
---@field name string a word that no built-in loss has
---@field params? table<string, number|neap.ParameterRule>
---@field columns? string[] what is read of each row as c.name
---@field binary? fun(x: any, y: any, p: table, c: table): any of logit and target
---@field margin? fun(m: any, p: table): any of the margin alone
---@field source? string paper and equation

--- A loss that was defined; called with options it gives a neap.Loss.
---@class neap.Definition
---@field name string
---@field parameters table[] { name =, default =, low =, high =, meaning = }
---@field columns string[]
---@field warnings string[] where digits may be lost
---@field show fun(self): string see Loss:show
---@field to_c fun(self, path: string, options?: neap.ExportOptions): true?, string?
---@field softmax fun(self, options?: neap.LossOptions): neap.Loss of a loss of
--- the margin: its lift to classes
---@overload fun(options?: neap.LossOptions): neap.Loss

--- Defines a loss that is written in Lua: traced once, differentiated, and run
--- without Lua. docs/scripted_losses.md tells the rules.
---@param options neap.DefineOptions
---@return neap.Definition
function M.define(options) end

--- Runs the checks that built-in losses pass, and prints them.
---@param loss neap.Loss
---@param options? { columns?: table<string, number[]> }
---@return boolean passed all of them
---@return table[] rows { name =, what =, passed =, worst = }
function M.check(loss, options) end

--- -y log p - (1 - y) log(1 - p), p = sigmoid(x). Source: Cox 1958, J. R. Stat.
--- Soc. B 20(2), sec. 2.
---@param options? neap.LossOptions
---@return neap.Loss
function M.binary_cross_entropy(options) end

--- -alpha_t (1 - p_t)^gamma log p_t, p = sigmoid(x). Source: Lin et al. 2017,
--- arXiv 1708.02002, eq. 5.
---@param options? neap.FocalOptions
---@return neap.Loss
function M.focal(options) end

--- -log sigmoid(gamma x_t + beta) / gamma. Source: Lin et al. 2017, arXiv
--- 1708.02002, appendix A, eq. 8.
---@param options? neap.FocalStarOptions
---@return neap.Loss
function M.focal_star(options) end

--- -log p_t + epsilon (1 - p_t), p = sigmoid(x). Source: Leng et al. 2022,
--- ICLR, arXiv 2204.12511, eq. 5.
---@param options? neap.Poly1Options
---@return neap.Loss
function M.poly1(options) end

--- (1 - p_t^q) / q, p = sigmoid(x). Source: Zhang and Sabuncu 2018, NeurIPS,
--- eq. 6.
---@param options? neap.GeneralizedCrossEntropyOptions
---@return neap.Loss
function M.generalized_cross_entropy(options) end

--- -forward log p_t + reverse cut (1 - p_t), p = sigmoid(x). Source: Wang et
--- al. 2019, ICCV, arXiv 1908.06112, eq. 6.
---@param options? neap.SymmetricCrossEntropyOptions
---@return neap.Loss
function M.symmetric_cross_entropy(options) end

--- y = 1: (1 - p)^g1 (-log p); y = 0: u^g0 (-log(1 - u)), u = max(p - margin,
--- 0). Source: Ridnik et al. 2021, ICCV, arXiv 2009.14119, eq. 7.
---@param options? neap.AsymmetricOptions
---@return neap.Loss
function M.asymmetric(options) end

--- (p - y)^2, p = sigmoid(x). Source: Brier 1950, Mon. Weather Rev. 78(1), p. 1
--- (half of his sum).
---@param options? neap.LossOptions
---@return neap.Loss
function M.brier(options) end

--- max(0, margin - x_t). Source: Cortes and Vapnik 1995, Mach. Learn. 20, sec.
--- 3.
---@param options? neap.HingeOptions
---@return neap.Loss
function M.hinge(options) end

--- max(0, margin - x_t)^2. Source: Cortes and Vapnik 1995, Mach. Learn. 20,
--- sec. 3.
---@param options? neap.SquaredHingeOptions
---@return neap.Loss
function M.squared_hinge(options) end

--- max(0, 1 - x_t)^2 for x_t >= -1, else -4 x_t. Source: Zhang 2004, ICML, eq.
--- 12.
---@param options? neap.LossOptions
---@return neap.Loss
function M.modified_huber(options) end

--- r^2 / 2 for |r| <= delta, else delta (|r| - delta / 2), r = x - y. Source:
--- Huber 1964, Ann. Math. Stat. 35(1), p. 73.
---@param options? neap.HuberOptions
---@return neap.Loss
function M.huber(options) end

--- -sum_k y_k log p_k, p = softmax(x). Source: Bridle 1990, Neurocomputing,
--- NATO ASI F68, p. 227.
---@param options? neap.LossOptions
---@return neap.Loss
function M.cross_entropy(options) end

--- -sum_k y_k (1 - p_k)^gamma log p_k, p = softmax(x). Source: Lin et al. 2017,
--- arXiv 1708.02002, eq. 4.
---@param options? neap.SoftmaxFocalOptions
---@return neap.Loss
function M.softmax_focal(options) end

--- -log sigmoid(gamma x_t + beta) / gamma, x_t the margin. Source: Lin et al.
--- 2017, arXiv 1708.02002, appendix A, eq. 8.
---@param options? neap.SoftmaxFocalStarOptions
---@return neap.Loss
function M.softmax_focal_star(options) end

--- sum_k y_k (-log p_k + epsilon (1 - p_k)), p = softmax(x). Source: Leng et
--- al. 2022, ICLR, arXiv 2204.12511, eq. 5.
---@param options? neap.SoftmaxPoly1Options
---@return neap.Loss
function M.softmax_poly1(options) end

--- sum_k y_k (1 - p_k^q) / q, p = softmax(x). Source: Zhang and Sabuncu 2018,
--- NeurIPS, eq. 6.
---@param options? neap.SoftmaxGeneralizedCrossEntropyOptions
---@return neap.Loss
function M.softmax_generalized_cross_entropy(options) end

--- sum_k y_k (-forward log p_k + reverse cut (1 - p_k)). Source: Wang et al.
--- 2019, ICCV, arXiv 1908.06112, eq. 6.
---@param options? neap.SoftmaxSymmetricCrossEntropyOptions
---@return neap.Loss
function M.softmax_symmetric_cross_entropy(options) end

--- max(0, margin - x_t), x_t = z_t - log sum exp of the others. Source: Cortes
--- and Vapnik 1995, lifted.
---@param options? neap.SoftmaxHingeOptions
---@return neap.Loss
function M.softmax_hinge(options) end

--- max(0, margin - x_t)^2, x_t = z_t - log sum exp of the others. Source:
--- Cortes and Vapnik 1995, lifted.
---@param options? neap.SoftmaxSquaredHingeOptions
---@return neap.Loss
function M.softmax_squared_hinge(options) end

--- modified_huber of x_t = z_t - log sum exp of the others. Source: Zhang 2004,
--- ICML, eq. 12, lifted.
---@param options? neap.LossOptions
---@return neap.Loss
function M.softmax_modified_huber(options) end

--- cross_entropy of scale (x_t - Delta_t), scale x_j. Source: Cao et al. 2019,
--- NeurIPS, arXiv 1906.07413, eq. 13.
---@param options? neap.LdamOptions
---@return neap.Loss
function M.ldam(options) end

--- sum_k (q_k - y_k)^2, q = softmax(x). Source: Brier 1950, Mon. Weather Rev.
--- 78(1), p. 1.
---@param options? neap.LossOptions
---@return neap.Loss
function M.softmax_brier(options) end

--- sum_k P_k log(P_k / q_k), q = softmax(x). Source: Kullback and Leibler 1951,
--- Ann. Math. Stat. 22(1), eq. 2.4.
---@param options? neap.LossOptions
---@return neap.Loss
function M.kl(options) end

--- sum_k q_k log(q_k / P_k), q = softmax(x). Source: Kullback and Leibler 1951,
--- Ann. Math. Stat. 22(1), eq. 2.4.
---@param options? neap.LossOptions
---@return neap.Loss
function M.reverse_kl(options) end

--- (KL(P || m) + KL(q || m)) / 2, m = (P + q) / 2. Source: Lin 1991, IEEE
--- Trans. Inf. Theory 37(1), eq. 4.1.
---@param options? neap.LossOptions
---@return neap.Loss
function M.jensen_shannon(options) end

--- T^2 KL(softmax(u / T) || softmax(x / T)), T: temperature, u: targets, which
--- are logits. Source: Hinton et al. 2015, arXiv 1503.02531, sec. 2.
---@param options? neap.LossOptions
---@return neap.Loss
function M.distillation(options) end

--- Prints a loss's formula, class weights (w1, w0), ranges and source.
---@param loss neap.Loss
function M.explain(loss) end

---@class neap.Parameter
---@field name string
---@field default number|string|false
---@field low number
---@field high number
---@field open boolean whether low itself is not allowed
---@field choices? string[]
---@field meaning string

---@class neap.LossRow
---@field name string
---@field kind "binary"|"classes"|"real"
---@field formula string
---@field source string
---@field parameters neap.Parameter[]

---@return neap.LossRow[] rows all losses
function M.list() end

return M
