/**
 * The beginning of an answer as it came, kept until something of it is understood. A proxy that fails often says so in
 * words of its own, under a status and a type that promise an answer; those words are the best part of the error.
 */

export interface Unread {
  /** More has come than is kept, or as much. */
  readonly isFull: boolean;
  push(bytes: Uint8Array): void;
  text(): string;
  /** The text when it is all there is, and a JSON object or list. */
  json(): string | undefined;
}

/** Bytes that are kept of an answer; what a proxy says is shorter. */
const KEPT_BYTES = 65_536;

export function createUnread(keptBytes: number = KEPT_BYTES): Unread {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const text = (): string => {
    const decoder = new TextDecoder();
    return pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode();
  };
  return {
    get isFull() {
      return size >= keptBytes;
    },
    push(bytes) {
      if (size < keptBytes) pieces.push(bytes.subarray(0, keptBytes - size));
      size += bytes.length;
    },
    text,
    json() {
      if (size > keptBytes) return undefined;
      const whole = text().trim();
      if (!/^[[{]/.test(whole)) return undefined;
      try {
        JSON.parse(whole);
        return whole;
      } catch {
        return undefined;
      }
    },
  };
}
