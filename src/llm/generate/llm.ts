/**
 * Model calls for TypeScript programs:
 *
 *     const llm = createLlm({ host, provider: "anthropic", model: "claude-sonnet-4-5" });
 *     const { text } = await llm.generateText({ prompt: "Why is the sky blue?" });
 *     const { object } = await llm.generateObject({ prompt, schema: z.object({ city: z.string() }) });
 *     for await (const piece of llm.streamText({ prompt })) process.stdout.write(piece);
 *
 * Retries, schema retries, routing, rate limits, budgets and traces are those of `llm_call`: the same pipeline, with types.
 */

import { HarnError, type Host, isJsonObject } from "../../base/index.ts";
import { buildModelInput } from "../call/attempt.ts";
import type { CallOptions } from "../call/call-options.ts";
import { catalogView, configuredRateLimits } from "../call/catalog-adapter.ts";
import { type CatalogView, openCatalog } from "../call/catalog-view.ts";
import { createEnvSettings, type EnvSettings } from "../call/env-settings.ts";
import { checkedCall } from "../call/llm-call.ts";
import { createLlmContext, type LlmContext, type LlmContextParts } from "../call/llm-context.ts";
import { type PipelineSettings, pipelineClient } from "../call/pipeline-client.ts";
import { resolveModel } from "../call/resolve-model.ts";
import { createModelCatalog } from "../catalog/model-catalog.ts";
import { costOfUsage } from "../cost/pricing.ts";
import { setSessionBudget } from "../cost/session-cost.ts";
import type { SpendLedger } from "../cost/spend-ledger.ts";
import { FAKE_PROVIDER, isFakeProvider } from "../fake/fake-model.ts";
import { hostModelClient } from "../providers/host-model-client.ts";
import type { ModelClient, ToolCall, Usage } from "../spec/model.ts";
import { createResultFolder, type ModelResult } from "../spec/model-result.ts";
import { outputSchema } from "../structured/output-schema.ts";
import type { SchemaInput, SchemaOutput } from "../structured/schema-type.ts";
import type { Tracer } from "../trace/span.ts";
import { type CallSettings, type Prompt, readSettings } from "./call-settings.ts";

export interface LlmOptions {
  /** `createNodeHost()`, in tests `createVirtualHost({ model })`. */
  readonly host: Host;
  /** For calls that name none. Default: `HARN_LLM_PROVIDER` and `HARN_LLM_MODEL`, else the catalogue's. */
  readonly provider?: string;
  readonly model?: string;
  /** Answers every call. Default: the host does, so that a journal can record what it said. */
  readonly client?: ModelClient;
  /** US dollars for all calls together. Default: no limit. */
  readonly budgetUsd?: number;
  /** Requests per minute by provider; environment variables win. */
  readonly rateLimits?: Readonly<Record<string, number>>;
  /** Told of every attempt that reached a provider, once it is booked. Must not throw. */
  readonly onCharge?: NonNullable<LlmContext["onCharge"]>;
  /** Spans of calls and attempts, for OpenTelemetry and the like: see `otelTracer`. */
  readonly tracer?: Tracer;
  /** Verifiers that a routing policy may name. */
  readonly verifiers?: NonNullable<LlmContext["verifiers"]>;
  /** What models can do and cost. Default: the one built in, as the environment changes it. */
  readonly catalog?: CatalogView;
  /** What has been spent. Default: nothing yet. */
  readonly ledger?: SpendLedger;
}

export type GenerateTextOptions = CallSettings & Prompt;

export type GenerateObjectOptions<S extends SchemaInput> = Omit<CallSettings, "tools" | "toolChoice"> &
  Prompt & {
    /** JSON Schema, or any Standard Schema (zod, valibot, arktype, …); types the object. */
    readonly schema: S;
    /** An answer that does not fit is asked for again this often, with what was wrong. Default 3. */
    readonly schemaRetries?: number;
  };

export interface TextAnswer {
  readonly text: string;
  readonly thinking?: string;
  readonly toolCalls: readonly ToolCall[];
  /** `end_turn`, `tool_use`, `max_tokens`, `stop_sequence`, or the provider's own word. */
  readonly stopReason: string;
  readonly usage: Usage;
  /** US dollars; absent when no price is known. */
  readonly costUsd?: number;
  /** Who answered. */
  readonly provider: string;
  readonly model: string;
}

export interface ObjectAnswer<T> extends TextAnswer {
  readonly object: T;
  /** Calls made, from 1; `usage` is that of the last. */
  readonly attempts: number;
}

/** Pieces of text as they arrive, none empty. Leaving the iteration early stops the provider. */
export interface TextStream extends AsyncIterable<string> {
  /** The whole answer, once the iteration is over; rejects with what ended it. */
  readonly answer: Promise<TextAnswer>;
}

export interface Llm {
  readonly host: Host;
  /** What all calls share: ledger, limiter, trace, catalogue. */
  readonly context: LlmContext;
  /** Provider and model of a call that names none. */
  readonly identity: { readonly provider: string; readonly model: string };
  /**
   * @throws HarnError code `llm.option`, `llm.key` before anything is sent
   * @throws LlmCallError when no provider answered; its `dict` has category, kind and reason
   */
  generateText(options: GenerateTextOptions): Promise<TextAnswer>;
  /** @throws the same, also when no answer fitted the schema (category `schema_validation`) */
  generateObject<const S extends SchemaInput>(
    options: GenerateObjectOptions<S>,
  ): Promise<ObjectAnswer<SchemaOutput<S>>>;
  /** Tried once: text that was shown cannot be taken back. Throws `HarnError` at once, `ModelError` while iterating. */
  streamText(options: GenerateTextOptions): TextStream;
  /** For whoever retries himself, such as an agent: each `stream` is one attempt, with budget, limits and traces. */
  client(settings?: PipelineSettings): ModelClient;
  /** What agents that work with these calls may do, at the moment; undefined: anything. */
  limits(): ActionLimits | undefined;
  /** The same calls on somebody's bill, such as a step's. */
  metered(meter: LlmMeter): Llm;
}

/** What an agent may do (STEP-65); an absent field sets no limit, an empty tool list allows none. */
export interface ActionLimits {
  readonly allowedTools?: readonly string[];
  readonly sideEffectLevel?: string;
  readonly maxIterations?: number;
}

/** Who pays for calls, what model is used when a call names none, and what the payer lets agents do. */
export interface LlmMeter {
  /** Runs one call; what it spends is told to `onCharge` of the parts. */
  call<T>(work: (parts: Pick<LlmContext, "defaults" | "onCharge">) => Promise<T>): Promise<T>;
  client(client: ModelClient): ModelClient;
  defaultModel?(): string | undefined;
  limits?(): ActionLimits | undefined;
}

/**
 * Model calls of one run: they share budget, limits, traces and prices. Sends nothing yet; a key is looked for at the
 * first call.
 *
 * @throws HarnError code `llm.argument` for a budget that is no number
 */
export function createLlm(options: LlmOptions): Llm {
  const { host, provider, model, client, budgetUsd, ...parts } = options;
  const env = createEnvSettings(host);
  const context = createLlmContext({
    ...parts,
    host,
    env,
    ...(client === undefined ? servedByHost(options, env) : { clients: client, catalog: catalogOf(options, client) }),
    defaults: { ...(provider === undefined ? {} : { provider }), ...(model === undefined ? {} : { model }) },
  });
  if (budgetUsd !== undefined) setSessionBudget(context.ledger, budgetUsd);
  return makeLlm(context, undefined);
}

function servedByHost(
  { host, catalog, rateLimits }: LlmOptions,
  env: EnvSettings,
): Pick<LlmContextParts, "clients" | "catalog" | "rateLimits"> {
  const models = createModelCatalog(host, [], env);
  return {
    clients: { provider: (name) => hostModelClient(host, name) },
    catalog: catalog ?? withScriptedModel(catalogView(models)),
    rateLimits: { ...configuredRateLimits(models), ...rateLimits },
  };
}

/** A scripted model can do whatever its script says. */
function withScriptedModel(view: CatalogView): CatalogView {
  const open = openCatalog(FAKE_PROVIDER);
  return {
    ...view,
    capabilities: (provider, model) => (isFakeProvider(provider) ? open : view).capabilities(provider, model),
    toolFormat: (provider, model) => (isFakeProvider(provider) ? open : view).toolFormat(provider, model),
  };
}

/** A client that is passed in needs no key, and can do what it can. */
function catalogOf({ catalog }: LlmOptions, { provider }: ModelClient): LlmContext["catalog"] {
  return catalog ?? openCatalog(provider);
}

function makeLlm(context: LlmContext, meter: LlmMeter | undefined): Llm {
  const current = (): LlmContext => withModel(context, meter?.defaultModel?.());
  const call = <T>(work: (context: LlmContext) => Promise<T>): Promise<T> => {
    if (meter === undefined) return work(context);
    return meter.call(({ defaults, onCharge }) =>
      work({ ...withModel(context, defaults?.model), ...(onCharge === undefined ? {} : { onCharge }) }),
    );
  };
  const client = (settings?: PipelineSettings): ModelClient => {
    const plain = pipelineClient(context, settings);
    return meter === undefined ? plain : meter.client(plain);
  };
  const described = (answer: ModelResult): TextAnswer => describeAnswer(context, answer);

  return {
    host: context.host,
    context,
    get identity() {
      return resolveModel(current(), {});
    },
    generateText: (options) =>
      call(async (context) => {
        const read = readSettings(context, options);
        const { answer } = await checkedCall(context, read, extrasOf(options));
        return described(answer);
      }),
    generateObject: (options) =>
      call(async (context) => {
        const schema = outputSchema(options.schema);
        const read = readSettings(context, options, objectOptions(options, schema.jsonSchema));
        const outcome = await checkedCall(context, read, extrasOf(options), schema);
        return { ...described(outcome.answer), object: outcome.value as never, attempts: outcome.attempts };
      }),
    streamText(options) {
      const read = readSettings(current(), options);
      if (read.routing !== undefined) {
        throw new HarnError("llm.option", "Expected `streamText` without `routing`; use `generateText` with `onChunk`");
      }
      return textStream(read, options, client(streamSettings(read)), described);
    },
    client,
    limits: () => meter?.limits?.(),
    metered: (next) => makeLlm(context, next),
  };
}

/** A step's model goes to the provider that has it; a scripted one plays every model. */
function withModel(context: LlmContext, model: string | undefined): LlmContext {
  if (model === undefined) return context;
  const { catalog, defaults = {} } = context;
  const known = catalog.resolveModel(model);
  const inferred = catalog.inferProvider(known.model);
  const owner = known.provider ?? (inferred.guessed ? undefined : inferred.provider);
  const keeps = owner === undefined || isFakeProvider(defaults.provider ?? "");
  return { ...context, defaults: { ...defaults, model, ...(keeps ? {} : { provider: owner }) } };
}

function extrasOf({ signal, onChunk }: CallSettings): Pick<CallSettings, "signal" | "onChunk"> {
  return { ...(signal === undefined ? {} : { signal }), ...(onChunk === undefined ? {} : { onChunk }) };
}

/** STRUCT-01 … STRUCT-05. */
function objectOptions(
  { schemaRetries }: { readonly schemaRetries?: number },
  jsonSchema: unknown,
): Record<string, unknown> {
  return {
    schema_retries: schemaRetries ?? DEFAULT_OBJECT_RETRIES,
    output_validation: "error",
    ...(isJsonObject(jsonSchema)
      ? { output_schema: jsonSchema, output_format: { kind: "json_schema", schema: jsonSchema, strict: true } }
      : { output_format: "json_object" }),
  };
}

const DEFAULT_OBJECT_RETRIES = 3;

function streamSettings({ limits, budget, toolFormat }: CallOptions): PipelineSettings {
  return {
    limits: {
      idleMs: limits.idleMs ?? limits.streamIdleMs,
      ...(limits.timeoutMs === undefined ? {} : { timeoutMs: limits.timeoutMs }),
    },
    toolFormat,
    ...(budget === undefined ? {} : { budget }),
  };
}

function textStream(
  read: CallOptions,
  { signal, onChunk }: CallSettings,
  client: ModelClient,
  described: (answer: ModelResult) => TextAnswer,
): TextStream {
  const input = buildModelInput({ ...read, stream: true }, read.messageList, read.system);
  const folder = createResultFolder(input);
  let finish = (_: TextAnswer): void => {};
  let fail = (_: unknown): void => {};
  const answer = new Promise<TextAnswer>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  // Whoever iterates sees the failure there.
  answer.catch(() => {});

  async function* pieces(): AsyncGenerator<string, void, void> {
    try {
      for await (const chunk of client.stream(input, signal)) {
        folder.push(chunk);
        onChunk?.(chunk, 0);
        if (chunk.type === "text-delta" && chunk.delta !== "") yield chunk.delta;
      }
    } catch (error) {
      fail(error);
      throw error;
    } finally {
      // Also when the reader has gone: what came until then.
      finish(described(folder.result()));
    }
  }
  const started = pieces();
  return { answer, [Symbol.asyncIterator]: () => started };
}

function describeAnswer({ catalog }: LlmContext, answer: ModelResult): TextAnswer {
  const { text, thinking, toolCalls, stopReason, usage, provider, model } = answer;
  const rates = catalog.rates(provider, model);
  return {
    text,
    ...(thinking === undefined || thinking === "" ? {} : { thinking }),
    toolCalls,
    stopReason,
    usage,
    ...(rates === undefined ? {} : { costUsd: costOfUsage(rates, usage) }),
    provider,
    model,
  };
}
