function run()
  local sum, i = 0, 0
  while i < 50000 do
    local base = i
    local add = function(x) return x + base end
    sum = sum + add(1)
    i = i + 1
  end
  return sum
end
