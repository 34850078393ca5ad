import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { caught, printed } from "../../../test/support/run-harn.ts";
import { createVirtualHost } from "../../testing/index.ts";
import { Dict, Float, List, Pair, RangeValue, SetValue, type Value } from "../../vm/index.ts";
import { parseTemplate } from "./parse-template.ts";
import { renderTemplate } from "./render-template.ts";
import { TemplateError } from "./template-error.ts";

const dict = (fields: Record<string, Value>): Dict => new Dict(new Map(Object.entries(fields)));
const names = dict({
  name: "Ann",
  n: 3,
  half: new Float(0.5),
  big: 9223372036854775807n,
  blank: "  ",
  yes: true,
  none: undefined,
  user: dict({ name: "Bob", tags: new List(["x", "y"]), "a-b": 1 }),
  xs: new List(["a", "b", "c"]),
  empty: new List([]),
  set: new SetValue([1, 2]),
  range: new RangeValue(1, 3, false),
  map: dict({ k2: 2, k1: 1 }),
  emoji: "a\u{1f600}",
  pair: new Pair(1, 2),
}).map;

async function fill(text: string, files: Record<string, string> = {}, path?: string): Promise<string> {
  const host = createVirtualHost({ files });
  const source = { text, folder: "/home/harn", ...(path === undefined ? {} : { path }) };
  return host.drive(renderTemplate(source, { host, names }));
}

async function problem(text: string, files: Record<string, string> = {}, path?: string): Promise<string> {
  try {
    return `no error: ${await fill(text, files, path)}`;
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

describe("templates (M3)", () => {
  it.each([
    ["a name", "Hi {{ name }}!", "Hi Ann!"],
    ["a name nobody knows, as written", "{{ nobody }} {{nobody}}", "{{nobody}} {{nobody}}"],
    ["a known nil", "[{{ none }}]", "[]"],
    ["a path", '{{ user.name }} {{ user.tags[0] }} {{ user.tags[-1] }} {{ user["a-b"] }}', "Bob x y 1"],
    ["a path that leads nowhere", "[{{ user.x.y[3] }}{{ nobody.x }}{{ xs[9] }}{{ xs.name }}]", "[]"],
    ["a character", "{{ emoji[1] }}{{ emoji[-1] }}", "\u{1f600}\u{1f600}"],
    ["literals", "{{ 'a\\'b' }}{{ \"\\n\" }}{{ 1.5 }}{{ -2 }}{{ true }}{{ nil }}", "a'b\n1.5-2true"],
    ["an exact int", "{{ 9223372036854775807 }}", "9223372036854775807"],
    ["braces in quotes", '{{ "}}" }}', "}}"],
    ["a comment", "a{{# }} if # #}}b", "ab"],
    ["raw text", "{{ raw }}{{ name }} }} {{{ endraw }}{{- name }}", "{{ name }} }} {Ann"],
    ["no directive", "a } } { b", "a } } { b"],
    ["if", "{{ if n == 3 }}three{{ end }}{{ if n != 3 }}other{{ end }}", "three"],
    ["elif and else", "{{ if n > 5 }}a{{ elif n > 2 }}b{{ else }}c{{ end }}", "b"],
    ["blocks in blocks", "{{ if yes }}{{ if none }}a{{ else }}b{{ end }}c{{ end }}", "bc"],
    ["and, or, not", "{{ yes and none or name }} {{ not yes }} {{ !none && name }}", "Ann false Ann"],
    ["parentheses", "{{ (none or yes) and n }}", "3"],
    ["comparing numbers", "{{ n >= half }} {{ half < 0.6 }} {{ n <= 2 }} {{ 3.0 == n }}", "true true false true"],
    ["comparing beyond 2^53", "{{ big > 9223372036854775806 }}", "true"],
    ["comparing texts", "{{ 'a' < 'b' }} {{ 'a' < 1 }}", "true false"],
    [
      "what counts as false",
      "{{ if blank }}1{{ end }}{{ if empty }}2{{ end }}{{ if 0.0 }}3{{ end }}{{ if none }}4{{ end }}",
      "",
    ],
    ["for", "{{ for x in xs }}{{ x }}{{ if !loop.last }}, {{ end }}{{ end }}", "a, b, c"],
    [
      "the loop",
      "{{ for x in xs }}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}/{{ loop.length }} {{ end }}",
      "10true/3 21false/3 32false/3 ",
    ],
    ["for over nothing", "{{ for x in empty }}{{ x }}{{ else }}none{{ end }}{{ for x in none }}x{{ end }}", "none"],
    ["for over a dict", "{{ for k, v in map }}{{ k }}={{ v }} {{ end }}", "k1=1 k2=2 "],
    ["for with positions", "{{ for i, x in xs }}{{ i }}{{ x }}{{ end }}", "0a1b2c"],
    ["for over sets and ranges", "{{ for x in set }}{{ x }}{{ end }}{{ for x in range }}{{ x }}{{ end }}", "12123"],
    [
      "loops in loops",
      "{{ for x in xs }}{{ for y in set }}{{ x }}{{ y }}{{ loop.index }} {{ end }}{{ end }}",
      "a11 a22 b11 b22 c11 c22 ",
    ],
    ["a loop's names end with it", "{{ for name in set }}{{ name }}{{ end }}{{ name }}{{ loop }}", "12Ann{{loop}}"],
    ["dashes", "a \n {{- name -}} \n b", "a Ann b"],
    ["dashes and Windows lines", "a\r\n{{- name -}}\r\nb", "aAnnb"],
    ["one line break only", "a\n\n{{- name -}}\n\nb", "a\nAnn\nb"],
  ])("%s", async (_name, text, expected) => {
    expect(await fill(text)).toBe(expected);
  });

  it.each([
    ["upper | lower", "name | upper", "ANN"],
    ["trim", "blank | trim", ""],
    ["capitalize", "'éLAN vital' | capitalize", "Élan vital"],
    ["title", "'hello  big\\tworld' | title", "Hello  Big\tWorld"],
    ["length of a text", "emoji | length", "2"],
    ["length of a dict", "map | length", "2"],
    ["length of nil", "none | length", "0"],
    ["first and last", "xs | last | first", "c"],
    ["first of nothing", "empty | first", ""],
    ["reverse", "emoji | reverse", "\u{1f600}a"],
    ["join", "xs | reverse | join: '-'", "c-b-a"],
    ["default", "blank | default: name", "Ann"],
    ["json", "user | json", '{"a-b":1,"name":"Bob","tags":["x","y"]}'],
    ["pretty json", "user | json: true", '{\n  "a-b": 1,\n  "name": "Bob",\n  "tags": [\n    "x",\n    "y"\n  ]\n}'],
    ["empty pretty json", "empty | json: true", "[]"],
    ["indent", "'a\\n\\nb' | indent: 2", "a\n\n  b"],
    ["indent with the first line", "'a\\nb' | indent: 2, true", "  a\n  b"],
    ["lines", "'a\\nb' | lines | length", "2"],
    ["escape_md", "'a_b*[c]' | escape_md", "a\\_b\\*\\[c\\]"],
    ["replace", "'a.b.c' | replace: '.', '-'", "a-b-c"],
    ["a chain with arguments from the scope", "nobody | default: user.name | upper", "BOB"],
  ])("filter: %s", async (_name, expression, expected) => {
    expect(await fill(`{{ ${expression} }}`)).toBe(expected);
  });

  it.each([
    ["{{ name", "at 1:1: unterminated directive"],
    ["a\nb{{# x", "at 2:2: unterminated comment"],
    ["{{ raw }}x", "at 1:1: unterminated `{{ raw }}` block"],
    ["\u{1f600}{{ end }}", "at 1:2: unexpected `{{ end }}`"],
    ["{{ else }}", "at 1:1: unexpected `{{ else }}`"],
    ["{{ for x in xs }}{{ elif x }}{{ end }}", "at 1:18: unexpected `{{ elif }}`"],
    ["{{ if x }}", "at 1:1: `{{ if }}` missing matching `{{ end }}`"],
    ["{{ if x }}{{ else }}", "at 1:11: `{{ else }}` missing matching `{{ end }}`"],
    ["{{ for x in xs }}", "at 1:1: `{{ for }}` missing matching `{{ end }}`"],
    ["{{ for x on xs }}{{ end }}", "at 1:1: expected `in` in for-loop"],
    ["{{ for 1 in xs }}{{ end }}", "at 1:1: invalid for-loop variable"],
    ["{{ for x, in }}{{ end }}", "at 1:1: expected `in` in for-loop"],
    ["{{ for x in name }}{{ end }}", "at 1:1: cannot iterate over string — expected list, dict, set, or range"],
    ["{{ name | nope }}", "at 1:1: unknown filter `nope`"],
    ["{{ name | toString }}", "at 1:1: unknown filter `toString`"],
    ["{{ name | upper: 1 }}", "at 1:1: filter `upper` got wrong number of arguments"],
    ["{{ n | join: ',' }}", "at 1:1: `join` requires a list (got int)"],
    ["{{ n | length }}", "at 1:1: `length` not defined for int"],
    ["{{ name | indent: 'x' }}", "at 1:1: `indent` requires an integer width"],
    ["{{ name | indent: 100000000 }}", "at 1:1: `indent` takes a width of at most 1000, got 100000000"],
    ["{{ name | }}", "at 1:1: expected filter name after `|`"],
    ["{{ n = 3 }}", "at 1:1: unexpected `=` (use `==`)"],
    ["{{ a & b }}", "at 1:1: unexpected `&`"],
    ["{{ a ? b }}", "at 1:1: unexpected character `?` in expression"],
    ["{{ a b }}", "at 1:1: unexpected token `b` in expression"],
    ["{{ (a }}", "at 1:1: expected `)`"],
    ["{{ a. }}", "at 1:1: expected identifier after `.`"],
    ["{{ a[b] }}", "at 1:1: expected integer or string inside `[...]`"],
    ["{{ }}", "at 1:1: expected expression"],
    ["{{ 99999999999999999999 }}", "at 1:1: invalid integer `99999999999999999999`"],
    ["{{ 1.2.3 }}", "at 1:1: invalid number `1.2.3`"],
    [`{{ ${"(".repeat(200)}a${")".repeat(200)} }}`, "at 1:1: expression is nested more than 100 deep"],
  ])("%s: %s", async (text, expected) => {
    expect(await problem(text)).toBe(expected);
  });

  it("blocks nest only so deep", async () => {
    const text = "{{ if yes }}".repeat(300) + "x" + "{{ end }}".repeat(300);
    expect(await problem(text)).toBe("at 1:2401: blocks are nested more than 200 deep");
  });

  it("a loop over a huge range ends", async () => {
    const host = createVirtualHost();
    const huge = new Map<string, Value>([["r", new RangeValue(0, 1e15, false)]]);
    const options = { host, names: huge, maxSteps: 1000 };
    const work = renderTemplate({ text: "{{ for x in r }}{{ end }}", folder: "/" }, options);
    await expect(host.drive(work)).rejects.toThrow("at 1:1: template takes more than 1000 steps");
  });

  it("long lists cost no stack and no square", async () => {
    const host = createVirtualHost();
    const many = new Map<string, Value>([["xs", new List(Array.from({ length: 100_000 }, (_, at) => at))]]);
    const work = renderTemplate({ text: "{{ for x in xs }}{{ x }},{{ end }}", folder: "/" }, { host, names: many });
    expect((await host.drive(work)).length).toBe(588_890);
  });

  it("any text is a template or an error with a place", () => {
    const unit = fc.constantFrom(
      "{{",
      "}}",
      "-",
      "#",
      "raw",
      "endraw",
      "if",
      "end",
      "for",
      "x",
      " ",
      "in",
      "|",
      '"',
      "(",
      "include",
      "\n",
      ".",
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 20 }), (parts) => {
        try {
          parseTemplate(parts.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe("includes", () => {
  const main = "/home/harn/main.prompt";

  it.each<[string, string, Record<string, string>, string]>([
    ["a file next to it", "{{ include 'a.prompt' }}!", { "a.prompt": "[{{ name }}]" }, "[Ann]!"],
    ["paths count from the including file", "{{ include 'p/a' }}", { "p/a": "{{ include 'b' }}", "p/b": "b" }, "b"],
    [
      "bindings",
      "{{ include 'a' with { name: 'Eve', k: xs | first, } }}{{ name }}",
      { a: "{{ name }}{{ k }}" },
      "EveaAnn",
    ],
    ["in a loop", "{{ for x in xs }}{{ include 'a' }}{{ end }}", { a: "{{ x }}{{ loop.index }} " }, "a1 b2 c3 "],
    ["the project's root", "{{ include '@/x/a' }}", { "/home/harn.toml": "", "/home/x/a": "top" }, "top"],
    [
      "a named folder",
      "{{ include '@parts/a' }}",
      { "/home/harn.toml": '[asset_roots]\nparts = "some/where"\n', "/home/some/where/a": "part" },
      "part",
    ],
  ])("%s", async (_name, text, files, expected) => {
    expect(await fill(text, files, main)).toBe(expected);
  });

  it.each<[string, string, Record<string, string>, string]>([
    [
      "missing",
      "{{ include 'a' }}",
      {},
      `${main} at 1:1: failed to read included template /home/harn/a: No such file or directory (os error 2)`,
    ],
    ["no path", "{{ include n }}", {}, `${main} at 1:1: include path must be a string (got int)`],
    [
      "outside",
      "{{ include '../a' }}",
      { "/home/a": "" },
      `${main} at 1:1: include path /home/a escapes template root /home/harn`,
    ],
    [
      "itself",
      "{{ include 'main.prompt' }}",
      { "main.prompt": "" },
      `${main} at 1:1: circular include detected: ${main} → ${main}`,
    ],
    [
      "in a circle",
      "{{ include 'a' }}",
      { a: "\n {{ include 'b' }}", b: "{{ include 'a' }}" },
      `/home/harn/b at 1:1: circular include detected: ${main} → /home/harn/a → /home/harn/b → /home/harn/a`,
    ],
    [
      "a problem in it",
      "{{ include 'a' }}",
      { a: "x\n{{ name | nope }}" },
      "/home/harn/a at 2:1: unknown filter `nope`",
    ],
    ["no template", "{{ include 'a' }}", { a: "{{" }, "/home/harn/a at 1:1: unterminated directive"],
    [
      "no project",
      "{{ include '@/a' }}",
      {},
      `${main} at 1:1: package-root prompt path '@/a' has no project root: no harn.toml found above /home/harn`,
    ],
    [
      "out of the project",
      "{{ include '@/../a' }}",
      { "/home/harn.toml": "" },
      `${main} at 1:1: invalid project-root asset path '@/../a'`,
    ],
    [
      "an unknown name",
      "{{ include '@x/a' }}",
      { "/home/harn.toml": "garbage [" },
      `${main} at 1:1: asset alias 'x' is not defined in [asset_roots] of /home/harn.toml`,
    ],
    [
      "a name that leads out",
      "{{ include '@x/a' }}",
      { "/home/harn.toml": '[asset_roots]\nx = "../y"' },
      `${main} at 1:1: asset alias 'x' resolves to an unsafe path '../y' (must be a project-relative directory without \`..\` segments)`,
    ],
    ["bindings without braces", "{{ include 'a' with x }}", {}, `${main} at 1:1: expected \`{ ... }\` after \`with\``],
    [
      "a binding without a value",
      "{{ include 'a' with { x } }}",
      {},
      `${main} at 1:1: expected \`key: value\` in include bindings`,
    ],
  ])("%s", async (_name, text, files, expected) => {
    expect(await problem(text, files, main)).toBe(expected);
  });

  it("go only so deep", async () => {
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`f${at}`, `{{ include 'f${at + 1}' }}`]));
    expect(await problem("{{ include 'f0' }}", files)).toBe(
      "/home/harn/f31 at 1:1: include depth exceeded (32 levels)",
    );
  });
});

describe("the builtins", () => {
  const files = {
    "hi.prompt": "Hi {{ name }}{{ for x in xs }} {{ x }}{{ end }}",
    "lib/own.prompt": "own {{ name }}",
    "lib/mod.harn": 'pub fn own() {\n  return render("own.prompt", {name: "mod"})\n}\n',
    "bytes.prompt": new Uint8Array([0xff]),
  };

  it("files count from the file with the call", async () => {
    expect(
      await printed(
        `import { own } from "lib/mod"
println(own())
println(render("hi.prompt", {name: "Ann", xs: [1, 2]}))
println(render_prompt("hi.prompt"))
println(render_string("{{ include 'lib/own.prompt' }}", {name: "text"}))
println(prompt_mark_rendered("p") + prompt_mark_rendered("p"))`,
        { files },
      ),
    ).toEqual(["own mod", "Hi Ann 1 2", "Hi {{name}}", "own text", "3"]);
  });

  it("tell where each part comes from, in bytes", async () => {
    const lines = await printed(
      `let r = render_with_provenance("hi.prompt", {name: "é", xs: ["a"]})
println("\${r.prompt_id} \${r.template_uri} \${r.text}")
for s in r.spans {
  println("\${s.kind} \${s.template_line}:\${s.template_col} \${s.output_start}-\${s.output_end} \${s.bound_value}")
}`,
      { files },
    );
    expect(lines).toEqual([
      "prompt-1 /home/harn/hi.prompt Hi é a",
      "text 0:0 0-3 nil",
      "legacy_bare 1:4 3-5 é",
      "text 0:0 5-6 nil",
      "legacy_bare 1:32 6-7 a",
      "for_iteration 1:14 5-7 nil",
    ]);
  });

  it.each([
    ['render("no.prompt")', "Failed to read template /home/harn/no.prompt: No such file or directory (os error 2)"],
    ['render("bytes.prompt")', "Failed to read template /home/harn/bytes.prompt: stream did not contain valid UTF-8"],
    ['render_string("{{ if }}")', "at 1:1: expected expression"],
    ["prompt_mark_rendered(1)", "Type error: prompt_mark_rendered: prompt_id must be a string"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression, { files })).toBe(expected);
  });
});
