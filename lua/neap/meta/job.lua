---@meta neap.job

--- Training, jobs and fits.
local M = {}

---@class neap.Fit
---@field weights neap.Array? [features] or [k][features], of a linear model
---@field bias number|neap.Array?
---@field layers table[]? { weights =, bias = } first to last, of an mlp
---@field loss neap.Loss
---@field optimizer neap.Optimizer
---@field model neap.Model
---@field classes string[]
---@field names string[] of the columns
---@field scaler { shift: neap.Array, scale: neap.Array }?
---@field state "converged"|"stopped"|"failed"
---@field converged boolean
---@field objective number
---@field gradient_norm number
---@field steps integer
---@field history neap.Array objectives, by step or epoch
---@field parameters neap.Array float64: each output's weights, then its bias
---@field precision "float64"|"float32" of its logits
local Fit = {}

--- The logits of rows, raw ones, as they came to training.
---@param x neap.Data|neap.Array|number[][]
---@param out? neap.Array for the result, of fit.precision
---@return neap.Array logits [n], or [n][k]
function Fit:logits(x, out) end

--- The probabilities of rows.
---@param x neap.Data|neap.Array|number[][]
---@param out? neap.Array for the result, of fit.precision
---@return neap.Array probabilities [n], or [n][k]
function Fit:probabilities(x, out) end

---@class neap.CalibrateOptions
---@field method "inverse_focal"|"temperature"|"platt"|"isotonic"
---@field data? neap.Data rows to fit it on; inverse_focal needs none

--- A new fit whose probabilities are calibrated.
---@param options neap.CalibrateOptions
---@return neap.Fit
function Fit:calibrate(options) end

--- The fit as bytes, for neap.from_saved.
---@return string
function Fit:tobytes() end

--- Writes the fit to a file, for neap.load.
---@param path string
---@return true? done
---@return string? why not
function Fit:save(path) end

--- Writes the fit as one C99 file.
---@param path string
---@param name? string of the C function, before _logits
---@return true? done
---@return string? why not
function Fit:to_c(path, name) end

---@class neap.TrainOptions
---@field data neap.Data
---@field loss neap.Loss
---@field model? neap.Model linear if none is given
---@field optimizer? neap.Optimizer lbfgs of a linear model, adam of an mlp
---@field initial? neap.Fit to start from
---@field targets? neap.Array|number[] in place of the data's labels
---@field standardize? boolean true for data that were read or given
---@field seed? integer 1 if none is given
---@field sampling? "none"|"balanced"|table { under = ratio }, { over = ratio }
---@field epochs? integer 20 if none is given, of optimizers on batches
---@field batch? integer 1024 if none is given
---@field validation? neap.Data rows that score every epoch
---@field score? string|function "loss", a metric's name, or a function
---@field patience? integer epochs without a better score that end a point

--- Trains one point to its end.
---@param options neap.TrainOptions
---@return neap.Fit
function M.train(options) end

---@class neap.JobPoint
---@field loss neap.Loss
---@field optimizer? neap.Optimizer
---@field model? neap.Model
---@field l2? number >= 0
---@field dropout? number 0 to 0.99
---@field seed? integer
---@field sampling? "none"|"balanced"|table
---@field initial? neap.Fit

---@class neap.JobOptions
---@field data neap.Data
---@field points neap.JobPoint[]
---@field model? neap.Model
---@field targets? neap.Array|number[]
---@field standardize? boolean
---@field seed? integer
---@field sampling? "none"|"balanced"|table
---@field epochs? integer
---@field batch? integer
---@field validation? neap.Data
---@field score? string|function
---@field patience? integer
---@field resume? string the bytes of job:checkpoint()

---@class neap.Job
local Job = {}

--- Works for about so long, and no longer than the host's budget.
---@param seconds? number the budget, or to the end, if none is given
---@return boolean done
function Job:step(seconds) end

---@return { fraction: number, running: integer, overrun: number, bytes: integer }
function Job:progress() end

--- Ends the job; its fits are what they are by then.
function Job:cancel() end

---@return neap.Fit[] fits in the order of the points
function Job:fits() end

--- The state of the job between two slices, for resume.
---@return string
function Job:checkpoint() end

--- Gives the job's memory back; its fits stay. So does `<close>`.
function Job:close() end

--- Many points on the same rows, trained together in slices.
---@param options neap.JobOptions
---@return neap.Job
function M.job(options) end

---@class neap.TuneOptions
---@field data neap.Data
---@field loss neap.Loss
---@field points table[] { optimizer =, l2 =, dropout =, model =, sampling = }
---@field model? neap.Model
---@field share? number of the rows held back, 0.2 if none is given
---@field seed? integer
---@field standardize? boolean
---@field epochs? integer
---@field batch? integer

--- The candidate whose loss on held-back training rows is the least.
---@param options neap.TuneOptions
---@return table point
---@return neap.Array scores
function M.tune(options) end

--- A fit from the bytes of fit:tobytes().
---@param bytes string
---@return neap.Fit
function M.from_saved(bytes) end

--- A fit that fit:save wrote.
---@param path string
---@return neap.Fit? fit
---@return string? why not
function M.load(path) end

return M
