--- The tables of a store: Optuna's, as of its revision v3.2.0.a, so that its
-- readers read them, and ours beside them, whose names begin with neap_.
--
-- Source: Optuna's RDB storage schema, version 12, revision v3.2.0.a (Optuna
-- 3.2.0 to 5.0.0). Names of types in braces differ between databases.
local connection = require "neap.store.connection"

local M = {}

M.REVISION = "v3.2.0.a"
M.VERSION = 1 -- of the neap_ tables

-- Revisions before ours: such a store can be read, and upgraded by Optuna.
local older = {
  ["v0.9.0.a"] = true, ["v1.2.0.a"] = true, ["v1.3.0.a"] = true,
  ["v2.4.0.a"] = true, ["v2.6.0.a"] = true, ["v3.0.0.a"] = true,
  ["v3.0.0.b"] = true, ["v3.0.0.c"] = true, ["v3.0.0.d"] = true,
}

local types = {
  sqlite = {
    ID = "INTEGER", TIME = "DATETIME", FLOAT = "FLOAT",
    DIRECTION = "VARCHAR(8)", STATE = "VARCHAR(8)", VALUE = "VARCHAR(7)",
    INTERMEDIATE = "VARCHAR(7)", BIG = "INTEGER", BYTES = "BLOB", GONE = "",
    KEYED = " WITHOUT ROWID",
  },
  postgresql = {
    ID = "SERIAL", TIME = "TIMESTAMP WITHOUT TIME ZONE", FLOAT = "FLOAT(53)",
    DIRECTION = "studydirection", STATE = "trialstate",
    VALUE = "trialvaluetype", INTERMEDIATE = "trialintermediatevaluetype",
    BIG = "BIGINT", BYTES = "BYTEA", GONE = " ON DELETE CASCADE", KEYED = "",
  },
}

local enums = [[
CREATE TYPE studydirection AS ENUM ('NOT_SET', 'MINIMIZE', 'MAXIMIZE');
CREATE TYPE trialstate AS ENUM ('RUNNING', 'COMPLETE', 'PRUNED', 'FAIL',
  'WAITING');
CREATE TYPE trialvaluetype AS ENUM ('FINITE', 'INF_POS', 'INF_NEG');
CREATE TYPE trialintermediatevaluetype AS ENUM ('FINITE', 'INF_POS', 'INF_NEG',
  'NAN');
]]

local optuna = [[
CREATE TABLE studies (study_id {ID} NOT NULL, study_name VARCHAR(512) NOT NULL,
  PRIMARY KEY (study_id));
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE TABLE version_info (version_info_id INTEGER NOT NULL,
  schema_version INTEGER, library_version VARCHAR(256),
  PRIMARY KEY (version_info_id), CHECK (version_info_id = 1));
CREATE TABLE study_directions (study_direction_id {ID} NOT NULL,
  direction {DIRECTION} NOT NULL, study_id INTEGER NOT NULL,
  objective INTEGER NOT NULL, PRIMARY KEY (study_direction_id),
  UNIQUE (study_id, objective),
  FOREIGN KEY (study_id) REFERENCES studies (study_id));
CREATE TABLE study_user_attributes (study_user_attribute_id {ID} NOT NULL,
  study_id INTEGER, "key" VARCHAR(512), value_json TEXT,
  PRIMARY KEY (study_user_attribute_id), UNIQUE (study_id, "key"),
  FOREIGN KEY (study_id) REFERENCES studies (study_id));
CREATE TABLE study_system_attributes (study_system_attribute_id {ID} NOT NULL,
  study_id INTEGER, "key" VARCHAR(512), value_json TEXT,
  PRIMARY KEY (study_system_attribute_id), UNIQUE (study_id, "key"),
  FOREIGN KEY (study_id) REFERENCES studies (study_id));
CREATE TABLE trials (trial_id {ID} NOT NULL, number INTEGER, study_id INTEGER,
  state {STATE} NOT NULL, datetime_start {TIME}, datetime_complete {TIME},
  PRIMARY KEY (trial_id),
  FOREIGN KEY (study_id) REFERENCES studies (study_id));
CREATE INDEX ix_trials_study_id ON trials (study_id);
CREATE TABLE trial_user_attributes (trial_user_attribute_id {ID} NOT NULL,
  trial_id INTEGER, "key" VARCHAR(512), value_json TEXT,
  PRIMARY KEY (trial_user_attribute_id), UNIQUE (trial_id, "key"),
  FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_system_attributes (trial_system_attribute_id {ID} NOT NULL,
  trial_id INTEGER, "key" VARCHAR(512), value_json TEXT,
  PRIMARY KEY (trial_system_attribute_id), UNIQUE (trial_id, "key"),
  FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_params (param_id {ID} NOT NULL, trial_id INTEGER,
  param_name VARCHAR(512), param_value {FLOAT}, distribution_json TEXT,
  PRIMARY KEY (param_id), UNIQUE (trial_id, param_name),
  FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_values (trial_value_id {ID} NOT NULL,
  trial_id INTEGER NOT NULL, objective INTEGER NOT NULL, value {FLOAT},
  value_type {VALUE} NOT NULL, PRIMARY KEY (trial_value_id),
  UNIQUE (trial_id, objective),
  FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_intermediate_values (
  trial_intermediate_value_id {ID} NOT NULL, trial_id INTEGER NOT NULL,
  step INTEGER NOT NULL, intermediate_value {FLOAT},
  intermediate_value_type {INTERMEDIATE} NOT NULL,
  PRIMARY KEY (trial_intermediate_value_id), UNIQUE (trial_id, step),
  FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_heartbeats (trial_heartbeat_id {ID} NOT NULL,
  trial_id INTEGER NOT NULL, heartbeat {TIME} NOT NULL,
  PRIMARY KEY (trial_heartbeat_id), UNIQUE (trial_id),
  FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,
  CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT INTO alembic_version VALUES ('v3.2.0.a');
]]

-- lease_until, in microseconds since 1970, is there while a trial runs: 0 where
-- it was given back. point counts from 1 in the study's search. A stage of a
-- training study is "points", or one that looks again at what was picked:
-- "confirmed", "longer", "retuned", "held_out". Runs are its data sets, or
-- repeats and folds; run 0 is all of them. draws are numbers of the bootstrap,
-- in double.
local ours = [[
CREATE TABLE neap_version (version INTEGER NOT NULL);
CREATE TABLE neap_study (
  study_id INTEGER NOT NULL PRIMARY KEY REFERENCES studies (study_id){GONE},
  seed {BIG} NOT NULL, size {BIG} NOT NULL, next_index {BIG} NOT NULL,
  lease {FLOAT} NOT NULL, shard VARCHAR(32), added INTEGER NOT NULL,
  isa VARCHAR(16) NOT NULL, spec_json TEXT NOT NULL);
CREATE TABLE neap_worker (worker_id {ID} NOT NULL,
  study_id INTEGER NOT NULL REFERENCES studies (study_id){GONE},
  host VARCHAR(256), machine VARCHAR(128), pid {BIG}, start {BIG},
  isa VARCHAR(16), version VARCHAR(64), script_sha256 VARCHAR(64),
  began {TIME}, PRIMARY KEY (worker_id));
CREATE TABLE neap_trial (
  trial_id INTEGER NOT NULL PRIMARY KEY REFERENCES trials (trial_id){GONE},
  study_id INTEGER NOT NULL, point {BIG}, seed {BIG}, attempt INTEGER NOT NULL,
  worker_id INTEGER NOT NULL, lease_until {BIG}, UNIQUE (study_id, point));
CREATE INDEX neap_trial_open ON neap_trial (study_id)
  WHERE lease_until IS NOT NULL;
CREATE TABLE neap_series (
  trial_id INTEGER NOT NULL REFERENCES trials (trial_id){GONE},
  run INTEGER NOT NULL, metric VARCHAR(128) NOT NULL, step INTEGER NOT NULL,
  value {FLOAT}, PRIMARY KEY (trial_id, run, metric, step)){KEYED};
CREATE TABLE neap_run (
  study_id INTEGER NOT NULL REFERENCES studies (study_id){GONE},
  stage VARCHAR(32) NOT NULL, run INTEGER NOT NULL, dataset INTEGER,
  "repeat" INTEGER, fold INTEGER, positives {BIG}, row_count {BIG},
  many_rows INTEGER, PRIMARY KEY (study_id, stage, run)){KEYED};
CREATE TABLE neap_score (
  trial_id INTEGER NOT NULL REFERENCES trials (trial_id){GONE},
  stage VARCHAR(32) NOT NULL, run INTEGER NOT NULL,
  metric VARCHAR(128) NOT NULL, value {FLOAT},
  PRIMARY KEY (trial_id, stage, run, metric)){KEYED};
CREATE TABLE neap_draws (
  trial_id INTEGER NOT NULL REFERENCES trials (trial_id){GONE},
  stage VARCHAR(32) NOT NULL, part VARCHAR(32) NOT NULL, draws {BYTES},
  PRIMARY KEY (trial_id, stage, part));
CREATE TABLE neap_baseline (
  study_id INTEGER NOT NULL REFERENCES studies (study_id){GONE},
  stage VARCHAR(32) NOT NULL, label VARCHAR(128) NOT NULL,
  run INTEGER NOT NULL, metric VARCHAR(128) NOT NULL, value {FLOAT},
  PRIMARY KEY (study_id, stage, label, run, metric)){KEYED};
CREATE TABLE neap_baseline_draws (
  study_id INTEGER NOT NULL REFERENCES studies (study_id){GONE},
  stage VARCHAR(32) NOT NULL, label VARCHAR(128) NOT NULL,
  part VARCHAR(32) NOT NULL, draws {BYTES},
  PRIMARY KEY (study_id, stage, label, part));
CREATE TABLE neap_task (
  study_id INTEGER NOT NULL REFERENCES studies (study_id){GONE},
  task VARCHAR(128) NOT NULL, attempt INTEGER NOT NULL,
  worker_id INTEGER NOT NULL, lease_until {BIG},
  PRIMARY KEY (study_id, task));
]]

-- An Optuna worker beside ours claims a waiting trial by an update that does
-- not look whether another one was faster; here that fails, as it expects.
-- Numbers are dense and unique. Made again where an upgrade has dropped them.
local additions = {
  sqlite = [[
CREATE UNIQUE INDEX IF NOT EXISTS neap_trials_study_number
  ON trials (study_id, number);
CREATE TRIGGER IF NOT EXISTS neap_claim BEFORE UPDATE OF state ON trials
  WHEN NEW.state = 'RUNNING' AND OLD.state <> 'WAITING'
  BEGIN SELECT RAISE(ABORT, 'trial already claimed'); END;
CREATE TRIGGER IF NOT EXISTS neap_trial_gone AFTER DELETE ON trials BEGIN
  DELETE FROM neap_trial WHERE trial_id = OLD.trial_id;
  DELETE FROM neap_series WHERE trial_id = OLD.trial_id;
  DELETE FROM neap_score WHERE trial_id = OLD.trial_id;
  DELETE FROM neap_draws WHERE trial_id = OLD.trial_id;
END;
CREATE TRIGGER IF NOT EXISTS neap_study_gone AFTER DELETE ON studies BEGIN
  DELETE FROM neap_study WHERE study_id = OLD.study_id;
  DELETE FROM neap_worker WHERE study_id = OLD.study_id;
  DELETE FROM neap_run WHERE study_id = OLD.study_id;
  DELETE FROM neap_baseline WHERE study_id = OLD.study_id;
  DELETE FROM neap_baseline_draws WHERE study_id = OLD.study_id;
  DELETE FROM neap_task WHERE study_id = OLD.study_id;
END;
]],
  postgresql = [[
CREATE UNIQUE INDEX IF NOT EXISTS neap_trials_study_number
  ON trials (study_id, number);
]],
}

local function write_out(text, kind)
  return (text:gsub("{(%u+)}", types[kind]))
end

local function has_table(db, name)
  local query = db.kind == "sqlite"
    and "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1"
    or "SELECT 1 FROM pg_tables WHERE tablename = $1 "
      .. "AND schemaname = current_schema()"
  return #db:rows(query, name) > 0
end

local function has_additions(db)
  if db.kind == "postgresql" then return has_table(db, "neap_task") end
  return #db:rows("SELECT name FROM sqlite_master "
    .. "WHERE name IN ('neap_claim', 'neap_study_gone')") == 2
end

local function revision_of(db)
  if not has_table(db, "alembic_version") then return nil end
  local _, revision = db:run("SELECT version_num FROM alembic_version")
  return revision
end

-- What to say of a store that is not of our revision.
local function refusal(db, revision)
  local place = connection.shown(db.location)
  if older[revision] then
    local url = db.kind == "sqlite" and "sqlite:///" .. place or place
    return ("store '%s' is of an older revision, %s, and can only be read; "
      .. "`optuna storage upgrade --storage %s` of Optuna 3.2 or newer makes "
      .. "it %s"):format(place, revision, url, M.REVISION)
  end
  return ("store '%s' is of revision %s, which this neap does not know; it "
    .. "knows %s"):format(place, tostring(revision), M.REVISION)
end

local function neap_version(db)
  if not has_table(db, "neap_version") then return nil end
  local _, version = db:run("SELECT version FROM neap_version")
  return version
end

local function check_version(db)
  local version = neap_version(db)
  if version and version > M.VERSION then
    connection.fail(("store '%s' was written by a newer neap: its neap_ tables "
      .. "are of version %d, and this neap knows %d"):format(
      connection.shown(db.location), version, M.VERSION), "newer")
  end
  return version
end

local function create(db, version)
  if db.kind == "postgresql" then -- one after another
    db:run("SELECT pg_advisory_xact_lock(781202)")
  end
  local revision = revision_of(db)
  if not revision and not has_table(db, "studies") then
    if db.kind == "postgresql" then db:execute(enums) end
    db:execute(write_out(optuna, db.kind))
    db:run("INSERT INTO version_info VALUES (1, 12, $1)", version)
  elseif revision ~= M.REVISION then
    connection.fail(refusal(db, revision), "revision")
  end
  if not check_version(db) then
    db:execute(write_out(ours, db.kind))
    db:run("INSERT INTO neap_version VALUES ($1)", M.VERSION)
  end
  db:execute(additions[db.kind])
end

-- The write-ahead log: readers don't stop writers. Once set the file keeps it,
-- as a new one keeps the size of its pages: a trial changes a few bytes in each
-- of a dozen, and all of these are written.
local function use_log(db)
  local _, mode = db:run("PRAGMA journal_mode")
  if mode == "wal" then return end
  db:run("PRAGMA page_size = 1024")
  db:run("PRAGMA journal_mode = WAL")
end

--- Makes the tables that are not there yet, all at once, and refuses a store
-- that is older or newer.
-- @param version the program's, for Optuna's messages
function M.create(db, version)
  if db.kind == "sqlite" then
    local tries = 0
    repeat -- changing the mode wants the file for itself, without waiting
      local ok, problem = pcall(use_log, db)
      tries = tries + 1
      if not ok then
        if problem.code ~= "busy" or tries > 200 then error(problem, 0) end
        require("neap.host").sleep(0.01)
      end
    until ok
  end
  if revision_of(db) == M.REVISION and check_version(db)
    and has_additions(db) then
    return
  end
  db:transaction(function() create(db, version) end)
end

--- Checks that a store can be read.
function M.check_readable(db)
  local revision = revision_of(db)
  if revision ~= M.REVISION and not older[revision] then
    if not revision then
      connection.fail(("store '%s' has no studies: it has none of Optuna's "
        .. "tables"):format(connection.shown(db.location)), "missing")
    end
    connection.fail(refusal(db, revision), "revision")
  end
  check_version(db)
end

return M
