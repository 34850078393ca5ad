/** Paths that programs make up (keys of a session, namespaces): they lead to places inside a folder, and nowhere else. */

import { isPartName } from "./state-files.ts";

/** The whole path, in UTF-16 units. */
export const MAX_PATH_LENGTH = 1024;
/** Each name in it, in bytes of UTF-8; file systems take 255, and names beside it are a little longer. */
export const MAX_NAME_BYTES = 200;

/** The control characters, NUL among them, and the separator of other platforms. */
const UNSAFE = /[\u0000-\u001f\u007f\\]/;

export type InnerPath =
  | { readonly ok: true; readonly names: readonly string[] }
  /** Reads on after what the path is: "must be relative". */
  | { readonly ok: false; readonly problem: string };

/**
 * Takes a path apart; `.` and doubled slashes count for nothing.
 *
 * @param place what it may not lead out of, as messages call it
 * @param reserved names that the folder has a use for
 */
export function innerPath(text: string, place: string, reserved: readonly string[] = []): InnerPath {
  const refused = (problem: string): InnerPath => ({ ok: false, problem });
  if (text.trim() === "") return refused("must be a non-empty relative path");
  if (text.length > MAX_PATH_LENGTH) {
    return refused(`may have ${MAX_PATH_LENGTH} characters at most, got ${text.length}`);
  }
  if (UNSAFE.test(text)) return refused("must not have backslashes or control characters; write `/` between names");
  if (/^(\/|[A-Za-z]:)/.test(text)) return refused("must be relative");
  const names = text.split("/").filter((name) => name !== "" && name !== ".");
  if (names.length === 0) return refused("must name something");
  for (const name of names) {
    if (name === "..") return refused(`must not escape ${place}`);
    if (isPartName(name) || reserved.includes(name)) return refused("uses a reserved internal path");
    const { length } = new TextEncoder().encode(name);
    if (length > MAX_NAME_BYTES) return refused(`has a name of ${length} bytes, at most ${MAX_NAME_BYTES}`);
  }
  return { ok: true, names };
}

/** Text of a program in a message, on one line and not too long. */
export function quoted(text: string): string {
  const plain = text.replace(/[\u0000-\u001f\u007f]/g, "?");
  return `'${plain.length > 80 ? `${plain.slice(0, 80)}…` : plain}'`;
}
