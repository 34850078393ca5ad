import type { Host } from "../../base/index.ts";

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** A fresh UUID of version 7: 48 bits of milliseconds, then randomness, so ids sort by time. */
export function uuidV7(host: Host): string {
  const random = host.sync("random.bytes", { length: 16 });
  const millis = Math.max(0, Math.floor(host.sync("clock.now", {})));
  const time = millis.toString(16).padStart(12, "0").slice(-12);
  const hex = (index: number): string => HEX[random[index] ?? 0] ?? "00";
  const version = HEX[0x70 | ((random[6] ?? 0) & 0x0f)] ?? "70";
  const variant = HEX[0x80 | ((random[8] ?? 0) & 0x3f)] ?? "80";
  const tail = hex(10) + hex(11) + hex(12) + hex(13) + hex(14) + hex(15);
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}${hex(7)}-${variant}${hex(9)}-${tail}`;
}
