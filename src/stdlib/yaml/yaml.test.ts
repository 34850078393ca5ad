import { describe, expect, it } from "vitest";
import { caught, printed, shown } from "../../../test/support/run-harn.ts";

const parsed = (text: string): Promise<string[]> =>
  printed('println(yaml_parse(read_file("a.yaml")))', { files: { "a.yaml": text } });
const failing = (text: string): Promise<string> =>
  caught('yaml_parse(read_file("a.yaml"))', { files: { "a.yaml": text } });

describe("reading YAML (M3)", () => {
  it.each([
    ["a: 1\nb: [x, 'y', 2.5, 4.0, true, null, ~]\n", "{a: 1, b: [x, y, 2.5, 4.0, true, nil, nil]}"],
    ["- a\n- b: c\n", "[a, {b: c}]"],
    ["text: |\n  one\n  two\n", "{text: one\ntwo\n}"],
    ["9007199254740993", "9007199254740993"],
    ["99999999999999999999", "100000000000000000000"],
    ["0x10", "16"],
    ["yes", "yes"],
    ["2001-01-01", "2001-01-01"],
    ["1: a\ntrue: b\nnull: c\n", "{1: a, null: c, true: b}"],
    ["a: &x [1]\nb: *x\n", "{a: [1], b: [1]}"],
    ["__proto__: {x: 1}", "{__proto__: {x: 1}}"],
    ["", "nil"],
  ])("%j", async (text, expected) => {
    expect((await parsed(text)).join("\n")).toBe(expected);
  });

  it.each([
    ["a: [1", "YAML parse error: Flow sequence in block collection must be sufficiently indented and end with a ]"],
    ["a: 1\na: 2", "YAML parse error: Map keys must be unique at line 2, column 1"],
    ["*x", "YAML parse error: Unresolved alias"],
    ["a\n---\nb", "YAML parse error: Source contains multiple documents"],
  ])("%j is none", async (text, expected) => {
    expect(await failing(text)).toContain(expected);
  });

  it("aliases of aliases end", async () => {
    const levels = Array.from({ length: 12 }, (_, at) => `l${at + 1}: &l${at + 1} [${`*l${at},`.repeat(9)}]`);
    expect(await failing(`l0: &l0 [x]\n${levels.join("\n")}\n`)).toMatch(/^YAML parse error: Excessive alias count/);
  });
});

describe("writing YAML", () => {
  it.each([
    ['{b: [1, 4.0, 2.5], a: {c: "x"}}', "a:\n  c: x\nb:\n- 1\n- 4.0\n- 2.5\n"],
    ['["1", "true", "", nil, 9223372036854775807]', '- "1"\n- "true"\n- ""\n- null\n- 9223372036854775807\n'],
    ["{}", "{}\n"],
  ])("%s", async (value, expected) => {
    expect(await shown(`yaml_stringify(${value})`)).toBe(expected.trimEnd() + (expected.endsWith("\n") ? "\n" : ""));
  });

  it.each(['{a: [1, 2.0, "3", nil, true, {b: []}], c: "x: y # z\\n"}', '"- a"', "[[], [[]]]"])(
    "%s survives the way there and back",
    async (value) => {
      expect(await shown(`yaml_parse(yaml_stringify(${value})) == ${value}`)).toBe("true");
    },
  );
});
