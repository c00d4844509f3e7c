---@meta neap.metric

--- Metrics of binary scores. Scores are logits, class 1 is predicted where
--- score >= threshold, and equal scores are one threshold. A metric without a
--- value is nil, and says why. Scores [g][n] give an array of g values, NaN
--- where one has none; targets are then [n] for all columns, or [g][n].
---
--- docs/metrics.md has the formulas, options and conventions of all of them.
local M = {}

---@class neap.MetricOptions
---@field from? "logits"|"probabilities" what the scores are
---@field threshold? number|neap.Array 0 for logits and 1/2 for probabilities if
--- none is given; one for each column of [g][n]
---@field zero_division? number|false of precision, recall, specificity, f1 and
--- f_beta: what 0 / 0 is, 0 to 1; false: no value
---@field beta? number of f_beta: how many times recall counts as much as
--- precision (1)
---@field false_positive? number of expected_cost: the cost of one (1)
---@field false_negative? number of expected_cost: the cost of one (1)
---@field max_fpr? number of partial_auc: the largest false positive rate (0.1)
---@field scale? "mcclish"|"raw" of partial_auc: 1/2 for chance, or the area
---@field precision? number of recall_at_precision: the least precision (0.9)
---@field recall? number of fpr_at_recall: the least recall (0.95)
---@field k? integer of precision_at_k and recall_at_k: rows (100)
---@field bins? integer of ece and mce: how many (15)
---@field scheme? "equal_mass"|"equal_width" of ece and mce: bins of as many rows,
--- or of as much of [0, 1]
---@field estimator? "plugin"|"debiased" of ece: as it is, or less its bias

--- sum over thresholds of (R_i - R_(i-1)) P_i. Source: Manning, Raghavan,
--- Schuetze 2008, ch. 8.4; as scikit-learn.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.average_precision(scores, targets, weights, options) end

--- P(positive scores above negative), ties count 1/2. Source: Hanley and McNeil
--- 1982, Radiology 143(1), p. 29.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.roc_auc(scores, targets, weights, options) end

--- mean of -log P(true class), from logits. Source: Good 1952, J. R. Stat. Soc.
--- B 14(1), p. 107.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.log_loss(scores, targets, weights, options) end

--- mean of (p - y)^2, p = P(class 1). Source: Brier 1950, Mon. Weather Rev.
--- 78(1), p. 1 (half of his sum).
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.brier(scores, targets, weights, options) end

--- 2 TP / (2 TP + FP + FN) at a threshold. Source: van Rijsbergen 1979,
--- Information Retrieval, ch. 7.
--- Options: zero_division.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.f1(scores, targets, weights, options) end

--- (TP + TN) / all at a threshold. Source: Manning, Raghavan, Schuetze 2008,
--- ch. 8.3.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.accuracy(scores, targets, weights, options) end

--- TP / (TP + FP) at a threshold. Source: Manning, Raghavan, Schuetze 2008, ch.
--- 8.3.
--- Options: zero_division.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.precision(scores, targets, weights, options) end

--- TP / (TP + FN) at a threshold. Source: Manning, Raghavan, Schuetze 2008, ch.
--- 8.3.
--- Options: zero_division.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.recall(scores, targets, weights, options) end

--- TN / (TN + FP) at a threshold. Source: Yerushalmy 1947, Public Health Rep.
--- 62(40).
--- Options: zero_division.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.specificity(scores, targets, weights, options) end

--- (1 + b^2) TP / ((1 + b^2) TP + b^2 FN + FP) at a threshold. Source: van
--- Rijsbergen 1979, Information Retrieval, ch. 7.
--- Options: beta, zero_division.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.f_beta(scores, targets, weights, options) end

--- (TPR + TNR) / 2 at a threshold. Source: Brodersen et al. 2010, ICPR, sec. 2.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.balanced_accuracy(scores, targets, weights, options) end

--- sqrt(TPR TNR) at a threshold. Source: Kubat and Matwin 1997, ICML, sec. 2.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.g_mean(scores, targets, weights, options) end

--- correlation of targets and predictions at a threshold. Source: Matthews
--- 1975, Biochim. Biophys. Acta 405(2), p. 442.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.mcc(scores, targets, weights, options) end

--- 1 - wrong / wrong by chance at a threshold. Source: Cohen 1960, Educ.
--- Psychol. Meas. 20(1), eq. 1.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.kappa(scores, targets, weights, options) end

--- (a FP + b FN) / all, a and b the costs, at a threshold. Source: Elkan 2001,
--- IJCAI, sec. 1.
--- Options: false_positive, false_negative.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.expected_cost(scores, targets, weights, options) end

--- area A under the ROC to m = max_fpr; (1 + (A - m^2/2) / (m - m^2/2)) / 2, or
--- A if raw. Source: McClish 1989, Med. Decis. Making 9(3), eq. 9; as
--- scikit-learn.
--- Options: max_fpr, scale.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.partial_auc(scores, targets, weights, options) end

--- max over thresholds of |TPR - FPR|. Source: Smirnov 1948, Ann. Math. Stat.
--- 19(2), p. 279.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.ks(scores, targets, weights, options) end

--- max of R_i over thresholds with P_i >= precision, else 0. Source: Manning,
--- Raghavan, Schuetze 2008, ch. 8.4.
--- Options: precision.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.recall_at_precision(scores, targets, weights, options) end

--- min of FPR over thresholds with TPR >= recall. Source: Fawcett 2006, Pattern
--- Recognit. Lett. 27(8), sec. 4.
--- Options: recall.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.fpr_at_recall(scores, targets, weights, options) end

--- share of positives in the k rows of largest score, expected over the order
--- of ties. Source: Manning, Raghavan, Schuetze 2008, ch. 8.4; McSherry and
--- Najork 2008, ECIR.
--- Options: k.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.precision_at_k(scores, targets, weights, options) end

--- share of the positives that are in the k rows of largest score, expected
--- over the order of ties. Source: McSherry and Najork 2008, ECIR.
--- Options: k.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.recall_at_k(scores, targets, weights, options) end

--- sum over bins of n_b/n |share of positives - mean p|, p = P(class 1).
--- Source: Naeini, Cooper, Hauskrecht 2015, AAAI; debiased after Kumar, Liang,
--- Ma 2019, NeurIPS.
--- Options: bins, scheme, estimator.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.ece(scores, targets, weights, options) end

--- max over bins of |share of positives - mean p|. Source: Naeini, Cooper,
--- Hauskrecht 2015, AAAI.
--- Options: bins, scheme.
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table 0 or 1
---@param weights? neap.Array|number[] >= 0
---@param options? neap.MetricOptions
---@return number|neap.Array|nil
---@return string? why there is no value
function M.mce(scores, targets, weights, options) end

---@alias neap.MetricChoice
--- a metric's name, or a table of its name and options, such as
--- { "f_beta", beta = 2, as = "f2" }
---| string
---| table

---@class neap.MetricsOptions
---@field weights? neap.Array|number[] >= 0
---@field from? "logits"|"probabilities"
---@field threshold? number|neap.Array

--- Several metrics from one sort of each column.
---@param metrics neap.MetricChoice[]
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|table
---@param options? neap.MetricsOptions
---@return table<string, number|neap.Array> values by name, or by what `as` says
---@return table<string, string> why_not by name, of one column
function M.evaluate(metrics, scores, targets, options) end

---@class neap.ThresholdOptions
---@field maximize? string a metric of decisions: f1, f_beta, g_mean, mcc,
--- balanced_accuracy, ..., whose options may stand here, too
---@field beta? number of f_beta
---@field cost? { false_positive: number, false_negative: number } instead of
--- maximize: what is least
---@field weights? neap.Array|number[]
---@field from? "logits"|"probabilities"

--- The best threshold, half-way to the next lower score; of equal ones the
--- highest. Infinity: at these costs no row had best be positive.
---@param scores neap.Array|table
---@param targets neap.Array|number[]
---@param options neap.ThresholdOptions
---@return number|neap.Array|nil threshold in the unit of the scores
---@return string? why there is none
function M.threshold(scores, targets, options) end

---@class neap.RocCurve
---@field fpr neap.Array from 0 to 1
---@field tpr neap.Array
---@field thresholds neap.Array falling; the first is infinity, at (0, 0)

---@class neap.RocOptions
---@field from? "logits"|"probabilities"
---@field straight? "keep"|"drop" points inside straight lines

---@param scores neap.Array|number[]
---@param targets neap.Array|number[]
---@param weights? neap.Array|number[]
---@param options? neap.RocOptions
---@return neap.RocCurve?
---@return string? why there is none
function M.roc_curve(scores, targets, weights, options) end

---@class neap.PrecisionRecallCurve
---@field precision neap.Array one longer than thresholds: it ends in 1
---@field recall neap.Array falling; it ends in 0
---@field thresholds neap.Array rising

---@param scores neap.Array|number[]
---@param targets neap.Array|number[]
---@param weights? neap.Array|number[]
---@param options? { from?: "logits"|"probabilities" }
---@return neap.PrecisionRecallCurve?
---@return string? why there is none
function M.precision_recall_curve(scores, targets, weights, options) end

---@class neap.ReliabilityCurve
---@field probability neap.Array the mean of each bin that has rows, rising
---@field positives neap.Array the share of positive rows
---@field weight neap.Array of the rows
---@field reliability number of the Brier score, by bins
---@field resolution number
---@field uncertainty number

---@class neap.ReliabilityOptions
---@field from? "logits"|"probabilities"
---@field bins? integer 15
---@field scheme? "equal_mass"|"equal_width"

---@param scores neap.Array|number[]
---@param targets neap.Array|number[]
---@param weights? neap.Array|number[]
---@param options? neap.ReliabilityOptions
---@return neap.ReliabilityCurve?
---@return string? why there is none
function M.reliability_curve(scores, targets, weights, options) end

---@class neap.Confusion
---@field true_negatives number
---@field false_positives number
---@field false_negatives number
---@field true_positives number

---@param scores neap.Array|number[]
---@param targets neap.Array|number[]
---@param weights? neap.Array|number[]
---@param options? { from?: "logits"|"probabilities", threshold?: number }
---@return neap.Confusion
function M.confusion(scores, targets, weights, options) end

--- Areas under the ROC of score columns, and their covariance: DeLong's.
---@param scores neap.Array|table [g][n] or [n]
---@param targets neap.Array|number[]
---@return neap.Array? areas [g]
---@return neap.Array|string covariance [g][g], or why there is none
function M.delong(scores, targets) end

---@class neap.BootstrapOptions
---@field draws? integer 2000
---@field seed? integer 1
---@field stratified? boolean draw from each class as many rows as it has
---@field rows? "drawn"|"left_out" "drawn" if none is given; or those rows that
--- the same draw did not take, each once
---@field weights? neap.Array|number[]
---@field from? "logits"|"probabilities"
---@field threshold? number|neap.Array

--- A metric on n rows drawn with replacement, the same rows for all columns; a
--- column is sorted once. NaN where a draw has no value.
---@param metric neap.MetricChoice|neap.MetricChoice[]
---@param scores neap.Array|table [n] or [g][n]
---@param targets neap.Array|number[]
---@param options? neap.BootstrapOptions
---@return neap.Array values [draws] or [g][draws]
---@return neap.Array ... of a list of metrics, one for each
function M.bootstrap(metric, scores, targets, options) end

---@class neap.MetricRow
---@field name string
---@field summary string
---@field source string
---@field larger_is_better boolean
---@field parameters table[] { name =, default =, low =, high =, meaning = }

---@return neap.MetricRow[] rows all binary metrics
function M.list() end

-- ------------------------------------------------------- classes and labels

---@class neap.ClassOptions
---@field from? "logits"|"probabilities" of which all classes' sum to 1
---@field average? "macro"|"micro"|"weighted"|"none" the mean over the classes
--- that have a value; over all rows and classes; by the classes' weights; or an
--- array [k], NaN where a class has none
---@field zero_division? number of precision, recall, f1 and f_beta: what 0 / 0
--- is of a class that has rows or is predicted
---@field beta? number of f_beta (1)
---@field present_only? boolean of balanced_accuracy and g_mean: leave classes
--- without rows out
---@field distance? "none"|"linear"|"quadratic" of kappa: how wrong a class is
---@field pairs? "one_vs_rest"|"one_vs_one" of roc_auc
---@field k? integer of top_k_accuracy (2)

--- Metrics of scores [n][k] and targets [n], classes 0 to k - 1: M.multiclass
--- .NAME(scores, targets [, weights [, options]]). Of the binary metrics those
--- of scores are of each class against the others. Besides: top_k_accuracy and
--- confusion, an array [k][k] of weights by class and predicted class. A mean
--- over classes comes with the number of classes that it is of.
---@type table<string, fun(scores: neap.Array|table, targets: neap.Array|integer[],
---  weights?: neap.Array|number[], options?: neap.ClassOptions):
---  number|neap.Array|nil, integer|string|nil>
M.multiclass = {}

---@class neap.LabelOptions : neap.MetricOptions
---@field average? "macro"|"micro"|"weighted"|"samples"|"none" the mean over the
--- labels that have a value; over all rows and labels; by the labels' weights;
--- over the rows; or an array [labels]

--- Metrics of scores and targets [n][labels]: M.multilabel.NAME(scores, targets
--- [, weights [, options]]), every binary metric. A mean comes with the number
--- of labels, or rows, that it is of.
---@type table<string, fun(scores: neap.Array|table, targets: neap.Array|table,
---  weights?: neap.Array|number[], options?: neap.LabelOptions):
---  number|neap.Array|nil, integer|string|nil>
M.multilabel = {}

return M
