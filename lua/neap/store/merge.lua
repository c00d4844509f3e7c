--- Joining stores: the trials of several files in one, each point once.
local connection = require "neap.store.connection"
local core = require "neap.core"
local host = require "neap.host"
local json = require "neap.json"
local schema = require "neap.store.schema"
local specs = require "neap.store.spec"
local stored = require "neap.store.stored"
local study_of = require "neap.store.study"

local M = {}

-- What hangs on a trial, and on a study, beside the rows of their own.
local of_trials = {
  trial_params = { "param_name", "param_value", "distribution_json" },
  trial_values = { "objective", "value", "value_type" },
  trial_intermediate_values = { "step", "intermediate_value",
    "intermediate_value_type" },
  trial_user_attributes = { '"key"', "value_json" },
  trial_system_attributes = { '"key"', "value_json" },
  neap_series = { "run", "metric", "step", "value" },
  neap_score = { "stage", "run", "metric", "value" },
  neap_draws = { "stage", "part", "draws" },
}
local of_studies = {
  neap_run = { keys = 2, "stage", "run", "dataset", '"repeat"', "fold",
    "positives", "row_count", "many_rows" },
  neap_baseline = { keys = 4, "stage", "label", "run", "metric", "value" },
  neap_baseline_draws = { keys = 3, "stage", "label", "part", "draws" },
}

-- Rows of a table that belong to something, in an order that does not depend on
-- the file. Of stages there is the first one: what was picked of a part of the
-- points says nothing of the whole.
local function rows_of(db, name, columns, owner, id)
  local list, first = table.concat(columns, ", "), ""
  for _, column in ipairs(columns) do
    if column == "stage" then first = " AND stage = 'points'" end
  end
  local rows = db:rows(("SELECT %s FROM %s WHERE %s = $1%s ORDER BY %s"):format(
    list, name, owner, first, list), id)
  if columns[#columns] == "draws" then
    for _, row in ipairs(rows) do
      local bytes = row[#columns]
      row[#columns] = core.array.from_bytes(bytes, "float64", #bytes // 8)
    end
  end
  return rows
end

local function insert(db, name, owner, id, columns, row)
  local marks = {}
  for i = 1, #columns do marks[i] = "$" .. i + 1 end
  db:run(("INSERT INTO %s (%s, %s) VALUES ($1, %s)"):format(name, owner,
    table.concat(columns, ", "), table.concat(marks, ", ")), id,
    table.unpack(row, 1, #columns))
end

-- Values of a row as text that differs if a bit does.
local function text_of(row, count)
  local cells = {}
  for i = 1, count do
    local value = row[i]
    if core.array.is_array(value) then value = host.sha256(value:tobytes()) end
    cells[i] = value == nil and "nil" or json.encode(value)
  end
  return table.concat(cells, " ")
end

-- ------------------------------------------------------------------- studies

local function check_same(to, from, path)
  local lines = specs.differences(to.spec, from.spec)
  if to.direction ~= from.direction then
    lines[#lines + 1] = ("direction was %s, is %s"):format(to.direction,
      from.direction)
  end
  if to.isa ~= from.isa then
    lines[#lines + 1] = ("instruction set was %s, is %s"):format(to.isa,
      from.isa)
  end
  if #lines > 0 then
    connection.fail(("study '%s' of '%s' is another one:\n  %s"):format(
      from.name, path, table.concat(lines, "\n  ")), "changed")
  end
end

local function make(db, from)
  local _, id = db:run("INSERT INTO studies (study_name) VALUES ($1) "
    .. "RETURNING study_id", from.name)
  db:run("INSERT INTO study_directions (direction, study_id, objective) "
    .. "VALUES ($1, $2, 0)", from.direction:upper(), id)
  for _, kind in ipairs { "user", "system" } do
    local name = ("study_%s_attributes"):format(kind)
    for _, row in ipairs(rows_of(from.db, name, { '"key"', "value_json" },
      "study_id", from.study_id)) do
      insert(db, name, "study_id", id, { '"key"', "value_json" }, row)
    end
  end
  -- Points are looked for when it is resumed: those that are there are passed.
  db:run("INSERT INTO neap_study (study_id, seed, size, next_index, lease, "
    .. "shard, added, isa, spec_json) VALUES ($1, $2, $3, 0, $4, NULL, 1, $5, "
    .. "$6)", id, from.seed, from.size, from.lease, from.isa,
    json.encode(from.spec))
end

local function merge_study_rows(db, to, from, path)
  for name, columns in pairs(of_studies) do
    local known = {}
    for _, row in ipairs(rows_of(db, name, columns, "study_id",
      to.study_id)) do
      known[text_of(row, columns.keys)] = text_of(row, #columns)
    end
    for _, row in ipairs(rows_of(from.db, name, columns, "study_id",
      from.study_id)) do
      local there = known[text_of(row, columns.keys)]
      if not there then
        insert(db, name, "study_id", to.study_id, columns, row)
      elseif there ~= text_of(row, #columns) then
        connection.fail(("study '%s' of '%s': %s differs: %s, and %s before")
          :format(from.name, path, name, text_of(row, #columns), there),
          "differs")
      end
    end
  end
end

-- -------------------------------------------------------------------- trials

-- All that two trials of a point must have alike.
local function fingerprint(db, id, state)
  local parts = { state }
  for _, name in ipairs { "trial_params", "trial_values",
    "trial_intermediate_values", "neap_score", "neap_draws" } do
    for _, row in ipairs(rows_of(db, name, of_trials[name], "trial_id", id)) do
      parts[#parts + 1] = name .. " " .. text_of(row, #of_trials[name])
    end
  end
  return table.concat(parts, "\n")
end

-- The first lines in which two fingerprints differ.
local function first_difference(a, b)
  local lines = {}
  for part in a:gmatch("[^\n]+") do lines[#lines + 1] = part end
  local i = 0
  for part in b:gmatch("[^\n]+") do
    i = i + 1
    if part ~= lines[i] then
      return ("%s, and %s before"):format(part, lines[i] or "nothing")
    end
  end
  return "one has more values"
end

local function copy_worker(db, to, from, id, workers)
  if not workers[id] then
    local columns = { "host", "machine", "pid", "start", "isa", "version",
      "script_sha256", "began" }
    local row = rows_of(from.db, "neap_worker", columns, "worker_id", id)[1]
    insert(db, "neap_worker", "study_id", to.study_id, columns, row)
    local _, made = db:run("SELECT max(worker_id) FROM neap_worker")
    workers[id] = made
  end
  return workers[id]
end

local function copy_trial(db, to, trial, number)
  local from = trial.from
  local _, id = db:run("INSERT INTO trials (number, study_id, state, "
    .. "datetime_start, datetime_complete) VALUES ($1, $2, $3, $4, $5) "
    .. "RETURNING trial_id", number, to.study_id, trial.state, trial.began,
    trial.ended)
  for name, columns in pairs(of_trials) do
    for _, row in ipairs(rows_of(from.db, name, columns, "trial_id",
      trial.id)) do
      insert(db, name, "trial_id", id, columns, row)
    end
  end
  db:run("INSERT INTO neap_trial (trial_id, study_id, point, seed, attempt, "
    .. "worker_id) VALUES ($1, $2, $3, $4, $5, $6)", id, to.study_id,
    trial.point, trial.seed, trial.attempt,
    copy_worker(db, to, from, trial.worker, trial.workers))
  return id
end

-- The trials of a study that have ended, and how many have not.
local function ended_trials(from, list, workers)
  local open = 0
  for _, row in ipairs(from.db:rows("SELECT t.trial_id, t.state, n.point, "
    .. "t.datetime_start, t.datetime_complete, n.attempt, n.worker_id, n.seed "
    .. "FROM trials t JOIN neap_trial n ON n.trial_id = t.trial_id "
    .. "WHERE t.study_id = $1", from.study_id)) do
    if row[2] == "RUNNING" or row[2] == "WAITING" then
      open = open + 1
    elseif row[3] then
      list[#list + 1] = {
        from = from, id = row[1], state = row[2], point = row[3],
        began = row[4], ended = row[5], attempt = row[6], worker = row[7],
        workers = workers, seed = row[8],
      }
    end
  end
  return open
end

-- Baselines that are there need not be trained again.
local function merge_tasks(db, to, from, workers)
  local _, worker, attempt = from.db:run("SELECT worker_id, attempt "
    .. "FROM neap_task WHERE study_id = $1 AND task = 'baselines' "
    .. "AND lease_until IS NULL", from.study_id)
  if not worker then return end
  db:run("INSERT INTO neap_task (study_id, task, attempt, worker_id) "
    .. "VALUES ($1, 'baselines', $2, $3) ON CONFLICT (study_id, task) "
    .. "DO UPDATE SET lease_until = NULL", to.study_id, attempt,
    copy_worker(db, to, from, worker, workers))
end

local function merge_trials(db, to, list)
  table.sort(list, function(a, b)
    if a.point ~= b.point then return a.point < b.point end
    return a.from.order < b.from.order
  end)
  local _, last = db:run("SELECT max(number) FROM trials WHERE study_id = $1",
    to.study_id)
  local number, added, same = last or -1, 0, 0
  for _, trial in ipairs(list) do
    local _, id, state = db:run("SELECT t.trial_id, t.state FROM neap_trial n "
      .. "JOIN trials t ON t.trial_id = n.trial_id WHERE n.study_id = $1 "
      .. "AND n.point = $2", to.study_id, trial.point)
    if not id then
      number = number + 1
      copy_trial(db, to, trial, number)
      added = added + 1
    else
      local a = fingerprint(db, id, state)
      local b = fingerprint(trial.from.db, trial.id, trial.state)
      if a ~= b then
        connection.fail(("study '%s', point %d of '%s' differs: %s"):format(
          to.name, trial.point, trial.from.path, first_difference(a, b)),
          "differs")
      end
      same = same + 1
    end
  end
  return added, same
end

-- ----------------------------------------------------------------------- all

local function open_all(paths)
  local dbs = {}
  for i, path in ipairs(paths) do
    dbs[i] = connection.open(path, { mode = "read" })
    schema.check_readable(dbs[i])
  end
  return dbs
end

local function merge_one(db, name, sources)
  local list, open, to = {}, 0, nil
  for order, from in ipairs(sources) do
    local workers = {}
    to = stored.read(db, name)
    if not to then
      make(db, from)
      to = stored.read(db, name)
    end
    check_same(to, from, from.path)
    from.order = order
    open = open + ended_trials(from, list, workers)
    merge_study_rows(db, to, from, from.path)
    merge_tasks(db, to, from, workers)
  end
  local added, same = merge_trials(db, to, list)
  if added > 0 then
    study_of.forget_picked(db, to.study_id)
    -- From now on points may be there that lie ahead.
    db:run("UPDATE neap_study SET added = 1 WHERE study_id = $1", to.study_id)
  end
  return { name = name, added = added, same = same, open = open,
    total = to.size }
end

--- Joins the studies of some stores into another, which is made if it is not
-- there. All or nothing. Raises errors of the store.
-- @return for each study { name =, added = trials, same = trials that were
--   there, open = trials that had not ended, total = points }
function M.merge(target, paths)
  local dbs = open_all(paths)
  local by_name, names = {}, {}
  for i, from_db in ipairs(dbs) do
    for _, name in ipairs(stored.names(from_db)) do
      local from = stored.read(from_db, name)
      if from.spec then
        if not by_name[name] then
          by_name[name] = {}
          names[#names + 1] = name
        end
        from.path = paths[i]
        table.insert(by_name[name], from)
      end
    end
  end
  local db = connection.open(target, {})
  schema.create(db, "neap " .. core.version)
  local results = db:transaction(function()
    local list = {}
    for i, name in ipairs(names) do
      list[i] = merge_one(db, name, by_name[name])
    end
    return list
  end)
  for _, one in ipairs(dbs) do one:close() end
  db:close()
  return results
end

return M
