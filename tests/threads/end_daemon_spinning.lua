-- stdout: end of main
-- A daemon that never looks is left behind after the grace.
threads.run({daemon = true}, function() while true do end end) print "end of main"
