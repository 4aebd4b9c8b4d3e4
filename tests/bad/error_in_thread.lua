-- stderr: in the thread
threads.run(function() error("in the thread") end):join()
