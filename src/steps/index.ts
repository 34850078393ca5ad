// For TypeScript programs

export { type Pause, whilePaused } from "./pause.ts";
export { createSteps, type HookOptions, type Steps, type StepsOptions } from "./steps.ts";
export {
  chargeStep,
  fireHooks,
  NO_CARRIER,
  type ScopeCarrier,
  type StepContext,
  type StepHook,
  withPersona,
  withStep,
} from "./with-step.ts";

// Definitions and registration

export {
  boundaryOf,
  decodePersonaDefinition,
  decodeStepDefinition,
  type ErrorBoundary,
  isUnknownBoundary,
  type OutputStyle,
  type PersonaDefinition,
  type PersonaOptions,
  type PersonaReading,
  type StepDefinition,
  type StepOptions,
} from "./definition.ts";
export { registerFromMetadata, type StepRegistry } from "./registry.ts";
export { type ActionPolicy, narrowPolicy, type StagePolicy } from "./stage-policy.ts";

// Scopes

export {
  type ActiveStep,
  activeStep,
  EMPTY_SCOPE,
  modelDefault,
  personaName,
  type StepScope,
  type UsageCounters,
} from "./scope.ts";

// Model calls

export {
  type AccountedClientOptions,
  accountedCall,
  accountedClient,
  type CallAccount,
  openCallAccount,
  type StepCallParts,
} from "./model-calls.ts";

// The runtime, move by move

export {
  callsSettled,
  chargeCall,
  createStepRuntime,
  type Departure,
  denialDict,
  detachStep,
  type EnteredStep,
  enterCall,
  enterPersona,
  enterStep,
  errorText,
  finishStep,
  type HookPayload,
  hookPayload,
  leaveByError,
  leavePersona,
  markEscalated,
  pruneSteps,
  type StepRuntime,
  type StepRuntimeOptions,
  trackCall,
} from "./step-runtime.ts";

// Budgets and charging

export {
  budgetPercentage,
  type CallNeeds,
  type Charged,
  type InFlight,
  isBudgetExhausted,
  preflight,
  type RunUsage,
  type StepCharge,
  type ThresholdFiring,
} from "./budget.ts";

// Hooks

export {
  HOOK_EVENTS,
  type HookBuiltin,
  type HookEvent,
  type HookOccasion,
  type HookRegistration,
  type HookRegistry,
  matchesPattern,
  type ParsedEvent,
  parseHookEvent,
  readHookArguments,
} from "./hook-registry.ts";
export { type PostStepAnswer, type PreStepAnswer, readPostStepResult, readPreStepResult } from "./hook-results.ts";

// To go on from in another process

export { loadSteps, type SavedSteps, saveSteps } from "./saved-steps.ts";

// Completed steps and receipts

export { type CompletedLog, type CompletedStep, completedStepToJson, type StepStatus } from "./completed-log.ts";
export { makeReceipt, receiptToJson, renderReceipt, type StepReceipt } from "./receipt.ts";
export type { StepJournal, StepNote } from "./step-notes.ts";

// Tracing

export {
  createStepSpanLog,
  joinStepTracers,
  NO_STEP_TRACER,
  type StepSpan,
  type StepSpanKind,
  type StepSpanLog,
  type StepTracer,
  stepTracerTo,
} from "./step-tracer.ts";

// Values of other languages

export { FLOAT_FIELDS, jsValues, StepError, type ValueModel } from "./value-model.ts";
