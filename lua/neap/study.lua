--- Studies: every point of a search on the same rows, beside cheaper remedies.
--
-- Two protocols: a recipe draws fresh data sets, or one data set is dealt into
-- folds again and again. All that is learned from data (standardisation, class
-- weights, l2, thresholds, calibration) is learned on training rows alone.
-- Who does what when stands in neap.study.work, on which rows in
-- neap.study.stages, what is kept in neap.study.sheet and neap.study.keep, what
-- it says in neap.verdict.
local arguments = require "neap.arguments"
local Results = require "neap.study.results"
local metrics = require "neap.study.metrics"
local options = require "neap.options"
local points = require "neap.study.points"
local sheets = require "neap.study.sheet"
local spec = require "neap.study.spec"
local store = require "neap.store"

local found, host = pcall(require, "neap.host")

local Study = setmetatable({}, { __index = Results })
Study.__index = Study
Study.__name = "neap.Study"

--- neap.study { data =, datasets =, confirm = | folds =, repeats =, nested =,
-- test =, model =, optimizer =, loss =, search =, score =, baselines =, fair =,
-- seed =, name =, store =, ... }
-- model, optimizer and loss are values, or function(p, train) of a point's
-- parameters and the run's training rows.
local function new(given)
  if type(given) == "table" and given.search and not given.data
    and given.loss == nil then
    return require("neap.objective")(given)
  end
  local self = setmetatable({}, Study)
  self.spec = spec.read(given)
  local o = self.spec
  self.points = points.lazy(o.search, o.seed)
  self.first = o.search:point(1, o.seed, { trials = {} })
  return sheets.new(self)
end

-- ------------------------------------------------------------------ the run

-- Opens the study's session, and its store, when it is first needed.
local function open_session(self)
  if self.session then return end
  local o = self.spec
  store.join_as_worker(o)
  self.session = store.session {
    name = o.name, search = o.search, seed = math.tointeger(o.seed),
    sign = metrics[o.score].falls and 1 or -1, metric = o.score,
    one_seed = true, -- all points see the same rows in the same order
    store = o.store, lease = o.lease, durable = o.durable,
    existing = o.existing, allow_other_isa = o.allow_other_isa,
    spec = o.store and require("neap.study.describe").of(self),
    keep = o.store and require("neap.study.keep").put_trial,
  }
end

-- Takes what the store has, and how much of the whole it is.
local function load(self)
  if self.session.db then require("neap.study.stored").load(self) end
end

local function pick(self)
  return require("neap.verdict").picks(self)
end

local function run_points(self, o)
  local work = require "neap.study.work"
  return store.run(self.session, self.spec, o, function()
    if work.score_points(self, o) then return self end
    return nil, "interrupted"
  end)
end

local function run_all(self, o)
  for _, key in ipairs { "confirmed", "longer", "retuned", "held_out" } do
    self[key] = nil
  end
  self.many_rows = nil -- as the first training rows say
  sheets.new(self)
  if self.session and not self.session.db then self.session = nil end
  open_session(self)
  local done, why, code = run_points(self, o)
  load(self)
  if not done then return nil, why, code end
  -- A shard has no more to pick from than its share.
  if self.session.shard_of then return self end
  if not require("neap.study.work").look_again(self, pick(self)) then
    return nil, "interrupted"
  end
  return self
end

-- The same, where all that this process has claimed is given back if it fails.
local function run_safely(self, o)
  local result = table.pack(pcall(run_all, self, o))
  if self.session and not (result[1] and result[2]) then
    pcall(self.session.give_back, self.session)
  end
  if not result[1] then error(result[2], 0) end
  return table.unpack(result, 2, result.n)
end

--- Runs the study to its end; what its store has is not done again.
-- @param given { quiet = true shows no progress, batch = points that are
--   claimed at once, workers = processes that run this script, this one among
--   them (the command line's --workers) }
-- @return the study; nil and "interrupted" after Ctrl-C, or nil, what is wrong
--   with the store and a code: what has been evaluated till then is there
function Study:run(given)
  local o = options.read("run", given, {
    quiet = { "boolean", default = false },
    batch = { "number", low = 1, high = 1e6, whole = true },
    workers = { "number", low = 1, high = 1024, whole = true },
  })
  o.batch = math.tointeger(o.batch)
  self.quiet = o.quiet
  local start = found and host.clock()
  local result = table.pack(store.guarded(run_safely, self, o))
  self.seconds = found and host.clock() - start or nil
  return table.unpack(result, 1, result.n)
end

--- Closes the store. What the study has found stays; run opens it again.
function Study:close()
  if self.session and self.session.db then
    self.session:close()
    self.session = nil
  end
end

Study.__close = Study.close

-- -------------------------------------------------------------- one by itself

--- The scores of a point on rows that it was not trained on; it is trained
-- again, with the same bits.
-- @param point its number, its parameters, study:best(), or the name of a
--   trained baseline
-- @return for folds { scores = [repeats][n], folds = [repeats][n] int32,
--   targets =, weights =, truth = }, as neap.verdict takes them; for a recipe a
--   list of { scores = [n], targets =, weights =, truth = }, one for each data
--   set; truth is P(class 1 | row) where it is known
function Study:predictions(point)
  return require("neap.study.predict").predictions(self, point)
end

--- A fit of a point to all rows, trained and tuned as in the study.
-- @param point see Study:predictions
-- @param given { data = the rows; of a recipe there are none without it }
function Study:refit(point, given)
  return require("neap.study.predict").refit(self, point, given)
end

arguments.methods("neap.Study", Study, Study, {
  run = "given?", close = "", predictions = "point", refit = "point, given?",
})

return arguments.checked("study", "given", new)
