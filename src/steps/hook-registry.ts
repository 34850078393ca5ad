/**
 * Persona and step hooks: what may be registered, and which of it an event concerns (HOOK-01 … HOOK-08, HOOK-17).
 *
 * Patterns for personas: `*` alone is everything; a `*` at the end matches a beginning; else one at the start matches
 * an end; else the name itself. There are no other wildcards.
 */

import type { ValueModel } from "./value-model.ts";

export const HOOK_EVENTS = [
  "PreStep",
  "PostStep",
  "OnBudgetThreshold",
  "OnApprovalRequested",
  "OnHandoffEmitted",
  "OnPersonaPaused",
  "OnPersonaResumed",
] as const;

export type HookEvent = (typeof HOOK_EVENTS)[number];

/** `H` is what a handler is: a function here, a closure in a VM. */
export interface HookRegistration<H> {
  readonly personaPattern: string;
  /** Absent on persona hooks. */
  readonly stepName?: string;
  readonly event: HookEvent;
  readonly thresholdPct?: number;
  readonly handler: H;
}

/** What is going on, for finding the hooks it concerns. */
export interface HookOccasion {
  readonly event: HookEvent;
  /** Undefined: none, which patterns see as the empty name. */
  readonly persona: string | undefined;
  readonly stepName?: string;
  readonly budgetPct?: number;
}

export interface HookRegistry<H> {
  /** `manifest` hooks come first and are not cleared by programs (HOOK-10). */
  register(registration: HookRegistration<H>, source?: "program" | "manifest"): void;
  /** HOOK-02: persona and step hooks alike. */
  clear(): void;
  matching(occasion: HookOccasion): readonly HookRegistration<H>[];
  /** What is registered, in order; no copies. */
  readonly all: Readonly<Record<"manifest" | "program", readonly HookRegistration<H>[]>>;
}

export function createHookRegistry<H>(): HookRegistry<H> {
  const manifest: HookRegistration<H>[] = [];
  let program: HookRegistration<H>[] = [];
  return {
    register: (registration, source = "program") =>
      void (source === "manifest" ? manifest : program).push(registration),
    clear() {
      program = [];
    },
    get all() {
      return { manifest, program };
    },
    matching(occasion) {
      if (manifest.length + program.length === 0) return [];
      return [...manifest, ...program].filter((registration) => concerns(registration, occasion));
    },
  };
}

function concerns(hook: HookRegistration<unknown>, { event, persona, stepName, budgetPct }: HookOccasion): boolean {
  return (
    hook.event === event &&
    matchesPattern(hook.personaPattern, persona ?? "") &&
    (hook.stepName === undefined || hook.stepName === stepName) &&
    (hook.thresholdPct === undefined || (budgetPct !== undefined && budgetPct >= hook.thresholdPct))
  );
}

/** HOOK-04. */
export function matchesPattern(pattern: string, name: string): boolean {
  if (pattern === "*") return true;
  if (pattern.endsWith("*")) return name.startsWith(pattern.slice(0, -1));
  if (pattern.startsWith("*")) return name.endsWith(pattern.slice(1));
  return pattern === name;
}

export type ParsedEvent =
  | { readonly ok: true; readonly event: HookEvent; readonly thresholdPct?: number }
  | { readonly ok: false; readonly problem: string };

/** HOOK-06: reads `PreStep`, `OnBudgetThreshold(80)` and the like; blanks around it do not matter. */
export function parseHookEvent(text: string): ParsedEvent {
  const trimmed = text.trim();
  const event = HOOK_EVENTS.find((known) => known === trimmed);
  if (event !== undefined) return { ok: true, event };
  const threshold = /^OnBudgetThreshold\((.*)\)$/s.exec(trimmed)?.[1]?.trim();
  if (threshold === undefined) return { ok: false, problem: `unknown persona hook event \`${trimmed}\`` };
  const thresholdPct = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(threshold) ? Number(threshold) : Number.NaN;
  if (!Number.isFinite(thresholdPct)) return { ok: false, problem: `invalid budget threshold \`${threshold}\`` };
  return { ok: true, event: "OnBudgetThreshold", thresholdPct };
}

export type HookBuiltin = "register_persona_hook" | "register_step_hook";

/**
 * HOOK-05, HOOK-07: the arguments of the two builtins, `(pattern, event, handler)` and `(pattern, step, event, handler)`.
 * Throws, through the value model, a text that begins with the builtin's name.
 */
export function readHookArguments<H>(
  builtin: HookBuiltin,
  args: readonly unknown[],
  values: ValueModel,
): HookRegistration<H> {
  const fail = (problem: string): never => {
    throw values.throwableText(`${builtin}: ${problem}`);
  };
  const rest = [...args];
  const text = (what: string): string => values.stringOf(rest.shift()) ?? fail(`missing ${what}`);
  const personaPattern = text("persona pattern");
  const stepName = builtin === "register_step_hook" ? text("step name") : undefined;
  const parsed = parseHookEvent(text("event"));
  if (!parsed.ok) return fail(parsed.problem);
  const handler = rest.shift();
  if (values.isNil(handler)) return fail("missing handler");
  if (!values.isCallable(handler)) return fail(`handler must be a closure, got ${values.typeName(handler)}`);
  return {
    personaPattern,
    ...(stepName === undefined ? {} : { stepName }),
    event: parsed.event,
    ...(parsed.thresholdPct === undefined ? {} : { thresholdPct: parsed.thresholdPct }),
    handler: handler as H,
  };
}
