-- status: 1
-- stderr: boom in thread
-- stderr: stack traceback
-- An uncaught error is printed when the thread dies; never joined, it makes the program end with status 1.
threads.run(function() error("boom in thread") end) threads.sleep(0.05) print "ok"
