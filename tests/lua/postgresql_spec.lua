-- Studies in PostgreSQL: a server of the test's own, workers that are killed,
-- a server that goes away.
local host = require "neap.host"
local rows_text = dofile "tests/lua/rows_text.lua"
local neap = require "neap"

local program = os.getenv("NEAP_PROGRAM") or "build/neap"
local servers = dofile "tests/lua/postgresql_server.lua"
local server, why = servers.new()

local it = server and it or function(name)
  pending(name .. ": skipped, " .. why)
end

local path = os.tmpname()

teardown(function()
  os.remove(path)
  if server then server:remove() end
end)

local function query(text)
  local db <close> = assert(host.postgresql(server.url))
  return rows_text(db, text)
end

local each_point_once = "SELECT count(*), count(DISTINCT point), "
  .. "count(DISTINCT number), count(*) FILTER (WHERE state = 'COMPLETE') "
  .. "FROM trials JOIN neap_trial USING (trial_id) "
  .. "JOIN studies s ON s.study_id = trials.study_id WHERE study_name = '%s'"

local function write_script(name, size, options)
  local file <close> = assert(io.open(path, "w"))
  file:write(([[
    local neap, host = require "neap", require "neap.host"
    local values = {}
    for i = 1, %d do values[i] = i end
    local study = neap.study {
      name = "%s", store = "%s",
      search = neap.search.grid { x = values },
      objective = function(trial)
        host.sleep(0.001)
        return 1 / trial.params.x
      end,
    }
    assert(study:run { quiet = true, %s })
    print(study:counts().COMPLETE)
    study:close()
  ]]):format(size, name, server.url, options or ""))
end

-- What a training study in memory says.
local function undisturbed()
  local process <close> = assert(host.start { program,
    "tests/lua/training_script.lua", "none", "40", "folds", stdout = "pipe" })
  return process:read()
end

describe("a flight of statements", function()
  it("ends at the first that fails, and the connection goes on", function()
    local db <close> = assert(host.postgresql(server.url))
    assert(db:execute("CREATE TEMPORARY TABLE t (i int, s text)"))
    local results = assert(db:flight { { "INSERT INTO t "
      .. "SELECT $1::int + i, NULL FROM generate_series(1, 3) AS i", 10,
      n = 1 } })
    assert.same({ { changed = 3, width = 0 } }, results)
    results = assert(db:flight { { "BEGIN", n = 0 },
      { "SELECT i, s FROM t ORDER BY i LIMIT 2", n = 0 },
      { "DELETE FROM t WHERE i = $1", 11, n = 1 }, { "COMMIT", n = 0 } })
    assert.same({ { 11 }, { 12 }, changed = 2, width = 2 }, results[2])
    assert.equal(1, results[3].changed)
    local none, message, code = db:flight { { "BEGIN", n = 0 },
      { "DELETE FROM t", n = 0 }, { "SELECT 1 / $1::int", 0, n = 1 },
      { "COMMIT", n = 0 } }
    assert.is_nil(none)
    assert.equal("ERROR:  division by zero", message)
    assert.equal("error", code)
    assert(db:execute("ROLLBACK"))
    assert.equal(2, db:rows("SELECT count(*) FROM t")[1][1])
    assert.has_error(function()
      db:flight { { "SELECT $1::text", "a\0b", n = 1 } }
    end, "bad argument #1 to 'flight' (text with a zero byte)")
    assert.equal(1, db:flight({ { "SELECT 1", n = 0 } })[1][1][1])
  end)
end)

describe("a training study in PostgreSQL", function()
  it("loses nothing when the server goes away for a moment", function()
    local process <close> = assert(host.start { program,
      "tests/lua/training_script.lua", server.url, "2", "folds",
      stdout = "pipe" })
    local ended = "SELECT count(*) FROM trials WHERE state = 'COMPLETE'"
    for _, least in ipairs { 4, 20, 40 } do
      repeat
        local db <close> = assert(host.postgresql(server.url))
        local rows = db:rows(ended)
      until rows and rows[1][1] >= least or process:wait(0)
      assert.is_true(server:stop())
      assert.is_true(server:start())
    end
    assert.equal(undisturbed(), process:read())
    assert.same({ "exit", 0 }, { process:wait() })
    local db <close> = assert(host.postgresql(server.url))
    assert(db:execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
  end)

  it("has the bits of one in memory, also where workers are killed", function()
    local script = "tests/lua/training_script.lua"
    -- A server that writes bytes, numbers and times in other ways.
    do
      local db <close> = assert(host.postgresql(server.url))
      assert(db:execute("ALTER ROLE neap SET bytea_output TO escape; "
        .. "ALTER ROLE neap SET extra_float_digits TO -4; "
        .. "ALTER ROLE neap SET datestyle TO German"))
    end
    local process <close> = assert(host.start { program, "--workers", "3",
      script, server.url, "2", "folds", stdout = "pipe", stderr = "null" })
    local pid
    repeat
      local db <close> = assert(host.postgresql(server.url))
      local rows = db:rows("SELECT w.pid FROM neap_trial JOIN neap_worker w "
        .. "USING (worker_id) WHERE w.pid <> $1", process:pid())
      pid = rows and rows[1] and rows[1][1]
    until pid or process:wait(0)
    assert(host.start { "kill", "-9", tostring(pid) }):wait()
    local output = process:read()
    assert.same({ "exit", 0 }, { process:wait() })
    assert.equal(undisturbed(), output)
    assert.same({ "40 40 40 40" }, query(each_point_once:format "s"))
    local opened <close> = assert(neap.open(server.url))
    local study = assert(opened:study "s")
    assert.equal(output, ("%s\n%s\n"):format(study:verdict(),
      study:table { top = 99 }))
  end)
end)

describe("a study in PostgreSQL", function()
  it("keeps what one in memory keeps", function()
    local function study_of(store)
      return neap.study {
        name = "kept", store = store, direction = "maximize",
        search = neap.search.tpe { trials = 25, x = { low = 0, high = 1 },
          k = { "a\"b\\", "c" }, n = { low = 1, high = 9, int = true,
            when = { k = "c" } } },
        prune = neap.prune.median { startup = 3 },
        objective = function(trial)
          trial:note("text", "a'\"\\{},\u{e9}")
          if trial.number == 2 then error "no {,\"" end
          if trial.number == 3 then return -math.huge end
          for step = 1, 3 do
            trial:report(step, trial.number == 5 and 0 / 0 or trial.params.x)
            if trial:should_prune() then return end
          end
          return trial.params.x / 3
        end,
      }
    end
    local results = {}
    for i, store in ipairs { false, server.url } do
      local study = study_of(store or nil)
      assert(study:run { quiet = true })
      results[i] = {}
      for j, trial in ipairs(study:trials()) do
        results[i][j] = { trial.number, trial.state, trial.value, trial.steps,
          trial.error and trial.error:match "^[^\n]*", trial.notes,
          setmetatable(trial.params, nil) }
      end
      results[i].best = study:best().number
      results[i].counts = study:counts()
      study:close()
    end
    assert.equal(1, results[1].counts.FAIL)
    assert.is_true(results[1].counts.PRUNED > 3)
    assert.same(results[1], results[2])
  end)

  it("is shared by 8 workers one trial at a time", function()
    write_script("single", 300, "batch = 1")
    local process <close> = assert(host.start { program, "--workers", "8", path,
      stdout = "pipe", stderr = "stdout" })
    assert.equal("300\n", process:read())
    assert.same({ "300 300 300 300" }, query(each_point_once:format "single"))
    assert.same({ "299 1" }, query("SELECT max(number), max(attempt) "
      .. "FROM trials JOIN neap_trial USING (trial_id) JOIN studies s "
      .. "ON s.study_id = trials.study_id WHERE study_name = 'single'"))
  end)

  it("is shared by 8 workers, of which some are killed", function()
    write_script("shared", 600, "batch = 5")
    local process <close> = assert(host.start { program, "--workers", "8", path,
      stdout = "pipe", stderr = "null" })
    local own, killed, count = process:pid(), {}, 0
    repeat
      host.sleep(0.005)
      local db <close> = assert(host.postgresql(server.url))
      for _, row in ipairs(db:rows("SELECT DISTINCT w.pid FROM neap_trial "
        .. "JOIN neap_worker w USING (worker_id) "
        .. "JOIN studies s ON s.study_id = w.study_id "
        .. "WHERE study_name = 'shared' AND lease_until IS NOT NULL")) do
        if row[1] ~= own and not killed[row[1]] and count < 3 then
          killed[row[1]] = true
          count = count + 1
          assert(host.start { "kill", "-9", tostring(row[1]) }):wait()
        end
      end
    until count >= 3 or process:wait(0)
    assert.equal("600\n", process:read())
    assert.same({ "exit", 0 }, { process:wait() })
    assert.equal(3, count)
    assert.same({ "600 600 600 600" }, query(each_point_once:format "shared"))
  end)

  it("loses nothing when the server goes away for a moment", function()
    write_script("restarted", 400)
    local process <close> = assert(host.start { program, "--workers", "2", path,
      stdout = "pipe", stderr = "stdout" })
    local count
    repeat
      host.sleep(0.005)
      local lines = query(each_point_once:format "restarted")
      count = tonumber(lines[1]:match("^%d+"))
    until count > 100 or process:wait(0)
    assert.is_true(server:stop())
    assert.is_true(server:start())
    assert.equal("400\n", process:read())
    assert.same({ "400 400 400 400" },
      query(each_point_once:format "restarted"))
    assert.same({}, query("SELECT point FROM trials JOIN neap_trial "
      .. "USING (trial_id) LEFT JOIN trial_values v USING (trial_id) "
      .. "JOIN studies s ON s.study_id = trials.study_id "
      .. "WHERE study_name = 'restarted' "
      .. "AND value IS DISTINCT FROM 1.0::float8 / point"))
  end)

  it("is shown, exported and merged into a file", function()
    write_script("small", 3)
    assert(host.start { program, path, stdout = "null" }):wait()
    local file = os.tmpname()
    os.remove(file)
    for _, words in ipairs {
      { "show", server.url, "small", want = "3 of 3 points (100 %)" },
      { "export", server.url, "small",
        want = "2,,COMPLETE,3,,,,,,,value,0.33" },
      { "merge", file, server.url, want = "study 'small': 3 trials added" },
    } do
      local process <close> = assert(host.start { program, stdout = "pipe",
        table.unpack(words) })
      assert.matches(words.want, process:read(), 1, true)
    end
    os.remove(file)
  end)

  it("says what is wrong, without passwords", function()
    local url = server.url:gsub("neap@", "nobody:secret@")
    local study = neap.study { store = url, objective = print,
      search = neap.search.grid { x = { 1 } } }
    local result, message, code = study:run { quiet = true }
    assert.is_nil(result)
    assert.equal("open", code)
    assert.matches("role \"nobody\" does not exist", message)
    assert.matches("store 'postgresql://nobody@127", message, 1, true)
    assert.not_matches("secret", message)
  end)
end)
