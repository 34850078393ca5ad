/**
 * `Iter`, the lazy, single-pass, fused iterator of the language: a source and a list of *stages* (map, filter, take …) whose
 * closures run on VM frames. {@link pull} asks for its next item: one is taken from the source and sent *through* the
 * stages until it comes out at the end, is swallowed (then the next one is taken), or a stage has to call or wait. For
 * that the pull gets a frame of its own, {@link pullRoutine}, whose state says at which stage the item is.
 */

import { RuntimeError } from "../error.ts";
import { type Control, DONE, type Routine, type Signal } from "../native.ts";
import { checkItemCount } from "../value/size-limits.ts";
import { codePoints } from "../value/text.ts";
import {
  Dict,
  EnumValue,
  isTruthy,
  listOf,
  Opaque,
  Pair,
  StructValue,
  share,
  typeName,
  type Value,
} from "../value/value.ts";
import { END, listCursor, PullSource, pullSource, type Source, sourceOf } from "./sources.ts";

/** Takes `n` items, at most. */
export type Stage =
  | { readonly kind: "map"; readonly fn: Value }
  | { readonly kind: "filter"; readonly fn: Value }
  | { readonly kind: "flat_map"; readonly fn: Value; inner: Iter | undefined }
  | { readonly kind: "take"; left: number }
  | { readonly kind: "skip"; left: number }
  | { readonly kind: "take_while"; readonly fn: Value }
  /** Ends before the first item for which `fn` is truthy. */
  | { readonly kind: "take_until"; readonly fn: Value }
  | { readonly kind: "skip_while"; readonly fn: Value; skipping: boolean }
  | { readonly kind: "tap"; readonly fn: Value }
  | { readonly kind: "scan"; readonly fn: Value; acc: Value }
  | { readonly kind: "enumerate"; index: number }
  | { readonly kind: "zip"; readonly other: Iter }
  | { readonly kind: "chain"; readonly other: Iter; started: boolean }
  | { readonly kind: "chunks"; readonly size: number; buffer: Value[] }
  | { readonly kind: "windows"; readonly size: number; buffer: Value[] };

type FlatMap = Extract<Stage, { kind: "flat_map" }>;

export class Iter extends Opaque {
  readonly typeName: string;
  source: Source;
  readonly stages: readonly Stage[];
  done = false;
  constructor(source: Source, stages: readonly Stage[] = [], typeName = "iter") {
    super();
    this.source = source;
    this.stages = stages;
    this.typeName = typeName;
  }
  display(): string {
    if (this.typeName !== "iter") return `<${this.typeName}>`;
    return this.done ? "<iter (exhausted)>" : "<iter>";
  }
}

/** The next stage on a lazy chain takes over its input: the old handle is used up. */
export function withStage(iter: Iter, stage: Stage): Iter {
  const next = new Iter(iter.source, [...iter.stages, stage], iter.typeName);
  next.done = iter.done;
  return next;
}

/** `iter(value)`. Dicts give pairs, strings their code points. */
export function iterOf(value: Value): Iter {
  if (typeof value === "string") return new Iter(listCursor(codePoints(value)));
  if (value instanceof Dict || value instanceof StructValue) {
    return new Iter(listCursor(value.keys().map((key) => new Pair(key, share(value.map.get(key))))));
  }
  const iter = tryIterOf(value);
  if (iter) return iter;
  const hint = value instanceof EnumValue ? " (unwrap it first)" : "";
  throw new RuntimeError("type", `iter: value of type ${typeName(value)} is not iterable${hint}`);
}

/** Of an iterator, or of what gives items one by one; undefined for anything else. */
function tryIterOf(value: Value): Iter | undefined {
  if (value instanceof Iter) return value;
  const source = sourceOf(value);
  // Whoever had it may read on: leaving a loop over the iterator does not end it.
  if (source instanceof PullSource) source.shared = true;
  return source && new Iter(source);
}

/** Nobody will pull any more. */
export function abandonIter(iter: Iter): void {
  iter.done = true;
  if (iter.source instanceof PullSource) iter.source.abandon();
}

// ---- pulling -------------------------------------------------------------------------------------------------------

/** Where an item is on its way through the stages of an iterator. */
interface PullState {
  readonly iter: Iter;
  /** Stage whose call or pull is under way; -1: the source. */
  at: number;
  /** Item that entered that stage. */
  item: Value;
  /** This pull has a frame of its own already. */
  framed: boolean;
}

/** Calls a stage's function; the pull resumes with the answer. */
function callStage(state: PullState, fn: Value, args: readonly Value[], control: Control): Signal {
  if (state.framed) return control.call(state, fn, args);
  state.framed = true;
  return control.nestCall(fn, args, pullRoutine, state);
}

/** Something is under way that the pull resumes with. */
function waitStage(state: PullState, signal: Signal, control: Control): Signal {
  if (state.framed) return control.hold(state, signal);
  state.framed = true;
  return control.nest(signal, pullRoutine, state);
}

/** Asks for the next item of an iterator, or {@link END}. */
export function pull(iter: Iter, control: Control): Signal {
  if (iter.done) return control.done(END);
  if (iter.stages.length === 0) {
    const signal = pullSource(iter.source, control);
    if (signal === DONE && control.value === END) iter.done = true;
    if (signal === DONE) return signal;
    return waitStage({ iter, at: -1, item: undefined, framed: false }, signal, control);
  }
  return run({ iter, at: -1, item: undefined, framed: false }, control);
}

/** Pulls from the source and pushes the item through the stages until one comes out, or something must be waited for. */
function run(state: PullState, control: Control): Signal {
  for (;;) {
    if (limitReached(state.iter)) return finish(state.iter, control);
    const flat = activeFlatMap(state.iter);
    if (flat >= 0) {
      const stage = state.iter.stages[flat] as FlatMap;
      state.at = flat;
      const signal = pull(stage.inner as Iter, control);
      if (signal !== DONE) return waitStage(state, signal, control);
      const outcome = afterInner(state, stage, control.value, control);
      if (outcome !== undefined) return outcome;
      continue;
    }
    state.at = -1;
    const signal = pullSource(state.iter.source, control);
    if (signal !== DONE) return waitStage(state, signal, control);
    const outcome = control.value === END ? exhausted(state, control) : through(state, 0, control.value, control);
    if (outcome !== undefined) return outcome;
  }
}

function limitReached(iter: Iter): boolean {
  return iter.stages.some((stage) => stage.kind === "take" && stage.left <= 0);
}

function activeFlatMap(iter: Iter): number {
  for (let i = iter.stages.length - 1; i >= 0; i--) {
    const stage = iter.stages[i] as Stage;
    if (stage.kind === "flat_map" && stage.inner) return i;
  }
  return -1;
}

function finish(iter: Iter, control: Control): Signal {
  abandonIter(iter);
  return control.done(END);
}

/** The source has nothing more: hand out what stages hold back, follow a chain, or end. */
function exhausted(state: PullState, control: Control): Signal | undefined {
  const { iter } = state;
  for (let i = 0; i < iter.stages.length; i++) {
    const stage = iter.stages[i] as Stage;
    if (stage.kind === "chain" && !stage.started) {
      stage.started = true;
      iter.source = new ChainSource(iter.stages.slice(0, i), stage.other);
      return undefined;
    }
    if (stage.kind === "chunks" && stage.buffer.length > 0) {
      const rest = listOf(stage.buffer.splice(0));
      return through(state, i + 1, rest, control);
    }
  }
  iter.done = true;
  return control.done(END);
}

/** Items of `other` enter the chain after its `chain` stage; earlier stages let them pass. */
export class ChainSource extends PullSource {
  readonly typeName = "cursor";
  readonly bypassed: readonly Stage[];
  readonly other: Iter;
  constructor(bypassed: readonly Stage[], other: Iter) {
    super();
    this.bypassed = bypassed;
    this.other = other;
  }
  next(control: Control): Signal {
    return pull(this.other, control);
  }
  override abandon(): void {
    abandonIter(this.other);
  }
  display(): string {
    return "<cursor>";
  }
}

/** Result of an inner iterator's pull inside flat_map. */
function afterInner(state: PullState, stage: FlatMap, value: Value, control: Control): Signal | undefined {
  if (value === END) {
    stage.inner = undefined;
    return undefined;
  }
  return through(state, state.at + 1, value, control);
}

/**
 * Sends an item through the stages from `from` on. Undefined: the item was swallowed, go for the next one. A signal:
 * an item came out (`DONE`) or a call or wait is under way (the state says at which stage).
 */
function through(state: PullState, from: number, first: Value, control: Control): Signal | undefined {
  const { iter } = state;
  let item = first;
  for (let i = from; i < iter.stages.length; i++) {
    const stage = iter.stages[i] as Stage;
    if (iter.source instanceof ChainSource && iter.source.bypassed.includes(stage)) continue;
    switch (stage.kind) {
      case "map":
      case "filter":
      case "flat_map":
      case "take_while":
      case "take_until":
      case "tap":
        state.at = i;
        state.item = item;
        return callStage(state, stage.fn, [item], control);
      case "skip_while":
        if (!stage.skipping) break;
        state.at = i;
        state.item = item;
        return callStage(state, stage.fn, [item], control);
      case "scan":
        state.at = i;
        state.item = item;
        return callStage(state, stage.fn, [stage.acc, item], control);
      case "zip": {
        state.at = i;
        state.item = item;
        const signal = pull(stage.other, control);
        if (signal !== DONE) return waitStage(state, signal, control);
        if (control.value === END) return finish(iter, control);
        item = new Pair(item, control.value);
        break;
      }
      case "take":
        stage.left -= 1;
        break;
      case "skip":
        if (stage.left > 0) {
          stage.left -= 1;
          return undefined;
        }
        break;
      case "enumerate":
        item = new Pair(stage.index++, item);
        break;
      case "chain":
        break;
      case "chunks":
        stage.buffer.push(item);
        checkItemCount(stage.buffer.length);
        if (stage.buffer.length < stage.size) return undefined;
        item = listOf(stage.buffer.splice(0));
        break;
      case "windows":
        stage.buffer.push(item);
        checkItemCount(stage.buffer.length);
        if (stage.buffer.length < stage.size) return undefined;
        item = listOf(stage.buffer.slice());
        stage.buffer.shift();
        break;
    }
  }
  return control.done(item);
}

/** What a stage's call or pull came to. */
function resumeStage(state: PullState, value: Value, control: Control): Signal | undefined {
  const { iter } = state;
  if (state.at < 0) {
    if (value === END) return exhausted(state, control);
    return through(state, 0, value, control);
  }
  const stage = iter.stages[state.at] as Stage;
  switch (stage.kind) {
    case "map":
      return through(state, state.at + 1, value, control);
    case "filter":
      return isTruthy(value) ? through(state, state.at + 1, state.item, control) : undefined;
    case "tap":
      return through(state, state.at + 1, state.item, control);
    case "flat_map":
      if (stage.inner) return afterInner(state, stage, value, control);
      stage.inner = tryIterOf(value);
      return stage.inner ? undefined : through(state, state.at + 1, value, control);
    case "take_while":
      return isTruthy(value) ? through(state, state.at + 1, state.item, control) : finish(iter, control);
    case "take_until":
      return isTruthy(value) ? finish(iter, control) : through(state, state.at + 1, state.item, control);
    case "skip_while":
      if (isTruthy(value)) return undefined;
      stage.skipping = false;
      return through(state, state.at + 1, state.item, control);
    case "scan":
      stage.acc = value;
      return through(state, state.at + 1, share(value), control);
    case "zip":
      if (value === END) return finish(iter, control);
      return through(state, state.at + 1, new Pair(state.item, value), control);
    case "take":
    case "skip":
    case "enumerate":
    case "chain":
    case "chunks":
    case "windows":
      throw new RuntimeError("runtime", `Iterator stage \`${stage.kind}\` was resumed`);
  }
}

export const pullRoutine: Routine = {
  name: "iter.next",
  resume(raw, value, control) {
    const state = raw as PullState;
    const outcome = resumeStage(state, value, control);
    return outcome ?? run(state, control);
  },
  fail(raw) {
    (raw as PullState).iter.done = true;
    return undefined;
  },
};
