function run()
  local xs, i = {}, 0
  while i < 20000 do
    xs[#xs + 1] = i
    i = i + 1
  end
  i = 1
  while i <= 20000 do
    xs[i] = xs[i] + 1
    i = i + 1
  end
  return #xs + xs[20000]
end
