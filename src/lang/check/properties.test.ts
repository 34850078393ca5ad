/** Whatever the program: the checker ends, does not throw, and speaks about places in the file. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BUILTINS, summary } from "../../../test/lang/checked-source.ts";
import { generateProgram } from "../../testing/fuzz/program-generator.ts";
import { parse } from "../syntax/parser.ts";
import { createSourceFile } from "../syntax/source-file.ts";
import { type CheckResult, checkModule } from "./check-module.ts";
import { CHECK_CODES, CHECK_RULES } from "./codes.ts";

function checkAnything(text: string): CheckResult["diagnostics"] {
  const file = createSourceFile("any.harn", text);
  return checkModule({ file, module: parse(file).module, builtins: BUILTINS }).diagnostics;
}

const KNOWN_CODES = new Set(CHECK_CODES.map((row) => row.code));

function expectSound(text: string): void {
  const diagnostics = checkAnything(text);
  for (const { code, message, span, labels = [] } of diagnostics) {
    expect(KNOWN_CODES).toContain(code);
    expect(message).not.toMatch(/\n|undefined|\[object/);
    for (const place of [span, ...labels.map((label) => label.span)]) {
      expect(place.start).toBeGreaterThanOrEqual(0);
      expect(place.end).toBeLessThanOrEqual(text.length);
      expect(place.start).toBeLessThanOrEqual(place.end);
    }
  }
  expect(checkAnything(text)).toEqual(diagnostics);
}

const PROGRAMS: readonly string[] = [
  ...Object.values(CHECK_RULES).flatMap((row) => [row.bad, row.fixed]),
  'type Msg = {kind: "a", n: int} | {kind: "b"}\nfn f(m: Msg, x: unknown) -> string {\n  var out = nil\n  for (k, v) in m.iter() { out = "${k}" }\n  while out == nil { out = "x"; break }\n  if schema_is(x, Msg) && m.kind == "a" { return to_string(m.n) } else if !out { throw {code: 1} }\n  return match m.kind { "a" | "b" -> { out ?? "none" } }\n}',
  "struct Cell<T> { value: T }\nimpl Cell { fn get(self) { return self.value } }\ninterface Get<out T> { type Item = int\nfn get(self) -> Item }\nfn use<G>(g: G) where G: Get { return g.get()? }\nlet c = try* use(Cell {value: [1, ...[2]][0:1]})",
  "gen fn s(n) -> Stream<int> { emit n }\nfn g() { yield 1 }\nfn p(xs) { defer { println(1) }\nlet r = parallel settle xs with { max_concurrent: 2 } { x -> x?.y?[0] |> f(_, 1) }\nselect { m from r { m } timeout 1s { nil } }\nretry 3 { spawn { xs } }\ndeadline 5s { mutex { try { r } catch (e: string) { e } finally { nil } } } }",
];

/** Cuts a program into words, signs and white space, so that a mutation still looks like a program. */
function tokensOf(text: string): string[] {
  return text.match(/\s+|\w+|"[^"\n]*"|./gs) ?? [];
}

const mutated = fc
  .tuple(
    fc.constantFrom(...PROGRAMS),
    fc.constantFrom(...PROGRAMS),
    fc.array(fc.tuple(fc.constantFrom("drop", "twice", "swap", "graft"), fc.nat(), fc.nat()), { maxLength: 8 }),
  )
  .map(([text, other, steps]) => {
    const tokens = tokensOf(text);
    const donors = tokensOf(other);
    for (const [step, at, from] of steps) {
      const index = at % Math.max(1, tokens.length);
      const token = tokens[index] ?? "";
      if (step === "drop") tokens.splice(index, 1);
      else if (step === "twice") tokens.splice(index, 0, token);
      else if (step === "swap") {
        const second = from % Math.max(1, tokens.length);
        tokens[index] = tokens[second] ?? "";
        tokens[second] = token;
      } else tokens.splice(index, 0, ...donors.slice(from % donors.length, (from % donors.length) + 6));
    }
    return tokens.join("");
  });

const typeText: fc.Arbitrary<string> = fc.letrec<{ type: string }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      "int",
      "string",
      "nil",
      "any",
      "unknown",
      "never",
      "list",
      "dict",
      "Rec",
      "Gen<int>",
      "T",
      "Iface",
      "E",
      '"a"',
      "1",
    ),
    tie("type").map((inner) => `list<${inner}>`),
    fc.tuple(tie("type"), tie("type")).map(([a, b]) => `${a} | ${b}`),
    fc.tuple(tie("type"), tie("type")).map(([a, b]) => `{a: ${a}, b?: ${b}}`),
    fc.tuple(tie("type"), tie("type")).map(([a, b]) => `fn(${a}) -> ${b}`),
    tie("type").map((inner) => `Gen<${inner}>`),
    fc.tuple(tie("type"), tie("type")).map(([a, b]) => `Result<${a}, ${b}>`),
  ),
})).type;

const DECLARED = `type Rec = string | list<Rec> | {next: Rec}
type Gen<T> = {value: T, more: Gen<list<T>> | nil}
enum E { One(value: Rec), Two }
interface Iface { fn step(self, x: Iface) -> Rec }
`;

describe("the checker on any program", () => {
  it("ends without throwing on mutated programs", () => {
    fc.assert(fc.property(mutated, expectSound), { numRuns: 400 });
  });

  it("ends without throwing on programs of the whole grammar", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 30 }), (seed, size) =>
        expectSound(generateProgram({ seed, size })),
      ),
      { numRuns: 200 },
    );
  });

  it("has nothing to say about programs that run", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 30 }), (seed, size) => {
        const text = generateProgram({ seed, size, kind: "runnable" });
        expect(summary(text, checkAnything(text))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("ends without throwing on any text", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), expectSound), { numRuns: 200 });
  });

  it("answers for any pair of types, and every type takes itself", () => {
    fc.assert(
      fc.property(typeText, typeText, (a, b) => {
        expectSound(`${DECLARED}fn f<T>(x: ${a}) {\n  let y: ${b} = x\n  if y == x { y } else { x }\n}`);
        expect(checkAnything(`${DECLARED}fn f<T>(x: ${a}) {\n  let y: ${a} = x\n}`)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("a type fits any union it is a member of", () => {
    fc.assert(
      fc.property(typeText, typeText, (a, b) => {
        // A member written last in a function type would belong to its result.
        const source = `${DECLARED}type A = ${a}\ntype B = ${b}\nfn f<T>(x: A) {\n  let y: B | A = x\n}`;
        expect(checkAnything(source)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

const repeat = (count: number, part: string): string => part.repeat(count);
const many = (count: number, part: (index: number) => string, separator = "\n"): string =>
  Array.from({ length: count }, (_, index) => part(index)).join(separator);

describe("limits", () => {
  it.each([
    ["a long sum", `let x = ${many(900, () => "1", " + ")}`],
    ["a long conjunction", `let x: string | nil = nil\nlet y = ${many(900, () => "x != nil", " && ")}`],
    ["a long chain of calls", `let x = a${repeat(900, ".b()")}`],
    ["a long else-if", `fn f(x) {\n${many(700, () => "if x == 1 { return 1 }", " else ")}\n}`],
    ["deep blocks", `${repeat(120, "if true {")}${repeat(120, "}")}`],
    ["deep functions", `${repeat(120, "fn f() {\n")}${repeat(120, "}")}`],
    [
      "deep loops around assignments",
      `var x = nil\n${repeat(100, "while true {\n")}${repeat(100, "x = 1\n")}${repeat(100, "}")}`,
    ],
    ["deep lists", `let x = ${repeat(240, "[")}${repeat(240, "]")}`],
    ["deep closures", `let x = ${repeat(110, "{ a: int -> ")}1${repeat(110, "}")}`],
    ["deep matches", `${repeat(90, "match 1 { 1 -> {")}${repeat(90, "}}")}`],
    ["deep types", `let x: ${repeat(200, "list<")}int${repeat(200, ">")} = 1`],
    [
      "types that double with every line",
      `let b0 = {a: 1}\n${many(60, (i) => `let b${i + 1} = {l: b${i}, r: [b${i}, {x: int -> b${i}}]}`)}\nlet z: int = b60`,
    ],
    [
      "recursive aliases",
      "type A = string | list<A> | {n: A}\ntype B = string | list<B> | {n: B}\nfn f(a: A) -> B {\n  return a\n}",
    ],
    [
      "growing aliases",
      "type A<T> = {v: T, n: A<list<T>> | nil}\ntype B<T> = {v: T, n: B<list<T>> | nil}\nfn f(a: A<int>) -> B<int> {\n  return a\n}",
    ],
    ["an alias of itself in its own argument", "type S<T> = S<S<T>>\nlet b: S<int> = 1"],
    [
      "an alias of itself in all its arguments",
      "type S<T, U> = S<S<T, U> | list<U>, S<U, T> | T>\nfn f(a: S<int, string>) -> S<int, int> {\n  return a\n}",
    ],
    [
      "an alias over copies of its argument",
      "type S<T> = S<{a: T, b: T}> | S<fn(T) -> T>\nfn f(a: S<int>) -> S<string> {\n  return a\n}",
    ],
    [
      "aliases over big unions",
      `type P<A, B, C, D> = {a: A, b: B, c: C, d: D}\ntype L = ${many(60, (i) => `"${i}"`, " | ")}\nfn f(p: P<L, L, L, L>) -> P<L, L, int, int> {\n  return p\n}`,
    ],
    ["a big literal of unlike parts", `let xs = [${many(2_000, (i) => `{k${i}: ${i}}`, ", ")}]`],
    [
      "interfaces in a ring",
      `${many(40, (i) => `interface I${i} { fn m(self, x: I${(i + 1) % 40}) -> I${(i + 2) % 40} }\nstruct S${i} {}\nimpl S${i} { fn m(self, x: S${(i + 1) % 40}) -> S${(i + 3) % 40} { return S${(i + 3) % 40} {} } }`)}\nfn f(x: I0) {}\nf(S1 {})`,
    ],
    [
      "many narrowed variables",
      many(800, (i) => `let v${i}: string | nil = nil\nguard v${i} != nil else { throw "x" }`),
    ],
  ])("%s", (_, text) => expectSound(text));
});
