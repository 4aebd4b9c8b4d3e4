-- pairs against a thread that inserts and removes: stable keys exactly once, others at most once, values once stored.
local small = os.getenv "LUAS_TEST_SCALE" == "small" local rounds = small and 10 or 100
local t, stop = {}, {} for i = 1, 200 do t["stable" .. i] = i t[i] = -i end local churn = {} for me = 1, 3 do churn[me] = threads.run(function() local n = 0 stop[me] = false repeat n = n + 1 local k = "churn" .. me .. "_" .. n % 700 t[k] = n t[1000 + n % 300] = n if n % 3 == 0 then t["churn" .. me .. "_" .. (n * 7) % 700] = nil t[1000 + (n * 11) % 300] = nil end if n % 64 == 0 then threads.yield() end until stop.now return n end) end
for me = 1, 3 do while stop[me] == nil do threads.yield() end end
for r = 1, rounds do local seen, n = {}, 0 for k, v in pairs(t) do assert(not seen[k], "twice: " .. tostring(k)) seen[k] = true assert(v ~= nil) if type(k) == "string" and k:find "^stable" then assert(v == tonumber(k:match "%d+")) n = n + 1 elseif math.type(k) == "integer" and k <= 200 then assert(v == -k) n = n + 1 end end assert(n == 400, n) for i, v in ipairs(t) do assert(i > 200 or v == -i) if i == 200 then break end end assert(#t >= 200) if r % 10 == 0 then collectgarbage() end local k repeat k = next(t, k) until k == nil or math.random(1000) == 1 end
stop.now = true for me = 1, 3 do assert(churn[me]:join() > 0) end
-- removing while looping, from several threads: everything goes, each removal by swap once
local d = {} for i = 1, 2000 do d["d" .. i] = i end local hs = {} for i = 1, 4 do hs[i] = threads.run(function() local s = 0 for k in pairs(d) do local v = threads.atomic.swap(d, k, nil) if v then s = s + v end end return s end) end local s = 0 for i = 1, 4 do s = s + hs[i]:join() end assert(s == 2000 * 2001 // 2, s) assert(next(d) == nil)
-- adding while looping is legal on shared tables and ends
local g = {} for i = 1, 50 do g["g" .. i] = i end threads.run(function() return g end):join() local extra = 0 for k, v in pairs(g) do if extra < 500 then extra = extra + 1 g["new" .. extra] = 0 end end assert(extra >= 50)
print "ok"
