import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { caught, shown } from "../../../test/support/run-harn.ts";
import {
  type Decoded,
  decodeBase32,
  decodeBase64,
  decodeBase64Url,
  decodeHex,
  encodeBase32,
  encodeBase64,
  encodeBase64Url,
  encodeHex,
} from "./base-codecs.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const problemOf = (result: Decoded): string => (result.ok ? "none" : result.problem);

describe("test vectors of RFC 4648", () => {
  it.each([
    ["", "", "", ""],
    ["f", "Zg==", "MY======", "66"],
    ["fo", "Zm8=", "MZXQ====", "666f"],
    ["foo", "Zm9v", "MZXW6===", "666f6f"],
    ["foob", "Zm9vYg==", "MZXW6YQ=", "666f6f62"],
    ["fooba", "Zm9vYmE=", "MZXW6YTB", "666f6f6261"],
    ["foobar", "Zm9vYmFy", "MZXW6YTBOI======", "666f6f626172"],
  ])("%j", (text, base64, base32, hex) => {
    const bytes = bytesOf(text);
    expect([encodeBase64(bytes), encodeBase32(bytes), encodeHex(bytes)]).toEqual([base64, base32, hex]);
  });

  it("the URL-safe alphabet", () => {
    expect(encodeBase64Url(new Uint8Array([0xfb, 0xff]))).toBe("-_8");
  });
});

describe("texts that stand for no bytes", () => {
  it.each([
    ["base64", decodeBase64("Zg="), "Invalid padding: expected 2 `=`, found 1"],
    ["base64", decodeBase64("Zg"), "Invalid padding: expected 2 `=`, found 0"],
    ["base64", decodeBase64("Z!=="), "Invalid character '!' at position 1"],
    ["base64", decodeBase64("Zé=="), "Invalid character 'é' at position 1"],
    ["base64", decodeBase64("Zh=="), "Invalid last character: it has bits that belong to no byte"],
    ["base64", decodeBase64("Z==="), "Invalid length 1"],
    ["base64url", decodeBase64Url("Zg="), "Invalid padding: expected 2 `=`, found 1"],
    ["base32", decodeBase32("M1======"), "Invalid character '1' at position 1"],
    ["hex", decodeHex("abc"), "Odd number of digits"],
    ["hex", decodeHex("ag"), "Invalid character 'g' at position 1"],
  ])("%s", (_name, result, problem) => {
    expect(problemOf(result)).toBe(problem);
  });
});

describe("properties", () => {
  it.each<[string, (bytes: Uint8Array) => string, (text: string) => Decoded]>([
    ["base64", encodeBase64, decodeBase64],
    ["base64url", encodeBase64Url, decodeBase64Url],
    ["base32", encodeBase32, decodeBase32],
    ["hex", encodeHex, decodeHex],
  ])("%s gives back what went in", (_name, encode, decode) => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decode(encode(bytes))).toEqual({ ok: true, bytes: new Uint8Array(bytes) });
      }),
    );
  });

  it("no two base64 texts stand for the same bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."AQgZ/+="), maxLength: 8 }), (text) => {
        const result = decodeBase64(text);
        if (result.ok) expect(encodeBase64(result.bytes)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the builtins", () => {
  it.each([
    ['base64_decode(base64_encode("hé😀"))', "hé😀"],
    ['base64_encode(bytes_from_hex("00ff"))', "AP8="],
    ['base64url_decode("-_8")', "\ufffd\ufffd"],
    ['base32_decode("mzxw6")', "foo"],
    ['hex_encode("é")', "c3a9"],
    ['url_encode("a b&é/~")', "a%20b%26%C3%A9%2F~"],
    ['url_decode("a+b%26%C3%A9%zz%4")', "a b&é%zz%4"],
    ["base64_encode()", ""],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it.each([
    ['base64_decode("?")', "Runtime error: base64 decode error: Invalid padding: expected 3 `=`, found 0"],
    ['hex_decode("0")', "Runtime error: hex decode error: Odd number of digits"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });
});

describe("bytes", () => {
  it.each([
    ['bytes_from_string("hé")', 'b"68c3a9"'],
    ['bytes_to_string(bytes_from_hex("68c3a9"))', "hé"],
    ['bytes_to_string_lossy(bytes_from_hex("68ff"))', "h\ufffd"],
    ['bytes_len(bytes_from_string("é"))', "2"],
    ['bytes_concat(bytes_from_hex("00"), bytes_from_hex("01"))', 'b"0001"'],
    ['bytes_slice(bytes_from_hex("000102"), -5, 2)', 'b"0001"'],
    ['bytes_slice(bytes_from_hex("000102"), 2, 1)', 'b""'],
    ['bytes_eq(bytes_from_hex("00"), bytes_from_hex("0000"))', "false"],
    ['bytes_to_base64(bytes_from_base64("AP8="))', "AP8="],
    ['bytes_from_hex("00") == bytes_from_hex("00")', "true"],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it.each([
    [
      'bytes_to_string(bytes_from_hex("ff"))',
      "Runtime error: bytes_to_string: invalid UTF-8; use bytes_to_string_lossy to replace it",
    ],
    ["bytes_from_string(1)", "Runtime error: bytes_from_string: expected string at argument 1, got int"],
    ['bytes_concat(bytes_from_hex(""))', "Runtime error: bytes_concat: missing argument 2"],
    ['bytes_from_hex("0g")', "Runtime error: bytes_from_hex: Invalid character 'g' at position 1"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });
});
