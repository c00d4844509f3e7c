---@meta neap.math

--- Functions of numbers, of arrays (element by element, in one pass) and of what
--- neap.loss.define and neap.map trace. NaN goes through all of them.
local M = {}

---@alias neap.Operand number|neap.Array

--- e^a.
---@param a neap.Operand
---@return neap.Operand
function M.exp(a) end

--- e^a - 1, without cancellation.
---@param a neap.Operand
---@return neap.Operand
function M.expm1(a) end

--- The natural logarithm.
---@param a neap.Operand
---@return neap.Operand
function M.log(a) end

--- log(1 + a), without cancellation.
---@param a neap.Operand
---@return neap.Operand
function M.log1p(a) end

--- a^b.
---@param a neap.Operand
---@param b neap.Operand
---@return neap.Operand
function M.pow(a, b) end

--- The square root.
---@param a neap.Operand
---@return neap.Operand
function M.sqrt(a) end

--- The absolute value.
---@param a neap.Operand
---@return neap.Operand
function M.abs(a) end

--- The hyperbolic tangent.
---@param a neap.Operand
---@return neap.Operand
function M.tanh(a) end

--- 1 / (1 + e^-a).
---@param a neap.Operand
---@return neap.Operand
function M.sigmoid(a) end

--- log(sigmoid(a)), without cancellation.
---@param a neap.Operand
---@return neap.Operand
function M.log_sigmoid(a) end

--- log(1 + e^a), without overflow.
---@param a neap.Operand
---@return neap.Operand
function M.softplus(a) end

--- The least of two or more.
---@param a neap.Operand
---@param ... neap.Operand
---@return neap.Operand
function M.min(a, ...) end

--- The largest of two or more.
---@param a neap.Operand
---@param ... neap.Operand
---@return neap.Operand
function M.max(a, ...) end

--- 1 where a < b, else 0.
---@param a neap.Operand
---@param b neap.Operand
---@return neap.Operand
function M.less(a, b) end

--- 1 where a > b, else 0.
---@param a neap.Operand
---@param b neap.Operand
---@return neap.Operand
function M.greater(a, b) end

--- 1 where a == b, else 0.
---@param a neap.Operand
---@param b neap.Operand
---@return neap.Operand
function M.equal(a, b) end

--- a where the condition is not 0, else b.
---@param condition neap.Operand
---@param a neap.Operand
---@param b neap.Operand
---@return neap.Operand
function M.where(condition, a, b) end

return M
