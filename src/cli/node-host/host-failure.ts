/** Turns what Node throws into a {@link HostError} with a kind: the one place that reads platform error codes. */

import { HostError, type HostErrorKind, table } from "../../base/index.ts";

const kindOfCode: Readonly<Record<string, HostErrorKind>> = table({
  ENOENT: "not_found",
  EACCES: "permission_denied",
  EPERM: "permission_denied",
  EROFS: "permission_denied",
  EEXIST: "already_exists",
  ENOTDIR: "not_a_directory",
  EISDIR: "is_a_directory",
  ERR_FS_EISDIR: "is_a_directory",
  ENOTEMPTY: "not_empty",
  ENOSPC: "no_space",
  EDQUOT: "no_space",
  EFBIG: "no_space",
  ETIMEDOUT: "timeout",
  ESOCKETTIMEDOUT: "timeout",
  ECONNREFUSED: "connection_refused",
  EHOSTUNREACH: "connection_refused",
  ENETUNREACH: "connection_refused",
  ECONNRESET: "connection_reset",
  ECONNABORTED: "connection_reset",
  EPIPE: "connection_reset",
  ERR_STREAM_PREMATURE_CLOSE: "connection_reset",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  EAI_FAIL: "dns",
  EPROTO: "tls",
  CERT_HAS_EXPIRED: "tls",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tls",
  SELF_SIGNED_CERT_IN_CHAIN: "tls",
  HOSTNAME_MISMATCH: "tls",
  EINVAL: "invalid_input",
  ENAMETOOLONG: "invalid_input",
  E2BIG: "invalid_input",
  ELOOP: "invalid_input",
  ERR_INVALID_URL: "invalid_input",
  ERR_INVALID_CHAR: "invalid_input",
  ERR_INVALID_HTTP_TOKEN: "invalid_input",
  ERR_HTTP_INVALID_HEADER_VALUE: "invalid_input",
  ERR_UNESCAPED_CHARACTERS: "invalid_input",
  ERR_INVALID_ARG_VALUE: "invalid_input",
  ERR_INVALID_ARG_TYPE: "invalid_input",
  ERR_FS_CP_EINVAL: "invalid_input",
  ERR_FS_FILE_TOO_LARGE: "invalid_input",
  ENOSYS: "unsupported",
  ENOTSUP: "unsupported",
});

const words: Readonly<Record<HostErrorKind, string>> = {
  not_found: "no such file, folder or command",
  permission_denied: "permission denied",
  already_exists: "it exists already",
  not_a_directory: "a part of the path is not a folder",
  is_a_directory: "it is a folder",
  not_empty: "the folder is not empty",
  no_space: "no space is left on the device",
  timeout: "it took too long",
  cancelled: "it was cancelled",
  connection_refused: "the connection was refused",
  connection_reset: "the connection was closed before the end",
  dns: "the host name is not known",
  tls: "the secure connection could not be made",
  unsupported: "the platform does not support it",
  invalid_input: "the platform did not accept the value",
  other: "the platform failed",
};

/** More than the kind tells, where a user can do something about it. */
const wordsOfCode: Readonly<Record<string, string>> = table({
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  CERT_NOT_YET_VALID: "the server's certificate is not valid yet; is the clock right?",
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is that of another host",
  ERR_TLS_PIN_MISMATCH: "the server's key is not the pinned one",
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted(),
  SELF_SIGNED_CERT_IN_CHAIN: untrusted(),
  UNABLE_TO_GET_ISSUER_CERT: untrusted(),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted(),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted(),
});

function untrusted(): string {
  return "the server's certificate is of an authority that is not trusted; name the authority's file in NODE_EXTRA_CA_CERTS if it should be";
}

/** The platform's code of an error, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

export function kindOfError(error: unknown): HostErrorKind {
  const code = codeOf(error);
  if (code === undefined) return "other";
  const known = kindOfCode[code];
  if (known !== undefined) return known;
  return /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|ERR_CERT)/.test(code) ? "tls" : "other";
}

/**
 * @param what the attempt, as the start of a sentence: "Cannot read notes.txt"
 * @param data facts safe to log
 */
export function toHostError(
  error: unknown,
  effect: string,
  what: string,
  data: Record<string, string> = {},
): HostError {
  if (error instanceof HostError) return error;
  const kind = kindOfError(error);
  const code = codeOf(error);
  const known = code === undefined ? undefined : wordsOfCode[code];
  const detail = known ?? (kind === "other" && error instanceof Error ? firstLine(error.message) : words[kind]);
  return new HostError(kind, effect, `${what}: ${detail}${code === undefined ? "" : ` (${code})`}`, {
    cause: error,
    data: { ...data, ...(code !== undefined && { platformCode: code }) },
  });
}

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? "";
