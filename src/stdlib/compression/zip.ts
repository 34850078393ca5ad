/**
 * Zip archives: files one after another, then a directory of them, then where the directory is. Read from the end. Files
 * are stored or deflated; encrypted archives and those beyond 4 GiB are refused.
 */

import { crc32 } from "../../base/index.ts";
import { bytesOf, decodeLossy } from "../arguments.ts";
import { type ArchiveEntry, ArchiveError, concat, DEFAULT_MODE, sliceOf } from "./archive-entries.ts";

export interface Deflate {
  readonly deflate: (data: Uint8Array) => Promise<Uint8Array>;
  readonly inflate: (data: Uint8Array, maxBytes: number) => Promise<Uint8Array>;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const STORED = 0;
const DEFLATED = 8;
/** 1980-01-01T00:00, the earliest that can be said. */
const DATE = 0x0021;
const UTF8_FLAG = 0x0800;
const MAX_32 = 0xffff_ffff;
const MAX_ENTRIES = 0xffff;

/** Little-endian numbers of 16 and 32 bits. */
function fields(...values: readonly (readonly [value: number, bytes: 2 | 4])[]): Uint8Array {
  const out = new Uint8Array(values.reduce((sum, [, bytes]) => sum + bytes, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [value, bytes] of values) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return out;
}

// ---- writing ---------------------------------------------------------------------------------------------------------

export async function createZip(
  entries: readonly Pick<ArchiveEntry, "path" | "content">[],
  { deflate }: Deflate,
): Promise<Uint8Array> {
  if (entries.length > MAX_ENTRIES) throw new ArchiveError(`more than ${MAX_ENTRIES} entries need zip64`);
  const files: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { path, content } of entries) {
    const name = bytesOf(path);
    if (name.length > 0xffff) throw new ArchiveError(`path is too long for a zip archive: ${path}`);
    const packed = await deflate(content);
    const isSmaller = packed.length < content.length;
    const body = isSmaller ? packed : content;
    const described = fields(
      [20, 2],
      [name.length === path.length ? 0 : UTF8_FLAG, 2],
      [isSmaller ? DEFLATED : STORED, 2],
      [0, 2],
      [DATE, 2],
      [crc32(content), 4],
      [body.length, 4],
      [content.length, 4],
      [name.length, 2],
      [0, 2],
    );
    const local = concat([fields([LOCAL, 4]), described, name, body]);
    directory.push(
      concat([
        fields([CENTRAL, 4], [(3 << 8) | 20, 2]),
        described,
        fields([0, 2], [0, 2], [0, 2], [(0o100000 | DEFAULT_MODE) * 0x1_0000, 4], [offset, 4]),
        name,
      ]),
    );
    files.push(local);
    offset += local.length;
    if (offset > MAX_32) throw new ArchiveError("the archive is too large without zip64");
  }
  const listing = concat(directory);
  const end = fields(
    [END, 4],
    [0, 2],
    [0, 2],
    [entries.length, 2],
    [entries.length, 2],
    [listing.length, 4],
    [offset, 4],
    [0, 2],
  );
  return concat([...files, listing, end]);
}

// ---- reading ---------------------------------------------------------------------------------------------------------

/** @param maxBytes bound on all contents together; a small archive may hold a huge one */
export async function extractZip(
  data: Uint8Array,
  { inflate }: Deflate,
  maxBytes: number,
): Promise<Omit<ArchiveEntry, "mode">[]> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const end = findEnd(data, view);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === MAX_ENTRIES || at === MAX_32) throw new ArchiveError("zip64 archives are not supported");
  const entries: Omit<ArchiveEntry, "mode">[] = [];
  let left = maxBytes;
  for (let number = 0; number < count; number++) {
    sliceOf(data, at, 46);
    if (view.getUint32(at, true) !== CENTRAL) throw new ArchiveError("Invalid Zip archive: no directory entry");
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    const [crc, packedSize, size] = [16, 20, 24].map((field) => view.getUint32(at + field, true)) as [
      number,
      number,
      number,
    ];
    const nameLength = view.getUint16(at + 28, true);
    const path = decodeLossy(sliceOf(data, at + 46, nameLength));
    const localAt = view.getUint32(at + 42, true);
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (path.endsWith("/")) continue;
    if ((flags & 1) !== 0) throw new ArchiveError(`${path} is encrypted`);
    if (packedSize === MAX_32 || size === MAX_32) throw new ArchiveError("zip64 archives are not supported");
    if (size > left) throw new ArchiveError(`the contents are larger than ${maxBytes} bytes`);
    left -= size;

    sliceOf(data, localAt, 30);
    if (view.getUint32(localAt, true) !== LOCAL) throw new ArchiveError("Invalid Zip archive: no local file header");
    const start = localAt + 30 + view.getUint16(localAt + 26, true) + view.getUint16(localAt + 28, true);
    const packed = sliceOf(data, start, packedSize);
    if (method !== STORED && method !== DEFLATED) throw new ArchiveError(`${path} uses an unknown compression method`);
    const content = method === STORED ? packed.slice() : await inflate(packed, Math.max(1, size));
    if (content.length !== size || crc32(content) !== crc) throw new ArchiveError(`Invalid checksum of ${path}`);
    entries.push({ path, content });
  }
  return entries;
}

/** The end record stands last, but for a comment of up to 64 KiB. */
function findEnd(data: Uint8Array, view: DataView): number {
  const least = Math.max(0, data.length - 22 - 0xffff);
  for (let at = data.length - 22; at >= least; at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  throw new ArchiveError("Invalid Zip archive: could not find its end");
}
