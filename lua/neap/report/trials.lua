--- The report of a study of any objective: its trials in one HTML page.
local facts = require "neap.report.facts"
local figures = require "neap.plot.trials"
local host_files = require "neap.host_files"
local page = require "neap.report.page"
local tell = require "neap.store.tell"

local M = {}

-- Every trial: its parameters as a name, number, value and state.
local function table_of(trials, sign)
  local rows = {}
  for i, trial in ipairs(trials) do
    rows[i] = { kind = "point", cells = { tell.params(trial.params),
      trial.number, trial.value or 0 / 0, trial.state } }
  end
  return { sorted = 2, rows = rows, columns = {
    { name = "point", title = "point", rises = true },
    { name = "trial", title = "trial", rises = true, decimals = 0 },
    { name = "value", title = "value", rises = sign < 0, decimals = 6 },
    { name = "state", title = "state", rises = true },
  } }
end

-- The best trial, and what has not ended, as sentences.
local function words_of(study, best, counts)
  local list = { best and ("The best of %d values is %.6g: %s (trial %d, %s).")
    :format(counts.COMPLETE, best.value, tell.params(best.params), best.number,
      study.direction) or "No trial is complete." }
  if counts.PRUNED + counts.FAIL > 0 then
    list[2] = ("%d trials were pruned and %d failed."):format(counts.PRUNED,
      counts.FAIL)
  end
  return list
end

-- How much there is, and whether it is all.
local function coverage_of(study, counts)
  local ended = counts.COMPLETE + counts.PRUNED + counts.FAIL
  if study.session.db then
    return tell.coverage(study.session, counts), counts.RUNNING == 0
      and not (counts.total and ended < counts.total)
  end
  return ("%d of %d points"):format(ended, counts.total), ended == counts.total
end

--- A report as HTML.
-- @param study { name =, direction =, seed =, sign = 1 where larger is better,
--   session = the trials, seconds = or nil }
function M.of(study, title)
  local session = study.session
  local trials, counts = session:all(), session:counts()
  local covered, is_whole = coverage_of(study, counts)
  local data = { figures = {}, table = table_of(trials, study.sign) }
  local sections = {}
  local function add(heading, name, figure)
    data.figures[name] = page.data_of(figure)
    sections[#sections + 1] = page.section(heading, page.place(name))
  end
  add("History", "history", figures.history(trials, study.sign))
  local x, y = figures.axes(trials)
  if x then
    add("All points", "heatmap", figures.heatmap(trials, x, y, study.sign))
  end
  sections[#sections + 1] = page.section("Every point",
    '<div id="table"></div>')
  sections[#sections + 1] = page.section("To repeat it", facts.html(study,
    { { "study", study.name }, { "direction", study.direction },
      { "points", counts.total }, { "seed", study.seed } }))
  return page.of_study {
    title = title, data = data, sections = sections,
    below = covered, words = words_of(study, session:top(1)[1], counts),
    missing = not is_whole and ("The study is unfinished: %s, %d running.")
      :format(covered, counts.RUNNING) or nil,
  }
end

--- See Study:report of studies of any objective.
function M.write(study, path, given)
  local o = page.read_options(given, study.name, {})
  local html, why, code = require("neap.store.connection").protect(M.of, study,
    o.title)
  if not html then return nil, why, code end
  return host_files.write_text(path, html)
end

return M
