--- neap export STORE [STUDY] [--csv|--json]: all numbers of a study on standard
-- output, as CSV in long form or as JSON.
local connection = require "neap.store.connection"
local export = require "neap.store.export"
local reader = require "neap.store.reader"

local usage = "usage: neap export STORE [STUDY] [--csv|--json]"

return function(words)
  local form, names = "csv", {}
  for _, word in ipairs(words) do
    if word == "--csv" or word == "--json" then
      form = word:sub(3)
    elseif word:sub(1, 1) == "-" then
      return nil, ("export: unknown option '%s'\n%s"):format(word, usage)
    else
      names[#names + 1] = word
    end
  end
  if #names < 1 or #names > 2 then return nil, usage end
  local study, why = reader.find(names[1], names[2])
  if not study then return nil, why end
  return connection.protect(function()
    if study.rows then study = require("neap.study.export")(study) end
    export[form](study, function(text)
      io.stdout:write(text)
    end)
    return true
  end)
end
