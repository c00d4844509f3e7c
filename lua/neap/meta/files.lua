---@meta neap.files

--- Files as data sets, and their splits: functions of neap.data and methods of
--- neap.Data. docs/files.md tells all of it.
local M = {}

---@alias neap.Column string|integer a name, or a number from 1
---@alias neap.Missing "drop"|"mean"|"median"|number

---@class neap.ReadOptions
---@field format? "csv"|"tsv"|"npy"|"npz"|"libsvm"|"arff" found by the first bytes,
--- then by the file's name
---@field target? neap.Column the classes: a column; of .npy another file or a
--- column's number, of .npz an array's name; LIBSVM has its own
---@field positive? string|number class 1 of two
---@field weight? neap.Column numbers >= 0
---@field group? neap.Column rows of one group are never split
---@field columns? neap.Column|neap.Column[] numbers that losses read of each row,
--- as c.name, and models do not learn from
---@field ignore? neap.Column|neap.Column[]
---@field categorical? neap.Column|neap.Column[] one column of 0 and 1 a level
---@field missing? neap.Missing|table<string, neap.Missing>
---@field like? neap.Data|neap.Fit which these data are to be like, or what the
--- rows of a fit were like: columns, levels, classes, numbers for missing values
---@field delimiter? string one character
---@field decimal? "."|","
---@field header? boolean
---@field comment? string lines that begin with it are left out
---@field x? string the array of rows, of .npz
---@field base? 0|1 the first index, of LIBSVM
---@field features? integer columns, of LIBSVM

--- A data set from a file. Raises for what is wrong inside it.
---@param path string
---@param options? neap.ReadOptions
---@return neap.Data? data
---@return string? why the file can't be opened
function M.read(path, options) end

--- A data set from the bytes of a file. Raises for what is wrong in them.
---@param text string
---@param options? neap.ReadOptions
---@return neap.Data
function M.parse(text, options) end

---@class neap.RowsOptions
---@field like neap.Data|neap.Fit which the rows are to be like, or the fit that
--- is to predict them: columns by name, levels, numbers for missing values; its
--- target, weight, group, columns and what it ignored may lack
---@field format? "csv"|"tsv"|"npy"|"npz"|"libsvm"|"arff"
---@field ignore? neap.Column|neap.Column[]
---@field missing? neap.Missing|table<string, neap.Missing> "drop" is refused
---@field delimiter? string one character
---@field decimal? "."|","
---@field header? boolean
---@field comment? string lines that begin with it are left out
---@field x? string the array of rows, of .npz
---@field base? 0|1 the first index, of LIBSVM

--- The rows of a file without labels, for a fit to predict. Raises for what is
--- wrong inside it.
---@param path string
---@param options neap.RowsOptions
---@return neap.Array? rows [n][features]
---@return string? why the file can't be opened
function M.read_rows(path, options) end

--- The same from the bytes of a file.
---@param text string
---@param options neap.RowsOptions
---@return neap.Array rows
function M.parse_rows(text, options) end

--- The array of a .npy file, mapped where it can be; it can't be written.
---@param path string
---@return neap.Array? array
---@return string? why the file can't be opened
function M.read_array(path) end

---@class neap.Data
---@field groups? neap.Array [n] int32, from 0
---@field notes string[] what was found and decided when reading
---@field warnings string[] constant columns, ids, copies of rows
local Data = {}

---@class neap.SplitOptions
---@field test? number share of the rows, 0.2 if none is given
---@field seed? integer 1 if none is given
---@field by? "group"|string|false what is kept whole: groups where there are
--- some, the rows of equal numbers in a column, nothing
---@field stratified? boolean true if none is given
---@field order? true|string rows as they are, or by a column: test rows last

--- Training and test rows.
---@param options? neap.SplitOptions
---@return neap.Data train
---@return neap.Data test
function Data:split(options) end

---@class neap.FoldsOptions
---@field k? integer folds, 5 if none is given
---@field seed? integer 1 if none is given
---@field repeats? integer
---@field by? "group"|string|false see neap.SplitOptions
---@field stratified? boolean
---@field order? true|string fold i is tested by what came before it

--- Folds: for train, test, fold, part in d:folds { k = 5 } do ... end
--- The fifth value are the positions of the test rows.
---@param options? neap.FoldsOptions
---@return fun(): neap.Data?, neap.Data?, integer?, integer?, neap.Array?
function Data:folds(options) end

---@class neap.SamplesOptions
---@field sizes integer[] rows
---@field seed? integer 1 if none is given
---@field stratified? boolean true if none is given

--- Nested samples, for learning curves.
---@param options neap.SamplesOptions
---@return neap.Data[]
function Data:samples(options) end

---@class neap.WriteOptions
---@field target? string the column of classes, of CSV

--- Writes .npz or .csv.
---@param path string
---@param options? neap.WriteOptions
---@return true? done
---@return string? why not
function Data:write(path, options) end

return M
