export function run() {
  let hits = 0;
  for (let i = 0; i < 200000; i++) {
    if (i > 1000 && i <= 150000 && i !== 777) hits++;
    if (i === 5 || i >= 199990) hits += 2;
  }
  return hits;
}
