-- A mutex with short sections: a tenth of the work is done while it is locked.
-- Size 14000
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local mutex, account = threads.mutex(), {balance = 0, moves = 0}

job.each(job.size, function(u)
  local x = u
  for _ = 1, 100 do
    for step = 1, 100 do x = (x * 75 + step) % 65537 end
    local guard <close> = mutex:lock()
    account.balance = account.balance + u
    account.moves = account.moves + 1
  end
  return 0
end)
job.finish(account.balance + account.moves)
