/**
 * Keys and signatures by web crypto, which a page has only where it came over HTTPS or from this machine. Raw keys are
 * wrapped into the envelopes that it reads; PEM must hold PKCS #8 (`PRIVATE KEY`) or SPKI (`PUBLIC KEY`).
 */

import { type AsyncHandlers, HostError, type SignatureAlgorithm } from "../base/index.ts";

type CryptoEffect = Extract<keyof AsyncHandlers, `crypto.${string}`>;
type Curve = "ed25519" | "x25519";

/** What stands before the 32 bytes of a private key in PKCS #8 (RFC 8410). */
const envelopes: Readonly<Record<Curve, string>> = {
  ed25519: "302e020100300506032b657004220420",
  x25519: "302e020100300506032b656e04220420",
};
const curveNames: Readonly<Record<Curve, string>> = { ed25519: "Ed25519", x25519: "X25519" };
const KEY_BYTES = 32;

/** For importing a key, and for signing with it. */
const algorithms: Readonly<Record<SignatureAlgorithm, { readonly key: KeyParams; readonly use: AlgorithmIdentifier }>> =
  {
    ed25519: { key: { name: "Ed25519" }, use: "Ed25519" },
    es256: { key: { name: "ECDSA", namedCurve: "P-256" }, use: { name: "ECDSA", hash: "SHA-256" } as Algorithm },
    rs256: { key: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, use: "RSASSA-PKCS1-v1_5" },
  };
interface KeyParams extends Algorithm {
  readonly namedCurve?: string;
  readonly hash?: string;
}

export const cryptoHandlers: Pick<AsyncHandlers, CryptoEffect> = {
  "crypto.publicKey": ({ algorithm, privateKey }) =>
    attempt("crypto.publicKey", async (subtle) => {
      const usages: KeyUsage[] = algorithm === "ed25519" ? ["sign"] : ["deriveBits"];
      const key = await subtle.importKey(
        "pkcs8",
        enveloped(algorithm, privateKey),
        curveNames[algorithm],
        true,
        usages,
      );
      const { x = "" } = await subtle.exportKey("jwk", key);
      return bytesOfBase64(x.replaceAll("-", "+").replaceAll("_", "/"));
    }),
  "crypto.sign": ({ algorithm, privateKey, data }) =>
    attempt("crypto.sign", async (subtle) => {
      const { key: params, use } = algorithms[algorithm];
      const bytes =
        typeof privateKey === "string"
          ? pemBytes(privateKey, "PRIVATE KEY")
          : enveloped(rawCurve(algorithm), privateKey);
      const key = await subtle.importKey("pkcs8", bytes, params, false, ["sign"]);
      return new Uint8Array(await subtle.sign(use, key, new Uint8Array(data)));
    }),
  "crypto.verify": ({ algorithm, publicKey, data, signature }) =>
    attempt("crypto.verify", async (subtle) => {
      const { key: params, use } = algorithms[algorithm];
      const key =
        typeof publicKey === "string"
          ? await subtle.importKey("spki", pemBytes(publicKey, "PUBLIC KEY"), params, false, ["verify"])
          : await subtle.importKey("raw", rawKey(publicKey), curveNames[rawCurve(algorithm)], false, ["verify"]);
      return subtle.verify(use, key, new Uint8Array(signature), new Uint8Array(data));
    }),
  "crypto.agree": ({ algorithm, privateKey, publicKey }) =>
    attempt("crypto.agree", async (subtle) => {
      const name = curveNames[algorithm];
      const own = await subtle.importKey("pkcs8", enveloped(algorithm, privateKey), name, false, ["deriveBits"]);
      const theirs = await subtle.importKey("raw", rawKey(publicKey), name, false, []);
      return new Uint8Array(await subtle.deriveBits({ name, public: theirs } as Algorithm, own, KEY_BYTES * 8));
    }),
};

async function attempt<T>(effect: CryptoEffect, work: (subtle: SubtleCrypto) => Promise<T>): Promise<T> {
  // The types say that it is always there.
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  if (subtle === undefined) {
    throw new HostError("unsupported", effect, "A page has keys and signatures only when it is served over HTTPS");
  }
  try {
    return await work(subtle);
  } catch (error) {
    const isUnknown = error instanceof DOMException && error.name === "NotSupportedError";
    const reason = error instanceof Error && error.message !== "" ? error.message : "the platform refused the key";
    throw new HostError(isUnknown ? "unsupported" : "invalid_input", effect, reason, { cause: error });
  }
}

function rawCurve(algorithm: SignatureAlgorithm): "ed25519" {
  if (algorithm === "ed25519") return algorithm;
  throw new TypeError(`Expected a PEM key for ${algorithm}, got raw bytes`);
}

function rawKey(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (bytes.length === KEY_BYTES) return new Uint8Array(bytes);
  throw new TypeError(`Expected a key of ${KEY_BYTES} bytes, got ${bytes.length}`);
}

function enveloped(curve: Curve, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const envelope = (envelopes[curve].match(/../g) ?? []).map((hex) => Number.parseInt(hex, 16));
  return new Uint8Array([...envelope, ...rawKey(bytes)]);
}

function pemBytes(pem: string, wanted: "PRIVATE KEY" | "PUBLIC KEY"): Uint8Array<ArrayBuffer> {
  const [, label = "", body = ""] = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/.exec(pem) ?? [];
  if (label !== wanted) {
    const found = label === "" ? "something else" : `\`${label}\``;
    throw new TypeError(`Expected a PEM of \`${wanted}\`, got ${found}`);
  }
  return bytesOfBase64(body.replace(/\s+/g, ""));
}

function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
