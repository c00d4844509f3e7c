-- scripts/slurm_grid.sh, by an sbatch and an mpirun that do on this machine
-- what the real ones do: a copy of the script for each task, with its
-- environment.
local host = require "neap.host"
local lfs = require "lfs"
local scratch = dofile "tests/lua/scratch.lua"(before_each, after_each)

-- sbatch --array=FIRST-LAST[:STEP] SCRIPT ARGUMENTS: one task after another, of
-- a copy of the script, as Slurm runs it from its spool. The variables are
-- those of https://slurm.schedmd.com/job_array.html.
local sbatch = [[
array=${1#--array=}
shift
range=${array%%:*}
first=${range%-*}
last=${range#*-}
step=1
[ "$range" = "$array" ] || step=${array#*:}
cp "$1" spooled
shift
export SLURM_SUBMIT_DIR="$PWD" SLURM_ARRAY_TASK_MIN="$first"
export SLURM_ARRAY_TASK_MAX="$last" SLURM_ARRAY_TASK_STEP="$step"
export SLURM_ARRAY_TASK_COUNT=$(((last - first) / step + 1))
for SLURM_ARRAY_TASK_ID in $(seq "$first" "$step" "$last"); do
  export SLURM_ARRAY_TASK_ID
  sh spooled "$@" || exit
done
rm spooled
]]

local study = [[
local neap = require "neap"
local values = {}
for i = 1, 20 do values[i] = i end
local study = neap.study { name = "s", store = arg[1],
  search = neap.search.grid { x = values },
  objective = function(trial) return trial.params.x end }
assert(study:run { quiet = true })
print(study:counts().COMPLETE)
]]

-- Runs a shell script in a folder that has a built neap.
local function sh(text, ...)
  local process <close> = assert(host.start { "sh", "-c", "cd "
    .. scratch.folder .. "\n" .. text, "sh", stdout = "pipe",
    stderr = scratch:path "stderr", ... })
  local output = process:read()
  return output, select(2, process:wait())
end

before_each(function()
  local here = lfs.currentdir()
  local program = scratch.program
  if program:sub(1, 1) ~= "/" then program = here .. "/" .. program end
  scratch:write("sbatch", sbatch)
  scratch:write("study.lua", study)
  sh(("mkdir build; ln -s %s build/neap; cp %s/scripts/slurm_grid.sh ."):format(
    program, here))
end)

describe("slurm_grid.sh", function()
  it("gives each task of an array its share", function()
    local output, code = sh("exec sh ./sbatch \"$@\"", "--array=1-3",
      "slurm_grid.sh", "study.lua", "s.db")
    assert.same({ "7\n7\n6\n", 0 }, { output, code })
    assert.equal(0, (scratch:run("merge", scratch:path "all.db",
      scratch:path "s-1of3.db", scratch:path "s-2of3.db",
      scratch:path "s-3of3.db")))
    assert.same({ "20 20" }, scratch:query("all.db",
      "SELECT count(*), count(DISTINCT point) FROM neap_trial"))
  end)

  it("counts the tasks of an array with a step, too", function()
    local output = sh("exec sh ./sbatch \"$@\"", "--array=4-8:2",
      "slurm_grid.sh", "study.lua", "s.db")
    assert.equal("7\n7\n6\n", output)
    assert.same({ "3 6 9 12 15 18" }, scratch:query("s-3of3.db",
      "SELECT group_concat(point, ' ') FROM neap_trial"))
  end)

  it("lets all tasks work on a store that they share", function()
    local output = sh("NEAP_SHARED=1 exec sh ./sbatch \"$@\"", "--array=1-2",
      "slurm_grid.sh", "study.lua", "s.db")
    assert.equal("20\n20\n", output)
    assert.same({ "20 2" }, scratch:query("s.db", "SELECT (SELECT count(*) "
      .. "FROM neap_trial), (SELECT count(*) FROM neap_worker)"))
  end)

  it("knows the ranks of mpirun and srun", function()
    local names = {
      { "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE" },
      { "PMI_RANK", "PMI_SIZE" }, { "SLURM_PROCID", "SLURM_NTASKS" },
    }
    for i, name in ipairs(names) do
      local output = sh(("SLURM_SUBMIT_DIR=. %s=1 %s=2 "
        .. "sh slurm_grid.sh study.lua s%d.db"):format(name[1], name[2], i))
      assert.equal("10\n", output)
      assert.same({ "2 4" }, scratch:query(("s%d-2of2.db"):format(i),
        "SELECT group_concat(point, ' ') FROM (SELECT point FROM neap_trial "
        .. "ORDER BY point LIMIT 2)"))
    end
  end)

  it("says how it is called where there is no neap", function()
    local _, code = sh "SLURM_SUBMIT_DIR=/nowhere sh slurm_grid.sh study.lua"
    assert.equal(1, code)
    assert.matches("usage: slurm_grid.sh SCRIPT.lua", scratch:read "stderr", 1,
      true)
  end)
end)
