import type { Host } from "../../base/index.ts";

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const BYTES = 16;
/** So many ids of one draw are random throughout; those that follow count on from the last. */
const DRAWN_AT_MOST = 64;

/** A fresh UUID of version 7: 48 bits of milliseconds, then randomness, so ids sort by time. */
export function uuidV7(host: Host): string {
  return uuidsV7(host, 1)();
}

/**
 * So many of them, drawn together when the first is asked for, all of the same moment: one look at the clock and one draw
 * of random bytes. What is drawn does not grow with a long conversation, which has an id for each message each time it is
 * told: after the first few, ids differ from the one before in their last 32 bits, by one. Whoever asks for more gets further ones.
 */
export function uuidsV7(host: Host, count: number): () => string {
  const drawn = Math.min(Math.max(1, count), DRAWN_AT_MOST);
  let random: Uint8Array | undefined;
  let time = "";
  let given = 0;
  return () => {
    if (random === undefined) {
      random = host.sync("random.bytes", { length: BYTES * drawn });
      time = timeText(host.sync("clock.now", {}));
    }
    const at = Math.min(given, drawn - 1);
    const id = uuidOf(time, random, at * BYTES, given - at);
    given += 1;
    return id;
  };
}

function timeText(nowMs: number): string {
  return Math.max(0, Math.floor(nowMs)).toString(16).padStart(12, "0").slice(-12);
}

function uuidOf(time: string, random: Uint8Array, from: number, further: number): string {
  const byte = (index: number): number => random[from + index] ?? 0;
  const hex = (index: number): string => HEX[byte(index)] ?? "00";
  const version = HEX[0x70 | (byte(6) & 0x0f)] ?? "70";
  const variant = HEX[0x80 | (byte(8) & 0x3f)] ?? "80";
  const drawn = ((byte(12) << 24) | (byte(13) << 16) | (byte(14) << 8) | byte(15)) >>> 0;
  const tail = ((drawn + further) >>> 0).toString(16).padStart(8, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}${hex(7)}-${variant}${hex(9)}-${hex(10)}${hex(11)}${tail}`;
}
