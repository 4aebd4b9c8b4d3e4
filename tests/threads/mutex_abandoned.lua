-- stderr: abandon
-- A thread that ends while it owns a mutex: unlocked, warned about, and the next lock is told once.
local m = threads.mutex("precious") threads.run(function() m:lock() end):join() local g, why = m:lock(60) assert(g, "unlocked") assert(why == "abandoned", tostring(why)) m:unlock() g, why = m:lock(60) assert(g and why == nil) m:unlock()
threads.run({quiet = true}, function() m:lock() error("x") end):wait() g, why = m:lock(60) assert(g and why == "abandoned") m:unlock()
print "ok"
