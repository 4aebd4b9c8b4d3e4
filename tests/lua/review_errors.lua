-- torture: light
-- torture: deep
-- Errors where frames are between two states.
-- A tail call that overflows the stack inside a comparator.
local names = {} for i = 1, 150 do names[i] = "v" .. i end
local big = load("return function(a, b) local " .. table.concat(names, ",") .. " = 1 return a < b end")()
local function inner(a, b) return big(a, b) end
local log
local function deep(n)
   if n == 0 then
      log[#log + 1] = select(2, pcall(function() table.sort({3, 2, 1}, inner) return "sorted" end)):match("%a[%a ]*$")
      return 0
   end
   return 1 + deep(n - 1)
end
local function run(n) log = {} return coroutine.resume(coroutine.create(deep), n) end
local low, high = 490000, 510000
while high - low > 1 do local m = (low + high) // 2 if run(m) then low = m else high = m end end
local kinds = {}
for n = low - 98, low, 14 do local ok, r = run(n) kinds[tostring(ok) .. " " .. tostring(r == n) .. " " .. table.concat(log)] = true end
local list = {} for k in pairs(kinds) do list[#list + 1] = k end table.sort(list) print(table.concat(list, "\n"))
-- One overflow after the other, on a stack that is more than half full.
local function endless() return 1 + endless() end
local function under(n) if n > 0 then return 1 + under(n - 1) end for _ = 1, 3 do print((select(2, pcall(endless)):match("stack overflow"))) end return 0 end
print(under(200000))
-- What a __close catches inside does not replace the error.
local function closing(f) return setmetatable({}, {__close = f}) end
local co = coroutine.wrap(function() local x <close> = closing(function(_, e) pcall(error, "inner") print("close", e) end) error("outer", 0) end)
print(pcall(co))
print(pcall(function() local x <close> = closing(function(_, e) pcall(error, "inner") print("close", e) end) error("outer", 0) end))
-- The debug library does not reach what instructions keep above the registers.
local function set_all(v) for i = 1, 60 do local name = debug.getlocal(3, i) if name and name:sub(1, 1) == "(" then debug.setlocal(3, i, v) end end end
local z = setmetatable({}, {__concat = function() set_all(100000) return "z" end})
print((pcall(function() return "a" .. z .. "b" end)))
print(select("#", pcall(function() local x <close> = closing(function() set_all(100000) end) return 1, 2, 3 end)))
