-- The library table.
local cases = {}
local function case(name, setup, body)
  cases[#cases + 1] = {name, setup, body}
end
local function list(n)
  return "local t = {} for k = 1, " .. n .. " do t[k] = k end "
end
--- Fills u with the numbers of the table that the expression makes from k, then sorts it.
local function sort(name, n, item, comparator)
  case("sort " .. name, "local sort, r = table.sort, {} math.randomseed(42) local random = math.random for k = 1, " .. n
    .. " do r[k] = " .. item .. " end local move, u = table.move, {} " .. (comparator and "local less = " .. comparator
    or "local less"), "move(r, 1, " .. n .. ", 1, u) sort(u" .. (comparator and ", less" or "") .. ")")
end

case("insert, append 100", "local insert = table.insert", "local t = {} for k = 1, 100 do insert(t, k) end")
case("insert and remove at the end", "local insert, remove = table.insert, table.remove " .. list(100),
  "insert(t, i) remove(t)")
case("t[#t + 1], 100", "", "local t = {} for k = 1, 100 do t[#t + 1] = k end")
case("insert and remove at 1 of 10", "local insert, remove = table.insert, table.remove " .. list(10),
  "insert(t, 1, i) remove(t, 1)")
case("insert and remove at 1 of 1000", "local insert, remove = table.insert, table.remove " .. list(1000),
  "insert(t, 1, i) remove(t, 1)")
case("insert and remove in the middle of 100", "local insert, remove = table.insert, table.remove " .. list(100),
  "insert(t, 50, i) remove(t, 50)")
case("insert with __index and __newindex", "local insert, remove = table.insert, table.remove " ..
  "local d = {} for k = 1, 10 do d[k] = k end " ..
  "local t = setmetatable({}, {__index = d, __newindex = d, __len = function() return #d end})", "insert(t, i) remove(d)")
case("remove of an empty list", "local remove, t = table.remove, {}", "remove(t)")
case("#t of 100", list(100), "local x = #t")

case("concat 3 strings", "local concat, t = table.concat, {'a', 'bc', 'def'}", "local x = concat(t)")
case("concat 3 strings, ', '", "local concat, t = table.concat, {'a', 'bc', 'def'}", "local x = concat(t, ', ')")
case("concat 100 strings", "local concat, t = table.concat, {} for k = 1, 100 do t[k] = 'item' .. k end",
  "local x = concat(t)")
case("concat 100 strings, ', '", "local concat, t = table.concat, {} for k = 1, 100 do t[k] = 'item' .. k end",
  "local x = concat(t, ', ')")
case("concat 100 ints", "local concat = table.concat " .. list(100), "local x = concat(t, ' ')")
case("concat 100 floats", "local concat, t = table.concat, {} for k = 1, 100 do t[k] = k + 0.5 end",
  "local x = concat(t, ' ')")
case("concat 10000 strings", "local concat, t = table.concat, {} for k = 1, 10000 do t[k] = 'item' .. k end",
  "local x = concat(t)")
case("concat 10 to 20", "local concat, t = table.concat, {} for k = 1, 100 do t[k] = 'item' .. k end",
  "local x = concat(t, ',', 10, 20)")

case("unpack 3", "local unpack, t = table.unpack, {1, 2, 3}", "local a, b, c = unpack(t)")
case("unpack 3 of 1 to 3", "local unpack, t = table.unpack, {1, 2, 3}", "local a, b, c = unpack(t, 1, 3)")
case("unpack 200", "local unpack = table.unpack " .. list(200), "local a, b, c = unpack(t)")
case("{unpack 20}", "local unpack = table.unpack " .. list(20), "local x = {unpack(t)}")
case("f(unpack 5)", "local unpack = table.unpack local function f(...) end " .. list(5), "f(unpack(t))")
case("pack 3", "local pack = table.pack", "local x = pack(i, i, i)")
case("pack 20", "local pack, unpack = table.pack, table.unpack " .. list(20), "local x = pack(unpack(t))")
case("move 100 up by 1", "local move = table.move " .. list(100), "move(t, 1, 99, 2)")
case("move 100 down by 1", "local move = table.move " .. list(100), "move(t, 2, 100, 1)")
case("move 100 to another", "local move, u = table.move, {} " .. list(100), "move(t, 1, 100, 1, u)")
case("move 100 to a new table", "local move = table.move " .. list(100), "local u = move(t, 1, 100, 1, {})")
case("move 3", "local move, u = table.move, {} " .. list(3), "move(t, 1, 3, 1, u)")

sort("5 ints", 5, "random(1000)")
sort("100 ints", 100, "random(1000)")
sort("10000 ints", 10000, "random(1000000)")
sort("100 floats", 100, "random()")
sort("1000 floats", 1000, "random()")
sort("1000 ints and floats", 1000, "random(2) == 1 and random() or random(10)")
sort("100 strings", 100, "'key' .. random(1000)")
sort("1000 strings", 1000, "'key' .. random(1000000)")
sort("1000 sorted", 1000, "k")
sort("1000 reversed", 1000, "1000 - k")
sort("1000 equal", 1000, "7")
sort("1000, less", 1000, "random(1000000)", "function(a, b) return a < b end")
sort("1000, greater", 1000, "random(1000000)", "function(a, b) return a > b end")
sort("1000 sorted, less", 1000, "k", "function(a, b) return a < b end")
sort("1000 tables by a field", 1000, "{key = random(1000000)}", "function(a, b) return a.key < b.key end")
sort("1000 strings, less", 1000, "'key' .. random(1000000)", "function(a, b) return a < b end")
sort("1000 with __lt", 1000, "setmetatable({key = random(1000000)}, MT)", nil)
cases[#cases][2] = "local MT = {__lt = function(a, b) return a.key < b.key end} " .. cases[#cases][2]
return cases
