-- An enemy that learns, while the game runs, when a shot of its gun will hit;
-- scripts/embed/game.c calls the functions of this table each frame.
local neap = require "neap"

local game = {}

-- What is loaded when it is first used would cost a frame some milliseconds.
for _, part in ipairs { "data", "job", "metric", "search", "study" } do
  assert(neap[part], part)
end

-- What the enemy sees when it could shoot: the distance, how fast the player
-- moves across, how straight it runs, and how much smoke there is, each around
-- 0. Shots hit rarely, so that the model is trained by a focal loss.
local FEATURES, MOST_ROWS = 4, 2000
local focal = neap.loss.focal { gamma = 2 }
local model = neap.model.mlp { hidden = { 32, 16 } }

local row = neap.zeros(1, FEATURES, "float32") -- one situation, used again
local chance = neap.zeros(1, nil, "float32") -- what the model says of it
local seen = row:row(1) -- the numbers of the situation, for the host

local data, fit, job, given
local xs, ys = {}, {} -- shots since the last training
local said, came = {}, {} -- of the level: what the model said, and what came
local trained, failed = 0, nil

--- The enemy's situation goes into this array; the host fills it each frame.
function game.situation() return seen end

--- Whether to shoot: the model's chance of a hit in the situation is above a
-- threshold. Leaves no garbage.
function game.wants_to_shoot(threshold)
  if not fit then return true end -- it knows nothing yet, and tries
  fit:probabilities(row, chance)
  return chance[1] > threshold
end

--- A shot in the situation hit or missed.
function game.learn(hit)
  xs[#xs + 1] = { seen[1], seen[2], seen[3], seen[4] }
  ys[#ys + 1] = hit and 1 or 0
  if fit then
    said[#said + 1], came[#came + 1] = chance[1], ys[#ys]
  end
end

-- Data of the shots so far, once there are hits and misses.
local function gather()
  if #xs == 0 then return data end
  if data then
    data = data:append { x = xs, y = ys, keep = MOST_ROWS }
  else
    local made, new = pcall(neap.data.from, { x = xs, y = ys, positive = 1 })
    if not made then return nil end -- all missed until now
    data = new
  end
  xs, ys = {}, {}
  return data
end

local function options()
  return {
    data = data, model = model, epochs = 100, batch = 128, seed = trained + 1,
    points = { { loss = focal, optimizer = neap.optimizer.adam {
      learning_rate = 0.01 }, initial = fit } },
  }
end

--- Does a slice of training: what the host's budget allows. Begins anew when
-- the last training is done, from its weights, with the shots since then.
-- @return whether a training was finished in this slice; nil: nothing to do
function game.train()
  if not job then
    if #xs < 30 or not gather() then return nil end
    given = options()
    job = neap.job(given) -- which is this frame's share
    return false
  end
  if not job:step() then return false end
  fit = job:fits()[1]
  job:close()
  job, trained = nil, trained + 1
  return true
end

--- Trains once more in the smallest slices, and compares; a game would not.
function game.check()
  local whole <close> = neap.job(given)
  while not whole:step(0) do end
  if whole:fits()[1].parameters:tobytes() ~= fit.parameters:tobytes() then
    failed = "slices changed the result"
  end
end

--- Between levels: a search for how bold the enemy should be, so that a fight
-- of a simulated level lasts as long as is fun.
-- @param play function(threshold) -> seconds that a fight lasts
-- @return the threshold
function game.tune(play, seed)
  local study = neap.study {
    name = "boldness", seed = seed, direction = "minimize",
    search = neap.search.tpe { trials = 25,
      threshold = { low = 0.05, high = 0.6 } },
    objective = function(trial)
      return math.abs(play(trial.params.threshold) - 20)
    end,
  }
  assert(study:run { quiet = true })
  return study:best().params.threshold
end

--- How well the enemy foretold the level's shots, as text for the host's log;
-- and what is wrong, if anything. The fit goes through bytes, as into a saved
-- game.
function game.report()
  local ap = neap.metric.average_precision(said, came)
  local hits = 0
  for _, hit in ipairs(came) do hits = hits + hit end
  local bytes = fit:tobytes()
  fit = neap.from_saved(bytes)
  if fit:tobytes() ~= bytes then failed = "the saved fit differs" end
  local text = ("%d trainings; %d of %d shots hit; average precision %.2f, of "
    .. "chance %.2f; the fit has %d bytes"):format(trained, hits, #came, ap,
    hits / #came, #bytes)
  said, came = {}, {}
  return text, failed
end

return game
