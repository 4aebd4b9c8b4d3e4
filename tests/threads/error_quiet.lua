-- stderr: nothing
-- A quiet thread prints nothing and does not change the status.
local t = threads.run({quiet = true}, function() error("hush") end) t:wait() print "ok"
