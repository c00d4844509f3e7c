-- The pictures of README.md: scripts/neap scripts/pictures.lua FOLDER
-- Wants gnuplot and Chromium (Debian: gnuplot-nox, chromium).
local host = require "neap.host"
local neap = require "neap"

local folder = arg[1]
if not folder then
  print "usage: pictures.lua FOLDER"
  os.exit(1)
end

-- What scripts/focal_grid.lua runs; its seed is 1.
local study = neap.study {
  name = "focal grid",
  data = neap.data.recipe("hard_negatives", { n = 20000, test = 20000 }),
  datasets = 10,
  loss = function(p)
    return neap.loss.focal { alpha = p.alpha, gamma = p.gamma }
  end,
  search = neap.search.grid {
    alpha = { false, .01, .05, .1, .25, .5, .75, .9, .95, .99, .999 },
    gamma = { 0, .1, .2, .5, .75, 1, 1.5, 2, 3, 4, 5 },
  },
}
study:run()
assert(study:figure("heatmap", { x = "gamma", y = "alpha" })
  :save(folder .. "/heatmap.png"))

local page = os.tmpname() .. ".html"
assert(study:report(page))
local process <close> = assert(host.start { "chromium", "--headless",
  "--no-sandbox", "--hide-scrollbars", "--window-size=1100,1310",
  "--screenshot=" .. folder .. "/report.png", "file://" .. page,
  stdout = "null", stderr = "null" })
assert(process:wait() == "exit")
os.remove(page)
