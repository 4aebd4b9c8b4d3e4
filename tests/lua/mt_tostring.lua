-- __tostring and __name of values that are no tables.

local strings = getmetatable("")

strings.__tostring = function(s) return "<" .. s .. ">" end
print("hello", 1, nil, "")
print(#tostring("abc"), tostring(12))
print(string.format("%s %6s %q", "x", "y", "z"))
print(table.concat({ "as", "it", "is" }, " "))
io.write("written as it is\n")
print(select(2, pcall(error, "message")))
print("a" .. "b", ("x"):rep(3))
strings.__tostring = function() return 15.0 end
print("number", #tostring("number"))
strings.__tostring = function() return {} end
io.write(select(2, pcall(print, "none")), "\n")
io.write(select(2, pcall(tostring, "none")), "\n")
io.write(select(2, pcall(string.format, "%s", "none")), "\n")
strings.__tostring = nil

debug.setmetatable(true, { __name = "Flag" })
debug.setmetatable(print, { __name = "Code" })
debug.setmetatable(coroutine.running(), { __name = "Task" })
local function kind(v) return (tostring(v):gsub(": 0x%x+", " somewhere")) end
print(kind(true), kind(print), kind(function() end), kind(coroutine.create(print)))
print((string.format("%s", print):gsub("0x%x+", "there")))
print(pcall(string.rep, print))
print(pcall(string.rep, "x", true))
print(pcall(setmetatable, coroutine.running(), {}))
print(pcall(math.floor, false))
-- Operators speak of the type.
print(pcall(function() return #print end))
print(pcall(function() return true < 1 end))
print(pcall(function() return print .. "" end))
print(pcall(function() for i = 1, print do end end))
-- A name that is no string is none.
debug.setmetatable(true, { __name = 1 })
print(pcall(string.rep, "x", true), kind(false))
