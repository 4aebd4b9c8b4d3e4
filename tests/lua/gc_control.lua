-- torture: off
-- collectgarbage: options and results; memory goes down again; long chains do not overflow the marker.
print(collectgarbage(), collectgarbage("collect"), math.type(collectgarbage("count")), collectgarbage("isrunning"), collectgarbage("stop"), collectgarbage("isrunning"), collectgarbage("restart"), collectgarbage("isrunning")) print(type(collectgarbage("step")), type(collectgarbage("step", 100)), collectgarbage("incremental"), collectgarbage("generational"), collectgarbage("incremental"), type(collectgarbage("setpause", 200)), type(collectgarbage("setstepmul", 100))) print(pcall(collectgarbage, "bad"))
collectgarbage() local before = collectgarbage("count") local t = {} for i = 1, 50000 do t[i] = {i} end local high = collectgarbage("count") t = nil collectgarbage() collectgarbage() local after = collectgarbage("count") print(high > before + 1000, after < before + 500) local list for i = 1, 500000 do list = {list} end collectgarbage() list = nil collectgarbage() local f = function() end for i = 1, 50000 do local g = f f = function() return g end end collectgarbage() f = nil local m = {} for i = 1, 50000 do m = setmetatable({}, m) end collectgarbage() m = nil local co for i = 1, 1000 do local prev = co co = coroutine.create(function() coroutine.yield(prev) end) coroutine.resume(co) end collectgarbage() co = nil collectgarbage() local s = "" for i = 1, 5000 do s = s .. "x" end print(#s) for i = 1, 200000 do local x = {tostring(i), function() return i end} end print(collectgarbage("count") < 200000) collectgarbage("stop") for i = 1, 1000 do local x = {} end collectgarbage("restart") local cyc = {} cyc.self = cyc cyc[cyc] = cyc setmetatable(cyc, cyc) cyc = nil collectgarbage() print(collectgarbage("count") < 200000)
-- a step in generational mode ends no cycle; one back does nothing
do
  collectgarbage "generational"
  local ended = 0
  for i = 1, 100 do
    local young = {i}
    if collectgarbage("step", i % 3) then ended = ended + 1 end
  end
  print(ended)
  collectgarbage "incremental"
  for i = 1, 100 do ended = ended + (collectgarbage("step", -1) and 1 or 0) end
  print(ended, collectgarbage("step", 1 << 20))
end
