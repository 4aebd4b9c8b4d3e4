-- The math library: kinds of results, rounding, limits, argument errors.
local vals = {0, -0.0, 1, -1, 1.5, -1.5, 2.5, -2.5, 1e15, -1e15, 2^53, 2^63, -2^63, 1e308, 1/0, -1/0, math.maxinteger, math.mininteger, 0.1, 3.999999, "10", "2.5"}
local function kind(v) return v ~= v and "nan" or (math.type(v) or "nil"):sub(1, 1) .. tostring(v) end
for _, v in ipairs(vals) do
  local a, b = math.modf(v)
  print(v, kind(math.floor(v)), kind(math.ceil(v)), kind(math.abs(v)), kind(a), kind(b), kind(math.tointeger(v)), math.type(v))
end
for _, a in ipairs {7, -7, 7.5, -7.5, 0, math.mininteger, math.maxinteger, 1/0} do
  for _, b in ipairs {3, -3, 2.5, -2.5, 1, -1, 1/0, -1/0} do
    io.write(kind(math.fmod(a, b)), " ")
  end
  print()
end
print(pcall(math.fmod, 1, 0)) print(kind(math.fmod(1, 0.0)), kind(math.fmod(1.0, 0)))
print(math.max(1, 2, 3), math.max(1, 2.5), math.max(-1, -2), math.max(1.0, 1), math.min(1, 1.0), math.min(3, -1, 2), math.max(5))
print(pcall(math.max)) print(pcall(math.min)) print(pcall(math.max, 1, "x")) print(pcall(math.floor)) print(pcall(math.floor, {}))
print(math.sqrt(16), math.sqrt(2), kind(math.sqrt(-1)), math.exp(0), math.log(1), math.log(8, 2), math.log(100, 10), math.log(27, 3), math.log(0))
print(string.format("%.10f %.10f %.10f %.10f", math.sin(1), math.cos(1), math.tan(1), math.exp(1)))
print(string.format("%.10f %.10f %.10f %.10f %.10f", math.asin(0.5), math.acos(0.5), math.atan(1), math.atan(1, -1), math.atan(-1, -1)))
print(math.pi, math.huge, -math.huge, math.maxinteger, math.mininteger, math.deg(math.pi), math.rad(180))
print(math.ult(1, 2), math.ult(-1, 2), math.ult(2, -1), pcall(math.ult, 1.5, 2))
print(math.tointeger(3.0), math.tointeger(3.5), math.tointeger("3"), math.tointeger({}), math.tointeger(2^63), math.tointeger(-2^63), pcall(math.tointeger))
print(math.type(1), math.type(1.0), math.type("1"), math.type(nil), pcall(math.type))
for _, f in ipairs {"sin", "sqrt", "exp", "log", "abs", "ceil", "deg", "modf"} do
  print(f, pcall(math[f], "x")) print(f, pcall(math[f], nil)) print(f, pcall(math[f]))
end
local r = math.random
for i = 1, 1000 do
  local a, b, c = r(), r(10), r(-5, 5)
  assert(a >= 0 and a < 1 and b >= 1 and b <= 10 and c >= -5 and c <= 5 and math.type(b) == "integer")
end
assert(math.type(r(0)) == "integer")
for i = 1, 100 do local v = r(math.mininteger, math.maxinteger) assert(math.type(v) == "integer") end
print(r(3, 3), r(math.maxinteger, math.maxinteger), pcall(r, 2, 1))
print(pcall(r, 0.5)) print(pcall(r, 1, 2, 3)) print(pcall(r, {}))
math.randomseed(42)
for i = 1, 10 do print(r(0), r(1, 100), r(1000000), string.format("%.14g", r())) end
math.randomseed(123, 456)
for i = 1, 10 do print(r(0), r(-10, 10), r(1 << 40)) end
math.randomseed(42); local a = r(0); math.randomseed(42); print(a == r(0))
