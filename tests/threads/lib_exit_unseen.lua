-- status: 0
-- stderr: seen later
-- An error that some join has seen, however late, does not change the status.
local t = threads.run(function() error("seen later") end)
t:wait()
pcall(t.join, t)
pcall(t.join, t)
print "ok"
