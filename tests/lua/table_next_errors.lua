-- torture: off
-- next with a key that is not there: an error for a table of one thread (a shared table goes on instead).
print(pcall(next, {}, "nokey"))
print(pcall(next, {1, 2}, 3))
print(pcall(next, {a = 1}, 1.5))
print(pcall(next, {a = 1}, 0/0))
