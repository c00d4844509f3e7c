--- Studies of any objective: a function of a trial that returns a number.
local arguments = require "neap.arguments"
local core = require "neap.core"
local options = require "neap.options"
local progress = require "neap.progress"
local store = require "neap.store"
local trial_of = require "neap.trial"

local found, host = pcall(require, "neap.host")

local Study = {}
Study.__index = Study
Study.__name = "neap.ObjectiveStudy"

local study_options = {
  name = { "string", default = "study" },
  seed = { "number", default = 1, low = 0, high = 2 ^ 53 - 1, whole = true },
  search = { "table", required = true,
    wanted = "a search, such as neap.search.random { ... }" },
  objective = { "any", wanted = "a function of a trial" },
  direction = { "choice", default = "minimize",
    names = { "minimize", "maximize" } },
  prune = { "table", wanted = "a pruner, such as neap.prune.median {}" },
}
for key, rule in pairs(store.options) do study_options[key] = rule end

local run_options = {
  trials = { "number", low = 1, high = 2 ^ 53, whole = true },
  seconds = { "number", low = 0 },
  batch = { "number", low = 1, high = 1e6, whole = true },
  workers = { "number", low = 1, high = 1024, whole = true },
  quiet = { "boolean", default = false },
}

local function check(o)
  if not o.search.is_search then
    options.refuse("study", "search is a table; wanted a search, such as "
      .. "neap.search.random { ... }")
  elseif o.prune and not o.prune.is_pruner then
    options.refuse("study", "prune is a table; wanted a pruner, such as "
      .. "neap.prune.median {}")
  elseif o.objective and type(o.objective) ~= "function" then
    options.refuse("study", ("objective is a %s; wanted a function of a trial")
      :format(type(o.objective)), 3)
  end
end

-- Reading a parameter that the search has not raises.
local function guard_of(search)
  local names = {}
  for _, name in ipairs(search.names) do names[name] = true end
  return {
    __index = function(_, key)
      if names[key] then return nil end
      core.blame(("there is no parameter '%s'; the search has %s"):format(
        tostring(key), table.concat(search.names, ", ")))
    end,
  }
end

--- neap.study { objective = function(trial) ... end, search =, direction =
-- "minimize" or "maximize", prune =, name =, seed =, store = }
local function new(given)
  local o = options.read("study", given, study_options)
  check(o)
  return setmetatable({ spec = o, guard = guard_of(o.search), asked = {} },
    Study)
end

-- What must stay the same where a study is resumed.
local function describe(o)
  return require("neap.store.spec").describe {
    kind = "objective", search = o.search, direction = o.direction,
    seed = math.tointeger(o.seed), objective = o.objective,
    prune = o.prune and { kind = o.prune.kind, options = o.prune.options },
  }
end

-- The study's session, which opens its store when it is first needed.
local function session_of(self)
  if not self.session then
    local o = self.spec
    store.join_as_worker(o)
    self.session = store.session {
      name = o.name, search = o.search, seed = math.tointeger(o.seed),
      sign = o.direction == "maximize" and -1 or 1, prune = o.prune,
      store = o.store, lease = o.lease, durable = o.durable,
      existing = o.existing, allow_other_isa = o.allow_other_isa,
      spec = o.store and describe(o),
    }
  end
  return self.session
end

-- A method that gives nil, message and code where the store fails.
local function with_session(call)
  return function(self, ...)
    return store.protect(function(...)
      return call(self, session_of(self), ...)
    end, ...)
  end
end

-- ---------------------------------------------------------------- one trial

local function begin(self, claimed)
  setmetatable(claimed.params, self.guard)
  return trial_of.new(self.session, claimed)
end

local function explain(message)
  if type(message) ~= "string" and not (getmetatable(message) or {}).__tostring
  then
    message = ("(error object is a %s value)"):format(type(message))
  end
  return debug.traceback(tostring(message), 2)
end

-- Errors of the store end the run; all others end the trial.
local function handle(message)
  if type(message) == "table" and message.is_store_error then return message end
  return explain(message)
end

local function run_trial(self, trial)
  local ok, value = xpcall(self.spec.objective, handle, trial)
  if ok then
    trial_of.complete(trial, value)
  elseif type(value) == "table" then
    error(value, 0)
  else
    trial_of.fail(trial, value)
  end
end

-- ------------------------------------------------------------------ the run

local function is_over(o, start)
  return found and (host.interrupted()
    or o.seconds and host.clock() - start >= o.seconds)
end

-- Where nobody says how many trials to claim at once: so many that they take
-- about this long, in seconds, and not more.
local CLAIM_FOR <const>, CLAIM_MOST <const> = 0.02, 100

-- Whether nobody says so, and it makes no difference to a trial: its point and
-- its end depend on no other, and it need not be synced before the next one.
local function claims_some(self, o)
  local spec = self.spec
  return not o.batch and self.session.db ~= nil and not spec.prune
    and not spec.search.adaptive and spec.durable == "process"
end

-- How many to claim after some that took so many seconds, each.
local function next_size(size, seconds)
  local fits = CLAIM_FOR / math.max(seconds, 1e-9)
  return math.max(math.floor(math.min(fits, 4 * size, CLAIM_MOST)), 1)
end

-- Runs the trials of a batch; gives back those that it did not come to, by a
-- time.
local function run_batch(self, batch, o, start, latest)
  local session, ended = self.session, {}
  for i, claimed in ipairs(batch) do
    if i > 1 and (is_over(o, start) or latest and host.clock() > latest) then
      session:release(table.move(batch, i, #batch, 1, {}))
      break
    end
    local trial = begin(self, claimed)
    run_trial(self, trial)
    ended[i] = trial
    if i < #batch then session:renew(batch) end
  end
  return ended
end

-- Why there is nothing to show: every trial failed, and how the first one did.
local function failure_of(session)
  if session:has_other_than_failed() then return nil end
  for _, trial in ipairs(session:all()) do
    if trial.error then
      return ("all of %d trials failed; the first: %s"):format(
        session:counts().FAIL, trial.error:match("^[^\n]*"))
    end
  end
end

local function work(self, o)
  local session, spec = self.session, self.spec
  local bar = progress.new(spec.name, spec.search.size, "trials")
  bar.silent = bar.silent or o.quiet
  local start, left = found and host.clock() or 0, o.trials or math.huge
  local ended, done = {}, 0
  local size, some = o.batch or 1, claims_some(self, o)
  while true do
    local want = is_over(o, start) and 0 or math.min(size, left)
    local batch, status = session:exchange(ended, want)
    if want == 0 or status == "complete" then break end
    local began = some and host.clock()
    ended = run_batch(self, batch, o, start, some and began + 5 * CLAIM_FOR)
    if some and #ended > 0 then
      size = next_size(size, (host.clock() - began) / #ended)
    end
    done, left = done + #ended, left - #ended
    bar:update(done)
    if #batch == 0 then session:wait() end
  end
  bar:finish()
  if found and host.interrupted() then return nil, "interrupted" end
  local failure = failure_of(session)
  if failure then return nil, failure end
  return self
end

local function run_all(self, o)
  return store.run(session_of(self), self.spec, o, function()
    return work(self, o)
  end)
end

--- Runs trials until every point has been tried.
-- @param given { trials = at most so many now, seconds = begin none after
--   these, batch = trials that are claimed and kept at once (of a store so many
--   that they take 20 ms, where that makes no difference; else 1),
--   workers = processes that run this script, this one among them (the command
--   line's --workers), quiet = }
-- @return the study; nil and "interrupted" after Ctrl-C, nil and what is wrong
--   with the store, or nil and how the first one failed where all trials have:
--   what ended before is kept
function Study:run(given)
  local o = options.read("run", given, run_options)
  if not self.spec.objective then
    core.blame("run: the study has no objective; use ask and tell")
  end
  return store.guarded(run_all, self, o)
end

--- The next trial, for a loop of one's own; nil when every point was tried,
-- nil and why where the store fails.
Study.ask = with_session(function(self, session)
  local batch = session:exchange({}, 1)
  if not batch[1] then return nil end
  local trial = begin(self, batch[1])
  self.asked[trial] = true
  return trial
end)

--- Ends a trial that ask gave.
-- @param trial the trial
-- @param value what it is worth, a number; nil if it failed or, having been
--   told to, was pruned
-- @param why why it failed: text
-- @return true; nil and what is wrong with the store
function Study:tell(trial, value, why)
  if not self.asked[trial] then
    options.refuse("tell", "wanted a trial of ask that has not ended")
  elseif value ~= nil and type(value) ~= "number" then
    options.refuse("tell", ("value is a %s; wanted a number"):format(
      type(value)), 2)
  end
  self.asked[trial] = nil
  if why then
    trial_of.fail(trial, tostring(why))
  else
    trial_of.complete(trial, value)
  end
  return store.protect(function()
    self.session:exchange({ trial }, 0)
    return true
  end)
end

-- ------------------------------------------------------------------- results

--- The best trial: { number =, params =, value =, notes = }; nil if none is
-- complete.
Study.best = with_session(function(_, session)
  return session:top(1)[1]
end)

--- All trials that have begun, by their numbers: { number =, state =, params =,
-- value =, error =, notes =, steps =, values = }.
Study.trials = with_session(function(_, session)
  return session:all()
end)

--- How many trials are in each state (COMPLETE, PRUNED, FAIL, RUNNING) and, as
-- total, how many points there are.
Study.counts = with_session(function(_, session)
  return session:counts()
end)

--- A figure of the trials: "history", or "heatmap" { x =, y = parameters }.
-- @return the figure; nil, why and a code where the store fails
function Study:figure(kind, given)
  local trials, why, code = self:trials()
  if not trials then return nil, why, code end
  local figure = require("neap.plot.trials").figure(trials,
    self.spec.direction == "maximize" and 1 or -1, kind, given)
  return figure
end

--- Writes a report of the trials: one HTML page that loads nothing.
-- @param given { title = (the study's name) }
-- @return true, or nil and why it can't be written
function Study:report(path, given)
  local ok, why, code = self:counts() -- opens the store
  if not ok then return nil, why, code end
  local o, session = self.spec, self.session
  local done, problem = require("neap.report.trials").write({ name = o.name,
    direction = o.direction, seed = math.tointeger(o.seed),
    sign = -session.sign, session = session }, path, given)
  return done, problem
end

--- Writes all trials into a file: CSV in long form, or JSON, by the name's
-- ending.
-- @return true; nil and why
Study.export = with_session(function(_, session, path)
  return require("neap.store.export").to_file(session, path)
end)

--- Closes the store. What was asked for and not told is given back. Whatever
-- needs it opens it again.
function Study:close()
  if self.session and self.session.db then
    self.session:close()
    self.session, self.asked = nil, {}
  end
end

Study.__close = Study.close

arguments.methods("neap.ObjectiveStudy", Study, Study, {
  run = "given?",
  ask = "",
  tell = "trial: neap.Trial, value?, why?: string",
  best = "",
  trials = "",
  counts = "",
  figure = "kind: string, given?",
  report = "path: string, given?",
  export = "path: string",
  close = "",
})

return new
