--- INSERT statements of many rows at once, which have their first columns in
-- common.

-- So many values a statement takes.
local VALUES_MAX <const> = 900

local Inserts = {}
Inserts.__index = Inserts

-- The statement of so many rows.
local function text_of(self, count)
  local first, rows = #self.common, {}
  local marks = {}
  for i = 1, first do marks[i] = "$" .. i end
  for row = 1, count do
    for i = 1, #self.columns do
      marks[first + i] = "$" .. first + (row - 1) * #self.columns + i
    end
    rows[row] = "(" .. table.concat(marks, ", ") .. ")"
  end
  return self.head .. table.concat(rows, ", ") .. self.tail
end

--- Inserts rows, before the transaction ends or as it does.
-- @param common the values of the common columns: a list
-- @param values those of the others, row after row: a list with n = its length
function Inserts:run(db, common, values)
  local width, at = #self.columns, 0
  local most = (VALUES_MAX - #common) // width
  while at < values.n do
    local count = math.min(most, (values.n - at) // width)
    local text = self[count]
    if not text then
      text = text_of(self, count)
      self[count] = text
    end
    local bound = table.move(common, 1, #common, 1, {})
    table.move(values, at + 1, at + count * width, #common + 1, bound)
    db:later(nil, text, table.unpack(bound, 1, #common + count * width))
    at = at + count * width
  end
end

--- What inserts into a table.
-- @param common the columns that the rows have in common: a list of names
-- @param columns the others
-- @param tail what ends the statement, such as " ON CONFLICT DO NOTHING"
return function(table_name, common, columns, tail)
  local names = table.move(columns, 1, #columns, #common + 1,
    { table.unpack(common) })
  return setmetatable({
    common = common, columns = columns, tail = tail or "",
    head = ("INSERT INTO %s (%s) VALUES "):format(table_name,
      table.concat(names, ", ")),
  }, Inserts)
end
