-- Chunks that say `debug` in a string or in the beginning of a name: their functions share all captured variables.

local library = require "debug"

local function share(source)
    local get, also = assert(load(source))()
    print(library.setupvalue(get, 1, "new"), get(), also())
end

share [[
    local value, helper = "old", "debugger"
    return function() return value end, function() return value end
]]
share [[
    local value, debugging = "old", true
    return function() return value end, function() return value end
]]
share [[
    local value = "old"
    local function unused() require("debug").traceback() end
    return function() return value end, function() return value end
]]

-- The same with a local variable, set while its function runs.
local function outer()
    local name = "before"
    local function show() return name end
    local function set() library.setlocal(2, 1, "after") end
    set()
    return name, show()
end
print(outer())
