/**
 * The `[exports]` table of a package's `harn.toml`: export name → path inside the package.
 *
 * Reads that one table out of the file and skips the rest of TOML without judging it: `[exports]` sections, `exports.name`
 * and `exports = { … }` at the top, bare and quoted keys, basic and literal strings. Values that are not strings are
 * left out.
 */

import { table } from "../../base/index.ts";

type StringTable = ReadonlyMap<string, string>;

export function readPackageExports(manifest: string): StringTable {
  const exports = new Map<string, string>();
  let section = "";
  let multiline: string | undefined;
  for (const rawLine of manifest.split("\n")) {
    const line = rawLine.trim();
    if (multiline !== undefined) {
      if (line.includes(multiline)) multiline = undefined;
      continue;
    }
    const header = /^\[\s*([^\]]*?)\s*\](?:\s*#.*)?$/.exec(line);
    if (header !== null) {
      section = header[1]!;
      continue;
    }
    const entry = /^((?:[\w.-]|"[^"]*"|'[^']*'|\s(?=[\s.=]))+?)\s*=\s*(.*)$/.exec(line);
    if (entry === null) continue;
    const [, key = "", value = ""] = entry;
    multiline = openMultiline(value);
    addEntry(exports, section === "" ? splitKey(key) : [section, ...splitKey(key)], value);
  }
  return exports;
}

function addEntry(exports: Map<string, string>, path: readonly string[], value: string): void {
  if (path[0] !== "exports") return;
  if (path.length === 1) {
    for (const [name, target] of inlineTable(value)) exports.set(name, target);
    return;
  }
  const text = stringValue(value);
  if (text !== undefined) exports.set(path.slice(1).join("."), text);
}

/** `a."b.c"` is the two parts `a` and `b.c`. */
function splitKey(key: string): string[] {
  return [...key.matchAll(/"([^"]*)"|'([^']*)'|[\w-]+/g)].map((part) => part[1] ?? part[2] ?? part[0]);
}

function stringValue(value: string): string | undefined {
  const literal = /^'([^']*)'/.exec(value);
  if (literal !== null) return literal[1];
  const basic = /^"((?:[^"\\]|\\.)*)"/.exec(value);
  if (basic === null || value.startsWith('"""')) return undefined;
  return basic[1]!.replace(/\\(.)/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped);
}

const ESCAPES: Readonly<Record<string, string>> = table({ n: "\n", t: "\t", r: "\r" });

function inlineTable(value: string): [string, string][] {
  if (!value.startsWith("{")) return [];
  const pairs = value.matchAll(/("[^"]*"|'[^']*'|[\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|'[^']*')/g);
  return [...pairs].map(([, key = "", text = ""]) => [splitKey(key)[0] ?? "", stringValue(text) ?? ""]);
}

/** The quotes a value opens on its line without closing them there. */
function openMultiline(value: string): string | undefined {
  for (const quotes of ['"""', "'''"]) {
    const first = value.indexOf(quotes);
    if (first >= 0 && value.indexOf(quotes, first + 3) < 0) return quotes;
  }
  return undefined;
}
