-- torture: light
-- Wrap-around, the limits of inline integers (2^49), 2^53, 2^63, and shifts.
local edges = {}
for _, b in ipairs {8, 16, 31, 32, 47, 48, 49, 50, 51, 52, 53, 54, 62, 63} do
  for d = -2, 2 do
    edges[#edges + 1] = (1 << b) + d
    edges[#edges + 1] = -(1 << b) + d
  end
end
local sum, xor, prod = 0, 0, 1
for i, a in ipairs(edges) do
  sum = sum + a; xor = xor ~ a; prod = prod * (a | 1)
  print(i, a, a + 1, a - 1, a * 2, a * a, -a, ~a, a // 3, a % 7, a % -7, a // -2)
end
print(sum, xor, prod)
for i = 1, #edges do
  local a, b = edges[i], edges[#edges + 1 - i]
  print(a == b, a < b, a <= b, a + b, a - b, a * b, a & b, a | b, a ~ b, a == a + 0.0, a < b + 0.0)
end
for s = -66, 66 do
  print(s, 1 << s, -1 >> s, -1 << s, 0x123456789abcdef >> s, 0x123456789abcdef << s)
end
-- accumulate across the inline limit, both ways
local n = (1 << 49) - 5
for i = 1, 10 do n = n + 1; io.write(n, " ") end print()
for i = 1, 12 do n = n - 1; io.write(n, " ") end print()
n = -(1 << 49) + 5
for i = 1, 10 do n = n - 1; io.write(n, " ") end print()
for i = 1, 12 do n = n + 1; io.write(n, " ") end print()
n = math.maxinteger - 2
for i = 1, 5 do n = n + 1; io.write(n, " ") end print()
-- a linear congruential generator and a xorshift over the full 64 bits
local x = 1
for i = 1, 1000 do x = x * 6364136223846793005 + 1442695040888963407 end
print(x)
local s = 88172645463325252
for i = 1, 1000 do s = s ~ (s << 13); s = s ~ (s >> 7); s = s ~ (s << 17) end
print(s)
print(math.mininteger // -1, math.mininteger % -1, math.maxinteger // -1, math.maxinteger % -1)
print(math.mininteger // 1, math.mininteger * -1, -math.mininteger, math.abs(math.mininteger))
print(math.ult(1, -1), math.ult(-1, 1), math.ult(math.maxinteger, math.mininteger))
print(5 // 0.0, -5 // 0.0, 0x7fffffffffffffff // 1 | 0)
