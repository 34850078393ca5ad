/**
 * What has arrived of one answer (LOOP-08 … LOOP-15, LOOP-81, LOOP-82, LOOP-91).
 *
 * *Shown* text has been given to the consumer and can never be taken back. *Held* text is leading whitespace that waits
 * for the first visible character, because many models open with blank lines and then say nothing.
 */

import type { Json } from "../../base/index.ts";
import type { ModelChunk, Thinking, Usage } from "../../llm/index.ts";

export interface CallDraft {
  readonly id: string;
  readonly name: string;
  argumentText: string;
  /** The provider's own parse, from the last end chunk that had one. */
  input: Json | undefined;
  /** What the provider wants back with the call. */
  signature: string | undefined;
  ended: boolean;
}

export interface ThinkingDraft {
  text: string;
  signature: string | undefined;
  redacted: string | undefined;
  /** Only the provider's summary of its reasoning came: worth showing, not worth sending back. */
  summaryOnly: boolean;
}

export interface AnswerDraft {
  shown: string;
  held: string;
  readonly thinking: Map<string, ThinkingDraft>;
  thinkingShown: boolean;
  calls: CallDraft[];
  /** The first call of each id. */
  readonly callsById: Map<string, CallDraft>;
  stopReason: string;
  usage: Usage | undefined;
  /** A done chunk came. */
  done: boolean;
  /** What the provider said at the start; counts when the attempt dies. */
  startUsage: Partial<Usage> | undefined;
}

export function createAnswerDraft(): AnswerDraft {
  return {
    shown: "",
    held: "",
    thinking: new Map(),
    thinkingShown: false,
    calls: [],
    callsById: new Map(),
    stopReason: "end_turn",
    usage: undefined,
    done: false,
    startUsage: undefined,
  };
}

/** Forgets everything of a dead attempt that the consumer has not seen. Its calls will never run. */
export function dropUnshown(draft: AnswerDraft): void {
  draft.held = "";
  draft.calls = [];
  draft.callsById.clear();
  draft.stopReason = "end_turn";
  draft.usage = undefined;
  draft.done = false;
  draft.startUsage = undefined;
  const thinking = draft.thinkingShown ? [...draft.thinking.values()] : [];
  draft.thinking.clear();
  // Under names that no chunk has: the next attempt may count its thoughts from the start, and one signature is for one.
  for (const [at, block] of thinking.entries()) draft.thinking.set(`\0dead:${at}`, block);
}

/** Forgets everything of a dead attempt. Only where nobody looks at answers while they come. */
export function dropAll(draft: AnswerDraft): void {
  dropUnshown(draft);
  draft.shown = "";
  draft.thinking.clear();
  draft.thinkingShown = false;
}

/** LOOP-54: true once a repeat of the request could show something twice or diverge from it. */
export function hasProgress(draft: AnswerDraft): boolean {
  return draft.shown !== "" || draft.thinkingShown || draft.calls.length > 0;
}

/** Adds a text delta; gives back what may be shown now, empty while only whitespace came. */
export function addText(draft: AnswerDraft, delta: string): string {
  if (draft.shown === "") {
    draft.held += delta;
    if (!/\S/.test(delta)) return "";
    delta = draft.held;
    draft.held = "";
  }
  draft.shown += delta;
  return delta;
}

/** Adds a thinking chunk; gives back what may be shown now. The last signature of a block wins. */
export function addThinking(draft: AnswerDraft, chunk: Extract<ModelChunk, { type: "thinking-delta" }>): string {
  const { delta, signature, redacted } = chunk;
  if (delta === "" && !signature && !redacted) return "";
  let block = draft.thinking.get(chunk.thinkingId);
  if (block === undefined) {
    block = { text: "", signature: undefined, redacted: undefined, summaryOnly: true };
    draft.thinking.set(chunk.thinkingId, block);
  }
  block.text += delta;
  if (chunk.summary !== true) block.summaryOnly = false;
  if (signature) block.signature = signature;
  if (redacted) block.redacted = redacted;
  if (delta !== "") draft.thinkingShown = true;
  return delta;
}

/** Tool call and bookkeeping chunks; none of them shows anything. Unknown call ids are ignored (LOOP-11). */
export function addSilentChunk(draft: AnswerDraft, chunk: ModelChunk): void {
  switch (chunk.type) {
    case "tool-call-start":
      addCall(draft, {
        id: chunk.id,
        name: chunk.name,
        argumentText: "",
        input: undefined,
        signature: undefined,
        ended: false,
      });
      return;
    case "tool-call-delta": {
      const call = findCall(draft, chunk.id);
      if (call !== undefined) call.argumentText += chunk.delta;
      return;
    }
    case "tool-call-end": {
      const call = findCall(draft, chunk.id);
      if (call === undefined) return;
      call.input = chunk.input;
      call.signature = chunk.signature ?? call.signature;
      call.ended = true;
      return;
    }
    case "response-start":
      draft.startUsage = chunk.usage;
      return;
    case "done":
      draft.done = true;
      draft.stopReason = chunk.stopReason;
      draft.usage = chunk.usage;
      return;
    case "text-delta":
    case "thinking-delta":
    case "heartbeat":
    case "warning":
      return;
  }
}

function addCall(draft: AnswerDraft, call: CallDraft): void {
  draft.calls.push(call);
  // LOOP-11: of two calls with one id the first gets the deltas.
  if (!draft.callsById.has(call.id)) draft.callsById.set(call.id, call);
}

function findCall(draft: AnswerDraft, id: string): CallDraft | undefined {
  return draft.callsById.get(id);
}

/** LOOP-82, LOOP-83: the blocks in order of arrival, as they must go back to the provider. */
export function draftedThinking(draft: AnswerDraft): readonly Thinking[] {
  const blocks: Thinking[] = [];
  for (const { text, signature, redacted, summaryOnly } of draft.thinking.values()) {
    if (summaryOnly && signature === undefined && redacted === undefined) continue;
    blocks.push({
      text,
      ...(signature === undefined ? {} : { signature }),
      ...(redacted === undefined ? {} : { redacted }),
    });
  }
  return blocks;
}
