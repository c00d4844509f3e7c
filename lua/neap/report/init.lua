--- A study's report: all results in one HTML page. See Study:report.
local compare = require "neap.verdict.compare"
local core = require "neap.core"
local facts = require "neap.report.facts"
local host_files = require "neap.host_files"
local metrics = require "neap.study.metrics"
local page = require "neap.report.page"
local study_figures = require "neap.plot.study"
local verdict = require "neap.verdict"

local M = {}

local curve_names = { "precision_recall", "roc", "reliability", "scores" }

-- ----------------------------------------------------------- what is missing

-- How many points there are of an interrupted study; nil where it is whole.
local function partial_of(study)
  local count = 0
  for _, row in ipairs(study.rows) do
    if row.kind == "point" then count = count + 1 end
  end
  local size = study.spec.search.size
  return count < size and ("%d of %d points"):format(count, size) or nil
end

-- What an unfinished study leaves out, as sentences.
local function missing_of(study)
  local o, list = study.spec, {}
  local wanted = o.datasets or o.folds and o.folds * (o.repeats or 1)
  if wanted and #study.runs < wanted then
    list[1] = ("The study is unfinished: %d of %d %s; every number is of these "
      .. "alone."):format(#study.runs, wanted,
        o.datasets and "data sets" or "folds")
  end
  local partial = study.partial or partial_of(study)
  if partial then
    list[#list + 1] = ("The study is unfinished: %s."):format(partial)
  end
  if o.datasets and (o.confirm or 0) > 0 and not study.confirmed then
    list[#list + 1] = "What was picked has not been confirmed on fresh data "
      .. "sets."
  end
  local failed = 0
  for _, row in ipairs(study.rows) do
    if row.kind == "point"
      and not compare.mean_of(row, o.score, #study.runs) then
      failed = failed + 1
    end
  end
  if failed > 0 then
    list[#list + 1] = ("%d of %d points have no score in some run: they have "
      .. "empty cells."):format(failed, study.spec.search.size)
  end
  return list
end

-- ------------------------------------------------------------------ the parts

-- Two parameters to lay out: gamma by alpha where the study has them.
local function axes_of(study)
  local names, known = {}, {}
  for _, name in ipairs(study.spec.search.names) do
    -- What is no list of values, such as a range, can't be laid out.
    known[name] = (study.spec.search.values or {})[name] ~= nil
    if known[name] then names[#names + 1] = name end
  end
  if known.gamma and known.alpha then return "gamma", "alpha" end
  return names[2], names[1]
end

-- A heatmap for each metric: differences to cross-entropy, then the metric.
local function heatmaps_of(study)
  local x, y = axes_of(study)
  if not x then return nil end
  local list, order = {}, { study.spec.score }
  for _, name in ipairs(metrics.names) do
    if name ~= study.spec.score then order[#order + 1] = name end
  end
  for _, name in ipairs(order) do
    for _, against in ipairs { study.by_label["cross-entropy"]
      and "cross-entropy" or false, false } do
      local figure = study_figures.heatmap(study,
        { x = x, y = y, metric = name, against = against })
      local data = page.data_of(figure)
      if not (list[#list] and list[#list].title == data.title) then
        list[#list + 1] = data
      end
    end
  end
  return list
end

-- A study of one parameter has a line in place of a heatmap.
local function slice_of(study)
  local names = study.spec.search.names
  if #names ~= 1 or not (study.spec.search.values or {})[names[1]] then
    return nil
  end
  local figure = study:figure("slice", { x = names[1] })
  return #figure.series[1].points > 0 and figure or nil
end

-- The number of runs in which a row has converged, as text.
local function converged_of(study, row)
  local count = 0
  for run = 1, #study.runs do
    if row.converged[run] then count = count + 1 end
  end
  return ("%d/%d"):format(count, #study.runs)
end

-- Every point and baseline with the mean of every metric.
local function table_of(study)
  local columns = { { name = "point", title = "point", rises = true } }
  for _, name in ipairs(metrics.names) do
    columns[#columns + 1] = { name = name, title = metrics.titles[name],
      rises = metrics[name].falls or false, decimals = 4 }
  end
  columns[#columns + 1] = { name = "converged", title = "converged",
    rises = false }
  local sorted = 0 -- the column of the score, counted from 0
  for i, name in ipairs(metrics.names) do
    if name == study.spec.score then sorted = i end
  end
  local rows = {}
  for i, row in ipairs(study.rows) do
    local cells = { row.kind == "point"
      and verdict.show_point(study, row.label) or row.label }
    for _, name in ipairs(metrics.names) do
      cells[#cells + 1] = compare.mean_of(row, name, #study.runs) or 0 / 0
    end
    cells[#cells + 1] = converged_of(study, row)
    rows[i] = { kind = row.kind, cells = cells }
  end
  return { columns = columns, rows = rows, sorted = sorted }
end

local function repeat_of(study)
  local o = study.spec
  return facts.html(study, {
    { "study", o.name }, { "runs", verdict.protocol(study) },
    { "points", o.search.size }, { "seed", o.seed },
  })
end

-- ------------------------------------------------------------------- the page

-- Curves of fits that are trained again; or why there are none.
local function curves_of(study, wanted)
  if not wanted then return nil, nil end
  local ok, figures = pcall(require("neap.plot.curves").of_study, study,
    curve_names)
  if ok then return figures end
  if type(figures) == "table" and figures.refused then
    return nil, figures.refused
  end
  error(figures, 0)
end

-- The page's figures, and its sections in their order.
local function sections_of(study, v, o)
  local data, list = { figures = {}, table = table_of(study) }, {}
  local function add(title, class, names, figures)
    local places = {}
    for i, name in ipairs(names) do
      data.figures[name] = page.data_of(figures[i])
      places[i] = page.place(name)
    end
    list[#list + 1] = page.section(title, ('<div class="%s">%s</div>'):format(
      class, table.concat(places, "\n")))
  end
  if v.split then
    local names, figures = {}, {}
    for _, name in ipairs { "score", "f1", "log_loss" } do
      if v.split[name] then
        names[#names + 1] = "split_" .. name
        figures[#figures + 1] = study_figures.split(v.split[name])
      end
    end
    if #names > 0 then
      add("Where the gain comes from", "curves parts", names, figures)
    end
  end
  local forest = study_figures.forest(study, v)
  if #forest.rows > 0 then
    data.figures.forest = page.data_of(forest)
    list[#list + 1] = page.section("Against what is cheaper",
      page.place "forest")
  end
  data.heatmaps = heatmaps_of(study)
  if data.heatmaps then
    list[#list + 1] = page.section("All points", '<div id="heatmaps"></div>')
  end
  local slice = slice_of(study)
  if slice then add("All points", "curves", { "slice" }, { slice }) end
  local curves, why = curves_of(study, o.curves)
  if curves then
    local figures = {}
    for i, name in ipairs(curve_names) do figures[i] = curves[name] end
    add("Curves", "curves", curve_names, figures)
  elseif why then
    list[#list + 1] = page.section("Curves", ('<p class="notice">Left out: %s.'
      .. "</p>"):format(page.escape(why)))
  end
  local training = study_figures.training(study)
  if training then add("Training", "curves", { "training" }, { training }) end
  list[#list + 1] = page.section("Every point", '<div id="table"></div>')
  return data, list
end

--- A study's report as HTML.
-- @param o { title =, curves = }
function M.of(study, o)
  local v = study:verdict()
  local data, sections = sections_of(study, v, o)
  local missing = missing_of(study)
  sections[#sections + 1] = page.section("To repeat it", repeat_of(study))
  return page.of_study {
    title = o.title, data = data, sections = sections, words = v.sentences,
    missing = #missing > 0 and table.concat(missing, " ") or nil,
    below = ("%d points, %s. Gains are positive for better."):format(
      study.spec.search.size, verdict.protocol(study)),
  }
end

--- See Study:report.
function M.write(study, path, given)
  local o = page.read_options(given, study.spec.name,
    { curves = { "boolean", default = true } })
  if #study.runs == 0 then
    core.blame("the study has no results; call study:run() first")
  end
  return host_files.write_text(path, M.of(study, o))
end

return M
