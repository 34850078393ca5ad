import type { Host } from "../../base/index.ts";

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const BYTES = 16;
/** Platforms give no more than 65,536 random bytes at once. */
const AT_ONCE = 4096;

/** A fresh UUID of version 7: 48 bits of milliseconds, then randomness, so ids sort by time. */
export function uuidV7(host: Host): string {
  return uuidsV7(host, 1)();
}

/**
 * So many of them, drawn together when the first is asked for, all of the same moment: one look at the clock and one draw
 * of random bytes. Whoever asks for more gets further ones.
 */
export function uuidsV7(host: Host, count: number): () => string {
  let random: Uint8Array = new Uint8Array(0);
  let from = 0;
  let left = count;
  let time = "";
  return () => {
    if (from >= random.length) {
      const drawn = Math.min(Math.max(1, left), AT_ONCE);
      left -= drawn;
      random = host.sync("random.bytes", { length: BYTES * drawn });
      from = 0;
      if (time === "") time = timeText(host.sync("clock.now", {}));
    }
    const id = uuidOf(time, random, from);
    from += BYTES;
    return id;
  };
}

function timeText(nowMs: number): string {
  return Math.max(0, Math.floor(nowMs)).toString(16).padStart(12, "0").slice(-12);
}

function uuidOf(time: string, random: Uint8Array, from: number): string {
  const byte = (index: number): number => random[from + index] ?? 0;
  const hex = (index: number): string => HEX[byte(index)] ?? "00";
  const version = HEX[0x70 | (byte(6) & 0x0f)] ?? "70";
  const variant = HEX[0x80 | (byte(8) & 0x3f)] ?? "80";
  const tail = hex(10) + hex(11) + hex(12) + hex(13) + hex(14) + hex(15);
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}${hex(7)}-${variant}${hex(9)}-${tail}`;
}
