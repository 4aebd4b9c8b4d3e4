-- What has a short way for common operands must agree with the long way at its edges.

-- Methods of strings, through what the metatable of strings says at the moment.
local meta = getmetatable("")
local index = meta.__index
local function length(s) return s:len() end
print(length("abc"))
meta.__index = {len = function(s) return "other " .. #s end}
print(length("abc"))
meta.__index = function(s, k) return function() return k .. " of " .. s end end
print(length("abc"))
meta.__index = setmetatable({}, {__index = {len = function() return "far" end}})
print(length("abc"))
meta.__index = {}
print(pcall(length, "abc"))
meta.__index = nil
print(pcall(length, "abc"))
meta.__index = index
print(length("abcd"), pcall(length, 5), pcall(length, nil))

-- Integers in float arithmetic, at the ends of what a word holds.
for _, i in ipairs {0, 1, -1, 1 << 48, -(1 << 48), (1 << 49) - 1, -(1 << 49), 1 << 49, math.maxinteger, math.mininteger} do
  print(i + 0.5, i / 2, i * 0.25, i ^ 2, i ^ 1, i // 1.0, i < 0.5, i > -0.5, i == i + 0.0)
end
for _, x in ipairs {0.0, -0.0, 0.5, -0.5, 2.5, -2.5, 2.0 ^ 51 - 0.5, -2.0 ^ 51 - 1, 2.0 ^ 52 + 1, 2.0 ^ 53, 1e300, -1e300} do
  print(x // 1, -x // 1, x // 0.5, x ^ 2, math.floor(x), math.ceil(x), x % 1)
end
print(1 / 0 // 1, -1 / 0 // 1, (0 / 0) // 1 ~= (0 / 0) // 1, 1 / (-0.0 // 1), 1 / (0.0 // 1))

-- Floats as text where the exponent begins, and where rounding moves it.
for _, x in ipairs {
  1e14, 1e15, 99999999999999, 99999999999999.9, 123456789012345678.0, 1e16, 2.0 ^ 63, 1e22, 1e23, 1e37, 1.7e38, 1e40,
  1e-4, 9.99999999999999e-5, 9.999999999999999e-5, 1e-5, 1.5e-7, 1e-9, 1e-20, 5e-324, 2.2250738585072014e-308,
} do
  print(x, -x, string.format("%g %.3g %.0e %e %.9E %G", x, x, x, x, x, x))
end

-- Pieces of a concatenation.
local nothing = ""
print(nothing .. nothing == "", nothing .. "a", "a" .. nothing, nothing .. 5, 5 .. nothing, 1 .. 2, 1 .. 2.5 .. -3 .. 4 .. 5 .. 6)
print(#("x" .. nothing), #(1 .. "" .. 2), 1e15 .. "|" .. 2^53 .. "|" .. -0.0)

-- Borders after growing, shrinking and holes at the end.
local t = {}
for i = 1, 20 do t[#t + 1] = i end
print(#t)
for i = 20, 6, -1 do t[#t] = nil end
print(#t, #"", #"abc")
t[#t + 1] = "x"
print(#t, #{}, #{1, 2, 3}, #{n = 1}, #setmetatable({1, 2}, {__len = function() return 42 end}))

-- Strings that are equal without being the same.
local a, b = ("k"):rep(50), ("k"):rep(49) .. "k"
print(a == b, a ~= b, a == b .. "", "key" == "k" .. "ey", "k" == "j", a == 1)

-- Numerals at the limits of the integers.
for _, s in ipairs {
  "0", "00", "007", "999999999999999999", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
  "-9223372036854775809", "18446744073709551615", "99999999999999999999", "0000000000000000000000000012",
  "123456789012345678x", "", "0xffffffffffffffffff", "0xg",
} do
  local n = tonumber(s)
  print(s, n, math.type(n))
end

-- Native functions that return fewer and more values than wanted.
local x, y, z = math.abs(-1)
print(x, y, z, (string.byte("abc", 1, 3)))
x, y = string.byte("abc", 1, 3)
print(x, y, select("#", string.byte("abcdefgh", 1, -1)), pcall(math.abs))
for k in next, {10} do print(k) end
for w, v, n in string.gmatch("a=1 b=2", "(%a)=(%d)") do print(w, v, n) end
