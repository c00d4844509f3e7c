-- The data of a page that neap wrote, from its HTML.
local json = require "neap.json"

return function(html)
  return json.decode(html:match(
    '<script type="application/json" id="data">(.-)</script>'))
end
