--- A study as its store has it: what readers and workers see of it.
local json = require "neap.json"

local Stored = {}
Stored.__index = Stored

local M = { Stored = Stored }

-- ----------------------------------------------------------------- encoding

--- A number as its two columns: value, type.
function M.split_value(value)
  if value ~= value then return nil, "NAN" end
  if value == math.huge then return nil, "INF_POS" end
  if value == -math.huge then return nil, "INF_NEG" end
  return value + 0.0, "FINITE"
end

--- A number from its two columns; nil where there is none.
function M.join_value(value, kind)
  if kind == "INF_POS" then return math.huge end
  if kind == "INF_NEG" then return -math.huge end
  if kind == "NAN" then return 0 / 0 end
  return value
end

-- Distributions by their JSON, read once.
local distributions = setmetatable({}, { __mode = "k" })

-- The value of a parameter from its column: categories are kept by position.
local function external(self, value, text)
  local known = distributions[self]
  if not known then
    known = {}
    distributions[self] = known
  end
  local distribution = known[text]
  if not distribution then
    distribution = json.decode(text)
    known[text] = distribution
  end
  if distribution.name == "IntDistribution" then
    return math.tointeger(value) or value
  elseif distribution.name == "CategoricalDistribution" then
    local choice = distribution.attributes.choices[math.tointeger(value) + 1]
    if choice == json.null then return nil end
    return choice
  end
  return value
end

-- -------------------------------------------------------------------- trials

--- The parameters of a trial.
function Stored:params_of(trial_id)
  local params = {}
  for _, row in ipairs(self.db:rows("SELECT param_name, param_value, "
    .. "distribution_json FROM trial_params WHERE trial_id = $1", trial_id)) do
    params[row[1]] = self:external(row[1], row[2], row[3])
  end
  return params
end

-- The numbers of a grid's axes as they were given: 1 and 1.0 are one number in
-- the tables, and two in Lua.
local function numbers_of(spec)
  local numbers = {}
  for _, axes in ipairs(spec and spec.search.grids or {}) do
    for name, values in pairs(axes) do
      numbers[name] = numbers[name] or {}
      for _, value in ipairs(values) do
        if type(value) == "number" then
          numbers[name][value] = numbers[name][value] or value
        end
      end
    end
  end
  return numbers
end

--- The value of a parameter from its columns. Workers, who have the search,
-- take its own choices.
function Stored:external(name, value, text)
  local made = external(self, value, text)
  self.numbers = self.numbers or numbers_of(self.spec)
  return self.numbers[name] and self.numbers[name][made] or made
end

-- What a trial reported: steps in rising order, values by step.
function Stored:reports_of(trial_id)
  local steps, values = {}, {}
  for i, row in ipairs(self.db:rows("SELECT step, intermediate_value, "
    .. "intermediate_value_type FROM trial_intermediate_values "
    .. "WHERE trial_id = $1 ORDER BY step", trial_id)) do
    steps[i] = row[1]
    values[row[1]] = M.join_value(row[2], row[3])
  end
  return steps, values
end

local trial_columns = "SELECT t.trial_id, t.number, t.state, v.value, "
  .. "v.value_type, t.datetime_start, t.datetime_complete FROM trials t "
  .. "LEFT JOIN trial_values v ON v.trial_id = t.trial_id AND v.objective = 0 "

local function trial_of(self, row)
  local trial = {
    id = row[1], number = row[2], state = row[3], began = row[6],
    ended = row[7], value = M.join_value(row[4], row[5]),
  }
  trial.loss = trial.value and self.sign * trial.value
  return trial
end

-- Adds to a trial what stands in other tables.
local function complete(self, trial)
  trial.params = self:params_of(trial.id)
  trial.steps, trial.values = self:reports_of(trial.id)
  for _, row in ipairs(self.db:rows("SELECT \"key\", value_json "
    .. "FROM trial_user_attributes WHERE trial_id = $1", trial.id)) do
    local value = json.decode(row[2])
    if row[1] == "error" then
      trial.error = value
    else
      trial.notes = trial.notes or {}
      trial.notes[row[1]] = value
    end
  end
  return trial
end

--- Trials of a query, with all that is known of them.
-- @param rest what follows the columns: conditions and order
function Stored:select(rest, ...)
  local list = {}
  for i, row in ipairs(self.db:rows(trial_columns .. rest, ...)) do
    list[i] = complete(self, trial_of(self, row))
  end
  return list
end

--- The same trials without parameters, reports and notes.
function Stored:select_plain(rest, ...)
  local list = {}
  for i, row in ipairs(self.db:rows(trial_columns .. rest, ...)) do
    list[i] = trial_of(self, row)
  end
  return list
end

--- All trials that have begun, by their numbers.
function Stored:all()
  return self:select("WHERE t.study_id = $1 AND t.state <> 'WAITING' "
    .. "ORDER BY t.number", self.study_id)
end

-- So many trials are read at once.
local PAGE <const> = 500

--- Calls a function with each trial, by their numbers.
function Stored:each(call)
  local last = -1
  while true do
    local page = self:select(("WHERE t.study_id = $1 AND t.number > $2 "
      .. "AND t.state <> 'WAITING' ORDER BY t.number LIMIT %d"):format(PAGE),
      self.study_id, last)
    for _, trial in ipairs(page) do call(trial) end
    if #page < PAGE then return end
    last = page[#page].number
  end
end

--- The names of all parameters, sorted.
function Stored:param_names()
  local names = {}
  for i, row in ipairs(self.db:rows("SELECT DISTINCT param_name "
    .. "FROM trial_params JOIN trials USING (trial_id) WHERE study_id = $1 "
    .. "ORDER BY param_name", self.study_id)) do
    names[i] = row[1]
  end
  return names
end

--- The best complete trials, best first. Infinite values stand where they
-- belong.
function Stored:top(count)
  local worst = self.sign == 1 and "INF_POS" or "INF_NEG"
  return self:select(("WHERE t.study_id = $1 AND t.state = 'COMPLETE' "
    .. "ORDER BY CASE WHEN v.value_type = 'FINITE' THEN 1 "
    .. "WHEN v.value_type = '%s' THEN 2 ELSE 0 END, v.value %s, t.number "
    .. "LIMIT $2"):format(worst, self.sign == 1 and "ASC" or "DESC"),
    self.study_id, math.tointeger(count))
end

--- How many trials are in each state, and how many points there are.
function Stored:counts()
  local counts = { COMPLETE = 0, PRUNED = 0, FAIL = 0, RUNNING = 0 }
  local rows = self.db:reading(function()
    return self.db:rows("SELECT state, count(*) FROM trials "
      .. "WHERE study_id = $1 GROUP BY state", self.study_id)
  end)
  for _, row in ipairs(rows) do
    if counts[row[1]] then counts[row[1]] = row[2] end
  end
  counts.total = self.size
  return counts
end

--- Whether some trial has not failed: told without counting.
function Stored:has_other_than_failed()
  local rows = self.db:reading(function()
    return self.db:rows("SELECT 1 FROM trials WHERE study_id = $1 "
      .. "AND state <> 'FAIL' LIMIT 1", self.study_id)
  end)
  return #rows > 0
end

--- How many points of the search have been tried: trials of another search,
-- which others were added to, are none of them.
function Stored:covered()
  local _, count = self.db:reading(function()
    return self.db:run("SELECT count(*) FROM neap_trial "
      .. "WHERE study_id = $1 AND point IS NOT NULL AND lease_until IS NULL",
      self.study_id)
  end)
  return count
end

-- ---------------------------------------------------------------------- open

--- Reads what a store knows of a study.
-- @return a table with name, study_id, sign, direction, and of our studies
--   seed, size, lease, shard, isa, spec; nil if there is none of that name
function M.read(db, name)
  local _, study_id = db:run("SELECT study_id FROM studies "
    .. "WHERE study_name = $1", name)
  if not study_id then return nil end
  local self = setmetatable({ db = db, name = name, study_id = study_id },
    Stored)
  local _, direction = db:run("SELECT direction FROM study_directions "
    .. "WHERE study_id = $1 AND objective = 0", study_id)
  self.direction = direction == "MAXIMIZE" and "maximize" or "minimize"
  self.sign = direction == "MAXIMIZE" and -1 or 1
  local found, rows = pcall(db.rows, db, "SELECT seed, size, lease, shard, "
    .. "isa, spec_json, added FROM neap_study WHERE study_id = $1", study_id)
  local row = found and rows[1]
  if row then
    self.seed, self.size, self.lease, self.shard = row[1], row[2], row[3],
      row[4]
    self.isa, self.spec, self.added = row[5], json.decode(row[6]), row[7]
  end
  return self
end

--- The names of a store's studies, as they were made.
function M.names(db)
  local names = {}
  for i, row in ipairs(db:rows("SELECT study_name FROM studies "
    .. "ORDER BY study_id")) do
    names[i] = row[1]
  end
  return names
end

return M
