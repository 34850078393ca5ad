/** UUIDs (RFC 9562). Randomness and time come from the host. */

import { sha1 } from "@noble/hashes/legacy.js";
// Name-based UUIDs ask for SHA-1; nothing else should.
import { table } from "../../base/index.ts";
import { display, type NativeContext, RuntimeError, type Value } from "../../vm/index.ts";
import { bytesOf } from "../arguments.ts";
import { type Builtin, pure, runState } from "../builtin.ts";
import { decodeHex, encodeHex } from "../encoding/base-codecs.ts";
import { clockOf } from "../time/run-clock.ts";

const NAMESPACES: Readonly<Record<string, string>> = table({
  dns: "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
  url: "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
  oid: "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
  x500: "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
});

const text = (value: Value): string => (value === undefined ? "" : display(value));

/** Puts version and variant into 16 bytes and writes them. */
function uuidOf(bytes: Uint8Array, version: number): string {
  bytes[6] = ((bytes[6] as number) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return hyphenated(encodeHex(bytes.subarray(0, 16)));
}

function hyphenated(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const FORMS = /^(?:urn:uuid:|\{)?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/;

/** Canonical form, or undefined. */
function parseUuid(raw: string): string | undefined {
  const lower = raw.toLowerCase();
  const match = FORMS.exec(lower);
  if (!match || lower.startsWith("{") !== lower.endsWith("}")) return undefined;
  const hyphens = lower.replace("urn:uuid:", "").split("-").length - 1;
  return hyphens === 0 || hyphens === 4 ? match.slice(1).join("-") : undefined;
}

/** Time in milliseconds, then a counter that keeps ids of one run in order, then randomness. */
export function uuidV7(context: NativeContext): string {
  const last = runState(context.vm, "uuid_v7", () => ({ ms: -1, counter: 0 }));
  const bytes = context.host.sync("random.bytes", { length: 16 });
  const now = clockOf(context).wallMs();
  if (now > last.ms) {
    last.ms = now;
    // The upper half stays free for ids of the same millisecond.
    last.counter = (((bytes[6] as number) << 8) | (bytes[7] as number)) & 0x7ff;
  } else if (++last.counter > 0xfff) {
    last.ms += 1;
    last.counter = 0;
  }
  const head = Math.max(0, last.ms).toString(16).padStart(12, "0") + last.counter.toString(16).padStart(4, "0");
  const decoded = decodeHex(head.slice(-16));
  if (decoded.ok) bytes.set(decoded.bytes);
  return uuidOf(bytes, 7);
}

function uuidV5(namespace: string, name: string): string {
  const key = namespace.toLowerCase().replace(/^namespace_/, "");
  const id = Object.hasOwn(NAMESPACES, key) ? NAMESPACES[key] : parseUuid(namespace);
  const decoded = id === undefined ? undefined : decodeHex(id.replaceAll("-", ""));
  if (!decoded?.ok) {
    throw new RuntimeError("runtime", "uuid_v5: namespace must be a UUID or one of dns/url/oid/x500");
  }
  const nameBytes = bytesOf(name);
  const message = new Uint8Array(16 + nameBytes.length);
  message.set(decoded.bytes);
  message.set(nameBytes, 16);
  return uuidOf(sha1(message), 5);
}

export const idBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "uuid() -> string",
      summary: "Make a random UUID (version 4)",
      effects: ["random"],
      example: "println(len(uuid()))",
    },
    (_args, { host }) => uuidOf(host.sync("random.bytes", { length: 16 }), 4),
  ),
  pure(
    {
      signature: "uuid_v7() -> string",
      summary: "Make a UUID that sorts by time (version 7); those of one run are in order",
      effects: ["random", "clock"],
      example: "println(uuid_v7() < uuid_v7())",
    },
    (_args, context) => uuidV7(context),
  ),
  pure(
    {
      signature: "uuid_v5(namespace: string, name: string) -> string",
      summary: "Make the UUID of a name (version 5) in a namespace: a UUID, or dns, url, oid, x500",
      errors: "Another namespace",
      example: 'println(uuid_v5("dns", "example.com"))',
    },
    (args) => {
      if (args.length < 2) {
        throw new RuntimeError("runtime", "uuid_v5(namespace, name): requires namespace and name");
      }
      return uuidV5(display(args[0]), display(args[1]));
    },
  ),
  pure(
    {
      signature: "uuid_parse(text: string) -> string | nil",
      summary: "Bring a UUID into its usual form; nil when it is none",
      example: 'println(uuid_parse("6BA7B8109DAD11D180B400C04FD430C8"))',
    },
    ([value]) => parseUuid(text(value)),
  ),
  pure({ signature: "uuid_nil() -> string", summary: "The UUID of zeros", example: "println(uuid_nil())" }, () =>
    hyphenated("0".repeat(32)),
  ),
];
