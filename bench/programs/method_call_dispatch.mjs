class Counter {
  constructor(step) {
    this.step = step;
  }
  next(n) {
    return n + this.step;
  }
}
export function run() {
  const counter = new Counter(3);
  let n = 0;
  for (let i = 0; i < 100000; i++) n = counter.next(n);
  return n;
}
