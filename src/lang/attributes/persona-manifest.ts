/**
 * What a program declares about its personas and steps, read without running it (STEP-59 … STEP-61).
 *
 * A persona's steps are the `@step` functions that its body names, in the order in which they would first be called; its
 * helpers are not followed. Only declarations at the top level of a file count.
 */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { containsYield } from "../check/exits.ts";
import type { LoadedModule, ModuleGraph } from "../modules/graph.ts";
import { type Attribute, type FnDecl, peelAttributes } from "../syntax/ast.ts";
import { walkItems } from "../syntax/visit-children.ts";
import { attributeJson } from "./attribute-data.ts";

export interface StepManifest {
  readonly name: string;
  readonly function: string;
  /** Path of the file that declares it. */
  readonly file: string;
  /** One-based line of the function. */
  readonly line: number;
  readonly model?: string;
  /** As written. */
  readonly approval?: Json;
  readonly receipt?: Json;
  readonly errorBoundary?: string;
  readonly retry?: { readonly maxAttempts: number };
  readonly budget?: { readonly maxTokens?: number; readonly maxUsd?: number };
}

export interface PersonaManifest {
  readonly name: string;
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly description: string;
  readonly entryWorkflow: string;
  readonly tools: readonly string[];
  readonly capabilities: readonly string[];
  readonly autonomy: string;
  readonly receipts: string;
  /** As written. */
  readonly triggers: readonly Json[];
  readonly stages: readonly Json[];
  readonly outputStyle?: string;
  readonly steps: readonly StepManifest[];
}

export interface ProgramManifest {
  /** Of the entry module first. */
  readonly personas: readonly PersonaManifest[];
  /** Steps that no persona names. */
  readonly otherSteps: readonly StepManifest[];
}

/** STEP-60. */
const DEFAULTS = {
  description: "Source-declared persona",
  capabilities: ["project.test_commands"],
  autonomy: "suggest",
  receipts: "optional",
} as const;

/** Of the entry module and all that it imports, the standard library aside. */
export function programManifest(graph: ModuleGraph): ProgramManifest {
  const modules = [...graph.modules.values()].filter(({ id }) => !id.startsWith("<std>/"));
  const steps = new Map(modules.map((module) => [module.id, declaredSteps(module)]));
  const personas = modules.flatMap((module) =>
    declarations(module, "persona").map(({ fn, attribute }) =>
      personaManifest(module, fn, attribute, stepsNamed(module, fn, steps)),
    ),
  );
  const taken = new Set(personas.flatMap((persona) => persona.steps));
  return {
    personas,
    otherSteps: [...steps.values()].flatMap((found) => [...found.values()]).filter((step) => !taken.has(step)),
  };
}

interface Declaration {
  readonly fn: FnDecl;
  readonly attribute: Attribute;
}

function declarations({ module }: LoadedModule, kind: "step" | "persona"): readonly Declaration[] {
  return module.items.flatMap((outer) => {
    const { item, attributes } = peelAttributes(outer);
    const attribute = attributes.findLast(({ name }) => name === kind);
    if (item.kind !== "FnDecl" || attribute === undefined) return [];
    // STEP-20.
    const isGenerator = kind === "step" && (item.isStream || containsYield(item.body));
    return isGenerator ? [] : [{ fn: item, attribute }];
  });
}

/** By the name of the function. */
function declaredSteps(module: LoadedModule): ReadonlyMap<string, StepManifest> {
  return new Map(
    declarations(module, "step").map(({ fn, attribute }) => [fn.name.name, stepManifest(module, fn, attribute)]),
  );
}

function stepsNamed(
  module: LoadedModule,
  fn: FnDecl,
  steps: ReadonlyMap<string, ReadonlyMap<string, StepManifest>>,
): readonly StepManifest[] {
  const found: { readonly step: StepManifest; readonly end: number }[] = [];
  for (const node of walkItems(fn.body.items)) {
    // A function handed on counts as called: `xs.map(plan)`, `goal |> plan`.
    const name = node.kind === "Call" ? node.callee.name : node.kind === "Identifier" ? node.name : undefined;
    if (name === undefined) continue;
    const imported = module.imported.get(name);
    const step =
      steps.get(module.id)?.get(name) ??
      (module.declarations.has(name) || imported === undefined
        ? undefined
        : steps.get(imported.moduleId)?.get(imported.name));
    if (step !== undefined) found.push({ step, end: node.span.end });
  }
  // In `write(plan(goal))` the inner call ends, and runs, first.
  return [...new Set(found.toSorted((a, b) => a.end - b.end).map(({ step }) => step))];
}

// ---- Reading ---------------------------------------------------------------------------------------------------------

function argumentsOf({ file }: LoadedModule, attribute: Attribute): JsonObject {
  return attributeJson(attribute, (span) => file.text.slice(span.start, span.end));
}

function stepManifest(module: LoadedModule, fn: FnDecl, attribute: Attribute): StepManifest {
  const { name, model, approval, receipt, error_boundary, retry, budget } = argumentsOf(module, attribute);
  const attempts = isJsonObject(retry) ? atLeast(1, retry["max_attempts"], true) : undefined;
  const maxTokens = isJsonObject(budget) ? atLeast(1, budget["max_tokens"], true) : undefined;
  const maxUsd = isJsonObject(budget) ? atLeast(0, budget["max_usd"], false) : undefined;
  return {
    name: text(name) ?? fn.name.name,
    function: fn.name.name,
    ...placeOf(module, fn),
    ...optional("model", text(model)),
    ...optional("approval", approval ?? undefined),
    ...optional("receipt", receipt ?? undefined),
    ...optional("errorBoundary", text(error_boundary)),
    ...(attempts === undefined ? {} : { retry: { maxAttempts: attempts } }),
    ...(maxTokens === undefined && maxUsd === undefined
      ? {}
      : { budget: { ...optional("maxTokens", maxTokens), ...optional("maxUsd", maxUsd) } }),
  };
}

function personaManifest(
  module: LoadedModule,
  fn: FnDecl,
  attribute: Attribute,
  steps: readonly StepManifest[],
): PersonaManifest {
  const given = argumentsOf(module, attribute);
  const capabilities = texts(given["capabilities"]);
  const style = given["output_style"];
  return {
    name: text(given["name"]) ?? fn.name.name,
    function: fn.name.name,
    ...placeOf(module, fn),
    description: text(given["description"]) ?? DEFAULTS.description,
    entryWorkflow: fn.name.name,
    tools: texts(given["tools"]),
    capabilities: capabilities.length > 0 ? capabilities : DEFAULTS.capabilities,
    autonomy: text(given["autonomy"]) ?? DEFAULTS.autonomy,
    receipts: text(given["receipts"]) ?? DEFAULTS.receipts,
    triggers: list(given["triggers"]),
    stages: list(given["stages"]),
    ...optional("outputStyle", text(isJsonObject(style) ? style["name"] : style)),
    steps,
  };
}

function placeOf({ file }: LoadedModule, fn: FnDecl): { readonly file: string; readonly line: number } {
  return { file: file.path, line: file.position(fn.name.span.start).line };
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

function text(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function texts(value: Json | undefined): readonly string[] {
  return list(value).filter((item) => typeof item === "string");
}

function atLeast(least: number, value: Json | undefined, whole: boolean): number | undefined {
  if (typeof value !== "number" || !Number.isFinite(value) || value < least) return undefined;
  return whole && !Number.isInteger(value) ? undefined : value;
}
