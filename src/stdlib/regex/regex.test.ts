import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { caught, shown } from "../../../test/support/run-harn.ts";
import { platformPattern } from "./platform-search.ts";
import { compileRegex, type Regex } from "./regex.ts";
import { costOf } from "./search-cost.ts";
import { steadyPattern } from "./steady-search.ts";
import { parsePattern } from "./syntax.ts";

const plain = { ignoreCase: false, multiLine: false, dotAll: false, extended: false };

function compile(pattern: string, flags = ""): Regex {
  const compiled = compileRegex(pattern, flags);
  if ("message" in compiled) throw new Error(compiled.message);
  return compiled.regex;
}

function problem(pattern: string, flags = ""): string {
  const compiled = compileRegex(pattern, flags);
  return "message" in compiled ? compiled.message : "compiles";
}

const found = (pattern: string, text: string, flags = ""): string[] =>
  [...compile(pattern, flags).findAll(text)].map(({ groups }) => groups[0] ?? "");

describe("matches (vi-2)", () => {
  it.each<[string, string, string, string[]]>([
    ["a class", "[0-9]+", "a1 b22", ["1", "22"]],
    ["letters of any script", "\\w+", "café, мир", ["café", "мир"]],
    ["digits of any script", "\\d+", "४२ 7", ["४२", "7"]],
    ["ASCII on request", "(?-u:\\w)+", "café", ["caf"]],
    ["white space beyond ASCII", "a\\sb", "a\u00a0b a\u0085b", ["a\u00a0b", "a\u0085b"]],
    ["not a byte order mark as white space", "\\s", "\ufeff", []],
    ["word boundaries around any letter", "\\bé\\w*", "caé été", ["été"]],
    ["a dot for everything but a line feed", "a.", "a\r a\n a\u2028", ["a\r", "a\u2028"]],
    ["whole code points", "^.$", "\u{1f600}", ["\u{1f600}"]],
    ["flags from here on", "a(?i)b", "aB AB ab", ["aB", "ab"]],
    ["flags in a group", "(?i:a)b", "Ab AB ab", ["Ab", "ab"]],
    ["flags that end with their group", "((?i)a)b", "Ab AB", ["Ab"]],
    ["a negated flag", "(?i)a(?-i)b", "Ab AB", ["Ab"]],
    ["lines", "(?m)^b$", "a\nb\r\nb", ["b"]],
    ["the end of the text only", "b$", "b\n", []],
    ["the ends of the text in lines", "(?m)\\Ab|b\\z", "b\nb\nb", ["b", "b"]],
    ["blanks and comments", "(?x) a \\  b # c\n [ c d ]", "a bd", ["a bd"]],
    ["lazy", "<.+?>", "<a><b>", ["<a>", "<b>"]],
    ["lazy turned round", "(?U)<.+>", "<a><b>", ["<a>", "<b>"]],
    ["counted", "a{2,3}", "aaaaa", ["aaa", "aa"]],
    ["the first of several ways", "a|ab", "ab", ["a"]],
    ["an intersection", "[a-z&&[^aeiou]]+", "hello", ["h", "ll"]],
    ["a difference", "[0-9--4]+", "12456", ["12", "56"]],
    ["a symmetric difference", "[a-g~~b-h]", "abh", ["a", "h"]],
    ["a named class", "[[:alpha:]_]+", "a_1é", ["a_"]],
    ["a script", "\\p{Greek}+", "abγδ", ["γδ"]],
    ["a property in any spelling", "\\p{uppercase_letter}", "aÀ", ["À"]],
    ["a negated property", "\\PL+", "a12b", ["12"]],
    ["brackets that mean themselves", "[]a-]+", "]-a", ["]-a"]],
    ["code points by number", "\\x41\\u{1F600}\\x{42}", "A\u{1f600}B", ["A\u{1f600}B"]],
    ["escaped punctuation", "\\.\\-\\#\\/", ".-#/", [".-#/"]],
    ["case folding beyond ASCII", "(?i)straße|ÀB", "STRAßE àb", ["STRAßE", "àb"]],
    ["word starts", "\\b{start}\\w", "ab cd", ["a", "c"]],
  ])("%s", (_name, pattern, text, expected) => {
    expect(found(pattern, text)).toEqual(expected);
  });

  it("empty matches lie between all characters, but never right behind a match", () => {
    expect(found("", "a\u{1f600}b")).toEqual(["", "", "", ""]);
    expect([...compile("a*").findAll("baac")].map(({ start, end }) => [start, end])).toEqual([
      [0, 0],
      [1, 3],
      [4, 4],
    ]);
  });
});

describe("patterns that are none", () => {
  it.each([
    ["[ab", "unclosed character class"],
    ["(a", "unclosed group"],
    ["a)", "unopened group"],
    ["*a", "repetition operator missing expression"],
    ["a{2", "unclosed counted repetition"],
    ["a{x}", "repetition quantifier expects a valid decimal"],
    ["a{3,2}", "invalid repetition count range, the start must be <= the end"],
    ["[b-a]", "invalid character class range, the start must be <= the end"],
    ["[\\d-z]", "invalid range boundary, must be a literal"],
    ["(a)\\1", "backreferences are not supported"],
    ["(?=a)", "look-around, including look-ahead and look-behind, is not supported"],
    ["(?<!a)", "look-around, including look-ahead and look-behind, is not supported"],
    ["(?P<n>a)(?P<n>b)", "duplicate capture group name"],
    ["(?P<1>a)", "invalid capture group character"],
    ["(?z)", "unrecognized flag"],
    ["\\y", "unrecognized escape sequence"],
    ["\\p{Klingon}", "Unicode property not found"],
    ["\\u{D800}", "hexadecimal literal is not a Unicode scalar value"],
    ["a\\", "incomplete escape sequence, reached end of pattern prematurely"],
    [`${"(".repeat(300)}${")".repeat(300)}`, "exceed the maximum number of nested parentheses/brackets (250)"],
    ["((((a{99}){99}){99}){99})", "Compiled regex exceeds size limit"],
  ])("%s: %s", (pattern, message) => {
    expect(problem(pattern)).toContain(`error: ${message}`);
  });

  it("shows where", () => {
    expect(problem("é[a")).toBe("regex parse error:\n    é[a\n     ^\nerror: unclosed character class");
    expect(problem("a", "g")).toBe("unsupported regex flag 'g', expected one of i/m/s/x");
  });
});

describe("replacing", () => {
  it.each([
    ["(\\w+) (\\w+)", "$2 $1", "b a"],
    ["(?P<x>a)", "<${x}>", "<a> b"],
    ["(?P<x>a)", "<$x>", "<a> b"],
    ["(a)", "$1a|$9|$$", "||$ b"],
    ["(a)|(b)", "[$1$2]", "[a] [b]"],
    ["a", "$", "$ b"],
    ["", "-", "-a- -b-"],
  ])("%s with %s", (pattern, replacement, expected) => {
    expect(compile(pattern).replaceAll("a b", replacement)).toBe(expected);
  });
});

describe("texts made to hang a search", () => {
  it.each([
    ["nested repetition", "(a+)+$", `${"a".repeat(50_000)}b`],
    ["overlapping choices", "(a|a|aa)*c", "a".repeat(20_000)],
    ["many optional parts", `${"a?".repeat(40)}${"a".repeat(40)}`, "a".repeat(40)],
    ["blanks at the end", "\\s+$", `${" ".repeat(200_000)}x`],
    ["two open ends", ".*.*=.*", "x".repeat(2_000)],
  ])("%s", (_name, pattern, text) => {
    const started = performance.now();
    for (const _ of compile(pattern).findAll(text)) break;
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it("the quick search is kept for what it cannot hang on", () => {
    const cost = (pattern: string): number => costOf(parsePattern(pattern, plain)).degree;
    expect(["abc", "\\d+", "^\\d+x", "a+b", "(a|b)*", "(a+)+"].map(cost)).toEqual([1, 1, 1, 2, 1, Infinity]);
  });
});

describe("both searches", () => {
  const piece = fc.constantFrom(
    "a",
    "b",
    "c",
    ".",
    "[ab]",
    "[^a]",
    "\\w",
    "\\b",
    "^",
    "$",
    "(a)",
    "(b|c)",
    "(?:ab|a)",
    "é",
  );
  const quantified = fc
    .tuple(piece, fc.constantFrom("", "", "*", "+", "?", "{1,2}", "*?", "+?"))
    .map(([body, quantifier]) => (/^(\\b|\^|\$)$/.test(body) ? body : `${body}${quantifier}`));
  const pattern = fc
    .array(quantified, { minLength: 1, maxLength: 4 })
    .chain((parts) => fc.tuple(fc.constant(parts.join("")), fc.constantFrom("", "|b", "|(c+)")))
    .map(([left, right]) => `${left}${right}`);
  const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "é", " ", "\n", "\u{1f600}"), maxLength: 12 });

  it("find the same", () => {
    fc.assert(
      fc.property(pattern, text, (source, subject) => {
        const parsed = parsePattern(source, plain);
        const quick = platformPattern(parsed)!;
        const steady = steadyPattern(parsed);
        for (let from = 0; from <= subject.length; from += (subject.codePointAt(from) ?? 0) > 0xffff ? 2 : 1) {
          quick.lastIndex = from;
          const expected = quick.exec(subject);
          const slots = steady.search(subject, from);
          expect(slots?.slice(0, 2)).toEqual(
            expected === null ? undefined : [expected.index, expected.index + expected[0].length],
          );
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("never throw anything but a pattern error", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab()[]{}*+?|^$\\.-&~:<>P=!,19xip#") }), (source) => {
        const compiled = compileRegex(source, "");
        if ("regex" in compiled) compiled.regex.split("ab aab");
      }),
      { numRuns: 5000 },
    );
  });
});

describe("the builtins", () => {
  it.each([
    ['regex_match("[0-9]+", "none")', "nil"],
    ['regex_match("hello", "HeLLo", "i")', "[HeLLo]"],
    [
      'regex_captures("(\\\\w)(-(\\\\d))?", "a-1 b")',
      "[{groups: [a, -1, 1], match: a-1}, {groups: [b, nil, nil], match: b}]",
    ],
    ['regex_captures("(?P<k>\\\\w)=(?<v>\\\\d)", "a=1")[0].v', "1"],
    ['regex_split(" a b ", " ")', "[, a, b, ]"],
    ['regex_replace("b", "x", "abcb")', "axcx"],
  ])("%s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it("errors are thrown text", async () => {
    expect(await caught('regex_match("(a", "a")')).toBe(
      "Invalid regex: regex parse error:\n    (a\n    ^\nerror: unclosed group",
    );
  });
});
