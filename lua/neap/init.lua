--- neap: losses for imbalanced classes, lockstep training, honest comparison.
local core = require "neap.core"

local M = { _VERSION = "neap " .. core.version, isa = core.isa }

return M
