-- Floats as text: tostring, concatenation, %g family, hexadecimal, and back.
local values = {0.0, -0.0, 1.0, -1.0, 0.1, 0.2, 0.3, 1/3, 2/3, 100.0, 1e14, 1e15, 1e16, 123456.789, 1e100, 1e-5, 1e-4, 0.0001, 0.00001,
  123456789012345.0, 1234567890123456.0, 2^53, 2^63, -2^63, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 3.14159265358979, 1e21, 1e22, 1e23, 99999999999999.9,
  0.5, 1.5, 2.5, 1e3, 12345678.9, 1/0, -1/0}
for _, v in ipairs(values) do
  print(v, v .. "", tostring(v), string.format("%.17g", v), string.format("%.3f", v), string.format("%e", v), string.format("%g", v))
  print("  ", string.format("%a", v), string.format("%A", v), string.format("%.0f", v), string.format("%10.2f|%-10.1f|%+.1f|% .1f|%#.0f|%010.3f", v, v, v, v, v, v))
  print("  ", tonumber(string.format("%.17g", v)) == v, tonumber(string.format("%a", v)) == v, math.tointeger(v), math.type(v))
end
local s = 0
for i = 1, 50 do s = s + 1 / i; print(i, s, s * 1e10, s * 1e-10) end
for e = -20, 20 do print(10.0 ^ e, -(10.0 ^ e), 2.0 ^ e) end
print(string.format("%5.1f|%-8.3g|%08.2f|%+d|% d|%5d|%-5d|%05d", 3.14159, 2.5, -1.5, 3, 3, 42, 42, 42))
print(3 | 0, 3.0, 3 == 3.0, -0.0 == 0.0, 1/-0.0, 1/0.0, 0.0 // 1, -0.0 // 1)
print(2^31, 2^31 | 0, 1e2, 1e2 // 1, 7.0 // 2.0, 7 // 2.0, 1e300 * 1e10, -1e300 * 1e10)
print(string.format("%d", 3.0), pcall(string.format, "%d", 3.5))
print(#tostring(0.1), 1e15 == 10^15, 2^53 == 2^53 + 1)
