---@meta neap.array

--- Arrays of numbers: float64, float32 or int32, one or two dimensions, rows
--- first. Wherever an array is taken, a table of numbers is too.
local M = {}

---@alias neap.dtype "float64"|"float32"|"int32"

---@class neap.Array
---@field [integer] number|neap.Array an element, or a row, counted from 1
---@operator len: integer
---@operator add(neap.Array|number): neap.Array
---@operator sub(neap.Array|number): neap.Array
---@operator mul(neap.Array|number): neap.Array
---@operator div(neap.Array|number): neap.Array
---@operator pow(neap.Array|number): neap.Array
---@operator unm: neap.Array
local Array = {}

--- A row of a matrix, counted from 1; it shares the matrix's numbers.
---@param i integer
---@return neap.Array
function Array:row(i) end

---@return integer rows
---@return integer? columns nil in one dimension
function Array:shape() end

---@return neap.dtype
function Array:dtype() end

---@return table numbers nested tables are rows
function Array:totable() end

--- A copy that may be written, of another type where one is given.
---@param dtype? neap.dtype
---@return neap.Array
function Array:copy(dtype) end

--- Sets every number. Raises where the array belongs to a data set,
--- a fit or a file.
---@param value number
---@return neap.Array self
function Array:fill(value) end

---@return string bytes in the machine's byte order, rows first
function Array:tobytes() end

--- An array from a table; nested tables make rows. Raises on ragged rows and
--- on what is no number.
---@param numbers table
---@param dtype? neap.dtype "float64" if none is given
---@return neap.Array
function M.array(numbers, dtype) end

--- Zeros of shape [n] or [n][m].
---@param n integer
---@param m? integer
---@param dtype? neap.dtype "float64" if none is given
---@return neap.Array
function M.zeros(n, m, dtype) end

--- The array of shape [n] or [n][m] that tobytes turned into bytes.
---@param bytes string
---@param dtype? neap.dtype "float64" if none is given
---@param n integer
---@param m? integer
---@return neap.Array
function M.from_bytes(bytes, dtype, n, m) end

--- The array of f of each place of some arrays: f is traced once and run in one
--- pass, and called with the numbers of some rows, which must give the same.
---@param f fun(...: any): any of as many arguments as there are arrays
---@param a neap.Array|table
---@param ... neap.Array|table of the same shape and type
---@return neap.Array
function M.map(f, a, ...) end

return M
