-- Comparison of integers with floats at every edge, of strings, and of everything else.
local nums = {-1/0, -2^64, -2^63, math.mininteger, math.mininteger + 1, -2^53, -(1 << 53) - 1, -(1 << 49), -1.5, -1, -0.0, 0, 0.5, 1, 1.0, 1.5,
  (1 << 49) - 1, 1 << 49, 2^49, (1 << 53) - 1, 1 << 53, (1 << 53) + 1, 2^53, 2^53 + 2, math.maxinteger - 1, math.maxinteger, 2^63, 2^64, 1/0, 0/0}
for i, a in ipairs(nums) do
  local line = {}
  for j, b in ipairs(nums) do
    line[j] = (a == b and "=" or "") .. (a < b and "<" or "") .. (a > b and ">" or "") .. (a <= b and "l" or "") .. (a >= b and "g" or "") .. (a ~= b and "n" or "")
  end
  print(i, table.concat(line, " "))
end
local strs = {"", "a", "b", "aa", "ab", "A", "a\0", "a\0a", "a\0b", "\0", "\xff", "\x80", "abc", "abcd", "Z", "z", "0", "10", "9"}
for i, a in ipairs(strs) do
  local line = {}
  for j, b in ipairs(strs) do
    line[j] = (a == b and "=" or "") .. (a < b and "<" or "") .. (a <= b and "l" or "") .. (a > b and ">" or "") .. (a >= b and "g" or "")
  end
  print(i, table.concat(line, " "))
end
local t, u, f = {}, {}, function() end
local all = {nil, false, true, 1, "1", t, u, f, print, coroutine.create(f)}
local names = {"nil", "false", "true", "1", "'1'", "t", "u", "f", "print", "co"}
for i = 1, 10 do
  for j = 1, 10 do
    local a, b = all[i], all[j]
    local ok, r = pcall(function() return a < b end)
    local ok2, r2 = pcall(function() return a <= b end)
    print(names[i], names[j], a == b, rawequal(a, b), r, r2)
  end
end
-- constants on either side, in conditions
local x, y = 5, 5.5
print(x < 6, x <= 5, x > 4, x >= 5, x == 5, x ~= 5, 6 < x, 5 <= x, 4 > x, 5 >= x, 5 == x)
print(y < 6, y <= 5, y > 5, y >= 6, y == 5.5, y ~= 5, 6 < y, 5 <= y, x < 5.5, x > 4.5, x == 5.0)
print(x < 127, x < 128, x < 1000, x > -128, x > -1000, x == 127, x == 128, x == 1000, x == "5", x == nil, x == true)
if x < 6 and not (x < 5) and y > 5 and "a" < "b" then print "chain" end
if not (x >= 5 and y <= 5) then print "not" end
print(1 < 2 == true, "x" == "x" == true, not (1 > 2) == true, 1 == 1 ~= false)
print((x > 3 and "big") or "small", x > 9 and "big" or "small", x and y, x and nil or y)
local function chain(a, b, c) return a < b and b < c, a <= b and b <= c, a < b == (b < c) end
print(chain(1, 2, 3), chain(3, 2, 1), chain(1, 1, 1))
print(0/0 == 0/0, 0/0 ~= 0/0, 0/0 < 1, 0/0 > 1, not (0/0 < 1), 1 < 0/0, math.huge < 0/0)
