-- Hooks belong to coroutines: each thread has its own, a suspended coroutine takes its hook along, and one that runs in
-- another thread is left alone.
local small = os.getenv "LUAS_TEST_SCALE" == "small"
local rounds = small and 20 or 300
local function check(name, got, want)
   if got ~= want then error(name .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2) end
end

-- Several threads with different hooks at once, on the same code.
local shared = {n = 0}
local function work(n)
   local s = 0
   for i = 1, n do
      s = s + i
      shared.last = i
   end
   return s
end
local function counted(mask, count)
   return threads.run(function()
      local n, lines = 0, {}
      debug.sethook(function(event, line)
         n = n + 1
         if line then lines[line] = true end
         if n % 50 == 0 then collectgarbage("step") end
      end, mask, count)
      local s = work(rounds)
      for k, v in pairs({1, 2, 3}) do s = s + v end
      debug.sethook()
      check("sum", s, rounds * (rounds + 1) // 2 + 6)
      check("no hook", debug.gethook(), nil)
      return n, next(lines) ~= nil
   end)
end
local handles = {counted("c"), counted("r"), counted("l"), counted("crl"), counted("", 7), counted("l", 3)}
local plain = threads.run(function() check("no hook here", debug.gethook(), nil) return work(rounds) end)
local n = {}
for i, h in ipairs(handles) do
   local lines
   n[i], lines = h:join()
   check("lines " .. i, lines, i == 3 or i == 4 or i == 6)
end
check("plain", plain:join(), rounds * (rounds + 1) // 2)
check("calls", n[1] >= 6 and n[1] < 100, true)
check("returns", n[2] >= 6 and n[2] < 100, true)
check("lines", n[3] >= 3 * rounds, true)
check("all", n[4], n[1] + n[2] + n[3])
check("main has none", debug.gethook(), nil)

-- A hook that one thread sets on a suspended coroutine runs in whichever thread resumes it.
local log = {}
local function body(a)
   local b = coroutine.yield(a)
   local c = coroutine.yield(b)
   return c
end
local co = coroutine.create(body)
check("first", select(2, coroutine.resume(co, 1)), 1)
local function note(event, line) log[#log + 1] = event .. (line or "") end
local first = debug.getinfo(body, "S").linedefined + 1
threads.run(function() debug.sethook(co, note, "l") end):join()
check("set", debug.gethook(co), note)
check("second", threads.run(function() return select(2, coroutine.resume(co, 2)) end):join(), 2)
check("seen", table.concat(log, " "), "line" .. first + 1)
check("third", select(2, coroutine.resume(co, 3)), 3)
check("seen here", table.concat(log, " "), "line" .. first + 1 .. " line" .. first + 2)
threads.run(function() debug.sethook(co) end):join()
check("unset", debug.gethook(co), nil)

-- Nobody looks at a coroutine, or sets its hook, while another thread runs it.
local gate, inside = threads.channel(), threads.channel()
local held = coroutine.create(function()
   local inner = coroutine.wrap(function() inside:send(1) gate:recv() end)
   inner()
   coroutine.yield("y")
end)
local t = threads.run(function() return coroutine.resume(held) end)
inside:recv()
local function refused(name, f, ...)
   local ok, message = pcall(f, held, ...)
   check(name, ok, false)
   check(name, message, "bad argument #1 to 'debug." .. name .. "' (coroutine is running in another thread)")
end
refused("sethook", debug.sethook, print, "l")
refused("sethook", debug.sethook)
refused("gethook", debug.gethook)
refused("getinfo", debug.getinfo, 0)
refused("getlocal", debug.getlocal, 0, 1)
refused("setlocal", debug.setlocal, 0, 1, 1)
refused("traceback", debug.traceback)
gate:send(1)
check("yielded", select(2, t:join()), "y")
check("looked at", debug.getinfo(held, 1, "S").what, "Lua")
debug.sethook(held, print, "c")
check("hooked", debug.gethook(held), print)

-- A race: threads resume, hook and look at the same coroutines.
local list = {}
for i = 1, 8 do
   list[i] = coroutine.create(function()
      while true do
         local s = 0
         for k = 1, 5 do s = s + k end
         coroutine.yield(s)
      end
   end)
end
local events = 0
local function hook() events = events + 1 end
handles = {}
for w = 1, 4 do
   handles[w] = threads.run(function()
      local x = w
      for i = 1, rounds * 4 do
         x = x * 7 % 1009
         local co = list[x % #list + 1]
         if x % 5 < 2 then
            pcall(debug.sethook, co, x % 2 == 0 and hook or nil, "l")
         elseif x % 5 == 2 then
            pcall(debug.traceback, co)
            pcall(debug.getlocal, co, 1, 1)
         else
            local ok, s = coroutine.resume(co)
            if ok then check("sum", s, 15) else check("message", s, "cannot resume non-suspended coroutine") end
         end
      end
   end)
end
for _, h in ipairs(handles) do h:join() end
-- A hook stops a loop of its own thread that a cancel could stop too.
local spinning = threads.run(function()
   debug.sethook(function() end, "l")
   while true do
      local a = 1
   end
end)
spinning:cancel("enough", true)
check("cancelled", (pcall(spinning.join, spinning)), false)
print "ok"
