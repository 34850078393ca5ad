/**
 * The parts of the system that fuzzing attacks: for each, how its inputs are made from a stream of choices, and what must
 * hold for any input. Valid programs come from the grammar or from the builtins' examples, invalid ones from damage to
 * valid ones.
 */

import { HarnError, type Json } from "../../base/index.ts";
import { decodeModule, encodeModule, type ModuleCode, verifyModule } from "../../bytecode/index.ts";
import {
  applyFixes,
  BUILTIN_SIGNATURES,
  type BuiltinTable,
  checkModule,
  compileModule,
  createBuiltinTable,
  createSourceFile,
  type Diagnostic,
  declaredArguments,
  formatSource,
  isKeyword,
  lex,
  lintModule,
  type Module,
  parse,
  type SourceFile,
  type Token,
  treeMeaning,
} from "../../lang/index.ts";
import { standardBuiltins, standardMethods } from "../../stdlib/index.ts";
import { type Callables, callableOf, callProgram } from "./call-program.ts";
import {
  type Complaint,
  complaint,
  diagnosticComplaint,
  platformText,
  soundnessComplaint,
  strayNode,
  thrownComplaint,
  withoutDetails,
} from "./complaints.ts";
import { mutateJson, mutateText, noiseText } from "./mutations.ts";
import { generateProgram } from "./program-generator.ts";
import type { RandomSource } from "./random-source.ts";
import { type CaseEnding, runCase } from "./run-case.ts";

/** How an input was made: the less was done to it, the more must hold. */
export type InputKind = "grammar" | "runnable" | "lintable" | "example" | "calls" | "damaged";

export interface FuzzInput {
  readonly kind: InputKind;
  readonly text: string;
}

export interface FuzzTarget {
  readonly name: FuzzTargetName;
  /** What must hold, one line. */
  readonly summary: string;
  /** Ending of files that hold inputs. */
  readonly extension: "harn" | "json";
  make(random: RandomSource): FuzzInput;
  /** Never rejects: what is thrown is a complaint. */
  judge(input: FuzzInput): Promise<Complaint | undefined>;
}

export const fuzzTargetNames = [
  "lexer",
  "parser",
  "checker",
  "linter",
  "formatter",
  "verifier",
  "loader",
  "vm",
] as const;
export type FuzzTargetName = (typeof fuzzTargetNames)[number];

/** Made once: the tables behind them take a while. */
export function createFuzzTargets(): Readonly<Record<FuzzTargetName, FuzzTarget>> {
  const builtins = createBuiltinTable(BUILTIN_SIGNATURES, {}, declaredArguments(standardBuiltins));
  const examples = standardBuiltins.flatMap(({ example }) => (example === undefined ? [] : [example]));
  const callables: Callables = {
    builtins: standardBuiltins.map(({ signature }) => callableOf(signature)).filter(({ name }) => !isKeyword(name)),
    keys: [...new Set(examples.flatMap((example) => example.match(/\b[a-z]\w*(?=: )/g) ?? []))].filter(
      (name) => !isKeyword(name),
    ),
    methods: Object.fromEntries(
      Object.entries(standardMethods).map(([type, list]) => [
        type,
        list.map(({ name }) => name).filter((name) => /^\w+$/.test(name)),
      ]),
    ),
  };
  const makers = { examples, callables };
  const target = (
    name: FuzzTargetName,
    summary: string,
    make: (random: RandomSource) => FuzzInput,
    judge: (input: FuzzInput) => Complaint | undefined | Promise<Complaint | undefined>,
    extension: "harn" | "json" = "harn",
  ): FuzzTarget => ({
    name,
    summary,
    extension,
    make,
    async judge(input) {
      try {
        return await judge(input);
      } catch (error) {
        return thrownComplaint(`The ${name}`, error);
      }
    },
  });
  return {
    lexer: target("lexer", "every character of any text ends up in a token", anyText(makers), judgeLexer),
    parser: target("parser", "any text gives a tree and sound diagnostics", anyText(makers), judgeParser),
    checker: target("checker", "any tree is checked without a fault", anyProgram(makers), (input) =>
      judgeChecker(input, builtins),
    ),
    linter: target("linter", "findings are sound, fixes keep the meaning", lintable(makers), (input) =>
      judgeLinter(input, builtins),
    ),
    formatter: target("formatter", "formatting keeps the meaning and is done once", anyProgram(makers), judgeFormatter),
    verifier: target("verifier", "compiled code is well-formed and survives JSON", anyProgram(makers), judgeVerifier),
    loader: target("loader", "damaged bytecode is refused or harmless", damagedBytecode(makers), judgeLoader, "json"),
    vm: target("vm", "programs end, leave nothing, and meet no internal error", anyRun(makers), judgeVm),
  };
}

// ---- Inputs ----------------------------------------------------------------------------------------------------------

interface Makers {
  readonly examples: readonly string[];
  readonly callables: Callables;
}

function validProgram(random: RandomSource, { examples, callables }: Makers): FuzzInput {
  const seed = random.int(0, 0x3fff_ffff);
  const size = random.int(1, 8);
  return random.pick<() => FuzzInput>([
    () => ({ kind: "grammar", text: generateProgram({ seed, size }) }),
    () => ({ kind: "grammar", text: generateProgram({ seed, size }) }),
    () => ({ kind: "runnable", text: generateProgram({ seed, size, kind: "runnable" }) }),
    () => ({ kind: "runnable", text: generateProgram({ seed, size, kind: "constructs" }) }),
    () => ({ kind: "example", text: random.pick(examples) }),
    () => ({ kind: "calls", text: callProgram(random, callables, size) }),
  ])();
}

function damaged(random: RandomSource, makers: Makers): FuzzInput {
  const { text } = validProgram(random, makers);
  return { kind: "damaged", text: mutateText(random, text, validProgram(random, makers).text) };
}

/** Programs, damaged ones, noise. */
const anyText =
  (makers: Makers) =>
  (random: RandomSource): FuzzInput => {
    if (random.chance(15)) return validProgram(random, makers);
    return random.chance(15) ? { kind: "damaged", text: noiseText(random) } : damaged(random, makers);
  };

/** Programs, and damaged ones that still parse if one is found quickly. */
const anyProgram =
  (makers: Makers) =>
  (random: RandomSource): FuzzInput => {
    if (random.chance(40)) return validProgram(random, makers);
    for (let tries = 0; tries < 6; tries++) {
      const input = damaged(random, makers);
      if (parse(createSourceFile("fuzz.harn", input.text)).diagnostics.length === 0) return input;
    }
    return validProgram(random, makers);
  };

/** Every third one full of what the rules with fixes report. */
const lintable =
  (makers: Makers) =>
  (random: RandomSource): FuzzInput => {
    if (!random.chance(35)) return anyProgram(makers)(random);
    const make = (): string =>
      generateProgram({ seed: random.int(0, 0x3fff_ffff), size: random.int(1, 6), kind: "lintable" });
    const text = make();
    if (random.chance(60)) return { kind: "lintable", text };
    return { kind: "damaged", text: mutateText(random, text, make()) };
  };

/** Programs with something to do; damaged ones that still compile if one is found quickly. */
const anyRun =
  (makers: Makers) =>
  (random: RandomSource): FuzzInput => {
    const { examples, callables } = makers;
    const make = (): FuzzInput => {
      const size = random.int(1, 8);
      return random.pick<() => FuzzInput>([
        () => ({
          kind: "runnable",
          text: generateProgram({ seed: random.int(0, 0x3fff_ffff), size, kind: "runnable" }),
        }),
        () => ({
          kind: "runnable",
          text: generateProgram({ seed: random.int(0, 0x3fff_ffff), size, kind: "constructs" }),
        }),
        () => ({ kind: "example", text: random.pick(examples) }),
        () => ({ kind: "calls", text: callProgram(random, callables, size * 2) }),
      ])();
    };
    if (random.chance(40)) return make();
    for (let tries = 0; tries < 6; tries++) {
      const text = mutateText(random, make().text, make().text);
      if (compile(text) !== undefined) return { kind: "damaged", text };
    }
    return make();
  };

const damagedBytecode =
  (makers: Makers) =>
  (random: RandomSource): FuzzInput => {
    const code = compile(anyRun(makers)(random).text);
    const document = code === undefined ? null : (JSON.parse(JSON.stringify(encodeModule(code))) as Json);
    return { kind: "damaged", text: JSON.stringify(mutateJson(random, document), null, 1) };
  };

interface Read {
  readonly file: SourceFile;
  readonly module: Module;
  readonly diagnostics: readonly Diagnostic[];
}

function read(text: string): Read {
  const file = createSourceFile("fuzz.harn", text);
  return { file, ...parse(file) };
}

/** Undefined when the text is no program. */
function compile(text: string): ModuleCode | undefined {
  const { file, module, diagnostics } = read(text);
  if (diagnostics.length > 0) return undefined;
  const compiled = compileModule({ file, module, id: "fuzz.harn", isEntry: true, imports: [], dependencies: [] });
  return compiled.diagnostics.length > 0 ? undefined : compiled.code;
}

function firstComplaint(diagnostics: readonly Diagnostic[], file: SourceFile): Complaint | undefined {
  for (const diagnostic of diagnostics) {
    const found = diagnosticComplaint(diagnostic, file);
    if (found !== undefined) return found;
  }
  return undefined;
}

// ---- Front end -------------------------------------------------------------------------------------------------------

function judgeLexer({ text }: FuzzInput): Complaint | undefined {
  const file = createSourceFile("fuzz.harn", text);
  const { tokens, comments, shebang, diagnostics } = lex(file);
  const bad = firstComplaint(diagnostics, file);
  if (bad !== undefined) return bad;
  if (tokens.at(-1)?.kind !== "eof") return complaint("The last token is not the end", tokens.at(-1)?.kind ?? "none");
  const covered: { readonly start: number; readonly end: number }[] = [
    ...(shebang === undefined ? [] : [{ start: 0, end: shebang.length }]),
    ...tokens,
    ...comments.map(({ span }) => span),
  ].sort((a, b) => a.start - b.start || a.end - b.end);
  let at = 0;
  for (const { start, end } of [...covered, { start: text.length, end: text.length }]) {
    if (start < at && end > at) return complaint("Two tokens overlap", `at ${start}`);
    const gap = text.slice(at, Math.max(at, start));
    if (!/^(?:[ \t\r\n\ufeff]|\\[ \t]*\r?\n)*$/.test(gap)) return complaint("Text in no token", JSON.stringify(gap));
    at = Math.max(at, end);
  }
  return diagnostics.length === 0 && tokens.some(hasInvalid)
    ? complaint("An invalid token without a diagnostic", JSON.stringify(text.slice(0, 200)))
    : undefined;
}

function hasInvalid(token: Token): boolean {
  if (token.kind === "invalid") return true;
  return (token.content?.parts ?? []).some((part) => part.kind === "interpolation" && part.tokens.some(hasInvalid));
}

function judgeParser({ kind, text }: FuzzInput): Complaint | undefined {
  const { file, module, diagnostics } = read(text);
  if (kind !== "damaged" && diagnostics.length > 0) {
    return soundnessComplaint(`A valid program (${kind}) is refused`, diagnostics[0]?.message ?? "");
  }
  const stray = strayNode(module, { start: 0, end: text.length }, "module");
  if (stray !== undefined) return complaint("A node outside of its parent", stray);
  if (diagnostics.length === 0 && JSON.stringify(module, bigintText).includes('"kind":"ErrorNode"')) {
    return complaint("An error node without a diagnostic", JSON.stringify(text.slice(0, 200)));
  }
  return firstComplaint(diagnostics, file);
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

function judgeChecker({ kind, text }: FuzzInput, builtins: BuiltinTable): Complaint | undefined {
  const { file, module, diagnostics: syntax } = read(text);
  if (syntax.length > 0) return undefined;
  const { diagnostics } = checkModule({ file, module, builtins });
  const error = diagnostics.find(({ severity }) => severity === "error");
  if (kind === "runnable" && error !== undefined) {
    return soundnessComplaint("A sound program gets a type error", error.message);
  }
  return firstComplaint(diagnostics, file);
}

/** Each fix alone, then all together: the result parses, has no new type error, and runs the same. */
async function judgeLinter({ text }: FuzzInput, builtins: BuiltinTable): Promise<Complaint | undefined> {
  const { file, module, diagnostics: syntax } = read(text);
  const diagnostics = lintModule({ file, module });
  const bad = firstComplaint(diagnostics, file);
  if (bad !== undefined || syntax.length > 0) return bad;
  const fixable = diagnostics.filter(({ fixes }) => fixes !== undefined);
  if (fixable.length === 0) return undefined;
  const before = await runText(text);
  const errors = typeErrors(text, builtins);
  const seen = new Set<string>();
  for (const chosen of [...fixable.slice(0, MAX_SINGLE_FIXES).map((one) => [one]), fixable]) {
    const { text: fixed } = applyFixes(text, chosen);
    if (seen.has(fixed)) continue;
    seen.add(fixed);
    const rules = [...new Set(chosen.map(({ rule }) => rule))].join(", ");
    const [first] = read(fixed).diagnostics;
    if (first !== undefined) {
      return complaint("Fixed text does not parse", `${rules}\n${first.message}\n--- fixed\n${fixed}`);
    }
    if (typeErrors(fixed, builtins) > errors) {
      return complaint("Fixed text has a type error that was not there", `${rules}\n--- fixed\n${fixed}`);
    }
    // What fails may fail otherwise, or not at all: that may be what the fix is for.
    if (before?.status !== "ok") continue;
    const after = await runText(fixed);
    if (after?.status !== "ok" || withoutHints(after.output) !== withoutHints(before.output)) {
      const outputs = `--- before\n${before.output}\n--- after\n${after?.output}${after?.message}`;
      return complaint(`A fix changes what a program does (${rules})`, `${outputs}\n--- fixed\n${fixed}`);
    }
  }
  return undefined;
}

/** A caught error may name the nearest name there is, which a fix may have renamed. */
function withoutHints(output: string): string {
  return output.replace(/ \(did you mean `[^`]*`\?\)/g, "");
}

/** Each costs a run of the program. */
const MAX_SINGLE_FIXES = 12;

function typeErrors(text: string, builtins: BuiltinTable): number {
  const { file, module } = read(text);
  return checkModule({ file, module, builtins }).diagnostics.filter(({ severity }) => severity === "error").length;
}

async function judgeFormatter({ kind, text }: FuzzInput): Promise<Complaint | undefined> {
  const before = read(text);
  const result = formatSource(text);
  if (!("text" in result)) {
    return before.diagnostics.length === 0
      ? complaint("A program that parses is not formatted", result.diagnostics[0]?.message ?? "")
      : undefined;
  }
  const formatted = result.text;
  const after = read(formatted);
  if (after.diagnostics.length > 0) {
    return complaint("Formatted text does not parse", `${after.diagnostics[0]?.message}\n--- formatted\n${formatted}`);
  }
  if (treeMeaning(after.module) !== treeMeaning(before.module)) {
    return complaint("Formatting changes the meaning", `--- formatted\n${formatted}`);
  }
  if (commentWords(before.module) !== commentWords(after.module)) {
    return complaint("Formatting loses or doubles a comment", `--- formatted\n${formatted}`);
  }
  const again = formatSource(formatted);
  if (!("text" in again) || again.text !== formatted) {
    const second = "text" in again ? again.text : "(does not parse)";
    return complaint("Formatting twice differs from once", `--- once\n${formatted}\n--- twice\n${second}`);
  }
  return kind === "runnable" ? compareRuns(text, formatted, "Formatting changes what a program prints") : undefined;
}

/** Doc comments change their form and imports their order; words stay. */
function commentWords({ comments }: Module): string {
  const words = comments.flatMap(({ text }) => text.split(/[\s/*]+/).filter((word) => word !== ""));
  return words.sort().join(" ");
}

async function compareRuns(before: string, after: string, rule: string): Promise<Complaint | undefined> {
  const [first, second] = [await runText(before), await runText(after)];
  if (first === undefined || first.output === second?.output) return undefined;
  return complaint(rule, `--- before\n${first.output}\n--- after\n${second?.output ?? "(does not compile)"}\n${after}`);
}

// ---- Compiler and bytecode -------------------------------------------------------------------------------------------

function judgeVerifier({ text }: FuzzInput): Complaint | undefined {
  const { file, module, diagnostics: syntax } = read(text);
  if (syntax.length > 0) return undefined;
  for (const isEntry of [true, false]) {
    const { code, diagnostics } = compileModule({
      file,
      module,
      id: "fuzz.harn",
      isEntry,
      imports: [],
      dependencies: [],
    });
    const bad = firstComplaint(diagnostics, file);
    if (bad !== undefined) return bad;
    if (diagnostics.length > 0) continue;
    const [problem] = verifyModule(code);
    if (problem !== undefined) {
      const { message, at } = problem;
      return complaint(`Compiled code: ${withoutDetails(message)}`, `${message} in ${problem.function} at ${at}`);
    }
    const copy = decodeModule(JSON.parse(JSON.stringify(encodeModule(code))) as Json);
    if (!sameData(copy, code)) return complaint("Code changes on its way through JSON", "");
  }
  return undefined;
}

/** Equal plain data, typed arrays and bigints included; the order of fields does not matter. */
function sameData(a: unknown, b: unknown): boolean {
  return plainText(a) === plainText(b);
}

function plainText(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each === "bigint") return `${each}n`;
    if (typeof each === "number") return Number.isFinite(each) && !Object.is(each, -0) ? each : `${1 / each} ${each}`;
    if (each instanceof Int32Array) return [...each];
    if (typeof each !== "object" || each === null || Array.isArray(each)) return each;
    return Object.fromEntries(Object.entries(each).sort(([first], [second]) => (first < second ? -1 : 1)));
  });
}

async function judgeLoader({ text }: FuzzInput): Promise<Complaint | undefined> {
  let document: Json;
  try {
    document = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  let code: ModuleCode;
  try {
    code = decodeModule(document);
  } catch (error) {
    if (error instanceof HarnError && error.code.startsWith("bytecode.")) return undefined;
    return thrownComplaint("Decoding", error);
  }
  if (verifyModule(code).length > 0) return undefined;
  // Accepted code may do nonsense, and fail in any way a program can, but it must not bring the VM down.
  const ending = await runCase([code], code.id);
  return platformComplaint(ending) ?? (ending.status === "endless" ? undefined : leftovers(ending));
}

// ---- VM --------------------------------------------------------------------------------------------------------------

async function runText(text: string): Promise<CaseEnding | undefined> {
  const code = compile(text);
  return code === undefined ? undefined : runCase([code], "fuzz.harn");
}

async function judgeVm({ kind, text }: FuzzInput): Promise<Complaint | undefined> {
  const ending = await runText(text);
  if (ending === undefined) return undefined;
  const inside = platformComplaint(ending);
  if (inside !== undefined) return inside;
  if (ending.status === "endless") {
    // Cleaning up may take for ever; everything else must stop when asked to.
    return /\b(?:finally|defer)\b/.test(text) ? undefined : complaint("Goes on after it was asked to stop", "");
  }
  if (kind === "runnable" && ending.status !== "ok") {
    return soundnessComplaint(`A sound program ends as ${ending.status}`, ending.message);
  }
  const left = leftovers(ending);
  if (left !== undefined) return left;
  if (kind !== "runnable") return undefined;
  const again = await runText(text);
  return again?.output === ending.output
    ? undefined
    : complaint("Two runs differ", `--- first\n${ending.output}\n--- second\n${again?.output}`);
}

function platformComplaint({ message, output }: CaseEnding): Complaint | undefined {
  const inside = platformText(message) ?? platformText(output);
  return inside === undefined ? undefined : { signature: withoutDetails(inside), detail: inside };
}

function leftovers({ liveTasks, pendingTimers }: CaseEnding): Complaint | undefined {
  if (liveTasks > 0) return complaint("Tasks are left over", `${liveTasks}`);
  return pendingTimers > 0 ? complaint("Timers are left over", `${pendingTimers}`) : undefined;
}
