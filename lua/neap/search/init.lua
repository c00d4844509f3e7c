--- The searchers: each is one file of this folder, found by its name.
local core = require "neap.core"

return setmetatable({}, {
  __index = function(self, name)
    local found, searcher = pcall(require, "neap.search." .. name)
    if not found then
      if searcher:find("module 'neap.search." .. name .. "' not found", 1,
        true) then
        return nil
      end
      core.blame(searcher)
    end
    rawset(self, name, searcher)
    return searcher
  end,
})
