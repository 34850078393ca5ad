/** §18.12 flow-sensitive narrowing. What a name is known to be is shown by assigning it to a type it may not have. */

import { describe, it } from "vitest";
import { accepts, rejects } from "../../../test/lang/checked-source.ts";

const TYPES = `
type Msg = {kind: "ping", ttl: int} | {kind: "pong", ms: int} | {kind: "close", reason: string}
type Ping = {kind: "ping", ttl: int}
type MaybeText = string | nil
`;

/** `body` runs with one parameter `x` of type `type`; `show(x)` marks a place where its type is asked for. */
function program(type: string, body: string): string {
  return `${TYPES}\nfn run(x: ${type}, flag: bool, y: int | nil) {\n${body}\n}`;
}

/**
 * Each `@T` in the body becomes an assignment that must fail and say that `x` is a `T` there; that tells the whole type,
 * where a passing assignment would only give an upper bound.
 */
function narrows(type: string, body: string): void {
  const seen: string[] = [];
  const marked = program(type, body).replace(/@\(([^@]*?)\)@/g, (_, text: string) => {
    seen.push(text);
    return "let shown: Probe = «x»";
  });
  rejects(
    `struct Probe {}\n${marked}`,
    seen.map((text) => `T001 'shown' declared as Probe, but assigned ${text}`),
  );
}

describe("§18.12.1 nil tests", () => {
  it.each([
    ["string | nil", "if x != nil { @(string)@ } else { @(nil)@ }"],
    ["string | nil", "if x == nil { @(nil)@ } else { @(string)@ }"],
    ["string | nil", "if nil == x { @(nil)@ } else { @(string)@ }"],
    ["string | nil", "if !(x == nil) { @(string)@ }"],
    ["string | int | nil", "if x != nil { @(string | int)@ }"],
    ["MaybeText", "if x != nil { @(string)@ } else { @(nil)@ }"],
    ["string | nil", "@(string | nil)@\nif x != nil { }\n@(string | nil)@"],
  ])("%s: %s", narrows);

  it("a value of type nil cannot be anything else", () => {
    accepts("fn f(x: nil) -> int {\n  if x != nil { unreachable(x) }\n  return 1\n}");
  });
});

describe("§18.12.2 type_of", () => {
  it.each([
    ["string | int", 'if type_of(x) == "string" { @(string)@ } else { @(int)@ }'],
    ["string | int", 'if type_of(x) != "string" { @(int)@ } else { @(string)@ }'],
    ["string | int", 'if "string" == type_of(x) { @(string)@ }'],
    ["list<int> | string", 'if type_of(x) == "list" { @(list<int>)@ } else { @(string)@ }'],
    ["{a: int} | string", 'if type_of(x) == "dict" { @({a: int})@ } else { @(string)@ }'],
    ["string | fn(int) -> int", 'if type_of(x) == "string" { @(string)@ }'],
    ['"a" | "b" | 1', 'if type_of(x) == "string" { @("a" | "b")@ } else { @(1)@ }'],
    ["float | nil", 'if type_of(x) == "int" { @(int)@ } else { @(float | nil)@ }'],
    ["string | nil", 'if type_of(x) == "set" { @(string | nil)@ }'],
    ["unknown", 'if type_of(x) == "string" { @(string)@ } else { @(unknown)@ }'],
    ["unknown", 'guard type_of(x) == "list" else { return }\n@(list)@'],
  ])("%s: %s", narrows);

  it("says nothing about values without a type", () => {
    accepts('fn f(x) -> int {\n  if type_of(x) == "string" { return x }\n  return x\n}');
  });
});

describe("§18.12.3 truth", () => {
  it.each([
    ["string | nil", "if x { @(string)@ }"],
    ["string | nil", "if !x { return }\n@(string)@"],
    ["closure | nil", "if x { } else { @(nil)@ }"],
    ["string", "if x { @(string)@ }"],
  ])("%s: %s", narrows);

  it("a falsy value may be nil, or an empty one of the rest", () => {
    accepts(program("string | nil", 'if !x {\n  let n: nil = x\n  let s = "" + x\n}'));
    accepts(
      program("string | nil", "if x { }\nlet s: string | nil = x\nguard x != nil else { return }\nlet t: string = x"),
    );
  });
});

describe("§18.12.4 logical operators", () => {
  it.each([
    ["string | int | nil", 'if x != nil && type_of(x) == "string" { @(string)@ }'],
    ["string | int | nil", 'if x == nil || type_of(x) == "int" { @(nil | int)@ } else { @(string)@ }'],
    ["string | nil", "if x != nil && flag { @(string)@ } else { @(string | nil)@ }"],
    ["string | nil", "if !(x == nil || flag) { @(string)@ }"],
  ])("%s: %s", narrows);

  it("the right side is read under what the left side says", () => {
    const takes = "fn takes(s: string) -> bool {\n  return true\n}\n";
    accepts(`${takes}fn f(x: string | nil) {\n  let a = x != nil && takes(x)\n  let b = x == nil || takes(x)\n}`);
    rejects(`${takes}fn f(x: string | nil) {\n  let a = x == nil && takes(«x»)\n}`, [
      "T003 Argument 1 ('s'): expected string, got nil",
    ]);
  });
});

describe("§18.12.5 guard, early exit, loops, ternary", () => {
  it.each([
    ["string | nil", "guard x != nil else { return }\n@(string)@"],
    ["string | nil", 'require x != nil, "missing"\n@(string)@'],
    ["string | nil", "if x == nil { return }\n@(string)@"],
    ["string | nil", 'if x == nil { throw "missing" }\n@(string)@'],
    ["string | nil", 'if x == nil { unreachable("no") }\n@(string)@'],
    ["string | nil", "if x != nil { } else { return }\n@(string)@"],
    ["string | int | nil", 'if x == nil { return } else if type_of(x) == "int" { return }\n@(string)@'],
    ["string | nil", "if x == nil { if flag { return } else { throw 1 } }\n@(string)@"],
    ["string | nil", "while flag { if x == nil { break }\n@(string)@ }\n@(string | nil)@"],
    ["string | nil", "for i in [1] { if x == nil { continue }\n@(string)@ }"],
    ["string | nil", "while x != nil { @(string)@ \n break }"],
    ["string | nil", "if flag { guard x != nil else { return } } else { guard x != nil else { return } }\n@(string)@"],
    ["string | nil", "if flag { guard x != nil else { return } }\n@(string | nil)@"],
  ])("%s: %s", narrows);

  it("both sides of a ternary", () => {
    accepts(program("string | nil", 'let s: string = x != nil ? x : "none"\nlet n: nil = x == nil ? x : nil'));
    rejects(program("string | nil", 'let s: string = «x == nil ? x : "some"»'), [
      "T001 's' declared as string, but assigned nil | string",
    ]);
  });

  it("closures keep what is known where they are made", () => {
    accepts(
      program("string | nil", "guard x != nil else { return }\nlet f = { n: int -> takes(x) }\nfn takes(s: string) {}"),
    );
  });
});

describe("§18.12.6 literals and tags", () => {
  it.each([
    ['"a" | "b" | "c"', 'if x == "a" { @("a")@ } else { @("b" | "c")@ }'],
    ['"a" | "b" | nil', 'if x != "a" { @("b" | nil)@ }'],
    ["string | nil", 'if x == "a" { @(string)@ } else { @(string | nil)@ }'],
    ["1 | -1", "if x == -1 { @(-1)@ } else { @(1)@ }"],
    ["Msg", 'if x.kind == "ping" { @({kind: "ping", ttl: int})@ }'],
    ["Msg", 'if x.kind != "ping" { @({kind: "pong", ms: int} | {kind: "close", reason: string})@ }'],
    ["Msg", 'if x.kind == "ping" { return }\nif x.kind == "pong" { return }\n@({kind: "close", reason: string})@'],
    ['Ping | {kind: "pong"}', 'if "ping" == x.kind { @({kind: "ping", ttl: int})@ } else { @({kind: "pong"})@ }'],
    ["Msg", 'if x.ttl == "ping" { @(Msg)@ }'],
    ["Msg", 'if x.kind == "other" { @(Msg)@ }'],
    ["{op: 1, a: int} | {op: 2, b: int}", "if x.op == 2 { @({op: 2, b: int})@ }"],
  ])("%s: %s", narrows);
});

describe("§18.12.7 .has and schema_is", () => {
  it.each([
    ["{name?: string, age: int}", 'if x.has("name") { @({name: string, age: int})@ }'],
    ["{name?: string}", 'if x.has("other") { @({name?: string})@ }'],
    ["unknown", "if schema_is(x, Ping) { @(Ping)@ } else { @(unknown)@ }"],
    ["unknown", 'if schema_is(x, {type: "string"}) { @(string)@ }'],
    [
      "unknown",
      'let schema = {type: "object", properties: {a: {type: "integer"}}, required: ["a"]}\nif schema_is(x, schema) { @({a: int})@ }',
    ],
    ["unknown", 'if is_type(x, {type: "array", items: {type: "number"}}) { @(list<float>)@ }'],
    ["unknown", 'if schema_is(x, {type: "string", nullable: true}) { @(string | nil)@ }'],
    ["unknown", 'if schema_is(x, {oneOf: [{type: "string"}, {type: "null"}]}) { @(string | nil)@ }'],
    ["string | int", 'if schema_is(x, {type: "string"}) { @(string)@ } else { @(int)@ }'],
    [
      "{a: int} | {b: int}",
      'if schema_is(x, {type: "object", properties: {a: {type: "integer"}}, required: ["a"]}) { } else { @({b: int})@ }',
    ],
    ["string | dict", "if schema_is(x, Ping) { } else { @(string | dict)@ }"],
  ])("%s: %s", narrows);
});

describe("§18.12.8 match", () => {
  it.each([
    ["string | int", 'match x { "a" -> { @(string)@ } 1 -> { @(int)@ } _ -> { @(string | int)@ } }'],
    ['"a" | "b" | "c"', 'match x { "a" -> { @("a")@ } _ -> { @("b" | "c")@ } }'],
    ['"a" | "b" | "c"', 'match x { "a" | "b" -> { @("a" | "b")@ } "c" -> { @("c")@ } }'],
    ["string | nil", "match x { nil -> { @(nil)@ } _ -> { @(string)@ } }"],
    ["string | nil", "match x { nil if flag -> { @(nil)@ } _ -> { @(string | nil)@ } }"],
    ["string | nil", "match x { nil -> { return } _ -> { } }\n@(string)@"],
    [
      "Msg",
      'match x.kind { "ping" -> { @({kind: "ping", ttl: int})@ } _ -> { @({kind: "pong", ms: int} | {kind: "close", reason: string})@ } }',
    ],
    [
      "Msg",
      'match x.kind { "ping" | "pong" -> { @({kind: "ping", ttl: int} | {kind: "pong", ms: int})@ } "close" -> { @({kind: "close", reason: string})@ } }',
    ],
    ["string | nil", "match x { _ if x != nil -> { @(string)@ } _ -> { } }"],
  ])("%s: %s", narrows);
});

describe("§18.12.9 reassignment drops what was known", () => {
  const start = "var v: string | nil = x\n";
  it.each([
    ["at once", "if v != nil { v = nil\n let s: string = «v» }"],
    ["behind a branch that assigned", "guard v != nil else { return }\nif flag { v = nil }\nlet s: string = «v»"],
    ["in a loop that assigns later on", "guard v != nil else { return }\nwhile flag { let s: string = «v»\n v = nil }"],
    ["behind a loop that assigned", "guard v != nil else { return }\nfor i in [1] { v = nil }\nlet s: string = «v»"],
    [
      "in the handler of a body that assigned",
      "guard v != nil else { return }\ntry { v = nil\n throw 1 } catch (e) { let s: string = «v» }",
    ],
    ["behind a compound assignment", 'guard v != nil else { return }\nv += "!"\nlet s: string = «v»'],
  ])("%s", (_, body) => {
    rejects(program("string | nil", start + body), ["T001 's' declared as string, but assigned string | nil"]);
  });

  it("not for the copy that a closure or a task assigns to", () => {
    accepts(
      program(
        "string | nil",
        `${start}guard v != nil else { return }\nspawn { v = nil }\nlet f = { -> v = nil }\nlet s: string = v`,
      ),
    );
  });
});

describe("§18.12.10 exhaustive narrowing", () => {
  it("unreachable(x) demands that nothing is left of x", () => {
    accepts(
      program(
        "string | int | nil",
        'if type_of(x) == "string" { return 1 }\nif type_of(x) == "int" { return 2 }\nif x == nil { return 3 }\nunreachable(x)',
      ),
    );
    rejects(program("string | int | nil", 'if type_of(x) == "string" { return 1 }\n«unreachable(x)»'), [
      "T009 unreachable() argument has type `int | nil` — not all cases are handled",
    ]);
    accepts(program("string", 'unreachable("cannot be")\n'));
    accepts("fn f(x) {\n  unreachable(x)\n}");
  });

  const all = ["int", "string", "float", "bool", "nil", "list", "dict", "closure", "bytes"];
  const test = (name: string): string => `if type_of(x) == "${name}" { return 1 }`;

  it("an unknown value tested for every type_of answer is exhausted", () => {
    accepts(program("unknown", `${all.map(test).join("\n")}\nunreachable("cannot be")`));
  });

  it.each([
    ['«unreachable("no")»', "unreachable()"],
    ['«throw "no"»', "throw"],
    ["«fail()»", "fail()"],
  ])("%s claims to be exhaustive", (end, site) => {
    rejects(
      `fn fail() -> never {\n  throw 1\n}\n${program("unknown", `${all.slice(0, 7).map(test).join("\n")}\n${end}`)}`,
      [
        `T114 \`${site}\` reached but \`x: unknown\` was not fully narrowed — uncovered concrete type(s): closure, bytes`,
      ],
    );
  });

  it("a path that ruled out nothing, or returns, claims nothing", () => {
    accepts(program("unknown", 'throw "no"'));
    accepts(program("unknown", `${test("int")}\nreturn 2`));
    accepts(program("unknown", 'if type_of(x) == "int" { throw "an int" }\nreturn 1'));
  });

  it("reassignment starts over", () => {
    accepts(`fn f(given: unknown) {\n  var x: unknown = given\n  ${test("int")}\n  x = 1\n  throw "no"\n}`);
  });
});
