/**
 * Structural experiments: the same question in another shape, to see whether the answer depends on the shape
 * (section 17). Applied once per call, before the first attempt, so retries repeat the transformed messages.
 */

import { HarnError, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { EnvSettings } from "./env-settings.ts";
import { asJson, displayText, typeName } from "./option-readers.ts";

/** EXPER-05: what a custom transform sees. */
export interface ExperimentInput {
  readonly messages: readonly Json[];
  readonly system: string | null;
  /** Turn of an agent loop; null for a plain call. */
  readonly iteration: number | null;
  readonly label: string;
  readonly name: string;
  readonly args: JsonObject;
}

/** Returns nil, a message list, or `{messages?, system?, label?, name?, metadata?}`. */
export type ExperimentTransform = (input: ExperimentInput) => unknown;

export interface Experiment {
  readonly label: string;
  readonly name: string;
  readonly args: JsonObject;
  readonly transform: BuiltinName | ExperimentTransform;
}

export interface AppliedExperiment {
  readonly label: string;
  readonly name: string;
  readonly args: JsonObject;
  readonly metadata: JsonObject;
}

const BUILTINS = ["prompt_order_permutation", "doubled_prompt", "chain_of_draft", "inverted_system"] as const;
type BuiltinName = (typeof BUILTINS)[number];

const optionError = (message: string): HarnError => new HarnError("llm.option", message);

// ---- Reading ---------------------------------------------------------------------------------------------------------

/** Reads `structural_experiment`, or `HARN_STRUCTURAL_EXPERIMENT` when the option is absent (EXPER-02). */
export function readExperiment(env: Pick<EnvSettings, "get">, value: unknown): Experiment | undefined {
  if (value === undefined) {
    const spec = env.get("HARN_STRUCTURAL_EXPERIMENT") ?? "";
    return readSpec(spec);
  }
  if (value === null || value === false) return undefined;
  if (typeof value === "string") return readSpec(value);
  if (typeof value === "function") {
    return { label: "custom", name: "custom", args: {}, transform: value as ExperimentTransform };
  }
  if (isJsonObject(value)) return readDict(value);
  throw optionError(`structural_experiment: expected string, dict, closure, nil, or false; got ${typeName(value)}`);
}

function readDict(dict: Readonly<Record<string, unknown>>): Experiment | undefined {
  const label = nonBlank(dict["label"]);
  const name = nonBlank(dict["name"] ?? dict["experiment"]);
  const own = new Set(["label", "name", "experiment", "transform", "handler", "args"]);
  const args = asJson(dict["args"] ?? Object.fromEntries(Object.entries(dict).filter(([key]) => !own.has(key))));
  if (!isJsonObject(args)) throw optionError(`structural_experiment.args: expected a dict, got ${typeName(args)}`);
  const transform = dict["transform"] ?? dict["handler"];
  if (typeof transform === "function") {
    return {
      label: label ?? name ?? "custom",
      name: name ?? "custom",
      args,
      transform: transform as ExperimentTransform,
    };
  }
  if (name === undefined) throw optionError("structural_experiment: dict form requires `name` or `transform`");
  return builtin(name, label, args);
}

function nonBlank(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = displayText(value);
  return text.trim() === "" ? undefined : text;
}

/** `name` or `name(key: value, …)`; the whole spec is the label. */
function readSpec(source: string): Experiment | undefined {
  const spec = source.trim();
  if (spec === "") return undefined;
  const open = spec.indexOf("(");
  if (open < 0) return builtin(spec, spec, {});
  const close = spec.lastIndexOf(")");
  if (close < open) throw optionError("structural_experiment: missing closing `)`");
  return builtin(spec.slice(0, open).trim(), spec, readArguments(spec.slice(open + 1, close)));
}

function builtin(name: string, label: string | undefined, args: JsonObject): Experiment {
  const found = BUILTINS.find((candidate) => candidate === name.trim());
  if (found === undefined) throw optionError(`unknown structural experiment \`${name.trim()}\``);
  return { label: label ?? found, name: found, args, transform: found };
}

function readArguments(source: string): JsonObject {
  const out: Record<string, Json> = {};
  // Commas inside string literals do not separate.
  for (const part of source.match(/(?:"(?:\\.|[^"\\])*"|[^,"])+/g) ?? []) {
    const item = part.trim();
    if (item === "") continue;
    const colon = item.indexOf(":");
    if (colon < 0) throw optionError(`structural_experiment: expected \`name: value\`, got \`${item}\``);
    const key = item.slice(0, colon).trim();
    if (key === "") throw optionError("structural_experiment: empty argument name");
    out[key] = readScalar(item.slice(colon + 1).trim());
  }
  return out;
}

function readScalar(text: string): Json {
  switch (text.toLowerCase()) {
    case "true":
      return true;
    case "false":
      return false;
    case "nil":
    case "null":
      return null;
  }
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (/^".*"$/s.test(text)) {
    try {
      return JSON.parse(text) as Json;
    } catch {
      throw optionError(`structural_experiment: invalid string literal \`${text}\``);
    }
  }
  throw optionError(`structural_experiment: unsupported argument value \`${text}\``);
}

// ---- Applying --------------------------------------------------------------------------------------------------------

export interface ExperimentOutput {
  readonly messages: readonly Json[];
  readonly system: string | undefined;
  readonly applied: AppliedExperiment;
}

/** Failures of a transform fail the call (EXPER-01). */
export async function applyExperiment(
  experiment: Experiment,
  messages: readonly Json[],
  system: string | undefined,
  iteration?: number,
): Promise<ExperimentOutput> {
  const { label, name, args, transform } = experiment;
  if (typeof transform === "string") {
    const changed = applyBuiltin(transform, args, messages, system);
    return { ...changed, applied: { label, name, args, metadata: args } };
  }
  const input: ExperimentInput = { messages, system: system ?? null, iteration: iteration ?? null, label, name, args };
  return readOutcome(experiment, messages, system, await transform(input));
}

function readOutcome(
  experiment: Experiment,
  messages: readonly Json[],
  system: string | undefined,
  outcome: unknown,
): ExperimentOutput {
  const { label, name, args } = experiment;
  if (outcome === null || outcome === undefined) {
    return { messages, system, applied: { label, name, args, metadata: {} } };
  }
  if (Array.isArray(outcome)) {
    return { messages: outcome as readonly Json[], system, applied: { label, name, args, metadata: {} } };
  }
  if (!isJsonObject(outcome)) {
    throw optionError("structural_experiment transform must return nil, a message list, or a dict");
  }
  const changed = outcome["messages"];
  if (changed !== undefined && changed !== null && !Array.isArray(changed)) {
    throw optionError("structural_experiment transform: `messages` must be a list");
  }
  const told = { label: nonBlank(outcome["label"]) ?? label, name: nonBlank(outcome["name"]) ?? name };
  const details = outcome["metadata"];
  return {
    messages: changed ?? messages,
    system: outcome["system"] === undefined ? system : nonNil(outcome["system"]),
    applied: {
      ...told,
      args,
      metadata: { ...told, ...(details === undefined ? {} : { details: asJson(details) }) },
    },
  };
}

const nonNil = (value: Json): string | undefined => (value === null ? undefined : displayText(value));

function applyBuiltin(
  name: BuiltinName,
  args: JsonObject,
  messages: readonly Json[],
  system: string | undefined,
): { readonly messages: readonly Json[]; readonly system: string | undefined } {
  const at = messages.findLastIndex(
    (message) => isJsonObject(message) && message["role"] === "user" && typeof message["content"] === "string",
  );
  const latest = messages[at];
  if (!isJsonObject(latest)) return { messages, system };
  const text = String(latest["content"]);
  const withText = (content: string): readonly Json[] => messages.with(at, { ...latest, content });
  switch (name) {
    case "prompt_order_permutation": {
      const seed = args["seed"];
      return { messages: withText(permuted(text, typeof seed === "number" ? seed : 0)), system };
    }
    case "doubled_prompt":
      return { messages: [latest, ...messages, latest], system };
    case "chain_of_draft":
      return { messages: withText(`${text}\n\n${DRAFT_INSTRUCTION}`), system };
    case "inverted_system":
      return system === undefined ? { messages, system } : { messages: withText(system), system: text };
  }
}

/** Said to the model. */
const DRAFT_INSTRUCTION =
  "First write a very short working draft inside <draft>...</draft>. Then give the final answer after it, outside the tags.";

/** EXPER-03: the blank-line-separated sections in an order that follows from the seed and is never the given one. */
function permuted(text: string, seed: number): string {
  const sections = text
    .split("\n\n")
    .map((section) => section.trim())
    .filter((section) => section !== "");
  if (sections.length < 2) return text;
  const ranked = sections
    .map((section, index) => ({ section, index, rank: rankOf(seed, index) }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index);
  if (ranked.every(({ index }, position) => index === position)) ranked.push(...ranked.splice(0, 1));
  return ranked.map(({ section }) => section).join("\n\n");
}

/** A small integer hash; the same on every platform. */
function rankOf(seed: number, index: number): number {
  let value = (Math.trunc(seed) ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b) >>> 0;
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35) >>> 0;
  return (value ^ (value >>> 16)) >>> 0;
}
