function run()
  local a, b, c, d, i = 1, 2, 3, 4, 0
  while i < 200000 do
    local t = a
    a = b
    b = c
    c = d
    d = t + i % 3
    i = i + 1
  end
  return a + b + c + d
end
