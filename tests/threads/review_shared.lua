-- Coroutines that other threads come to know at odd moments, and shared tables whose keys come and go.
local function check(name, got, want) if got ~= want then error(name .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2) end end
local scale = os.getenv "LUAS_TEST_SCALE" == "small" and 1 or 20
local shared = {}
threads.run(function() return shared.x end):join()
local function churn(n) for i = 1, n do local t = {i} local f = function() return t end f() end end
local function closing(f) return setmetatable({}, {__close = f}) end
-- a coroutine that is published while it is being closed keeps what it still has to close
local closed
do
   local co
   co = coroutine.create(function()
      local a <close> = setmetatable({"alive" .. #shared}, {__close = function(self) closed = self[1] end})
      local b <close> = closing(function() shared.co = co churn(20000 * scale) end)
      coroutine.yield()
   end)
   local function go() coroutine.resume(co) return coroutine.close(co) end
   check("close", go(), true) check("closed", closed, "alive0") check("status", coroutine.status(shared.co), "dead")
end
do
   closed = nil
   local co
   co = coroutine.wrap(function()
      local a <close> = setmetatable({"alive" .. #shared}, {__close = function(self) closed = self[1] end})
      local b <close> = closing(function() shared.co = co churn(20000 * scale) end)
      error("e", 0)
   end)
   check("wrap", select(2, pcall(co)), "e") check("closed", closed, "alive0")
end
-- the first coroutine of a thread that has ended
threads.run(function() local big = {} for i = 1, 100 do big[i] = {i} end shared.main = coroutine.running() return #big end):join()
collectgarbage() churn(1000) collectgarbage()
check("its status", coroutine.status(shared.main), "dead")
check("its resume", select(2, coroutine.resume(shared.main)), "cannot resume dead coroutine")
check("its traceback", debug.traceback(shared.main), "stack traceback:")
check("its close", coroutine.close(shared.main), true)
-- keys that come and go in several threads: none is lost, and the store does not grow with each
local t = {}
local hs = {}
for w = 1, 4 do
   hs[w] = threads.run(function()
      for i = 1, 3000 * scale do
         local k = w .. ":" .. i
         t[k] = i
         if t[k] ~= i then error("lost " .. k) end
         if i > 5 then local old = w .. ":" .. i - 5 if t[old] ~= i - 5 then error("lost " .. old) end t[old] = nil end
         -- one that dies and revives all the time
         t[w] = i if t[w] ~= i then error "lost" end t[w] = nil
         t["same" .. w] = i if t["same" .. w] ~= i then error "lost" end t["same" .. w] = nil
         threads.atomic.add(t, "n" .. i % 3, 1)
      end
   end)
end
for w = 1, 4 do hs[w]:join() end
local n = 0 for k, v in pairs(t) do n = n + 1 end
check("left", n, 4 * 5 + 3) check("sum", t.n0 + t.n1 + t.n2, 4 * 3000 * scale)
hs, n = nil, nil collectgarbage()
check("small", collectgarbage "count" < 4000, true)
-- a queue without table.remove
local q, first, last = {}, 1, 0
threads.run(function() return q[1] end):join()
for i = 1, 100000 * scale do last = last + 1 q[last] = i if last - first > 10 then q[first] = nil first = first + 1 end end
for i = first, last do check("item", q[i], i) end
collectgarbage() check("small", collectgarbage "count" < 4000, true)
print "ok"
