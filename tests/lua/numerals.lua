-- torture: light
-- Integer and float literals, and tonumber, in every notation.
print(0, 00, 007, 1, 10, 0x0, 0xA, 0Xff, 0xFfFfFfFf, 0x7fffffffffffffff, 0xffffffffffffffff, 0x10000000000000000)
print(0., .5, 0.5, 5., 1e0, 1E5, 1e+5, 1e-5, .5e1, 5.e1, 12.25e2, 1e308, 1e309, 1e-400)
print(0x.8, 0x8., 0x1p4, 0x1P-4, 0x.8p1, 0xA.8p0, 0x1.fffffffffffffp1023, 0x1p-1074, 0x1p1024, 0xffffffffffffffffff.0)
print(9223372036854775807, 9223372036854775808, 18446744073709551615, 18446744073709551616, 1e18, 100000000000000)
print(math.type(9223372036854775807), math.type(9223372036854775808), math.type(0xffffffffffffffffff), math.type(1e1))
local texts = {"0", "1", "-1", " 10 ", "\t10\n", "10 10", "", " ", "-", "+1", "- 1", "--1", "1e", "1e5", "1e+5", "1e+", ".", ".5", "5.",
  "-.5", "0x", "0x1", "-0x1", "0x.1", "0x1.", "0x.", "0x1p", "0x1p1", "0x1p+1", "0X1P-1", "1_000", "1,5", "inf", "nan", "Infinity",
  "0x1e1", "1e1", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "0xffffffffffffffff",
  "0x1ffffffffffffffff", "1e400", "-1e400", "1e-400", "0b1", "1 2", "1\0", "\v1\f", "1e1.5", "0x1.8", "0x1.8p1", "00012", "1f", "1L",
  "0.1e1e1", "1..2", "0x0x1", "1e0x1", "  -7  ", "0x-1", "e1", "E", "0xep1", "0xe+1", "123456789012345678901234567890", "1e15", "-0", "-0.0", "0e0"}
for _, s in ipairs(texts) do
  local v = tonumber(s)
  print(string.format("%q", s), v, math.type(v), (load("return " .. s) or function() return "syntax" end)() == v)
end
for base = 2, 36 do
  print(base, tonumber("10", base), tonumber("-11", base), tonumber("zz", base), tonumber(" 1 ", base), tonumber("1.0", base), tonumber("", base))
end
print(tonumber("7fffffffffffffff", 16), tonumber("ffffffffffffffff", 16), tonumber("1111111111111111111111111111111111111111", 2))
print(tonumber("ABCdef", 16), tonumber("8", 8), tonumber("77", 8), tonumber("9z", 36), tonumber("1 1", 10), tonumber("-", 10))
print(pcall(tonumber), pcall(tonumber, "1", 1), pcall(tonumber, "1", 37))
print(pcall(tonumber, 1, 10))
print(pcall(tonumber, {}, 10))
print(tonumber(5), tonumber(5.5), tonumber(nil), tonumber(true), tonumber({}), tonumber(print))
for _, s in ipairs {"1x", "0xg", "3..2", "1e", "0x", "08", "1.2.3", "3in", "0x1pz", "1e++1", "12a", "0x1.p", "1 .. 2", "1..2"} do
  local f, m = load("return " .. s, "=c"); print(s, f and "ok" or m)
end
