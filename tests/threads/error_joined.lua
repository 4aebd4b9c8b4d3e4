-- stderr: boom seen
-- Printed at death although joined later; seen by a join, so status 0.
local t = threads.run(function() error("boom seen") end) assert(not pcall(t.join, t)) print "ok"
