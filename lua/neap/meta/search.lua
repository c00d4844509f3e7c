---@meta neap.search

--- Studies of any objective, their searches, pruners and stores; training
--- studies stand in study.lua.
local M = { search = {}, prune = {} }

---@class neap.Parameter a list of choices, or a range of numbers
---@field [integer] string|number|boolean
---@field low? number
---@field high? number
---@field int? boolean whole numbers
---@field log? boolean drawn evenly by the logarithm
---@field step? number from low on
---@field when? table<string, any> it exists where others have these values

--- Every combination of the values of axes, or a union of such grids.
---@param axes table<string, any[]>|table<string, any[]>[]
function M.search.grid(axes) end

---@param given { trials: integer, space?: table<string, neap.Parameter> }
function M.search.random(given) end

---@param given { trials: integer, scramble?: "owen"|"shift"|"none", space?: table<string, neap.Parameter> }
function M.search.sobol(given) end

---@param given { trials: integer, startup?: integer, candidates?: integer, space?: table<string, neap.Parameter> }
function M.search.tpe(given) end

---@param given? { startup?: integer, warmup?: integer, interval?: integer }
function M.prune.median(given) end

---@param given? { min?: integer, factor?: integer, skip?: integer }
function M.prune.halving(given) end

---@param given { min?: integer, max: integer, factor?: integer }
function M.prune.hyperband(given) end

--- Opens a store to read it.
---@param location string a path, or a URL of PostgreSQL
---@return neap.Store? store
---@return string? message
---@return string? code
function M.open(location) end

---@class neap.Trial
---@field params table<string, any>
---@field number integer from 0
---@field seed integer of this trial alone
local Trial = {}

---@param step integer 0 or more, above the step before
---@param value number
function Trial:report(step, value) end

---@return boolean prune an objective that then returns nothing is pruned
function Trial:should_prune() end

---@param key string
---@param value string|number|boolean|table
function Trial:note(key, value) end

---@class neap.ObjectiveStudy
local ObjectiveStudy = {}

--- Without a batch as many trials are claimed at once as take 20 ms, where the
--- study has a store and no trial depends on others.
---@param given? { trials?: integer, seconds?: number, batch?: integer, workers?: integer, quiet?: boolean }
---@return neap.ObjectiveStudy? study
---@return string? message
---@return string? code
function ObjectiveStudy:run(given) end

---@return neap.Trial? trial nil when every point was tried
function ObjectiveStudy:ask() end

---@param trial neap.Trial
---@param value? number
---@param why? string why it failed
function ObjectiveStudy:tell(trial, value, why) end

---@return { number: integer, params: table, value: number, notes: table? }?
function ObjectiveStudy:best() end
function ObjectiveStudy:trials() end
function ObjectiveStudy:counts() end

---@param kind "history"|"heatmap"
---@param given? { x?: string, y?: string } of a heatmap
---@return neap.Figure
function ObjectiveStudy:figure(kind, given) end

--- Writes a report: one HTML page that loads nothing.
---@param path string
---@param given? { title: string? }
---@return true?, string?
function ObjectiveStudy:report(path, given) end

---@param path string ending in .csv or .json
function ObjectiveStudy:export(path) end

--- Closes the store; what was asked for and not told is given back. What the
--- study has found stays, and whatever needs the store opens it again.
function ObjectiveStudy:close() end

---@class neap.Store
local Store = {}

---@return string[] names
function Store:studies() end

---@param name? string the only one if none is given
function Store:study(name) end

function Store:close() end

return M
