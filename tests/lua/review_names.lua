-- What generated programs found: names and numbers in messages.
local function e(...) print(select(2, pcall(...))) end

-- A concatenation goes on after a metamethod; the operand that is named is the one in its place.
local none = setmetatable({}, {__concat = function() end})
local off = setmetatable({}, {__concat = function() return false end})
local first, second, third = nil, none, "x"
e(function() return first .. second .. 1 end)
e(function() return "a" .. second .. 1 end)
e(function() return off .. third .. off .. none .. third end)
e(function() local l, m = {}, none return l .. m .. third end)
e(function() return nowhere .. none .. third end)

-- Names end at their first NUL.
local t = {}
e(function() return t["a\0b"].c end)
e(function() return t["\0"] + 1 end)
e(function() t["k\0"]() end)
e(function() return t:m() end)
print((debug.traceback("up to here\0and no further", 100)))

-- Which argument is looked at first, and which one counts as missing.
e(math.fmod) e(math.fmod, 1) e(math.fmod, {}, {}) e(math.fmod, "x", 2)
e(function() local o = {m = math.fmod} return o:m() end)
e(string.pack) e(string.pack, nil) e(string.pack, "z") e(string.pack, "i1i1", 1)
