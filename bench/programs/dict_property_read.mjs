export function run() {
  const d = { hot: 1, warm: 2, cold: { deep: 3 } };
  let sum = 0;
  for (let i = 0; i < 200000; i++) sum = sum + d.hot + d.warm + d.cold.deep;
  return sum;
}
