-- Metamethods of every event with more and fewer parameters than arguments, with many registers, and across yields.
local events = { "add", "sub", "mul", "div", "mod", "pow", "unm", "idiv", "band", "bor", "bxor", "shl", "shr", "bnot",
  "concat", "len", "eq", "lt", "le" }
local tries = {
  add = function(a, b) return a + b end, sub = function(a, b) return a - b end, mul = function(a, b) return a * b end,
  div = function(a, b) return a / b end, mod = function(a, b) return a % b end, pow = function(a, b) return a ^ b end,
  unm = function(a) return -a end, idiv = function(a, b) return a // b end, band = function(a, b) return a & b end,
  bor = function(a, b) return a | b end, bxor = function(a, b) return a ~ b end, shl = function(a, b) return a << b end,
  shr = function(a, b) return a >> b end, bnot = function(a) return ~a end, concat = function(a, b) return a .. b end,
  len = function(a) return #a end, eq = function(a, b) return a == b end, lt = function(a, b) return a < b end,
  le = function(a, b) return a <= b end,
}
local function many(a, b)
  local l1, l2, l3, l4, l5, l6, l7, l8, l9, l10 = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
  return select(1, l1 + l2 + l3 + l4 + l5 + l6 + l7 + l8 + l9 + l10, a, b)
end
local functions = {
  none = function() return "none" end,
  one = function(a) return type(a) end,
  three = function(a, b, c) return c == nil and "three" end,
  varargs = function(...) return select("#", ...) end,
  many = many,
  yields = function(a, b) return coroutine.yield("y") end,
  nothing = function() end,
  native = rawequal,
}
for _, name in ipairs { "none", "one", "three", "varargs", "many", "yields", "nothing", "native" } do
  local out = { name }
  for _, event in ipairs(events) do
    local mt = { ["__" .. event] = functions[name] }
    local a, b = setmetatable({}, mt), setmetatable({}, mt)
    local co = coroutine.create(tries[event])
    local ok, v = coroutine.resume(co, a, b)
    if v == "y" then ok, v = coroutine.resume(co, 42) end
    out[#out + 1] = tostring(v)
  end
  print(table.concat(out, " "))
end
-- Depth.
local V = {}
V.__add = function(a, b) if a.n == 0 then return 0 end return 1 + (setmetatable({ n = a.n - 1 }, V) + b) end
print(setmetatable({ n = 150 }, V) + 1)
V.__sub = function(a, b) return a - b end
print((pcall(function() return setmetatable({}, V) - 1 end)))
