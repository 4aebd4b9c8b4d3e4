-- Comparisons, logic and the jumps that they make.
local a, b, c
local values = a < b, a <= b, a > b, a >= b, a == b, a ~= b
local immediates = a < 1, 1 < a, a > 1, 1 > a, a <= -128, a >= 127, a < 128, a < 1.0, a == 1, 1 == a, a == 1.0, a == 1.5
local constants = a == nil, a ~= "x", true == a, nil == nil, 1 == 2, "a" < "b"
local logic = a and b, a or b, a and b or c, not (a and b), a == 1 and b or c, (a or b) and c, a and 1, false or a
if a then b = 1 end
if not a then b = 1 elseif a == b then b = 2 elseif c then else b = 3 end
if a and b or not c then b = 1 else b = 2 end
if nil then b = 1 end
if 1 then b = 1 end
if a == b or b ~= c and c < a then return a end
a = a or {}
a = b and f(b)
while a < 10 do a = a + 1 end
while true do if a then break end b() end
while not a do if b then break; end c = 1 if c then break ; f() end end
repeat local d = a until d == b
return a == b, not a
