-- Fits have the same bits on any number of threads: src/host/threads.c under
-- src/train.
local host = require "neap.host"
local scratch = dofile "tests/lua/scratch.lua"(before_each, after_each)

-- Prints a fit's parameters and objective for each point, of linear models and
-- of an mlp, on batches and on all rows; `cut`: of jobs that end at each slice
-- and are resumed by another one.
local script = [[
  local neap = require "neap"
  local d = neap.data.gaussians {
    n = 5000, features = 6, prior = 0.1, seed = 3,
  }
  local mlp = neap.model.mlp { hidden = { 16 } }
  local function train(optimizer, model, count, sampling, cut)
    local points = {}
    for i = 1, count do
      points[i] = {
        loss = neap.loss.focal { gamma = i % 5 / 2 },
        optimizer = optimizer, l2 = 1e-3 * i,
      }
    end
    local options = {
      data = d, points = points, model = model, sampling = sampling,
      epochs = optimizer.batches and 3 or nil,
    }
    local job = neap.job(options)
    while not job:step(cut and 0 or 0.001) do
      if cut then
        options.resume = job:checkpoint()
        job:close()
        job = neap.job(options)
      end
    end
    for _, fit in ipairs(job:fits()) do
      print((fit.parameters:tobytes():gsub(".", function(c)
        return ("%02x"):format(c:byte())
      end)), fit.objective)
    end
  end
  print(require "neap.host".threads())
  for _, count in ipairs { 2, 7, 60 } do
    train(neap.optimizer.sgd {}, nil, count)
    train(neap.optimizer.lbfgs {}, nil, count)
  end
  train(neap.optimizer.newton {}, nil, 7)
  train(neap.optimizer.adam {}, mlp, 7)
  for _, sampling in ipairs { "balanced", { under = 1 }, { over = 0.5 } } do
    train(neap.optimizer.sgd {}, nil, 11, sampling)
    train(neap.optimizer.sgd {}, nil, 11, sampling, true)
  end
]]

describe("training", function()
  it("has the same bits on one, two and three threads", function()
    local path = scratch:write("train.lua", script)
    local first
    for threads = 1, 3 do
      local process <close> = assert(host.start {
        "env", "NEAP_THREADS=" .. threads, scratch.program, path,
        stdout = "pipe",
      })
      local count, fits = process:read():match "^(%d+)\n(.*)$"
      assert.same({ "exit", 0 }, { process:wait() })
      assert.equal(tostring(threads), count)
      first = first or fits
      local lines = 2 * (2 + 7 + 60) + 7 + 7 + 6 * 11
      assert.equal(lines, select(2, fits:gsub("\n", "")))
      assert.is_true(first == fits)
    end
  end)
end)
