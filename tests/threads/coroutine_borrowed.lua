-- Coroutines that one thread made run in others: while they run, their registers hold what is local to the runner,
-- whatever is collected meanwhile.
local small = os.getenv "LUAS_TEST_SCALE" == "small"
local rounds = small and 20 or 200
local makers = {}
for i = 1, 4 do
  makers[i] = coroutine.create(function(n)
    while true do
      local own = {n, {n + 1}}
      collectgarbage()
      local copy = {}
      for k, v in pairs(own) do copy[k] = v end
      assert(copy[1] == n and copy[2][1] == n + 1)
      n = coroutine.yield(own)
    end
  end)
end
local runners = {}
for me = 1, 3 do
  runners[me] = threads.run(function()
    local ran = 0
    for n = 1, rounds do
      local ok, got = coroutine.resume(makers[(n + me) % 4 + 1], n)
      if ok then
        assert(got[1] == n and got[2][1] == n + 1)
        ran = ran + 1
      else
        assert(got:find "non%-suspended", got)
        threads.yield()
      end
    end
    return ran
  end)
end
local sum = 0
for me = 1, 3 do sum = sum + runners[me]:join() end
assert(sum > 0)
print "ok"
