---@meta neap.divergence

--- Entropy and its kin, from probabilities that add up to 1. 0 log 0 is 0; q = 0
--- where p > 0 gives infinity. Source: Cover and Thomas 2006, chapter 2.
local M = {}

---@class neap.DivergenceOptions
---@field base? number of the logarithm; 2 for bits. Nats if none is given

--- -sum p log p
---@param p neap.Array|number[]
---@param options? neap.DivergenceOptions
---@return number
function M.entropy(p, options) end

--- -sum p log q
---@param p neap.Array|number[]
---@param q neap.Array|number[]
---@param options? neap.DivergenceOptions
---@return number
function M.cross_entropy(p, q, options) end

--- sum p log(p / q) >= 0, exact to a few units in the last place also where p
--- and q are close.
---@param p neap.Array|number[]
---@param q neap.Array|number[]
---@param options? neap.DivergenceOptions
---@return number
function M.kl(p, q, options) end

return M
