-- What generated programs found: a local variable that a function changes while an operator waits for it.
local x = 1
local function set(v) x = v return 100 end
local function same(v) return v end
print(x + set(5), x) print((x) - set(7), x) print(x * set(2) + x, x) print(-x + set(3), x)
print(set(4) + x, x + x, x + 1, 1 + x, x - 1.5, x & 3, x << 1, 1 << x)
print(x < set(1000), x) print(x >= set(1), x) print(x == set(100), x) print(x ~= set(100), x) print(x <= (set(7) - 93))
print(x == 7, x ~= 7, x < 8, 8 > x, x == "7", x == nil, (x == 7) == true, x > (x and 6), x + (x and 6), x + (x or 6))
print(x .. set(8) .. x, x) print(x and set(9), x) print(x + same(x) * set(10), x // set(11), x % (x > 3 and set(12) or 1))
local function nested() local y = x local function up() y = y + 1 return y end return y + up() + y + up(), y * up() - y end
print(nested()) print(nested())
for i = 1, 3 do local function step() i = i + 10 return i end print(i + step(), i - step() * i, i) end
print(pcall(function() local n = 1 local function clear() n = nil return 1 end return n + clear() end))

-- A method whose name lies beyond the constants that an instruction reaches is named as a method.
local parts = {} for i = 1, 300 do parts[i] = "'c" .. i .. "'" end
local many = "local t = {" .. table.concat(parts, ",") .. "} "
print(pcall(load(many .. "return t:absent(1)", "=many")))
print(pcall(load(many .. "return t.absent(1)", "=many")))
print(pcall(load(many .. "local k = 'absent' return t[k](1)", "=many")))
