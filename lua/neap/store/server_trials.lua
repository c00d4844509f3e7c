--- PostgreSQL: a trial begins and ends by one statement each, which find rows
-- by their keys alone, so that a plan made for empty tables stays right. A
-- server is far away: statements of many trials travel together.
local host = require "neap.host"
local json = require "neap.json"
local stored = require "neap.store.stored"

local M = {}

-- A list as a literal of an array; false stands for NULL.
local function array(values)
  local parts = {}
  for i, value in ipairs(values) do
    if value == false then
      parts[i] = "NULL"
    elseif type(value) == "string" then
      parts[i] = '"' .. value:gsub('[\\"]', "\\%0") .. '"'
    elseif math.type(value) == "integer" then
      parts[i] = ("%d"):format(value)
    else
      parts[i] = ("%.17g"):format(value)
    end
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

local begin_text = "WITH t AS (INSERT INTO trials (number, study_id, state, "
  .. "datetime_start) VALUES ($1, $2, 'RUNNING', $3) RETURNING trial_id), "
  .. "n AS (INSERT INTO neap_trial (trial_id, study_id, point, seed, attempt, "
  .. "worker_id, lease_until) SELECT trial_id, $2, $4::bigint, $5::bigint, 1, "
  .. "$6::int, $7::bigint FROM t), "
  .. "p AS (INSERT INTO trial_params (trial_id, param_name, param_value, "
  .. "distribution_json) SELECT trial_id, x.* FROM t, "
  .. "unnest($8::text[], $9::float8[], $10::text[]) AS x) "
  .. "SELECT trial_id FROM t"

--- Begins trials.
-- @param trials a list of { number =, index =, seed =, params = }; each gets
--   its id when the transaction ends
function M.begin(self, trials)
  local ends, began = self:lease_end(), host.utc()
  for _, trial in ipairs(trials) do
    local names, values, distributions = {}, {}, {}
    self:each_param(trial.params, function(name, value, distribution)
      names[#names + 1], values[#values + 1] = name, value
      distributions[#distributions + 1] = distribution
    end)
    self.db:later(function(rows) trial.id = rows[1][1] end, begin_text,
      trial.number, self.study_id, began, trial.index, trial.seed,
      self.worker_id, ends, array(names), array(values), array(distributions))
  end
end

-- The parts of the statement that ends a trial: n is the row of a trial that
-- this worker still holds.
local parts = {
  "WITH n AS (UPDATE neap_trial SET lease_until = NULL WHERE trial_id = $1 "
    .. "AND attempt = $2 AND worker_id = $3 AND lease_until IS NOT NULL "
    .. "RETURNING trial_id), "
    .. "u AS (UPDATE trials t SET state = $4, datetime_complete = $5 FROM n "
    .. "WHERE t.trial_id = n.trial_id)",
  value = ", v AS (INSERT INTO trial_values (trial_id, objective, value, "
    .. "value_type) SELECT trial_id, 0, $%d::float8, $%d::trialvaluetype "
    .. "FROM n)",
  reports = ", r AS (INSERT INTO trial_intermediate_values (trial_id, step, "
    .. "intermediate_value, intermediate_value_type) SELECT trial_id, x.* "
    .. "FROM n, unnest($%d::int[], $%d::float8[], "
    .. "$%d::trialintermediatevaluetype[]) AS x "
    .. "ON CONFLICT (trial_id, step) DO NOTHING)",
  notes = ", a AS (INSERT INTO trial_user_attributes (trial_id, \"key\", "
    .. "value_json) SELECT trial_id, x.* FROM n, unnest($%d::text[], "
    .. "$%d::text[]) AS x)",
}

-- What a trial reported that is not in the store yet, as arrays.
local function reports_of(trial)
  local steps, values, kinds = {}, {}, {}
  for i = (trial.kept or 0) + 1, #trial.steps do
    local step = trial.steps[i]
    local value, kind = stored.split_value(trial.values[step])
    steps[#steps + 1], values[#values + 1] = step, value or false
    kinds[#kinds + 1] = kind
  end
  return array(steps), array(values), array(kinds)
end

-- Its notes, and why it failed, as arrays.
local function notes_of(trial)
  local keys, values = {}, {}
  local function add(key, value)
    keys[#keys + 1], values[#values + 1] = key, json.encode(value)
  end
  for key, value in pairs(trial.notes or {}) do
    if key ~= "error" or not trial.error then add(key, value) end
  end
  if trial.error then add("error", trial.error) end
  return array(keys), array(values)
end

--- Ends a trial, unless another worker has taken it over.
-- @param ended when
-- @param call function(is_mine), called before the transaction ends or as it
--   does
function M.finish(self, trial, ended, call)
  local text = { parts[1] }
  local bound = { trial.id, trial.attempt, self.worker_id, trial.state, ended,
    n = 5 }
  local function add(part, ...)
    local marks = {}
    for i = 1, select("#", ...) do
      marks[i], bound[bound.n + i] = bound.n + i, (select(i, ...))
    end
    bound.n = bound.n + #marks
    text[#text + 1] = parts[part]:format(table.unpack(marks))
  end
  if trial.value then
    add("value", stored.split_value(trial.value))
  end
  if #trial.steps > (trial.kept or 0) then add("reports", reports_of(trial)) end
  if trial.notes or trial.error then add("notes", notes_of(trial)) end
  text[#text + 1] = " SELECT trial_id FROM n"
  self.db:later(function(rows) call(#rows == 1) end, table.concat(text),
    table.unpack(bound, 1, bound.n))
end

return M
