--- The metrics that studies and verdicts know.
--
-- of: the metric of C that it is; tuned or recalibrated: the name of the same
-- metric with the threshold tuned, or the scores recalibrated, on training
-- rows; worth: the least gain that matters, unless a study says otherwise.
local M = {}

local rows = {
  { name = "average_precision", title = "average precision", worth = 0.005 },
  { name = "roc_auc", title = "ROC AUC", worth = 0.005 },
  { name = "log_loss", title = "log loss", falls = true,
    recalibrated = "log_loss_recalibrated" },
  { name = "log_loss_recalibrated", title = "recalibrated log loss",
    falls = true, of = "log_loss", is = "recalibrated" },
  { name = "brier", title = "Brier score", falls = true,
    recalibrated = "brier_recalibrated" },
  { name = "brier_recalibrated", title = "recalibrated Brier score",
    falls = true, of = "brier", is = "recalibrated" },
  { name = "f1", title = "F1 at 1/2", tuned = "f1_tuned" },
  { name = "f1_tuned", title = "F1 at the tuned threshold", of = "f1",
    is = "tuned" },
  { name = "accuracy", title = "accuracy at 1/2", tuned = "accuracy_tuned" },
  { name = "accuracy_tuned", title = "accuracy at the tuned threshold",
    of = "accuracy", is = "tuned" },
}

M.names, M.titles = {}, {}

for i, row in ipairs(rows) do
  M[row.name] = row
  M.names[i], M.titles[row.name] = row.name, row.title
  row.of = row.of or row.name
  row.sign = row.falls and -1 or 1
  row.worth = row.worth or 0
end

--- What a gain in a metric is called; a fall is one where less is better.
function M.gain_title(name)
  local row = M[name]
  return row.falls and row.title .. " (a fall is a gain)" or row.title
end

return M
