/**
 * What a scripted model will do (FAKE-02 … FAKE-05). A *script* is a list of *turns*; a turn answers one call with a
 * stream of *events*, fails, or makes the call wait for the turn after it. Scripts are plain data and never change.
 */

import type { Json } from "../../base/index.ts";
import type { ModelChunk, ModelInput, Usage } from "../spec/model.ts";
import type { ErrorCategory, ModelError } from "../spec/model-error.ts";

/** The four words the runtime knows, or a provider's own word, verbatim (FAKE-04). */
export type FakeStopReason = "end_turn" | "tool_use" | "max_tokens" | "stop_sequence" | (string & {});

export type FakeEvent =
  | { readonly kind: "token"; readonly text: string }
  | { readonly kind: "thinking"; readonly text: string; readonly signature?: string }
  /** `id` absent or empty: `fake_call_<n>` (FAKE-18). */
  | { readonly kind: "tool-call"; readonly id?: string; readonly name: string; readonly arguments: Json }
  | { readonly kind: "stall"; readonly ms: number }
  /** Ends the turn; later events are not played (FAKE-21). */
  | { readonly kind: "done"; readonly stopReason: FakeStopReason; readonly usage?: Partial<Usage> }
  /** Any chunk a provider could send, as it is. */
  | { readonly kind: "chunk"; readonly chunk: ModelChunk }
  /** The stream dies here: the call fails as `truncated`, with what was played as its partial text. */
  | { readonly kind: "cut" }
  /** The stream fails here. */
  | { readonly kind: "fail"; readonly error: ModelError };

/** What the call must look like: fields that must be equal (fields not named are not compared), or a judge. */
export type FakeExpectation = Partial<ModelInput> | ((input: ModelInput) => string | undefined);

export interface FakeStreamTurn {
  readonly kind: "stream";
  readonly events: readonly FakeEvent[];
  readonly expect?: FakeExpectation;
}

export interface FakeErrorTurn {
  readonly kind: "error";
  readonly category: ErrorCategory;
  readonly message: string;
  readonly retryAfterMs?: number;
  readonly expect?: FakeExpectation;
  /** The same turn with a hint when to come back, milliseconds. */
  withRetryAfterMs(ms: number): FakeErrorTurn;
}

export interface FakeStallTurn {
  readonly kind: "stall";
  readonly ms: number;
}

export type FakeTurn = FakeStreamTurn | FakeErrorTurn | FakeStallTurn;

export interface FakeScript {
  readonly turns: readonly FakeTurn[];
  /** The same script with one turn more; turns are played in this order. */
  push(turn: FakeTurn): FakeScript;
}

/** FAKE-05: `fakeScript()` is empty; `fakeScript(a, b)` is `fakeScript().push(a).push(b)`. */
export function fakeScript(...turns: readonly FakeTurn[]): FakeScript {
  return { turns, push: (turn) => fakeScript(...turns, turn) };
}

/** A turn that streams. A string is a token; without a `done` event the stop reason follows from the events. */
export function fakeStream(events: readonly (FakeEvent | string)[], expect?: FakeExpectation): FakeStreamTurn {
  return {
    kind: "stream",
    events: events.map((event) => (typeof event === "string" ? { kind: "token", text: event } : event)),
    ...(expect === undefined ? {} : { expect }),
  };
}

/** A turn that fails as a provider would. */
export function fakeError(category: ErrorCategory, message: string, expect?: FakeExpectation): FakeErrorTurn {
  const turn = (retryAfterMs: number | undefined): FakeErrorTurn => ({
    kind: "error",
    category,
    message,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(expect === undefined ? {} : { expect }),
    withRetryAfterMs: turn,
  });
  return turn(undefined);
}

/** A wait before the next turn, milliseconds; no turn of its own. */
export function fakeStall(ms: number): FakeStallTurn {
  return { kind: "stall", ms };
}

// Events, for scripts that read like a transcript

/** A piece of text. */
export function fakeToken(text: string): FakeEvent {
  return { kind: "token", text };
}

/** A piece of thinking, with the signature that the provider wants back. */
export function fakeThinking(text: string, signature?: string): FakeEvent {
  return { kind: "thinking", text, ...(signature === undefined ? {} : { signature }) };
}

/** A call of a tool. Default id: `fake_call_<number>`. */
export function fakeToolCall(name: string, args: Json = {}, id = ""): FakeEvent {
  return { kind: "tool-call", id, name, arguments: args };
}

/** Ends a turn: why, and the tokens it used. Default usage: bytes of the messages as input tokens, no output (FAKE-22). */
export function fakeDone(stopReason: FakeStopReason, usage?: Partial<Usage>): FakeEvent {
  return { kind: "done", stopReason, ...(usage === undefined ? {} : { usage }) };
}
