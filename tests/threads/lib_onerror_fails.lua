-- status: 1
-- stderr: hook fails
-- stdout: ok
threads.onerror = function() error("hook fails", 0) end
threads.run(function() error("lost") end):wait()
print "ok"
