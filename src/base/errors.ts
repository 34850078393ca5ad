/** Errors about the world. Errors about the user's program are diagnostics (`lang`), which are values. */

import type { Json } from "./json.ts";

export interface HarnErrorOptions {
  readonly cause?: unknown;
  /** Extra facts, safe to log: no secrets, no request bodies. */
  readonly data?: Readonly<Record<string, Json>>;
}

/** An error with a permanent `code`; messages may be reworded, codes may not. */
export class HarnError extends Error {
  readonly code: string;
  readonly data: Readonly<Record<string, Json>>;

  constructor(code: string, message: string, options: HarnErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "HarnError";
    this.code = code;
    this.data = options.data ?? {};
  }
}

/** What went wrong outside, by kind rather than by platform errno. */
export type HostErrorKind =
  | "not_found"
  | "permission_denied"
  | "already_exists"
  | "not_a_directory"
  | "is_a_directory"
  | "not_empty"
  | "no_space"
  | "timeout"
  | "cancelled"
  | "connection_refused"
  | "connection_reset"
  | "dns"
  | "tls"
  | "unsupported"
  | "invalid_input"
  | "other";

/** A failed host effect: `code` is `host.<kind>`, `effect` names the request. */
export class HostError extends HarnError {
  readonly kind: HostErrorKind;
  readonly effect: string;

  constructor(kind: HostErrorKind, effect: string, message: string, options: HarnErrorOptions = {}) {
    super(`host.${kind}`, message, options);
    this.name = "HostError";
    this.kind = kind;
    this.effect = effect;
  }
}
