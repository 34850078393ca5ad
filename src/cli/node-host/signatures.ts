/** Keys and signatures over `node:crypto`. Raw keys are wrapped into the envelopes that it reads. */

import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  sign as signData,
  verify as verifyData,
} from "node:crypto";
import { type AsyncHandlers, HostError, type SignatureAlgorithm } from "../../base/index.ts";

type CryptoEffect = Extract<keyof AsyncHandlers, `crypto.${string}`>;

/** What stands before the 32 bytes of a key: PKCS #8 for private, SPKI for public ones (RFC 8410). */
const envelopes = {
  ed25519: { private: "302e020100300506032b657004220420", public: "302a300506032b6570032100" },
  x25519: { private: "302e020100300506032b656e04220420", public: "302a300506032b656e032100" },
} as const;
const KEY_BYTES = 32;

export const cryptoHandlers: Pick<AsyncHandlers, CryptoEffect> = {
  "crypto.publicKey": ({ algorithm, privateKey }) =>
    attempt("crypto.publicKey", () => {
      const exported = createPublicKey(rawPrivateKey(algorithm, privateKey)).export({ type: "spki", format: "der" });
      return new Uint8Array(exported.subarray(exported.length - KEY_BYTES));
    }),
  "crypto.sign": ({ algorithm, privateKey, data }) =>
    attempt("crypto.sign", () => {
      const key =
        typeof privateKey === "string" ? createPrivateKey(privateKey) : rawPrivateKey(curve(algorithm), privateKey);
      return new Uint8Array(signData(digestOf(algorithm, key), data, { key, dsaEncoding: "ieee-p1363" }));
    }),
  "crypto.verify": ({ algorithm, publicKey, data, signature }) =>
    attempt("crypto.verify", () => {
      const key =
        typeof publicKey === "string" ? createPublicKey(publicKey) : rawPublicKey(curve(algorithm), publicKey);
      return verifyData(digestOf(algorithm, key), data, { key, dsaEncoding: "ieee-p1363" }, signature);
    }),
  "crypto.agree": ({ algorithm, privateKey, publicKey }) =>
    attempt("crypto.agree", () => {
      const secret = diffieHellman({
        privateKey: rawPrivateKey(algorithm, privateKey),
        publicKey: rawPublicKey(algorithm, publicKey),
      });
      return new Uint8Array(secret);
    }),
};

async function attempt<T>(effect: CryptoEffect, work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HostError("invalid_input", effect, reason, { cause: error });
  }
}

function curve(algorithm: SignatureAlgorithm): "ed25519" {
  if (algorithm === "ed25519") return algorithm;
  throw new TypeError(`Expected a PEM key for ${algorithm}, got raw bytes`);
}

/** The digest of an algorithm; refuses a key that is not for it. */
function digestOf(algorithm: SignatureAlgorithm, key: KeyObject): "sha256" | null {
  const expected = { ed25519: "ed25519", es256: "ec", rs256: "rsa" }[algorithm];
  const found = key.asymmetricKeyType ?? "secret";
  const named = key.asymmetricKeyDetails?.namedCurve;
  if (found !== expected || (algorithm === "es256" && named !== "prime256v1")) {
    const name = named === undefined ? found : `${found} ${named}`;
    throw new TypeError(`Expected a key for ${algorithm}, got one for ${name}`);
  }
  return algorithm === "ed25519" ? null : "sha256";
}

function rawPrivateKey(algorithm: "ed25519" | "x25519", bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: enveloped(envelopes[algorithm].private, bytes), format: "der", type: "pkcs8" });
}

function rawPublicKey(algorithm: "ed25519" | "x25519", bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: enveloped(envelopes[algorithm].public, bytes), format: "der", type: "spki" });
}

function enveloped(envelope: string, bytes: Uint8Array): Buffer {
  if (bytes.length !== KEY_BYTES) {
    throw new TypeError(`Expected a key of ${KEY_BYTES} bytes, got ${bytes.length}`);
  }
  return Buffer.concat([Buffer.from(envelope, "hex"), bytes]);
}
