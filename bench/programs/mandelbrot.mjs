export function run() {
  let inside = 0;
  for (let py = 0; py < 40; py++) {
    for (let px = 0; px < 40; px++) {
      const cx = px * 0.075 - 2;
      const cy = py * 0.05 - 1;
      let x = 0;
      let y = 0;
      let k = 0;
      while (k < 50 && x * x + y * y < 4) {
        const t = x * x - y * y + cx;
        y = 2 * x * y + cy;
        x = t;
        k++;
      }
      if (k === 50) inside++;
    }
  }
  return inside;
}
