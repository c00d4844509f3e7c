--- PostgreSQL: begins and ends of many trials in one statement each, whose
-- values are arrays. A server is far away: what counts is how often it is
-- asked.
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
M.array = array

local begin_text = "WITH d AS (SELECT * FROM unnest($1::int[], $2::bigint[], "
  .. "$11::bigint[]) AS d (number, point, seed)), "
  .. "t AS (INSERT INTO trials (number, study_id, state, datetime_start) "
  .. "SELECT number, $3::int, 'RUNNING', $4::timestamp FROM d ORDER BY number "
  .. "RETURNING trial_id, number), "
  .. "n AS (INSERT INTO neap_trial (trial_id, study_id, point, seed, "
  .. "attempt, worker_id, lease_until) SELECT t.trial_id, $3::int, d.point, "
  .. "d.seed, 1, $5::int, $6::bigint FROM t JOIN d USING (number)), "
  .. "p AS (INSERT INTO trial_params (trial_id, param_name, param_value, "
  .. "distribution_json) SELECT t.trial_id, x.name, x.value, x.distribution "
  .. "FROM unnest($7::int[], $8::text[], $9::float8[], $10::text[]) "
  .. "AS x (number, name, value, distribution) JOIN t USING (number)) "
  .. "SELECT trial_id, number FROM t ORDER BY number"

--- Begins trials.
-- @param trials a list of { number =, index =, seed =, params = }; each gets
--   its id
function M.begin(self, trials)
  local numbers, points, seeds = {}, {}, {}
  local owners, names, values, distributions = {}, {}, {}, {}
  for i, trial in ipairs(trials) do
    numbers[i], points[i], seeds[i] = trial.number, trial.index, trial.seed
    self:each_param(trial.params, function(name, value, distribution)
      owners[#owners + 1], names[#names + 1] = trial.number, name
      values[#values + 1] = value
      distributions[#distributions + 1] = distribution
    end)
  end
  local rows = self.db:rows(begin_text, array(numbers), array(points),
    self.study_id, host.utc(), self.worker_id, self:lease_end(), array(owners),
    array(names), array(values), array(distributions), array(seeds))
  for i, trial in ipairs(trials) do trial.id = rows[i][1] end
end

local end_text = "WITH d AS (SELECT * FROM unnest($1::int[], $2::int[], "
  .. "$3::text[], $4::float8[], $5::text[]) "
  .. "AS d (trial_id, attempt, state, value, kind)), "
  .. "n AS (UPDATE neap_trial n SET lease_until = NULL FROM d "
  .. "WHERE n.trial_id = d.trial_id AND n.attempt = d.attempt "
  .. "AND n.worker_id = $6::int AND n.lease_until IS NOT NULL "
  .. "RETURNING n.trial_id), "
  .. "v AS (INSERT INTO trial_values (trial_id, objective, value, value_type) "
  .. "SELECT trial_id, 0, value, kind::trialvaluetype FROM d JOIN n "
  .. "USING (trial_id) WHERE kind IS NOT NULL), "
  .. "r AS (INSERT INTO trial_intermediate_values (trial_id, step, "
  .. "intermediate_value, intermediate_value_type) SELECT trial_id, x.step, "
  .. "x.value, x.kind::trialintermediatevaluetype "
  .. "FROM unnest($7::int[], $8::int[], $9::float8[], $10::text[]) "
  .. "AS x (trial_id, step, value, kind) JOIN n USING (trial_id) "
  .. "ON CONFLICT (trial_id, step) DO NOTHING), "
  .. "a AS (INSERT INTO trial_user_attributes (trial_id, \"key\", value_json) "
  .. "SELECT trial_id, x.name, x.value FROM unnest($11::int[], $12::text[], "
  .. "$13::text[]) AS x (trial_id, name, value) JOIN n USING (trial_id)), "
  .. "u AS (UPDATE trials t SET state = d.state::trialstate, "
  .. "datetime_complete = $14::timestamp FROM d JOIN n USING (trial_id) "
  .. "WHERE t.trial_id = d.trial_id) "
  .. "SELECT trial_id FROM n"

local function add_reports(trial, reports)
  for i = (trial.kept or 0) + 1, #trial.steps do
    local step = trial.steps[i]
    local value, kind = stored.split_value(trial.values[step])
    table.insert(reports.ids, trial.id)
    table.insert(reports.steps, step)
    table.insert(reports.values, value or false)
    table.insert(reports.kinds, kind)
  end
end

local function add_notes(trial, notes)
  local function add(key, value)
    table.insert(notes.ids, trial.id)
    table.insert(notes.keys, key)
    table.insert(notes.values, json.encode(value))
  end
  for key, value in pairs(trial.notes or {}) do
    if key ~= "error" or not trial.error then add(key, value) end
  end
  if trial.error then add("error", trial.error) end
end

--- Ends trials that this worker still holds.
-- @return a set of their ids
function M.finish(self, trials)
  local ids, attempts, states, values, kinds = {}, {}, {}, {}, {}
  local reports = { ids = {}, steps = {}, values = {}, kinds = {} }
  local notes = { ids = {}, keys = {}, values = {} }
  for i, trial in ipairs(trials) do
    ids[i], attempts[i], states[i] = trial.id, trial.attempt, trial.state
    values[i], kinds[i] = false, false
    if trial.value then
      local value, kind = stored.split_value(trial.value)
      values[i], kinds[i] = value or false, kind
    end
    add_reports(trial, reports)
    add_notes(trial, notes)
  end
  local kept = {}
  for _, row in ipairs(self.db:rows(end_text, array(ids), array(attempts),
    array(states), array(values), array(kinds), self.worker_id,
    array(reports.ids), array(reports.steps), array(reports.values),
    array(reports.kinds), array(notes.ids), array(notes.keys),
    array(notes.values), host.utc())) do
    kept[row[1]] = true
  end
  return kept
end

return M
