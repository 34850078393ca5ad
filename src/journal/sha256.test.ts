import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { createTextDigest } from "./sha256.ts";

const hex = (digest: string) => Buffer.from(digest, "base64url").toString("hex");

describe("text digest", () => {
  // The two-block and one-block messages of FIPS 180-4's examples.
  it.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
  ])("of %j is the published one", (text, expected) => {
    expect(hex(createTextDigest()(text))).toBe(expected);
  });

  it("equals the platform's for any text, with one hasher used again and again", () => {
    const digestOf = createTextDigest();
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => {
        expect(digestOf(text)).toBe(createHash("sha256").update(text).digest("base64url"));
      }),
    );
    const long = "ä😀x".repeat(500_000);
    expect(digestOf(long)).toBe(createHash("sha256").update(long).digest("base64url"));
    expect(hex(digestOf("abc"))).toMatch(/^ba7816bf/);
  });
});

describe("base64", () => {
  it("is the platform's and comes back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = encodeBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64"));
        expect(decodeBase64(text)).toEqual(bytes);
      }),
    );
  });

  it("refuses what is no base64", () => {
    expect(() => decodeBase64("ab*d")).toThrow("Expected base64, found `*` at 2");
  });
});
