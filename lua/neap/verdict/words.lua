--- A verdict as text that is read in 20 seconds, the first sentence first.
local compare = require "neap.verdict.compare"
local metrics = require "neap.study.metrics"

local M = {}

local function signed(x)
  return ("%+.4f"):format(x)
end

local function interval(gain)
  if not gain.low then return "no interval from one run" end
  return ("95 %% interval %s to %s"):format(signed(gain.low),
    signed(gain.high))
end

-- A side of a comparison. Of nested cross-validation it is another point in
-- each fold.
local function side(view, compared, row, but)
  if compared.gain.nested and row.kind == "point" then
    return "as picked in each fold"
  end
  return view.describe(row, but)
end

local function in_brackets(text)
  return text == "" and "" or (" (%s)"):format(text)
end

-- Why nothing can be said yet.
local function stalled(view, compared)
  local names = {}
  for i, row in ipairs(compared.unconverged) do
    names[i] = i <= 3 and view.describe(row) or nil
  end
  local more = #compared.unconverged - #names
  return ("not converged (%s%s)"):format(table.concat(names, "; "),
    more > 0 and ("; %d more"):format(more) or "")
end

--- What the numbers are over.
function M.protocol(view)
  local count = #view.runs
  if view.kind == "datasets" then
    local short = view.wanted and count < view.wanted
      and (" of %d"):format(view.wanted) or ""
    return ("%d%s fresh data sets"):format(count, short)
  elseif view.kind == "rows" then
    return ("%d rows, %d of them positive"):format(view.runs[1].rows,
      view.runs[1].positives)
  end
  return ("%d folds of one data set, corrected for shared rows"):format(count)
end

-- How a gain was found.
local function found_by(view, gain)
  if gain.confirmed then
    return ("confirmed on %d fresh data sets after they were picked on %d "
      .. "others"):format(gain.count, #view.runs)
  elseif gain.nested then
    return ("over %s, each picked inside the training rows")
      :format(M.protocol(view))
  elseif gain.selected then
    return ("over %s, judged by the bootstrap on rows that they were not "
      .. "picked on"):format(M.protocol(view))
  end
  return ("over %s%s"):format(M.protocol(view),
    view.kind == "datasets" and #view.runs > 1
      and ", each picked on the others" or "")
end

-- A whole number with two digits that count.
local function rounded_up(number)
  local unit = 10 ^ math.max(math.floor(math.log(number, 10)) - 1, 0)
  return math.ceil(number / unit) * unit // 1
end

-- What would decide it.
local function need(view, compared)
  if compared.verdict ~= "undecided" or not compared.gain.low then return "" end
  if compare.too_few(view) then
    return (" Fewer than %d data sets can't decide.")
      :format(compare.LEAST_DATASETS)
  elseif compared.need.datasets then
    return (" %d data sets would show a gain of this size%s.")
      :format(compared.need.datasets, compared.gain.confirmed
        and (" (confirm = %d)"):format(compared.need.datasets) or "")
  elseif view.kind == "datasets" or not compared.converged then
    return ""
  end
  local more = compared.need.positives
    and rounded_up(compared.need.positives)
  if more and view.kind == "rows" then
    return (" Some %d positives (there are %d) would show a gain of this size.")
      :format(more, compared.need.positives_now)
  end
  return (" More repeats of the same rows can't decide it; %s can.")
    :format(more and ("some %d positives (there are %d)"):format(more,
      compared.need.positives_now) or "more positives")
end

local openings = {
  better = "Focusing helps",
  worse = "Focusing does not help",
  equivalent = "Focusing makes no difference that matters",
  ["too small to matter"] = "Focusing gains too little to matter",
  undecided = "Undecided whether focusing helps",
}

local function worth(view)
  return view.worth > 0 and (" (worth it from %g on)"):format(view.worth) or ""
end

--- Does focusing add anything to weighting?
function M.focus(view, focus)
  local opening = focus.converged and openings[focus.verdict]
    or "Undecided: " .. stalled(view, focus)
  return ("%s: the best gamma > 0 (%s) against the best gamma 0%s gains %s %s, "
    .. "%s, %s%s.%s"):format(opening, side(view, focus, focus.with),
      in_brackets(side(view, focus, focus.without, "gamma")),
      signed(focus.gain.mean), metrics.gain_title(view.score),
      interval(focus.gain), found_by(view, focus.gain), worth(view),
      need(view, focus))
end

local function said(view, compared)
  return compared.converged and compared.verdict
    or "undecided: " .. stalled(view, compared)
end

--- The best of all against the best remedy.
function M.remedy(view, remedy, is_first)
  return ("The best point of all%s against the best cheaper remedy (%s), both "
    .. "picked the same way: %s%s, %s; %s.%s"):format(
      in_brackets(side(view, remedy, remedy.with)),
      view.describe(remedy.without), signed(remedy.gain.mean),
      is_first and " " .. metrics.gain_title(view.score) or "",
      interval(remedy.gain), said(view, remedy),
      is_first and need(view, remedy) or "")
end

--- One set of scores against others, of any tool.
function M.scores(view, compared)
  return ("%s: %s against %s gains %s %s, %s, %s%s.%s"):format(
    (said(view, compared):gsub("^%l", string.upper)),
    view.describe(compared.with), view.describe(compared.without),
    signed(compared.gain.mean), metrics.gain_title(view.score),
    interval(compared.gain), found_by(view, compared.gain), worth(view),
    need(view, compared))
end

-- p as text.
local function p_text(p)
  return p < 0.001 and "0.001 or less" or ("%.3f"):format(p)
end

--- p after looking at all scores.
function M.corrected(compared)
  return ("p = %s, one-sided, after looking at %d %s."):format(
    p_text(compared.p), compared.points,
    compared.points == 1 and "set of scores" or "sets of scores")
end

-- What the table shows in place of a gain, and why.
local function beside_table(remedy, points)
  local gain, shown = remedy.gain, remedy.shown
  if gain.confirmed or not shown or signed(shown) == signed(gain.mean) then
    return nil
  end
  return ("the table's %s %s"):format(signed(shown), points > 1
    and "has the luck of the pick in it" or "is a mean over folds")
end

-- What is known of a gain beside its size.
local function beside(remedy, plain)
  local parts = {}
  if remedy.gain.low and remedy.label == "cross-entropy" then
    parts[1] = ("%s to %s"):format(signed(remedy.gain.low),
      signed(remedy.gain.high))
    if plain and plain.p then
      parts[2] = ("p = %s, one-sided, after looking at %d points"):format(
        p_text(plain.p), plain.points)
    end
    parts[#parts + 1] = plain and beside_table(remedy, plain.points or 1)
  end
  if not remedy.converged then parts[#parts + 1] = "not converged" end
  return #parts > 0 and (" (%s)"):format(table.concat(parts, "; ")) or ""
end

--- What the best point gains on each baseline that is a remedy.
function M.remedies(list, plain)
  local parts, who = {}, "It"
  for _, remedy in ipairs(list) do
    if not remedy.gain then
      parts[#parts + 1] = remedy.label .. " (a fit failed)"
    elseif remedy.is_remedy then
      if remedy.gain.nested then who = "What was picked" end
      parts[#parts + 1] = ("%s %s%s"):format(remedy.label,
        signed(remedy.gain.mean), beside(remedy, plain))
    end
  end
  if #parts == 0 then return nil end
  return ("%s gains on %s."):format(who, table.concat(parts, ", "))
end

-- ------------------------------------------------- where it comes from

local sources = {
  threshold = "it moved the threshold",
  ranking = "it changed the ranking",
  calibration = "it moved the calibration",
  refinement = "it tells more apart",
}

local function source_text(split)
  if split.source == "refinement" and split.gain.mean < 0 then
    return ": it tells less apart"
  end
  return sources[split.source] and ": " .. sources[split.source] or ""
end

-- Of metrics that a map of the scores changes: what is left after it.
local function mapped(split, name, other)
  local part, how = split.ranking, "with tuned thresholds"
  if split.refinement then part, how = split.refinement, "recalibrated" end
  local gain, left = split.gain.mean, part.mean
  local rest = ("%.2f"):format(math.abs(left))
  if rest == "0.00" and ("%.2f"):format(math.abs(gain)) == "0.00" then
    return ("%s has the %s of %s, %s, too, within 0.005."):format(name,
      metrics.titles[split.metric], other, how)
  end
  if rest ~= "0.00" and (gain < 0) ~= (left < 0) then
    how = how .. (left < 0 and " it loses" or " it wins")
  end
  return ("%s %s %s by %.2f %s %s; %s by %s%s."):format(name,
    gain < 0 and "loses" or "wins", metrics.titles[split.metric],
    math.abs(gain), gain < 0 and "to" or "over", other, how, rest,
    source_text(split))
end

-- What is left of a gain that was trained otherwise.
local function retrained(split)
  local parts = {}
  for _, at in ipairs {
    { "longer", "optimisation", "at five times the epochs",
      "it trained faster, no more" },
    { "retuned", "regularisation", "with l2 tuned for each loss",
      "it was regularised otherwise" },
  } do
    local after = split[at[1]]
    if after then
      parts[#parts + 1] = ("%s %s in place of %s%s"):format(at[3],
        signed(after.mean), signed(split.gain.mean),
        split.source == at[2] and ": " .. at[4] or "")
    end
  end
  if #parts == 0 then return nil end
  return ("It gains %s."):format(table.concat(parts, "; "))
end

--- Where the gain over cross-entropy comes from, in plain words.
-- @param splits of the score, and of F1 at 1/2 where the score is no metric
--   that a map of the scores changes
function M.split(splits, name, other)
  local list = {}
  local split = splits.score
  if split and (split.threshold or split.calibration) then
    list[1] = mapped(split, name, other)
  elseif splits.f1 then
    list[1] = mapped(splits.f1, name, other)
  end
  list[#list + 1] = split and retrained(split)
  return #list > 0 and table.concat(list, " ") or nil
end

--- The held-out rows.
function M.held_out(view, held_out, label)
  local parts = {}
  for _, of in ipairs(held_out.scores) do
    parts[#parts + 1] = ("%s %.4f"):format(of.label == label
      and "the best point" or of.label, of.value)
  end
  local gain = held_out.gain
  return ("On the held-out rows (%d positives): %s.%s"):format(
    held_out.positives, table.concat(parts, ", "), gain
      and (" It gains %s %s on cross-entropy, %s."):format(signed(gain.mean),
        metrics.gain_title(view.score), interval(gain)) or "")
end

return M
