function countdown(n) {
  if (n === 0) return 0;
  return 1 + countdown(n - 1);
}
export function run() {
  let sum = 0;
  for (let round = 0; round < 200; round++) sum += countdown(400);
  return sum;
}
