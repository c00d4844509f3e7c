--- neap report STORE [STUDY] [-o PATH]: a study as one HTML page.
local reader = require "neap.store.reader"

local usage = "usage: neap report STORE [STUDY] [-o PATH]"

-- A name as that of a file.
local function file_of(name)
  return (name:gsub("[^%w%-_.]", "-"):gsub("^%.", "-"):sub(1, 100)) .. ".html"
end

return function(words)
  local names, path, i = {}, nil, 1
  while words[i] do
    if words[i] == "-o" then
      path, i = words[i + 1], i + 1
      if not path then return nil, "report: -o has no path\n" .. usage end
    elseif words[i]:sub(1, 1) == "-" then
      return nil, ("report: unknown option '%s'\n%s"):format(words[i], usage)
    else
      names[#names + 1] = words[i]
    end
    i = i + 1
  end
  if #names < 1 or #names > 2 then return nil, usage end
  local study, why = reader.find(names[1], names[2])
  if not study then return nil, why end
  if study.runs and #study.runs == 0 then
    return nil, ("report: study '%s' has no results yet"):format(
      study.spec.name)
  end
  path = path or file_of(study.runs and study.spec.name or study.name)
  local done, problem = study:report(path)
  if not done then return nil, problem end
  print(path)
  return true
end
