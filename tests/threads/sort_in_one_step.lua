-- The end of table.sort, and table.move within a list, are one step for table.insert in another thread: it comes before
-- or after, and no element is lost or doubled.
local rounds = os.getenv "LUAS_TEST_SCALE" == "small" and 3 or 40
local function wrapped(i) return {i} end
local function less(a, b) return a[1] > b[1] end
local work = {
   numbers = {function(i) return -i end, table.sort},
   floats = {function(i) return 0.5 - i end, table.sort},
   strings = {function(i) return ("%06d"):format(999999 - i) end, table.sort},
   tables = {wrapped, function(list) table.sort(list, less) end},
   moved = {wrapped, function(list) table.move(list, 1, #list, 1) end},
}
for kind, w in pairs(work) do
   local make, run = w[1], w[2]
   for round = 1, rounds do
      local list, made, ready = {}, 300, threads.channel()
      for i = 1, 300 do list[i] = make(i) end
      local other = threads.run(function()
         ready:send(true)
         for i = 301, 500 do
            table.insert(list, 1, make(i))
            for _ = 1, i % 60 do end
         end
      end)
      ready:recv()
      repeat
         local ok, why = pcall(run, list)
         if not ok and not why:find "table changed during sort" then error(why, 0) end
      until other:status() ~= "running" and ok
      other:join()
      local seen, n = {}, 0
      for i = 1, #list do
         local v = list[i]
         if seen[v] then error(("%s: %s is there twice, round %d"):format(kind, tostring(v), round)) end
         seen[v] = true
         n = n + 1
      end
      if n ~= 500 then error(("%s: %d elements of 500, round %d"):format(kind, n, round)) end
   end
end
print "ok"
