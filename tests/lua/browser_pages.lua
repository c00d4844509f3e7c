-- Pages for tests/lua/browser.py: browser_pages.lua FOLDER
local cases = dofile "tests/lua/plot_cases.lua"
local neap = require "neap"

local folder = arg[1]

local function page(name, parts)
  assert(neap.plot.figure(parts):save(("%s/%s.html"):format(folder, name)))
end

page("heatmap", cases.heatmap())
page("lines", cases.lines())
page("intervals", cases.intervals())
page("many", cases.many(10000))
page("grid", cases.grid(100, 100))

-- A report whose search and name are as hard as they may be.
local names = { cases.name, "plain" }
local study = neap.study {
  name = cases.name, seed = 5, datasets = 4, confirm = 0, reruns = false,
  data = neap.data.recipe("hard_negatives", { n = 1500, prior = 0.05 }),
  loss = function(p)
    return neap.loss.focal { gamma = p.gamma,
      alpha = p[names[1]] == "plain" and 0.3 or false }
  end,
  search = neap.search.grid { gamma = { 0, 1, 2, 5 }, [names[1]] = names },
}
study:run { quiet = true }
assert(study:report(folder .. "/report.html"))

-- One of many points: the scores of one study, under 10,000 names.
local many = neap.study {
  name = "many", datasets = 1, confirm = 0, reruns = false, baselines = "none",
  data = neap.data.recipe("gaussians", { n = 200, prior = 0.3 }),
  loss = function(p) return neap.loss.focal { gamma = p.gamma } end,
  search = neap.search.grid { gamma = { 0 }, b = { 0 } },
}
many:run { quiet = true }
local values = {}
for i = 1, 100 do values[i] = i end
many.spec.search = neap.search.grid { gamma = values, b = values }
local first = many.rows[1]
many.rows = {}
for i = 1, 10000 do
  many.points[i] = many.spec.search:point(i, 1)
  many.rows[i] = setmetatable({ label = i, values = {} }, { __index = first })
  for metric, list in pairs(first.values) do
    many.rows[i].values[metric] = { list[1] - i / 1e6 }
  end
  many.by_label[i] = many.rows[i]
end
assert(many:report(folder .. "/points.html", { curves = false }))
