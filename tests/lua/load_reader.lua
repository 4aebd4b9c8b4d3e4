-- Errors in the reader function of `load` pass through the message handler in force; syntax errors do not.

local function handled(f) return xpcall(f, function(m) return "handled: " .. tostring(m) end) end

print(handled(function() return load(function() error("in the reader") end) end))
print(handled(function() return load(function() error(false) end) end))
print(handled(function() return load(function() return {} end) end))
print(handled(function() return load(function() return true end) end))
local function pieces(...)
  local list = {...}
  return function() return table.remove(list, 1) end
end
print(handled(function() return load(pieces("x", " =", " ="), "=text") end))
print(handled(function() return load("x =", "=text") end))
print(handled(function() return load("\27Lua", "=text", "t") end))
print(handled(function()
  return load(function()
    local _ <close> = setmetatable({}, {__close = function(_, e) error("closing after " .. e, 0) end})
    error("first", 0)
  end)
end))
print(load(function() error("nobody handles") end))

-- The handler sees the frames of the reader.
print(xpcall(function()
  local function reader() local t = nil; return t.x end
  return load(reader)
end, debug.traceback))

-- After the error the same handler is in force.
print(handled(function()
  local f, message = load(function() error("first", 0) end)
  error(message .. ", second", 0)
end))

-- A reader cannot yield.
print(coroutine.resume(coroutine.create(function() return load(function() coroutine.yield() end) end)))

-- Nesting that is too deep is an error of `load` itself, which the handler sees.
print(handled(function() return load(("("):rep(300) .. "1" .. (")"):rep(300), "=text") end))
print(handled(function() return load(("do "):rep(300), "=text") end))
