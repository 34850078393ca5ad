/** Signatures with key pairs, and JSON Web Tokens. Keys are used by the host; here they are text. */

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type Host, HostError, type SignatureAlgorithm, table } from "../../base/index.ts";
import { Dict, RuntimeError, record, typeName, type Value } from "../../vm/index.ts";
import { bytesOf, decodeUtf8, textArgument, thrown } from "../arguments.ts";
import { type Builtin, effect } from "../builtin.ts";
import { decodeBase64Url, decodeHex, encodeBase64Url, encodeHex } from "../encoding/base-codecs.ts";
import { equalInConstantTime } from "../hashing/compare.ts";
import { JsonSyntaxError, readJson } from "../json/read-json.ts";
import { writeJson } from "../json/write-json.ts";
import { signedUrlBuiltins } from "./signed-url-builtins.ts";

const KEY_BYTES = 32;

async function keyPair(host: Host, algorithm: "ed25519" | "x25519"): Promise<Dict> {
  const privateKey = host.sync("random.bytes", { length: KEY_BYTES });
  const publicKey = await host.perform("crypto.publicKey", { algorithm, privateKey });
  return record({ private: encodeHex(privateKey), public: encodeHex(publicKey) });
}

/** @param names how messages call the key: when it is no hex, and when it has another length */
function keyBytes(hex: string, builtin: string, names: readonly [string, string]): Uint8Array {
  const decoded = decodeHex(hex);
  if (!decoded.ok) throw thrown(`${builtin}: invalid ${names[0]}: ${decoded.problem}`);
  if (decoded.bytes.length !== KEY_BYTES) throw thrown(`${builtin}: ${names[1]} must be ${KEY_BYTES} bytes`);
  return decoded.bytes;
}

// ---- tokens ----------------------------------------------------------------------------------------------------------

const tokenAlgorithms: Readonly<Record<string, SignatureAlgorithm>> = table({ ES256: "es256", RS256: "rs256" });

const jwtError = (message: string): RuntimeError => new RuntimeError("runtime", `jwt_sign: ${message}`);

async function signToken(args: readonly Value[], host: Host): Promise<Value> {
  const [alg, claims, key] = args;
  if (args.length !== 3) throw jwtError("requires 3 arguments: alg, claims, private_key");
  if (typeof alg !== "string") throw jwtError(`alg must be a string, got ${typeName(alg)}`);
  const algorithm = Object.hasOwn(tokenAlgorithms, alg) ? tokenAlgorithms[alg] : undefined;
  if (algorithm === undefined) throw jwtError(`unsupported algorithm \`${alg}\`; expected ES256 or RS256`);
  if (!(claims instanceof Dict)) throw jwtError(`claims must be a dict, got ${typeName(claims)}`);
  if (typeof key !== "string") throw jwtError(`private_key must be a PEM string, got ${typeName(key)}`);
  const header = encodeBase64Url(bytesOf(`{"typ":"JWT","alg":"${alg}"}`));
  const signed = `${header}.${encodeBase64Url(bytesOf(writeJson(claims)))}`;
  try {
    const signature = await host.perform("crypto.sign", { algorithm, privateKey: key, data: bytesOf(signed) });
    return `${signed}.${encodeBase64Url(signature)}`;
  } catch (error) {
    if (error instanceof HostError) throw jwtError(`invalid ${alg} PEM private key: ${error.message}`);
    throw error;
  }
}

/** Times in the claims are the caller's to check. */
async function verifyToken(args: readonly Value[], host: Host): Promise<Value> {
  if (args.length < 3) throw thrown("jwt_verify: expected (alg, token, key)");
  const alg = textArgument(args, 0);
  const key = textArgument(args, 2);
  const isShared = alg === "HS256";
  const algorithm = Object.hasOwn(tokenAlgorithms, alg) ? tokenAlgorithms[alg] : undefined;
  if (!isShared && algorithm === undefined) throw thrown(`jwt_verify: unsupported algorithm '${alg}'`);
  const parts = textArgument(args, 1).split(".");
  const [header, claims, signature] = parts.map((part) => decodeBase64Url(part));
  if (parts.length !== 3 || !header?.ok || !claims?.ok || !signature?.ok) throw thrown("jwt_verify: InvalidToken");
  const named = parsedDict(header.bytes).map.get("alg");
  if (named !== alg) throw thrown("jwt_verify: InvalidAlgorithm");

  const data = bytesOf(`${parts[0]}.${parts[1]}`);
  if (algorithm === undefined) {
    if (!equalInConstantTime(hmac(sha256, bytesOf(key), data), signature.bytes)) {
      throw thrown("jwt_verify: InvalidSignature");
    }
  } else {
    const request = { algorithm, publicKey: key, data, signature: signature.bytes };
    const isValid = await host.perform("crypto.verify", request).catch((error: unknown) => {
      if (error instanceof HostError) throw thrown(`jwt_verify: invalid ${alg} public key: ${error.message}`);
      throw error;
    });
    if (!isValid) throw thrown("jwt_verify: InvalidSignature");
  }
  return record({ valid: true, claims: parsedDict(claims.bytes) });
}

function parsedDict(bytes: Uint8Array): Dict {
  try {
    const value = readJson(decodeUtf8(bytes) ?? "");
    if (value instanceof Dict) return value;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
  }
  throw thrown("jwt_verify: InvalidToken");
}

// ---- builtins --------------------------------------------------------------------------------------------------------

export const signatureBuiltins: readonly Builtin[] = [
  ...signedUrlBuiltins,
  effect(
    {
      signature: "ed25519_keypair() -> dict",
      summary: "Make a key pair for signatures: `{private, public}`, in hex",
      effects: ["random"],
      example: "println(len(ed25519_keypair().public))",
    },
    (_args, { host }) => keyPair(host, "ed25519"),
  ),
  effect(
    {
      signature: "ed25519_sign(private_key: string, message: string | bytes) -> string",
      summary: "Sign a message, in hex",
      errors: "Throws for a key that is none",
      example: 'println(len(ed25519_sign(ed25519_keypair().private, "hi")))',
    },
    async (args, { host }) => {
      if (args.length < 2) throw thrown("ed25519_sign: expected (private_hex, message)");
      const privateKey = keyBytes(textArgument(args, 0), "ed25519_sign", ["hex private key", "private key"]);
      const request = { algorithm: "ed25519", privateKey, data: bytesOf(args[1]) } as const;
      return encodeHex(await host.perform("crypto.sign", request));
    },
  ),
  effect(
    {
      signature: "ed25519_verify(public_key: string, message: string | bytes, signature: string) -> bool",
      summary: "Tell whether a signature is right; whatever is malformed is not",
      example: 'println(ed25519_verify("00", "hi", "00"))',
    },
    async (args, { host }) => {
      if (args.length < 3) throw thrown("ed25519_verify: expected (public_hex, message, signature_hex)");
      const publicKey = decodeHex(textArgument(args, 0));
      const signature = decodeHex(textArgument(args, 2));
      if (!publicKey.ok || !signature.ok) return false;
      const request = { algorithm: "ed25519", publicKey: publicKey.bytes, data: bytesOf(args[1]) } as const;
      return host.perform("crypto.verify", { ...request, signature: signature.bytes }).catch((error: unknown) => {
        if (error instanceof HostError && error.kind === "invalid_input") return false;
        throw error;
      });
    },
  ),
  effect(
    {
      signature: "x25519_keypair() -> dict",
      summary: "Make a key pair for agreeing on a secret: `{private, public}`, in hex",
      effects: ["random"],
      example: "println(len(x25519_keypair().public))",
    },
    (_args, { host }) => keyPair(host, "x25519"),
  ),
  effect(
    {
      signature: "x25519_agree(private_key: string, peer_public_key: string) -> string",
      summary: "Give the secret that two key pairs share, in hex",
      errors: "Throws for a key that is none",
      example: "let a = x25519_keypair()\nprintln(len(x25519_agree(a.private, a.public)))",
    },
    async (args, { host }) => {
      if (args.length < 2) throw thrown("x25519_agree: expected (private_hex, peer_public_hex)");
      const privateKey = keyBytes(textArgument(args, 0), "x25519_agree", ["private hex", "private"]);
      const publicKey = keyBytes(textArgument(args, 1), "x25519_agree", ["public hex", "public"]);
      return encodeHex(await host.perform("crypto.agree", { algorithm: "x25519", privateKey, publicKey }));
    },
  ),
  effect(
    {
      signature: "jwt_sign(alg: string, claims: dict, private_key: string) -> string",
      summary: "Make a JSON Web Token with a PEM key, by ES256 or RS256",
      errors: "Throws for another algorithm and a key that is none",
      example: 'println(is_err(try { jwt_sign("none", {}, "") }))',
    },
    (args, { host }) => signToken(args, host),
  ),
  effect(
    {
      signature: "jwt_verify(alg: string, token: string, key: string) -> dict",
      summary: "Check the signature of a token by HS256, ES256 or RS256: `{valid, claims}`; expiry is not checked",
      errors: "Throws unless the signature is right",
      example: 'println(is_err(try { jwt_verify("HS256", "a.b.c", "secret") }))',
    },
    (args, { host }) => verifyToken(args, host),
  ),
];
