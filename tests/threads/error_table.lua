-- status: 1
-- stderr: (error object is a table value)
threads.run(function() error({}) end):wait()
