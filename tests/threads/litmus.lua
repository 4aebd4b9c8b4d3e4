-- The memory model: outcomes that must never be seen.
local small = os.getenv "LUAS_TEST_SCALE" == "small" local N = small and 200 or 20000
local function two(f, g) local a, b = threads.run(f), threads.run(g) return a:join(), b:join() end
-- message passing through a slot: who sees the reference sees the object as it was stored
local box = {} two(function() for i = 1, N do box.msg = setmetatable({a = i, b = {i}, f = function() return i end}, {__index = {m = i}}) end box.msg = false end, function() while true do local m = box.msg if m == false then return end if m then local a = m.a assert(a ~= nil and m.b[1] == a and m.f() == a and m.m == a, "unpublished") end end end)
-- coherence: one slot never goes back
local c = {v = 0} two(function() for i = 1, N do c.v = i end end, function() local last = 0 for i = 1, N do local v = c.v assert(v >= last, "went back") last = v end end)
-- no tearing: kinds and payloads stay together, wide integers and floats too
local slot, pats = {v = 0}, {0, 1.5, "text", true, 1 << 60, -(1 << 61), 2^53 + 0.0, false} local ok = {} for _, p in ipairs(pats) do ok[p] = true end two(function() for i = 1, N do slot.v = pats[i % #pats + 1] end end, function() for i = 1, N do assert(ok[slot.v], "torn") end end)
-- store buffering through atomics: both cannot read the old value
for i = 1, N // 20 do local s = {x = 0, y = 0} local A = threads.atomic local r1, r2 = two(function() A.swap(s, "x", 1) return A.add(s, "y", 0) end, function() A.swap(s, "y", 1) return A.add(s, "x", 0) end) assert(r1 + r2 >= 1, "store buffering") end
-- a present key is never seen absent while the table grows
local t = {here = 1} two(function() for i = 1, N do t[i * 3 + 0.5] = i end end, function() for i = 1, N do assert(t.here == 1, "lost during growth") end end)
-- happens-before: run, join, unlock/lock, channel
local p = {} p.before = 1 threads.run(function() assert(p.before == 1) p.inside = 2 end):join() assert(p.inside == 2) local m, n = threads.mutex(), {v = 0, w = 0} two(function() for i = 1, N // 10 do m:with(function() n.v = n.v + 1 n.w = n.w + 1 end) end end, function() for i = 1, N // 10 do m:with(function() assert(n.v == n.w) n.v = n.v + 1 n.w = n.w + 1 end) end end) assert(n.v == 2 * (N // 10)) local ch = threads.channel() two(function() for i = 1, N // 20 do p.data = i ch:send(i) end ch:close() end, function() for v in ch:each() do assert(p.data >= v) end end)
-- upvalues are slots; metatable words are slots
local u = 0 two(function() for i = 1, N do u = i end end, function() local last = 0 for i = 1, N do local v = u assert(v >= last) last = v end end) local mo, m1, m2 = {}, {__index = {k = 1}}, {__index = {k = 2}} setmetatable(mo, m1) two(function() for i = 1, N do setmetatable(mo, i % 2 == 0 and m1 or m2) end end, function() for i = 1, N do local k = mo.k assert(k == 1 or k == 2, "metatable lost") end end)
print "ok"
