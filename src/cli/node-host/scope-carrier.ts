import { AsyncLocalStorage } from "node:async_hooks";
import type { ScopeCarrier, StepScope } from "../../steps/index.ts";

/** Carries the scope of a step through everything asynchronous that the step starts. One per `createSteps`. */
export function createScopeCarrier(): ScopeCarrier {
  const storage = new AsyncLocalStorage<StepScope>();
  return {
    get: () => storage.getStore(),
    run: (scope, work) => storage.run(scope, work),
  };
}
