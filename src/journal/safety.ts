/**
 * What repeating an effect would do, as far as its name and arguments tell. Decides whether an intent is made durable
 * before the effect runs, and what a resumed run does with an effect that was in flight.
 */

import type { HttpRequest } from "../base/index.ts";
import type { Safety } from "./spec.ts";

export interface SafetyVerdict {
  readonly safety: Safety;
  /** For `idempotent`: what makes two performances the same one. */
  readonly key?: string;
  /** The result is worth a disk synchronisation before the program sees it. Default: true unless `pure`. */
  readonly keep?: boolean;
}

/** Handed in to declare own effects, or to overrule {@link defaultSafety}, which it may call. */
export type ClassifySafety = (kind: string, args: unknown) => SafetyVerdict;

const PURE: SafetyVerdict = { safety: "pure" };
/** Repeating costs time and money, so the answer is kept as soon as it is there. */
const COSTLY: SafetyVerdict = { safety: "pure", keep: true };
const UNSAFE: SafetyVerdict = { safety: "unsafe" };

/**
 * Rules: reading is pure; model calls and safe HTTP methods are pure but costly; replacing a whole file, making a
 * folder, removing, `PUT` and `DELETE`, and any request with an `idempotency-key` header are idempotent; all else
 * (processes, `POST`, appending, moving) is unsafe, and so is an effect this table does not know.
 */
export const defaultSafety: ClassifySafety = (kind, args) => {
  switch (kind) {
    case "sleep":
    case "fs.read":
    case "fs.list":
    case "fs.stat":
      return PURE;
    case "console.readLine":
    case "console.readAll":
    case "model.stream":
      return COSTLY;
    case "fs.write": {
      const { path, append } = args as { path: string; append?: boolean };
      return append === true ? UNSAFE : { safety: "idempotent", key: `write ${path}` };
    }
    case "fs.mkdir":
      return { safety: "idempotent", key: `mkdir ${(args as { path: string }).path}` };
    case "fs.remove":
      return { safety: "idempotent", key: `remove ${(args as { path: string }).path}` };
    case "fs.copy": {
      const { from, to } = args as { from: string; to: string };
      return { safety: "idempotent", key: `copy ${from} ${to}` };
    }
    case "http.request":
    case "http.stream":
      return httpSafety(args as HttpRequest);
  }
  return UNSAFE;
};

function httpSafety(request: HttpRequest): SafetyVerdict {
  const method = request.method.toUpperCase();
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return COSTLY;
  const name = Object.keys(request.headers).find((header) => header.toLowerCase() === "idempotency-key");
  if (name !== undefined) return { safety: "idempotent", key: request.headers[name]! };
  if (method === "PUT" || method === "DELETE") return { safety: "idempotent", key: `${method} ${request.url}` };
  return UNSAFE;
}
