-- The ends of shared lists: table.remove where there is nothing, and # while the table grows.
local function check(name, got, want) if got ~= want then error(name .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2) end end
local small = os.getenv "LUAS_TEST_SCALE" == "small"
-- the same calls on a local table and on a shared one
local function with(fill, name, test)
   local own, shared = fill(), fill()
   threads.run(function() return #shared end):join()
   test(name .. ", local", own) test(name .. ", shared", shared)
end
with(function() return {[0] = "zero", [-1] = "below", [-2] = "deeper"} end, "an item at 0", function(name, t)
   check(name, table.remove(t), "zero") check(name, table.remove(t), nil) check(name, table.remove(t), nil)
   check(name, t[-1], "below") check(name, t[-2], "deeper")
end)
with(function() return {"one", [0] = "zero", [-1] = "below"} end, "down to 0", function(name, t)
   check(name, table.remove(t), "one") check(name, table.remove(t), "zero") check(name, table.remove(t), nil)
   t[1] = "again" t[1] = nil
   check(name, table.remove(t), nil) check(name, t[-1], "below")
end)
-- nobody changes the list, but other keys make its table grow: what moves to a larger store is no longer
local current, stop = {}, {}
local function list()
   local t = {}
   for i = 1, 64 do t[i] = i end
   for i = 64, 45, -1 do t[i] = nil end
   check("length", #t, 44)
   return t
end
current.t = list()
local readers = {}
for r = 1, 2 do readers[r] = threads.run(function()
   while not stop.now do
      local t = current.t
      for i = 1, 500 do if #t ~= 44 then error("length " .. #t) end end
   end
end) end
for n = 1, small and 50 or 2000 do
   local t = list()
   current.t = t
   for i = 1, 40 do t["k" .. i] = i end
end
stop.now = true
for r = 1, 2 do readers[r]:join() end
print "ok"
