/** `multipart/form-data` bodies (RFC 7578), held in memory. */

import { decodeUtf8 } from "../arguments.ts";

export interface FormField {
  readonly name: string;
  readonly filename: string | undefined;
  readonly contentType: string | undefined;
  /** Names in small letters. */
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Uint8Array;
}

export interface FormLimits {
  readonly maxTotalBytes: number;
  readonly maxFieldBytes: number;
  readonly maxFields: number;
}

/** What is wrong with a body or boundary, in a sentence. */
export class FormError extends Error {
  override readonly name = "FormError";
}

const MAX_BOUNDARY_BYTES = 70;

export function checkBoundary(boundary: string): string {
  if (boundary === "") throw new FormError("boundary must not be empty");
  if (boundary.length > MAX_BOUNDARY_BYTES) throw new FormError("boundary must be at most 70 bytes");
  if (!/^[0-9a-zA-Z'()+_,\-./:=?]+$/.test(boundary)) {
    throw new FormError("boundary contains a character that is not valid in multipart/form-data");
  }
  return boundary;
}

/** `form-data; name="a"` → `form-data` and its parameters. */
export function headerParameters(header: string): {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
} {
  const [type = "", ...rest] = header.match(/(?:"(?:\\.|[^"\\])*"?|[^;"])+/g) ?? [];
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const equals = part.indexOf("=");
    const name = part.slice(0, Math.max(0, equals)).trim().toLowerCase();
    if (name !== "") parameters.set(name, unquoted(part.slice(equals + 1).trim()));
  }
  return { type: type.trim().toLowerCase(), parameters };
}

function unquoted(text: string): string {
  return /^".*"$/s.test(text) && text.length >= 2 ? text.slice(1, -1).replace(/\\(.)/gs, "$1") : text;
}

export function boundaryOf(contentType: string): string {
  const { type, parameters } = headerParameters(contentType);
  if (type !== "multipart/form-data") {
    throw new FormError(`expected multipart/form-data content type, got ${type}`);
  }
  const boundary = parameters.get("boundary");
  if (boundary === undefined) throw new FormError("content type is missing boundary");
  return checkBoundary(boundary);
}

const encoder = new TextEncoder();

/** Position of a run of bytes from an offset on, or -1. */
export function indexOfBytes(bytes: Uint8Array, wanted: Uint8Array, from = 0): number {
  const first = wanted[0];
  if (first === undefined) return from;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let length = 1;
    while (length < wanted.length && bytes[at + length] === wanted[length]) length += 1;
    if (length === wanted.length) return at;
  }
  return -1;
}

function startsAt(bytes: Uint8Array, wanted: Uint8Array, at: number): boolean {
  return wanted.every((byte, i) => bytes[at + i] === byte);
}

const LINE_BREAK = encoder.encode("\r\n");
const HEADER_END = encoder.encode("\r\n\r\n");
const CLOSING = encoder.encode("--");

export function parseForm(body: Uint8Array, boundary: string, limits: FormLimits): FormField[] {
  if (body.length > limits.maxTotalBytes) {
    throw new FormError(`total body size ${body.length} exceeds max_total_bytes ${limits.maxTotalBytes}`);
  }
  const delimiter = encoder.encode(`--${boundary}`);
  const separator = encoder.encode(`\r\n--${boundary}`);
  if (!startsAt(body, delimiter, 0)) throw new FormError("body does not start with multipart boundary");
  const fields: FormField[] = [];
  let at = delimiter.length;
  while (!startsAt(body, CLOSING, at)) {
    if (!startsAt(body, LINE_BREAK, at)) throw new FormError("malformed boundary delimiter line");
    at += LINE_BREAK.length;
    if (fields.length >= limits.maxFields) throw new FormError(`field count exceeds max_fields ${limits.maxFields}`);
    const headerEnd = indexOfBytes(body, HEADER_END, at);
    if (headerEnd < 0) throw new FormError("part is missing header terminator");
    const start = headerEnd + HEADER_END.length;
    const end = indexOfBytes(body, separator, start);
    if (end < 0) throw new FormError("part is missing following boundary");
    if (end - start > limits.maxFieldBytes) {
      throw new FormError(`field size ${end - start} exceeds max_field_bytes ${limits.maxFieldBytes}`);
    }
    fields.push(fieldOf(parseHeaders(body.subarray(at, headerEnd)), body.slice(start, end)));
    at = end + separator.length;
  }
  at += CLOSING.length;
  if (startsAt(body, LINE_BREAK, at)) at += LINE_BREAK.length;
  if (at !== body.length) throw new FormError("unexpected bytes after closing boundary");
  return fields;
}

function parseHeaders(bytes: Uint8Array): ReadonlyMap<string, string> {
  const text = decodeUtf8(bytes);
  if (text === undefined) throw new FormError("part headers are not UTF-8");
  const headers = new Map<string, string>();
  for (const line of text === "" ? [] : text.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon < 0) throw new FormError(`malformed part header line \`${line}\``);
    const name = line.slice(0, colon).trim().toLowerCase();
    if (name === "") throw new FormError("part header name must not be empty");
    headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

function fieldOf(headers: ReadonlyMap<string, string>, bytes: Uint8Array): FormField {
  const disposition = headers.get("content-disposition");
  if (disposition === undefined) throw new FormError("part is missing Content-Disposition header");
  const { type, parameters } = headerParameters(disposition);
  if (type !== "form-data") throw new FormError(`expected form-data disposition, got ${type}`);
  const name = parameters.get("name") ?? "";
  if (name === "") throw new FormError("part Content-Disposition is missing name");
  return { name, filename: parameters.get("filename"), contentType: headers.get("content-type"), headers, bytes };
}

const quoted = (text: string): string => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

/** The fields must have been checked: no line breaks in names and headers. */
export function writeForm(fields: readonly FormField[], boundary: string): Uint8Array {
  const pieces = fields.flatMap((field) => {
    const filename = field.filename === undefined ? "" : `; filename=${quoted(field.filename)}`;
    const lines = [
      `--${boundary}`,
      `Content-Disposition: form-data; name=${quoted(field.name)}${filename}`,
      ...(field.contentType === undefined ? [] : [`Content-Type: ${field.contentType}`]),
      ...[...field.headers].map(([name, value]) => `${name}: ${value}`),
      "",
      "",
    ];
    return [encoder.encode(lines.join("\r\n")), field.bytes, LINE_BREAK];
  });
  pieces.push(encoder.encode(`--${boundary}--\r\n`));
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
