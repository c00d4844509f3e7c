--- Files, which the host reads and writes for neap: whole or not at all.
local core = require "neap.core"

local M = {}

-- So many bytes are handed over at once, but for the last ones.
local PART_BYTES = 65536

--- Writes what a function puts into a file.
-- @param call function(put), where put(text) adds text
-- @return true; nil and why it can't be written. What `call` raises goes on.
function M.write(path, call)
  local texts, size, offset, why = {}, 0, 0, nil
  local function hand_over(is_last)
    local bytes = table.concat(texts)
    local done, problem = core.files.write_part(path, bytes, offset, is_last)
    if not done then
      why = problem
      error(why, 0)
    end
    texts, size, offset = {}, 0, offset + #bytes
  end
  local ok, problem = pcall(function()
    call(function(text)
      if size >= PART_BYTES then hand_over(false) end
      texts[#texts + 1] = text
      size = size + #text
    end)
    hand_over(true)
  end)
  if ok then return true end
  core.files.write_part(path, nil, offset, true)
  if why then return nil, why end
  error(problem, 0)
end

--- Writes a text into a file: true, or nil and why it can't be written.
function M.write_text(path, text)
  return M.write(path, function(put) put(text) end)
end

--- Reads a file: its text, or nil and why it can't be read.
function M.read(path)
  local bytes, why = core.files.open(path)
  if not bytes then return nil, why end
  local text = bytes:head(#bytes)
  bytes:close()
  return text
end

return M
