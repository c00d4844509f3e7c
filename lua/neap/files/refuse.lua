--- Raises what is wrong with a file's content or with what is asked of it;
-- neap.files puts the file's name before it, and blames its caller.
return function(message, ...)
  if select("#", ...) > 0 then message = message:format(...) end
  error({ refused = message }, 0)
end
