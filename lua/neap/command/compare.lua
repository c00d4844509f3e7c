--- neap compare: the verdict on a file of predictions, of any tool.
local data = require "neap.data"
local core = require "neap.core"
local verdict = require "neap.verdict.scores"

local usage = [[
usage: neap compare predictions.csv --target COLUMN [options]
  --target COLUMN     the classes, 0 and 1 or two names
  --positive CLASS    which class is 1
  --repeat COLUMN     which repeat of cross-validation a row is of
  --fold COLUMN       which fold of it tested the row; without folds the rows
                      are one test set
  --row COLUMN        which row it is, where repeats have them in other orders
  --baseline COLUMN   the scores that all others stand against; ce,
                      cross_entropy or baseline if there is one
  --scores A,B,...    the columns of scores; all others if none are named
  --ignore A,B,...    columns that are nothing of all this
  --score METRIC      average_precision, or what else a study's score may be
  --worth NUMBER      the least gain that matters
  --from KIND         logits or probabilities
  --draws N --seed N  of the bootstrap: 2000, 1
Each column of scores is one tool, loss or setting; each row's score is by a fit
that did not see the row. docs/verdict.md tells what the words mean.]]

local names = {
  target = "text", positive = "text", ["repeat"] = "text", fold = "text",
  row = "text", baseline = "text", scores = "text", ignore = "text",
  score = "text",
  worth = "number", from = "text", draws = "number", seed = "number",
}

-- Ends the program with a message.
local function fail(message)
  io.stderr:write("neap compare: ", message, "\n")
  os.exit(1)
end

local function read_words(words)
  local o, i = {}, 1
  while words[i] do
    local name = words[i]:match("^%-%-(%w+)$")
    if words[i] == "--help" then
      print(usage)
      os.exit(0)
    elseif name then
      local value = words[i + 1]
      if not names[name] then
        local list = {}
        for known in pairs(names) do list[#list + 1] = known end
        local near = core.nearest(name, list)
        fail(("unknown option --%s%s"):format(name,
          near and ("; did you mean --%s?"):format(near) or ""))
      elseif not value then
        fail(("--%s has no value"):format(name))
      elseif names[name] == "number" then
        value = math.tointeger(tonumber(value)) or tonumber(value)
          or fail(("--%s is %s; wanted a number"):format(name, value))
      end
      o[name], i = value, i + 2
    elseif o.path then
      fail(("one file is compared; got %s and %s"):format(o.path, words[i]))
    else
      o.path, i = words[i], i + 1
    end
  end
  return o
end

-- Names between commas.
local function names_of(text)
  local list = {}
  for name in (text or ""):gmatch("[^,]+") do list[#list + 1] = name end
  return list
end

-- A column that may be a row's number, a fold or a repeat is no score unless it
-- is named as one.
local function check_score(d, of)
  for i = 1, d.n do
    local value = d.x:row(i)[of.column]
    if value ~= math.floor(value) then return end
  end
  fail(("column '%s' has whole numbers alone: name it by --row, --fold or "
    .. "--repeat, leave it out by --ignore, or name the scores by --scores")
    :format(of.name))
end

-- The columns of scores, by name: what is named, or all that is nothing else.
local function score_columns(o, d)
  local taken, wanted = {}, o.scores and {}
  for _, key in ipairs { "repeat", "fold", "row" } do
    if o[key] then taken[o[key]] = true end
  end
  for _, name in ipairs(names_of(o.scores)) do wanted[name] = true end
  local list, at = {}, {}
  for j, name in ipairs(d.names) do
    at[name] = j
    if wanted and wanted[name] or not wanted and not taken[name] then
      list[#list + 1] = { name = name, column = j }
    end
  end
  for name in pairs(wanted or {}) do
    if not at[name] then fail(("there is no column '%s'"):format(name)) end
  end
  for _, key in ipairs { "repeat", "fold", "row" } do
    if o[key] and not at[o[key]] then
      fail(("--%s: there is no column '%s'"):format(key, o[key]))
    end
  end
  for _, of in ipairs(wanted and {} or list) do check_score(d, of) end
  return list, at
end

-- A row of the lines of one repeat, in order, is there once.
local function check_once(o, d, lines, at)
  for i = 2, o.row and #lines or 0 do
    local number = d.x:row(lines[i])[at[o.row]]
    if number == d.x:row(lines[i - 1])[at[o.row]] then
      fail(("row %g is there twice%s"):format(number, o["repeat"]
        and " in a repeat"
        or "; --repeat COLUMN tells which repeat a line is of"))
    end
  end
end

-- The lines of each repeat, in the order of their rows.
local function repeats_of(o, d, at)
  local list, known = {}, {}
  for i = 1, d.n do
    local part = o["repeat"] and d.x:row(i)[at[o["repeat"]]] or 1
    if not known[part] then
      known[part] = {}
      list[#list + 1] = known[part]
    end
    table.insert(known[part], i)
  end
  for part, lines in ipairs(list) do
    if o.row then
      table.sort(lines, function(a, b)
        return d.x:row(a)[at[o.row]] < d.x:row(b)[at[o.row]]
      end)
    end
    check_once(o, d, lines, at)
    if #lines ~= #list[1] then
      fail(("repeat %d has %d rows and the first one %d"):format(part, #lines,
        #list[1]))
    end
    for i, line in ipairs(lines) do
      local other = list[1][i]
      if d.y[line] ~= d.y[other] or o.row
        and d.x:row(line)[at[o.row]] ~= d.x:row(other)[at[o.row]] then
        fail(("row %d of repeat %d is not that of the first one%s"):format(i,
          part, o.row and "" or "; --row COLUMN tells which row is which"))
      end
    end
  end
  return list
end

-- A column of all repeats: [repeats][n].
local function column_of(d, lines, column, dtype)
  local matrix = core.array.zeros(#lines, #lines[1], dtype)
  for part, list in ipairs(lines) do
    local row = matrix:row(part)
    for i, line in ipairs(list) do row[i] = d.x:row(line)[column] end
  end
  return matrix
end

-- Whether scores are probabilities is said, where it could be either.
local function check_from(o, scores)
  if o.from then return end
  for _, matrix in pairs(scores) do
    for r = 1, (matrix:shape()) do
      local row = matrix:row(r)
      for i = 1, #row do
        if row[i] < 0 or row[i] > 1 then return end
      end
    end
  end
  fail("all scores lie between 0 and 1; wanted --from probabilities or "
    .. "--from logits")
end

return function(words)
  local o = read_words(words)
  if not o.path or not o.target then
    io.stderr:write(usage, "\n")
    os.exit(1)
  end
  o.score = o.score or "average_precision"
  local ok, d, why = pcall(data.read, o.path,
    { target = o.target, positive = o.positive, ignore = names_of(o.ignore) })
  if not ok then fail((tostring(d):gsub("^[^ ]-:%d+: ", ""))) end
  if not d then fail(why) end
  local columns, at = score_columns(o, d)
  local lines, scores = repeats_of(o, d, at), {}
  for _, of in ipairs(columns) do
    scores[of.name] = column_of(d, lines, of.column, "float64")
  end
  check_from(o, scores)
  local targets = core.array.zeros(#lines[1])
  for i, line in ipairs(lines[1]) do targets[i] = d.y[line] end
  local done, result = pcall(verdict, {
    scores = scores, targets = targets, baseline = o.baseline, score = o.score,
    folds = o.fold and column_of(d, lines, at[o.fold], "int32") or nil,
    worth = o.worth, from = o.from, draws = o.draws, seed = o.seed,
  })
  if not done then
    fail((tostring(result):gsub("^[^ ]-:%d+: ", "")
      :gsub("^bad argument #1 to 'verdict' %((.*)%)$", "%1")))
  end
  print(("%s: %d rows, positive class %s"):format(o.path, #lines[1],
    d.classes[2]))
  print()
  print(result)
  return true
end
