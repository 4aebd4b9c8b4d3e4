-- Shadowing, blocks and the extent of variables.
local a = 1
local a = a + 1
do
  local a = a
  do local a <const> = 5; local b = a; x = b end
  function f(a) local a = a; return a end
end
for a = a, a do local a = a end
local function g(_ENV) return x, function() y = x end end
local _ENV <const> = {}
z = _ENV
return function() return z end
