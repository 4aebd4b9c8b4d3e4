-- Binary chunks in files: loadfile, dofile and require take them as they take texts.

local name = os.tmpname()
local function write(...)
  local f = assert(io.open(name, "wb"))
  f:write(...)
  f:close()
end
local function clean(m) return m and (m:gsub(name:gsub("%p", "%%%0"), "FILE")) end

local d = string.dump(function(...) return "ran", select("#", ...), "a\0b\nc\r\26d" end)
write(d)
print(dofile(name))
print(loadfile(name)(1, 2))
print(type(loadfile(name, "b")), type(loadfile(name, "bt")))
local f, m = loadfile(name, "t")
print(f, clean(m))

-- after a first line for the shell
for _, first in ipairs{"#!/usr/bin/lua\n", "# comment\n", "#\n"} do
  write(first, d)
  print(pcall(dofile, name))
  print(type(loadfile(name, "b")))
end
-- and after a byte order mark
write("\xEF\xBB\xBF#!x\n", d)
print(pcall(dofile, name))

-- text is no binary
write("return 1")
f, m = loadfile(name, "b")
print(f, clean(m))
print(dofile(name))

-- damaged
write(d:sub(1, #d // 2))
f, m = loadfile(name)
print(f, clean(m))
write("\27")
print(clean(select(2, loadfile(name))))
write("\27Lub" .. d:sub(5))
print(clean(select(2, loadfile(name))))
write("#!\n" .. d:sub(1, 20))
print(clean(select(2, loadfile(name))))

-- an environment
write(string.dump(load("x = 10; return y")))
local env = {y = "from env"}
print(loadfile(name, "b", env)(), env.x, x)

-- standard modules of binary form
local folder, file = name:match("^(.*/)(.*)$")
write(string.dump(load("local name = ... return {name = name ~= nil, answer = 42}", "@module")))
package.path = folder .. "?"
local module = require(file)
print(module.name, module.answer, package.loaded[file] == module)

-- the name of a chunk with debug information is its own
write(string.dump(load("error('here')", "@original.lua")))
print(pcall(dofile, name))
os.remove(name)
