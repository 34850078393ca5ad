import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSourceFile } from "../syntax/source-file.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { diagnosticToJson, renderDiagnostic, renderDiagnostics, sortDiagnostics } from "./render.ts";

/** `«…»` marks the span, `‹…›` a label called "here"; the marks are not part of the text. */
function marked(source: string, extras: Partial<Diagnostic> = {}): { text: string; diagnostic: Diagnostic } {
  const offsets: Record<string, number> = {};
  let text = "";
  for (const character of source) {
    if ("«»‹›".includes(character)) offsets[character] = text.length;
    else text += character;
  }
  const span = { start: offsets["«"]!, end: offsets["»"]! };
  const labels =
    offsets["‹"] === undefined
      ? {}
      : { labels: [{ span: { start: offsets["‹"], end: offsets["›"]! }, message: "here" }] };
  return {
    text,
    diagnostic: {
      code: "HARN-T001",
      severity: "error",
      message: "Expected `int`, found `string`",
      span,
      ...labels,
      ...extras,
    },
  };
}

function rendered(source: string, extras: Partial<Diagnostic> = {}, width?: number): string {
  const { text, diagnostic } = marked(source, extras);
  const file = createSourceFile("dir/a.harn", text);
  return `\n${renderDiagnostic(diagnostic, file, width === undefined ? {} : { width })}\n`;
}

describe("a diagnostic as text", () => {
  it("shows heading, place, line, carets and hint", () => {
    expect(rendered('let x: int = «"a"»\n', { hint: "Remove the quotes" })).toBe(`
error[HARN-T001]: Expected \`int\`, found \`string\`
 --> dir/a.harn:1:14
  |
1 | let x: int = "a"
  |              ^^^
  = help: Remove the quotes
`);
  });

  it("shows labels with their message, on the same line and on others", () => {
    expect(rendered('let x: ‹int› = «"a"»')).toContain(`
1 | let x: int = "a"
  |        --- here
  |              ^^^
`);
    expect(rendered("fn f(a: ‹int›) { }\n\n\nlet y = 1\nf(«true»)\n")).toBe(`
error[HARN-T001]: Expected \`int\`, found \`string\`
 --> dir/a.harn:5:3
  |
1 | fn f(a: int) { }
  |         --- here
...
5 | f(true)
  |   ^^^^
`);
  });

  it("leaves no gap mark between neighbouring lines, and aligns line numbers of different length", () => {
    const lines = "x\n".repeat(8);
    expect(rendered(`${lines}a = ‹1›\nb = «2»\n`)).toContain(`
   |
 9 | a = 1
   |     - here
10 | b = 2
   |     ^
`);
  });

  it.each([
    ["tabs", "\tlet x = «y»", "    let x = y\n  |             ^"],
    ["wide characters", 'f("日本", «x»)', 'f("日本", x)\n  |           ^'],
    ["emoji", 'f("😀", «x»)', 'f("😀", x)\n  |         ^'],
    ["combining marks", 'f("e\u0301", «x»)', 'f("e\u0301", x)\n  |        ^'],
    ["a wide span", "«日本» x", "日本 x\n  | ^^^^"],
    ["an empty span", "f(«»)", "f()\n  |   ^"],
    ["the end of the file", "f(«»", "f(\n  |   ^"],
    ["a span over lines: the rest of the first", "f(«a,\nb»)", "f(a,\n  |   ^^"],
    ["control characters made visible", "x = \u001b[31m «y»", "x = ␛[31m y\n  |           ^"],
    ["writing direction overrides defused", "x = \u202e «y»", "x = \ufffd y\n  |       ^"],
    ["CRLF", "x = «y»\r\nz", "x = y\n  |     ^"],
  ])("places the caret with %s", (_, source, expected) => {
    expect(rendered(source)).toContain(`\n1 | ${expected}\n`);
  });

  it("shows a window of a long line", () => {
    const { text, diagnostic } = marked(`let s = "${"a".repeat(500)}" + «oops» + "${"b".repeat(500)}"`);
    const lines = renderDiagnostic(diagnostic, createSourceFile("a.harn", text), { width: 40 }).split("\n");
    expect(lines[3]).toMatch(/^1 \| ….{40}…$/);
    expect(lines[4]!.length - "^^^^".length).toBe(lines[3]!.indexOf("oops"));
  });

  it("gives marks too far apart on one line a window each", () => {
    const { text, diagnostic } = marked(`f(‹a›${" ".repeat(300)}«b»)`);
    const lines = renderDiagnostic(diagnostic, createSourceFile("a.harn", text), { width: 40 }).split("\n");
    expect(lines.filter((line) => line.startsWith("1 | "))).toHaveLength(2);
  });

  it("is quick on a line of many megabytes", () => {
    const file = createSourceFile("a.harn", `${"x".repeat(20_000_000)} y`);
    const text = renderDiagnostic({ ...marked("«»").diagnostic, span: { start: 20_000_001, end: 20_000_002 } }, file);
    expect(text.length).toBeLessThan(500);
  });

  it("keeps messages on one line", () => {
    expect(rendered("«x»", { message: "one\n  two", hint: "a\r\nb" })).toContain("one two");
  });

  it("colours only when asked, and says the same", () => {
    const { text, diagnostic } = marked("let x = «y»", { hint: "h", severity: "warning" });
    const file = createSourceFile("a.harn", text);
    const painted = renderDiagnostic(diagnostic, file, { color: true });
    expect(painted).toContain("\u001b[1;33mwarning[HARN-T001]\u001b[0m");
    expect(painted.replace(/\u001b\[[\d;]*m/g, "")).toBe(renderDiagnostic(diagnostic, file));
  });

  it("never throws and stays in bounds, whatever the spans", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), fc.integer(), fc.integer(), (text, start, end) => {
        const out = renderDiagnostic({ ...marked("«»").diagnostic, span: { start, end } }, createSourceFile("a", text));
        expect(out.split("\n").length).toBe(5);
      }),
    );
  });
});

describe("several diagnostics", () => {
  const at = (start: number, message: string, severity: Diagnostic["severity"] = "error"): Diagnostic => ({
    code: "HARN-T001",
    severity,
    message,
    span: { start, end: start + 1 },
  });

  it("come by position, errors before warnings at one place", () => {
    const list = [at(4, "d"), at(0, "b", "warning"), at(0, "a"), at(2, "c")];
    expect(sortDiagnostics(list).map((diagnostic) => diagnostic.message)).toEqual(["a", "b", "c", "d"]);
    expect(list[0]!.message).toBe("d");
  });

  it("have an empty line between them", () => {
    const text = renderDiagnostics([at(2, "second"), at(0, "first")], createSourceFile("a.harn", "x y"));
    expect(text.split("\n\n").map((part) => part.split("\n")[0])).toEqual([
      "error[HARN-T001]: first",
      "error[HARN-T001]: second",
    ]);
    expect(renderDiagnostics([], createSourceFile("a.harn", ""))).toBe("");
  });
});

describe("a diagnostic as JSON", () => {
  it("gives places as line, column and offset", () => {
    const { text, diagnostic } = marked("x = 1\n😀‹a›: «b»", { hint: "Look" });
    expect(diagnosticToJson(diagnostic, createSourceFile("a.harn", text))).toEqual({
      code: "HARN-T001",
      severity: "error",
      message: "Expected `int`, found `string`",
      file: "a.harn",
      start: { line: 2, column: 5, offset: 11 },
      end: { line: 2, column: 6, offset: 12 },
      labels: [{ message: "here", start: { line: 2, column: 2, offset: 8 }, end: { line: 2, column: 3, offset: 9 } }],
      hint: "Look",
    });
  });
});
