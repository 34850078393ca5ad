/**
 * Random programs that run and that the lint rules with fixes have something to say about: each statement is the bad
 * example of a rule with other operands, in a layout that makes the fix's edges matter (parentheses, no spaces, line ends
 * inside, a comment in the way). Operands are bools and what only counts as one, so that a fix that is right for bools
 * alone shows.
 */

import type { RandomSource } from "./random-source.ts";

/** Values of many types; names are bound by the program's head. */
const OPERANDS = [
  "yes",
  "no",
  "n",
  "nan",
  "nothing",
  "xs",
  "true",
  "false",
  "nil",
  "1",
  '"a"',
  "n < 3",
  "n == 3",
  "!yes",
  "yes && n",
  "n in xs",
  "give(yes)",
  "xs[0]",
  "d.a",
  "[1].count()",
  "yes ? n : no",
] as const;

const HEAD = `fn give(value) {
  println("given")
  return value
}

let yes = true
let no = false
let n = 3
let nan = sqrt(-1.0)
let nothing = nil
let xs = [3, 0]
let d = {a: 1}
`;

interface Writer {
  readonly random: RandomSource;
  next: number;
}

export function lintableProgram(random: RandomSource, size: number): string {
  const w: Writer = { random, next: 0 };
  const parts = random.several(Math.max(1, size - 1), size + 3, () => part(w));
  return `${HEAD}\n${parts.join("\n")}\n`;
}

/** In parentheses or, where nothing binds looser than what stands around it, without. */
function operand(w: Writer): string {
  const text = w.random.pick(OPERANDS);
  const isSimple = /^[\w"[\].]+$/.test(text);
  if (isSimple && w.random.chance(60)) return text;
  return w.random.pick([`(${text})`, `(\n${text})`, `( ${text}\n)`]);
}

const gap = (w: Writer): string => w.random.pick([" ", " ", "", "  "]);
const fresh = (w: Writer, name: string): string => `${name}${w.next++}`;

function expression(w: Writer): string {
  const bool = w.random.pick(["true", "false"]);
  const other = bool === "true" ? "false" : "true";
  const op = w.random.pick(["==", "!="]);
  const name = w.random.pick(["nothing", "n"]);
  return w.random.pick<() => string>([
    () => `${operand(w)}${gap(w)}${op}${gap(w)}${bool}`,
    () => `${bool}${gap(w)}${op}${gap(w)}${operand(w)}`,
    () => `${operand(w)} ? ${bool} : ${other}`,
    () => `if ${operand(w)} { ${bool} } else { ${other} }`,
    () => `if ${operand(w)} { 1 } else if ${operand(w)} { ${bool} } else { ${other} }`,
    () => `!${gap(w)}!${operand(w)}`,
    () => `!!!${operand(w)}`,
    () => `${name} == nil ? ${operand(w)} : ${name}`,
    () => `nil != ${name} ? ${name} : ${operand(w)}`,
    () => `(${name}) == nil ? (give(1)) : (${name})`,
    () => same(w, op),
    () => `to_string(${w.random.pick(['"a"', '"a${n}"', "to_string(n)", '("a")'])})`,
    () => `to_int(${w.random.pick(["5", "to_int(n)", "99999999999999999999", '(to_int("x"))'])})`,
    () => `to_list(${w.random.pick(["[1]", "to_list(xs)"])}).count()`,
  ])();
}

function same(w: Writer, op: string): string {
  const side = operand(w);
  return `${side}${gap(w)}${op}${gap(w)}${side}`;
}

/** Where an expression may stand: each with something before or after it that it could run into. */
function part(w: Writer): string {
  const e = (): string => expression(w);
  return w.random.pick<() => string>([
    () => `println(${e()})`,
    () => `println([${e()}, ${e()}])`,
    () => `println({a: ${e()}}.a)`,
    () => `println("\${${operand(w).replaceAll("\n", " ")} == true}")`,
    () => `if (${e()}) { println("then") } else { println("else") }`,
    () => `match(${e()}) { true -> { println("t") } _ -> { println("other") } }`,
    () => `println((${e()}) == (${e()}))`,
    () => `println(-(1) in xs, (${e()})in[true])`,
    () => `fn ${fresh(w, "f")}() {\n  return${w.random.pick([" ", ""])}(${e()})\n}\nprintln(f${w.next - 1}())`,
    () => `fn ${fresh(w, "f")}() {\n  return ${e()}\n}\nprintln(f${w.next - 1}())`,
    () => letThenReturn(w),
    () => elseAfterReturn(w),
    () => unused(w),
    () => empty(w),
    () => commented(w),
    () => shadowed(w),
  ])();
}

function letThenReturn(w: Writer): string {
  const name = fresh(w, "r");
  const value = w.random.pick([expression(w), `(1\n  + 1)`, `(${expression(w)})`, `// why\n  1`, "{ x -> x }"]);
  const between = w.random.pick(["\n  ", "; ", " // why\n  ", "\n\n  "]);
  return `fn get_${name}() {\n  let ${name}${gap(w)}=${gap(w)}${value}${between}return ${name}\n}\nprintln(type_of(get_${name}()))`;
}

function elseAfterReturn(w: Writer): string {
  const name = fresh(w, "g");
  const last = w.random.pick([
    `println("b")`,
    `-1`,
    `let y = 1\n println(y)`,
    `defer { println("deferred") }; println("b")`,
    `println("b") // why`,
    `[1].count()`,
    `(n)`,
  ]);
  const tail = w.random.pick([`\n  println("end")`, `; println("end")`, ""]);
  const leave = w.random.pick(["return 1", 'throw "x"']);
  const chain = w.random.chance(30) ? `if ${operand(w)} { println("c") } else ` : "";
  return `fn ${name}() {
  if ${operand(w)} { ${leave} } else ${chain}{ ${last}${last.includes("//") ? "\n" : " "}}${tail}
}
try { println(${name}()) } catch (e) { println(e) }`;
}

function unused(w: Writer): string {
  const name = fresh(w, "u");
  return w.random.pick([
    `let ${name} = give(1)`,
    `var ${name} = 2`,
    `var ${name} = 2\nprintln(${name})`,
    `let {a: ${name}} = d`,
    `let [${name}, _q${name}] = xs`,
    `let _${name} = 1\nlet ${name} = 2\nprintln(_${name})`,
    `var ${name} = 1\n${name} += 1`,
    `fn ${name}() { var a = 1; let b = { -> a = 2 }; b(); println(a) }\n${name}()`,
    `for ${name} in xs { println("turn") }`,
  ]);
}

function empty(w: Writer): string {
  const head = w.random.pick([
    `if ${operand(w)} { }`,
    `if ${operand(w)} {\n}`,
    `for x in ${w.random.pick(["xs", "[1]", "[give(1)]", "upto()", "(1 to 3)"])} { }`,
    `if give(${operand(w)}) { }`,
    `if ${operand(w)} { } else { println("else") }`,
    `try { } catch (e) { }`,
  ]);
  const name = fresh(w, "h");
  const stream = `gen fn upto() { println("pulled")\n emit 1 }\n`;
  const after = w.random.pick([`\n  println("after")`, `; println("after")`, ""]);
  return `fn ${name}() {\n  ${head.includes("upto") ? stream : ""}  ${head}${after}\n}\nprintln(${name}())`;
}

function commented(w: Writer): string {
  const name = fresh(w, "c");
  const comment = w.random.pick([
    "/// Words",
    "// Words",
    "/// One\n/// two",
    "/// a */ b",
    "//// ruler",
    "/// é\n///\n/// last",
  ]);
  return `${comment}\nfn ${name}() { return 1 }\nprintln(${name}())`;
}

/** A name of the program's own where a rule knows a builtin. */
function shadowed(w: Writer): string {
  const name = fresh(w, "s");
  return `fn ${name}() {\n  let to_string = { _x -> "own" }\n  return to_string("a")\n}\nprintln(${name}())`;
}
