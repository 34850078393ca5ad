/**
 * Programs that call builtins and methods with whatever comes to hand: wrong types, extreme numbers, too many arguments.
 * Each call stands in a `try` and under a deadline, so that one that fails or waits for ever leaves the next its turn.
 */

import type { RandomSource } from "./random-source.ts";

export interface Callables {
  readonly builtins: readonly Callable[];
  /** Keys that dicts of options have. */
  readonly keys: readonly string[];
  /** `type_of` name → method names. */
  readonly methods: Readonly<Record<string, readonly string[]>>;
}

export interface Callable {
  readonly name: string;
  /** Types of the parameters as declared: `string | dict`. */
  readonly params: readonly string[];
}

/** What a signature like `send(channel: channel, value: any) -> bool` says. */
export function callableOf(signature: string): Callable {
  const [, name = "", list = ""] = /^([\w.]+)(?:<[^(]*>)?\((.*)\)(?: ->.*)?$/.exec(signature) ?? [];
  const params = list.split(/,\s*(?=\.{0,3}\w+\??:)/).filter((param) => param !== "");
  return { name, params: params.map((param) => param.replace(/^[^:]*:\s*/, "")) };
}

/** Expressions by the type they have. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  nil: ["nil"],
  bool: ["true", "false"],
  int: ["0", "1", "-1", "2", "7", "100", "9223372036854775807", "(-9223372036854775807 - 1)", "4294967296"],
  float: ["0.0", "-0.0", "1.5", "-2.5", "(10.0 ** 300)", "(10.0 ** 400)", "sqrt(-1.0)"],
  string: [
    '""',
    '"a"',
    '"abc"',
    '"é😀"',
    '"a\\u{301}"',
    '"a,b,,c"',
    '"  x\\n"',
    '"("',
    '"[a-z]+"',
    '"%Y-%m-%d"',
    '"2026-01-31T10:00:00Z"',
    '"{\\"a\\": [1, 2]}"',
    '"{\\"a\\": "',
    '"*.harn"',
    '"../x"',
    '"/home/harn/a.txt"',
    '"$.a[0]"',
    '"UTC"',
    '"12"',
    '"1e999"',
    '"a\\u{0}b"',
    '"\\u{10FFFF}"',
    '"aaaaaaaaaaaaaaaaaaaaaaaaaaaa!"',
    '"(a+)+$"',
  ],
  list: ["[]", "[1, 2, 3]", '["a", "b"]', "[nil]", "[[1, 2], [3]]", "[1, nil, 2.5, true]", "[{a: 1}, {a: 2}]", "[[]]"],
  dict: ["{}", "{a: 1}", '{a: nil, b: "x"}', '{"": {c: [1]}}', '{type: "object", properties: {a: {type: "int"}}}'],
  set: ["set()", "set(1, 2)", "set([1, 2])"],
  range: ["(1 to 3)", "(3 to 1)", "(0 to 9223372036854775807)", "(0 to 4 exclusive)"],
  iter: ["iter([1, 2, 3])", "iter([])", "[1, 2].iter().map({ x -> x })"],
  generator: ["numbers()"],
  stream: ["steps(3)"],
  channel: ["channel(1)", "channel(0)"],
  closure: ["{ x -> x }", "{ -> 1 }", "{ a, b -> a }", '{ x -> throw "no" }', "{ x -> x.y.z }", "{ a, b -> true }"],
  duration: ["5s", "0ms", "1w"],
  task_handle: ["spawn { 1 }", 'spawn { throw "no" }', "spawn { sleep(1h) }"],
  atomic: ["atomic(1)"],
  bytes: ['bytes_from_string("ab")', 'bytes_from_hex("00ff")', 'bytes_from_hex("")'],
  rng: ["rng_seed(7)"],
  other: ["Ok(1)", 'Err("e")', "pair(1, 2)", "println", "Point { x: 1 }", "Shape.Dot", "pi"],
};

const KINDS = Object.keys(VALUES);

export function callProgram(random: RandomSource, callables: Callables, size: number): string {
  const head = [
    "struct Point { x: int }",
    "enum Shape { Dot, Line(length) }",
    "fn numbers() { yield 1; yield 2 }",
    "gen fn steps(n) { for i in 0 to n exclusive { emit i } }",
  ];
  const calls = Array.from({ length: Math.max(1, size) }, () => {
    const call = random.chance(60) ? builtinCall(random, callables) : methodCall(random, callables);
    return `try { deadline 1h { println(type_of(${call})) } } catch (e) { println(e) }`;
  });
  return [...head, ...calls, ""].join("\n");
}

/** Half of the calls have what the signature asks for, but for one argument now and then. */
function builtinCall(random: RandomSource, { builtins, keys }: Callables): string {
  const { name, params } = random.pick(builtins);
  if (random.chance(50)) return `${name}(${args(random)})`;
  const given = random.chance(80) ? params : params.slice(0, random.int(0, params.length));
  return `${name}(${given.map((type) => (random.chance(12) ? value(random) : valueLike(random, type, keys))).join(", ")})`;
}

function valueLike(random: RandomSource, type: string, keys: readonly string[]): string {
  const choice = random.pick(type.split(/\s*\|\s*/));
  const kind = /^(?:fn|closure)/.test(choice) ? "closure" : choice.replace(/^\[.*$/, "list").replace(/[<({].*$/, "");
  if ((kind === "dict" || choice.startsWith("{")) && keys.length > 0 && random.chance(75)) {
    return `{${random.several(0, 4, () => `${random.pick(keys)}: ${value(random)}`).join(", ")}}`;
  }
  return random.pick(VALUES[kind === "number" ? "float" : kind] ?? VALUES[random.pick(KINDS)] ?? ["nil"]);
}

function methodCall(random: RandomSource, { methods }: Callables): string {
  const type = random.pick(Object.keys(methods));
  const receiver = random.chance(90) ? random.pick(VALUES[type] ?? ["nil"]) : value(random);
  return `${receiver}.${random.pick(methods[type] ?? ["len"])}(${args(random)})`;
}

const args = (random: RandomSource): string => random.several(0, 4, () => value(random)).join(", ");

function value(random: RandomSource): string {
  const found = random.pick(VALUES[random.pick(KINDS)] ?? ["nil"]);
  if (random.chance(92)) return found;
  return random.pick([`[${found}]`, `{a: ${found}}`, `[${found}, ${found}]`, `{ _ -> ${found} }`]);
}
