export function run() {
  const xs = Array.from({ length: 1000 }, (_, i) => i);
  let sum = 0;
  for (let round = 0; round < 50; round++) {
    const ys = xs.map((x) => x * 3).filter((x) => x % 2 === 0);
    sum += ys.reduce((a, b) => a + b, 0);
  }
  return sum;
}
