function run()
  local words = { "the", "quick", "brown", "fox", "jumps", "over", "lazy", "dog" }
  local counts, size, i = {}, 0, 0
  while i < 20000 do
    local word = words[i * 7 % 8 + 1]
    local key = i % 5 == 0 and word .. i % 100 or word
    if counts[key] == nil then size = size + 1 end
    counts[key] = (counts[key] or 0) + 1
    i = i + 1
  end
  return size * 100000 + counts.the
end
