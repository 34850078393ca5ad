local function add(a, b) return a + b end
function run()
  local sum, i = 0, 0
  while i < 100000 do
    sum = add(sum, i)
    i = add(i, 1)
  end
  return sum
end
