/**
 * What repeating an effect would do, as far as its name and arguments tell. Decides whether an intent is made durable
 * before the effect runs, and what a resumed run does with an effect that was in flight.
 */

import type { AsyncEffects, HttpRequest, StreamEffects } from "../base/index.ts";
import type { Safety } from "./spec.ts";

export interface SafetyVerdict {
  readonly safety: Safety;
  /** For `idempotent`: what makes two performances the same one. */
  readonly key?: string;
  /** The result is worth a disk synchronisation before the program sees it. Default: true unless `pure`. */
  readonly keep?: boolean;
  /** The start is stored before anything happens. Default: true unless `pure`. */
  readonly announce?: boolean;
}

/** Handed in to declare own effects, or to overrule {@link defaultSafety}, which it may call. */
export type ClassifySafety = (kind: string, args: unknown) => SafetyVerdict;

const PURE: SafetyVerdict = { safety: "pure" };
/** Repeating costs time and money, so the answer is kept as soon as it is there. */
const COSTLY: SafetyVerdict = { safety: "pure", keep: true };
/** Somebody sends a bill: no call may be on it that the journal knows nothing of. */
const BILLED: SafetyVerdict = { ...COSTLY, announce: true };
const UNSAFE: SafetyVerdict = { safety: "unsafe" };

type AsyncKind = keyof AsyncEffects | keyof StreamEffects;
type ArgsOf<K extends AsyncKind> = K extends keyof AsyncEffects
  ? AsyncEffects[K]["args"]
  : K extends keyof StreamEffects
    ? StreamEffects[K]["args"]
    : never;

/** A new effect does not compile until somebody has decided what repeating it does. */
const RULES: { readonly [K in AsyncKind]: SafetyVerdict | ((args: ArgsOf<K>) => SafetyVerdict) } = {
  sleep: PURE,
  "console.readLine": COSTLY,
  "console.readAll": COSTLY,
  "fs.read": PURE,
  "fs.write": ({ path, append, repeatable }) =>
    append === true && repeatable !== true ? UNSAFE : { safety: "idempotent", key: `write ${path}` },
  "fs.list": PURE,
  "fs.entries": PURE,
  "fs.stat": PURE,
  "fs.mkdir": ({ path }) => ({ safety: "idempotent", key: `mkdir ${path}` }),
  "fs.remove": ({ path }) => ({ safety: "idempotent", key: `remove ${path}` }),
  "fs.copy": ({ from, to }) => ({ safety: "idempotent", key: `copy ${from} ${to}` }),
  "fs.move": ({ from, to, repeatable }) =>
    repeatable === true ? { safety: "idempotent", key: `move ${from} ${to}` } : UNSAFE,
  "process.run": UNSAFE,
  "http.request": httpSafety,
  "bytes.compress": PURE,
  "bytes.decompress": PURE,
  "crypto.publicKey": PURE,
  "crypto.sign": PURE,
  "crypto.verify": PURE,
  "crypto.agree": PURE,
  "http.stream": httpSafety,
  "model.stream": BILLED,
};

/**
 * Reading is pure; model calls and safe HTTP methods are pure but costly; replacing a whole file, making a folder,
 * removing, `PUT` and `DELETE`, and any request with an `idempotency-key` header are idempotent; all else (processes,
 * `POST`, appending and moving unless they are said to be repeatable) is unsafe, and so is an effect that is not in the table.
 */
export const defaultSafety: ClassifySafety = (kind, args) => {
  if (!Object.hasOwn(RULES, kind)) return UNSAFE;
  const rule = RULES[kind as AsyncKind];
  return typeof rule === "function" ? rule(args as never) : rule;
};

function httpSafety(request: HttpRequest): SafetyVerdict {
  const method = request.method.toUpperCase();
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return COSTLY;
  const name = Object.keys(request.headers).find((header) => header.toLowerCase() === "idempotency-key");
  if (name !== undefined) return { safety: "idempotent", key: request.headers[name]! };
  if (method === "PUT" || method === "DELETE") return { safety: "idempotent", key: `${method} ${request.url}` };
  return UNSAFE;
}
