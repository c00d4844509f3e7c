---@meta neap.data

--- Data sets: generated with known truth, or read; they never change, and every
--- operation gives a new one.
local M = {}

---@class neap.Data
---@field x neap.Array [n][features]
---@field y neap.Array [n] classes from 0 on; of two classes 0 and 1
---@field n integer rows
---@field features integer columns
---@field names string[] of the columns
---@field classes string[] names, in the order of their numbers
---@field counts integer[] rows of each class
---@field prior? number share of class 1, of two
---@field weights? neap.Array [n] >= 0
---@field groups? neap.Array [n] int32: rows of one group belong together
---@field truth? neap.Array P(y = 1 | x) [n]; of more classes [n][classes]
---@field clean_y? neap.Array [n] y before any noise
---@field clean_truth? neap.Array truth before any noise
---@field standardize boolean whether training scales the columns by default
local Data = {}

---@class neap.DrawOptions
---@field n? integer rows, 1000 if none is given
---@field features? integer columns
---@field seed? integer 0 to 2^53, 1 if none is given
---@field part? integer 0 to 255: another part of the same draw, as a test set
---@field labels? "independent"|"exact" each row's class by chance, which is the
--- default, or exact counts among the first n rows of any n
---@field dtype? "float32"|"float64" of x, float32 if none is given

---@class neap.GaussiansOptions: neap.DrawOptions
---@field prior? number P(class 1), 0.5 if none is given
---@field distance? number Mahalanobis, between the means, 2 if none is given
---@field correlation? number of any two features, 0 if none is given
---@field condition? number of the covariance, 1 if none is given
---@field covariance? neap.Array|number[][] instead of the two
---@field means? number[][] of class 0 and class 1, instead of a distance

--- Two Gaussians of one covariance: a null, as every loss ranks alike.
---@param options? neap.GaussiansOptions
---@return neap.Data
function M.gaussians(options) end

---@class neap.LogisticOptions: neap.DrawOptions
---@field prior? number P(class 1), 0.5 if none is given
---@field slope? number of the true logit, 2 if none is given

--- One Gaussian, labels by a logistic model.
---@param options? neap.LogisticOptions
---@return neap.Data
function M.logistic(options) end

---@class neap.Component
---@field class integer from 0 on
---@field weight? number share of all rows, in any unit; 1 if none is given
---@field mean number[]
---@field covariance? neap.Array|number[][]
---@field deviation? number|number[] of all, or of each feature; 1 if neither
--- this nor a covariance is given

---@class neap.MixtureOptions: neap.DrawOptions
---@field components neap.Component[]

--- Gaussians of any means, covariances and classes.
---@param options neap.MixtureOptions
---@return neap.Data
function M.mixture(options) end

---@class neap.HardNegativesOptions: neap.DrawOptions
---@field prior? number P(class 1), 0.01 if none is given
---@field hard? number share of hard ones in class 0, 0.05 if none is given
---@field distance? number positives from easy negatives, 4 if none is given
---@field overlap? number positives from hard ones, 1.5 if none is given

--- Rare positives, most negatives easy, a share beside them.
---@param options? neap.HardNegativesOptions
---@return neap.Data
function M.hard_negatives(options) end

---@class neap.AnchorsOptions: neap.DrawOptions
---@field per_image? integer anchors, 1000 if none is given
---@field positives? number mean number in an image, 1 if none is given
---@field hard? number share of hard ones in class 0, 0.01 if none is given
---@field distance? number positives from easy negatives, 4 if none is given
---@field overlap? number positives from hard ones, 1.5 if none is given
---@field effect? number deviation of what an image's anchors share, 0.5
---@field ignore? number share of negatives that get weight 0, 0

--- A detector's anchors; groups are images.
---@param options? neap.AnchorsOptions
---@return neap.Data
function M.anchors(options) end

---@class neap.MoonsOptions: neap.DrawOptions
---@field prior? number P(class 1), 0.5 if none is given
---@field noise? number deviation around the half circles, 0.2

--- Two half circles that reach into each other.
---@param options? neap.MoonsOptions
---@return neap.Data
function M.moons(options) end

---@class neap.CirclesOptions: neap.DrawOptions
---@field prior? number P(class 1), 0.5 if none is given
---@field noise? number deviation around the circles, 0.1
---@field factor? number radius of class 1, 0.8; class 0 has 1

--- A circle within a circle.
---@param options? neap.CirclesOptions
---@return neap.Data
function M.circles(options) end

---@class neap.BlobsOptions: neap.DrawOptions
---@field classes? integer 3 if none is given
---@field priors? number[] share of each class; all alike if none is given
---@field deviation? number of each feature, 1
---@field box? number centers are uniform in -box to box, 10

--- Round Gaussians at random centers, one a class.
---@param options? neap.BlobsOptions
---@return neap.Data
function M.blobs(options) end

---@class neap.ClassificationOptions: neap.DrawOptions
---@field classes? integer 2 if none is given
---@field prior? number P(class 1), of two classes; 0.5 if none is given
---@field priors? number[] share of each class; all alike if none is given
---@field informative? integer columns, 2
---@field redundant? integer combinations of them, 2
---@field repeated? integer copies of either, 0
---@field clusters? integer of each class, 2
---@field class_sep? number half the edge of the cube, 1
---@field flip? number share of rows given a random class, 0
---@field shift? number added to every column, 0
---@field scale? number times every column, 1
---@field hypercube? integer 1; 0: corners are moved at random

--- Clusters at corners of a cube, with redundant and useless columns.
---@param options? neap.ClassificationOptions
---@return neap.Data
function M.classification(options) end

---@class neap.GeneratorRow
---@field name string
---@field summary string
---@field features integer columns, unless asked
---@field parameters table[] { name =, default =, low =, high =, meaning = }

---@return neap.GeneratorRow[] rows all generators
function M.list() end

--- A recipe for fresh draws of a generator.
---@param name string of a generator
---@param options? table its options, and test: rows of the test set
---@return fun(seed: integer): neap.Data, neap.Data recipe train, test
function M.recipe(name, options) end

--- Whether a value is a data set.
---@param value any
---@return boolean
function M.is_data(value) end

---@class neap.FromOptions
---@field x neap.Array|number[][] rows
---@field y neap.Array|any[] labels, which are numbers or strings
---@field weights? neap.Array|number[] >= 0
---@field groups? neap.Array|any[] numbers or strings: rows of one belong together
---@field columns? table<string, neap.Array|number[]> that losses read and models
--- do not
---@field names? string[] of the features
---@field positive? string|number|boolean class 1 of two; without it 1 of 0 and 1,
--- else the rarer one

--- A data set from arrays or tables.
---@param options neap.FromOptions
---@return neap.Data
function M.from(options) end

---@class neap.Ceiling
---@field roc_auc number
---@field average_precision number
---@field log_loss number
---@field brier number
---@field f1 number of probabilities >= 1/2
---@field f1_tuned number the largest
---@field f1_threshold number the probability where it is
---@field balanced_accuracy number the largest
---@field note? string where the rows have few positives

--- The best that any model can reach on endless rows of this kind.
---@return neap.Ceiling|nil
---@return string? why there is no formula
function Data:ceiling() end

---@class neap.Population: neap.Ceiling
---@field calibration_error number E |P(y = 1 | score) - probability|
---@field balanced_threshold number the probability where it is largest

--- What a linear score reaches on endless rows of a mixture of Gaussians.
---@param data neap.Data from a generator
---@param fit neap.Fit|{ weights: number[], bias: number }
---@return neap.Population|nil
---@return string? why there is none
function M.population(data, fit) end

---@class neap.NoiseOptions
---@field kind "symmetric"|"class_conditional"|"transition"|"pair"|"boundary"|"missing_positives"
---@field rate? number 0 to 1
---@field rates? table<string|integer, number> of each class
---@field matrix? number[][] rows of P(noisy class | class)
---@field scale? number above 0: of the boundary, in logits
---@field seed? integer 1 if none is given

--- Labels that are wrong with known probabilities.
---@param options neap.NoiseOptions
---@return neap.Data
function Data:noise(options) end

---@class neap.ImbalanceOptions
---@field counts? table<string|integer, integer> rows of each class
---@field exponential? number largest over smallest class, >= 1
---@field step? number the same; half of the classes are large, half small
---@field most? integer rows of the largest class; what is there if none is given
---@field seed? integer 1 if none is given

--- Fewer rows of some classes, at random and without replacement.
---@param options neap.ImbalanceOptions
---@return neap.Data
function Data:imbalance(options) end

---@class neap.TypesOptions
---@field k? integer neighbors, 5 if none is given
---@field standardize? boolean columns first; as training would, if not given

---@class neap.Types
---@field codes neap.Array int32 [n], 0 to 3
---@field names string[] of codes 0 to 3: safe, borderline, rare, outlier
---@field classes string[]
---@field counts table<string, table<string, integer>> by class and name

--- How hard each row is, by the classes of its k nearest rows.
---@param options? neap.TypesOptions
---@return neap.Types
function Data:types(options) end

--- The rows at some positions, counted from 1, in that order.
---@param positions neap.Array|integer[]
---@return neap.Data
function Data:rows(positions) end

--- The same rows with columns that losses may read and models do not, in place
--- of those that they had.
---@param columns table<string, neap.Array|number[]> [n] finite numbers, by name
---@return neap.Data
function Data:with_columns(columns) end

---@class neap.AppendOptions
---@field x neap.Array|number[][] rows of the same columns
---@field y neap.Array|any[] labels of the classes that the data have
---@field weights? neap.Array|number[]
---@field keep? integer the most rows that it has, the last ones

--- A data set with more rows behind its own. For data without groups, columns
--- and noise.
---@param options neap.AppendOptions
---@return neap.Data
function Data:append(options) end

--- The column of a name: one that was given as columns, or else a feature.
---@param name string
---@return neap.Array? column float64 [n], frozen
function Data:column(name) end

return M
