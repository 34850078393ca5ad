import type { Host } from "../../base/index.ts";

/** A fresh UUID of version 7: 48 bits of milliseconds, then randomness, so ids sort by time. */
export function uuidV7(host: Host): string {
  const bytes = Array.from(host.sync("random.bytes", { length: 16 }));
  let millis = Math.max(0, Math.floor(host.sync("clock.now", {})));
  for (let index = 5; index >= 0; index--) {
    bytes[index] = millis % 256;
    millis = Math.floor(millis / 256);
  }
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
