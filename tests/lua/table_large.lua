-- torture: light
-- Large tables: growth, shrinking by removal, sparse arrays, mixed keys, tables of tables.
local t = {} for i = 1, 300000 do t[i] = i end local s = 0 for i = 1, #t do s = s + t[i] end print(#t, s) for i = #t, 150001, -1 do t[i] = nil end print(#t) for i = 150001, 200000 do t[i] = -i end print(#t, t[200000])
local h = {} for i = 1, 100000 do h["key" .. i] = i end s = 0 for k, v in pairs(h) do s = s + v end print(s) for i = 1, 100000, 2 do h["key" .. i] = nil end local n = 0 for _ in pairs(h) do n = n + 1 end print(n, h.key1, h.key2, h.key100000) for i = 1, 100000 do h["new" .. i % 1000] = i end n = 0 for _ in pairs(h) do n = n + 1 end print(n)
local sp = {} for i = 0, 20 do sp[1 << i] = i end n = 0 for k, v in pairs(sp) do n = n + k end print(n) for i = 1, 100 do sp[i * 1000003] = i end n = 0 for _ in pairs(sp) do n = n + 1 end print(n)
local back = {} for i = 10000, 1, -1 do back[i] = i end print(#back) local every = {} for i = 1, 20000, 2 do every[i] = i end for i = 2, 20000, 2 do every[i] = i end print(#every)
local neg = {} for i = -5000, 5000 do neg[i] = i end s = 0 for k, v in pairs(neg) do assert(k == v) s = s + 1 end print(s, #neg) local fl = {} for i = 1, 10000 do fl[i + 0.25] = i end s = 0 for k, v in pairs(fl) do s = s + k - v end print(s)
local seen, prime = {}, 1000003 local x = 1 for i = 1, 50000 do x = x * 48271 % 2147483647; seen[x] = (seen[x] or 0) + 1 end n = 0 for k, v in pairs(seen) do n = n + v end print(n)
local grid = {} for i = 1, 300 do grid[i] = {} for j = 1, 300 do grid[i][j] = (i * j) % 7 end end s = 0 for i, row in ipairs(grid) do for j, v in ipairs(row) do s = s + v end end print(s)
local list for i = 1, 100000 do list = {next = list, v = i} end s = 0 while list do s = s + list.v list = list.next end print(s)
local live = {} for i = 1, 200000 do live[i % 100] = {i, tostring(i), {i}} end s = 0 for _, v in pairs(live) do s = s + v[1] + tonumber(v[2]) + v[3][1] end print(s)
local set = {} for i = 1, 50 do for j = 1, 200 do set[j] = true end for j = 1, 200 do set[j] = nil end end print(next(set)) local mix = {} for i = 1, 3000 do mix[i] = i; mix["s" .. i] = i; mix[i + 0.5] = i; mix[{}] = i end n = 0 for k in pairs(mix) do n = n + 1 end print(n, #mix)
local objs = {} for i = 1, 1000 do local k = {} objs[k] = i; objs[i] = k end for i = 1, 1000 do assert(objs[objs[i]] == i) end for i = 1, 1000 do objs[objs[i]] = nil end n = 0 for k in pairs(objs) do n = n + 1 end print(n)
