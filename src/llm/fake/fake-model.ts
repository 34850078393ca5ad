/**
 * The scripted model: a deterministic client without network (FAKE-01 … FAKE-25). Every token is a delta of its own, so
 * order, mid-stream tool calls and latency can be seen; stalls use the clock of the host, so a virtual clock needs no
 * waiting.
 *
 * All state lives in the {@link FakeLlm} that `createFakeLlm` makes: pass its client to the code under test. A script is
 * strict: a call too many, a turn too few and a call that does not fit are failures that say what they saw.
 */

/// <reference lib="esnext.disposable" preserve="true" />

import { HarnError, type Host } from "../../base/index.ts";
import { cancelledFailure, scriptedFailure, truncatedFailure } from "../errors/model-failures.ts";
import { describeDifference, firstDifference } from "../replay/json-difference.ts";
import type { Message, ModelChunk, ModelClient, ModelInput, ToolSpec, Usage } from "../spec/model.ts";
import { ModelError } from "../spec/model-error.ts";
import { createPump, type PumpSource } from "../wire/pump.ts";
import { utf8Length } from "../wire/utf8.ts";
import type { FakeEvent, FakeExpectation, FakeScript, FakeStreamTurn, FakeTurn } from "./fake-script.ts";

export const FAKE_PROVIDER = "fake";

const NO_SCRIPT =
  "FakeLlmProvider: no script installed (or script exhausted) — " +
  'install_fake_llm_script() must precede llm_call(provider: "fake")';
const ALREADY_INSTALLED =
  "FakeLlmProvider: a script is already installed; drop the previous guard before installing a new one";

/** The way out, where there was a script. */
function usedUp(call: number): string {
  return call < 2 ? "" : `; this is call ${call}: give the script a turn for it`;
}

/** One request as the fake saw it (FAKE-12). */
export interface FakeLlmCall {
  readonly provider: string;
  readonly model: string;
  readonly system: string | undefined;
  readonly messages: readonly Message[];
  readonly nativeTools: readonly ToolSpec[] | undefined;
  readonly stream: boolean;
  /** The whole request. */
  readonly input: ModelInput;
}

/** Holds an installed script. Let it go with `dispose`, or with `using`. */
export interface FakeLlmGuard {
  /**
   * Empties queue and captures, then throws code `llm.fake` when turns were left or a call did not fit (FAKE-09). A
   * second call does nothing.
   */
  dispose(): void;
  /** Empties queue and captures and says nothing: for when another failure is on its way (FAKE-10). */
  discard(): void;
  [Symbol.dispose](): void;
}

export interface FakeLlm {
  /** Plays the installed script, whatever provider the input names. */
  readonly client: ModelClient;
  /** FAKE-07, FAKE-08: throws code `llm.fake` while turns of another script are queued. */
  install(script: FakeScript): FakeLlmGuard;
  /** A copy of the calls since the last install (FAKE-12). */
  capturedCalls(): readonly FakeLlmCall[];
  readonly remainingTurns: number;
}

/** FAKE-01: the name must be exact. */
export function isFakeProvider(provider: string): boolean {
  return provider === FAKE_PROVIDER;
}

export function installFakeLlmScript(fake: FakeLlm, script: FakeScript): FakeLlmGuard {
  return fake.install(script);
}

/** Runs `body` under a script; leftovers fail it, unless it failed already (FAKE-10). */
export async function withFakeLlmScript<T>(fake: FakeLlm, script: FakeScript, body: () => Promise<T>): Promise<T> {
  const guard = fake.install(script);
  let result: T;
  try {
    result = await body();
  } catch (error) {
    guard.discard();
    throw error;
  }
  guard.dispose();
  return result;
}

/** A fake that is passed in rather than installed: the script is there from the start. */
export interface FakeModel extends ModelClient {
  readonly calls: readonly FakeLlmCall[];
  readonly remainingTurns: number;
  /** Throws code `llm.fake` when turns are left or a call did not fit. */
  assertFinished(): void;
}

/** A model that plays one script, as the `client` of an `Llm`; sleeps go to `host`. */
export function createFakeModel(host: Pick<Host, "perform">, script: FakeScript): FakeModel {
  const fake = createFakeLlm(host);
  const guard = fake.install(script);
  return {
    provider: FAKE_PROVIDER,
    stream: fake.client.stream,
    get calls() {
      return fake.capturedCalls();
    },
    get remainingTurns() {
      return fake.remainingTurns;
    },
    assertFinished: () => guard.dispose(),
  };
}

export function createFakeLlm(host: Pick<Host, "perform">): FakeLlm {
  let turns: FakeTurn[] = [];
  let calls: FakeLlmCall[] = [];
  let misfits: string[] = [];

  const clear = (): { left: number; misfits: readonly string[] } => {
    const state = { left: turns.length, misfits };
    turns = [];
    calls = [];
    misfits = [];
    return state;
  };

  /** FAKE-13: every request for a turn is captured, whether there is one or not. */
  const takeTurn = (input: ModelInput): FakeTurn => {
    calls.push(capture(input));
    const turn = turns.shift();
    if (!turn) throw runtimeFailure(input, NO_SCRIPT + usedUp(calls.length));
    if (turn.kind !== "stall" && turn.expect) {
      const misfit = judge(turn.expect, input);
      if (misfit) {
        const message = `FakeLlmProvider: call ${calls.length} does not fit the script: ${misfit}`;
        misfits.push(message);
        throw runtimeFailure(input, message);
      }
    }
    return turn;
  };

  return {
    client: {
      provider: FAKE_PROVIDER,
      stream: (input, signal) => {
        let player: Player | undefined;
        return createPump<ModelChunk>({
          signal,
          cancelled: (reason) => cancelledFailure(identity(input), reason, { text: player?.text ?? "" }),
          open: ({ token }) => (player = createPlayer(input, takeTurn, (ms) => host.perform("sleep", { ms }, token))),
        });
      },
    },
    install(script) {
      if (turns.length > 0) throw new HarnError("llm.fake", ALREADY_INSTALLED);
      clear();
      turns = [...script.turns];
      let held = true;
      const release = () => {
        if (!held) return undefined;
        held = false;
        return clear();
      };
      const dispose = () => {
        const state = release();
        if (!state) return;
        if (state.misfits[0] !== undefined) throw new HarnError("llm.fake", state.misfits[0]);
        if (state.left > 0) {
          throw new HarnError(
            "llm.fake",
            `FakeLlmProvider script had ${state.left} unconsumed turn(s); ` +
              "did the code under test make fewer LLM calls than expected?",
          );
        }
      };
      return {
        dispose,
        discard: () => {
          release();
        },
        [Symbol.dispose]: dispose,
      };
    },
    capturedCalls: () => [...calls],
    get remainingTurns() {
      return turns.length;
    },
  };
}

interface Player extends PumpSource<ModelChunk> {
  readonly text: string;
}

/** Plays one call: stalls until a producing turn, then that turn, one event per pull. */
function createPlayer(
  input: ModelInput,
  takeTurn: (input: ModelInput) => FakeTurn,
  sleep: (ms: number) => Promise<undefined>,
): Player {
  let turn: FakeStreamTurn | undefined;
  let at = 0;
  let text = "";
  let generatedIds = 0;
  let toolCalls = 0;
  let over = false;

  const finish = (out: ModelChunk[], stopReason: string, usage: Partial<Usage> = {}): boolean => {
    over = true;
    out.push({ type: "done", stopReason, usage: { ...usageOf(input), ...usage } });
    return true;
  };

  /** True when the event was an item or the end, false when there was nothing to show. */
  const play = async (event: FakeEvent, out: ModelChunk[]): Promise<boolean> => {
    switch (event.kind) {
      case "token":
        text += event.text;
        out.push({ type: "text-delta", messageId: "fake_message", delta: event.text });
        return true;
      case "thinking":
        out.push({
          type: "thinking-delta",
          thinkingId: "fake_thinking",
          delta: event.text,
          ...(event.signature === undefined ? {} : { signature: event.signature }),
        });
        return true;
      case "tool-call": {
        toolCalls++;
        const id = event.id || `fake_call_${++generatedIds}`;
        out.push(
          { type: "tool-call-start", id, name: event.name },
          { type: "tool-call-end", id, input: event.arguments },
        );
        return true;
      }
      case "stall":
        if (event.ms > 0) await sleep(event.ms);
        return false;
      case "done":
        return finish(out, event.stopReason, event.usage);
      case "chunk":
        if (event.chunk.type === "text-delta") text += event.chunk.delta;
        if (event.chunk.type === "tool-call-start") toolCalls++;
        if (event.chunk.type === "done") over = true;
        out.push(event.chunk);
        return true;
      case "cut":
        throw truncatedFailure(identity(input), "the done event", { text });
      case "fail":
        throw event.error;
    }
  };

  return {
    get text() {
      return text;
    },
    async pull(out) {
      while (!turn) {
        const next = takeTurn(input);
        switch (next.kind) {
          case "stall":
            if (next.ms > 0) await sleep(next.ms);
            break;
          case "error":
            throw scriptedFailure(identity(input), next);
          case "stream":
            turn = next;
            break;
        }
      }
      while (!over) {
        const event = turn.events[at++];
        if (!event) return finish(out, toolCalls > 0 ? "tool_use" : "end_turn");
        if (await play(event, out)) return true;
      }
      return false;
    },
    close() {},
  };
}

function runtimeFailure(input: ModelInput, message: string): ModelError {
  return new ModelError(message, { ...identity(input), category: "generic", kind: "terminal", reason: "unknown" });
}

function identity(input: ModelInput): { provider: string; model: string } {
  return { provider: input.provider, model: input.model };
}

function capture(input: ModelInput): FakeLlmCall {
  return {
    provider: input.provider,
    model: input.model,
    system: input.system,
    messages: input.messages,
    nativeTools: input.tools,
    stream: input.stream ?? true,
    input,
  };
}

function judge(expectation: FakeExpectation, input: ModelInput): string | undefined {
  if (typeof expectation === "function") return expectation(input);
  for (const [field, expected] of Object.entries(expectation)) {
    const difference = firstDifference({ [field]: expected }, { [field]: input[field as keyof ModelInput] });
    if (difference) return describeDifference(difference);
  }
  return undefined;
}

/** FAKE-22, FAKE-23: bytes of all strings in the messages stand for input tokens; nothing else is counted. */
function usageOf(input: ModelInput): Usage {
  return {
    inputTokens: countStrings(input.messages),
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    exact: true,
  };
}

/** UTF-8 bytes of every string value, one newline each. */
function countStrings(value: unknown): number {
  if (typeof value === "string") return utf8Length(value) + 1;
  if (typeof value !== "object" || value === null) return 0;
  let total = 0;
  for (const part of Array.isArray(value) ? value : Object.values(value)) total += countStrings(part);
  return total;
}
