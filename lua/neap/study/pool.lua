--- The out-of-fold scores of one repeat, each row's in its place, and the
-- bootstrap over them.
--
-- Draws are the same for all columns and repeats, and take as many rows of each
-- class as there are. A row of the sheet gets `inside`, its metric on each
-- draw, `outside`, that on the rows which the draw left out, and `pooled`, that
-- on all rows; each the mean over the repeats.
local core = require "neap.core"
local metrics = require "neap.study.metrics"
local sheets = require "neap.study.sheet"

local found, host = pcall(require, "neap.host")

local Pool = {}
Pool.__index = Pool

local M = {}

-- Columns that are drawn at once: of so many rows in all, so that what C needs
-- for them, some 16 bytes each, stays small.
local AT_ONCE = 4e6

--- A pool for the rows of a data set.
-- @param o { y =, weights = or nil, score = a metric's name, draws =, seed =,
--   repeats = of how many this is one, columns = at most }
function M.new(o)
  local self = setmetatable({ next = 1 }, Pool)
  for key, value in pairs(o) do self[key] = value end
  self.matrix = core.array.zeros(o.columns, #o.y)
  return self
end

--- Takes score columns of the rows at some positions, less thresholds or none.
function Pool:add(columns, thresholds, positions)
  core.study.scatter(self.matrix, self.next, positions, columns, thresholds)
  self.next = self.next + columns:shape()
end

--- The next columns are those of another fold.
function Pool:turn()
  self.count, self.next = self.next - 1, 1
end

local function add_to(row, key, draws, share)
  local list = row[key] or {}
  row[key] = list
  for b = 1, #draws do list[b] = (list[b] or 0) + share * draws[b] end
end

--- Draws, and adds what it finds to rows, which are those of the columns.
-- @param look function() that is called now and then, or nil
-- @return false where it was interrupted
function Pool:draw(rows, look)
  local name, share = metrics[self.score].of, 1 / self.repeats
  local columns = math.max(AT_ONCE // #self.y, 8) // 1 | 0
  for first = 1, #rows, columns do
    local last = math.min(first + columns - 1, #rows)
    local part = sheets.lines_of(self.matrix, first, last)
    local all = core.study.metrics(part, self.y, self.weights, nil, { name })
    local function draw(which)
      return core.metric.bootstrap(name, part, self.y, {
        draws = self.draws, seed = self.seed, stratified = true, rows = which,
        weights = self.weights,
      })
    end
    local inside, outside = draw "drawn", draw "left_out"
    for i = first, last do
      local row = rows[i]
      row.pooled = (row.pooled or 0) + share * all[i - first + 1]
      add_to(row, "inside", inside:row(i - first + 1), share)
      add_to(row, "outside", outside:row(i - first + 1), share)
    end
    if look then look() end
    if found and host.interrupted() then return false end
  end
  return true
end

return M
