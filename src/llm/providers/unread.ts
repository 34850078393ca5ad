/**
 * The beginning of an answer as it came, kept until something of it is understood. A proxy that fails often says so in
 * words of its own, under a status and a type that promise an answer; those words are the best part of the error.
 */

export interface Unread {
  push(bytes: Uint8Array): void;
  text(): string;
  /** The text when it is all there is, and a JSON object or list. */
  json(): string | undefined;
}

/** Bytes that are kept; an error page is shorter. */
const KEPT_BYTES = 65_536;

export function createUnread(): Unread {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const text = (): string => {
    const decoder = new TextDecoder();
    return pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode();
  };
  return {
    push(bytes) {
      if (size < KEPT_BYTES) pieces.push(bytes.subarray(0, KEPT_BYTES - size));
      size += bytes.length;
    },
    text,
    json() {
      if (size > KEPT_BYTES) return undefined;
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
