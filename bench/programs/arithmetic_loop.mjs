export function run() {
  let sum = 0;
  for (let i = 0; i < 200000; i++) sum = (sum + i * 3 - Math.trunc(i / 2)) % 1000003;
  return sum;
}
