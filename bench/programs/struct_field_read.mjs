class Point {
  constructor(x, y, z) {
    this.x = x;
    this.y = y;
    this.z = z;
  }
}
export function run() {
  const p = new Point(1, 2, 3);
  let sum = 0;
  for (let i = 0; i < 200000; i++) sum = sum + p.x + p.y + p.z;
  return sum;
}
