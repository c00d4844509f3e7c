-- tests/lua/rows_text.lua -- the rows of a query, each as a line of its cells.
return function(db, text)
  local lines = {}
  for i, row in ipairs(assert(db:rows(text))) do
    local cells = {}
    for j = 1, 12 do cells[j] = row[j] ~= nil and tostring(row[j]) or nil end
    lines[i] = table.concat(cells, " ")
  end
  return lines
end
