-- stdout: last words
-- The end of main waits for threads that are not daemons.
threads.run(function() threads.sleep(0.1) print "last words" end)
