-- A loop over a shared table whose closing value is an integer: what walks the table is not what is closed.
local closed = {}
debug.setmetatable(0, {__close = function(v) closed[#closed + 1] = math.type(v) .. v end})
local t = {} for i = 1, 100 do t["k" .. i] = i end
threads.run(function() return t end):join()
for closing = 0, 50 do
  local n = 0
  for _ in next, t, nil, closing do n = n + 1 if n % 30 == 0 then collectgarbage() end end
  assert(n == 100 and #closed == 1 and closed[1] == "integer" .. closing, closed[1])
  closed = {}
end
print "ok"
