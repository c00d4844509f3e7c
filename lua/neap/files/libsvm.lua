--- Reads LIBSVM text as dense rows.
local arrays = require "neap.files.arrays"
local core = require "neap.core"
local refuse = require "neap.files.refuse"

local M = {}

-- A sparse file may stand for rows that no memory holds: more than this many
-- bytes for each of the file are made only where `features` says so.
local most_bytes, most_growth = 16777216, 64

local function base_of(about, o, like, notes)
  local base = o.base or (like and like.base)
  if base == 1 and about.least == 0 then
    refuse("base is 1, and there is an index 0")
  end
  if base then return base end
  base = about.least == 0 and 0 or 1
  notes[#notes + 1] = base == 0 and "indices count from 0, as there is a 0"
    or "indices count from 1, as there is no 0; base = 0 says otherwise"
  return base
end

local function features_of(about, o, like, base, size)
  local found = about.most and about.most - base + 1 or 0
  local wanted = o.features or (like and #like.features)
  if wanted and wanted < found then
    refuse("features is %d, and there is an index %d, which is feature %d",
      wanted, about.most, found)
  end
  local features = wanted or found
  if features < 1 then refuse("no row has a feature") end
  local bytes = 8.0 * about.rows * features
  if not wanted and bytes > math.max(most_bytes, most_growth * size) then
    refuse("%d rows of %d features are %.3g GB as dense rows; features = %d "
      .. "says that this is meant", about.rows, features, bytes / 1e9,
      features)
  end
  return features
end

--- Reads LIBSVM text; see csv.load.
function M.load(bytes, o, like)
  local svm, about = core.files.libsvm(bytes)
  if not svm then refuse("%s", about) end
  local notes = {}
  local base = base_of(about, o, like, notes)
  local x, y, groups = svm:read(base,
    features_of(about, o, like, base, #bytes))
  return arrays.finish({
    x = x, labels = y, target = "label", groups = groups, notes = notes,
    base = base, columns = {},
  }, { ignore = o.ignore, rows_only = o.rows_only }, like)
end

return M
