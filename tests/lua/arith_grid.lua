-- Every binary arithmetic operator over a grid of integers and floats, with the kind of the result.
local values = {0, 1, -1, 2, -2, 3, 7, -7, 10, 255, 1 << 31, (1 << 49) - 1, 1 << 49, -(1 << 49), -(1 << 49) - 1,
  1 << 53, math.maxinteger, math.mininteger, math.mininteger + 1,
  0.0, -0.0, 0.5, -0.5, 1.5, -1.5, 3.0, 1e15, 2^53, -2^53, 2^63, -2^63, 1e308, -1e308, 1e-308, 5e-324, 1/0, -1/0}
local function show(v)
  if v ~= v then return "nan" end
  local k = math.type(v) == "integer" and "i" or "f"
  return k .. tostring(v)
end
local ops = {
  {"+", function(a, b) return a + b end}, {"-", function(a, b) return a - b end},
  {"*", function(a, b) return a * b end}, {"/", function(a, b) return a / b end},
  {"//", function(a, b) return a // b end}, {"%", function(a, b) return a % b end},
}
for _, op in ipairs(ops) do
  for _, a in ipairs(values) do
    local line = {}
    for _, b in ipairs(values) do
      local ok, r = pcall(op[2], a, b)
      line[#line + 1] = ok and show(r) or (r:gsub("^.-:%d+: ", ""))
    end
    print(op[1], show(a), table.concat(line, " "))
  end
end
for _, a in ipairs(values) do
  print("neg", show(a), show(-a), show(- -a))
end
-- powers on values where every libm agrees
for _, a in ipairs {0, 1, 2, 3, -2, 0.5, 10, 1/0, -1/0} do
  local line = {}
  for _, b in ipairs {0, 1, 2, 3, -1, 10, 0.5, 1/0, -1/0} do
    local r = a ^ b
    line[#line + 1] = show(r)
  end
  print("^", show(a), table.concat(line, " "))
end
print(0/0, -(0/0), 1/0, -1/0)
