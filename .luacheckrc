std = "lua54"
cache = false
max_line_length = 80
exclude_files = { "build" }
files["tests"].std = "lua54+busted"
-- Stubs for editors define what C defines, and use nothing.
files["lua/neap/meta"].ignore = { "211", "212", "241", "631" }
