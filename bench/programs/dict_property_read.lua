function run()
  local d = { hot = 1, warm = 2, cold = { deep = 3 } }
  local sum, i = 0, 0
  while i < 200000 do
    sum = sum + d.hot + d.warm + d.cold.deep
    i = i + 1
  end
  return sum
end
