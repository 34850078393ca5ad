/** What MD5 and SHA-2 share: a message cut into blocks, the last one with a one bit, zeros and the length. */

/** Answers a digest of bytes. */
export interface Hash {
  readonly blockBytes: number;
  digest(message: Uint8Array): Uint8Array;
}

/** Calls `compress` with every block. Only the end of the message is copied. */
export function forEachBlock(
  message: Uint8Array,
  blockBytes: 64 | 128,
  littleEndian: boolean,
  compress: (view: DataView, offset: number) => void,
): void {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const whole = message.length - (message.length % blockBytes);
  for (let offset = 0; offset < whole; offset += blockBytes) compress(view, offset);

  const rest = message.subarray(whole);
  const lengthBytes = blockBytes / 8;
  const tail = new Uint8Array(rest.length + 1 + lengthBytes > blockBytes ? 2 * blockBytes : blockBytes);
  tail.set(rest);
  tail[rest.length] = 0x80;
  const end = new DataView(tail.buffer);
  const high = Math.floor(message.length / 0x2000_0000);
  const low = (message.length << 3) >>> 0;
  end.setUint32(tail.length - (littleEndian ? 4 : 8), high, littleEndian);
  end.setUint32(tail.length - (littleEndian ? 8 : 4), low, littleEndian);
  for (let offset = 0; offset < tail.length; offset += blockBytes) compress(end, offset);
}

/** The first `length` bytes of 32-bit words. */
export function bytesOfWords(words: Int32Array, length: number, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [at, word] of words.entries()) view.setInt32(at * 4, word, littleEndian);
  return bytes.slice(0, length);
}
