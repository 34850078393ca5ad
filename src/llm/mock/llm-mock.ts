/**
 * The mock: queued answers that stand in for every provider (MOCK-01 … MOCK-15), and behind it the preloaded answers of a
 * fixture file (REPLAY-07). There is one per run; the builtins `llm_mock…` are its methods.
 *
 * An answer is looked for among the fixtures, then in the queue: the oldest mock without a pattern, else the first whose
 * pattern fits. *Intercepting* means that calls to real providers come here too.
 */

import { HarnError, type Json, type JsonObject } from "../../base/index.ts";
import { matchesGlob } from "../catalog/catalog-config.ts";
import { cancelledFailure, requestFailure, scriptedFailure } from "../errors/model-failures.ts";
import type { ModelChunk, ModelClient, ModelInput } from "../spec/model.ts";
import { keepAnswer } from "../stream/keep-answer.ts";
import { createPump } from "../wire/pump.ts";
import { answerOfMock, chunksOf, defaultAnswer, type MockAnswer, matchTextOf } from "./mock-answer.ts";
import { type LlmMock, mockOfResult, readMock } from "./mock-config.ts";
import { toScriptMessage, toScriptThinking, toScriptTools } from "./script-messages.ts";

/** One request as `llm_mock_calls` shows it (MOCK-05, MOCK-07). */
export interface LlmMockCall {
  readonly messages: readonly JsonObject[];
  readonly system: string | null;
  readonly tools: readonly JsonObject[] | null;
  readonly thinking: JsonObject;
}

export interface LlmMocks {
  readonly client: ModelClient;
  /** While this is true, all providers are intercepted, keys do not matter and capabilities are not asked (MOCK-14). */
  readonly active: boolean;
  /** Whether a call to this provider comes here. */
  intercepts(provider: string): boolean;

  /** `llm_mock(config)`: queues an answer. Throws code `llm.mock` for what is no mock. */
  push(config: Json | undefined): void;
  /** `llm_mock_calls()`: the requests so far, oldest first. */
  calls(): readonly LlmMockCall[];
  /** `llm_mock_clear()`: forgets queue and requests. */
  clear(): void;
  /** `llm_mock_push_scope()`: puts queue, requests and prompt cache aside. */
  pushScope(): void;
  /** `llm_mock_pop_scope()`: takes them back. Throws code `llm.mock` when nothing was put aside. */
  popScope(): void;

  /** Answers every call from these, ahead of the queue; a call that none fits fails. */
  installFixtures(mocks: readonly LlmMock[]): void;
  /** From now on every answer is kept as a mock. */
  startRecording(): void;
  /** A client whose answers are kept while recording; the same client otherwise. */
  recorded(client: ModelClient): ModelClient;
  /** The answers kept so far; they are forgotten. */
  takeRecordings(): readonly LlmMock[];
  /** Forgets everything, fixtures too (RESET-02). */
  reset(): void;
  /** The lists themselves, no copies. */
  save(): SavedMocks;
  load(saved: SavedMocks): void;
}

/** Plain data: what is queued, was asked and is kept, the scopes put aside from the outermost on. */
export interface SavedMocks {
  readonly scope: MockScope;
  readonly scopes: readonly MockScope[];
  readonly fixtures: readonly LlmMock[] | undefined;
  readonly recordings: readonly LlmMock[] | undefined;
}

export interface MockScope {
  readonly queue: LlmMock[];
  readonly calls: LlmMockCall[];
  readonly promptCache: Set<string>;
}

const emptyScope = (): MockScope => ({ queue: [], calls: [], promptCache: new Set() });

export function createLlmMocks(): LlmMocks {
  let scope = emptyScope();
  let scopes: MockScope[] = [];
  let fixtures: LlmMock[] | undefined;
  let recordings: LlmMock[] | undefined;

  const answer = (input: ModelInput): MockAnswer => {
    scope.calls.push(capture(input));
    const matchText = matchTextOf(input);
    const mock = (fixtures && take(fixtures, matchText)) ?? take(scope.queue, matchText);
    if (mock?.error) throw scriptedFailure({ provider: input.provider, model: input.model }, mock.error);
    if (!mock && fixtures) throw unmatched(input, matchText);
    const found = mock ? answerOfMock(mock, matchText) : defaultAnswer(input);
    return input.cache ? withPromptCache(found, input) : found;
  };

  /** MOCK-13: the first call fills a cache, an equal one is served from it. */
  const withPromptCache = (found: MockAnswer, input: ModelInput): MockAnswer => {
    const { inputTokens, cacheReadTokens, cacheWriteTokens } = found.usage;
    if (cacheReadTokens > 0 || cacheWriteTokens > 0 || inputTokens === 0) return found;
    const key = JSON.stringify([input.model, input.system ?? null, input.messages]);
    const hit = scope.promptCache.has(key);
    scope.promptCache.add(key);
    return {
      ...found,
      usage: { ...found.usage, ...(hit ? { cacheReadTokens: inputTokens } : { cacheWriteTokens: inputTokens }) },
    };
  };

  const recorded = (client: ModelClient): ModelClient => {
    if (!recordings) return client;
    return {
      provider: client.provider,
      stream: (input, signal) =>
        keepAnswer(client.stream(input, signal), input, (answer) => void recordings?.push(mockOfResult(answer))),
    };
  };

  const client: ModelClient = {
    provider: "mock",
    stream: (input, signal) =>
      createPump<ModelChunk>({
        signal,
        cancelled: (reason) => cancelledFailure({ provider: input.provider, model: input.model }, reason),
        open() {
          let answered = false;
          return {
            async pull(out) {
              if (answered) return false;
              answered = true;
              out.push(...chunksOf(answer(input)));
              return true;
            },
            close() {},
          };
        },
      }),
  };

  const mocks: LlmMocks = {
    client: { provider: "mock", stream: (input, signal) => recorded(client).stream(input, signal) },
    get active() {
      return fixtures !== undefined || scope.queue.length > 0;
    },
    intercepts: (provider) => provider === "mock" || mocks.active,
    push(config) {
      scope.queue.push(readMock(config));
    },
    calls: () => [...scope.calls],
    clear() {
      scope = emptyScope();
    },
    pushScope() {
      scopes.push(scope);
      scope = emptyScope();
    },
    popScope() {
      const outer = scopes.pop();
      if (!outer) throw new HarnError("llm.mock", "llm_mock_pop_scope: no scope to pop");
      scope = outer;
    },
    installFixtures(list) {
      fixtures = [...list];
      recordings = undefined;
    },
    startRecording() {
      recordings = [];
      fixtures = undefined;
    },
    recorded,
    takeRecordings() {
      const taken = recordings ?? [];
      if (recordings) recordings = [];
      return taken;
    },
    reset() {
      scope = emptyScope();
      scopes = [];
      fixtures = undefined;
      recordings = undefined;
    },
    save: () => ({ scope, scopes, fixtures, recordings }),
    load(saved) {
      scope = saved.scope;
      scopes = [...saved.scopes];
      fixtures = saved.fixtures && [...saved.fixtures];
      recordings = saved.recordings && [...saved.recordings];
    },
  };
  return mocks;
}

/** MOCK-08: those without a pattern come first and are used up; a pattern stays unless it says otherwise. */
function take(queue: LlmMock[], matchText: string): LlmMock | undefined {
  const next = queue.findIndex((mock) => mock.match === undefined);
  if (next >= 0) return queue.splice(next, 1)[0];
  const at = queue.findIndex((mock) => matchesGlob(mock.match!, matchText));
  return at >= 0 && queue[at]!.consumeMatch ? queue.splice(at, 1)[0] : queue[at];
}

function unmatched(input: ModelInput, matchText: string): Error {
  const points = Array.from(matchText);
  const shown = points.length > 200 ? `${points.slice(0, 200).join("")}...` : matchText;
  return requestFailure(input, `No --llm-mock fixture matched prompt: ${JSON.stringify(shown)}`, {
    category: "generic",
    reason: "unknown",
  });
}

function capture(input: ModelInput): LlmMockCall {
  const tools = toScriptTools(input);
  return {
    messages: input.messages.map(toScriptMessage),
    system: input.system ?? null,
    tools: tools.length === 0 ? null : tools,
    thinking: toScriptThinking(input),
  };
}
