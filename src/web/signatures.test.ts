import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, sign, verify } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { HostError } from "../base/index.ts";
import { cryptoHandlers } from "./signatures.ts";

const {
  "crypto.publicKey": publicKeyOf,
  "crypto.sign": signWith,
  "crypto.verify": verifyWith,
  "crypto.agree": agree,
} = cryptoHandlers;
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const data = new TextEncoder().encode("three lamps");

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("raw keys", () => {
  it("RFC 8032, the second test of Ed25519", async () => {
    const privateKey = bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    const publicKey = bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    const signature = bytes(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );
    const algorithm = "ed25519";
    const message = bytes("72");
    expect(await publicKeyOf({ algorithm, privateKey })).toEqual(publicKey);
    expect(await signWith({ algorithm, privateKey, data: message })).toEqual(signature);
    expect(await verifyWith({ algorithm, publicKey, data: message, signature })).toBe(true);
    expect(await verifyWith({ algorithm, publicKey, data: bytes("73"), signature })).toBe(false);
  });

  it("two X25519 keys share a secret, whoever works it out", async () => {
    const algorithm = "x25519";
    const keys = [bytes("01".repeat(32)), bytes("02".repeat(32))] as const;
    const [first, second] = await Promise.all(keys.map((privateKey) => publicKeyOf({ algorithm, privateKey })));
    const node = (hex: string, publicHex: string): Buffer =>
      diffieHellman({
        privateKey: createPrivateKey({
          key: Buffer.from(`302e020100300506032b656e04220420${hex}`, "hex"),
          format: "der",
          type: "pkcs8",
        }),
        publicKey: createPublicKey({
          key: Buffer.from(`302a300506032b656e032100${publicHex}`, "hex"),
          format: "der",
          type: "spki",
        }),
      });
    const shared = node("01".repeat(32), Buffer.from(second ?? []).toString("hex"));
    expect(await agree({ algorithm, privateKey: keys[0], publicKey: second ?? bytes("") })).toEqual(
      new Uint8Array(shared),
    );
    expect(await agree({ algorithm, privateKey: keys[1], publicKey: first ?? bytes("") })).toEqual(
      new Uint8Array(shared),
    );
  });
});

describe.each(["es256", "rs256"] as const)("%s", (algorithm) => {
  const pair =
    algorithm === "es256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("rsa", { modulusLength: 2048 });
  const publicKey = String(pair.publicKey.export({ type: "spki", format: "pem" }));
  const privateKey = String(pair.privateKey.export({ type: "pkcs8", format: "pem" }));
  const dsaEncoding = "ieee-p1363";

  it("signs what Node verifies, and the other way round", async () => {
    const ours = await signWith({ algorithm, privateKey, data });
    expect(verify("sha256", data, { key: publicKey, dsaEncoding }, ours)).toBe(true);
    const signature = new Uint8Array(sign("sha256", data, { key: privateKey, dsaEncoding }));
    expect(await verifyWith({ algorithm, publicKey, data, signature })).toBe(true);
    expect(await verifyWith({ algorithm, publicKey, data: bytes("00"), signature })).toBe(false);
  });

  it("takes no other key for it", async () => {
    const old = algorithm === "es256" ? "sec1" : "pkcs1";
    const other = String(pair.privateKey.export({ type: old, format: "pem" }));
    const label = algorithm === "es256" ? "EC PRIVATE KEY" : "RSA PRIVATE KEY";
    const wrong = algorithm === "es256" ? "rs256" : "es256";
    const failures = await Promise.all(
      [
        signWith({ algorithm, privateKey: other, data }),
        signWith({ algorithm, privateKey: "no key", data }),
        signWith({ algorithm, privateKey: new Uint8Array(32), data }),
        signWith({ algorithm: wrong, privateKey, data }),
        signWith({ algorithm, privateKey: privateKey.replace("MI", "MM"), data }),
        publicKeyOf({ algorithm: "ed25519", privateKey: new Uint8Array(31) }),
      ].map((work) => work.catch((error: unknown) => error)),
    );
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(HostError);
      expect(failure).toMatchObject({ kind: "invalid_input" });
    }
    expect(failures[0]).toMatchObject({ message: `Expected a PEM of \`PRIVATE KEY\`, got \`${label}\`` });
  });
});

it("what is refused is told of by the effect that was asked for", async () => {
  const [privateKey, publicKey] = [bytes("00"), bytes("00")];
  const works = {
    "crypto.publicKey": publicKeyOf({ algorithm: "ed25519", privateKey }),
    "crypto.verify": verifyWith({ algorithm: "ed25519", publicKey, data, signature: bytes("00") }),
    "crypto.agree": agree({ algorithm: "x25519", privateKey, publicKey }),
  };
  for (const [effect, work] of Object.entries(works)) {
    const message = "Expected a key of 32 bytes, got 1";
    await expect(work).rejects.toMatchObject({ kind: "invalid_input", effect, message });
  }
});

it("a page that came over plain HTTP is told what it lacks", async () => {
  vi.stubGlobal("crypto", {});
  await expect(publicKeyOf({ algorithm: "ed25519", privateKey: new Uint8Array(32) })).rejects.toMatchObject({
    kind: "unsupported",
    message: "A page has keys and signatures only when it is served over HTTPS",
  });
});
