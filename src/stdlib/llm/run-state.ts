/** The model layer's state of one run, and how its failures look to a program. */

import { HarnError, type Host, type Json } from "../../base/index.ts";
import {
  type CatalogView,
  catalogView,
  configuredRateLimits,
  createEnvSettings,
  createLlmContext,
  createLlmMocks,
  createModelCatalog,
  errorDict,
  hostModelClient,
  LlmCallError,
  type LlmContext,
  type LlmMocks,
  type ModelCatalog,
  ModelError,
} from "../../llm/index.ts";
import {
  type AsyncContext,
  HarnFailure,
  isCallable,
  type NativeContext,
  Thrown,
  type Value,
  type Vm,
} from "../../vm/index.ts";
import { runState } from "../builtin.ts";
import { jsonToValue, valueToJson } from "../json/convert.ts";

/** Where an embedder may put a prepared context before the run starts. */
export const LLM_STATE = "llm";
export const LLM_MOCKS = "llm.mock";

export interface LlmRunState {
  readonly context: LlmContext;
  readonly catalog: ModelCatalog;
  /** The context for calls of a task: what they ask of the world is asked by its host. Absent: the embedder's for all. */
  readonly through?: (host: Host) => LlmContext;
}

/** Made on first use: model calls are `model.stream` effects of the run's host. */
export function llmState({ vm, host }: NativeContext): LlmRunState {
  const known = vm.state.get(LLM_STATE) as LlmRunState | undefined;
  if (known) return known;
  const state = openLlmState(vm, host, false);
  vm.state.set(LLM_STATE, state);
  return state;
}

/** The context for calls of the task. */
export function taskLlmContext(context: NativeContext): LlmContext {
  const state = llmState(context);
  return state.through?.(context.host) ?? state.context;
}

/** @param isContinued nothing is asked of the host, since that was done when the run began */
export function openLlmState(vm: Vm, host: Host, isContinued: boolean): LlmRunState {
  const env = createEnvSettings(host);
  const catalog = createModelCatalog(host, [], env);
  const view: CatalogView = catalogView(catalog);
  const context = createLlmContext({
    host,
    env,
    catalog: view,
    clients: { provider: (name) => hostModelClient(host, name), mock: llmMocks(vm) },
    rateLimits: configuredRateLimits(catalog),
    isContinued,
  });
  const through = (asking: Host): LlmContext => ({
    ...context,
    host: asking,
    env: env.through(asking),
    clients: { ...context.clients, provider: (name) => hostModelClient(asking, name) },
  });
  return { context, catalog, through };
}

/** The scripted answers of the run: an embedder's, else made on first use. */
export function llmMocks(vm: Vm): LlmMocks {
  return runState(vm, LLM_MOCKS, createLlmMocks);
}

/** What a program catches for an error of the model layer. */
export function modelFailure(error: unknown): HarnFailure {
  if (error instanceof HarnFailure) return error;
  if (error instanceof LlmCallError) return new Thrown(jsonToValue(error.dict));
  if (error instanceof ModelError) return new Thrown(jsonToValue(errorDict(error, error.provider, error.model)));
  if (error instanceof HarnError) return new Thrown(error.message);
  throw error;
}

/** Runs something of the model layer, its errors turned into failures of the program. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw modelFailure(error);
  }
}

export function guardedSync<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw modelFailure(error);
  }
}

/**
 * Options as the model layer reads them: plain data, in which a closure is an async function of plain data. nil fields
 * are kept as null, which every option reads as absent.
 */
export function optionsOf(value: Value, context: AsyncContext): unknown {
  return withFunctions(value, context);
}

function withFunctions(value: Value, context: AsyncContext): unknown {
  if (isCallable(value)) {
    return async (...args: readonly Json[]): Promise<Json> =>
      valueToJson(await context.call(value, args.map(jsonToValue)));
  }
  if (typeof value !== "object" || !containsCallable(value)) return valueToJson(value);
  if ("items" in value) return (value.items as readonly Value[]).map((item) => withFunctions(item, context));
  if ("map" in value && value.map instanceof Map) {
    return Object.fromEntries(
      [...(value.map as Map<string, Value>)].map(([key, item]) => [key, withFunctions(item, context)]),
    );
  }
  return valueToJson(value);
}

function containsCallable(root: Value): boolean {
  const pending: Value[] = [root];
  for (let value = pending.pop(); ; value = pending.pop()) {
    if (isCallable(value)) return true;
    if (typeof value === "object") {
      if ("items" in value) pending.push(...(value.items as readonly Value[]));
      else if ("map" in value && value.map instanceof Map) pending.push(...(value.map as Map<string, Value>).values());
    }
    if (pending.length === 0) return false;
  }
}
