-- stderr: luas: infinite_call_chain.lua:4: stack overflow
local t = setmetatable({}, {})
getmetatable(t).__call = t
t()
