/** What a page tells about itself. Plain types: both sides import them. */

export interface PageReport {
  /** What went wrong without anybody waiting for it. */
  readonly errors: readonly string[];
  /** By the name of the check. */
  readonly results: Readonly<Record<string, CheckResult>>;
}

export type CheckResult = { readonly value: unknown } | { readonly error: string };

/** What a page is told, in its address. */
export interface PageSettings {
  /** A server that speaks as the providers do, on another origin. */
  readonly models: string;
  /** A server that lets no page look at its answers. */
  readonly strangers: string;
  /** An address where nobody listens. */
  readonly nobody: string;
}
