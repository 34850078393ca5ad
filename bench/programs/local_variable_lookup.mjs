export function run() {
  let a = 1;
  let b = 2;
  let c = 3;
  let d = 4;
  for (let i = 0; i < 200000; i++) {
    const t = a;
    a = b;
    b = c;
    c = d;
    d = t + (i % 3);
  }
  return a + b + c + d;
}
