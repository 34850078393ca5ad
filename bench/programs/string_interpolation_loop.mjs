export function run() {
  let length = 0;
  for (let i = 0; i < 20000; i++) {
    const line = `item ${i}: ${i * 2}`;
    length += line.length;
  }
  return length;
}
