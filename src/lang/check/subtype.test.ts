/** §16.5 and §18: which values fit where. Written as assignments, since that is where users meet the rules. */

import { describe, it } from "vitest";
import { accepts, rejects } from "../../../test/lang/checked-source.ts";

const DECLARATIONS = `
type Name = string
type Verdict = "pass" | "fail"
type Json = string | list<Json> | dict<string, Json>
type Reader<out T> = fn() -> T
struct Point { x: int, y: int }
struct Cell<T> { value: T }
struct Source<out T> { label: string }
struct Sink<in T> { label: string }
enum Option<out T> { Some(value: T), None }
interface Named { fn name(self) -> string }
interface Aliased { fn name(self) -> string }
struct Dog {}
impl Dog { fn name(self) -> string { return "dog" } }
`;

function program(expected: string, actual: string): string {
  return `${DECLARATIONS}
fn f(given: ${actual}) {
  let taken: ${expected} = given
}`;
}

describe("§18 assignability", () => {
  it.each([
    ["int", "int"],
    ["float", "int"],
    ["any", "int"],
    ["int", "any"],
    ["unknown", "int"],
    ["unknown", "any"],
    ["any", "unknown"],
    ["unknown", "unknown"],
    ["int", "never"],
    ["never", "never"],
    ["string | nil", "nil"],
    ["string | nil | int", "nil | string"],
    ["float | nil", "int | nil"],
    ["Name", "string"],
    ["string", "Name"],
    ["string", '"pass"'],
    ["Verdict", '"pass"'],
    ["Verdict", "string"],
    ["float", "3"],
    ["int", "3"],
    ["list", "list<int>"],
    ["list<int>", "list"],
    ["list<Name>", "list<string>"],
    ["list<unknown>", "list<any>"],
    ["dict", "{a: int}"],
    ["{a: int}", "dict"],
    ["{a: int}", "dict<string, int>"],
    ["dict<string, int>", "{a: int, b: int}"],
    ["{a: int}", "{a: int, b: string}"],
    ["{a: float}", "{a: int}"],
    ["{a?: int}", "{}"],
    ["{a?: int}", "{a: int}"],
    ["{a?: int}", "{a: nil}"],
    ["{x: int}", "Point"],
    ["iter<float>", "iter<int>"],
    ["iter", "iter<int>"],
    ["Generator<float>", "Generator<int>"],
    ["Stream<float>", "Stream<int>"],
    ["Result<float, string>", "Result<int, string>"],
    ["fn(int) -> int", "fn(float) -> int"],
    ["fn(int) -> float", "fn(int) -> int"],
    ["closure", "fn(int) -> int"],
    ["fn(int) -> int", "closure"],
    ["Reader<float>", "Reader<int>"],
    ["Source<float>", "Source<int>"],
    ["Sink<int>", "Sink<float>"],
    ["Option<float>", "Option<int>"],
    ["Cell<int>", "Cell"],
    ["Cell", "Cell<int>"],
    ["Named", "Dog"],
    ["Named", "Named"],
    ["Aliased", "Named"],
    ["Json", "list<Json>"],
    ["Schema<int>", "dict"],
  ])("%s takes %s", (expected, actual) => accepts(program(expected, actual)));

  it.each([
    ["int", "float"],
    ["int", "string"],
    ["int", "unknown"],
    ["never", "int"],
    ["never", "any"],
    ["string", "string | nil"],
    ["string | nil", "string | int"],
    ["Name", "int"],
    ['"pass"', '"fail"'],
    ["Verdict", '"other"'],
    ["Verdict", "int"],
    ["string", "3"],
    ["list<float>", "list<int>"],
    ["list<int>", "list<float>"],
    ["list<int | nil>", "list<int>"],
    ["dict<string, float>", "dict<string, int>"],
    ["dict<string, int>", "{a: string}"],
    ["dict<int, int>", "{a: int}"],
    ["list", "dict"],
    ["dict", "Point"],
    ["Point", "{x: int, y: int}"],
    ["Point", "Dog"],
    ["iter<int>", "iter<float>"],
    ["iter<int>", "list<int>"],
    ["Generator<int>", "Stream<int>"],
    ["Result<int, string>", "Result<float, string>"],
    ["fn(float) -> int", "fn(int) -> int"],
    ["fn(int) -> int", "fn(int) -> float"],
    ["fn(int) -> int", "fn(int, int) -> int"],
    ["fn(int, int) -> int", "fn(int) -> int"],
    ["Reader<int>", "Reader<float>"],
    ["Source<int>", "Source<float>"],
    ["Sink<float>", "Sink<int>"],
    ["Cell<float>", "Cell<int>"],
    ["Cell<int>", "Cell<float>"],
    ["Named", "Point"],
    ["Named", "{name: string}"],
    ["Named", "Dog | Point"],
    ["Json", "list<int>"],
    ["Undeclared", "int"],
  ])("%s does not take %s", (expected, actual) => {
    const source = program(expected, actual).replace("= given", "= «given»");
    rejects(source, [`T001 'taken' declared as ${expected}, but assigned ${actual}`]);
  });

  it.each([
    ["{a: int}", "{}", "missing field 'a' (int)"],
    ["{a: int}", "{a?: int}", "field 'a' may be missing"],
    ["{a?: int}", "{a: string}", "field 'a' has type string, expected int"],
    ["{a: int, b: int}", "{a: string}", "field 'a' has type string, expected int; missing field 'b' (int)"],
  ])("%s does not take %s: %s", (expected, actual, detail) => {
    const source = program(expected, actual).replace("= given", "= «given»");
    rejects(source, [`T001 'taken' declared as ${expected}, but assigned ${actual} (${detail})`]);
  });

  it("a literal list may still widen, the same list behind a variable may not", () => {
    accepts("let xs: list<float> = [1, 2]\nlet ys: list<int | nil> = [1]\nlet zs: list<list<float>> = [[1], [2]]");
    rejects("let xs = [1]\nlet ys: list<float> = «xs»", ["T001 'ys' declared as list<float>, but assigned list<int>"]);
  });

  it("a function whose last parameters have defaults fits a shorter function type", () => {
    const source = "fn f(a: int, b: int = 2) -> int {\n  return a + b\n}\n";
    accepts(`${source}let one: fn(int) -> int = f\nlet two: fn(int, int) -> int = f`);
    rejects(`${source}let none: fn() -> int = «f»`, [
      "T001 'none' declared as fn() -> int, but assigned fn(int, int) -> int",
    ]);
  });
});

describe("§18.5.2 generic aliases distribute over closed unions", () => {
  const source = `
type Action = "create" | "edit"
type Handler<T> = {action: T, run: fn(T) -> nil}
fn create(a: "create") {}
fn edit(a: "edit") {}
`;
  it("each instance fixes its own argument", () => {
    accepts(`${source}
let one: Handler<Action> = {action: "create", run: create}
let many: list<Handler<Action>> = [{action: "create", run: create}, {action: "edit", run: edit}]`);
  });

  it("a value that fits no instance is refused", () => {
    rejects(`${source}\nfn count(n: int) {}\nlet bad: Handler<Action> = «{action: "create", run: count}»`, [
      "T001 'bad' declared as Handler<Action>, but assigned {action: string, run: fn(int) -> _}",
    ]);
  });

  it("aliases that never end say nothing", () => {
    accepts("type A = B\ntype B = A\ntype Grow<T> = Grow<list<T>>\nlet a: A = 1\nlet g: Grow<int> = 1");
    accepts("type S<T> = S<S<T>>\nlet s: S<int> = 1");
  });
});
