local Counter = {}
Counter.__index = Counter
function Counter.next(self, n) return n + self.step end
function run()
  local counter = setmetatable({ step = 3 }, Counter)
  local n, i = 0, 0
  while i < 100000 do
    n = counter:next(n)
    i = i + 1
  end
  return n
end
