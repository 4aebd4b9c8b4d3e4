-- A chunk with a name that begins with `debug`: every captured variable lives in a cell.
local copied = 1
local function recursive(parameter)
  for i = 1, 2 do f(function() return i, parameter, copied, recursive end) end
end
return debug
