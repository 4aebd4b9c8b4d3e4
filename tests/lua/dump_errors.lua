-- What string.dump refuses, and what load says about bytes that are no chunk.

print(pcall(string.dump, print))
print(pcall(string.dump, string.dump))
print(pcall(string.dump, coroutine.wrap(function() end)))
for _, v in ipairs{1, "f", {}, true} do print((select(2, pcall(string.dump, v)):gsub("'string.dump'", "'dump'"))) end
print((select(2, pcall(string.dump)):gsub("'string.dump'", "'dump'")))
print(type(string.dump(function() end, "true too")), type(string.dump(function() end, nil)))

local d = string.dump(function(a, ...)
  local t = {a, ...}
  for i, v in ipairs(t) do t[i] = function() a = v return a, 1.5, "text", 123456789012 end end
  return t
end)

-- every shorter one is truncated
local messages = {}
for n = 1, #d - 1 do
  local f, m = load(d:sub(1, n))
  messages[tostring(f) .. " " .. tostring(m)] = true
end
for m in pairs(messages) do print(m) end
print(type(load(d)), type(load(d .. "more")))

-- the header
local function with(i, c) return d:sub(1, i - 1) .. c .. d:sub(i + 1) end
for i = 1, 15 do
  local f, m = load(with(i, string.char((d:byte(i) + 1) & 0xff)), "=h")
  print(i, f, m)
end
for i = 16, 31 do
  local f, m = load(with(i, string.char((d:byte(i) + 1) & 0xff)), "=h")
  assert(not f and (i < 24 and m:find("integer format mismatch") or m:find("float format mismatch")))
end

-- how the chunk is called
local bad = "\27bad chunk"
print(load(bad))
print(load(bad, "=name"))
print(load(bad, "@file.lua"))
print(load(bad, "text"))
print(load(bad, "=" .. ("long"):rep(30)))
print(load(function() local b = bad bad = nil return b end))

-- modes
local text = "return 1"
for _, mode in ipairs{"t", "b", "bt", "tb", "", "x", "text", "binary"} do
  local f, m = load(text, "=t", mode)
  local g, n = load(d, "=d", mode)
  print(mode, type(f), m, type(g), n)
end

-- pieces
local function pieces(s, size)
  local at = 1
  return function()
    local p = s:sub(at, at + size - 1)
    at = at + size
    return #p > 0 and p or nil
  end
end
for _, size in ipairs{1, 2, 7, 100, 100000} do
  print(size, type(load(pieces(d, size))), type(load(pieces(d, size), "=p", "b")), load(pieces(d, size), "=p", "t"))
end
print(load(pieces(d:sub(1, 50), 3), "=cut"))
print(pcall(load, function() error("from the reader", 0) end))
