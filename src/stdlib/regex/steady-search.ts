/**
 * A search whose time is the length of the text times the size of the pattern, whatever the two are: all ways of matching
 * are followed at once, a character at a time, in order of preference.
 *
 * The pattern becomes a program of few instructions; a *thread* is a place in the program with the groups it has seen.
 * Two threads at one place would behave alike, so only the preferred one goes on.
 */

import { type Assertion, type Pattern, type PatternNode, wordClass } from "./syntax.ts";

type Instruction =
  | { readonly op: "match" }
  | { readonly op: "character"; readonly accepts: (codePoint: number) => boolean }
  | { readonly op: "save"; readonly slot: number }
  | { readonly op: "assert"; readonly holds: (before: number, after: number) => boolean }
  /** Goes on at both places; prefers the first. */
  | { readonly op: "split"; first: number; second: number }
  | { readonly op: "jump"; to: number };

/** Starts and ends of the whole match and of the groups; −1 where a group took no part. */
export type Slots = readonly number[];

/** Stands for the code point before the start and after the end. */
const NONE = -1;

export interface SteadyPattern {
  /** The first match that starts at `from` or later. */
  search(text: string, from: number): Slots | undefined;
}

export function steadyPattern(pattern: Pattern): SteadyPattern {
  const program = compile(pattern);
  const slotCount = 2 * (pattern.captureCount + 1);
  return { search: (text, from) => search(program, slotCount, text, from) };
}

interface Thread {
  readonly at: number;
  readonly slots: Slots;
}

function search(program: readonly Instruction[], slotCount: number, text: string, from: number): Slots | undefined {
  const blank: Slots = new Array<number>(slotCount).fill(-1);
  // A place was reached in this step when it holds the step's number.
  const reached = new Uint32Array(program.length);
  let step = 0;
  let current: Thread[] = [];
  let next: Thread[] = [];
  let found: Slots | undefined;
  const stack: Thread[] = [];

  const follow = (list: Thread[], start: Thread, at: number, before: number, after: number): void => {
    stack.push(start);
    for (let thread = stack.pop(); thread !== undefined; thread = stack.pop()) {
      if (reached[thread.at] === step) continue;
      reached[thread.at] = step;
      const instruction = program[thread.at] as Instruction;
      switch (instruction.op) {
        case "match":
        case "character":
          list.push(thread);
          break;
        case "save": {
          const slots = thread.slots.slice();
          slots[instruction.slot] = at;
          stack.push({ at: thread.at + 1, slots });
          break;
        }
        case "assert":
          if (instruction.holds(before, after)) stack.push({ at: thread.at + 1, slots: thread.slots });
          break;
        case "split":
          stack.push({ at: instruction.second, slots: thread.slots }, { at: instruction.first, slots: thread.slots });
          break;
        case "jump":
          stack.push({ at: instruction.to, slots: thread.slots });
          break;
      }
    }
  };

  let before = from > 0 ? codePointBefore(text, from) : NONE;
  step = 1;
  for (let at = from; ; ) {
    const after = text.codePointAt(at) ?? NONE;
    // Later starts are tried only while no earlier one is under way to a match.
    if (found === undefined) follow(current, { at: 0, slots: blank }, at, before, after);
    if (current.length === 0 && found !== undefined) return found;
    const end = at + (after > 0xffff ? 2 : 1);
    const following = after === NONE ? NONE : (text.codePointAt(end) ?? NONE);
    step += 1;
    for (const thread of current) {
      const instruction = program[thread.at] as Instruction;
      if (instruction.op === "match") {
        found = thread.slots;
        break;
      }
      if (after !== NONE && instruction.op === "character" && instruction.accepts(after)) {
        follow(next, { at: thread.at + 1, slots: thread.slots }, end, after, following);
      }
    }
    if (after === NONE) return found;
    [current, next] = [next, current];
    next.length = 0;
    before = after;
    at = end;
  }
}

function codePointBefore(text: string, at: number): number {
  const unit = text.charCodeAt(at - 1);
  if (unit < 0xdc00 || unit > 0xdfff || at < 2) return unit;
  const whole = text.codePointAt(at - 2) ?? unit;
  return whole > 0xffff ? whole : unit;
}

// ---- program ---------------------------------------------------------------------------------------------------------

function compile({ root }: Pattern): readonly Instruction[] {
  const program: Instruction[] = [{ op: "save", slot: 0 }];
  const tests = new Map<string, (codePoint: number) => boolean>();
  const test = (source: string, ignoreCase: boolean): ((codePoint: number) => boolean) => {
    const key = `${ignoreCase ? "i" : ""}${source}`;
    const known = tests.get(key);
    if (known !== undefined) return known;
    const made = characterTest(source, ignoreCase);
    tests.set(key, made);
    return made;
  };

  const emit = (node: PatternNode): void => {
    switch (node.kind) {
      case "empty":
        return;
      case "literal": {
        const { codePoint } = node;
        const accepts = node.ignoreCase
          ? test(`[\\u{${codePoint.toString(16)}}]`, true)
          : (other: number) => other === codePoint;
        program.push({ op: "character", accepts });
        return;
      }
      case "class":
        program.push({ op: "character", accepts: test(node.source, node.ignoreCase) });
        return;
      case "assertion":
        program.push({ op: "assert", holds: assertionTest(node.assertion, test(wordClass(node.unicode), false)) });
        return;
      case "capture":
        program.push({ op: "save", slot: 2 * node.index });
        emit(node.body);
        program.push({ op: "save", slot: 2 * node.index + 1 });
        return;
      case "sequence":
        for (const item of node.items) emit(item);
        return;
      case "choice":
        emitChoice(node.items);
        return;
      case "repeat":
        emitRepeat(node);
        return;
    }
  };

  const emitChoice = (items: readonly PatternNode[]): void => {
    const jumps: { op: "jump"; to: number }[] = [];
    for (const [index, item] of items.entries()) {
      if (index === items.length - 1) emit(item);
      else {
        const split = { op: "split" as const, first: program.length + 1, second: 0 };
        program.push(split);
        emit(item);
        const jump = { op: "jump" as const, to: 0 };
        program.push(jump);
        jumps.push(jump);
        split.second = program.length;
      }
    }
    for (const jump of jumps) jump.to = program.length;
  };

  /** Goes into the body or past it, as the quantifier prefers. */
  const pushSplit = (greedy: boolean): ((past: number) => void) => {
    const inside = program.length + 1;
    const split = { op: "split" as const, first: inside, second: inside };
    program.push(split);
    return (past) => {
      if (greedy) split.second = past;
      else split.first = past;
    };
  };

  const emitRepeat = ({ body, min, max, greedy }: Extract<PatternNode, { kind: "repeat" }>): void => {
    for (let round = 0; round < min; round++) emit(body);
    if (max === Number.POSITIVE_INFINITY) {
      const start = program.length;
      const setPast = pushSplit(greedy);
      emit(body);
      program.push({ op: "jump", to: start });
      setPast(program.length);
      return;
    }
    const pending: ((past: number) => void)[] = [];
    for (let round = min; round < max; round++) {
      pending.push(pushSplit(greedy));
      emit(body);
    }
    for (const setPast of pending) setPast(program.length);
  };

  emit(root);
  program.push({ op: "save", slot: 1 }, { op: "match" });
  return program;
}

/** Asks the platform once per character and remembers the answer. */
function characterTest(source: string, ignoreCase: boolean): (codePoint: number) => boolean {
  const expression = new RegExp(`^${source}$`, ignoreCase ? "vi" : "v");
  const ascii = new Int8Array(128);
  const others = new Map<number, boolean>();
  return (codePoint) => {
    if (codePoint < 128) {
      const known = ascii[codePoint];
      if (known !== 0) return known === 1;
      const accepted = expression.test(String.fromCharCode(codePoint));
      ascii[codePoint] = accepted ? 1 : 2;
      return accepted;
    }
    const known = others.get(codePoint);
    if (known !== undefined) return known;
    const accepted = expression.test(String.fromCodePoint(codePoint));
    if (others.size >= 4096) others.clear();
    others.set(codePoint, accepted);
    return accepted;
  };
}

function assertionTest(
  assertion: Assertion,
  isWord: (codePoint: number) => boolean,
): (before: number, after: number) => boolean {
  const word = (codePoint: number): boolean => codePoint !== NONE && isWord(codePoint);
  const lineFeed = 10;
  switch (assertion) {
    case "text-start":
      return (before) => before === NONE;
    case "text-end":
      return (_before, after) => after === NONE;
    case "line-start":
      return (before) => before === NONE || before === lineFeed;
    case "line-end":
      return (_before, after) => after === NONE || after === lineFeed;
    case "word-boundary":
      return (before, after) => word(before) !== word(after);
    case "not-word-boundary":
      return (before, after) => word(before) === word(after);
    case "word-start":
      return (before, after) => !word(before) && word(after);
    case "word-end":
      return (before, after) => word(before) && !word(after);
    case "word-start-half":
      return (before) => !word(before);
    case "word-end-half":
      return (_before, after) => !word(after);
  }
}
