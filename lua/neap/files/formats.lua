--- What kind of file some bytes are: by their beginning, then by the name.
local refuse = require "neap.files.refuse"

local M = {}

--- The formats that are read.
M.names = { "csv", "tsv", "npy", "npz", "libsvm", "arff" }

local to_csv = "convert it: python3 -c \"import pandas; pandas.%s('FILE')"
  .. ".to_csv('FILE.csv', index=False)\""
local unpack_first = "unpack it: %s FILE"

-- What is known and not read, by its first bytes.
local refused = {
  { "PAR1", "Parquet", to_csv:format("read_parquet") },
  { "ARROW1", "Arrow", to_csv:format("read_feather") },
  { "\137HDF\r\n\26\n", "HDF5", "convert it: python3 -c \"import h5py, numpy; "
    .. "f = h5py.File('FILE'); numpy.savez('FILE.npz', X=f['X'], y=f['y'])\"" },
  { "\31\139", "gzip", unpack_first:format("gunzip") },
  { "\40\181\47\253", "zstd", unpack_first:format("unzstd") },
  { "\2537zXZ\0", "xz", unpack_first:format("unxz") },
  { "BZh", "bzip2", unpack_first:format("bunzip2") },
  { "\255\254", "UTF-16 text",
    "convert it: iconv -f UTF-16 -t UTF-8 FILE > FILE.csv" },
  { "\254\255", "UTF-16 text",
    "convert it: iconv -f UTF-16 -t UTF-8 FILE > FILE.csv" },
}
for version = 2, 5 do
  refused[#refused + 1] = { "\128" .. string.char(version), "a Python pickle",
    "which may run code when it is read; where you trust it, convert it: "
    .. "python3 -c \"import numpy; numpy.save('FILE.npy', "
    .. "numpy.load('FILE', allow_pickle=True))\"" }
end

local function starts(text, with) return text:sub(1, #with) == with end

local endings = {
  npy = "npy", npz = "npz", tsv = "tsv", tab = "tsv",
  arff = "arff", libsvm = "libsvm", svmlight = "libsvm", svm = "libsvm",
}

--- The format of bytes.
-- @param head their beginning, 16 bytes or more where there are as many
-- @param path of the file, or nil
-- @return one of M.names; raises for formats that are known and not read
function M.find(head, path)
  if starts(head, "\147NUMPY") then return "npy" end
  if starts(head, "PK\3\4") or starts(head, "PK\5\6") then return "npz" end
  for _, row in ipairs(refused) do
    if starts(head, row[1]) then
      refuse("this is %s, which neap does not read; %s", row[2], row[3])
    end
  end
  if head:lower():match("^%s*@relation") then return "arff" end
  local ending = path and path:match("%.(%w+)$")
  return ending and endings[ending:lower()] or "csv"
end

return M
