-- torture: off
-- next with a key that is not there: an error for a table of one thread (a shared table goes on instead).
print(pcall(next, {}, "nokey"))
print(pcall(next, {1, 2}, 3))
print(pcall(next, {a = 1}, 1.5))
print(pcall(next, {a = 1}, 0/0))
-- A float is no key for next, even where an integer would be one.
for _, case in ipairs({{{1, 2, 3}, 3.0}, {{1, 2, 3}, 1.0}, {{[1000] = 1}, 1000.0}, {{1, 2, 3}, 3}}) do print(pcall(next, case[1], case[2])) end
