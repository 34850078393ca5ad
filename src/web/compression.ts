/** Compression by the platform's streams. They know no levels, and no Brotli. */

import { type AsyncHandlers, type CompressionAlgorithm, HostError } from "../base/index.ts";

type CompressionEffect = "bytes.compress" | "bytes.decompress";

export const compressionHandlers: Pick<AsyncHandlers, CompressionEffect> = {
  "bytes.compress": ({ algorithm, data }) => {
    const effect = "bytes.compress";
    return through(new CompressionStream(formatOf(algorithm, effect)), data, Number.POSITIVE_INFINITY, effect);
  },
  "bytes.decompress": ({ algorithm, data, maxBytes }) => {
    const effect = "bytes.decompress";
    return through(new DecompressionStream(formatOf(algorithm, effect)), data, maxBytes, effect);
  },
};

function formatOf(algorithm: CompressionAlgorithm, effect: CompressionEffect): "gzip" | "deflate-raw" {
  if (algorithm !== "brotli") return algorithm;
  throw new HostError("unsupported", effect, "This host has no Brotli; use `gzip` or `deflate`");
}

async function through(
  { writable, readable }: CompressionStream | DecompressionStream,
  data: Uint8Array,
  maxBytes: number,
  effect: CompressionEffect,
): Promise<Uint8Array> {
  const writer = writable.getWriter();
  // A failure of writing shows while reading; the writer's own account is nobody's concern.
  writer.write(new Uint8Array(data)).catch(() => {});
  writer.close().catch(() => {});
  const reader = readable.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      size += next.value.length;
      if (size > maxBytes) {
        reader.cancel().catch(() => {});
        throw new HostError("invalid_input", effect, `the output is larger than ${maxBytes} bytes`);
      }
      chunks.push(next.value);
    }
  } catch (error) {
    if (error instanceof HostError) throw error;
    throw new HostError("invalid_input", effect, error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
  return joinBytes(chunks, size);
}

export function joinBytes(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1 && chunks[0] !== undefined) return chunks[0];
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
