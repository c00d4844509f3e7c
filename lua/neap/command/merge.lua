--- neap merge TARGET SOURCE...: joins the studies of stores, such as those of
-- the shards of a script.
local connection = require "neap.store.connection"

local usage = "usage: neap merge TARGET SOURCE..."

return function(words)
  if #words < 2 then return nil, usage end
  local target = table.remove(words, 1)
  for _, path in ipairs(words) do
    if path == target then
      return nil, ("merge: '%s' is target and source"):format(path)
    end
  end
  return connection.protect(function()
    for _, study in ipairs(require("neap.store.merge").merge(target, words)) do
      print(("study '%s': %d trials added, %d were there, %d had not ended; "
        .. "%d points"):format(study.name, study.added, study.same, study.open,
        study.total))
    end
    return true
  end)
end
