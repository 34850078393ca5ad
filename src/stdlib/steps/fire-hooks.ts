/** Hooks of events that other builtins know of, such as an approval that a person is asked for (HOOK-06). */

import type { JsonObject } from "../../base/index.ts";
import { type HookEvent, hookPayload } from "../../steps/index.ts";
import type { AsyncContext } from "../../vm/index.ts";
import { outsideSteps, payloadValue, stepRuntime, stepScope } from "./step-state.ts";

/**
 * Tells the hooks that the event concerns where the program is now. What they answer is not read; what they throw goes
 * to whoever caused the event.
 */
export async function fireHooks(
  context: AsyncContext,
  event: Exclude<HookEvent, "PreStep" | "PostStep" | "OnBudgetThreshold">,
  data: JsonObject,
): Promise<void> {
  const { step, persona } = stepScope(context);
  const matching = stepRuntime(context.vm).hooks.matching({
    event,
    persona: persona?.name,
    ...(step === undefined ? {} : { stepName: step.definition.name }),
  });
  for (const { handler } of matching) {
    const payload = hookPayload(event, persona?.name, step?.definition, step?.args ?? []);
    await context.call(handler, [payloadValue({ ...payload, data })], {
      context: outsideSteps(context.task.context),
    });
  }
}
