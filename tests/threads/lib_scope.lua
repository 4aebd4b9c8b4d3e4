-- threads.scope: children end before it does; the first error cancels the rest and comes out.
local function check(name, got, want)
  if got ~= want then error(name .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2) end
end
local done = {n = 0}
local function work(k) threads.sleep(0.01) threads.atomic.add(done, "n", k) end
local r = table.pack(threads.scope(function(s)
  for k = 1, 10 do s:run(work, k) end
  return "a", nil, "c"
end))
check("all ended", done.n, 55)
check("results", r.n, 3)
check("last", r[3], "c")
-- handles and names
threads.scope(function(s)
  local h = s:run({name = "child"}, function(...) return select("#", ...), ... end, 1, nil)
  check("name", h:name(), "child")
  local n, one, two = h:join()
  check("n", n == 2 and one == 1 and two, nil)
end)
-- a child's error
local slow
local ok, e = pcall(threads.scope, function(s)
  slow = s:run(threads.sleep, 3600)
  s:run(function() error("first", 0) end)
end)
check("raised", ok, false)
check("first error", e, "first")
check("the other one", slow:status(), "cancelled")
-- the block's own error
ok, e = pcall(threads.scope, function(s)
  slow = s:run(threads.sleep, 3600)
  error({mine = true})
end)
check("mine", ok == false and e.mine, true)
check("cancelled", slow:status(), "cancelled")
-- children start children
done.n = 0
threads.scope(function(s)
  local function tree(depth)
    threads.atomic.add(done, "n", 1)
    if depth > 0 then s:run(tree, depth - 1) s:run(tree, depth - 1) end
  end
  tree(4)
end)
check("tree", done.n, 31)
-- no start after the end; misuse
local kept
threads.scope(function(s) kept = s end)
check("ended", (pcall(kept.run, kept, print)), false)
check("no function", (pcall(threads.scope)), false)
check("bad child", (pcall(threads.scope, function(s) s:run(5) end)), false)
-- a cancelled owner takes its children with it
local inner
local owner = threads.run(function()
  threads.scope(function(s) inner = s:run(threads.sleep, 3600) end)
end)
repeat threads.sleep(0.001) until inner
owner:cancel("enough")
owner:wait()
check("owner", owner:status(), "cancelled")
check("inner", inner:status(), "cancelled")
print "ok"
