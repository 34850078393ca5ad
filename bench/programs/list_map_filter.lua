local function map(xs, f) local out = {} for i, x in ipairs(xs) do out[i] = f(x) end return out end
local function filter(xs, f)
  local out = {}
  for _, x in ipairs(xs) do if f(x) then out[#out + 1] = x end end
  return out
end
local function reduce(xs, a, f) for _, x in ipairs(xs) do a = f(a, x) end return a end
function run()
  local xs = {}
  for i = 0, 999 do xs[#xs + 1] = i end
  local sum = 0
  for round = 1, 50 do
    local ys = filter(map(xs, function(x) return x * 3 end), function(x) return x % 2 == 0 end)
    sum = sum + reduce(ys, 0, function(a, b) return a + b end)
  end
  return sum
end
