-- threads.run, join, wait, status, ids, names, handles.
local function check(name, got, want) if got ~= want then error(name .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2) end end
local t = threads.run(function(a, b, ...) return a + b, select("#", ...), nil, "last" end, 1, 2, nil, nil)
local r = table.pack(t:join()) check("n", r.n, 4) check("1", r[1], 3) check("2", r[2], 2) check("3", r[3], nil) check("4", r[4], "last") check("status", t:status(), "done")
for i = 1, 3 do local again = table.pack(t:join()) check("again", again.n, 4) check("again 1", again[1], 3) end
check("none", select("#", threads.run(function() end):join()), 0) check("same object", (function() local o = {} return threads.run(function() return o end):join() == o end)(), true)
check("global package", package.loaded.threads, threads) check("require", require "threads", threads)
-- misuse raises
for i, bad in ipairs {{}, {5}, {{}}, {{}, 5}, {"f"}, {nil}, {setmetatable({}, {__call = print})}} do check("bad run " .. i, (pcall(threads.run, table.unpack(bad))), false) end
check("message", (select(2, pcall(threads.run, 5))):find("bad argument #1 to 'threads.run'", 1, true) ~= nil, true)
-- wait
local gate = threads.channel() t = threads.run(function() return gate:recv() end) local ok, why = t:wait(0) check("wait 0", ok, nil) check("why", why, "timeout") ok, why = t:wait(0.02) check("wait", ok, nil) check("running", t:status(), "running") gate:send("v") check("join", t:join(), "v") check("wait done", t:wait(), true) check("wait done 0", t:wait(0), true)
-- errors: the same value for every join, wait does not raise
local e = {code = 7} t = threads.run({quiet = true}, function() error(e) end) check("wait err", t:wait(), true) check("status err", t:status(), "error") for i = 1, 2 do local ok, v = pcall(t.join, t) check("join raises", ok, false) check("same error", v, e) end
t = threads.run({quiet = true}, function() error("text", 0) end) check("text", select(2, pcall(t.join, t)), "text") t = threads.run({quiet = true}, function() local x = nil; return x.y end) check("runtime", (select(2, pcall(t.join, t))):find("attempt to index a nil value (local 'x')", 1, true) ~= nil, true) t = threads.run({quiet = true}, function() error() end) local ok, v = pcall(t.join, t) check("nil error", ok, false) check("nil", v, nil)
-- two joiners
t = threads.run(function() threads.sleep(0.05) return 42 end) local js = {} for i = 1, 4 do js[i] = threads.run(function() return t:join() end) end for i = 1, 4 do check("joiner", js[i]:join(), 42) end
-- names and ids
local ids = {} for i = 1, 50 do local h = threads.run(function() return threads.self():id() end) local id = h:join() check("id", id, h:id()) check("id unique", ids[id], nil) ids[id] = true check("int", math.type(id), "integer") end
t = threads.run({name = "worker"}, function() local s = threads.self() local n = s:name() s:name("renamed") return n, s:name() end) local a, b = t:join() check("name", a, "worker") check("renamed", b, "renamed") check("tostring", tostring(t):find("renamed", 1, true) ~= nil or tostring(t):find("thread", 1, true) ~= nil, true) check("self", threads.run(function() return threads.self() end):join() ~= threads.self(), true) check("self same", threads.self(), threads.self())
check("type", type(t), "userdata") check("cpus", threads.cpus() >= 1 and math.type(threads.cpus()), "integer")
-- list holds live threads, the caller among them
local g = threads.channel() local hs = {} for i = 1, 3 do hs[i] = threads.run(function() g:recv() end) end local live = {} for _, h in ipairs(threads.list()) do live[h:id()] = true end for i = 1, 3 do check("listed", live[hs[i]:id()], true) end check("me", live[threads.self():id()], true) g:close() for i = 1, 3 do hs[i]:join() end live = {} for _, h in ipairs(threads.list()) do live[h:id()] = true end for i = 1, 3 do check("not listed", live[hs[i]:id()], nil) end
-- a dropped handle keeps running
local box = {} threads.run(function() threads.sleep(0.02) box.done = true end) collectgarbage() while not box.done do threads.sleep(0.002) end
-- self-join and cycles
check("self join", (select(2, pcall(function() threads.self():join() end))):find("deadlock", 1, true) ~= nil, true) local c1, c2, ch = nil, nil, threads.channel(2) c1 = threads.run({quiet = true}, function() ch:recv() return pcall(c2.join, c2) end) c2 = threads.run({quiet = true}, function() ch:recv() return pcall(c1.join, c1) end) ch:send(1) ch:send(1) local o1, m1 = c1:join() local o2, m2 = c2:join() check("one of the cycle", o1 ~= o2, true) check("says", tostring(o1 and m2 or m1):find("deadlock", 1, true) ~= nil, true)
-- nested threads, many threads
local function tree(n) if n == 0 then return 1 end local l = threads.run(tree, n - 1) local r = threads.run(tree, n - 1) return l:join() + r:join() end check("tree", tree(5), 32)
local hs2 = {} for i = 1, 200 do hs2[i] = threads.run(function(k) return k * k end, i) end local s = 0 for i = 1, 200 do s = s + hs2[i]:join() end check("squares", s, 200 * 201 * 401 // 6)
-- yield in a thread body, sleep, yield, clock
t = threads.run({quiet = true}, function() coroutine.yield(1) end) check("yield", (select(2, pcall(t.join, t))), "attempt to yield from outside a coroutine") local c0 = os.clock() threads.sleep(0) threads.yield() threads.check() if threads.clock then local k0 = threads.clock() threads.sleep(0.02) check("slept", threads.clock() - k0 >= 0.019, true) end check("bad sleep", (pcall(threads.sleep, "x")), false)
print "ok"
