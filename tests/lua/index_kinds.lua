-- One instruction that reads or writes with keys of changing kinds: integers, atoms, strings made while running, floats,
-- tables, keys that are absent, and tables with metamethods.
local made = ("x"):rep(60)
local keys = {1, 2, "name", "other", 1.0, 2.5, made, ("x"):rep(60), "absent", 100, -1, 0, true, {}, ("na" .. "me"), 1 << 60}
local logged = {}
local proxy = setmetatable({}, {
  __index = function(_, k) logged[#logged + 1] = "get " .. type(k) return type(k) end,
  __newindex = function(t, k, v) logged[#logged + 1] = "set " .. type(k) rawset(t, k, v) end,
})
local child = setmetatable({own = 1}, {__index = {name = "inherited", [2] = "two"}})
local function fresh() return {10, 20, name = "n", other = "o", [made] = "long", [2.5] = "float", [true] = "yes"} end
local seed = 7
local function random(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % n + 1
end
for first = 1, #keys do
  local get = load "local t, k = ... return t[k]"
  local set = load "local t, k, v = ... t[k] = v"
  local tables = {fresh(), proxy, child, fresh()}
  local sum = {}
  local k = keys[first]
  for turn = 1, 200 do
    local t = tables[random(#tables)]
    if turn % 5 == 0 then k = keys[random(#keys)] end
    local before = get(t, k)
    if turn % 3 == 0 then set(t, k, turn) end
    if turn % 17 == 0 then set(t, k, nil) end
    local after = get(t, k)
    sum[#sum + 1] = tostring(before):gsub("table: .*", "table") .. "/" .. tostring(after):gsub("table: .*", "table")
  end
  print(first, table.concat(sum, " "))
end
print(#logged, table.concat(logged, ",", 1, 40))
local get = load "local t, k = ... return t[k]"
for _, k in ipairs {"len", 1, "upper"} do print(type(get("text", k))) end
print(pcall(get, nil, "name"))
print(select(2, pcall(get, 5, 1)))
local set = load "local t, k, v = ... t[k] = v"
set({name = 1}, "name", 2)
print(pcall(set, nil, "name", 1))
print(pcall(set, {}, 0/0, 1))
print(pcall(set, {}, nil, 1))
