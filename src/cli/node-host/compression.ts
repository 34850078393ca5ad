/** Compression over `node:zlib`. */

import { promisify } from "node:util";
import { brotliCompress, brotliDecompress, constants, deflateRaw, gunzip, gzip, inflateRaw } from "node:zlib";
import { type AsyncEffects, type AsyncHandlers, HostError } from "../../base/index.ts";
import { codeOf } from "./host-failure.ts";

type CompressionEffect = "bytes.compress" | "bytes.decompress";

export const compressionHandlers: Pick<AsyncHandlers, CompressionEffect> = {
  "bytes.compress": (args) => attempt("bytes.compress", () => compress(args)),
  "bytes.decompress": (args) =>
    attempt("bytes.decompress", () => decompress(args), `the output is larger than ${args.maxBytes} bytes`),
};

function compress({ algorithm, data, level }: AsyncEffects["bytes.compress"]["args"]): Promise<Uint8Array> {
  switch (algorithm) {
    case "gzip":
      return promisify<Uint8Array, object, Buffer>(gzip)(data, { level });
    case "deflate-raw":
      return promisify<Uint8Array, object, Buffer>(deflateRaw)(data, { level });
    case "brotli":
      return promisify<Uint8Array, object, Buffer>(brotliCompress)(data, {
        params: { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_SIZE_HINT]: data.length },
      });
  }
}

function decompress({ algorithm, data, maxBytes }: AsyncEffects["bytes.decompress"]["args"]): Promise<Uint8Array> {
  const decode = { gzip: gunzip, "deflate-raw": inflateRaw, brotli: brotliDecompress }[algorithm];
  return promisify<Uint8Array, object, Buffer>(decode)(data, { maxOutputLength: maxBytes });
}

async function attempt(
  effect: CompressionEffect,
  work: () => Promise<Uint8Array>,
  tooLarge?: string,
): Promise<Uint8Array> {
  try {
    const bytes = await work();
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (error) {
    const isTooLarge = codeOf(error) === "ERR_BUFFER_TOO_LARGE" && tooLarge !== undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new HostError("invalid_input", effect, isTooLarge ? tooLarge : reason, { cause: error });
  }
}
