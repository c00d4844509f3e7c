--- What recipes were made of: { generator = name, options = table } by the
-- function that neap.data.recipe returned.
return setmetatable({}, { __mode = "k" })
