import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lex } from "./lexer.ts";
import { createSourceFile } from "./source-file.ts";
import { isKeyword, KEYWORDS, type StringTokenPart, type Token } from "./tokens.ts";

function lexed(source: string) {
  return lex(createSourceFile("test.harn", source));
}

/** Kinds, with the text where the kind does not say it. */
function kinds(source: string): string {
  const { tokens } = lexed(source);
  return tokens
    .slice(0, -1)
    .map(({ kind, start, end }) => {
      const text = source.slice(start, end);
      return text === kind || kind === "newline" ? kind : `${kind}:${text}`;
    })
    .join(" ");
}

function firstString(source: string): Token {
  return lexed(source).tokens[0]!;
}

function showParts(parts: readonly StringTokenPart[], source: string): unknown[] {
  return parts.map((part) =>
    part.kind === "text" ? part.value : { code: source.slice(part.start + 2, part.end - 1) },
  );
}

describe("tokens (§1)", () => {
  it.each([
    ["numbers", "0 42 1.5 007", "int:0 int:42 float:1.5 int:007"],
    ["an int and a member", "42.method", "int:42 . identifier:method"],
    ["no exponent form", "1e5", "int:1 identifier:e5"],
    ["two dots after an int", "1.2.3", "float:1.2 . int:3"],
    [
      "durations (§1.7)",
      "5ms 5s 5m 5h 5d 5w",
      "duration:5ms duration:5s duration:5m duration:5h duration:5d duration:5w",
    ],
    [
      "no duration before more of a word",
      "5second 5m2 5ms_",
      "int:5 identifier:second int:5 identifier:m2 int:5 identifier:ms_",
    ],
    ["Unicode identifiers", "größe 数值 _x1 𝒳", "identifier:größe identifier:数值 identifier:_x1 identifier:𝒳"],
    ["longest operator first", "a|>b||c|d", "identifier:a |> identifier:b || identifier:c | identifier:d"],
    ["powers and compound assignment", "a **b *= c", "identifier:a ** identifier:b *= identifier:c"],
    ["question marks", "a?.b ?? c ?[d]", "identifier:a ?. identifier:b ?? identifier:c ? [ identifier:d ]"],
    ["spread", "...xs", "... identifier:xs"],
    [
      "contextual words are names",
      "skill gen not with as",
      "identifier:skill identifier:gen identifier:not identifier:with identifier:as",
    ],
    ["a run of line breaks is one token", "a\n\n // c\n\nb", "identifier:a newline identifier:b"],
    ["no line break before the first token", "\n\na", "identifier:a"],
    ["a backslash joins lines", "a \\\n + b \\\r\n + c", "identifier:a + identifier:b + identifier:c"],
    ["a shebang at the very start", "#!/usr/bin/env harn\na", "identifier:a"],
    ["a byte order mark", "\ufeffa", "identifier:a"],
    ["`r` alone is a name", 'r r"x"', 'identifier:r string:r"x"'],
  ])("reads %s", (_, source, expected) => {
    expect(kinds(source.replace(/^\n+/, ""))).toBe(expected);
    expect(lexed(source).diagnostics).toEqual([]);
  });

  it("knows every reserved word", () => {
    for (const word of KEYWORDS) expect(lexed(word).tokens[0]!.kind).toBe(word);
    expect(isKeyword("skill")).toBe(false);
  });

  it("keeps the shebang", () => {
    expect(lexed("#!/usr/bin/env harn\r\nx").shebang).toBe("#!/usr/bin/env harn");
    expect(lexed("x\n#!y").shebang).toBeUndefined();
  });
});

describe("strings (§1.8)", () => {
  it.each([
    ["escapes", String.raw`"a\n\t\\\"\$b"`, 'a\n\t\\"$b'],
    ["any other backslash with its character", String.raw`"\r\u0041\0"`, String.raw`\r\u0041\0`],
    ["an empty one", '""', ""],
    ["a raw one", String.raw`r"\d+${"$"}{x}"`, "\\d+${x}"],
    ["a dollar that opens nothing", '"$5 $"', "$5 $"],
    ["a triple one: indent and both line breaks go", '"""\n    a\n      b\n    """', "a\n  b"],
    ["a triple one on one line", '"""a "quoted" b"""', 'a "quoted" b'],
    ["a triple one without escapes", '"""\\n"""', "\\n"],
    ["blank lines inside a triple one", '"""\n  a\n \n  b\n  """', "a\n\nb"],
    ["white space only, as written", '"""\n\n"""', "\n"],
    ["CRLF inside a triple one", '"""\r\n  a\r\n  b\r\n"""', "a\nb"],
    ["tabs as indent", '"""\n\ta\n\t\tb\n"""', "a\n\tb"],
    ["one line break at the end goes, not two", '"""\na\n\n"""', "a\n"],
  ])("reads %s", (_, source, value) => {
    const token = firstString(source);
    expect(lexed(source).diagnostics).toEqual([]);
    expect(token.kind).toBe("string");
    expect(token.content!.parts).toEqual([{ kind: "text", value }]);
  });

  it.each([
    ["text and code", '"a ${b} c"', ["a ", { code: "b" }, " c"]],
    ["code only", '"${b}"', [{ code: "b" }]],
    ["quotes inside the code", '"x ${join(xs, ", ")}"', ["x ", { code: 'join(xs, ", ")' }]],
    ["braces inside the code", '"${ {a: 1}.a }!"', [{ code: " {a: 1}.a " }, "!"]],
    ["an escaped dollar", '"\\${a} ${b}"', ["${a} ", { code: "b" }]],
    ["code over several lines", '"${\n a\n}"', [{ code: "\n a\n" }]],
    [
      "indent around code in a triple one",
      '"""\n  a: ${b} c\n    ${d}\n  """',
      ["a: ", { code: "b" }, " c\n  ", { code: "d" }],
    ],
    ["code at the start of the least indented line", '"""\n    a\n  ${b}\n"""', ["  a\n", { code: "b" }]],
    ["two codes with a blank between", '"""\n  ${a} ${b}\n"""', [{ code: "a" }, " ", { code: "b" }]],
  ])("splits %s", (_, source, parts) => {
    const token = firstString(source);
    expect(lexed(source).diagnostics).toEqual([]);
    expect(token.kind).toBe("interpolated");
    expect(showParts(token.content!.parts, source)).toEqual(parts);
  });

  it("finds the end of an interpolation by counting braces alone", () => {
    expect(lexed('"${ "}" } x"').diagnostics.length).toBeGreaterThan(0);
  });

  it("gives tokens inside code their place in the file", () => {
    const source = 'x\n"""\n  ${ abc }\n"""';
    const part = lexed(source).tokens[2]!.content!.parts[0]!;
    const [token, end] = part.kind === "interpolation" ? part.tokens : [];
    expect(source.slice(token!.start, token!.end)).toBe("abc");
    expect(source[end!.start]).toBe("}");
  });
});

describe("comments (§1.3)", () => {
  it.each([
    ["// a", "line"],
    ["/// a", "doc-line"],
    ["//// a", "line"],
    ["/* a */", "block"],
    ["/** a */", "doc-block"],
    ["/*** a */", "block"],
    ["/**/", "block"],
    ["/* a /* b */ c */", "block"],
  ])("keeps %s as %s", (text, kind) => {
    const { comments, tokens, diagnostics } = lexed(`x ${text}\r\ny`);
    expect(comments).toEqual([{ kind, text, span: { start: 2, end: 2 + text.length } }]);
    expect(tokens.map((token) => token.kind)).toEqual(["identifier", "newline", "identifier", "eof"]);
    expect(diagnostics).toEqual([]);
  });

  it("does not see comments inside strings, but does inside code", () => {
    expect(lexed('"// no ${ x /* yes */ }"').comments.map((comment) => comment.text)).toEqual(["/* yes */"]);
  });
});

describe("lexical errors end in their place (viii)", () => {
  it.each([
    ["a character that starts nothing", "let x = `\n", ["Unexpected character '`' at 1:9"]],
    ["a run of them once", "a ### b", ["Unexpected character '#' at 1:3"]],
    ["columns in code points", '"😀" `', ["Unexpected character '`' at 1:5"]],
    ["a control character by its number", "a \u0007", ["Unexpected character '\\u{7}' at 1:3"]],
    ["a single ampersand", "a & b", ["Unexpected character '&' at 1:3"]],
    ["a string without its end", 'x\n  "abc\ny', ["Unterminated string at 2:3"]],
    ["a backslash at the end of the file", '"abc\\', ["Unterminated string at 1:1"]],
    ["a raw string over two lines", 'r"a\nb"', ["Unterminated string at 1:1", "Unterminated string at 2:2"]],
    ["a triple string without its end", '"""abc\ndef', ["Unterminated string at 1:1"]],
    ["code without its end", '"a ${ b"\nc', ["Unterminated string at 1:1"]],
    ["a comment without its end", "a /* b /* c */", ["Unterminated block comment at 1:3"]],
    ["empty code", '"a ${ } b"', ["Unexpected character '}' at 1:7"]],
    ["an error inside code", '"a ${ b ` }"', ["Unexpected character '`' at 1:9"]],
  ])("reports %s", (_, source, messages) => {
    expect(lexed(source).diagnostics.map((diagnostic) => diagnostic.message)).toEqual(messages);
  });

  it("goes on behind an unterminated string on the next line", () => {
    expect(kinds('let x = "abc\nlet y = 2').split(" ").slice(-4)).toEqual(["let", "identifier:y", "=", "int:2"]);
  });
});

/** Everything outside tokens and comments must be white space, a continuation, a shebang or a byte order mark. */
function uncovered(source: string): string {
  const { tokens, comments, shebang } = lexed(source);
  const covered = new Uint8Array(source.length);
  const cover = (start: number, end: number): void => void covered.fill(1, start, end);
  for (const { start, end } of tokens) cover(start, end);
  for (const { span } of comments) cover(span.start, span.end);
  if (shebang !== undefined) cover(0, shebang.length);
  let rest = "";
  for (let i = 0; i < source.length; i++) if (covered[i] === 0) rest += source[i];
  return rest
    .replace(/^\ufeff/, "")
    .replace(/\\\r?\n/g, "")
    .replace(/[ \t\r\n]/g, "");
}

const NOISE = fc.string({
  unit: fc.constantFrom(
    ..."abr09_ \t\n\r\\\"'`${}()[]<>.,:;?|&!=+-*/%@#~é😀\u00a0\ud83d\u0000".split(""),
    '"""',
    "${",
    "/*",
    "*/",
    "//",
    "not in",
    "5ms",
  ),
  maxLength: 60,
});

describe("the lexer is total", () => {
  it("covers every character of any text, in order and without overlap", () => {
    fc.assert(
      fc.property(NOISE, (source) => {
        const { tokens } = lexed(source);
        expect(uncovered(source)).toBe("");
        let end = 0;
        for (const token of tokens) {
          expect(token.start).toBeGreaterThanOrEqual(end);
          expect(token.end).toBeGreaterThanOrEqual(token.start);
          end = token.end;
        }
        expect(tokens.at(-1)).toMatchObject({ kind: "eof", start: source.length, end: source.length });
      }),
      { numRuns: 1000 },
    );
  });

  it("reports exactly when there is an invalid token, or a string in quotes of another language", () => {
    const hasInvalid = (source: string, tokens: readonly Token[]): boolean =>
      tokens.some(
        (token) =>
          token.kind === "invalid" ||
          (token.kind === "string" && !/^r?"/.test(source.slice(token.start))) ||
          (token.content?.parts.some((part) => part.kind === "interpolation" && hasInvalid(source, part.tokens)) ??
            false),
      );
    fc.assert(
      fc.property(NOISE, (source) => {
        const { tokens, diagnostics } = lexed(source);
        expect(diagnostics.length > 0).toBe(hasInvalid(source, tokens));
      }),
      { numRuns: 500 },
    );
  });
});
