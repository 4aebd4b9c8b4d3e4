-- Objects with methods: classes and methods are shared, each thread makes its own instances.
-- Size 8000
local job = dofile(arg[0]:match("^(.*/)") .. "../job.lua")

local Account = {}
Account.__index = Account
function Account.new(owner) return setmetatable({owner = owner, balance = 0, moves = 0}, Account) end
function Account:deposit(n)
  self.balance = self.balance + n
  self.moves = self.moves + 1
end
function Account:get() return self.balance end

local Savings = setmetatable({}, {__index = Account})
Savings.__index = Savings
Savings.__add = function(a, b) return a.balance + b.balance end
function Savings.new(owner)
  local self = setmetatable(Account.new(owner), Savings)
  self.rate = 3
  return self
end
function Savings:grow() self:deposit(self.balance * self.rate // 1000) end

job.finish(job.each(job.size, function(u)
  local sum = 0
  for i = 1, 20 do
    local a, b = Account.new(u), Savings.new(i)
    for n = 1, 60 do
      a:deposit(n)
      b:deposit(n * 10)
      b:grow()
    end
    sum = sum + a:get() + b:get() + (b + a)
  end
  return sum
end))
