import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeHex } from "../encoding/base-codecs.ts";
import { blake3 } from "./blake3.ts";
import { equalInConstantTime, hmac } from "./hmac.ts";
import { md5 } from "./md5.ts";
import type { Hash } from "./message-blocks.ts";
import { sha224, sha256, sha384, sha512, sha512Truncated256 } from "./sha2.ts";
import { sha3_256, sha3_512 } from "./sha3.ts";

const hashes: readonly (readonly [string, Hash])[] = [
  ["md5", md5],
  ["sha224", sha224],
  ["sha256", sha256],
  ["sha384", sha384],
  ["sha512", sha512],
  ["sha512-256", sha512Truncated256],
  ["sha3-256", sha3_256],
  ["sha3-512", sha3_512],
];

describe.each(hashes)("%s (M3)", (name, hash) => {
  const expected = (bytes: Uint8Array): string => createHash(name).update(bytes).digest("hex");

  it("agrees with the platform's for every length around the blocks", () => {
    for (let length = 0; length <= 300; length++) {
      const bytes = Uint8Array.from({ length }, (_, at) => (at * 7 + length) & 0xff);
      expect(encodeHex(hash.digest(bytes))).toBe(expected(bytes));
    }
  });

  it("agrees for any bytes, also a view into others", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(50), (bytes, skip) => {
        const view = bytes.subarray(skip);
        expect(encodeHex(hash.digest(view))).toBe(expected(view));
      }),
    );
  });

  it("as HMAC, with short and long keys", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (key, message) => {
        expect(encodeHex(hmac(hash, key, message))).toBe(createHmac(name, key).update(message).digest("hex"));
      }),
      { numRuns: 30 },
    );
  });
});

/** The published vectors: bytes 0, 1 … 250, 0, 1 … of a length. */
describe("blake3", () => {
  it.each([
    [0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"],
    [1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"],
    [1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"],
    [1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"],
    [1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"],
    [2048, "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a"],
    [2049, "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030"],
    [3072, "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2"],
    [8193, "bab6c09cb8ce8cf459261398d2e7aef35700bf488116ceb94a36d0f5f1b7bc3b"],
    [31744, "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47"],
  ])("of %i bytes", (length, expected) => {
    const bytes = Uint8Array.from({ length }, (_, at) => at % 251);
    expect(encodeHex(blake3(bytes))).toBe(expected);
  });
});

it("comparing in constant time is comparing", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (left, right) => {
      expect(equalInConstantTime(left, right)).toBe(encodeHex(left) === encodeHex(right));
      expect(equalInConstantTime(left, left.slice())).toBe(true);
    }),
  );
});
