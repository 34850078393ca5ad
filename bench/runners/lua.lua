-- Runs a program of `programs/` in this process again and again: lua.lua <program>.
local minRuns, minSeconds, maxRuns = 21, 0.4, 2000
local folder = arg[0]:match("^(.*)[/\\]") or "."
local file = assert(io.open(folder .. "/../programs/" .. arg[1] .. ".lua"))
local source = file:read("*a")
file:close()
if _VERSION == "Lua 5.1" then
  -- LuaJIT knows neither integer division nor integers.
  source = source:gsub("([%w_]+) // ([%w_]+)", "math.floor(%1 / %2)")
  math.tointeger = function(x) return x end
end
assert((loadstring or load)(source, "=" .. arg[1]))()
local times, started, result = {}, os.clock(), nil
while #times < maxRuns and (#times < minRuns or os.clock() - started < minSeconds) do
  local before = os.clock()
  result = run()
  times[#times + 1] = string.format("%.6f", (os.clock() - before) * 1000)
end
print(string.format('{"result": "%s", "times": [%s]}', tostring(result), table.concat(times, ",")))
