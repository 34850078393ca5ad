function advance(bs, dt) {
  const n = bs.length;
  for (let i = 0; i < n; i++) {
    const a = bs[i];
    for (let j = i + 1; j < n; j++) {
      const b = bs[j];
      const dx = a.x - b.x;
      const dy = a.y - b.y;
      const d2 = dx * dx + dy * dy + 0.01;
      const mag = dt / (d2 * Math.sqrt(d2));
      a.vx = a.vx - dx * b.m * mag;
      a.vy = a.vy - dy * b.m * mag;
      b.vx = b.vx + dx * a.m * mag;
      b.vy = b.vy + dy * a.m * mag;
    }
  }
  for (const b of bs) {
    b.x = b.x + dt * b.vx;
    b.y = b.y + dt * b.vy;
  }
}
export function run() {
  const bodies = [
    { x: 0, y: 0, vx: 0, vy: 0, m: 40 },
    { x: 4.8, y: 1.1, vx: 0.6, vy: 2.8, m: 0.04 },
    { x: 8.3, y: 4.1, vx: 1, vy: 1.8, m: 0.01 },
    { x: 12.9, y: 15.1, vx: 1.1, vy: 0.9, m: 0.002 },
    { x: 15.4, y: 25.9, vx: 1, vy: 0.6, m: 0.002 },
  ];
  for (let step = 0; step < 200; step++) advance(bodies, 0.01);
  return Math.trunc(bodies[1].x * 1000000);
}
