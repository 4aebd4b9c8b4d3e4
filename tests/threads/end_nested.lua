-- stdout: grandchild
threads.run(function() threads.run(function() threads.sleep(0.05) print "grandchild" end) end)
