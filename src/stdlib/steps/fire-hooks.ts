/**
 * Hooks of events that other builtins know of (HOOK-06, HOOK-17): an approval that a person is asked for, work that is
 * handed to somebody else, a persona that waits for something outside and goes on.
 *
 * What handlers answer is not read; what they throw goes to whoever caused the event.
 */

import type { JsonObject } from "../../base/index.ts";
import {
  EMPTY_SCOPE,
  type HookEvent,
  type HookRegistration,
  hookPayload,
  type Pause,
  type StepScope,
  whilePaused,
} from "../../steps/index.ts";
import type { AsyncContext, Control, NativeContext, Routine, Signal, Value } from "../../vm/index.ts";
import { outsideSteps, payloadValue, setStepScope, stepRuntime, stepScope } from "./step-state.ts";

type ToldEvent = Exclude<HookEvent, "PreStep" | "PostStep" | "OnBudgetThreshold">;

/** Those that the event concerns where the program is now. */
function hooksOf(event: ToldEvent, context: Pick<NativeContext, "vm" | "task">): readonly HookRegistration<Value>[] {
  const { step, persona } = stepScope(context);
  return stepRuntime(context.vm).hooks.matching({
    event,
    persona: persona?.name,
    ...(step === undefined ? {} : { stepName: step.definition.name }),
  });
}

function toldPayload(event: ToldEvent, { step, persona }: StepScope, data: JsonObject): Value {
  return payloadValue({ ...hookPayload(event, persona?.name, step?.definition, step?.args ?? []), data });
}

/** For builtins that wait: one handler after the other. */
export async function fireHooks(context: AsyncContext, event: ToldEvent, data: JsonObject): Promise<void> {
  const scope = stepScope(context);
  for (const { handler } of hooksOf(event, context)) {
    await context.call(handler, [toldPayload(event, scope, data)], { context: outsideSteps(context.task.context) });
  }
}

// ---- in builtins that answer at once ---------------------------------------------------------------------------------

interface Announcement {
  readonly event: ToldEvent;
  readonly data: JsonObject;
  readonly outer: StepScope;
  /** Those to run next first. */
  hooks: readonly HookRegistration<Value>[];
  readonly result: Value;
}

/** Of builtins that end with `announce`. */
export const announceRoutine: Routine = {
  name: "announce",
  resume(raw, _answer, control) {
    const state = raw as Announcement;
    setStepScope(control.task, state.outer);
    return tellNext(state, control);
  },
  fail(raw, _failure, control) {
    setStepScope(control.task, (raw as Announcement).outer);
    return undefined;
  },
};

/** Tells the hooks, on the machine's own frames, then finishes with `result`; at once when there is none. */
export function announce(event: ToldEvent, data: JsonObject, result: Value, control: Control): Signal {
  const hooks = hooksOf(event, control);
  return tellNext({ event, data, outer: stepScope(control), hooks, result }, control);
}

function tellNext(state: Announcement, control: Control): Signal {
  const [hook, ...rest] = state.hooks;
  if (hook === undefined) return control.done(state.result);
  state.hooks = rest;
  setStepScope(control.task, EMPTY_SCOPE);
  return control.call(state, hook.handler, [toldPayload(state.event, state.outer, state.data)]);
}

// ---- personas that wait ----------------------------------------------------------------------------------------------

/** What a persona waits for: a person, or for a daemon whatever wakes it. */
export type PauseKind = "question" | "approval" | "dual_control" | "escalation" | "idle";

/** Outside of personas only the waiting is done. */
export async function pausedFor<T>(
  context: AsyncContext,
  kind: PauseKind,
  data: JsonObject,
  wait: () => Promise<T>,
): Promise<T> {
  if (stepScope(context).persona === undefined) return wait();
  const pause: Pause = {
    fire: (event, told) => fireHooks(context, event, told),
    data: { waits_for: kind, ...data },
    isStopped: () => context.signal.aborted,
  };
  return whilePaused(pause, wait);
}

/** For daemons, as `AgentPorts.idle`: told at each look that they idle, and undefined when that is over. */
export function idlePause(context: AsyncContext): (state: JsonObject | undefined) => Promise<void> {
  const data: JsonObject = { waits_for: "idle" satisfies PauseKind };
  let isPaused = false;
  return async (state) => {
    const idles = state !== undefined;
    if (idles === isPaused || stepScope(context).persona === undefined) return;
    isPaused = idles;
    if (idles) await fireHooks(context, "OnPersonaPaused", { ...data, ...state });
    else await fireHooks(context, "OnPersonaResumed", { ...data, ok: true });
  };
}
