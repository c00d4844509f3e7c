--- What it takes to repeat a study, as a report has it: script, seeds,
-- versions, instruction set, machines, times.
local neap = require "neap"
local page = require "neap.report.page"

local found, host = pcall(require, "neap.host")

local M = {}

-- Scripts that are longer are named, not shown.
local LONGEST_SCRIPT <const> = 200000

local function read(path, most)
  local file = path and io.open(path, "rb")
  if not file then return nil end
  local text = file:read(most + 1)
  file:close()
  return text
end

local function processor()
  local text = read("/proc/cpuinfo", 4096) or ""
  return text:match("model name%s*:%s*([^\n]+)")
end

-- What ran in this process.
local function add_own(add, study)
  local command = found and host.command
  add("command", command and table.concat(command.words or {}, " "))
  add("neap", neap._VERSION)
  add("Lua", _VERSION)
  add("instruction set", neap.isa)
  if not found then return end
  add("machine", ("%s, %d cores, %d threads"):format(host.name(),
    host.cores(), host.threads()))
  add("processor", processor())
  add("time of the study", study.seconds
    and ("%.1f s"):format(study.seconds))
end

-- What workers said of themselves, and when they worked.
local function add_stored(add, session)
  local db, id = session.db, session.study_id
  add("store", require("neap.store.connection").shown(db.location))
  for _, worker in ipairs(db:rows("SELECT host, isa, version, script_sha256, "
    .. "count(*) FROM neap_worker WHERE study_id = $1 "
    .. "GROUP BY host, isa, version, script_sha256 "
    .. "ORDER BY host, isa, version, script_sha256", id)) do
    local script = worker[4] and (", script SHA-256 %s"):format(worker[4]) or ""
    add("workers", ("%d on %s, %s, %s%s"):format(worker[5],
      tostring(worker[1]), tostring(worker[2]), tostring(worker[3]), script))
  end
  local _, first, last = db:run("SELECT min(datetime_start), "
    .. "max(datetime_complete) FROM trials WHERE study_id = $1", id)
  add("first point begun", first and first .. " UTC")
  add("last point ended", last and last .. " UTC")
end

--- The facts of a study as HTML.
-- @param study { seed =, session = the study in its store or nil, seconds = }
-- @param facts a list of { name, value } that stand first
function M.html(study, facts)
  local rows = {}
  local function add(name, value)
    if value == nil then return end
    rows[#rows + 1] = ('<tr><th scope="row">%s</th><td>%s</td></tr>'):format(
      page.escape(name), page.escape(value))
  end
  for _, fact in ipairs(facts) do add(fact[1], fact[2]) end
  local session = study.session
  if session and session.db then
    add_stored(add, session)
  else
    add_own(add, study)
  end
  add("report written", found and host.utc():sub(1, 19) .. " UTC" or nil)
  local out = ('<table class="facts"><tbody>%s</tbody></table>'):format(
    table.concat(rows, "\n"))
  local script = found and host.command and host.command.script
  local text = read(script, LONGEST_SCRIPT)
  if not text or #text > LONGEST_SCRIPT then return out end
  return out .. ("\n<details><summary>The script, %s</summary>"
    .. '<pre tabindex="0">%s</pre></details>'):format(page.escape(script),
      page.escape(text))
end

return M
