-- __newindex and __index with keys of all kinds, present and not; __call of tables with few and many arguments.
local log = {}
local stored = {}
local mt = {
  __newindex = function(t, k, v)
    log[#log + 1] = type(k) .. "=" .. tostring(v)
    stored[k] = v
  end,
  __index = function(t, k)
    log[#log + 1] = "get " .. type(k)
    return stored[k]
  end,
}
local key = {}
local function f() end
local keys = { 1, 2, 0, -5, 3.5, 2^53, 1 << 60, true, false, key, f, "name", "long" .. ("x"):rep(50), coroutine.create(f) }
local function fresh() return setmetatable({}, mt) end

for round = 1, 3 do
  local t = fresh()
  for i, k in ipairs(keys) do
    t[k] = i
    assert(rawget(t, k) == nil and t[k] == i)
    rawset(t, k, -i)
    t[k] = -i * 2
    assert(t[k] == -i * 2 and stored[k] == i)
    t[k] = nil
    assert(rawget(t, k) == nil and t[k] == i)
    t[k] = nil
    assert(stored[k] == nil and t[k] == nil)
  end
  t[1] = "first"
  t[0] = "zero"
  t[1] = nil
  t[0] = nil
  print(#log, next(t))
end
print(table.concat(log, " ", 1, 12))

-- Tables as __newindex, and a chain that ends in a function.
local last = fresh()
local chain = setmetatable({}, { __newindex = setmetatable({}, { __newindex = last }) })
for _, k in ipairs(keys) do chain[k] = "c" end
local n = 0
for _, k in ipairs(keys) do
  if stored[k] == "c" and rawget(chain, k) == nil then n = n + 1 end
end
print(n)

-- What is refused, and errors in the function.
print(pcall(function() fresh()[nil] = 1 end))
print(select("#", pcall(function() local t = {} t[nil] = 1 end)))
print(pcall(function() local t = setmetatable({}, { __newindex = function() error("no", 0) end }) t[7] = 1 end))
print(pcall(function() local t = setmetatable({}, { __newindex = function() error({}) end }) t[true] = 1 end) == false)
print(pcall(function() local t = setmetatable({}, { __newindex = 5 }) t[7] = 1 end))

-- The function is called in place of the assignment, also across yields.
local co = coroutine.wrap(function()
  local t = setmetatable({}, { __newindex = function(_, k, v) coroutine.yield(k, v) end })
  t[1] = "a"
  t[10] = "b"
  t[false] = "c"
  return "end"
end)
for _ = 1, 4 do print(co()) end

-- __call
local function count(...) return select("#", ...), ... end
local c = setmetatable({}, { __call = function(self, ...) return type(self), count(...) end })
print(c())
print(c(1))
print(c(1, nil))
print((c(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)))
print(c(table.unpack({}, 1, 300)) == "table")
local d = setmetatable({}, { __call = function(self, a, b) return a, b end })
print(d())
print(d(1, 2, 3))
print(select("#", setmetatable({}, { __call = c })(5)))
print(pcall(setmetatable({}, { __call = 1 })))
print(pcall(function() local x = setmetatable({}, {}) x(1) end))
print(setmetatable({}, { __call = rawequal })(1) == false, setmetatable({}, { __call = select })  ~= nil)
local function deep(n) if n == 0 then return 0 end return setmetatable({}, { __call = function(_, m) return 1 + deep(m) end })(n - 1) end
print(deep(3000))
