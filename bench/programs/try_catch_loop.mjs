function risky(i) {
  if (i % 100 === 0) throw "hundred";
  return i;
}
export function run() {
  let sum = 0;
  for (let i = 0; i < 20000; i++) {
    try {
      sum += risky(i);
    } catch {
      sum += 1;
    }
  }
  return sum;
}
