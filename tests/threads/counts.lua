-- Atomic list operations and counters: nothing is lost, nothing is doubled, with 2 to 8 threads.
local small = os.getenv "LUAS_TEST_SCALE" == "small" local M = small and 200 or 5000
local function check(name, got, want) if got ~= want then error(name .. ": got " .. tostring(got) .. ", wanted " .. tostring(want), 2) end end
local function all(n, f) local hs = {} for i = 1, n do hs[i] = threads.run(f, i) end local out = {} for i = 1, n do out[i] = hs[i]:join() end return out end
for n = 2, 8, 2 do
  local list = {} all(n, function(me) for i = 1, M do table.insert(list, me * 1000000 + i) end end) check("append", #list, n * M) local seen = {} for i = 1, #list do local v = list[i] assert(not seen[v], "doubled") seen[v] = true end
  -- each thread's own elements stay in its order
  local last = {} for i = 1, #list do local me, k = list[i] // 1000000, list[i] % 1000000 assert(k > (last[me] or 0), "order") last[me] = k end
  -- pops: each element to one caller
  local got = all(n, function() local mine = {} while true do local v = table.remove(list) if v == nil then break end mine[#mine + 1] = v end return mine end) local total = 0 for _, m in ipairs(got) do total = total + #m for _, v in ipairs(m) do assert(seen[v]) seen[v] = nil end end check("popped", total, n * M) check("all", next(seen), nil) check("empty", #list, 0)
  -- producers and consumers at the same time
  local q, taken = {}, {n = 0} all(n, function(me) if me % 2 == 0 then for i = 1, M do table.insert(q, i) end else local k = 0 for i = 1, M * 3 do if table.remove(q) then k = k + 1 end end threads.atomic.add(taken, "n", k) end end) check("produced", taken.n + #q, (n // 2) * M)
  -- inserts of different keys, also across growth
  local map = {} all(n, function(me) for i = 1, M do map[me * 1000000 + i] = me map["k" .. me .. "_" .. i] = i end end) local c = 0 for k, v in pairs(map) do c = c + 1 end check("inserted", c, 2 * n * M) for me = 1, n do for i = 1, M, 7 do assert(map[me * 1000000 + i] == me and map["k" .. me .. "_" .. i] == i) end end
  -- removals of own keys beside inserts of others
  all(n, function(me) for i = 1, M do if me % 2 == 0 then map["k" .. me .. "_" .. i] = nil else map["n" .. me .. "_" .. i] = i end end end) c = 0 for k in pairs(map) do c = c + 1 end check("after", c, 2 * n * M)
  -- counters
  local cnt = {} all(n, function() for i = 1, M do threads.atomic.add(cnt, "x", 1) threads.atomic.add(cnt, i % 10, 2) end end) check("x", cnt.x, n * M) local s = 0 for i = 0, 9 do s = s + cnt[i] end check("tens", s, 2 * n * M)
  local up = {v = 0} all(n, function() for i = 1, M // 4 do threads.atomic.update(up, "v", function(v) return v + 1 end) end end) check("update", up.v, n * (M // 4)) local cs = {v = 0} all(n, function() for i = 1, M // 4 do while true do local o = cs.v if threads.atomic.cas(cs, "v", o, o + 1) then break end end end end) check("cas", cs.v, n * (M // 4))
  -- insert-if-absent is won once; swap hands every token to one
  local won = {} local wins = all(n, function(me) local w = 0 for i = 1, M do if threads.atomic.cas(won, i, nil, me) then w = w + 1 end end return w end) local ws = 0 for _, w in ipairs(wins) do ws = ws + w end check("wins", ws, M)
  local slot = {} local sums = all(n, function(me) local s = 0 for i = 1, M do local old = threads.atomic.swap(slot, "s", me * 1000000 + i) if old then s = s + old end end return s end) local have, want = slot.s, 0 for _, v in ipairs(sums) do have = have + v end for me = 1, n do for i = 1, M do want = want + me * 1000000 + i end end check("swap", have, want)
  -- insert and remove in the middle lose nothing
  local mid = {} for i = 1, 100 do mid[i] = -i end local K = small and 20 or 200 all(n, function(me) for i = 1, K do table.insert(mid, 50, me * 1000 + i) if i % 2 == 0 then local v = table.remove(mid, 30) assert(v) end end end) check("mid", #mid, 100 + n * K - n * (K // 2)) local u = {} for i = 1, #mid do assert(mid[i] ~= nil and not u[mid[i]], "hole or double") u[mid[i]] = true end
end
print "ok"
