/** Digests of bytes, or of the UTF-8 form of what a value prints as; written in hex. */

import type { Value } from "../../vm/index.ts";
import { bytesOf } from "../arguments.ts";
import { type Builtin, pure } from "../builtin.ts";
import { encodeBase64, encodeHex } from "../encoding/base-codecs.ts";
import { blake3 } from "./blake3.ts";
import { equalInConstantTime, hmac } from "./hmac.ts";
import { md5 } from "./md5.ts";
import { sha224, sha256, sha384, sha512, sha512Truncated256 } from "./sha2.ts";
import { sha3_256, sha3_512 } from "./sha3.ts";

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
  digest("md5", "MD5", md5.digest),
  digest("sha224", "SHA-224", sha224.digest),
  digest("sha256", "SHA-256", sha256.digest),
  digest("sha384", "SHA-384", sha384.digest),
  digest("sha512", "SHA-512", sha512.digest),
  digest("sha512_256", "SHA-512/256", sha512Truncated256.digest),
  digest("sha3_256", "SHA3-256", sha3_256.digest),
  digest("sha3_512", "SHA3-512", sha3_512.digest),
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
