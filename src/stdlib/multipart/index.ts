/** Forms with files: reading what came, writing what goes. */

import { sha256 } from "@noble/hashes/sha2.js";
import { Bytes, Dict, isInt, List, RuntimeError, record, StructValue, typeName, type Value } from "../../vm/index.ts";
import { bytesOf, decodeUtf8 } from "../arguments.ts";
import { type Builtin, pure } from "../builtin.ts";
import { encodeHex } from "../encoding/base-codecs.ts";
import {
  boundaryOf,
  checkBoundary,
  FormError,
  type FormField,
  type FormLimits,
  indexOfBytes,
  parseForm,
  writeForm,
} from "./form-data.ts";

const DEFAULT_MAX_BYTES = 8 * 1024 * 1024;
const DEFAULT_MAX_FIELDS = 128;

function failure(builtin: string, message: string): RuntimeError {
  return new RuntimeError("runtime", `${builtin}: ${message}`);
}

/** Runs with what is wrong with a form told as the builtin's error. */
function asBuiltin<T>(builtin: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof FormError) throw failure(builtin, error.message);
    throw error;
  }
}

function wrong(builtin: string, args: readonly Value[], index: number, expected: string): RuntimeError {
  return failure(
    builtin,
    index < args.length
      ? `expected ${expected} at argument ${index + 1}, got ${typeName(args[index])}`
      : `missing argument ${index + 1}`,
  );
}

function optionsAt(builtin: string, args: readonly Value[], index: number): Dict | undefined {
  const options = args[index];
  if (options === undefined || options instanceof Dict) return options;
  throw wrong(builtin, args, index, "options dict");
}

function limit(builtin: string, options: Dict | undefined, name: string, fallback: number): number {
  if (!options?.map.has(name)) return fallback;
  const value = options.map.get(name);
  if (!isInt(value)) throw failure(builtin, `${name} must be an int, got ${typeName(value)}`);
  if (value < 0) throw failure(builtin, `${name} must be non-negative, got ${value}`);
  return Number(value);
}

function limitsOf(builtin: string, options: Dict | undefined): FormLimits {
  return {
    maxTotalBytes: limit(builtin, options, "max_total_bytes", DEFAULT_MAX_BYTES),
    maxFieldBytes: limit(builtin, options, "max_field_bytes", DEFAULT_MAX_BYTES),
    maxFields: limit(builtin, options, "max_fields", DEFAULT_MAX_FIELDS),
  };
}

function fieldValue({ name, filename, contentType, headers, bytes }: FormField): Dict {
  return record({
    name,
    filename,
    content_type: contentType,
    headers: record(Object.fromEntries(headers)),
    bytes: new Bytes(bytes),
    text: decodeUtf8(bytes),
  });
}

/** The bytes of a field that `multipart_parse` gave. */
function fieldBytes(builtin: string, args: readonly Value[]): Uint8Array {
  const [field] = args;
  if (args.length === 0) throw failure(builtin, "missing argument 1");
  if (!(field instanceof Dict)) throw failure(builtin, `field must be a dict, got ${typeName(field)}`);
  const bytes = field.map.get("bytes");
  if (bytes instanceof Bytes) return bytes.data;
  throw failure(
    builtin,
    field.map.has("bytes") ? `field.bytes must be bytes, got ${typeName(bytes)}` : "field is missing bytes",
  );
}

// ---- writing -----------------------------------------------------------------------------------------------------------

const WRITE = "multipart_form_data";

function singleLine(what: string, text: string): string {
  if (/[\r\n]/.test(text)) throw failure(WRITE, `${what} must be single-line`);
  return text;
}

function textField(fields: ReadonlyMap<string, Value>, key: string): string | undefined {
  const value = fields.get(key);
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw failure(WRITE, `${key} must be a string, got ${typeName(value)}`);
  return singleLine(key === "name" ? "field name" : key, value);
}

function contentOf(fields: ReadonlyMap<string, Value>): Uint8Array {
  const value = fields.has("content") ? fields.get("content") : fields.get("value");
  if (value instanceof Bytes || typeof value === "string") return bytesOf(value);
  if (value === undefined) throw failure(WRITE, "field is missing content");
  throw failure(WRITE, `content must be bytes or string, got ${typeName(value)}`);
}

function headersOf(value: Value): ReadonlyMap<string, string> {
  if (value === undefined) return new Map();
  if (!(value instanceof Dict)) throw failure(WRITE, `headers must be a dict, got ${typeName(value)}`);
  return new Map(
    value.keys().map((name) => {
      if (name.trim() === "") throw failure(WRITE, "header names must be single-line");
      singleLine("header names", name);
      if (/^content-(disposition|type)$/i.test(name)) throw failure(WRITE, `${name} is managed by multipart_form_data`);
      const text = value.map.get(name);
      if (typeof text !== "string") throw failure(WRITE, `header ${name} must be a string, got ${typeName(text)}`);
      return [name, singleLine("header values", text)];
    }),
  );
}

function readField(value: Value, index: number): FormField {
  if (!(value instanceof Dict || value instanceof StructValue)) {
    throw failure(WRITE, `field ${index + 1} must be a dict, got ${typeName(value)}`);
  }
  const name = textField(value.map, "name");
  if (name === undefined) throw failure(WRITE, "field is missing name");
  if (name === "") throw failure(WRITE, "name must not be empty");
  return {
    name,
    filename: textField(value.map, "filename"),
    contentType: textField(value.map, "content_type"),
    headers: headersOf(value.map.get("headers")),
    bytes: contentOf(value.map),
  };
}

/** The same fields give the same boundary, and none of them contains it. */
function boundaryFor(fields: readonly FormField[]): string {
  const seed = writeForm(fields, "");
  for (let attempt = 0; ; attempt++) {
    const digest = encodeHex(sha256(attempt === 0 ? seed : bytesOf(`${encodeHex(seed)}${attempt}`)));
    const boundary = `----harn-boundary-${digest.slice(0, 16)}`;
    if (fields.every(({ bytes }) => indexOfBytes(bytes, bytesOf(boundary)) < 0)) return boundary;
  }
}

const FORM = 'let form = multipart_form_data([{name: "title", content: "Report"}])';

export const multipartBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "multipart_form_data(fields: list, options?: dict) -> dict",
      summary:
        "Write a form: `{body, content_type, boundary}` of `{name, content, filename?, content_type?, headers?}` fields",
      errors: "Fields without name or content, line breaks in names and headers, a malformed boundary",
      example: `${FORM}\nprintln(starts_with(form.content_type, "multipart/form-data; boundary="))`,
    },
    (args) => {
      const [list] = args;
      if (!(list instanceof List)) {
        throw failure(WRITE, args.length === 0 ? "missing argument 1" : `fields must be a list, got ${typeName(list)}`);
      }
      const given = optionsAt(WRITE, args, 1)?.map.get("boundary");
      const fields = list.items.map(readField);
      return asBuiltin(WRITE, () => {
        const boundary = checkBoundary(typeof given === "string" ? given : boundaryFor(fields));
        if (fields.some(({ bytes }) => indexOfBytes(bytes, bytesOf(boundary)) >= 0)) {
          throw new FormError("boundary occurs in field content; choose another");
        }
        return record({
          body: new Bytes(writeForm(fields, boundary)),
          content_type: `multipart/form-data; boundary=${boundary}`,
          boundary,
        });
      });
    },
  ),
  pure(
    {
      signature: "multipart_parse(body: bytes | string, content_type: string, options?: dict) -> dict",
      summary:
        "Read a form: `{boundary, fields, field_count, total_bytes}`. Options: max_total_bytes, max_field_bytes (8 MiB), max_fields (128)",
      errors: "A body that is malformed or beyond the limits",
      example: `${FORM}\nprintln(multipart_parse(form.body, form.content_type).fields[0].text)`,
    },
    (args) => {
      const name = "multipart_parse";
      const [body, contentType] = args;
      if (!(body instanceof Bytes || typeof body === "string")) throw wrong(name, args, 0, "bytes or string");
      if (typeof contentType !== "string") throw wrong(name, args, 1, "string");
      const limits = limitsOf(name, optionsAt(name, args, 2));
      return asBuiltin(name, () => {
        const boundary = boundaryOf(contentType);
        const bytes = bytesOf(body);
        const fields = parseForm(bytes, boundary, limits);
        return record({
          boundary,
          fields: new List(fields.map(fieldValue)),
          field_count: fields.length,
          total_bytes: bytes.length,
        });
      });
    },
  ),
  pure(
    {
      signature: "multipart_field_bytes(field: dict) -> bytes",
      summary: "The content of a field",
      errors: "A dict that is no field",
      example: `${FORM}\nlet fields = multipart_parse(form.body, form.content_type).fields\nprintln(multipart_field_bytes(fields[0]))`,
    },
    (args) => new Bytes(fieldBytes("multipart_field_bytes", args)),
  ),
  pure(
    {
      signature: "multipart_field_text(field: dict) -> string",
      summary: "The content of a field as UTF-8 text",
      errors: "A dict that is no field, content that is no UTF-8",
      example: `${FORM}\nlet fields = multipart_parse(form.body, form.content_type).fields\nprintln(multipart_field_text(fields[0]))`,
    },
    (args) => {
      const text = decodeUtf8(fieldBytes("multipart_field_text", args));
      if (text === undefined) throw failure("multipart_field_text", "content is not UTF-8");
      return text;
    },
  ),
];
