--- neap show STORE [STUDY]: what is in a store, also while it is worked on.
local connection = require "neap.store.connection"
local json = require "neap.json"
local reader = require "neap.store.reader"
local stored = require "neap.store.stored"
local tell = require "neap.store.tell"
local text = require "neap.text"

local usage = "usage: neap show STORE [STUDY]"

local TOP <const> = 10

local function show_all(db)
  local lines = {
    { "study", "direction", "complete", "pruned", "failed", "running",
      "points", "best" },
  }
  for _, name in ipairs(stored.names(db)) do
    local study = stored.read(db, name)
    local counts, best = study:counts(), study:top(1)[1]
    lines[#lines + 1] = {
      name, study.direction, ("%d"):format(counts.COMPLETE),
      ("%d"):format(counts.PRUNED), ("%d"):format(counts.FAIL),
      ("%d"):format(counts.RUNNING),
      counts.total and ("%d"):format(counts.total) or "",
      best and ("%.6g"):format(best.value) or "-",
    }
  end
  print(text.columns(lines))
end

local function show_made(study)
  if not study.spec then return "not made by neap" end
  local _, workers, hosts = study.db:run("SELECT count(*), "
    .. "count(DISTINCT host) FROM neap_worker WHERE study_id = $1",
    study.study_id)
  local parts = { ("%s, seed %d, %s"):format(study.spec.search.kind,
    study.seed, study.isa) }
  if study.shard then parts[2] = "shard " .. study.shard end
  parts[#parts + 1] = ("%d worker%s on %d machine%s so far"):format(workers,
    workers == 1 and "" or "s", hosts, hosts == 1 and "" or "s")
  return table.concat(parts, ", ")
end

local function show_failures(study)
  for _, trial in ipairs(study:select("WHERE t.study_id = $1 "
    .. "AND t.state = 'FAIL' ORDER BY t.number LIMIT 3", study.study_id)) do
    local why = trial.error or "no reason kept"
    print(("trial %d failed: %s"):format(trial.number,
      why:match("^[^\n]*")))
  end
end

-- The baselines of a study that compares losses, with their mean score.
local function add_baselines(study, lines)
  if not study.spec or study.spec.kind ~= "training" then return end
  local rows = study.db:rows("SELECT label, avg(value) FROM neap_baseline "
    .. "WHERE study_id = $1 AND stage = 'points' AND metric = $2 "
    .. "GROUP BY label ORDER BY label", study.study_id, study.spec.score)
  if #rows > 0 then lines[#lines + 1] = "-" end
  for _, row in ipairs(rows) do
    lines[#lines + 1] = { row[1], row[2] and json.number(row[2]) or "-" }
  end
end

local function show_one(study)
  local counts = study:counts()
  print(("study '%s', %s: %s, %d pruned, %d failed, %d running"):format(
    study.name, study.direction, tell.coverage(study, counts), counts.PRUNED,
    counts.FAIL, counts.RUNNING))
  print(show_made(study))
  local mean = study.spec and tell.mean_time(study.db, study.study_id)
  if mean then print(("%s a point"):format(tell.seconds(mean))) end
  show_failures(study)
  local lines = { { ("best of %d"):format(counts.COMPLETE),
    study.spec and study.spec.score or "value" } }
  for _, trial in ipairs(study:top(TOP)) do
    lines[#lines + 1] = {
      ("%d: %s"):format(trial.number, tell.params(trial.params)),
      trial.value and json.number(trial.value) or "-",
    }
  end
  add_baselines(study, lines)
  if #lines > 1 then print("\n" .. text.columns(lines)) end
end

return function(words)
  if #words < 1 or #words > 2 or words[1]:sub(1, 1) == "-" then
    return nil, usage
  end
  local store, message = reader.open(words[1])
  if not store then return nil, message end
  return connection.protect(function()
    local names = stored.names(store.db)
    if not words[2] and #names ~= 1 then
      show_all(store.db)
      return true
    end
    local study, why = reader.trials_of(store, words[2])
    if not study then return nil, why end
    show_one(study)
    return true
  end)
end
