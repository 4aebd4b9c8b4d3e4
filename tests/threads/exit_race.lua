-- status: 5
for i = 1, 8 do threads.run(function() os.exit(5) end) end threads.sleep(3600)
