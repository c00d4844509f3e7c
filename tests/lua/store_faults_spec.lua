-- Disks that are full or read-only. Both are file systems of the test's own, in
-- a namespace of its own (unshare), so that root is held off, too; where that
-- is not allowed the tests say that they are skipped.
local host = require "neap.host"
local neap = require "neap"
local scratch = dofile "tests/lua/scratch.lua"(before_each, after_each)

local script = "tests/lua/training_script.lua"

-- Runs a shell script where a folder can be mounted: what it wrote, its code.
local function apart(text, ...)
  local process <close> = assert(host.start { "unshare", "-rm", "sh", "-c",
    text, "sh", stdout = "pipe", stderr = scratch:path "stderr", ... })
  local output = process:read()
  return output, select(2, process:wait())
end

local function is_allowed()
  local ok, process = pcall(host.start, { "unshare", "-rm", "sh", "-c",
    "mount -t tmpfs none /mnt", stderr = "null" })
  return ok and process and select(2, process:wait()) == 0
end

local it = is_allowed() and it or function(name)
  pending(name .. ": skipped, no file systems can be mounted here")
end

local objective = [[
local neap = require "neap"
local values = {}
for i = 1, 3000 do values[i] = i end
local study = neap.study { name = "s", store = arg[1],
  search = neap.search.grid { x = values },
  objective = function(trial) return 1 / trial.params.x end }
local done, why, code = study:run { quiet = true }
if not done then
  print(why, code)
  os.exit(1)
end
print(study:counts().COMPLETE)
]]

local each_point_once = "SELECT count(*), count(DISTINCT point), "
  .. "count(DISTINCT number), sum(state = 'COMPLETE') FROM trials "
  .. "JOIN neap_trial USING (trial_id)"

describe("a full disk", function()
  -- Fills a disk of so many KB with a script's store; what is left of it.
  local function fill(size, path, ...)
    local output, code = apart("mkdir \"$1/disk\" && mount -t tmpfs -o "
      .. "size=$2k none \"$1/disk\" || exit 9\n"
      .. "folder=$1 program=$3 path=$4; shift 4\n"
      .. "\"$program\" \"$path\" \"$folder/disk/s.db\" \"$@\"; code=$?\n"
      .. "cp \"$folder\"/disk/s.db* \"$folder\"; exit $code", scratch.folder,
      tostring(size), scratch.program, path, ...)
    assert.equal(1, code)
    assert.matches("store '.*/disk/s.db': database or disk is full; what was "
      .. "committed before is kept", output)
  end

  it("ends a study with what it kept, and no trial by half", function()
    local path = scratch:write("study.lua", objective)
    fill(400, path)
    local before = scratch:count("s.db",
      "SELECT count(*) FROM trials WHERE state = 'COMPLETE'")
    assert.is_true(before > 10 and before < 3000)
    assert.same({}, scratch:query("s.db", "SELECT t.trial_id FROM trials t "
      .. "LEFT JOIN trial_values v USING (trial_id) "
      .. "WHERE (state = 'COMPLETE') <> (v.value IS NOT NULL)"))
    local _, output = scratch:run(path, scratch:path "s.db")
    assert.equal("3000\n", output)
    assert.same({ "3000 3000 3000 3000" },
      scratch:query("s.db", each_point_once))
  end)

  it("ends a training study, which goes on where there is room", function()
    fill(300, script, "4")
    local before = scratch:count("s.db",
      "SELECT count(*) FROM trials WHERE state = 'COMPLETE'")
    assert.is_true(before < 40)
    assert.equal(before, scratch:count("s.db", "SELECT count(*) FROM ("
      .. "SELECT trial_id FROM neap_score WHERE metric = 'brier' "
      .. "AND stage = 'points' GROUP BY trial_id HAVING count(*) = 8)"))
    local _, output = scratch:run(script, scratch:path "s.db", "4")
    local _, expected = scratch:run(script, "none", "40")
    assert.equal(expected, output)
  end)
end)

describe("a disk that can't be written", function()
  local read_only = "mount --bind \"$1\" \"$1\" && "
    .. "mount -o remount,ro,bind \"$1\" || exit 9\n"

  it("lets a store be read, and refuses to work on it", function()
    -- A name that means something in the address of a file.
    local path = scratch:path "a %41?b#s.db"
    local _, expected = scratch:run(script, path, "40")
    local output, code = apart(read_only .. "\"$2\" show \"$1/a %41?b#s.db\"",
      scratch.folder, scratch.program)
    assert.equal(0, code)
    assert.matches("40 of 40 points", output, 1, true)
    output, code = apart(read_only .. "\"$2\" \"$3\" \"$1/a %41?b#s.db\"",
      scratch.folder, scratch.program, script)
    assert.equal(1, code)
    assert.matches("s.db': unable to open database file: it can't be written: "
      .. "Read-only file system", output, 1, true)
    output, code = apart(read_only .. "\"$2\" \"$3\" \"$1/new.db\"",
      scratch.folder, scratch.program, script)
    assert.equal(1, code)
    assert.matches("it can't be made: Read-only file system", output, 1, true)
    assert.equal(expected, select(2, scratch:run(script, path)))
  end)
end)

describe("a file that is no store", function()
  it("is told from one that is not there", function()
    scratch:write("text.db", ("no database "):rep(100))
    for name, why in pairs {
      ["none.db"] = "unable to open database file: No such file or directory",
      ["text.db"] = "file is not a database; it is no database, or it is "
        .. "damaged",
    } do
      local none, message = neap.open(scratch:path(name))
      assert.is_nil(none)
      assert.matches(name .. "': " .. why, message, 1, true)
    end
    local _, output, _ = scratch:run(script, "/no/such/folder/s.db")
    assert.matches("it can't be made: No such file or directory", output, 1,
      true)
  end)
end)
