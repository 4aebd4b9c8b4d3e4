-- status: 3
threads.run(function() while true do end end) threads.run(function() threads.channel():recv() end) local m = threads.mutex() threads.run(function() m:lock() threads.sleep(3600) end) threads.sleep(0.05) os.exit(3)
