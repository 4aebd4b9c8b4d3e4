-- Equality of all kinds of values, constants among them, as a condition and as a value.
local long = ("x"):rep(50)
local t, f, co = {}, print, coroutine.create(print)
local equal = setmetatable({}, {__eq = function() return true end})
local values = {nil, true, false, 0, 1, 1.0, 0.0, -0.0, 0/0, 1 << 60, (1 << 60) + 0.0, "", "a", "1", long, ("x"):rep(49) .. "x", t, f, co, equal, {}}
local function bit(b) return b and 1 or 0 end
for i = 1, 21 do
  local line = {}
  for j = 1, 21 do
    local x, y = values[i], values[j]
    local n = 0
    if x == y then n = n + 1 end
    if x ~= y then n = n + 2 end
    if not (x == y) then n = n + 4 end
    local v = x ~= y
    line[j] = n .. bit(v)
  end
  print(i, table.concat(line, " "))
end
for _, k in ipairs {"nil", "true", "0", "1", "1.0", "-0.0", "1000", "0x1p60", "1152921504606846976", "''", "'a'", "'1'", "'" .. long .. "'"} do
  local equal_to = load("local x = ... local n = 0 if x == " .. k .. " then n = n + 1 end if x ~= " .. k .. " then n = n + 2 end return n, x == " .. k)
  local line = {}
  for round = 1, 2 do
    for i = 1, 21 do
      local n, v = equal_to(values[i])
      line[#line + 1] = n .. bit(v)
    end
  end
  print(k, table.concat(line, " "))
end
