/** Digests of bytes, or of the UTF-8 form of what a value prints as; written in hex. */

import { blake3 } from "@noble/hashes/blake3.js";
import { hmac } from "@noble/hashes/hmac.js";
import { md5 } from "@noble/hashes/legacy.js";
import { sha224, sha256, sha384, sha512, sha512_256 } from "@noble/hashes/sha2.js";
import { sha3_256, sha3_512 } from "@noble/hashes/sha3.js";
import type { Value } from "../../vm/index.ts";
import { bytesOf } from "../arguments.ts";
import { type Builtin, pure } from "../builtin.ts";
import { encodeBase64, encodeHex } from "../encoding/base-codecs.ts";
import { equalInConstantTime } from "./compare.ts";

const bytesAt = (args: readonly Value[], at: number): Uint8Array =>
  at < args.length ? bytesOf(args[at]) : new Uint8Array(0);

function digest(name: string, title: string, hash: (bytes: Uint8Array) => Uint8Array): Builtin {
  return pure(
    {
      signature: `${name}(data: any) -> string`,
      summary: `Give the ${title} digest, in hex`,
      example: `println(${name}("abc"))`,
    },
    (args) => encodeHex(hash(bytesAt(args, 0))),
  );
}

export const hashBuiltins: readonly Builtin[] = [
  digest("md5", "MD5", md5),
  digest("sha224", "SHA-224", sha224),
  digest("sha256", "SHA-256", sha256),
  digest("sha384", "SHA-384", sha384),
  digest("sha512", "SHA-512", sha512),
  digest("sha512_256", "SHA-512/256", sha512_256),
  digest("sha3_256", "SHA3-256", sha3_256),
  digest("sha3_512", "SHA3-512", sha3_512),
  digest("blake3", "BLAKE3", blake3),
  pure(
    {
      signature: "hmac_sha256(key: any, message: any) -> string",
      summary: "Give the HMAC with SHA-256 of a message, in hex",
      example: 'println(len(hmac_sha256("key", "message")))',
    },
    (args) => encodeHex(hmac(sha256, bytesAt(args, 0), bytesAt(args, 1))),
  ),
  pure(
    {
      signature: "hmac_sha256_base64(key: any, message: any) -> string",
      summary: "Give the HMAC with SHA-256 of a message, in base64",
      example: 'println(len(hmac_sha256_base64("key", "message")))',
    },
    (args) => encodeBase64(hmac(sha256, bytesAt(args, 0), bytesAt(args, 1))),
  ),
  pure(
    {
      signature: "constant_time_eq(left: any, right: any) -> bool",
      summary: "Compare texts or bytes in a time that tells nothing of them; for signatures",
      example: 'println(constant_time_eq("a", "a"))',
    },
    (args) => equalInConstantTime(bytesAt(args, 0), bytesAt(args, 1)),
  ),
];
