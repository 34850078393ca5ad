/** Signing addresses and checking them. */

import { Dict, display, isInt, RuntimeError, record, toDouble, typeName, type Value } from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";
import { type SignedUrlOptions, signUrl, splitUrl, type UrlParts, verifyUrl } from "./signed-url.ts";

const runtime = (message: string): RuntimeError => new RuntimeError("runtime", message);

function requireString(value: Value, builtin: string, name: string): string {
  if (typeof value === "string") return value;
  throw runtime(`${builtin}: ${name} must be a string, got ${typeName(value)}`);
}

function requireInt(value: Value, builtin: string, name: string): number | bigint {
  if (isInt(value)) return value;
  throw runtime(`${builtin}: ${name} must be an int, got ${typeName(value)}`);
}

function signingOptions(options: Value, builtin: string): SignedUrlOptions {
  if (options !== undefined && !(options instanceof Dict)) {
    throw runtime(`${builtin}: options must be a dict, got ${typeName(options)}`);
  }
  const text = (name: string): string | undefined => {
    const value = options?.map.get(name);
    return value === undefined ? undefined : requireString(value, builtin, `option \`${name}\``);
  };
  const param = (name: string, fallback: string): string => {
    const value = text(name) ?? fallback;
    if (value === "") throw runtime(`${builtin}: option \`${name}\` cannot be empty`);
    return value;
  };
  const skew = options?.map.get("skew_seconds");
  const kid = text("kid");
  const read = {
    signatureParam: param("signature_param", "sig"),
    expiresParam: param("expires_param", "exp"),
    kidParam: param("kid_param", "kid"),
    ...(kid === undefined ? {} : { kid }),
    skewSeconds: skew === undefined ? 0 : toDouble(requireInt(skew, builtin, "option `skew_seconds`")),
  };
  if (new Set([read.signatureParam, read.expiresParam, read.kidParam]).size < 3) {
    throw runtime(`${builtin}: signature_param, expires_param, and kid_param must be distinct`);
  }
  if (read.skewSeconds < 0) throw runtime(`${builtin}: skew_seconds must be greater than or equal to 0`);
  return read;
}

function urlParts(text: string, builtin: string): UrlParts {
  const parts = splitUrl(text);
  if ("message" in parts) throw runtime(`${builtin}: ${parts.message}`);
  return parts;
}

function secretChooser(secrets: Value): (kid: string | undefined) => string | undefined {
  if (typeof secrets === "string") return () => secrets;
  if (!(secrets instanceof Dict)) {
    throw runtime(`verify_signed_url: secret_or_keys must be a string or dict, got ${typeName(secrets)}`);
  }
  return (kid) => (kid === undefined || !secrets.map.has(kid) ? undefined : display(secrets.map.get(kid)));
}

export const signedUrlBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "signed_url(base: string, claims: dict, secret: string, expires_at: int, options?: dict) -> string",
      summary: "Add claims, an expiry in seconds and a signature to the query of an address or path",
      errors: "Throws for arguments of a wrong kind and reserved claims",
      example: 'println(contains(signed_url("/a", {}, "secret", 100), "sig="))',
    },
    (args) => {
      const builtin = "signed_url";
      if (args.length < 4 || args.length > 5) {
        throw runtime(`${builtin}: requires 4 or 5 arguments: base, claims, secret, expires_at, options?`);
      }
      const [base, claims, secret, expiresAt] = args;
      const options = signingOptions(args[4], builtin);
      const text = requireString(base, builtin, "base");
      if (!(claims instanceof Dict)) throw runtime(`${builtin}: claims must be a dict, got ${typeName(claims)}`);
      for (const reserved of [options.signatureParam, options.expiresParam, options.kidParam]) {
        if (claims.map.has(reserved)) {
          throw runtime(`${builtin}: claims cannot contain reserved parameter \`${reserved}\``);
        }
      }
      const pairs = claims.keys().map((key) => [key, display(claims.map.get(key))] as const);
      const key = requireString(secret, builtin, "secret");
      return signUrl(urlParts(text, builtin), pairs, key, requireInt(expiresAt, builtin, "expires_at"), options);
    },
  ),
  pure(
    {
      signature: "verify_signed_url(url: string, secret_or_keys: string | dict, now: int, options?: dict) -> dict",
      summary: "Check a signed address: `{valid, reason, signature_valid, expired, expires_at, kid, claims}`",
      errors: "Throws for arguments of a wrong kind",
      example: 'println(verify_signed_url("/a", "secret", 0).reason)',
    },
    (args) => {
      const builtin = "verify_signed_url";
      if (args.length < 3 || args.length > 4) {
        throw runtime(`${builtin}: requires 3 or 4 arguments: url, secret_or_keys, now, options?`);
      }
      const options = signingOptions(args[3], builtin);
      const parts = urlParts(requireString(args[0], builtin, "url"), builtin);
      const now = toDouble(requireInt(args[2], builtin, "now"));
      const found = verifyUrl(parts, secretChooser(args[1]), now, options);
      return record({
        valid: found.reason === "ok",
        reason: found.reason,
        signature_valid: found.signatureValid,
        expired: found.expired,
        expires_at: found.expiresAt,
        kid: found.kid,
        claims: new Dict(new Map(found.claims)),
      });
    },
  ),
];
