/** Every code's page tells the truth: its first program gets the code, and its second gets nothing. */

import { describe, expect, it } from "vitest";
import {
  allCodes,
  type CodeRow,
  compileModule,
  createSourceFile,
  lintModule,
  type MadeProgram,
  parse,
} from "../../src/lang/index.ts";
import { loadProgram } from "../../src/runtime/index.ts";
import { createVirtualHost } from "../../src/testing/index.ts";

const folder = "/home/harn";

interface Found {
  readonly codes: readonly string[];
}

/** What the checker, the linter and the compiler alone say of a program. */
async function judge(row: CodeRow, text: string, files: NonNullable<MadeProgram["files"]>): Promise<Found> {
  const inFolder = Object.entries({ ...files, [row.file ?? "main.harn"]: text }).map(
    ([path, data]): [string, string | Uint8Array] => [`${folder}/${path}`, data],
  );
  const host = createVirtualHost({ files: Object.fromEntries(inFolder) });
  const { diagnostics } = await loadProgram({ host, path: `${folder}/main.harn` });
  const found = diagnostics.map(({ diagnostic }) => diagnostic);
  const file = createSourceFile("main.harn", text);
  const { module, diagnostics: syntax } = parse(file);
  const lint =
    row.code.startsWith("HARN-L") && syntax.length === 0 ? lintModule({ file, module, options: lintOptions }) : [];
  const compiled = row.code.startsWith("HARN-C") && syntax.length === 0 ? compile(text) : [];
  return { codes: [...found.map(({ code }) => code), ...lint.map(({ code }) => code), ...compiled] };
}

function compile(text: string): string[] {
  const file = createSourceFile("main.harn", text);
  const { module } = parse(file);
  return compileModule({ file, module, id: "main", isEntry: true, imports: [], dependencies: [] }).diagnostics.map(
    ({ code }) => code,
  );
}

/** The rules that are silent unless asked. */
const lintOptions = {
  complexityThreshold: 2,
  strictPersonas: { allowedHelpers: [], standardNames: new Set<string>() },
};

describe("the pages of the codes", () => {
  it("name each code once, in house style", () => {
    const codes = allCodes.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const { code, title, explanation } of allCodes) {
      expect(code).toMatch(/^HARN-[PNTCL]\d{3}$/);
      expect(title, code).toMatch(/^[A-Za-z].*[^.]$/);
      expect(explanation, code).toMatch(/[.)]$/);
    }
  });

  it.each(allCodes)("$code is what its example gets", async (row) => {
    const { text, files = {} } = row.makeBad?.() ?? { text: row.bad };
    const { codes } = await judge(row, text, { ...row.files, ...files });
    expect(codes).toContain(row.code);
  });

  it.each(allCodes)("$code is gone from the mended example, which has nothing else either", async (row) => {
    const { codes } = await judge(row, row.fixed, row.files ?? {});
    // Lint examples speak of one file; what they call may be elsewhere.
    expect(row.code.startsWith("HARN-L") ? codes.filter((code) => code.startsWith("HARN-L")) : codes).toEqual([]);
  });
});
