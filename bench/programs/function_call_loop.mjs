function add(a, b) {
  return a + b;
}
export function run() {
  let sum = 0;
  let i = 0;
  while (i < 100000) {
    sum = add(sum, i);
    i = add(i, 1);
  }
  return sum;
}
