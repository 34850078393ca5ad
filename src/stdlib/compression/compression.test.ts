import { brotliCompressSync, gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { unpackTar } from "modern-tar";
import { describe, expect, it } from "vitest";
import { caught, printed, shown } from "../../../test/support/run-harn.ts";
import { compressionHandlers as compression } from "../../cli/node-host/compression.ts";
import { ArchiveError } from "./archive-entries.ts";
import { createTar, extractTar } from "./tar.ts";
import { createZip, type Deflate, extractZip } from "./zip.ts";
import { ZstdError } from "./zstd/bit-streams.ts";
import { decodeZstd } from "./zstd/decode.ts";
import { encodeZstd } from "./zstd/encode.ts";
import { xxhash64 } from "./zstd/xxhash64.ts";

const LIMIT = 1 << 24;
const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));
const text = (data: Uint8Array): string => Buffer.from(data).toString();
const encode = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Words in an order that follows from nothing but the length. */
function sample(length: number): string {
  let seed = 7;
  let made = "";
  const words = ["state", "token", "agent", "loop", "journal", "value"];
  while (made.length < length) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    made += words[seed % 6] + (seed % 5 === 0 ? "\n" : " ");
  }
  return made.slice(0, length);
}

const zstdProblem = (data: Uint8Array, maxBytes = LIMIT): string => {
  try {
    decodeZstd(data, maxBytes);
    return "no error";
  } catch (error) {
    if (error instanceof ZstdError) return error.message;
    throw error;
  }
};

describe("zstandard (M3)", () => {
  /** Made by the reference program at these levels out of `sample(n)`. */
  it.each([
    [
      "-1",
      600,
      "KLUv/QRI7QQAcoQLDsAlByQVJhFjuf/fOzp7rnAIDpO0u8LtrlBTz8/uCnVXuJ4fCVoYAaCen/X8BDAggCISwx6LQH8BqTP4gshxqYw4+f6UcVsMKzzcFJB1AcnFMDjhY3HlMIMvGYrPYRGIuEkfMZGHnYRbeE3DJw4LBFoCrnFgaqd5HgEKxDM43MkTHK6bxw4B/4S23MU73SZxlJetcBAyBg4Xnqkg7zc=",
    ],
    [
      "-19",
      600,
      "KLUv/QRolQMAAsIGC9A9ZCblmA/g4IGiSrD3f99ZIWCCOrXxIyExJ6BwrxSrAVBEQE7dDU350ssVCQ5ST0rCt3u3NzvlsxgNuvNWVuJe6OA+ARLfvXXuK5wm6XGziVXkJxJvj41uPYvlv9NFHMkZmbIHtQN+bPuGmXbKqSDvNw==",
    ],
    [
      "-19 --no-check",
      3000,
      "KLUv/QBofQoAskIJD7A3B02NnYaQHR2GHRjM6VcC8x+ItjE6be95BWijIwbDraQsAYCMqLBX0hogRGCQITvzEogwQAiBBsEQQsBAChhDAiYwAkkQodUcnWFY6b1KHAxEWUvp5Pu6WCVYAQbl0rD9U+aUN8+Hvl2kuFeCrxjtLQyXy4OyESO6dRxH5HKAJRU5X3O0WcBFGvHLamK8CVPB2/UZJATmwTmP1mi+k1QJ1qYvvWsdoQPYV0M3hPqQFz5jHWq/uUJtdko+hkgfadkvOfC7lTiginNQj1/jxw9VpJcmuLKlXihP+HNJ9lDAut1yM/mMKO9M2mn7U64/Lap2xulKtmCNKPAOz9zFy5gtDQZGXGDz4ymiHnHFIVzWG3R+dh3R81SOnVOtTGnxbLMB3NtXC645rfE6p6D6TmLvWzu2HoOvV+lKHB85Xw0T8ASgmjPlKZMCKDI=",
    ],
    [
      "--ultra -22",
      3000,
      "KLUv/QSIfQoAskIJD7A3B02NnYaQHR2GHRjM6VcC8x+ItjE6be95BWijIwbDraQsAYCMqLBX0hogRGCQITvzEogwQAiBBsEQQsBAChhDAiYwAkkQodUcnWFY6b1KHAxEWUvp5Pu6WCVYAQbl0rD9U+aUN8+Hvl2kuFeCrxjtLQyXy4OyESO6dRxH5HKAJRU5X3O0WcBFGvHLamK8CVPB2/UZJATmwTmP1mi+k1QJ1qYvvWsdoQPYV0M3hPqQFz5jHWq/uUJtdko+hkgfadkvOfC7lTiginNQj1/jxw9VpJcmuLKlXihP+HNJ9lDAut1yM/mMKO9M2mn7U64/Lap2xulKtmCNKPAOz9zFy5gtDQZGXGDz4ymiHnHFIVzWG3R+dh3R81SOnVOtTGnxbLMB3NtXC645rfE6p6D6TmLvWzu2HoOvV+lKHB85Xw0T8ASgmjPlKZMCKDLIQuo9",
    ],
    [
      "--fast=3",
      5000,
      "KLUv/QRIpRwA9AlzdGF0ZSBzdGF0ZQpqb3VybmFsCnN0YXRlIGFnZW50CmFnZW50IGpvdXJuYWwKCgogam8KYWcKdmFsdSBzdApqbyBqbwpzdAphZ2xvb3AKam8gam8Kam8Kc3QKam8gam90b2tlbiBzCmpvIGpvCmpvIGpvIGpvCmFnIGpvCnN0IGpvCmpvCmpvbG9vcCBzdApqbwpqb3VybmFsIGpvdXKCI6hSl3BSaP8MQgmycJbV7BKoAJuiIg4qJyRJkhQ6JxulsDlh4omUgqlo7OeltgrNv+q63FSSR/PskBoBJXKRl6LegrcXIL2n46ZYIPVq9RfUj6mD/NkqdDLHJ3PMR8gw2LY0JgbGunUW7cHV8BMxgBcrKtFW9W1eXD+plTrbdJAnae3L3qgRdmVzVxWnDv/ckcVV1zNkavykIvIcSZ47pXCsFuitMkHEU6xpxqba3FcpF1y/dur3HLoqjUX1llM/IVAOJnuBtSX6pfwM1f3gIT28zjG7Qq3j3VbpjLWefcKBks2/5kw4nqeuYVfrGnKj46aC+GOM0e8vzEzq2+604FhLJXPgoQN/aLPCghfocH6kJuz+HJdxo/lxq7gX25VJYLafxavfkbqpLBx0cFXY+G7q0bPvQ2mbVl9kIIDw4NHnEiuxNFLpWW68EB8v6lhGld/0J3ZBTlThBknOOst9ayuqHM3NZmBZ6DnO/cFfQAnkN3EkNJO+Xsu+o/vOmamkxIpaiZ+HyEtn31yBFmrWGLpVOzZRcTVI0G4ke9nBe1SnqTd22Vu/f4PwY+ejFYiaYD5KFds8rGlT8uzh1znOBT9TuShwQzqi4Vd7EyjjItgb7pbUQJbUG1V4tL+iK2SdA+YlklC+trKh2WDbRVNUZZroSX8EnpjNWuZQtgQ/dyqso1RIxGMh6Rcms7PXIud1uRwcyjkzoNqE83dP88U8xoaHy+4lj/I8q3k2VpAYwkSBA43P7MEH9ghjabyiyuzoZYFvxFsL+zukTAXBIp2YwjiFdBPbGMnbZ+o/j6u17B72p2R8wgpGp5UN7cJtJTnudB38zCVoRpb+WepoxPQyg9S/P6mAu3y/Xb7CW+l1eJHdf134mAtlIXbcm6n5P9A+3QKPY6TcwIc6gz/vs90szwTDwxTzayK4wX51xIrKZx/slzzHVSLP4Zm2F7Z+KYT3a3dCzgQ26qFxGs7zGy6MAx+l7CSfPuUM3QSMGtS01ruzrdI2rBA=",
    ],
  ])("reads what the reference program writes at %s, %i characters", (_level, length, packed) => {
    expect(text(decodeZstd(bytes(packed), LIMIT))).toBe(sample(length));
  });

  it.each([
    ["nothing", ""],
    ["a byte", "a"],
    ["one byte over and over", "a".repeat(300_000)],
    ["words", sample(300_000)],
  ])("%s survives the way there and back", (_name, value) => {
    expect(text(decodeZstd(encodeZstd(encode(value)), LIMIT))).toBe(value);
  });

  it("any bytes survive the way there and back", () => {
    const repetitive = fc.array(fc.constantFrom(..."aab"), { maxLength: 3000 }).map((parts) => encode(parts.join("")));
    fc.assert(
      fc.property(fc.oneof(repetitive, fc.uint8Array({ maxLength: 3000 })), (data) => {
        expect(Buffer.compare(decodeZstd(encodeZstd(data), LIMIT), data)).toBe(0);
      }),
    );
  });

  it("repetition is worth something", () => {
    expect(encodeZstd(encode(sample(100_000))).length).toBeLessThan(60_000);
    expect(encodeZstd(encode("a".repeat(100_000))).length).toBeLessThan(50);
  });

  it("several frames, and ones that are to be skipped, are one text", () => {
    const skipped = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9);
    const all = Buffer.concat([encodeZstd(encode("ab")), skipped, encodeZstd(encode("cd"))]);
    expect(text(decodeZstd(all, LIMIT))).toBe("abcd");
  });

  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "the data are empty"],
    ["another format", encode("hello"), "the data are not in the Zstandard format"],
    ["too few bytes", Uint8Array.of(0x28, 0xb5), "the data end too early"],
    [
      "a changed byte",
      encodeZstd(encode("abcdef")).map((byte, at) => (at === 18 ? byte ^ 1 : byte)),
      "the checksum does not fit the data",
    ],
    ["a dictionary", Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x21, 7, 0, 1, 0, 0), "dictionaries are not supported"],
  ])("refuses %s", (_name, data, expected) => {
    expect(zstdProblem(data)).toBe(expected);
  });

  it("refuses more than the limit", () => {
    expect(zstdProblem(encodeZstd(encode("a".repeat(1000))), 999)).toBe("the output is larger than 999 bytes");
  });

  it("garbage is an error, never anything else", () => {
    const whole = bytes(
      "KLUv/QRolQMAAsIGC9A9ZCblmA/g4IGiSrD3f99ZIWCCOrXxIyExJ6BwrxSrAVBEQE7dDU350ssVCQ5ST0rCt3u3NzvlsxgNuvNWVuJe6OA+ARLfvXXuK5wm6XGziVXkJxJvj41uPYvlv9NFHMkZmbIHtQN+bPuGmXbKqSDvNw==",
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const changed = whole.slice();
          for (const [at, byte] of changes) changed[at] = byte;
          zstdProblem(changed);
          for (const [at] of changes) zstdProblem(whole.subarray(0, at));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("the checksum is the published one", () => {
    expect(xxhash64(new Uint8Array(0)).toString(16)).toBe("ef46db3751d8e999");
    expect(xxhash64(encode("abc")).toString(16)).toBe("44bc2cf5ad770999");
  });
});

const zlib: Deflate = {
  deflate: (data) => compression["bytes.compress"]({ algorithm: "deflate-raw", data, level: 6 }),
  inflate: (data, maxBytes) => compression["bytes.decompress"]({ algorithm: "deflate-raw", data, maxBytes }),
};

describe("tar", () => {
  const long = `${"n".repeat(120)}.txt`;
  const expected = [
    ["a.txt", "alpha"],
    ["dir/b.txt", "beta"],
    [long, "long"],
  ];
  /** Made by GNU tar: two files, a folder, a link, a name of 124 characters. */
  it.each([
    [
      "GNU",
      "H4sIAAAAAAACA+3XTQ7CIBAF4DkKJ+iP/MzWA/QSNBptbKqpmHh80ZVhYdMFo5H3bSDdDu9BfRXugfJqImfMa43SNbJv++d351xLqiEBt2vws1JUKD9ejp6gVLthrkkg/2zth/yne2ecJmWRf5H595nvgOX+N8n82WhG/0vo9wH1X7BxmE4i/c+8ov/Zmtj/Gy/wOC08/1Vd1dvuPB26fAdhqf9bTt//8bQ4Uh36P7vpSwSSDT8y/9XvP603jP9/mfs/Vj9SAAAAAAAAAAAAAPB/HkcYrrcAKAAA",
    ],
    [
      "pax",
      "H4sIAAAAAAACA+3XvQ6CMBQF4M4+BU8ALf2b3B19hRKIEEklUBMe3+KEDKKJlCDnW27ThTQ397SY2PWOLIt6Sohn9abVk6O132eUKUYiSgK4d860/vO/OOT4cBth6qY0BPYqr9qEBJh/LeWb+Z+utVacRBLzH6T/2cJ3wHz+i2n+a66R/yFkhUP871hd2WuQ/Nf68/xnjAqf/6kJ8Djd+fzHydn0p8LkRdsldhlz+Z9S9dp/zocS9VvK/41iXESNceXRrmQY8QNyeC0hWvz1+48LqfH/H+b+v9kLpgAAAAAAAAAAAADg/zwAyUZQigAoAAA=",
    ],
  ])("reads archives of %s", async (_name, packed) => {
    const entries = await extractTar(gunzipSync(bytes(packed)));
    expect(entries.map(({ path, content }) => [path, text(content)])).toEqual(expected);
    expect(entries[0]?.mode).toBe(0o644);
  });

  it("what is written is read, names of any length too", async () => {
    const entries = [
      { path: "é", content: encode("x".repeat(512)), mode: 0o755 },
      { path: `${"d".repeat(90)}/${"e".repeat(90)}`, content: new Uint8Array(0), mode: 0o600 },
      { path: "ü".repeat(300), content: encode("y"), mode: 0o644 },
    ];
    expect(await extractTar(await createTar(entries))).toEqual(entries);
  });

  it("the same files make the same archive, whenever", async () => {
    const entries = [{ path: "a", content: encode("abc"), mode: 0o644 }];
    expect(await createTar(entries)).toEqual(await createTar(entries));
    const [header] = (await unpackTar(await createTar(entries))).map((entry) => entry.header);
    expect(header?.mtime?.getTime()).toBe(0);
  });

  it("nothing makes an empty archive, and nothing at all is one", async () => {
    expect(await extractTar(await createTar([]))).toEqual([]);
    expect(await extractTar(new Uint8Array(0))).toEqual([]);
  });

  const whole = () => createTar([{ path: "a", content: encode("abc"), mode: 0 }]);
  it.each<[string, () => Promise<Uint8Array>]>([
    ["garbage", async () => encode("x".repeat(600))],
    ["a byte", async () => encode("x")],
    ["one that ends in a header", async () => (await whole()).subarray(0, 300)],
    ["one that ends in a file", async () => (await whole()).subarray(0, 513)],
    ["one that ends after a file", async () => (await whole()).subarray(0, 1024)],
    ["a changed header", async () => (await whole()).map((byte, at) => (at === 0 ? byte ^ 1 : byte))],
  ])("refuses %s", async (_name, make) => {
    await expect(extractTar(await make())).rejects.toThrow(ArchiveError);
  });
});

describe("zip", () => {
  const refused = async (data: Uint8Array, maxBytes = LIMIT): Promise<string> =>
    extractZip(data, zlib, maxBytes).then(
      () => "no error",
      (error: unknown) => (error instanceof ArchiveError ? error.message : String(error)),
    );

  /** Made by Info-ZIP. */
  it("reads archives of others", async () => {
    const entries = await extractZip(
      bytes(
        "UEsDBAoAAAAAAAAAIQBqOeDQBQAAAAUAAAAFAAAAYS50eHRhbHBoYVBLAwQKAAAAAAAAACEAYwSRjwQAAAAEAAAACQAAAGRpci9iLnR4dGJldGFQSwECHgMKAAAAAAAAACEAajng0AUAAAAFAAAABQAAAAAAAAABAAAApIEAAAAAYS50eHRQSwECHgMKAAAAAAAAACEAYwSRjwQAAAAEAAAACQAAAAAAAAABAAAApIEoAAAAZGlyL2IudHh0UEsFBgAAAAACAAIAagAAAFMAAAAAAA==",
      ),
      zlib,
      LIMIT,
    );
    expect(entries.map(({ path, content }) => [path, text(content)])).toEqual([
      ["a.txt", "alpha"],
      ["dir/b.txt", "beta"],
    ]);
  });

  it("what is written is read", async () => {
    const entries = [
      { path: "a", content: encode(sample(2000)) },
      { path: "é/b", content: Uint8Array.of(0, 1, 2) },
      { path: "empty", content: new Uint8Array(0) },
    ];
    const archive = await createZip(entries, zlib);
    expect(archive.length).toBeLessThan(1500);
    expect(await extractZip(archive, zlib, LIMIT)).toEqual(entries);
  });

  it("nothing makes an empty archive", async () => {
    expect(await extractZip(await createZip([], zlib), zlib, LIMIT)).toEqual([]);
  });

  it("refuses what is none, is cut, is changed, or is too much", async () => {
    const archive = await createZip([{ path: "a", content: Uint8Array.of(1, 2, 3, 4) }], zlib);
    expect(await refused(encode("x".repeat(100)))).toBe("Invalid Zip archive: could not find its end");
    expect(await refused(new Uint8Array(0))).toBe("Invalid Zip archive: could not find its end");
    // Its end tells where the directory was before the cut.
    expect(await refused(archive.subarray(20))).toBe("Invalid Zip archive: no directory entry");
    expect(await refused(archive.subarray(40))).toBe("unexpected end of archive");
    expect(await refused(archive.map((byte, at) => (at === 31 ? byte ^ 1 : byte)))).toBe("Invalid checksum of a");
    expect(await refused(archive, 3)).toBe("the contents are larger than 3 bytes");
  });
});

describe("the builtins", () => {
  it.each([
    ["gzip", gzipSync("other")],
    ["brotli", brotliCompressSync("other")],
  ])("%s: there and back, and what others have packed", async (name, packed) => {
    const lines = await printed(
      `println(bytes_to_string(${name}_decode(${name}_encode("text", 1))))
println(bytes_to_hex(${name}_decode(${name}_encode(bytes_from_hex("00ff")))))
println(bytes_to_string(${name}_decode(read_file_bytes("p"))))`,
      { compression, files: { p: new Uint8Array(packed) } },
    );
    expect(lines).toEqual(["text", "00ff", "other"]);
  });

  it("archives of files", async () => {
    const lines = await printed(
      `let files = [{path: "d/a", content: "alpha", mode: 493}, {path: "b", content: bytes_from_hex("00")}]
println(tar_extract(tar_create(files)).map({ e -> "\${e.path} \${e.mode} \${len(e.content)}" }))
println(zip_extract(zip_create(files)).map({ e -> "\${e.path} \${len(e.content)}" }))`,
      { compression },
    );
    expect(lines).toEqual(["[d/a 493 5, b 420 1]", "[d/a 5, b 1]"]);
  });

  it.each([
    ["gzip_encode(1)", "gzip_encode: expected bytes or string at argument 1, got int"],
    ["gzip_encode()", "gzip_encode: missing argument 1"],
    ['gzip_encode("a", 10)', "gzip_encode: level must be between 0 and 9, got 10"],
    ['brotli_encode("a", "x")', "brotli_encode: quality must be an int, got string"],
    ['zstd_encode("a", 23)', "zstd_encode: level must be between -131072 and 22, got 23"],
    ['gzip_decode("a")', "gzip_decode: expected bytes at argument 1, got string"],
    ['gzip_decode(bytes_from_string("x"))', "gzip_decode: unexpected end of file"],
    ['zstd_decode(bytes_from_string("hello"))', "zstd_decode: the data are not in the Zstandard format"],
    ["tar_create(1)", "tar_create: entries must be a list, got int"],
    ["tar_create([{}])", "tar_create: entry 1 is missing path"],
    ['tar_create([{path: ""}])', "tar_create: entry 1 path must not be empty"],
    ['tar_create([{path: "a"}])', "tar_create: entry 1 is missing content"],
    [
      'tar_create([{path: "/a", content: ""}])',
      "tar_create: entry 1 invalid path: paths in archives must be relative, got /a",
    ],
    [
      'zip_create([{path: "../a", content: ""}])',
      "zip_create: entry 1 invalid path: paths in archives must not have `..`, got ../a",
    ],
    ['tar_create([{path: "a", content: 1}])', "tar_create: entry 1 content must be bytes or string, got int"],
    ['tar_create([{path: "a", content: "", mode: 5000}])', "tar_create: entry 1 mode must be between 0 and 4095"],
    ['tar_extract(bytes_from_string("x"))', "tar_extract: not a whole tar archive: Tar archive is truncated"],
    ['zip_extract(bytes_from_string("x"))', "zip_extract: Invalid Zip archive: could not find its end"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression, { compression })).toBe(`Runtime error: ${expected}`);
  });

  it("a host that cannot compress says so", async () => {
    expect(await caught('gzip_encode("a")')).toBe("Runtime error: gzip_encode: This host cannot compress");
    expect(await shown('bytes_to_string(zstd_decode(zstd_encode("a")))')).toBe("a");
  });
});

describe("compression of the Node host", () => {
  it("stops at the limit", async () => {
    const data = await compression["bytes.compress"]({ algorithm: "gzip", data: new Uint8Array(10_000), level: 9 });
    await expect(compression["bytes.decompress"]({ algorithm: "gzip", data, maxBytes: 9999 })).rejects.toMatchObject({
      kind: "invalid_input",
      message: "the output is larger than 9999 bytes",
    });
  });
});
