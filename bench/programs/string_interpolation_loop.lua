function run()
  local length, i = 0, 0
  while i < 20000 do
    local line = "item " .. i .. ": " .. i * 2
    length = length + #line
    i = i + 1
  end
  return length
end
