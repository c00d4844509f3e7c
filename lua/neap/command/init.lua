--- The commands of the program: each is one file of this folder, called with
-- the words after its name. It returns true, or nil and what went wrong.
return function(name, ...)
  return require("neap.command." .. name)({ ... })
end
