/**
 * Random programs that run: every name is bound, types fit, and every program comes to an end without input, files, network
 * or waiting. What they print is determined by the seed, so two ways of running one program (formatted or not, recorded
 * and replayed, interrupted and resumed) must print the same.
 *
 * Why they end: loops have small literal bounds or a counter that nothing else touches, functions call only functions
 * declared before them and never from inside a loop, texts and lists are never built from their own former value. Numbers
 * may wrap around; divisors are literals and never zero.
 */

import type { RandomSource } from "./random-source.ts";

type Kind = "int" | "bool" | "text" | "ints" | "table";

interface Variable {
  readonly name: string;
  readonly kind: Kind;
  readonly mutable: boolean;
}

interface Writer {
  readonly random: RandomSource;
  /** Innermost last; statements add to it, blocks cut it back. */
  variables: Variable[];
  /** Functions from ints to int, by number of parameters. */
  functions: { name: string; arity: number }[];
  indent: string;
  inLoop: boolean;
  nextName: number;
  /** What a `return` gives, or undefined where none may stand. */
  returns: Kind | undefined;
}

const VARIANTS = ["Idle", "Busy"] as const;

/** One file with a pipeline `default` that prints what it computes. */
export function runnableProgram(random: RandomSource, size: number): string {
  const w: Writer = {
    random,
    variables: [],
    functions: [],
    indent: "",
    inLoop: false,
    nextName: 0,
    returns: undefined,
  };
  const functions = random.several(1, 3, () => fnDecl(w));
  const body = braces(w, () => {
    bind(w, "seed", "int", true);
    bind(w, "label", "text", false);
    bind(w, "values", "ints", true);
    bind(w, "table", "table", true);
    return [
      `var seed = ${random.int(0, 9)}`,
      'let label = "run"',
      "var values = [3, 1, 2]",
      "var table = {a: 1, b: 2}",
      ...random.several(Math.max(1, size - 2), size + 2, () => statement(w, 3)),
      ...REPORTS.map((report) => `println(${report})`),
    ];
  });
  return `${DECLARATIONS}\n${functions.join("\n\n")}\n\npipeline default() ${body}\n`;
}

/** Types and functions that every program may use. */
const DECLARATIONS = `type Count = int

struct Point {
  x: int
  y?: int
}

enum State {
  Idle
  Busy(load: int)
}

interface Sized {
  fn size(self) -> int
}

impl Point {
  fn size(self) -> int {
    return self.x
  }
}

fn load_of(state) -> int {
  match state {
    State.Busy(load) -> { return load }
    State.Idle -> { return 0 }
  }
  return -1
}

fn same<T>(value: T) -> T {
  return value
}

gen fn upto(limit: int) -> Stream<int> {
  for i in 0 to limit exclusive {
    emit i
  }
}
`;

const REPORTS = ["seed", "label", "values", "table"];

// ---- Names ---------------------------------------------------------------------------------------------------------

function bind(w: Writer, name: string, kind: Kind, mutable: boolean): string {
  w.variables.push({ name, kind, mutable });
  return name;
}

function fresh(w: Writer, kind: Kind, mutable: boolean): string {
  return bind(w, `v${w.nextName++}`, kind, mutable);
}

function variablesOf(w: Writer, kind: Kind, mutable: boolean): string[] {
  const visible = w.variables.filter((variable) => variable.kind === kind && (variable.mutable || !mutable));
  return visible.map((variable) => variable.name);
}

/** Runs `make` and forgets the names it bound. */
function scoped<T>(w: Writer, make: () => T): T {
  const { variables } = w;
  w.variables = [...variables];
  const result = make();
  w.variables = variables;
  return result;
}

function braces(w: Writer, makeLines: () => readonly string[]): string {
  const outer = w.indent;
  w.indent += "  ";
  const inner = w.indent;
  const lines = scoped(w, makeLines);
  w.indent = outer;
  return lines.length === 0 ? "{ }" : `{\n${lines.map((line) => `${inner}${line}`).join("\n")}\n${outer}}`;
}

// ---- Functions -----------------------------------------------------------------------------------------------------

function fnDecl(w: Writer): string {
  const arity = w.random.int(1, 3);
  const name = `f${w.functions.length}`;
  const params = Array.from({ length: arity }, (_, index) => `p${index}`);
  const text = scoped(w, () => {
    for (const param of params) bind(w, param, "int", false);
    w.returns = "int";
    const body = braces(w, () => [...w.random.several(0, 3, () => statement(w, 2)), `return ${int(w, 2)}`]);
    w.returns = undefined;
    return `fn ${name}(${params.map((param) => `${param}: int`).join(", ")}) -> int ${body}`;
  });
  w.functions.push({ name, arity });
  return text;
}

// ---- Statements ----------------------------------------------------------------------------------------------------

const block = (w: Writer, room: number): string =>
  braces(w, () => w.random.several(room <= 0 ? 1 : 0, room <= 0 ? 1 : 3, () => statement(w, room - 1)));

function loopBlock(w: Writer, room: number, before: readonly string[] = []): string {
  const { inLoop } = w;
  w.inLoop = true;
  const text = braces(w, () => [
    ...before,
    ...w.random.several(0, 2, () => statement(w, room - 1)),
    ...(w.random.chance(30) ? [`if ${bool(w, 1)} { ${w.random.pick(["break", "continue"])} }`] : []),
  ]);
  w.inLoop = inLoop;
  return text;
}

function statement(w: Writer, room: number): string {
  if (room <= 0) return w.random.pick([() => assignment(w), () => `println(${int(w, 1)})`])();
  return w.random.pick([
    () => letStatement(w, room),
    () => letStatement(w, room),
    () => assignment(w),
    () => assignment(w),
    () => `println(${anyValue(w, room)})`,
    () => ifStatement(w, room),
    () => forStatement(w, room),
    () => whileStatement(w, room),
    () => matchStatement(w, room),
    () => tryStatement(w, room),
    () => destructuring(w),
    () =>
      w.returns === undefined
        ? `require ${int(w, 1)} != nil, "never"`
        : `guard ${bool(w, room)} else { return ${int(w, 1)} }`,
    () => `defer { println(${int(w, 1)}) }`,
    () => `retry 2 ${block(w, room - 1)}`,
    () => `mutex ${block(w, room - 1)}`,
    () => `deadline 1h ${block(w, room - 1)}`,
    () => concurrent(w, room),
    () => streamLoop(w),
  ])();
}

function letStatement(w: Writer, room: number): string {
  const kind = w.random.pick(["int", "int", "bool", "text", "ints", "table"] as const);
  const value = valueOfKind(w, kind, room);
  const mutable = w.random.chance(50);
  const annotation = kind === "int" && w.random.chance(30) ? w.random.pick([": int", ": Count", ": int | nil"]) : "";
  // A union stays out of arithmetic.
  const name = annotation === ": int | nil" ? `u${w.nextName++}` : fresh(w, kind, mutable);
  return `${mutable ? "var" : "let"} ${name}${annotation} = ${value}`;
}

function assignment(w: Writer): string {
  const ints = variablesOf(w, "int", true).filter((name) => !name.startsWith("turn"));
  const lists = variablesOf(w, "ints", true);
  const tables = variablesOf(w, "table", true);
  const choices: (() => string)[] = [];
  for (const name of ints) {
    choices.push(() => `${name} ${w.random.pick(["=", "+=", "-=", "*="])} ${int(w, 2)}`);
    choices.push(() => `${name} ${w.random.pick(["%=", "/="])} ${w.random.int(1, 9)}`);
  }
  for (const name of lists) choices.push(() => `${name} = ${ints3(w)}`);
  for (const name of tables) choices.push(() => `${name}.${w.random.pick(["a", "b"])} = ${int(w, 1)}`);
  for (const name of tables) choices.push(() => `${name}["${w.random.pick(["a", "c"])}"] = ${int(w, 1)}`);
  const [first, ...rest] = choices;
  return first === undefined ? `println(${int(w, 1)})` : w.random.pick([first, ...rest])();
}

function ifStatement(w: Writer, room: number): string {
  const middle = w.random.chance(30) ? ` else if ${bool(w, 1)} ${block(w, room - 1)}` : "";
  const last = w.random.chance(60) ? ` else ${block(w, room - 1)}` : "";
  return `if ${bool(w, room)} ${block(w, room - 1)}${middle}${last}`;
}

function forStatement(w: Writer, room: number): string {
  const header = w.random.pick([
    () => ["int", `1 to ${w.random.int(1, 3)}`] as const,
    () => ["int", `0 to ${w.random.int(1, 3)} exclusive`] as const,
    () => ["int", ints3(w)] as const,
  ])();
  return scoped(w, () => {
    const name = fresh(w, header[0], false);
    return `for ${name} in ${header[1]} ${loopBlock(w, room)}`;
  });
}

/** The counter moves before anything can `continue`. */
function whileStatement(w: Writer, room: number): string {
  const counter = `turn${w.nextName++}`;
  const limit = w.random.int(1, 3);
  const loop = `while ${counter} < ${limit} ${loopBlock(w, room, [`${counter} += 1`])}`;
  return `var ${counter} = 0\n${w.indent}${loop}`;
}

function matchStatement(w: Writer, room: number): string {
  const arms = w.random.pick([
    () => [
      `0 | 1 -> ${block(w, room - 1)}`,
      `other if other > 5 -> ${block(w, room - 1)}`,
      `_ -> ${block(w, room - 1)}`,
    ],
    () => [`1 -> ${block(w, room - 1)}`, `_ -> ${block(w, room - 1)}`],
  ]);
  const subject = int(w, 1);
  const outer = w.indent;
  w.indent += "  ";
  const lines = arms().map((arm) => `${w.indent}${arm}`);
  w.indent = outer;
  return `match ${subject} {\n${lines.join("\n")}\n${outer}}`;
}

function tryStatement(w: Writer, room: number): string {
  const body = braces(w, () => [
    ...w.random.several(0, 2, () => statement(w, room - 1)),
    ...(w.random.chance(60) ? [`if ${bool(w, 1)} { throw "stop ${w.nextName++}" }`] : []),
  ]);
  const caught = braces(w, () => ["println(error)", ...w.random.several(0, 1, () => statement(w, room - 1))]);
  const last = w.random.chance(40) ? ` finally ${braces(w, () => [`println(${int(w, 1)})`])}` : "";
  return `try ${body} catch (error) ${caught}${last}`;
}

function destructuring(w: Writer): string {
  const source = w.random.chance(50);
  const value = source ? ints3(w) : table(w, 1);
  const [first, second] = [`v${w.nextName++}`, `v${w.nextName++}`];
  const line = source
    ? `let [${first} = 0, ${second} = 1, ...rest${w.nextName++}] = ${value}`
    : `let {a: ${first} = 0, b: ${second} = 1} = ${value}`;
  bind(w, first, "int", false);
  bind(w, second, "int", false);
  return line;
}

/** Tasks whose results are looked at in an order that does not depend on timing. */
function concurrent(w: Writer, room: number): string {
  const name = `r${w.nextName++}`;
  const item = `i${w.nextName++}`;
  const body = (): string =>
    scoped(w, () => {
      bind(w, item, "int", false);
      return int(w, room - 1);
    });
  return w.random.pick([
    () => `let ${name} = parallel ${w.random.int(1, 3)} { ${item} -> ${body()} }\n${w.indent}println(${name})`,
    () =>
      `let ${name} = parallel each ${ints3(w)} with { max_concurrent: 2 } { ${item} -> ${body()} }\n${w.indent}println(${name})`,
    () =>
      `let ${name} = parallel settle ${ints3(w)} { ${item} -> ${body()} }\n${w.indent}println(len(${name}.results))`,
    () => `let ${name} = spawn { ${int(w, room - 1)} }\n${w.indent}println(await(${name}))`,
    () =>
      `let ${name} = channel(2)\n${w.indent}send(${name}, ${int(w, 1)})\n${w.indent}select { got from ${name} { println(got) } default { println("none") } }`,
  ])();
}

function streamLoop(w: Writer): string {
  return scoped(w, () => {
    const name = fresh(w, "int", false);
    return `for ${name} in upto(${w.random.int(0, 3)}) ${braces(w, () => [`println(${int(w, 1)})`])}`;
  });
}

// ---- Expressions ---------------------------------------------------------------------------------------------------

function valueOfKind(w: Writer, kind: Kind, room: number): string {
  switch (kind) {
    case "int":
      return int(w, room);
    case "bool":
      return bool(w, room);
    case "text":
      return text(w, room);
    case "ints":
      return ints3(w);
    case "table":
      return table(w, room);
  }
}

const anyValue = (w: Writer, room: number): string =>
  valueOfKind(w, w.random.pick(["int", "bool", "text", "ints", "table"] as const), room);

function int(w: Writer, room: number): string {
  const names = variablesOf(w, "int", false);
  if (room <= 0)
    return names.length > 0 && w.random.chance(60) ? w.random.pick(names as [string]) : String(w.random.int(0, 99));
  const inner = (): string => int(w, room - 1);
  const call = (): string => {
    const target =
      w.inLoop || w.returns !== undefined ? undefined : w.functions[w.random.int(0, w.functions.length - 1)];
    return target === undefined ? inner() : `${target.name}(${Array.from({ length: target.arity }, inner).join(", ")})`;
  };
  return w.random.pick([
    inner,
    inner,
    call,
    () => `(${inner()} ${w.random.pick(["+", "-", "*"])} ${inner()})`,
    () => `(${inner()} ${w.random.pick(["/", "%"])} ${w.random.int(1, 9)})`,
    () => `${w.random.int(2, 5)} ** ${w.random.int(0, 4)}`,
    () => `(-${inner()})`,
    () => `(${bool(w, room - 1)} ? ${inner()} : ${inner()})`,
    () => `(if ${bool(w, room - 1)} { ${inner()} } else { ${inner()} })`,
    () => `(match ${inner()} { 0 -> { ${inner()} } _ -> { ${inner()} } })`,
    () => `len(${ints3(w)})`,
    () => `(${ints3(w)}[${w.random.int(-3, 3)}] ?? ${inner()})`,
    () => `(${table(w, 0)}.${w.random.pick(["a", "z"])} ?? ${inner()})`,
    () => `(${inner()} |> { x -> x + ${w.random.int(0, 9)} })`,
    () => `same<int>(${inner()})`,
    () => `Point { x: ${inner()} }.x`,
    () => `load_of(${w.random.pick(VARIANTS) === "Idle" ? "State.Idle" : `State.Busy(${inner()})`})`,
    () => `(nil?.missing ?? ${inner()})`,
  ])();
}

function bool(w: Writer, room: number): string {
  if (room <= 0) return w.random.pick(["true", "false"]);
  const inner = (): string => bool(w, room - 1);
  return w.random.pick([
    () => `(${int(w, room - 1)} ${w.random.pick(["<", ">", "<=", ">=", "==", "!="])} ${int(w, room - 1)})`,
    () => `(${inner()} ${w.random.pick(["&&", "||"])} ${inner()})`,
    () => `!${inner()}`,
    () => `(${int(w, room - 1)} ${w.random.pick(["in", "not in"])} ${ints3(w)})`,
    () => `(${text(w, 0)} == ${text(w, 0)})`,
  ])();
}

function text(w: Writer, room: number): string {
  if (room <= 0) return w.random.pick(['"run"', '"é😀"', 'r"\\d"', '"a\\tb"', '""']);
  return w.random.pick([
    () => `"n=\${${int(w, room - 1)}}!"`,
    () => `(${text(w, 0)} + ${text(w, 0)})`,
    () => `to_string(${anyValue(w, room - 1)})`,
    () => `"""\n${w.indent}  one \${${int(w, 0)}}\n${w.indent}    two\n${w.indent}"""`,
  ])();
}

/** At most a handful of elements, whatever happens. */
function ints3(w: Writer): string {
  const names = variablesOf(w, "ints", false);
  const literal = (): string => `[${w.random.several(1, 3, () => int(w, 0)).join(", ")}]`;
  const base = (): string => (names.length > 0 && w.random.chance(40) ? w.random.pick(names as [string]) : literal());
  return w.random.pick([
    literal,
    base,
    () => `${base()}.map({ x -> x ${w.random.pick(["+", "*"])} ${w.random.int(0, 9)} })`,
    () => `${base()}.filter({ x -> x > ${w.random.int(0, 50)} })`,
    () => `${base()}[:2]`,
    () => `[${int(w, 0)}, ...${literal()}]`,
  ])();
}

function table(w: Writer, room: number): string {
  const names = variablesOf(w, "table", false);
  if (names.length > 0 && w.random.chance(30)) return w.random.pick(names as [string]);
  const spread = names.length > 0 && w.random.chance(20) ? `...${w.random.pick(names as [string])}, ` : "";
  return `({${spread}a: ${int(w, room - 1)}, "b": ${int(w, 0)}, ["c"]: ${w.random.int(0, 9)}})`;
}
