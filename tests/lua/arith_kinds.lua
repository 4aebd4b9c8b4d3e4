-- Arithmetic and comparisons whose operands change their kind from one run of an instruction to the next, in many
-- orders: integers, wide integers, floats, NaN, infinities, strings that are numbers, metamethods, errors.
local meta = {}
for _, name in ipairs {"add", "sub", "mul", "div", "mod", "idiv", "pow", "band", "bor", "bxor", "shl", "shr", "lt", "le"} do
  meta["__" .. name] = function(a, b)
    local function text(x) return type(x) == "table" and "object" or math.type(x) and string.format("%s", x) or type(x) end
    return name .. " " .. text(a) .. " " .. text(b)
  end
end
meta.__lt = function(a, b) return type(a) == "table" end
meta.__le = function(a, b) return type(b) == "table" end

local operands = {
  0, 1, -1, 7, 255, -128, 1 << 49, (1 << 49) - 1, -(1 << 49), -(1 << 49) - 1, 1 << 62, math.maxinteger, math.mininteger,
  0.0, -0.0, 0.5, -2.5, 3.0, 1e15, 2^53, 1e300, -1e300, 1/0, -1/0, 0/0, "10", "0x1p4", "text", setmetatable({}, meta),
}
local shapes = {}
for _, op in ipairs {"+", "-", "*", "/", "//", "%", "&", "|", "~", "<<", ">>"} do
  shapes[#shapes + 1] = "x " .. op .. " y"
  for _, k in ipairs {"3", "-100", "1000", "2.0", "0.5", "0x123456789abcdef", "16"} do
    shapes[#shapes + 1] = "x " .. op .. " " .. k
    shapes[#shapes + 1] = k .. " " .. op .. " x"
  end
end
for _, op in ipairs {"<", "<=", ">", ">=", "==", "~="} do
  shapes[#shapes + 1] = "x " .. op .. " y"
  shapes[#shapes + 1] = "not (x " .. op .. " y)"
  shapes[#shapes + 1] = "x " .. op .. " 3"
  shapes[#shapes + 1] = "x " .. op .. " 2.5 and 'yes' or 'no'"
end

local function show(ok, v)
  if not ok then return (tostring(v):gsub("^.-:%d+: ", "")) end
  if v ~= v then return "nan" end
  if math.type(v) == "float" then return string.format("%a", v) end
  return tostring(v)
end

-- A sum of the bytes of all answers, in which the order counts.
local sum
local function note(text)
  for i = 1, #text do sum = (sum * 31 + text:byte(i)) & 0xffffffffff end
end

local seed = 12345
local function random(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % n + 1
end

for _, shape in ipairs(shapes) do
  sum = 7
  local source = "local x, y = ... return " .. shape
  -- Each function begins in the compiler's form; runs of one kind come before changes.
  for first = 1, #operands, 3 do
    local f = load(source)
    local x, y = operands[first], operands[random(#operands)]
    for turn = 1, 12 do
      note(show(pcall(f, x, y)))
      if turn % 3 == 0 then x = operands[random(#operands)] end
      if turn % 4 == 0 then y = operands[random(#operands)] end
    end
  end
  print(shape, sum)
end

-- One instruction by itself.
local f = load("local x, y = ... return x + y")
print(f(1, 2), f(0.5, 2), f(0.5, 0.25), f(1, 2), f(1 << 62, 1 << 62), f(0.5, 0.25), f("1", 2), f(3, 0.5))
print(pcall(f, {}, 1), (select(2, pcall(f, 0.5, nil))))
local g = load("local x, y = ... if x < y then return 'less' end return 'not less'")
print(g(1, 2), g(0.5, 0.25), g(1, 2), g(0/0, 1.0), g(1, 0/0), g(1 << 62, 1e300), g("a", "b"), g(2, 2.5))
print(string.format("%q", f(0.1, 0.2)), f(math.maxinteger, 1) == math.mininteger, f(1/0, -1/0) ~= f(1/0, -1/0))
-- A function that has run is dumped as it was compiled.
for _ = 1, 3 do f(0.5, 0.5) end
local again = load(string.dump(f))
print(again(1, 2), again(0.5, 1.5), string.dump(f) == string.dump(load(string.dump(f))))
-- Quotients by constants, powers of two among them; equality and order against small constants.
for _, d in ipairs {"1", "2", "4", "0.5", "0x1p40", "1099511627776", "0x1p-1022", "0x1p1023", "0x1p1022", "0x1p-1074", "-2", "3", "0", "-0.0", "1e999"} do
  local divide = load("local x = ... return x / " .. d)
  local line = {}
  for i, x in ipairs {1, 3, -7, 0, 0.0, -0.0, 1e300, 1e-300, 5e-324, 1/0, 1 << 62, "10", 2^53 + 1} do line[i] = string.format("%a", divide(x)) end
  print(d, table.concat(line, " "))
end
for _, n in ipairs {"0", "7", "-100", "127"} do
  for _, op in ipairs {"==", "~=", "<", "<=", ">", ">="} do
    local test = load("local x = ... if x " .. op .. " " .. n .. " then return 1 end return 0")
    local line = {}
    for round = 1, 2 do
      for _, x in ipairs {7, 7.0, 0/0, -0.0, 1 << 60, "7", 127, -100.5, -1/0, 128} do line[#line + 1] = show(pcall(test, x)) end
    end
    print(op, n, table.concat(line, " "))
  end
end
-- Shifts by constants, of integers that become wide and come back.
for _, n in ipairs {0, 1, 31, 49, 50, 63, 64, -1, -63, -64, 127} do
  local right = load("local x = ... return x >> " .. (n < 0 and "(" .. n .. ")" or n) .. ", x << " .. (n < 0 and "(" .. n .. ")" or n))
  for _, x in ipairs {1, -1, 1 << 48, 1 << 49, -(1 << 49), 1 << 62, math.mininteger, 3.0, 5} do io.write(n, " ", x, ": ", table.concat({right(x)}, " "), "; ") end
  print()
end
