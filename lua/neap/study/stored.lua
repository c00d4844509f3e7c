--- A study that compares losses, as its store has it.
local arguments = require "neap.arguments"
local Results = require "neap.study.results"
local core = require "neap.core"
local json = require "neap.json"
local keep = require "neap.study.keep"
local points = require "neap.study.points"
local search = require "neap.search"

local M = {}

local Reader = setmetatable({}, { __index = Results })
Reader.__index = Reader
Reader.__name = "neap.StoredStudy"

-- The stages that follow the points.
local later = { "confirmed", "longer", "retuned", "held_out" }

-- How much of the whole there is, where it is not all.
local function partial_of(session)
  local ended = session:covered()
  if session.shard then
    return ("shard %s alone, %d of %d points"):format(session.shard, ended,
      session.size)
  elseif ended < session.size then
    return ("%d of %d points so far"):format(ended, session.size)
  end
end

--- Reads all that has been evaluated into a study.
-- @param study { spec =, points =, session = }
function M.load(study)
  local session = study.session
  keep.read(session, "points", study)
  if study.spec.search.adaptive then
    session.db:reading(function()
      for _, row in ipairs(study.rows) do
        if row.trial_id then
          study.points[row.label] = session:params_of(row.trial_id)
        end
      end
    end)
  end
  study.many_rows = study.runs[1] and study.runs[1].many_rows
  study.partial = partial_of(session)
end

-- What the stages found that looked again at what was picked.
local function load_later(study)
  local done = {}
  for _, row in ipairs(study.session.db:rows("SELECT task FROM neap_task "
    .. "WHERE study_id = $1 AND lease_until IS NULL",
    study.session.study_id)) do
    done[row[1]] = true
  end
  for _, stage in ipairs(later) do
    if done[stage] then study[stage] = keep.read(study.session, stage) end
  end
end

-- ---------------------------------------------------- without its script

-- Values that JSON has no word for come back as nil.
local function plain(value)
  if value == json.null then return nil end
  if type(value) ~= "table" then return value end
  local copy = {}
  for key, part in pairs(value) do copy[key] = plain(part) end
  return copy
end

-- The search of a description: a grid, or the names of its parameters.
local function search_of(described, size)
  if described.kind == "grid" then
    return search.grid(plain(described.grids))
  end
  local made = { kind = described.kind, size = size, names = {},
    adaptive = true }
  for name in pairs(described.parameters) do
    made.names[#made.names + 1] = name
  end
  table.sort(made.names)
  return made
end

--- The study of a description in a store, to read.
-- @param session the study, as neap.store.stored reads it
function M.open(session)
  local o = plain(session.spec)
  o.name, o.search = session.name, search_of(o.search, session.size)
  local self = setmetatable({
    spec = o, session = session, points = points.lazy(o.search),
  }, Reader)
  M.load(self)
  load_later(self)
  return self
end

--- A point's script is needed to train it again.
function Reader.predictions()
  core.blame("predictions: a study that is read from a store has no rows; run "
    .. "its script")
end

Reader.refit = function()
  core.blame("refit: a study that is read from a store has no rows; run its "
    .. "script")
end

arguments.methods("neap.Study", Reader, Reader, {
  predictions = "point", refit = "point, given?",
})

return M
