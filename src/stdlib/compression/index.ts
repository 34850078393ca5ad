/** Compressing bytes and putting files into archives. */

import { type CompressionAlgorithm, HostError } from "../../base/index.ts";
import {
  type AsyncContext,
  Bytes,
  Dict,
  isInt,
  List,
  RuntimeError,
  record,
  StructValue,
  toDouble,
  typeName,
  type Value,
} from "../../vm/index.ts";
import { bytesOf } from "../arguments.ts";
import { type Builtin, effect, pure } from "../builtin.ts";
import { type ArchiveEntry, ArchiveError, DEFAULT_MODE } from "./archive-entries.ts";
import { createTar, extractTar } from "./tar.ts";
import { createZip, type Deflate, extractZip } from "./zip.ts";
import { ZstdError } from "./zstd/bit-streams.ts";
import { decodeZstd } from "./zstd/decode.ts";
import { encodeZstd } from "./zstd/encode.ts";

/** What unpacking gives at most: a few bytes can stand for very many. */
const MAX_OUTPUT_BYTES = 1024 * 1024 * 1024;

const problem = (builtin: string, message: string): RuntimeError =>
  new RuntimeError("runtime", `${builtin}: ${message}`);

function packedAt(args: readonly Value[], builtin: string): Uint8Array {
  const [value] = args;
  if (value instanceof Bytes) return value.data;
  if (args.length === 0) throw problem(builtin, "missing argument 1");
  throw problem(builtin, `expected bytes at argument 1, got ${typeName(value)}`);
}

function plainAt(args: readonly Value[], builtin: string): Uint8Array {
  const [value] = args;
  if (value instanceof Bytes || typeof value === "string") return bytesOf(value);
  if (args.length === 0) throw problem(builtin, "missing argument 1");
  throw problem(builtin, `expected bytes or string at argument 1, got ${typeName(value)}`);
}

interface Levels {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly usual: number;
}

function levelAt(args: readonly Value[], builtin: string, { name, least, most, usual }: Levels): number {
  const value = args[1];
  if (value === undefined) return usual;
  if (!isInt(value)) throw problem(builtin, `${name} must be an int, got ${typeName(value)}`);
  if (value < least || value > most) {
    throw problem(builtin, `${name} must be between ${least} and ${most}, got ${value}`);
  }
  return toDouble(value);
}

/** What the host or our own readers say, as the builtin's error. */
async function guarded<T>(builtin: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HostError || error instanceof ArchiveError || error instanceof ZstdError) {
      throw problem(builtin, error.message);
    }
    throw error;
  }
}

function codec(name: "gzip" | "brotli", algorithm: CompressionAlgorithm, levels: Levels): readonly Builtin[] {
  const encode = `${name}_encode`;
  const decode = `${name}_decode`;
  return [
    effect(
      {
        signature: `${encode}(data: bytes | string, ${levels.name}?: int) -> bytes`,
        summary: `Compress with ${name}; ${levels.name} ${levels.least} to ${levels.most}, ${levels.usual} unless given`,
        errors: "Throws for other data and levels",
        example: `println(bytes_to_string(${decode}(${encode}("hi"))))`,
      },
      async (args, { host, signal }) => {
        const data = plainAt(args, encode);
        const level = levelAt(args, encode, levels);
        return new Bytes(
          await guarded(encode, () => host.perform("bytes.compress", { algorithm, data, level }, signal)),
        );
      },
    ),
    effect(
      {
        signature: `${decode}(data: bytes) -> bytes`,
        summary: `Unpack what ${name} has compressed`,
        errors: "Throws for what is none, and for more than a gibibyte",
        example: `println(bytes_to_string(${decode}(${encode}("hi"))))`,
      },
      async (args, { host, signal }) => {
        const request = { algorithm, data: packedAt(args, decode), maxBytes: MAX_OUTPUT_BYTES };
        return new Bytes(await guarded(decode, () => host.perform("bytes.decompress", request, signal)));
      },
    ),
  ];
}

function deflateBy({ host, signal }: AsyncContext): Deflate {
  const algorithm = "deflate-raw";
  return {
    deflate: (data) => host.perform("bytes.compress", { algorithm, data, level: 6 }, signal),
    inflate: (data, maxBytes) => host.perform("bytes.decompress", { algorithm, data, maxBytes }, signal),
  };
}

// ---- archives --------------------------------------------------------------------------------------------------------

function entriesAt(
  args: readonly Value[],
  builtin: string,
  isPathFine: (path: string) => string | undefined,
): ArchiveEntry[] {
  const [entries] = args;
  if (args.length === 0) throw problem(builtin, "missing argument 1");
  if (!(entries instanceof List)) throw problem(builtin, `entries must be a list, got ${typeName(entries)}`);
  return entries.items.map((entry, at) => {
    const fields = entry instanceof Dict || entry instanceof StructValue ? entry.map : new Map<string, Value>();
    const fail = (message: string): RuntimeError => problem(builtin, `entry ${at + 1} ${message}`);
    const path = fields.get("path");
    const content = fields.get("content");
    const mode = fields.get("mode") ?? DEFAULT_MODE;
    if (!fields.has("path")) throw fail("is missing path");
    if (typeof path !== "string") throw fail(`path must be a string, got ${typeName(path)}`);
    if (path === "") throw fail("path must not be empty");
    const wrong = isPathFine(path);
    if (wrong !== undefined) throw fail(`invalid path: ${wrong}`);
    if (!fields.has("content")) throw fail("is missing content");
    if (!(content instanceof Bytes) && typeof content !== "string") {
      throw fail(`content must be bytes or string, got ${typeName(content)}`);
    }
    if (!isInt(mode)) throw fail(`mode must be an int, got ${typeName(mode)}`);
    if (mode < 0 || mode > 0o7777) throw fail("mode must be between 0 and 4095");
    return { path, content: bytesOf(content), mode: toDouble(mode) };
  });
}

/** What is unpacked elsewhere must not land outside of where it is unpacked. */
function relativeOnly(path: string): string | undefined {
  if (path.startsWith("/")) return `paths in archives must be relative, got ${path}`;
  return path.split("/").includes("..") ? `paths in archives must not have \`..\`, got ${path}` : undefined;
}

export const compressionBuiltins: readonly Builtin[] = [
  ...codec("gzip", "gzip", { name: "level", least: 0, most: 9, usual: 6 }),
  ...codec("brotli", "brotli", { name: "quality", least: 0, most: 11, usual: 11 }),
  pure(
    {
      signature: "zstd_encode(data: bytes | string, level?: int) -> bytes",
      summary: "Compress into the Zstandard format; every level, -131072 to 22, packs alike",
      errors: "Throws for other data and levels",
      example: 'println(bytes_to_string(zstd_decode(zstd_encode("hi"))))',
    },
    (args) => {
      const data = plainAt(args, "zstd_encode");
      levelAt(args, "zstd_encode", { name: "level", least: -131_072, most: 22, usual: 3 });
      return new Bytes(encodeZstd(data));
    },
  ),
  pure(
    {
      signature: "zstd_decode(data: bytes) -> bytes",
      summary: "Unpack the Zstandard format",
      errors: "Throws for what is none, for dictionaries, and for more than a gibibyte",
      example: 'println(bytes_to_string(zstd_decode(zstd_encode("hi"))))',
    },
    (args) => {
      try {
        return new Bytes(decodeZstd(packedAt(args, "zstd_decode"), MAX_OUTPUT_BYTES));
      } catch (error) {
        throw error instanceof ZstdError ? problem("zstd_decode", error.message) : error;
      }
    },
  ),
  effect(
    {
      signature: "tar_create(entries: list<dict>) -> bytes",
      summary: "Put files, given as `{path, content, mode?}`, into a tar archive",
      errors: "Throws for entries that are none",
      example: 'println(tar_extract(tar_create([{path: "a", content: "hi"}]))[0].path)',
    },
    async (args) => {
      const entries = entriesAt(args, "tar_create", relativeOnly);
      return new Bytes(await guarded("tar_create", () => createTar(entries)));
    },
  ),
  effect(
    {
      signature: "tar_extract(archive: bytes) -> list<dict>",
      summary: "List the files of a tar archive: `{path, content, mode}`",
      errors: "Throws for what is none",
      example: 'println(tar_extract(tar_create([{path: "a", content: "hi"}]))[0].mode)',
    },
    async (args) => {
      const archive = packedAt(args, "tar_extract");
      const entries = await guarded("tar_extract", () => extractTar(archive));
      return new List(entries.map(({ path, content, mode }) => record({ path, content: new Bytes(content), mode })));
    },
  ),
  effect(
    {
      signature: "zip_create(entries: list<dict>) -> bytes",
      summary: "Put files, given as `{path, content}`, into a zip archive",
      errors: "Throws for entries that are none",
      example: 'println(zip_extract(zip_create([{path: "a", content: "hi"}]))[0].path)',
    },
    async (args, context) => {
      const entries = entriesAt(args, "zip_create", relativeOnly);
      return new Bytes(await guarded("zip_create", () => createZip(entries, deflateBy(context))));
    },
  ),
  effect(
    {
      signature: "zip_extract(archive: bytes) -> list<dict>",
      summary: "List the files of a zip archive: `{path, content}`",
      errors: "Throws for what is none, and for more than a gibibyte",
      example: "println(len(zip_extract(zip_create([]))))",
    },
    async (args, context) => {
      const archive = packedAt(args, "zip_extract");
      const entries = await guarded("zip_extract", () => extractZip(archive, deflateBy(context), MAX_OUTPUT_BYTES));
      return new List(entries.map(({ path, content }) => record({ path, content: new Bytes(content) })));
    },
  ),
];
