--- The tree-structured Parzen estimator: proposes points that are likelier
-- among the good trials than among the rest.
--
-- Sources: Bergstra, Bardenet, Bengio and Kegl 2011, Algorithms for
-- hyper-parameter optimization; with the choices of kernel widths, weights and
-- shares that Watanabe 2023, arXiv:2304.11127, describes as Optuna's.
local arguments = require "neap.arguments"
local parzen = require "neap.parzen"
local random = require "neap.random"
local space = require "neap.space"

local Tpe = {}
Tpe.__index = Tpe
Tpe.__name = "neap.Tpe"
Tpe.is_search = true
Tpe.adaptive = true -- a point depends on the trials before it

--- neap.search.tpe { trials = 200, rate = { low = 1e-5, high = 1 } }
-- startup: trials that are drawn at random first; candidates: points that are
-- drawn, of which the likeliest is taken. Those that always exist are drawn
-- together, the others one by one. A point depends on the study's seed, its
-- number, and the finished trials.
local function new(given)
  local o, parameters = space.read("tpe", given, {
    trials = { "number", required = true, low = 1, high = 2 ^ 53,
      whole = true },
    startup = { "number", default = 10, low = 1, high = 2 ^ 53, whole = true },
    candidates = { "number", default = 24, low = 1, high = 1e6, whole = true },
  })
  local always = {}
  for _, p in ipairs(parameters.order) do
    if not p.when then always[#always + 1] = p end
  end
  return setmetatable({
    kind = "tpe", space = parameters, names = parameters.names,
    always = always,
    size = math.tointeger(o.trials), startup = math.tointeger(o.startup),
    candidates = math.tointeger(o.candidates),
  }, Tpe)
end

-- Trials that say something, best first: complete ones by their loss, then
-- pruned ones, those that came far first.
local function ranked(history)
  local list = {}
  for _, trial in ipairs(history.trials) do
    if trial.loss and (trial.state == "COMPLETE" or trial.last_step) then
      list[#list + 1] = trial
    end
  end
  table.sort(list, function(a, b)
    local x, y = a.state == "COMPLETE", b.state == "COMPLETE"
    if x ~= y then return x end
    if not x and a.last_step ~= b.last_step then
      return a.last_step > b.last_step
    end
    if a.loss ~= b.loss then return a.loss < b.loss end
    return a.number < b.number
  end)
  return list
end

-- The points of some trials that have all of some parameters.
local function points_of(parameters, trials)
  local points = {}
  for _, trial in ipairs(trials) do
    local has_all = true
    for _, p in ipairs(parameters) do
      has_all = has_all and trial.params[p.name] ~= nil
    end
    if has_all then points[#points + 1] = trial.params end
  end
  return points
end

-- The good tenth of the trials, 25 at most, and the others, each by number.
local function split(trials)
  local good, rest = {}, {}
  local count = math.min(math.ceil(0.1 * #trials), 25)
  for i, trial in ipairs(trials) do
    table.insert(i <= count and good or rest, trial)
  end
  local function by_number(a, b) return a.number < b.number end
  table.sort(good, by_number)
  table.sort(rest, by_number)
  return good, rest
end

-- The candidate that is likeliest among the good ones, compared with the rest:
-- the values of some parameters by name.
function Tpe:propose(parameters, good, rest, uniform)
  local below = points_of(parameters, good)
  local above = points_of(parameters, rest)
  local l = parzen.new(parameters, below)
  local g = parzen.new(parameters, above)
  local best, most = nil, -math.huge
  for _ = 1, self.candidates do
    local point = l:sample(uniform)
    local score = l:log_density(point) - g:log_density(point)
    if score > most or not best then best, most = point, score end
  end
  return best
end

--- The parameters of a point, by its number from 1, the study's seed and its
-- history: { trials = list of { number, state, params, loss, last_step } },
-- whose losses are smaller for better.
function Tpe:point(index, seed, history)
  local uniform = random.stream(random.seed_of_point(seed or 1, index))
  local trials = ranked(history or { trials = {} })
  if #trials < self.startup then
    return self.space:point(function(p)
      return space.value_at(p, uniform())
    end)
  end
  local good, rest = split(trials)
  local together = self:propose(self.always, good, rest, uniform)
  return self.space:point(function(p)
    if not p.when then return together[p.name] end
    return self:propose({ p }, good, rest, uniform)[p.name]
  end)
end

--- What tells two searches apart.
function Tpe:describe()
  return {
    kind = "tpe", startup = self.startup, candidates = self.candidates,
    parameters = self.space:describe(),
  }
end

return arguments.checked("tpe", "given: table", new)
