/** What `@step` and `@persona` declare, and how their metadata is read (STEP-01 … STEP-11, STEP-65 … STEP-67). */

import { HarnError, isJsonObject, type Json, type JsonObject } from "../base/index.ts";
import { SIDE_EFFECT_LEVELS, type StagePolicy } from "./stage-policy.ts";

export interface StepDefinition {
  readonly name: string;
  readonly function: string;
  /** For model calls inside the step that name none. */
  readonly model?: string;
  /** Input and output tokens together; absent: no limit. */
  readonly maxTokens?: number;
  /** US dollars; absent: no limit, 0: the first call that costs anything breaches. */
  readonly maxUsd?: number;
  /** As written; see {@link boundaryOf}. */
  readonly errorBoundary?: string;
}

export interface OutputStyle {
  readonly name: string;
  readonly instructions?: string;
}

export interface PersonaDefinition {
  readonly name: string;
  readonly function: string;
  readonly stages?: readonly StagePolicy[];
  readonly outputStyle?: OutputStyle;
}

export type ErrorBoundary = "fail" | "continue" | "escalate";

/** STEP-02: anything but the two exact words is `fail`. */
export function boundaryOf(definition: StepDefinition): ErrorBoundary {
  const { errorBoundary } = definition;
  return errorBoundary === "continue" || errorBoundary === "escalate" ? errorBoundary : "fail";
}

/** True for a boundary that is written but means `fail` by accident; a compiler warns about it. */
export function isUnknownBoundary(errorBoundary: string | undefined): boolean {
  return errorBoundary !== undefined && !["fail", "continue", "escalate"].includes(errorBoundary);
}

/** STEP-07 … STEP-11: reads what a program declares. Whatever is malformed counts as not declared; it never throws. */
export function decodeStepDefinition(functionName: string, metadata: JsonObject): StepDefinition {
  const { name, model, error_boundary: errorBoundary, budget } = metadata;
  const maxTokens = isJsonObject(budget) ? tokenLimit(budget.max_tokens) : undefined;
  const maxUsd = isJsonObject(budget) ? moneyLimit(budget.max_usd) : undefined;
  return {
    name: typeof name === "string" ? name : functionName,
    function: functionName,
    ...(typeof model === "string" && model !== "" ? { model } : {}),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(maxUsd === undefined ? {} : { maxUsd }),
    ...(typeof errorBoundary === "string" ? { errorBoundary } : {}),
  };
}

function tokenLimit(value: Json | undefined): number | undefined {
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) return undefined;
  return Math.min(Math.trunc(value), Number.MAX_SAFE_INTEGER);
}

function moneyLimit(value: Json | undefined): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** STEP-66: `problem` says what is wrong with `stages`; all else degrades like a step's metadata. */
export type PersonaReading =
  | { readonly ok: true; readonly definition: PersonaDefinition }
  | { readonly ok: false; readonly problem: string };

export function decodePersonaDefinition(functionName: string, metadata: JsonObject): PersonaReading {
  const { name, stages, output_style: style } = metadata;
  const read = stages === undefined || stages === null ? undefined : decodeStages(stages);
  if (typeof read === "string") return { ok: false, problem: read };
  const outputStyle = decodeOutputStyle(style);
  return {
    ok: true,
    definition: {
      name: typeof name === "string" ? name : functionName,
      function: functionName,
      ...(read === undefined ? {} : { stages: read }),
      ...(outputStyle === undefined ? {} : { outputStyle }),
    },
  };
}

/** The stages, or what is wrong with them. */
function decodeStages(raw: Json): readonly StagePolicy[] | string {
  if (!Array.isArray(raw)) return "`stages` must be a list of dicts";
  const stages: StagePolicy[] = [];
  for (const entry of raw as readonly Json[]) {
    if (!isJsonObject(entry)) return "`stages` entries must be dicts";
    const { name, allowed_tools: tools, side_effect_level: level, max_iterations: iterations } = entry;
    if (typeof name !== "string" || name === "") return "`stages` entries need a `name`";
    if (tools !== undefined && tools !== null && !isStringList(tools)) {
      return `\`allowed_tools\` of stage \`${name}\` must be a list of strings`;
    }
    // A limit that cannot be read must not be none.
    if (level !== undefined && level !== null && !isSideEffectLevel(level)) {
      return `\`side_effect_level\` of stage \`${name}\` must be one of ${SIDE_EFFECT_LEVELS.join(", ")}`;
    }
    if (iterations !== undefined && iterations !== null && !isCount(iterations)) {
      return `\`max_iterations\` of stage \`${name}\` must be a positive integer`;
    }
    stages.push({
      name,
      ...(isStringList(tools) ? { allowedTools: tools } : {}),
      ...(isSideEffectLevel(level) ? { sideEffectLevel: level } : {}),
      ...(isCount(iterations) ? { maxIterations: iterations } : {}),
    });
  }
  return stages;
}

function isSideEffectLevel(value: Json | undefined): value is string {
  return typeof value === "string" && SIDE_EFFECT_LEVELS.includes(value);
}

function isCount(value: Json | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1;
}

function isStringList(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** STEP-67: a name, or a dict with name and instructions. */
function decodeOutputStyle(value: Json | undefined): OutputStyle | undefined {
  if (typeof value === "string" && value !== "") return { name: value };
  if (!isJsonObject(value) || typeof value.name !== "string") return undefined;
  return {
    name: value.name,
    ...(typeof value.instructions === "string" ? { instructions: value.instructions } : {}),
  };
}

/** What a TypeScript program declares. */
export interface StepOptions {
  readonly name: string;
  readonly model?: string;
  readonly budget?: { readonly maxTokens?: number; readonly maxUsd?: number };
  /** What happens when the budget is used up. Default `fail`. */
  readonly errorBoundary?: ErrorBoundary;
}

/**
 * Unlike a program's metadata, a malformed option here is a mistake of the developer and says so.
 *
 * @throws HarnError `steps.invalid_options`
 */
export function checkStepOptions(options: StepOptions, functionName: string): StepDefinition {
  const { name, model, budget, errorBoundary } = options;
  if (typeof name !== "string" || name === "") throw invalid("name", "a non-empty string", name);
  const { maxTokens, maxUsd } = budget ?? {};
  if (maxTokens !== undefined && !(Number.isSafeInteger(maxTokens) && maxTokens > 0)) {
    throw invalid("budget.maxTokens", "a positive integer", maxTokens);
  }
  if (maxUsd !== undefined && !(Number.isFinite(maxUsd) && maxUsd >= 0)) {
    throw invalid("budget.maxUsd", "a number from 0", maxUsd);
  }
  if (isUnknownBoundary(errorBoundary)) {
    throw invalid("errorBoundary", "`fail`, `continue` or `escalate`", errorBoundary);
  }
  return {
    name,
    function: functionName,
    ...(model === undefined || model === "" ? {} : { model }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(maxUsd === undefined ? {} : { maxUsd }),
    ...(errorBoundary === undefined ? {} : { errorBoundary }),
  };
}

/** What a TypeScript program declares. */
export interface PersonaOptions {
  readonly name: string;
  readonly stages?: readonly StagePolicy[];
  readonly outputStyle?: OutputStyle;
}

/**
 * As {@link checkStepOptions}: a limit that is misspelt must not let everything pass (STEP-65).
 *
 * @throws HarnError `steps.invalid_options`
 */
export function checkPersonaOptions(options: PersonaOptions, functionName: string): PersonaDefinition {
  if (typeof options.name !== "string" || options.name === "")
    throw invalid("name", "a non-empty string", options.name);
  for (const [at, { name, allowedTools, sideEffectLevel, maxIterations }] of (options.stages ?? []).entries()) {
    const option = `stages[${at}]`;
    if (typeof name !== "string" || name === "") throw invalid(`${option}.name`, "a non-empty string", name);
    if (allowedTools !== undefined && !isStringList(allowedTools as Json)) {
      throw invalid(`${option}.allowedTools`, "a list of strings", allowedTools);
    }
    if (sideEffectLevel !== undefined && !SIDE_EFFECT_LEVELS.includes(sideEffectLevel)) {
      const levels = SIDE_EFFECT_LEVELS.map((level) => `\`${level}\``).join(", ");
      throw invalid(`${option}.sideEffectLevel`, `one of ${levels}`, sideEffectLevel);
    }
    if (maxIterations !== undefined && !(Number.isSafeInteger(maxIterations) && maxIterations > 0)) {
      throw invalid(`${option}.maxIterations`, "a positive integer", maxIterations);
    }
  }
  return { ...options, function: functionName };
}

function invalid(option: string, expected: string, found: unknown): HarnError {
  return new HarnError("steps.invalid_options", `Expected \`${option}\` to be ${expected}, found ${String(found)}`);
}
