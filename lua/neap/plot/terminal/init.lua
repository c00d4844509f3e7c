--- Draws figures as text: colours, blocks and Braille where the terminal has
-- them, else plain characters.
local M = {}

local found, host = pcall(require, "neap.host")

-- What there is to draw on: { columns =, colour =, unicode = }. Without a
-- terminal, text of any width that a page holds.
local function canvas_of(given)
  local canvas = { columns = 100, colour = false, unicode = false }
  local terminal = found and host.terminal("stdout") or nil
  if terminal and not (given and given.plain) then
    canvas.columns, canvas.colour = terminal.columns, terminal.colour
    canvas.unicode = terminal.unicode
  end
  for key, value in pairs(given or {}) do canvas[key] = value end
  return canvas
end

--- Draws a figure.
-- @param figure its data, see neap.plot
-- @param given { plain = true }: plain characters whatever the terminal has;
--   or what to draw on: columns =, colour =, unicode =
-- @return text without a last line feed
function M.draw(figure, given)
  local draw = require("neap.plot.terminal." .. figure.kind)
  local text = draw(figure, canvas_of(given))
  if figure.note then text = text .. "\n" .. require("neap.text").wrap {
    require("neap.text").clean(figure.note) } end
  return (text:gsub(" +\n", "\n"):gsub(" +$", ""))
end

--- Text in a colour { red, green, blue }.
function M.paint(text, colour, background)
  return ("\27[%d;2;%d;%d;%dm%s\27[0m"):format(background and 48 or 38,
    colour[1], colour[2], colour[3], text)
end

return M
