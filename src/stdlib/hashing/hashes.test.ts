import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printed } from "../../../test/support/run-harn.ts";
import { encodeHex } from "../encoding/base-codecs.ts";
import { equalInConstantTime } from "./compare.ts";

/** Lengths on both sides of where a digest's block, or its padding, ends. */
const lengths = [0, 1, 3, 55, 56, 63, 64, 65, 111, 112, 127, 128, 135, 136, 137, 200, 1000];
const bytesOfLength = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => (at * 7 + length) & 0xff);

describe.each([
  ["md5", "md5"],
  ["sha224", "sha224"],
  ["sha256", "sha256"],
  ["sha384", "sha384"],
  ["sha512", "sha512"],
  ["sha512_256", "sha512-256"],
  ["sha3_256", "sha3-256"],
  ["sha3_512", "sha3-512"],
])("%s (M3)", (builtin, platform) => {
  it("agrees with the platform's for bytes and texts", async () => {
    const program = [
      ...lengths.map((length) => `println(${builtin}(bytes_from_hex("${encodeHex(bytesOfLength(length))}")))`),
      `println(${builtin}("ä😀"))`,
      `println(${builtin}(12))`,
    ].join("\n");
    const expected = [...lengths.map(bytesOfLength), "ä😀", "12"].map((data) =>
      createHash(platform).update(data).digest("hex"),
    );
    expect(await printed(program)).toEqual(expected);
  });
});

/** The published vectors: bytes 0, 1 … 250, 0, 1 … of a length. */
it.each([
  [0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"],
  [1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"],
  [1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"],
  [3072, "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2"],
])("blake3 of %i bytes (M3)", async (length, expected) => {
  const data = encodeHex(Uint8Array.from({ length }, (_, at) => at % 251));
  expect(await printed(`println(blake3(bytes_from_hex("${data}")))`)).toEqual([expected]);
});

it.each([
  ["a short key", "key"],
  ["a key longer than a block", "k".repeat(100)],
  ["no key", ""],
])("hmac_sha256 with %s (M3)", async (_name, key) => {
  const mac = createHmac("sha256", key).update("message");
  const bytes = mac.digest();
  expect(
    await printed(`println(hmac_sha256("${key}", "message"))\nprintln(hmac_sha256_base64("${key}", "message"))`),
  ).toEqual([bytes.toString("hex"), bytes.toString("base64")]);
});

it("comparing in constant time is comparing", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (left, right) => {
      expect(equalInConstantTime(left, right)).toBe(encodeHex(left) === encodeHex(right));
      expect(equalInConstantTime(left, left.slice())).toBe(true);
    }),
  );
});
