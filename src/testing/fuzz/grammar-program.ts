/**
 * Random programs over the whole grammar: every construct in every place where it may stand, with comments and layout as
 * untidy as people write. They parse without diagnostics and mean nothing: names are not bound, types do not fit. For the
 * parser and the formatter.
 *
 * Expressions are made with the precedence they need (`need`): what binds looser goes into parentheses, so that the tree
 * is the one intended. `room` is how many levels may still be opened.
 */

import type { RandomSource } from "./random-source.ts";

interface Writer {
  readonly random: RandomSource;
  indent: string;
  /** Inside `gen fn`, `emit` may stand. */
  inStream: boolean;
}

const NAMES = [
  "a",
  "b",
  "count",
  "item",
  "gen",
  "skill",
  "stream",
  "out",
  "where",
  "timeout",
  "größe",
  "_tmp",
  "not",
] as const;
const TYPE_NAMES = ["Point", "Shape", "Order", "T2"] as const;
const MEMBERS = ["name", "match", "type", "len", "first", "select"] as const;

/** One whole file. */
export function grammarProgram(random: RandomSource, size: number): string {
  const w: Writer = { random, indent: "", inStream: false };
  const shebang = random.chance(10) ? "#!/usr/bin/env harn\n" : "";
  const items = random.several(Math.max(1, size - 2), size + 2, () => topLevelItem(w));
  return `${shebang}${items.join(random.pick(["\n", "\n\n", "\n\n\n"]))}\n`;
}

// ---- Names and types -----------------------------------------------------------------------------------------------

const name = (w: Writer): string => w.random.pick(NAMES);
const typeName = (w: Writer): string => w.random.pick(TYPE_NAMES);

function type(w: Writer, room: number): string {
  if (room <= 0) return w.random.pick(["int", "string", "any", "nil", "Point"]);
  const inner = (): string => type(w, room - 1);
  return w.random.pick([
    () => w.random.pick(["int", "float", "string", "bool", "nil", "any", "never", "unknown", "T"]),
    () => `list<${inner()}>`,
    () => `[${inner()}]`,
    () => `dict<string, ${inner()}>`,
    () => `${plainType(w, room)} | ${plainType(w, room)}`,
    () => `{name: ${inner()}, type?: ${inner()}}`,
    () => `fn(${w.random.several(0, 2, inner).join(", ")}) -> ${inner()}`,
    () => `"on" | "off" | 1 | -1`,
    () => `${typeName(w)}<${inner()}>`,
  ])();
}

/** One that may stand between bars: a function type would swallow the rest of the union. */
function plainType(w: Writer, room: number): string {
  return w.random.pick(["int", "nil", `[${type(w, room - 1)}]`, `{id: ${type(w, room - 1)}}`]);
}

const typeParams = (w: Writer): string =>
  w.random.chance(25) ? w.random.pick(["<T>", "<T, U>", "<in T>", "<out T, U>"]) : "";
const returnType = (w: Writer): string => (w.random.chance(30) ? ` -> ${type(w, 1)}` : "");

function params(w: Writer, room: number): string {
  const plain = w.random.several(0, 2, (index) => `${name(w)}${index}${w.random.chance(40) ? `: ${type(w, 1)}` : ""}`);
  const defaulted = w.random.chance(25) ? [`extra = ${expression(w, 0, room - 1)}`] : [];
  const rest = w.random.chance(20) ? ["...rest"] : [];
  return [...plain, ...defaulted, ...rest].join(", ");
}

// ---- Layout --------------------------------------------------------------------------------------------------------

function comment(w: Writer): string {
  return w.random.pick([
    "// note",
    "/// doc",
    "/* block */",
    "/** doc block */",
    "//// ruler",
    "/* a /* nested */ comment */",
  ]);
}

/** Statements between braces. */
function block(w: Writer, room: number): string {
  return bracesAround(w, () => w.random.several(0, room <= 0 ? 1 : 3, () => statement(w, room - 1)), "; ");
}

/** `joint` separates members on one line; without it each has a line of its own. */
function bracesAround(w: Writer, makeLines: () => readonly string[], joint?: "; " | ", "): string {
  const outer = w.indent;
  w.indent += "  ";
  const lines = makeLines().flatMap((line) => (w.random.chance(12) ? [comment(w), line] : [line]));
  const inner = w.indent;
  w.indent = outer;
  if (lines.length === 0) return w.random.pick(["{ }", "{}", "{\n" + outer + "}"]);
  const fits = lines.every((line) => !line.includes("\n") && !line.startsWith("/"));
  if (joint !== undefined && fits && w.random.chance(20)) return `{ ${lines.join(joint)} }`;
  const broken = lines.map((line) => `${inner}${line}${w.random.chance(5) && !line.includes("//") ? " // why" : ""}`);
  return `{\n${broken.join(w.random.chance(15) ? "\n\n" : "\n")}\n${outer}}`;
}

/** Elements between brackets, on one line or several, with or without a comma at the end. */
function sequence(w: Writer, open: string, elements: readonly string[], close: string): string {
  if (elements.length === 0) return `${open}${close}`;
  if (w.random.chance(75)) return `${open}${elements.join(", ")}${w.random.chance(10) ? "," : ""}${close}`;
  const inner = `${w.indent}  `;
  const last = w.random.chance(50) ? "," : "";
  return `${open}\n${inner}${elements.join(`,\n${inner}`)}${last}\n${w.indent}${close}`;
}

// ---- Declarations --------------------------------------------------------------------------------------------------

function topLevelItem(w: Writer): string {
  const doc = w.random.chance(15) ? `${comment(w)}\n` : "";
  const attribute = w.random.chance(15) ? `${attributes(w)}\n` : "";
  if (attribute !== "") return `${doc}${attribute}${attributable(w)}`;
  return (
    doc + w.random.pick([() => importDecl(w), () => attributable(w), () => overrideDecl(w), () => statement(w, 4)])()
  );
}

function attributes(w: Writer): string {
  const value = (): string => w.random.pick(["1", "-2.5", '"x"', "true", "nil", "allow", "[1, x]", "{max: 3}", "5s"]);
  const args = w.random.several(0, 2, (index) => (w.random.chance(50) ? `key${index}: ${value()}` : value()));
  const one = `@deprecated${args.length === 0 ? "" : `(${args.join(", ")})`}`;
  return w.random.chance(20) ? `@test\n${one}` : one;
}

function importDecl(w: Writer): string {
  const pub = w.random.chance(20) ? "pub " : "";
  const path = w.random.pick(['"std/text"', '"./lib/helper"', '"acme/tools"']);
  return w.random.chance(50)
    ? `${pub}import ${path}`
    : `${pub}import ${sequence(w, "{", ["one", "two"], "}")} from ${path}`;
}

function overrideDecl(w: Writer): string {
  return `override ${name(w)}(${name(w)}) ${block(w, 2)}`;
}

function attributable(w: Writer): string {
  const pub = w.random.chance(30) ? "pub " : "";
  return w.random.pick([
    () => `${pub}${fnDecl(w, false)}`,
    () => `${pub}${fnDecl(w, true)}`,
    () =>
      `${pub}pipeline ${name(w)}(${w.random.pick(["", "task", "task, context"])})${returnType(w)}${w.random.chance(15) ? " extends base" : ""} ${block(w, 3)}`,
    () =>
      `${pub}tool ${name(w)}(${params(w, 1)})${returnType(w)} ${bracesAround(w, () => ['description "does things"', ...w.random.several(0, 2, () => statement(w, 2))])}`,
    () =>
      `${pub}skill ${w.random.pick(["triage", "review"])} ${bracesAround(w, () => ['summary "short"', `tools ${expression(w, 0, 1)}`, `on_activate fn() ${block(w, 1)}`])}`,
    () =>
      `${pub}eval_pack ${w.random.pick(["quality", 'quality "pack-1"', '"pack 2"'])} ${bracesAround(w, () => ["version: 1", statement(w, 1), `summarize ${block(w, 1)}`])}`,
    () => `${pub}enum ${typeName(w)}${typeParams(w)} ${enumBody(w)}`,
    () =>
      `${pub}struct ${typeName(w)}${typeParams(w)} ${bracesAround(w, () => [`x: ${type(w, 1)}`, `y?: ${type(w, 1)}`, "z"], ", ")}`,
    () =>
      `interface ${typeName(w)}${typeParams(w)} ${bracesAround(w, () => ["type Item", "type Key = string", `fn get${typeParams(w)}(id: int)${returnType(w)}`])}`,
    () => `impl ${typeName(w)} ${bracesAround(w, () => w.random.several(0, 2, () => fnDecl(w, false)))}`,
    () => `type ${typeName(w)}${typeParams(w)} = ${type(w, 3)}`,
  ])();
}

function enumBody(w: Writer): string {
  const variants = w.random.several(1, 3, (index) => `V${index}${w.random.chance(40) ? `(value: ${type(w, 1)})` : ""}`);
  return `{ ${variants.join(w.random.pick([", ", "\n"]))} }`;
}

function fnDecl(w: Writer, isStream: boolean): string {
  const before = w.inStream;
  w.inStream = isStream;
  const where = w.random.chance(10) ? " where T: Shape" : "";
  const text = `${isStream ? "gen " : ""}fn f${w.random.int(0, 9)}${typeParams(w)}(${params(w, 2)})${returnType(w)}${where} ${block(w, 3)}`;
  w.inStream = before;
  return text;
}

// ---- Statements ----------------------------------------------------------------------------------------------------

function statement(w: Writer, room: number): string {
  const value = (): string => expression(w, 0, room);
  if (room <= 0)
    return w.random.pick([() => `let ${name(w)} = ${value()}`, () => `${name(w)}(${value()})`, () => "return"])();
  const inner = (): string => block(w, room - 1);
  return w.random.pick([
    () => `let ${pattern(w, room)} = ${value()}`,
    () => `let ${name(w)}: ${type(w, 2)} = ${value()}`,
    () => `var ${name(w)} = ${value()}`,
    () => `${target(w)} ${w.random.pick(["=", "+=", "-=", "*=", "/=", "%="])} ${value()}`,
    () => `for ${w.random.chance(20) ? "(key, value)" : pattern(w, 0)} in ${value()} ${inner()}`,
    () => `while ${value()} ${inner()}`,
    () => ifChain(w, room),
    () => matchExpression(w, room),
    () => tryStatement(w, room),
    () => w.random.pick(["return", `return ${value()}`, "break", "continue", `throw ${value()}`]),
    // Without parentheses an `if` would take the `else` for its own.
    () => `guard ${expression(w, PIPE, room)} else ${inner()}`,
    () => `require ${value()}${w.random.chance(50) ? `, ${value()}` : ""}`,
    () => `defer ${inner()}`,
    () => `mutex ${inner()}`,
    () => `retry ${w.random.pick(["3", "(n + 1)", "limit.count"])} ${inner()}`,
    () => `deadline ${w.random.pick(["5s", "(250ms)", "limit"])} ${inner()}`,
    () => parallelExpression(w, room),
    () => selectStatement(w, room),
    () => (w.inStream ? `emit ${value()}` : w.random.pick(["yield", `yield ${value()}`])),
    () => fnDecl(w, false),
    () => value(),
  ])();
}

function pattern(w: Writer, room: number): string {
  const fallback = (): string => (w.random.chance(30) && room > 0 ? ` = ${expression(w, 0, 1)}` : "");
  return w.random.pick([
    () => name(w),
    () => "_",
    () =>
      `{${[`name${fallback()}`, `type: kind${fallback()}`, ...(w.random.chance(40) ? ["...rest"] : [])].join(", ")}}`,
    () => `[${[`first${fallback()}`, "_", ...(w.random.chance(40) ? ["...rest"] : [])].join(", ")}]`,
  ])();
}

function target(w: Writer): string {
  return w.random.pick([name(w), `${name(w)}.${w.random.pick(MEMBERS)}`, `${name(w)}[${expression(w, 0, 1)}]`]);
}

function ifChain(w: Writer, room: number): string {
  const arm = (): string => `if ${expression(w, 0, room - 1)} ${block(w, room - 1)}`;
  const more = w.random.several(0, 2, () => ` else ${arm()}`).join("");
  return `${arm()}${more}${w.random.chance(50) ? `${w.random.pick([" ", `\n${w.indent}`])}else ${block(w, room - 1)}` : ""}`;
}

function matchExpression(w: Writer, room: number): string {
  const arm = (): string => {
    const first = w.random.pick([
      "1",
      '"x"',
      "nil",
      name(w),
      "Shape.V0(value)",
      "1 | 2 | 3",
      '{kind: "a"}',
      "[1, 2]",
      "1 to 5",
    ]);
    return `${first}${w.random.chance(20) ? ` if ${expression(w, 0, 1)}` : ""} -> ${block(w, room - 1)}`;
  };
  const subject = expression(w, 0, room - 1);
  return `match ${subject} ${bracesAround(w, () => [...w.random.several(1, 2, arm), `_ -> ${block(w, 0)}`])}`;
}

function tryStatement(w: Writer, room: number): string {
  const caught = w.random.pick([
    "",
    " catch { }",
    ` catch (error) ${block(w, room - 1)}`,
    ` catch (error: ${type(w, 1)}) { }`,
    " catch error { }",
  ]);
  const last = w.random.chance(30) ? ` finally ${block(w, room - 1)}` : "";
  return `try ${block(w, room - 1)}${caught}${last}`;
}

function parallelExpression(w: Writer, room: number): string {
  const cap = w.random.chance(30) ? " with { max_concurrent: 2 }" : "";
  const header = w.random.pick(["3", `each ${name(w)}`, `settle ${name(w)}`]);
  const stream = header.startsWith("each") && w.random.chance(40) ? " as stream" : "";
  return `parallel ${header}${cap} { item -> ${expression(w, 0, room - 1)} }${stream}`;
}

function selectStatement(w: Writer, room: number): string {
  const last = w.random.pick(["", `timeout 5s ${block(w, 0)}`, `default ${block(w, 0)}`]);
  const members = [`message from ${name(w)} ${block(w, room - 1)}`, ...(last === "" ? [] : [last])];
  return `select {\n${members.join("\n")}\n}`;
}

// ---- Expressions ---------------------------------------------------------------------------------------------------

const PIPE = 1;
const RANGE = 2;
const TERNARY = 3;
const UNARY = 12;
const POSTFIX = 13;

const OPERATORS = [
  ["||", 4],
  ["&&", 5],
  ["==", 6],
  ["!=", 6],
  ["<", 7],
  [">=", 7],
  ["in", 7],
  ["not in", 7],
  ["+", 8],
  ["-", 8],
  ["??", 9],
  ["*", 10],
  ["/", 10],
  ["%", 10],
  ["**", 11],
] as const;

/** `need`: the loosest precedence that may stand here without parentheses. */
function expression(w: Writer, need: number, room: number): string {
  if (room <= 0) return atom(w);
  const inner = (precedence: number): string => expression(w, precedence, room - 1);
  const [text, precedence] = w.random.pick<() => readonly [string, number]>([
    () => [atom(w), POSTFIX],
    () => [atom(w), POSTFIX],
    () => binary(w, inner),
    () => binary(w, inner),
    () => [`${inner(PIPE)}${w.random.pick([" |> ", `\n${w.indent}  |> `])}${inner(RANGE)}`, PIPE],
    () => [`${inner(TERNARY)} to ${inner(TERNARY)}${w.random.chance(30) ? " exclusive" : ""}`, RANGE],
    () => [`${inner(4)} ? (${inner(0)}) : ${inner(4)}`, TERNARY],
    () => [`${w.random.pick(["!", "-"])}${inner(POSTFIX)}`, UNARY],
    () => [postfix(w, inner), POSTFIX],
    () => [postfix(w, inner), POSTFIX],
    () => [composite(w, room), POSTFIX],
    () => [compound(w, room), 0],
  ])();
  return precedence < need || (precedence === 0 && need > 0) ? `(${text})` : text;
}

function binary(w: Writer, inner: (precedence: number) => string): readonly [string, number] {
  const [op, precedence] = w.random.pick(OPERATORS);
  // `a < b > (c)` would read as a call with type arguments.
  const sides = op === "**" ? [UNARY, precedence] : precedence === 7 ? [8, 8] : [precedence, precedence + 1];
  const leads = op !== "-" && !op.includes("in") && w.random.chance(10);
  const gap = leads ? `\n${w.indent}  ${op} ` : w.random.chance(5) ? ` ${op}\n${w.indent}  ` : ` ${op} `;
  return [`${inner(sides[0]!)}${gap}${inner(sides[1]!)}`, precedence];
}

function postfix(w: Writer, inner: (precedence: number) => string): string {
  const object = inner(POSTFIX);
  const args = (): string =>
    sequence(
      w,
      "(",
      w.random.several(0, 2, () => (w.random.chance(10) ? `...${name(w)}` : inner(0))),
      ")",
    );
  return w.random.pick([
    () => `${object}.${w.random.pick(MEMBERS)}`,
    () => `${object}?.${w.random.pick(MEMBERS)}`,
    () => `${object}${w.random.chance(20) ? `\n${w.indent}  ` : ""}.${w.random.pick(MEMBERS)}${args()}`,
    () => `${object}?.map${args()}`,
    () => `${object}[${inner(0)}]`,
    () => `${object}?[${inner(0)}]`,
    () => `${object}[${inner(4)}:${inner(4)}]`,
    () => `${object}[:${inner(4)}]`,
    () => `(${object}?)`,
    () => `call${args()}`,
    () => `call<${type(w, 1)}>${args()}`,
  ])();
}

function atom(w: Writer): string {
  return w.random.pick([
    () => name(w),
    () => name(w),
    () => String(w.random.int(0, 99)),
    () => w.random.pick(["0.5", "12.25", "9223372036854775807", "99999999999999999999"]),
    () => w.random.pick(["true", "false", "nil"]),
    () => `${w.random.int(1, 9)}${w.random.pick(["ms", "s", "m", "h", "d", "w"])}`,
    () => w.random.pick(['"plain"', '"é \\n \\" \\$ \\\\ 😀"', 'r"raw\\d"', '""']),
    () => `"a \${${name(w)}} b \${${w.random.int(1, 9)}}"`,
  ])();
}

/** Literals of lists, dicts, closures, structs, and strings with code. */
function composite(w: Writer, room: number): string {
  const inner = (): string => expression(w, 0, room - 1);
  const entry = (index: number): string =>
    w.random.pick([
      `key${index}: ${inner()}`,
      `"a b ${index}": ${inner()}`,
      `[${inner()}]: ${inner()}`,
      `...${name(w)}`,
      `match: ${inner()}`,
    ]);
  return w.random.pick([
    () =>
      sequence(
        w,
        "[",
        w.random.several(0, 3, () => (w.random.chance(15) ? `...${name(w)}` : inner())),
        "]",
      ),
    () => sequence(w, "{", w.random.several(0, 3, entry), "}"),
    () => `{ ${params(w, room - 1)} -> ${inner()} }`,
    () => `fn(${params(w, room - 1)}) ${block(w, room - 1)}`,
    () => `Point ${sequence(w, "{", [`x: ${inner()}`, "y: 2"], "}")}`,
    () => `"sum \${${w.random.pick([name(w), `${name(w)} + 1`, `call("x", ${name(w)})`, "{a: 1}.a"])}}!"`,
    () => `"""\n${w.indent}  text \${${name(w)}}\n${w.indent}    more "quoted"\n${w.indent}"""`,
  ])();
}

/** What begins with a keyword; in parentheses wherever an operator is near. */
function compound(w: Writer, room: number): string {
  return w.random.pick([
    () => ifChain(w, room - 1),
    () => matchExpression(w, room - 1),
    () => `try ${block(w, room - 1)}`,
    () => `try* ${expression(w, POSTFIX, room - 1)}`,
    () => `spawn ${block(w, room - 1)}`,
    () => parallelExpression(w, room - 1),
    () => `retry 2 ${block(w, room - 1)}`,
    () => `deadline 1s ${block(w, room - 1)}`,
  ])();
}
