-- Integers beyond the inline range, at places that have met other operands before: comparisons, equality, unary minus,
-- shifts by constants. Each function is one place in the code; it sees the operands of its list in all orders.
local wide = {
  math.maxinteger, math.mininteger, math.mininteger + 1, 1 << 49, -(1 << 49), (1 << 49) - 1, -(1 << 49) - 1,
  (1 << 53) + 1, -(1 << 53) - 1, 0x123456789abcdef0, -0x123456789abcdef0, 0, 1, -1, 127, -128, 100,
}
local floats = { 0.0, -0.0, 1.5, 2.0 ^ 49, 2.0 ^ 53, -2.0 ^ 53, 2.0 ^ 63, -2.0 ^ 63, 1 / 0, -1 / 0, 0 / 0, 100.0 }
local all = {}
for _, v in ipairs(wide) do all[#all + 1] = v end
for _, v in ipairs(floats) do all[#all + 1] = v end

local function bits(...)
  local s = {}
  for i = 1, select("#", ...) do s[i] = select(i, ...) and "1" or "0" end
  return table.concat(s)
end

local function places()
  return {
    lt = function(a, b) return a < b end,
    le = function(a, b) return a <= b end,
    gt = function(a, b) if a > b then return true end return false end,
    ge = function(a, b) if not (a >= b) then return false end return true end,
    eq = function(a, b) return a == b end,
    ne = function(a, b) if a ~= b then return true end return false end,
  }
end
-- Fresh boxes: equal numbers that are not the same object.
local function fresh(v) return math.type(v) == "integer" and v ~ 0x5555555555555555 ~ 0x5555555555555555 or v end

for _, order in ipairs { { wide }, { all }, { floats, wide, all }, { wide, floats, all } } do
  local ops = places()
  for _, name in ipairs { "lt", "le", "gt", "ge", "eq", "ne" } do
    local op, h = ops[name], 0
    for _, list in ipairs(order) do
      for _, a in ipairs(list) do
        for _, b in ipairs(list) do h = (h * 3 + (op(fresh(a), fresh(b)) and 1 or 2)) % 1000003 end
      end
    end
    print(name, h)
  end
end

local function against_small(x)
  return bits(x < 100, x <= 100, x > 100, x >= 100, x == 100, x ~= 100, x < -128, x <= 127, 100 < x, -128 >= x, x < 100.0,
    x >= -1.0, x == 0)
end
for _, v in ipairs(all) do print(v, against_small(fresh(v))) end
for _, v in ipairs(wide) do print(v, against_small(fresh(v))) end

local function negative(x) return -x end
for _, v in ipairs(all) do print(negative(v), negative(fresh(v)) == -v or v ~= v) end
print(-math.mininteger == math.mininteger, negative(negative(1 << 62)))

-- One place for each shift; the first operand that it meets is wide, inline or none.
local shifted = setmetatable({}, {
  __shr = function(_, n) return "shr " .. n end,
  __shl = function(_, n) return "shl " .. n end,
  __unm = function() return "unm" end,
  __lt = function(a, b) return rawequal(a, b) end,
  __le = function(a, b) return not rawequal(a, b) end,
})
for _, first in ipairs { math.mininteger, 5, 3.0, "7", shifted } do
  local function right(x) return x >> 7 end
  local function left(x) return x << 7 end
  print(first == shifted and "table" or first, pcall(right, first)); print(pcall(left, first))
  for _, v in ipairs { -1, 1 << 60, 0x123456789abcdef0, 1, 2.0 ^ 52, "0x10", shifted, math.maxinteger, 12 } do
    print(pcall(right, v)); print(pcall(left, v)); print(pcall(right, v))
  end
  print(pcall(right, 1.5))
  print(pcall(left, {}))
  print(pcall(right, "x"))
end
print(negative(shifted), pcall(negative, {}))
local function less(a, b) return a < b, a <= b, b < a end
for _, v in ipairs { 1 << 60, shifted, 1 << 61, 2.5, shifted } do print(pcall(less, v, shifted)) end
print(pcall(less, 1 << 60, {}))
print(pcall(less, "x", 1 << 60))
print(select(2, pcall(function(a) return a < 5 end, "x")), select(2, pcall(function(a) return a >= 5 end, nil)))

-- Loops that count beyond the range.
local n, t = 0, (1 << 49) - 3
while t < (1 << 49) + 3 do t = t + 1; n = n + 1 end
print(n, t)
n = 0
repeat t = t - 1; n = n + 1 until t <= -(1 << 49) or n == 9
print(n, t)
