import { createHmac, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { caught, printed, shown } from "../../../test/support/run-harn.ts";
import { cryptoHandlers as crypto } from "../../cli/node-host/signatures.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const other = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const files = {
  "ec.pem": privateKey,
  "ec.pub": publicKey,
  "rsa.pem": other.privateKey,
  "rsa.pub": other.publicKey,
};

const base64Url = (text: string): string => Buffer.from(text).toString("base64url");
function sharedToken(claims: string, secret: string): string {
  const signed = `${base64Url('{"alg":"HS256"}')}.${base64Url(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

describe("tokens (M3)", () => {
  it.each([
    ["ES256", "ec"],
    ["RS256", "rsa"],
  ])("%s: what is signed verifies, with the claims as they were", async (alg, name) => {
    const lines = await printed(
      `let token = jwt_sign("${alg}", {sub: "a", n: 9223372036854775807}, read_file("${name}.pem"))
println(json_parse(base64url_decode(split(token, ".")[0])))
println(jwt_verify("${alg}", token, read_file("${name}.pub")))`,
      { files, crypto },
    );
    expect(lines).toEqual([`{alg: ${alg}, typ: JWT}`, "{claims: {n: 9223372036854775807, sub: a}, valid: true}"]);
  });

  it("a shared secret", async () => {
    const token = sharedToken('{"sub":"a"}', "secret");
    expect(await shown(`jwt_verify("HS256", "${token}", "secret").claims`)).toBe("{sub: a}");
  });

  it.each([
    ['jwt_sign("HS256", {}, "k")', "Runtime error: jwt_sign: unsupported algorithm `HS256`; expected ES256 or RS256"],
    [
      'jwt_sign("toString", {}, "k")',
      "Runtime error: jwt_sign: unsupported algorithm `toString`; expected ES256 or RS256",
    ],
    ['jwt_sign("ES256", {})', "Runtime error: jwt_sign: requires 3 arguments: alg, claims, private_key"],
    ['jwt_sign("ES256", [], "k")', "Runtime error: jwt_sign: claims must be a dict, got list"],
    [
      'jwt_sign("ES256", {}, read_file("rsa.pem"))',
      "Runtime error: jwt_sign: invalid ES256 PEM private key: Expected a key for es256, got one for rsa",
    ],
    ['jwt_verify("none", "a.b.c", "k")', "jwt_verify: unsupported algorithm 'none'"],
    ['jwt_verify("HS256", "a.b", "k")', "jwt_verify: InvalidToken"],
    ['jwt_verify("HS256", "!.b.c", "k")', "jwt_verify: InvalidToken"],
    [`jwt_verify("HS256", "${sharedToken("{}", "x")}", "k")`, "jwt_verify: InvalidSignature"],
    [`jwt_verify("HS256", "${sharedToken("[]", "k")}", "k")`, "jwt_verify: InvalidToken"],
    [`jwt_verify("RS256", "${sharedToken("{}", "x")}", "k")`, "jwt_verify: InvalidAlgorithm"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression.replaceAll("\n", "\\n"), { files, crypto })).toBe(expected);
  });

  it("a key that is none", async () => {
    expect(await caught('jwt_sign("ES256", {}, "no key")', { crypto })).toMatch(
      /^Runtime error: jwt_sign: invalid ES256 PEM private key: /,
    );
  });
});

describe("key pairs", () => {
  it("sign and verify", async () => {
    const lines = await printed(
      `let k = ed25519_keypair()
let s = ed25519_sign(k.private, "hi")
println("\${len(k.private)} \${len(k.public)} \${len(s)}")
println(ed25519_verify(k.public, "hi", s))
println(ed25519_verify(k.public, "ho", s))
println(ed25519_verify(k.public, "hi", "00"))
println(ed25519_verify("zz", "hi", s))
println(ed25519_verify("00", "hi", s))`,
      { crypto },
    );
    expect(lines).toEqual(["64 64 128", "true", "false", "false", "false", "false"]);
  });

  /** RFC 8032, section 7.1, test 1. */
  it("a published vector", async () => {
    const lines = await printed(
      `println(ed25519_sign("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", ""))`,
      { crypto },
    );
    expect(lines[0]).toBe(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    );
  });

  it("agree on a secret", async () => {
    const lines = await printed(
      `let a = x25519_keypair()
let b = x25519_keypair()
println(x25519_agree(a.private, b.public) == x25519_agree(b.private, a.public))
println(len(x25519_agree(a.private, b.public)))`,
      { crypto },
    );
    expect(lines).toEqual(["true", "64"]);
  });

  it.each([
    ['ed25519_sign("zz", "m")', "ed25519_sign: invalid hex private key: Invalid character 'z' at position 0"],
    ['ed25519_sign("00", "m")', "ed25519_sign: private key must be 32 bytes"],
    ['x25519_agree("00", "00")', "x25519_agree: private must be 32 bytes"],
    ["ed25519_verify(1)", "ed25519_verify: expected (public_hex, message, signature_hex)"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression, { crypto })).toBe(expected);
  });

  it("a host without keys says so", async () => {
    expect(await caught("ed25519_keypair()")).toBe("Runtime error: This host has no keys and signatures");
  });
});

describe("signed addresses", () => {
  const verify = (change: string, secrets = '"s"', now = 10, options = ""): string =>
    `verify_signed_url(${change.replace("LINK", 'signed_url("https://x.test/a b?q=1#frag", {c: 2}, "s", 10)')}, ${secrets}, ${now}${options})`;

  it.each([
    ["as it was made", verify("LINK"), "ok true true false 10 {c: 2, q: 1}"],
    ["too late", verify("LINK", '"s"', 11), "expired false true true 10 {c: 2, q: 1}"],
    ["late within the skew", verify("LINK", '"s"', 12, ", {skew_seconds: 2}"), "ok true true false 10 {c: 2, q: 1}"],
    ["another secret", verify("LINK", '"t"'), "bad_signature false false false 10 {c: 2, q: 1}"],
    ["a changed claim", verify('replace(LINK, "c=2", "c=3")'), "bad_signature false false false 10 {c: 3, q: 1}"],
    ["a changed path", verify('replace(LINK, "a%20b", "a%20c")'), "bad_signature false false false 10 {c: 2, q: 1}"],
    ["a second signature", verify('LINK + "&sig=x"'), "missing_signature false false false nil {}"],
    ["a second expiry", verify('LINK + "&exp=99"'), "missing_expiry false false false nil {}"],
    ["no number as expiry", verify('"/a?sig=x&exp=y"'), "invalid_expiry false false false nil {}"],
    ["an unknown key", verify("LINK", '{k: "s"}'), "unknown_key false false false 10 {c: 2, q: 1}"],
  ])("%s", async (_name, expression, expected) => {
    const lines = await printed(
      `let v = ${expression}\nprintln("\${v.reason} \${v.valid} \${v.signature_valid} \${v.expired} \${v.expires_at} \${v.claims}")`,
    );
    expect(lines).toEqual([expected]);
  });

  it("the signature covers the address with its query in canonical order", async () => {
    const query = "c=2&exp=10&q=two%20words";
    const payload = `harn-signed-url-v1\nhttps://x.test/a\n${query}`;
    const signature = createHmac("sha256", "s").update(payload).digest("base64url");
    expect(await shown('signed_url("https://x.test/a?q=two+words", {c: 2}, "s", 10)')).toBe(
      `https://x.test/a?${query}&sig=${encodeURIComponent(signature)}`,
    );
  });

  it.each([
    ['signed_url("/a", {}, "s")', "requires 4 or 5 arguments: base, claims, secret, expires_at, options?"],
    ['signed_url("/a", {exp: 1}, "s", 1)', "claims cannot contain reserved parameter `exp`"],
    ['signed_url("a", {}, "s", 1)', "expected an absolute URL or an absolute path starting with `/`"],
    [
      'signed_url("mailto:a@b", {}, "s", 1)',
      "expected an absolute URL with a host or an absolute path starting with `/`",
    ],
    ['signed_url("/a", {}, "s", "1")', "expires_at must be an int, got string"],
    [
      'signed_url("/a", {}, "s", 1, {kid_param: "sig"})',
      "signature_param, expires_param, and kid_param must be distinct",
    ],
    ['signed_url("/a", {}, "s", 1, {kid_param: ""})', "option `kid_param` cannot be empty"],
    ['signed_url("/a", {}, "s", 1, {skew_seconds: -1})', "skew_seconds must be greater than or equal to 0"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(`Runtime error: signed_url: ${expected}`);
  });
});
