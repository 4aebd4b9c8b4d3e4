-- status: 1
-- stderr: deadlock: all threads are blocked
-- Main has ended, and nobody can wake the rest.
threads.run(function() threads.channel():recv() end)
