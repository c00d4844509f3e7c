--- What training and test rows must have in common.
local M = {}

--- How the columns of other rows differ from the training rows', or nil.
-- @param name what the others are
function M.columns_fault(training, others, name)
  if training.features ~= others.features then
    return ("the training rows have %d features and the %s %d")
      :format(training.features, name, others.features)
  end
  for j, column in ipairs(training.names) do
    if others.names[j] ~= column then
      return ("column %d of the %s is '%s'; of the training rows it is '%s'")
        :format(j, name, others.names[j], column)
    end
  end
end

-- Whether the test rows have the training rows' columns and classes.
local function unlike(training, test)
  local fault = M.columns_fault(training, test, "test rows")
  if fault then return fault end
  for c, class in ipairs(training.classes) do
    if test.classes[c] ~= class then
      return ("the classes of the training rows are %s, and of the test rows "
        .. "%s; read both with the same positive"):format(
          table.concat(training.classes, ", "),
          table.concat(test.classes, ", "))
    end
  end
end

--- Returns what is wrong with two data sets, or nil: two classes, the same
-- columns and classes, and rows of each class in both.
function M.fault(training, test)
  if #training.classes ~= 2 then
    return ("studies compare losses of two classes; the data have %d")
      :format(#training.classes)
  end
  local fault = unlike(training, test)
  if fault then return fault end
  for i, d in ipairs { training, test } do
    for c, count in ipairs(d.counts) do
      if count == 0 then
        return ("the %s rows have none of class '%s'")
          :format(i == 1 and "training" or "test", d.classes[c])
      end
    end
  end
end

return M
