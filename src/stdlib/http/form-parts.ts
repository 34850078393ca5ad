/** `multipart/form-data` bodies out of `{name, value | value_base64 | path, filename?, content_type?}`. */

import type { Host } from "../../base/index.ts";
import { Dict, display, List, type Value } from "../../vm/index.ts";
import { bytesOf, thrown } from "../arguments.ts";
import { decodeBase64 } from "../encoding/base-codecs.ts";
import { attempt } from "../host-failures.ts";
import { baseName } from "../paths/path-text.ts";
import { resolveFromRoot } from "../paths/places.ts";

export interface FormPart {
  readonly name: string;
  readonly filename?: string;
  readonly contentType?: string;
  readonly value: Uint8Array;
}

export async function readFormParts(host: Host, value: Value): Promise<readonly FormPart[] | undefined> {
  if (value === undefined) return undefined;
  if (!(value instanceof List)) throw thrown("http: multipart must be a list");
  const parts: FormPart[] = [];
  for (const item of value.items) parts.push(await readPart(host, item));
  return parts;
}

async function readPart(host: Host, item: Value): Promise<FormPart> {
  if (!(item instanceof Dict)) throw thrown("http: multipart entries must be dicts");
  const text = (...names: readonly string[]): string | undefined => {
    const name = names.find((each) => item.map.has(each));
    const shown = name === undefined ? "" : display(item.map.get(name));
    return shown === "" ? undefined : shown;
  };
  const name = text("name");
  if (name === undefined) throw thrown("http: multipart entry requires name");
  const contentType = text("content_type", "mime_type");
  const path = item.map.has("path") ? resolveFromRoot(host, text("path") ?? "") : undefined;
  const filename = text("filename") ?? (path === undefined ? undefined : baseName(path));
  for (const header of [name, filename, contentType]) {
    if (header !== undefined && /[\r\n]/.test(header)) throw thrown("http: multipart names must not have line breaks");
  }
  return {
    name,
    value: await readValue(host, item, path),
    ...(filename === undefined ? {} : { filename }),
    ...(contentType === undefined ? {} : { contentType }),
  };
}

async function readValue(host: Host, item: Dict, path: string | undefined): Promise<Uint8Array> {
  if (path !== undefined) {
    const read = host.perform("fs.read", { path });
    return attempt(read, (reason) => `http: failed to read multipart file ${path}: ${reason}`);
  }
  const encoded = ["value_base64", "base64"].find((name) => item.map.has(name));
  if (encoded !== undefined) {
    const decoded = decodeBase64(display(item.map.get(encoded)));
    if (!decoded.ok) throw thrown(`http: invalid multipart base64 value: ${decoded.problem}`);
    return decoded.bytes;
  }
  if (!item.map.has("value")) throw thrown("http: multipart entry requires value, value_base64, or path");
  return bytesOf(item.map.get("value"));
}

export function writeFormParts(parts: readonly FormPart[], boundary: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const { name, filename, contentType, value } of parts) {
    const file = filename === undefined ? "" : `; filename="${quoted(filename)}"`;
    const type = contentType === undefined ? "" : `Content-Type: ${contentType}\r\n`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"${file}\r\n${type}\r\n`;
    pieces.push(bytesOf(head), value, bytesOf("\r\n"));
  }
  pieces.push(bytesOf(`--${boundary}--\r\n`));
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

const quoted = (text: string): string => text.replaceAll('"', "%22");
