/** What step tests share: a carrier as on Node, steps over it, and ways to look at what was thrown. */

import { AsyncLocalStorage } from "node:async_hooks";
import type { JsonObject } from "../../src/base/index.ts";
import {
  createSteps,
  jsValues,
  type ScopeCarrier,
  type StepCharge,
  type StepScope,
  type Steps,
  type StepsOptions,
} from "../../src/steps/index.ts";

export function makeCarrier(): ScopeCarrier {
  const storage = new AsyncLocalStorage<StepScope>();
  return { get: () => storage.getStore(), run: (scope, work) => storage.run(scope, work) };
}

export function makeSteps(options: Partial<StepsOptions> = {}): Steps {
  return createSteps({ carrier: makeCarrier(), ...options });
}

export function spend(inputTokens: number, outputTokens = 0, costUsd = 0, model = "m"): StepCharge {
  return { model, inputTokens, outputTokens, costUsd };
}

export async function outcomeOf<T>(work: () => Promise<T> | T): Promise<T | unknown> {
  try {
    return await work();
  } catch (error) {
    return error;
  }
}

/** The dict that `work` throws. */
export async function dictThrownBy(work: () => unknown): Promise<JsonObject> {
  try {
    await work();
  } catch (error) {
    const dict = jsValues.dictOf(error);
    if (dict) return dict;
    throw error;
  }
  throw new Error("Nothing was thrown");
}

/** `name status` of each completed step. */
export function outline(steps: Steps): readonly string[] {
  return steps.completed().map((record) => `${record.name} ${record.status}`);
}
