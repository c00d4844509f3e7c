---@meta neap.job

--- Training, fits and what becomes of them: docs/training.md.
local M = {}

---@alias neap.Sampling "none"|"balanced"|{ balanced: true?, under: number?, over: number?, correct: boolean? }

---@class neap.TrainingOptions
---@field data neap.Data the rows to train on
---@field targets? neap.Array|table in place of the data's labels: [n] or
--- [n][labels] from 0 to 1 of a binary loss, [n][k] that add up to 1 of a loss of
--- classes
---@field model? neap.Model linear if none is given
---@field standardize? boolean each column to mean 0 and deviation 1 of the
--- training rows; true for data that were read or given, false for generated ones
---@field seed? integer 0 to 2^53, 1 if none is given: of batches, samples,
--- dropout and first weights
---@field sampling? neap.Sampling "none" if none is given: "balanced" has the
--- classes take turns; under takes of each class at most the smallest / ratio,
--- over at least the largest * ratio; biases get the classes' own shares back
--- unless correct = false
---@field epochs? integer >= 1, 20 if none is given; of optimizers on batches
---@field batch? integer >= 1, 1024 if none is given; of optimizers on batches
---@field validation? neap.Data rows that score every epoch
---@field score? string|fun(logits: neap.Array, data: neap.Data): number "loss"
--- if none is given, the name of a metric, or a function whose larger value is
--- better
---@field patience? integer >= 1: ends a point that got no better for so many
--- epochs

---@class neap.TrainOptions: neap.TrainingOptions
---@field loss neap.Loss
---@field optimizer? neap.Optimizer lbfgs of linear models and adam of an mlp if
--- none is given
---@field l2? number >= 0, in place of the model's
---@field dropout? number 0 to 0.99, in place of the model's
---@field initial? neap.Fit to start from

---@class neap.Candidate
---@field optimizer? neap.Optimizer
---@field model? neap.Model
---@field seed? integer
---@field sampling? neap.Sampling
---@field l2? number >= 0, in place of the model's
---@field dropout? number 0 to 0.99, in place of the model's
---@field initial? neap.Fit of all points of a group or of none

---@class neap.Point: neap.Candidate what a point has for itself; the rest it
--- takes from the job
---@field loss neap.Loss

---@class neap.JobOptions: neap.TrainingOptions
---@field points neap.Point[] are trained in lockstep
---@field resume? string the bytes of job:checkpoint(), of the same options

---@class neap.TuneOptions
---@field data neap.Data training rows
---@field loss neap.Loss
---@field model? neap.Model
---@field points neap.Candidate[] their loss is the one above
---@field share? number between 0 and 1, 0.2 if none is given: held back of each
--- class
---@field seed? integer
---@field standardize? boolean
---@field epochs? integer
---@field batch? integer

--- Trains one point to its end.
---@param options neap.TrainOptions
---@return neap.Fit
function M.train(options) end

--- A job that trains many points in lockstep, on the same rows in the same order:
--- the result of a point does not depend on the others.
---@param options neap.JobOptions
---@return neap.Job
function M.job(options) end

--- The candidate whose loss on held-back training rows is the least.
---@param options neap.TuneOptions
---@return neap.Point best
---@return neap.Array scores one for each candidate
function M.tune(options) end

--- The fit of the bytes of fit:tobytes(); raises where they are none.
---@param bytes string
---@return neap.Fit
function M.from_saved(bytes) end

--- The fit of a file of fit:save(), or nil and why it can't be read.
---@param path string
---@return neap.Fit?
---@return string? why
function M.load(path) end

---@class neap.Progress
---@field fraction number 0 to 1
---@field running integer points
---@field overrun number seconds by which the latest slice was late at worst
---@field bytes integer the most that it took of memory beside the data

---@class neap.Job
local Job = {}

--- Works for about so many seconds, and no longer than the host's budget. How it
--- is cut never changes the result. With validation a slice also ends at an
--- epoch's end.
---@param seconds? number the budget, or to the end, if none is given
---@return boolean finished
function Job:step(seconds) end

--- How far the job is.
---@return neap.Progress
function Job:progress() end

--- Ends the job: step returns true from now on.
function Job:cancel() end

--- The fits of all points, in their order; of a cancelled job those of the groups
--- that had begun.
---@return neap.Fit[]
function Job:fits() end

--- The state between two slices, for resume: goes on with the same bits on the
--- same kind of machine.
---@return string
function Job:checkpoint() end

--- Gives the job's memory back; its fits stay.
function Job:close() end

---@class neap.Fit a trained point; never changes
---@field weights neap.Array? of a linear model [features], or [k][features]
---@field bias number|neap.Array|nil of a linear model
---@field layers { weights: neap.Array, bias: neap.Array }[]? of an mlp
---@field parameters neap.Array all of them, flat
---@field loss neap.Loss
---@field optimizer neap.Optimizer
---@field model neap.Model
---@field classes string[]
---@field counts integer[] training rows of each class
---@field names string[] of the columns
---@field features integer
---@field outputs integer 1 for two classes, k for k classes or labels
---@field kind "binary"|"classes"
---@field scaler { shift: neap.Array, scale: neap.Array }?
---@field state "converged"|"stopped"|"running"|"failed"
---@field converged boolean
---@field objective number mean loss and penalty at the end
---@field gradient_norm number
---@field steps integer
---@field history number[] the objective by step or epoch
---@field failed_epoch integer? where the loss was no number first
---@field failed_step integer?
---@field validation number[]? the score of each epoch
---@field best_epoch integer? whose weights these are
---@field stopped_early boolean?
---@field precision "float32"|"float64" of its logits
---@field calibration table[] steps
local Fit = {}

--- The logits of raw rows.
---@param x neap.Data|neap.Array|number[][]
---@param out? neap.Array for the result, of its shape and number type
---@return neap.Array [n], or [n][k] for k classes or labels
function Fit:logits(x, out) end

--- The probabilities of raw rows, whatever the loss was.
---@param x neap.Data|neap.Array|number[][]
---@param out? neap.Array for the result, of its shape and number type
---@return neap.Array [n]: P(class 1), or [n][k]
function Fit:probabilities(x, out) end

---@class neap.CalibrateOptions
---@field method "inverse_focal"|"temperature"|"platt"|"isotonic"
---@field data? neap.Data to fit it on, neither trained nor judged on;
--- inverse_focal needs none

--- A new fit whose probabilities are calibrated.
---@param options neap.CalibrateOptions
---@return neap.Fit
function Fit:calibrate(options) end

--- The fit as bytes, for neap.from_saved: the same on every machine.
---@return string
function Fit:tobytes() end

--- Writes the fit to a file, for neap.load, whole or not at all.
---@param path string
---@return true? written
---@return string? why
function Fit:save(path) end

--- Writes the fit as one C99 file without dependencies: NAME_logits.
---@param path string
---@param name? string a C identifier; the file's name up to a dot if none is
--- given
---@return true? written
---@return string? why
function Fit:to_c(path, name) end

return M
