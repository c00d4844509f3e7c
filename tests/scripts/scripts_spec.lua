-- The scripts that ship say what they are said to say.
local host = require "neap.host"

local program = os.getenv("NEAP_PROGRAM") or "build/neap"
local sanitized = (os.getenv("NEAP_SANITIZE") or "") ~= ""

-- Progress goes to standard error, and is not looked at.
local function run(name, ...)
  local process <close> = assert(host.start { program,
    "scripts/" .. name .. ".lua", stdout = "pipe", stderr = "null", ... })
  local output = process:read()
  assert.same({ "exit", 0 }, { process:wait() })
  return output
end

local function has(output, text)
  assert.is_truthy(output:find(text, 1, true), text .. " is not in\n" .. output)
end

describe("the launchers", function()
  -- A PATH without anything: what is missing can't be installed.
  it("name what is missing where there is no apt-get", function()
    local process <close> = assert(host.start { "/bin/sh", "-c",
      "PATH=/nowhere; . scripts/install", stdout = "null", stderr = "pipe" })
    assert.same({ "exit", 0 }, { process:wait() }) -- nothing was asked for
    local missing <close> = assert(host.start { "/bin/sh", "-c",
      "PATH=/nowhere; set -- one=one-probe two=/no/such/file; "
        .. ". scripts/install", stdout = "null", stderr = "pipe" })
    has(missing:stderr():read("a"), "neap needs what Debian calls: one two")
    assert.same({ "exit", 1 }, { missing:wait() })
  end)
end)

describe("easy_and_hard", function()
  -- The worked example of Lin et al. 2017, in 40 digits: -log .99, -log .1,
  -- .01^2 and .9^2 times these.
  it("shows what gamma does to an easy and a hard row", function()
    local output = run "easy_and_hard"
    has(output, "easy 0.0100503   hard 2.302585   hard / easy 229.11")
    has(output, "easy 1.00503e-06   hard 1.865094   hard / easy 1.8558e+06")
    has(output, "0.2 of the rows weigh 0.8, 0.8 of them weigh 0.2: 0.16 = 0.16")
    has(output, "gamma 5: factor 1/32")
    for _, gamma in ipairs { "0", "0.5", "1", "2", "5" } do
      has(output, "focal (gamma = " .. gamma .. ")\n")
    end
    assert.not_matches("\27", output)
  end)
end)

describe("kl_and_cross_entropy", function()
  it("shows information, entropy and both directions of KL", function()
    local output = run "kl_and_cross_entropy"
    has(output, "P = 0.50: -log P = 0.6931 nats = 1.0000 bits")
    has(output, "cat : cross-entropy 0.2231, KL 0.2231")
    has(output, "dog : cross-entropy 2.3026, KL 2.3026")
    -- -.7 log .5 - .2 log .3 - .1 log .2 = .8869, entropy .8018.
    has(output, "0.8869 = 0.8018 + 0.0851")
    has(output, "neap.loss.cross_entropy gives 0.8869")
    has(output, "sum +0.0851, and 0 for equal distributions")
  end)
end)

describe("own_loop", function()
  it("ends where neap.train does", function()
    local output = run "own_loop"
    local by_hand = output:match("step 200  loss ([%d.]+)")
    local objective = tonumber(output:match("objective ([%d.]+)"))
    assert.near(objective, tonumber(by_hand), 1e-5)
  end)
end)

describe("threshold_control", function()
  it("shows a gain that is all threshold, beside the truth", function()
    local output = run "threshold_control"
    local gain, ranking, threshold = output:match("cross%-entropy: (%S+), of "
      .. "which ranking (%S+) and threshold (%S+)%.")
    assert.near(tonumber(gain), tonumber(ranking) + tonumber(threshold), 2e-4)
    assert.is_true(tonumber(threshold) > 0.1)
    has(output, "Source: threshold.")
    has(output, "it moved the threshold")
    -- F1 at 1/2 and the largest, of two Gaussians 2 apart with 1 % positive:
    -- Python, SciPy 1.10.1, quadrature to 1e-10.
    has(output, "the true probability           0.1697      0.3211")
  end)
end)

describe("null_control", function()
  it("calls nothing better, and names optimisation", function()
    local output = run "null_control"
    local studies = 0
    for focus, best in output:gmatch("verdict on focusing: ([^;]+); on the "
      .. "best of 36 against cross%-entropy:%s+([^\n]+)") do
      studies = studies + 1
      assert.not_equal("better", focus)
      assert.not_equal("better", best)
      if studies == 3 then assert.equal("undecided, not converged", best) end
    end
    assert.equal(3, studies)
    has(output, "source: optimisation")
    -- The population's average precision: SciPy 1.10.1, quadrature.
    local _, count = output:gsub("AP 0%.5376", "")
    assert.equal(3, count)
  end)
end)

describe("long_tail", function()
  it("compares losses by class on ten classes", function()
    local output = run("long_tail", "2")
    -- int(1000 * 100^(-k / 9)): Cui et al. 2019.
    has(output, "1000 599 359 215 129 77 46 27 16 10")
    for _, name in ipairs { "cross-entropy", "focal, gamma 2",
      "class-balanced", "LDAM", "logit-adjusted loss",
      "logit adjustment after it", "oracle" } do
      has(output, "\n" .. name)
    end
    local function macro(name)
      return tonumber(output:match("\n" .. name .. " +[%d. ]- +(0%.%d%d%d%d) "))
    end
    -- Taking the shares out serves the tail; the truth is not beaten.
    assert.is_true(macro "logit%-adjusted loss" > macro "cross%-entropy" + .05)
    assert.is_true(macro "oracle" > macro "logit%-adjusted loss")
  end)
end)

local it_in_time = sanitized and pending or it -- these train for long there

describe("focal_grid", function()
  it_in_time("compares 121 points on fresh data sets", function()
    local output = run "focal_grid"
    assert.matches("^\n%u[^:]+: the best gamma > 0 %(alpha", output)
    has(output, "best of 121 points")
    has(output, "F1 tuned  converged\n")
    has(output, " positives a test set")
    has(output, "\noracle ")
    has(output, "*: the 95 % interval excludes 0")
    local _, cells = output:gsub("[+-]%d+%.%d[ *\n]", "")
    assert.is_true(cells >= 121)
  end)

  it("does the same for a file", function()
    local output = run("focal_grid", "tests/data/breast_cancer.csv",
      "--target", "diagnosis", "--positive", "malignant")
    has(output, "569 rows, 30 features, classes benign: 357, malignant: 212")
    has(output, "25 folds of one data set, corrected for shared rows")
    has(output, "cross-entropy")
    assert.not_matches("oracle", output)
  end)

  it("says what is wrong with its arguments", function()
    local process <close> = assert(host.start { program,
      "scripts/focal_grid.lua", "no/such.csv", "--target", "y",
      stdout = "null", stderr = "pipe" })
    has(process:stderr():read("a"), "no/such.csv: No such file or directory")
    assert.equal(1, select(2, process:wait()))
  end)
end)
