-- Bitwise operators over a grid, including strings and floats with integer values.
local vals = {0, 1, -1, 2, 0xff, 0xffff, 0xffffffff, 1 << 48, 1 << 49, 1 << 50, 1 << 62, math.maxinteger, math.mininteger, 0x5555555555555555, -0x5555555555555556, 3.0, -4.0}
for _, a in ipairs(vals) do
  local line = {}
  for _, b in ipairs(vals) do
    line[#line + 1] = string.format("%x,%x,%x", a & b, a | b, a ~ b)
  end
  print(a, ~a, table.concat(line, " "))
end
for _, a in ipairs(vals) do
  local line = {}
  for _, s in ipairs {0, 1, 2, 8, 31, 32, 48, 49, 50, 62, 63, 64, 65, -1, -63, -64, math.maxinteger, math.mininteger} do
    line[#line + 1] = string.format("%x,%x", a << s, a >> s)
  end
  print(a, table.concat(line, " "))
end
local bad = {"7", 1.5, 2^63, -2^64, 1/0, 0/0, "a", "1.5", "", {}, true, print}
local names = {"7", "1.5", "2^63", "-2^64", "inf", "nan", "a", "'1.5'", "''", "table", "true", "function"}
for i, b in ipairs(bad) do
  print(names[i], pcall(function() return b & 1 end))
  print(names[i], pcall(function() return 1 | b end))
  print(names[i], pcall(function() return ~b end))
  print(names[i], pcall(function() return b << 1 end))
  print(names[i], pcall(function() return 1 >> b end))
  print(names[i], pcall(function() return b ~ b end))
end
-- a CRC32 table and a bit count
local crc = {}
for i = 0, 255 do
  local c = i
  for _ = 1, 8 do c = c & 1 == 1 and 0xEDB88320 ~ (c >> 1) or c >> 1 end
  crc[i] = c
end
local function crc32(s)
  local c = 0xffffffff
  for i = 1, #s do c = crc[(c ~ s:byte(i)) & 0xff] ~ (c >> 8) end
  return c ~ 0xffffffff
end
print(string.format("%08x %08x %08x", crc32(""), crc32("123456789"), crc32(("x"):rep(1000))))
local function popcount(n) local c = 0 while n ~= 0 do n = n & (n - 1); c = c + 1 end return c end
for _, v in ipairs {0, 1, 255, -1, math.mininteger, 1 << 49, 0x0f0f0f0f} do print(v, popcount(v)) end
