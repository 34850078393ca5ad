import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseBareCalls, parseTextAnswer } from "./text-tool-calls.ts";

const tools = ["edit", "read", "run"];
const known = new Set(tools);
const argsOf = (text: string) => parseBareCalls(text, known).calls.map((call) => call.arguments);

describe("TOOL-01 the tagged protocol", () => {
  test("a well-formed answer", () => {
    const answer = [
      "<assistant_prose>Looking.</assistant_prose>",
      '<tool_call>\nedit({ path: "a.rs", lines: [1, 2,], deep: { ok: true } })\n</tool_call>',
      "<user_response>Created the file.</user_response>",
      "<done>##DONE##</done>",
    ].join("\n");
    expect(parseTextAnswer(answer, tools)).toEqual({
      calls: [{ id: "tc_0", name: "edit", arguments: { path: "a.rs", lines: [1, 2], deep: { ok: true } } }],
      errors: [],
      violations: [],
      prose: "Created the file.",
      userResponse: "Created the file.",
      doneMarker: "##DONE##",
      canonical: [
        "<assistant_prose>\nLooking.\n</assistant_prose>",
        '<tool_call>\nedit({\n  "path": "a.rs",\n  "lines": [\n    1,\n    2\n  ],\n  "deep": {\n    "ok": true\n  }\n})\n</tool_call>',
        "<user_response>\nCreated the file.\n</user_response>",
        "<done>##DONE##</done>",
      ].join("\n\n"),
    });
  });

  test("the canonical form reads as itself", () => {
    const first = parseTextAnswer("read({ path: 'x' }) \n<done>ok</done>", tools);
    const again = parseTextAnswer(first.canonical, tools);
    expect(again.violations).toEqual([]);
    expect(again.canonical).toBe(first.canonical);
    expect(again.calls).toEqual(first.calls);
  });

  test("each call of an answer has an id of its own", () => {
    const answer = "<tool_call>read({})</tool_call><tool_call>read({ a: 1 })</tool_call>";
    expect(parseTextAnswer(answer, tools).calls.map((call) => call.id)).toEqual(["tc_0", "tc_1"]);
  });

  test.each([
    ["stray prose", "Sure, I can do that.", /Stray text outside response tags/],
    ["an unknown tag", "<notes>hm</notes><user_response>x</user_response>", /Unknown top-level tag "<notes>"/],
    ["an unclosed known tag", "<assistant_prose>never ends", /Unclosed tag "<assistant_prose>"/],
    ["an unclosed bracket", "<oops", /Unclosed tag "<oops"/],
    ["an empty done block", "<done> </done>", /<done> block is empty/],
  ])("violation: %s", (_name, answer, message) => {
    expect(parseTextAnswer(answer, tools).violations[0]).toMatch(message);
  });

  test("a bare call to a known tool runs and is reported", () => {
    const parsed = parseTextAnswer('edit({ path: "a" })', tools);
    expect(parsed.calls).toHaveLength(1);
    expect(parsed.violations).toEqual([expect.stringContaining("bare text outside <tool_call> tags")]);
    expect(parsed.canonical).toContain("<tool_call>");
  });

  test("an angle-wrapped call to a known tool runs and is reported; to an unknown one it is an unknown tag", () => {
    const parsed = parseTextAnswer("<read({ path: <<EOF\na>b\nEOF\n})>", tools);
    expect(parsed.calls.map((call) => call.arguments)).toEqual([{ path: "a>b" }]);
    expect(parsed.violations).toHaveLength(1);
    expect(parseTextAnswer("<sum({ a: 1 })>", tools).calls).toEqual([]);
  });

  test.each([
    ["no call in the block", "<tool_call>please edit</tool_call>", /holds no `name/],
    ["two calls in one block", "<tool_call>read({ a: 1 })\nread({ b: 2 })</tool_call>", /holds 2 calls/],
    [
      "an unknown tool",
      "<tool_call>fly({ to: 1 })</tool_call>",
      /^Unknown tool 'fly'. Available tools: \[edit, ledger,/,
    ],
    ["a positional argument", '<tool_call>read("a.rs")</tool_call>', /takes one object literal/],
    ["an object that never closes", "<tool_call>read({ a: [1, 2 )</tool_call>", /TOOL CALL PARSE ERROR: `read/],
    ["an unterminated heredoc", "<tool_call>read({ a: <<EOF\nx\n})</tool_call>", /unterminated heredoc <<EOF/],
  ])("error, not run: %s", (_name, answer, message) => {
    const parsed = parseTextAnswer(answer, tools);
    expect(parsed.calls).toEqual([]);
    expect(parsed.errors[0]).toMatch(message);
  });

  test("a heredoc may hold tags and everything else unescaped", () => {
    const body = 'if (a < b) { `x` } "</tool_call>" \\n';
    const parsed = parseTextAnswer(`<tool_call>edit({ content: <<EOF\n${body}\nEOF\n})</tool_call>`, tools);
    expect(parsed.errors).toEqual([]);
    expect(parsed.calls[0]?.arguments).toEqual({ content: body });
  });

  test("leaked reasoning tags do not disturb", () => {
    const parsed = parseTextAnswer("<think>plan: edit({})</think><user_response>hi</user_response></think>", tools);
    expect(parsed).toMatchObject({ calls: [], violations: [], prose: "hi" });
  });
});

describe("bare calls", () => {
  test.each([
    ["a fenced call", '```python\nedit({ path: "x" })\n```', [{ path: "x" }]],
    ["one call in backticks", '`edit({ path: "x" })`', [{ path: "x" }]],
    ["a label", "tool_code: read({ a: 1 })", [{ a: 1 }]],
    ["comments and trailing commas", "read({ // one\n a: 1, /* two */ b: 2, })", [{ a: 1, b: 2 }]],
    ["quotes of all kinds", "read({ 'a': \"x\", b: 'y', \"c\": `z` })", [{ a: "x", b: "y", c: "z" }]],
    ["escapes", String.raw`read({ a: "\n\t\u0041\u{1F600}\x42\q" })`, [{ a: "\n\tA😀Bq" }]],
    ["code in a template", "read({ a: `\\d+ ${x} \\`` })", [{ a: "\\d+ ${x} `" }]],
    [
      "numbers and words",
      "read({ a: -1.5e2, b: null, c: undefined, d: false })",
      [{ a: -150, b: null, c: null, d: false }],
    ],
    ["no arguments", "read()", [{}]],
    ["a quoted heredoc that is never closed", 'edit({ content: "<<EOF\nx\nEOF })', [{ content: "x" }]],
    ["a heredoc tag that is a prefix of a word", "edit({ c: <<EOF\nEOFX\n  EOF })", [{ c: "EOFX" }]],
    ["non-ASCII text", "read({ a: 'Grüße 漢字 🙂' })", [{ a: "Grüße 漢字 🙂" }]],
    ["several on lines of their own", "read({ a: 1 })\ntext\nread({ a: 2 })", [{ a: 1 }, { a: 2 }]],
  ])("%s", (_name, text, expected) => {
    expect(argsOf(text)).toEqual(expected);
  });

  test("a mention in inline code or in the middle of a line is no call", () => {
    expect(parseBareCalls("Use `edit({ a: 1 })` or read({ b: 2 }) later", known)).toMatchObject({
      calls: [],
      errors: [],
    });
  });

  test("prose is the text without calls and without the fences around them", () => {
    expect(parseBareCalls("Before.\n\n```\nread({ a: 1 })\n```\n\n\nAfter.", known).prose).toBe("Before.\n\nAfter.");
  });

  test("an unknown label before a known tool is told", () => {
    const found = parseBareCalls("step: edit({ a: 1 })", known);
    expect(found.calls).toEqual([]);
    expect(found.errors[0]).toContain("no tool ran");
    expect(parseBareCalls("Tip: think({ hard: 1 })", known).errors).toEqual([]);
  });

  test("the JSON of a native channel, written as text", () => {
    const text = 'Calling: [{"id":"call_9","function":{"name":"read","arguments":"{\\"a\\":1}"}}] now';
    expect(parseBareCalls(text, known).calls).toEqual([{ id: "call_9", name: "read", arguments: { a: 1 } }]);
    expect(parseBareCalls('{"function":{"name":"fly","arguments":{}}}', known).errors[0]).toMatch(/Unknown tool 'fly'/);
    expect(parseBareCalls('{"id":"1","function":{"name":"read","arguments":"{a"}}', known).errors[0]).toMatch(
      /Could not parse arguments for tool 'read'/,
    );
  });

  test("a key named __proto__ is a key", () => {
    expect(Object.keys(argsOf('read({ "__proto__": { x: 1 } })')[0] ?? {})).toEqual(["__proto__"]);
  });
});

describe("garbage", () => {
  test("TOOL-01 any text is read to its end, without throwing", () => {
    const piece = fc.constantFrom(
      "<tool_call>",
      "</tool_call>",
      "<done>",
      "edit({",
      "})",
      "<<EOF\n",
      "EOF",
      '"',
      "`",
      "<",
      "\n",
      "x",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 40 }), (pieces) => {
        const parsed = parseTextAnswer(pieces.join(""), tools);
        expect(parseTextAnswer(parsed.canonical, tools).calls).toEqual(parsed.calls);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["openers", "<tool_call>".repeat(50_000)],
    ["heredocs", "<<EOF\n".repeat(50_000)],
    ["open calls", 'edit({ a: "\n'.repeat(20_000)],
    ["brackets", `edit(${"[".repeat(100_000)}`],
    ["think tags", "<think>".repeat(50_000)],
  ])("a model that loops on %s does not hold the process", (_name, text) => {
    const start = performance.now();
    parseTextAnswer(text, tools);
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});
