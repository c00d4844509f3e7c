-- Runs a program to its end: its exit code, and all that it wrote; nil and why
-- where it can't be started.
local host = require "neap.host"

return function(words)
  words.stdout, words.stderr = "pipe", "stdout"
  local process <close>, why = host.start(words)
  if not process then return nil, why end
  local output = process:read()
  local _, code = process:wait()
  return code, output
end
