---@meta neap.divergence

--- Entropy and its kin, of probabilities that add up to 1 or of logits. p and q
--- are one row [k], which gives a number, or rows [n][k], which give an array
--- [n]. 0 log 0 is 0; q = 0 where p > 0 gives infinity. Source: Cover and Thomas
--- 2006, chapter 2; Lin 1991.
local M = {}

---@class neap.DivergenceOptions
---@field base? number of the logarithm; 2 for bits. Nats if none is given
---@field from? "probabilities"|"logits" what p and q are

--- -sum p log p
---@param p neap.Array|table
---@param options? neap.DivergenceOptions
---@return number|neap.Array
function M.entropy(p, options) end

--- -sum p log q
---@param p neap.Array|table
---@param q neap.Array|table
---@param options? neap.DivergenceOptions
---@return number|neap.Array
function M.cross_entropy(p, q, options) end

--- sum p log(p / q) >= 0, exact to a few units in the last place also where p
--- and q are close.
---@param p neap.Array|table
---@param q neap.Array|table
---@param options? neap.DivergenceOptions
---@return number|neap.Array
function M.kl(p, q, options) end

--- sum q log(q / p)
---@param p neap.Array|table
---@param q neap.Array|table
---@param options? neap.DivergenceOptions
---@return number|neap.Array
function M.reverse_kl(p, q, options) end

--- (kl(p, m) + kl(q, m)) / 2 with m = (p + q) / 2: 0 to log 2.
---@param p neap.Array|table
---@param q neap.Array|table
---@param options? neap.DivergenceOptions
---@return number|neap.Array
function M.jensen_shannon(p, q, options) end

return M
