export function run() {
  const words = ["the", "quick", "brown", "fox", "jumps", "over", "lazy", "dog"];
  const counts = new Map();
  for (let i = 0; i < 20000; i++) {
    const word = words[(i * 7) % 8];
    const key = i % 5 === 0 ? `${word}${i % 100}` : word;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts.size * 100000 + counts.get("the");
}
