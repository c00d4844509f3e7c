--- What commands tell of a study in a store, as text.
local text = require "neap.text"

local M = {}

--- Parameters in the order of their names: "alpha 0.25, gamma 2".
function M.params(params)
  local names, parts = {}, {}
  for name in pairs(params) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do
    local value = params[name]
    local shown = value == false and "off"
      or type(value) == "number" and ("%.6g"):format(value)
      or tostring(value)
    parts[i] = text.clean(name .. " " .. shown)
  end
  return table.concat(parts, ", ")
end

--- A time as text.
function M.seconds(seconds)
  if seconds < 1 then return ("%.3g ms"):format(1000 * seconds) end
  if seconds < 120 then return ("%.3g s"):format(seconds) end
  if seconds < 7200 then return ("%.3g min"):format(seconds / 60) end
  return ("%.3g h"):format(seconds / 3600)
end

--- The mean time that a trial took, in seconds; nil if none has ended. Those
-- that a worker began and ended at once shared their time.
function M.mean_time(db, study_id)
  local length = db.kind == "sqlite"
    and "strftime('%s', ended) - strftime('%s', began) "
      .. "+ (substr(ended, 21) - substr(began, 21)) / 1e6"
    or "extract(epoch FROM ended - began)"
  local _, mean = db:run("SELECT sum(" .. length .. ") / sum(trial_count) "
    .. "FROM (SELECT datetime_start AS began, datetime_complete AS ended, "
    .. "count(*) AS trial_count FROM trials JOIN neap_trial USING (trial_id) "
    .. "WHERE trials.study_id = $1 AND state IN ('COMPLETE', 'PRUNED') "
    .. "GROUP BY worker_id, datetime_start, datetime_complete) AS batches",
    study_id)
  return mean
end

--- How many points have been tried, as text.
-- @param counts study:counts()
function M.coverage(study, counts)
  if not study.spec then
    return ("%d trials"):format(counts.COMPLETE + counts.PRUNED + counts.FAIL)
  end
  local ended = study:covered()
  return ("%d of %d points (%.3g %%)"):format(ended, counts.total,
    100 * ended / counts.total)
end

--- How long the rest takes at the pace so far, in seconds; nil where nothing
-- has ended, nobody works or nobody knows how much there is.
-- @param left points that have not ended
function M.time_left(study, left)
  local mean = study.spec and M.mean_time(study.db, study.study_id)
  local _, workers = study.db:run("SELECT count(DISTINCT worker_id) "
    .. "FROM neap_trial WHERE study_id = $1 AND lease_until IS NOT NULL",
    study.study_id)
  if not mean or workers == 0 then return nil end
  return mean * left / workers
end

return M
