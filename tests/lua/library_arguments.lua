-- Arguments at the edge of what library functions take, where leniency would go unnoticed.
local function try(f, ...)
    print(select(2, pcall(f, ...)))
end

-- Every option that starts with "#" counts.
print(select("#", nil, nil), select("##", 1), select("#anything"))
try(select, "x#")

-- A float never stands for an integer key here.
try(next, { 10, 20 }, 1.0)
try(next, { [2 ^ 53] = true }, 2.0 ^ 53)
print(next({ [1.5] = true }, 1.5))

-- nil is not the absence of a coroutine.
try(coroutine.isyieldable, nil)
print(coroutine.isyieldable())

-- The format is missing, then values are.
try(string.pack)
try(string.pack, nil)
try(string.pack, "z")
try(string.pack, "zz", "a")

-- Both are wrong.
try(math.fmod)
try(math.fmod, {}, "x")
try(math.fmod, {}, 1.5)

-- Parameters of the collector are kept as quarters of a byte's range.
local pause, multiplier = collectgarbage("setpause", 3), collectgarbage("setstepmul", 401)
print(collectgarbage("setpause", -5), collectgarbage("setstepmul", 1000))
print(collectgarbage("setpause", 1023), collectgarbage("setstepmul", 5000))
print(collectgarbage("setpause", pause), collectgarbage("setstepmul", multiplier))
try(collectgarbage, "setpause", 1.5)

-- The pieces of a chunk may be numbers.
local pieces = { "return ", 1, 0, ".", 5, " + ", 2 ^ 53, nil }
local place = 0
print(load(function()
    place = place + 1
    return pieces[place]
end)())

-- An iterator of lines ends without results.
local name = os.tmpname()
local file <close> = assert(io.open(name, "w+"))
file:write("one\ntwo")
file:seek("set")
local line = file:lines()
print(line(), line())
print(select("#", line()), io.type(file))
line = io.lines(name)
print(line(), line())
print(select("#", line()))
try(line)
os.remove(name)

-- The operators of strings, called directly.
local meta = getmetatable("")
print(meta.__add("10", 5), meta.__add("10"), meta.__unm("2", "10"), meta.__unm("7"))
try(meta.__add, "x", 1)
try(meta.__add)
try(meta.__add, 1, {})
