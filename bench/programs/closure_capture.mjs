export function run() {
  let sum = 0;
  for (let i = 0; i < 50000; i++) {
    const base = i;
    const add = (x) => x + base;
    sum += add(1);
  }
  return sum;
}
