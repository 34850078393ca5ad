export function run() {
  const xs = [];
  for (let i = 0; i < 20000; i++) xs.push(i);
  for (let i = 0; i < 20000; i++) xs[i] = xs[i] + 1;
  return xs.length + xs[19999];
}
