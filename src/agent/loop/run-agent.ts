/**
 * Agents for TypeScript programs: the agent loop with whatever an `Llm` brings along.
 *
 *     const answer = await runAgent({ llm, tools: [stock], prompt: "How many lamps do we have?" });
 *
 *     const run = streamAgent({ llm, tools: [stock], prompt });
 *     for await (const event of run) if (event.type === "text-delta") process.stdout.write(event.delta);
 *     const { status } = await run.answer;
 *
 * Every setting of the loop may be given beside these; `agentLoop` is the same with host, client and request apart. What
 * surrounds the agent, such as the stage of a persona, limits it as well: `llm` knows of that (STEP-65).
 */

import { CancelToken } from "../../base/index.ts";
import { costOfTokens, type Llm } from "../../llm/index.ts";
import { createToolRuntime, type Tool } from "../tools/define-tool.ts";
import type { ToolRuntime } from "../tools/tool-runtime.ts";
import { createChannel } from "../turn/channel.ts";
import type { RequestSettings } from "../turn/harness.ts";
import type { AgentEvent } from "../turn/turn-event.ts";
import { withinLimits } from "./action-limits.ts";
import { agentLoop } from "./agent-loop.ts";
import type { LoopStatus } from "./loop-state.ts";
import type { AgentLoopOptions } from "./options.ts";
import type { AgentLoopResult } from "./result.ts";

export interface AgentOptions extends Omit<AgentLoopOptions, "host" | "model" | "request" | "tools"> {
  readonly llm: Llm;
  readonly tools?: readonly Tool[] | ToolRuntime;
  /** Model, sampling, thinking and the like. Default: the model of `llm`. */
  readonly request?: Partial<RequestSettings>;
}

export interface AgentAnswer {
  /** `done`, or what stopped it: `budget_exhausted`, `interrupt`, `stuck`, … */
  readonly status: LoopStatus;
  /** What the agent said last. */
  readonly text: string;
  /** Model calls that were answered. */
  readonly iterations: number;
  readonly durationMs: number;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
  /** US dollars at list price, all input tokens taken as fresh; absent when no price is known. */
  readonly costUsd?: number;
  readonly tools: {
    /** Names, one for each call that ran, in order. */
    readonly called: readonly string[];
    /** Names of tools that succeeded at least once. */
    readonly succeeded: readonly string[];
    /** Names of tools that a rule or a person refused at least once. */
    readonly rejected: readonly string[];
  };
  /** Everything there is to know, as a Harn program sees it: transcript, trace, ledger. */
  readonly result: AgentLoopResult;
}

/** What happens as it happens, and the answer when it is over. */
export interface AgentRun extends AsyncIterableIterator<AgentEvent> {
  /** Rejects with what made the agent fail. An agent whose listener leaves early ends as `interrupt`. */
  readonly answer: Promise<AgentAnswer>;
}

/** Events that wait for the listener before the agent waits too (LOOP-29). */
const QUEUE_CAPACITY = 16;

/** @throws TurnError when the model or the tools failed; HarnError for options that contradict each other */
export async function runAgent(options: AgentOptions): Promise<AgentAnswer> {
  const { llm, tools, request, toolUse, budget, ...loop } = options;
  const settings: RequestSettings = { ...llm.identity, ...request };
  const costUsd = priceOf(llm, settings);
  const result = await agentLoop({
    ...withinLimits(loop, llm.limits()),
    host: llm.host,
    model: llm.client,
    request: settings,
    budget: { ...(costUsd === undefined ? {} : { costUsd }), ...budget },
    toolUse: { format: toolFormatOf(llm, settings), ...toolUse },
    ...(tools === undefined ? {} : { tools: "invoke" in tools ? tools : createToolRuntime(tools) }),
  });
  const { input_tokens: inputTokens, output_tokens: outputTokens } = result.llm;
  return {
    status: result.status,
    text: result.visible_text,
    iterations: result.llm.iterations,
    durationMs: result.llm.duration_ms,
    usage: { inputTokens, outputTokens },
    ...(costUsd === undefined ? {} : { costUsd: costUsd(inputTokens, outputTokens) }),
    tools: { called: result.tools.calls, succeeded: result.tools.successful, rejected: result.tools.rejected },
    result,
  };
}

/** Starts an agent at once. A slow listener slows it down; who does not listen must not call this. */
export function streamAgent(options: AgentOptions): AgentRun {
  const channel = createChannel<AgentEvent>(QUEUE_CAPACITY);
  const { token, release } =
    options.signal === undefined
      ? { token: new CancelToken(), release: () => {} }
      : CancelToken.childOf(options.signal);
  channel.abandoned.addEventListener("abort", () => token.cancel(channel.abandoned.reason));
  const answer = runAgent({
    ...options,
    signal: token,
    async onTurnEvent(event) {
      await options.onTurnEvent?.(event);
      await channel.send(event);
    },
  }).finally(() => {
    release();
    channel.close();
  });
  // A failure is thrown to whoever awaits the answer.
  answer.catch(() => {});
  const { items } = channel;
  return {
    answer,
    next: () => items.next(),
    return: async () => (await items.return?.()) ?? { done: true, value: undefined },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** What tokens of a model cost; undefined when nobody knows. */
function priceOf(
  { context: { catalog } }: Llm,
  { provider, model }: RequestSettings,
): ((inputTokens: number, outputTokens: number) => number) | undefined {
  if (catalog.rates(provider, model) === undefined) return undefined;
  return (inputTokens, outputTokens) => costOfTokens(catalog, model, inputTokens, outputTokens, provider);
}

/** Tools as the model's provider has them; in text only for models that have none. */
function toolFormatOf({ context }: Llm, { provider, model }: RequestSettings): "native" | "text" {
  const { catalog } = context;
  if (!catalog.hasProvider(provider) || catalog.capabilities(provider, model).nativeTools === true) return "native";
  return catalog.toolFormat(provider, model) === "native" ? "native" : "text";
}
