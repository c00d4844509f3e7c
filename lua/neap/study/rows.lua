--- What a study asks of its training and test rows.
local M = {}

-- Whether the test rows have the training rows' columns and classes.
local function unlike(training, test)
  if training.features ~= test.features then
    return ("the training rows have %d features and the test rows %d")
      :format(training.features, test.features)
  end
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
