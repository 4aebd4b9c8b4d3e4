-- Keys: float normalisation, wide integers, NaN, nil, booleans, strings, objects.
local t = {}
t[1] = "i"; print(t[1.0], t["1"]) t[2.0] = "f"; print(t[2], next({[2.0] = 1})) print(math.type(next({[3.0] = 1})))
t[-0.0] = "zero"; print(t[0], t[0.0], t[-0.0]) t[0.5] = "half"; print(t[0.5], t[1/2])
for _, k in ipairs {2^53, -2^53, 2^49, -(2.0^49), 2^62, -2^63, 1e15} do t[k] = "k"; local n for q in pairs {[k] = 1} do n = q end print(k, math.type(n), t[math.tointeger(k)], t[k]) end
t[2^63] = "big"; print(t[2^63], t[math.mininteger], t[math.maxinteger])
for _, b in ipairs {48, 49, 50, 53, 62} do for d = -1, 1 do local k = (1 << b) + d; t[k] = k; t[-k] = -k end end
for _, b in ipairs {48, 49, 50, 53, 62} do for d = -1, 1 do local k = (1 << b) + d; io.write(tostring(t[k] == k), tostring(t[-k] == -k), " ") end end print()
t[math.maxinteger] = "max"; t[math.mininteger] = "min"; print(t[math.maxinteger], t[math.mininteger], t[math.maxinteger + 1], t[-math.maxinteger - 1], rawget(t, math.maxinteger))
print(pcall(function() t[nil] = 1 end)) print(pcall(function() t[0/0] = 1 end)) print(t[nil], t[0/0]) print(pcall(rawset, t, nil, 1)) print(pcall(rawset, t, 0/0, 1)) print(rawget(t, nil), rawget(t, 0/0)) print(pcall(function() return {[nil] = 1} end)) print(pcall(function() return {[0/0] = 1} end))
t[true] = "T"; t[false] = "F"; print(t[true], t[false], t["true"])
local f, c, u = print, coroutine.create(print), io.stdout t[f] = 1; t[c] = 2; t[u] = 3; t[t] = 4; print(t[f], t[c], t[u], t[t])
local long = ("k"):rep(100) t[long] = "long"; print(t[("k"):rep(50) .. ("k"):rep(50)], t[("k"):rep(99)])
for i = 1, 50 do t["k" .. i] = i end local s = 0 for i = 1, 50 do s = s + t["k" .. i] end print(s)
t = {} for i = 1, 100 do t[i / 4] = i end local n, ints = 0, 0 for k, v in pairs(t) do n = n + 1 if math.type(k) == "integer" then ints = ints + 1 end end print(n, ints, #t)
-- many wide integers as keys, removed and found again
t = {} local x = 1 for i = 1, 2000 do x = x * 6364136223846793005 + 1; t[x] = i end x = 1 local bad = 0 for i = 1, 2000 do x = x * 6364136223846793005 + 1; if t[x] ~= i then bad = bad + 1 end if i % 2 == 0 then t[x] = nil end end print(bad) n = 0 for _ in pairs(t) do n = n + 1 end print(n)
-- keys that collide modulo powers of two
t = {} for i = 0, 200 do t[i << 20] = i; t[i << 40] = i; t[i * 1.5 + 0.25] = i end s = 0 for i = 0, 200 do s = s + t[i << 20] + t[i << 40] + t[i * 1.5 + 0.25] end print(s)
t = {} for i = 1, 100 do t[-i] = i; t[tostring(i)] = i; t[i] = i end n = 0 for _ in pairs(t) do n = n + 1 end print(n, #t, t[-50], t["50"], t[50])
local a, b = {}, {} t = {[a] = 1, [b] = 2} print(t[a], t[b], t[{}]) t[a] = nil print(t[a], t[b], next(t) == b)
