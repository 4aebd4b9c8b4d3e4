-- Errors of finalizers are warnings; standard error is not compared, so what they do to the program is.

local ran = {}
local function finalized(gc) setmetatable({}, {__gc = gc}) end

finalized(5)
finalized("no function")
finalized(setmetatable({}, {__call = function(_, object) ran[#ran + 1] = "callable " .. type(object) end}))
finalized(function() error("text", 0) end)
finalized(function() error({}) end)
finalized(function() ran[#ran + 1] = debug.getinfo(1, "n").namewhat end)
collectgarbage()
table.sort(ran)
print(table.concat(ran, ", "))
