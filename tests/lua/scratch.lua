-- A folder of its own for each test of a spec, and the program in it.
local host = require "neap.host"
local lfs = require "lfs"
local rows_text = dofile "tests/lua/rows_text.lua"

local program = os.getenv("NEAP_PROGRAM") or "build/neap"

local Scratch = {}
Scratch.__index = Scratch
Scratch.program = program

function Scratch:path(name)
  return self.folder .. "/" .. name
end

-- Writes a file; its path.
function Scratch:write(name, text)
  local path = self:path(name)
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
  return path
end

function Scratch:read(name)
  local file <close> = assert(io.open(self:path(name)))
  return file:read("a")
end

-- Starts the program, with standard error in a file.
function Scratch:start(words)
  words.stderr = words.stderr or self:path("stderr")
  table.insert(words, 1, program)
  return assert(host.start(words))
end

-- Runs the program to its end: exit code, standard output, standard error.
function Scratch:run(...)
  local process <close> = self:start { stdout = "pipe", ... }
  local output = process:read()
  local _, code = process:wait()
  return code, output, self:read("stderr")
end

-- Rows of a query as text.
function Scratch:query(name, text)
  local db <close> = assert(host.sqlite(self:path(name), "write"))
  return rows_text(db, text)
end

-- The number that a query of a store gives; 0 while there is no store.
function Scratch:count(name, text)
  local db = host.sqlite(self:path(name), "write")
  if not db then return 0 end
  local rows = db:rows(text)
  db:close()
  return rows and rows[1] and rows[1][1] or 0
end

-- Starts the program and kills it with all that it started when a query of a
-- store gives `least`; false where it ended before.
function Scratch:kill_at(words, name, text, least)
  local process <close> = self:start(words)
  repeat
    if process:wait(0) then return false end
  until self:count(name, text) >= least
  process:kill(9)
  process:wait()
  return true
end

-- Makes the folder before each test and removes it afterwards.
-- @param before, after busted's before_each and after_each
return function(before, after)
  local self = setmetatable({}, Scratch)
  before(function()
    self.folder = os.tmpname()
    os.remove(self.folder)
    assert(lfs.mkdir(self.folder))
  end)
  after(function()
    assert(host.start { "rm", "-r", self.folder }):wait()
  end)
  return self
end
