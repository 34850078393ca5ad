/**
 * Tar archives (POSIX ustar): blocks of 512 bytes, a header before each file. Long names are read in the ways of GNU and
 * of pax, and written split in two, as ustar has it. Files only: folders, links and devices are passed over.
 */

import { bytesOf, decodeLossy } from "../arguments.ts";
import { type ArchiveEntry, ArchiveError, concat, DEFAULT_MODE, sliceOf } from "./archive-entries.ts";

const BLOCK = 512;

// ---- writing ---------------------------------------------------------------------------------------------------------

/** @throws ArchiveError for a path that does not fit */
export function createTar(entries: readonly ArchiveEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    parts.push(header(entry), entry.content, new Uint8Array(-entry.content.length & (BLOCK - 1)));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return concat(parts);
}

function header({ path, content, mode }: ArchiveEntry): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (text: string | Uint8Array, at: number): void =>
    block.set(typeof text === "string" ? bytesOf(text) : text, at);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  const { name, prefix } = splitPath(path);
  put(name, 0);
  put(octal(mode, 7), 100);
  put(octal(0, 7), 108);
  put(octal(0, 7), 116);
  if (content.length >= 8 ** 11) throw new ArchiveError(`${path} is too large for a tar archive`);
  put(octal(content.length, 11), 124);
  put(octal(0, 11), 136);
  put("        ", 148);
  put("0", 156);
  put("ustar\x0000", 257);
  put(prefix, 345);
  let sum = 0;
  for (const byte of block) sum += byte;
  put(`${octal(sum, 6)}\0 `, 148);
  return block;
}

/** Up to 100 bytes of name, and up to 155 of the folders before it. */
function splitPath(path: string): { readonly name: Uint8Array; readonly prefix: Uint8Array } {
  const bytes = bytesOf(path);
  if (bytes.length <= 100) return { name: bytes, prefix: new Uint8Array(0) };
  for (let at = Math.min(155, bytes.length - 1); at > 0 && bytes.length - at - 1 <= 100; at--) {
    if (bytes[at] === 0x2f) return { name: bytes.subarray(at + 1), prefix: bytes.subarray(0, at) };
  }
  throw new ArchiveError(`path is too long for a tar archive: ${path}`);
}

// ---- reading ---------------------------------------------------------------------------------------------------------

/** @throws ArchiveError for what is no tar archive */
export function extractTar(data: Uint8Array): ArchiveEntry[] {
  const entries: ArchiveEntry[] = [];
  /** Says more of the next file than its header has room for. */
  let named: string | undefined;
  for (let at = 0; at < data.length; ) {
    const block = sliceOf(data, at, BLOCK);
    if (block.every((byte) => byte === 0)) break;
    checkSum(block);
    const size = readNumber(block, 124, 12);
    const content = sliceOf(data, at + BLOCK, size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(block[156] ?? 0);
    if (type === "L") named = untilZero(content);
    else if (type === "x") named = paxPath(content) ?? named;
    else {
      if (type === "0" || type === "\0" || type === "7") {
        entries.push({ path: named ?? headerPath(block), content: content.slice(), mode: readMode(block) });
      }
      if (type !== "g" && type !== "K") named = undefined;
    }
  }
  return entries;
}

function checkSum(block: Uint8Array): void {
  let sum = 0;
  for (const [at, byte] of block.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte;
  if (sum !== readNumber(block, 148, 8)) throw new ArchiveError("archive header checksum mismatch");
}

/** Octal digits, or, where those do not suffice, a binary number marked by its first bit. */
function readNumber(block: Uint8Array, start: number, length: number): number {
  if (((block[start] ?? 0) & 0x80) !== 0) {
    let value = 0;
    for (let at = start + 1; at < start + length; at++) value = value * 256 + (block[at] ?? 0);
    return Number.isSafeInteger(value) ? value : Number.MAX_SAFE_INTEGER;
  }
  const text = untilZero(block.subarray(start, start + length)).trim();
  if (!/^[0-7]*$/.test(text)) throw new ArchiveError("numeric field was not a number");
  return text === "" ? 0 : Number.parseInt(text, 8);
}

function readMode(block: Uint8Array): number {
  const mode = readNumber(block, 100, 8);
  return mode === 0 ? DEFAULT_MODE : mode & 0o7777;
}

function headerPath(block: Uint8Array): string {
  const name = untilZero(block.subarray(0, 100));
  const isUstar = decodeLossy(block.subarray(257, 263)) === "ustar\0";
  const prefix = isUstar ? untilZero(block.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function untilZero(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodeLossy(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Records `LENGTH KEY=VALUE\n`, the length counting all of it. */
function paxPath(content: Uint8Array): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = Number(decodeLossy(content.subarray(at, Math.max(at, space))));
    if (!Number.isSafeInteger(length) || length <= 0) throw new ArchiveError("malformed pax extension");
    const record = decodeLossy(sliceOf(content, space + 1, at + length - space - 2));
    if (record.startsWith("path=")) path = record.slice(5);
    at += length;
  }
  return path;
}
