---@meta neap.host

--- Processes, the terminal, time and Ctrl-C: what a script needs of the
--- system and Lua's own library does not have. In the neap program alone, by
--- local host = require "neap.host"; neap.host.clock is host.clock then.
local M = {}

---@class neap.Process
local Process = {}

---@class neap.Command
---@field [integer] string|number the program and its arguments
---@field stdin? string "null", or the path of a file to read
---@field stdout? string "pipe", "null", or the path of a file to write
---@field stderr? string "pipe", "null", "stdout" or the path of a file

---@class neap.Terminal
---@field columns integer characters in a line
---@field rows integer lines
---@field colour boolean whether colours are welcome
---@field unicode boolean whether the locale's characters are UTF-8

--- Starts a program, found as a shell finds it but without a shell. Streams
--- that are not named are the script's own; files that are written are emptied
--- first. A file called "pipe" is "./pipe". Nothing else that is open in the
--- script is open in the program. Where both outputs are pipes, read the one
--- that may fill first: a full pipe stops the program.
---@param command neap.Command
---@return neap.Process? process
---@return string? message why it can't start
---@return string? code the error's name, such as "ENOENT"
function M.start(command) end

--- Waits for the end. Says the same again when called again.
---@param seconds? number the longest wait, in seconds; 0 only looks
---@return "exit"|"signal"|nil how
---@return integer|string code the exit code, the signal's number, or "timeout"
function Process:wait(seconds) end

--- Sends a signal. A process that ended gives nil, a message and "ESRCH".
---@param signal? integer 15, terminate, if none is given
---@return boolean? sent
---@return string? message
---@return string? code
function Process:kill(signal) end

---@return integer pid the number of the process
function Process:pid() end

--- Reads the pipe of standard output as file:read does.
---@param ... string|integer formats; without one, all until the end
---@return string|number|nil ...
function Process:read(...) end

---@return file*? file our end of the pipe, nil if stdout is none
function Process:stdout() end

---@return file*? file our end of the pipe, nil if stderr is none
function Process:stderr() end

---@param stream? "stdout"|"stderr" "stdout" if none is given
---@return neap.Terminal? terminal nil if the stream is no terminal
function M.terminal(stream) end

---@return integer microseconds since 1970-01-01 00:00:00 UTC
function M.now() end

---@param microseconds? integer since 1970-01-01 00:00:00 UTC; now if none
---@return string moment "YYYY-MM-DD HH:MM:SS.ffffff" in UTC
function M.utc(microseconds) end

---@return number seconds on a clock that never goes back
function M.clock() end

---@param text string any bytes
---@return string hash 64 hexadecimal digits
function M.sha256(text) end

---@return string name of this machine in its network
function M.name() end

---@return integer count cores that this process may run on
function M.cores() end

---@return integer count threads that share out a parallel loop
function M.threads() end

--- Between true and false the first Ctrl-C stops nothing, but makes
--- `interrupted` true; the second one ends the process. Calls nest.
---@param on boolean
function M.catch_interrupts(on) end

---@return boolean interrupted whether Ctrl-C came since the last outermost
--- catch_interrupts(true)
function M.interrupted() end

---@class neap.Database
local Database = {}

--- Runs a statement with values for $1, $2, ...
---@param text string one statement; it is prepared once
---@param ... string|number|neap.Array|nil an array is a BLOB of its bytes
---@return integer? changed rows
---@return any ... the columns of the first row; or a message and a code:
--- "busy", "full", "readonly", "corrupt", "open", "constraint", "connection",
--- "missing", "io" or "error"
function Database:run(text, ...) end

---@param text string one statement
---@param ... string|number|neap.Array|nil an array is a BLOB of its bytes
---@return any[][]? rows each a list of its columns, nil for NULL
---@return string? message
---@return string? code
function Database:rows(text, ...) end

---@param text string statements without values
---@return boolean? done
---@return string? message
---@return string? code
function Database:execute(text) end

--- Of PostgreSQL alone: runs statements up to the first that fails; they travel
--- together, and the server is waited for once.
---@param statements table[] 64 at most, each { text, values ..., n = how many
--- values }, which are 999 at most
---@return table[]? results each a list of rows, with changed = how many rows
--- were, and width = how many columns there are
---@return string? message
---@return string? code
function Database:flight(statements) end

---@return "sqlite"|"postgresql" kind
function Database:kind() end

--- Closes it; twice does nothing.
function Database:close() end

--- Opens a file of SQLite, whose library is loaded now.
---@param path string
---@param mode? "create"|"write"|"read"|"unchanging" "create" if none is given;
--- an unchanging file is read, and nobody may write to it
---@return neap.Database? database
---@return string? message
---@return string? code
function M.sqlite(path, mode) end

--- Connects to a PostgreSQL server, whose library is loaded now.
---@param url string "postgresql://user@host/database"
---@return neap.Database? database
---@return string? message
---@return string? code
function M.postgresql(url) end

--- What no other process has.
---@return string machine since it was started
---@return integer pid
---@return integer start in ticks of the system's clock
function M.identity() end

---@param pid integer
---@param start integer as identity gives it
---@return boolean running whether that process still runs on this machine
function M.is_running(pid, start) end

--- Does nothing for so long, or until a signal comes.
---@param seconds number
function M.sleep(seconds) end

return M
