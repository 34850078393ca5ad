export function run() {
  const xs = Array.from({ length: 1000 }, (_, i) => i);
  let sum = 0;
  for (let round = 0; round < 100; round++) for (const x of xs) sum += x;
  return sum;
}
