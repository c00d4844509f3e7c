--- Reading a store: its studies, without stating them again.
local arguments = require "neap.arguments"
local connection = require "neap.store.connection"
local schema = require "neap.store.schema"
local stored = require "neap.store.stored"

local Store = {}
Store.__index = Store
Store.__name = "neap.Store"

local StudyReader = setmetatable({}, { __index = stored.Stored })
StudyReader.__index = StudyReader
StudyReader.__name = "neap.StoredStudy"

local M = {}

--- neap.open(path or URL): the store there.
-- @return the store; nil, why and a code where it can't be read
function M.open(location)
  return connection.protect(function()
    local db = connection.open(location, { mode = "read" })
    local ok, problem = pcall(schema.check_readable, db)
    if not ok then
      db:close()
      error(problem, 0)
    end
    return setmetatable({ db = db }, Store)
  end)
end

function Store:close()
  self.db:close()
end

Store.__close = Store.close

--- The names of the studies, in the order in which they were made.
function Store:studies()
  return connection.protect(stored.names, self.db)
end

local function find(self, name)
  local names = stored.names(self.db)
  if not name then
    if #names ~= 1 then
      connection.fail(("store '%s' has %d studies: %s"):format(
        connection.shown(self.db.location), #names,
        table.concat(names, ", ")), "study")
    end
    name = names[1]
  end
  local study = stored.read(self.db, name)
  if not study then
    connection.fail(("store '%s' has no study '%s'; it has %s"):format(
      connection.shown(self.db.location), name,
      #names > 0 and table.concat(names, ", ") or "none"), "study")
  end
  return setmetatable(study, StudyReader)
end

--- The trials of a study, whatever it is: for commands.
-- @return what has best, trials, counts, export; nil and why if there is none
function M.trials_of(store, name)
  return connection.protect(find, store, name)
end

--- A study by its name; without one, the only one there is.
-- @return what has best, trials, counts, export, and of a study that compares
--   losses table, verdict, figure, curves, too, as it has them after it ran;
--   nil and why if there is none
function Store:study(name)
  return connection.protect(function()
    local study = find(self, name)
    if study.spec and study.spec.kind == "training" then
      return require("neap.study.stored").open(study)
    end
    return study
  end)
end

-- ---------------------------------------------------------------- the study

local function protected(call)
  return function(...) return connection.protect(call, ...) end
end

--- The best trial: { number =, params =, value =, notes = }; nil if none is
-- complete.
StudyReader.best = protected(function(self) return self:top(1)[1] end)

--- All trials that have begun, by their numbers.
StudyReader.trials = protected(function(self) return self:all() end)

--- How many trials are in each state and, as total, how many points there are.
StudyReader.counts = protected(function(self)
  return stored.Stored.counts(self)
end)

--- A figure of the trials: "history", or "heatmap" { x =, y = parameters }.
function StudyReader:figure(kind, given)
  local trials, why, code = self:trials()
  if not trials then return nil, why, code end
  local figure = require("neap.plot.trials").figure(trials, -self.sign, kind,
    given)
  return figure
end

--- Writes a report of the trials: one HTML page that loads nothing.
-- @param given { title = (the study's name) }
-- @return true, or nil and why it can't be written
function StudyReader:report(path, given)
  local done, why = require("neap.report.trials").write({ name = self.name,
    direction = self.direction, seed = self.seed, sign = -self.sign,
    session = self }, path, given)
  return done, why
end

--- Writes all trials into a file: long CSV, or JSON by the name's ending.
StudyReader.export = protected(function(self, path)
  return require("neap.store.export").to_file(self, path)
end)

--- A study of a store; nil and why there is none.
-- @param name nil where the store has one study
function M.find(path, name)
  local store, why = M.open(path)
  if not store then return nil, why end
  return store:study(name)
end

arguments.methods("neap.Store", Store, Store, {
  studies = "", study = "name?: string", close = "",
})
arguments.methods("neap.StoredStudy", StudyReader, StudyReader, {
  best = "",
  trials = "",
  counts = "",
  figure = "kind: string, given?",
  report = "path: string, given?",
  export = "path: string",
})

return arguments.functions(M, { open = "location: string" })
