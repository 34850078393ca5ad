/** Our own programs stand in the layout that our own formatter gives. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { formatSource } from "../../src/lang/index.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** What the file is about would be gone. */
const LAYOUT_IS_THE_POINT: ReadonlySet<string> = new Set([
  "conformance/lexing/newline_and_semicolon_separate.harn",
  // Do not parse.
  "conformance/diagnostics/empty_statement.harn",
  "conformance/diagnostics/javascript_habits.harn",
  "conformance/diagnostics/python_habits.harn",
  "conformance/diagnostics/several_parse_errors.harn",
  "conformance/diagnostics/unclosed_brace.harn",
  "conformance/diagnostics/unclosed_parenthesis.harn",
  "conformance/diagnostics/unterminated_string.harn",
]);

it.each(["conformance", "examples"])("every program of %s is formatted, but for those listed", (folder) => {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    // `.harn` itself is the folder in which programs keep state.
    .filter((name) => /[^/\\]\.harn$/.test(name))
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`);
  expect(paths.length).toBeGreaterThan(0);
  const others = paths.filter((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const formatted = formatSource(text);
    return !("text" in formatted && formatted.text === text);
  });
  const listed = [...LAYOUT_IS_THE_POINT].filter((path) => path.startsWith(`${folder}/`));
  expect(others.sort()).toEqual(listed.sort());
});
