/**
 * `@step` and `@persona` functions. The compiler binds the name to what `__scoped_fn` gives back: a function whose calls
 * are a routine around the body.
 *
 *     PreStep hooks ─ enter ─ body ─┬─ returned ─ PostStep hooks ─ completed
 *                                   └─ failed: the error boundary says what the caller sees
 *
 * The scope is put into the task's context for exactly the time of the body; hooks run without it. A routine's `fail` sees
 * every error that leaves its callee, cancellation and deadlines included, so nothing stays open.
 */

import {
  type ActiveStep,
  decodePersonaDefinition,
  decodeStepDefinition,
  denialDict,
  detachStep,
  EMPTY_SCOPE,
  enterPersona,
  enterStep,
  errorText,
  finishStep,
  type HookRegistration,
  hookPayload,
  leaveByError,
  leavePersona,
  type PersonaDefinition,
  readPostStepResult,
  readPreStepResult,
  type StepDefinition,
  type StepScope,
} from "../../steps/index.ts";
import {
  Closure,
  type Control,
  type ControlNative,
  Dict,
  type HarnFailure,
  isCallable,
  type Native,
  NativeRef,
  type Routine,
  RuntimeError,
  type Signal,
  type Value,
} from "../../vm/index.ts";
import { dictToJson } from "../json/convert.ts";
import { payloadValue, setStepScope, stepRuntime, stepScope } from "./step-state.ts";

/** `__scoped_fn(kind, function name, attribute arguments, body)`, emitted once per decorated function. */
export const scopedFunctionNative: Native = {
  kind: "pure",
  name: "__scoped_fn",
  impl([kind, name, attributes, body], { vm }) {
    // STEP-20: iterating is not one call, so a generator is not entered as a step.
    if (kind === "step" && body instanceof Closure && !body.proto.isPlain) return body;
    const isScope = kind === "step" || kind === "persona";
    if (!isScope || typeof name !== "string" || !(attributes instanceof Dict) || !isCallable(body)) {
      throw new RuntimeError(
        "runtime",
        "__scoped_fn is what `@step` and `@persona` stand for; write one of them above a function",
      );
    }
    const functionName = name;
    const metadata = dictToJson(attributes);
    const { registry, values } = stepRuntime(vm);
    const native = new ScopedFunction(kind === "persona" ? "persona" : "step", functionName, body);
    if (kind === "persona") {
      const reading = decodePersonaDefinition(functionName, metadata);
      if (!reading.ok) throw values.throwableText(`@persona: ${reading.problem}`);
      registry.registerPersona(native, reading.definition);
    } else {
      registry.registerStep(native, decodeStepDefinition(functionName, metadata));
    }
    return new NativeRef(native);
  },
};

/** A decorated function. Data, so that a snapshot can hold it. */
export class ScopedFunction implements ControlNative {
  readonly kind = "control";
  readonly name: string;
  readonly scope: "persona" | "step";
  readonly body: Value;
  readonly standsFor?: Closure;

  constructor(scope: "persona" | "step", name: string, body: Value) {
    this.scope = scope;
    this.name = name;
    this.body = body;
    const closure = body instanceof NativeRef ? body.closure : body;
    if (closure instanceof Closure) this.standsFor = closure;
  }

  get routine(): Routine {
    return this.scope === "persona" ? personaRoutine : stepRoutine;
  }

  start(args: readonly Value[], control: Control): Signal {
    return this.scope === "persona" ? startPersona(this, args, control) : startStep(this, args, control);
  }
}

// ---- personas --------------------------------------------------------------------------------------------------------

interface PersonaCall {
  readonly outer: StepScope;
  readonly inner: StepScope;
}

const personaRoutine: Routine = {
  name: "persona",
  resume(state, value, control) {
    endPersona(state as PersonaCall, control, "completed");
    return control.done(value);
  },
  fail(state, _failure, control) {
    endPersona(state as PersonaCall, control, "failed");
    return undefined;
  },
};

function endPersona({ outer, inner }: PersonaCall, control: Control, status: "completed" | "failed"): void {
  setStepScope(control.task, outer);
  leavePersona(stepRuntime(control.vm), outer, inner, status);
}

function startPersona(native: ScopedFunction, args: readonly Value[], control: Control): Signal {
  const runtime = stepRuntime(control.vm);
  const outer = stepScope(control);
  const inner = enterPersona(runtime, outer, runtime.registry.personaOf(native) as PersonaDefinition);
  const state: PersonaCall = { outer, inner };
  setStepScope(control.task, inner);
  return control.call(state, native.body, args);
}

// ---- steps -----------------------------------------------------------------------------------------------------------

interface StepCall {
  readonly definition: StepDefinition;
  readonly body: Value;
  readonly outer: StepScope;
  phase: "before" | "body" | "after";
  args: readonly Value[];
  /** Of the phase, those to run next first. */
  hooks: readonly HookRegistration<Value>[];
  step: ActiveStep | undefined;
  output: Value;
}

function startStep(native: ScopedFunction, args: readonly Value[], control: Control): Signal {
  const { registry, hooks } = stepRuntime(control.vm);
  const definition = registry.stepOf(native) as StepDefinition;
  const outer = stepScope(control);
  return askBefore(
    {
      definition,
      body: native.body,
      outer,
      phase: "before",
      args: [...args],
      hooks: hooks.matching({ event: "PreStep", persona: outer.persona?.name, stepName: definition.name }),
      step: undefined,
      output: undefined,
    },
    control,
  );
}

const stepRoutine: Routine = {
  name: "step",
  resume(raw, value, control) {
    const state = raw as StepCall;
    setStepScope(control.task, state.outer);
    switch (state.phase) {
      case "before":
        takeAnswer(state, value, control);
        return askBefore(state, control);
      case "body": {
        const step = state.step as ActiveStep;
        detachStep(step);
        state.phase = "after";
        state.output = value;
        const stepName = state.definition.name;
        state.hooks = stepRuntime(control.vm).hooks.matching({ event: "PostStep", persona: step.persona, stepName });
        return askAfter(state, control);
      }
      case "after": {
        const answer = readPostStepResult(value, stepRuntime(control.vm).values);
        if (answer.kind === "replace") state.output = answer.output as Value;
        return askAfter(state, control);
      }
    }
  },
  fail(raw, failure, control) {
    const state = raw as StepCall;
    setStepScope(control.task, state.outer);
    const { step } = state;
    if (step === undefined) return undefined;
    const runtime = stepRuntime(control.vm);
    if (state.phase === "after") {
      finishStep(runtime, step, "failed", errorText(runtime, failure));
      return undefined;
    }
    const departure = leaveByError(runtime, step, failure);
    if (departure.kind === "return-nothing") return control.done(undefined);
    const error = departure.error as HarnFailure;
    if (error === failure) return undefined;
    error.trace ??= failure.trace;
    throw error;
  },
};

/** Calls the next hook outside of every step. */
function callHook(state: StepCall, control: Control, payload: Value): Signal {
  const [hook, ...rest] = state.hooks as [HookRegistration<Value>, ...HookRegistration<Value>[]];
  state.hooks = rest;
  setStepScope(control.task, EMPTY_SCOPE);
  return control.call(state, hook.handler, [payload]);
}

function askBefore(state: StepCall, control: Control): Signal {
  const { definition, outer } = state;
  if (state.hooks.length > 0) {
    return callHook(state, control, payloadValue(hookPayload("PreStep", outer.persona?.name, definition, state.args)));
  }
  const entered = enterStep(stepRuntime(control.vm), outer, definition, state.args, control.task.id);
  state.step = entered.step;
  state.phase = "body";
  setStepScope(control.task, entered.scope);
  return control.call(state, state.body, state.args);
}

function takeAnswer(state: StepCall, value: Value, control: Control): void {
  const { values } = stepRuntime(control.vm);
  const answer = readPreStepResult(value, values);
  if (answer.kind === "deny") throw values.throwableDict(denialDict(state.definition, answer.reason));
  if (answer.kind === "replace") state.args = answer.args as readonly Value[];
}

function askAfter(state: StepCall, control: Control): Signal {
  const step = state.step as ActiveStep;
  if (state.hooks.length > 0) {
    const payload = hookPayload("PostStep", step.persona, step.definition, step.args);
    return callHook(state, control, payloadValue({ ...payload, output: state.output }));
  }
  finishStep(stepRuntime(control.vm), step, "completed", null);
  return control.done(state.output);
}

export const stepRoutines: readonly Routine[] = [personaRoutine, stepRoutine];
