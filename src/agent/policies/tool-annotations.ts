/** What the author of a set of tools says about them, for rules to decide by. */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { ToolKind } from "../tools/tool-runtime.ts";
import { expected, readChoice, readDict, readStrings, refuseUnknownKeys } from "./read-options.ts";

export const SIDE_EFFECT_LEVELS: readonly SideEffectLevel[] = [
  "none",
  "read_only",
  "workspace_write",
  "process_exec",
  "network",
];

/** In the order of how far they reach. */
export type SideEffectLevel = "none" | "read_only" | "workspace_write" | "process_exec" | "network";

export interface ToolAnnotations {
  readonly kind: ToolKind;
  readonly sideEffectLevel: SideEffectLevel;
  /** Arguments that hold paths. */
  readonly pathParams: readonly string[];
  /** Operations that the tool needs, by capability. */
  readonly capabilities: Readonly<Record<string, readonly string[]>>;
}

const KINDS: readonly ToolKind[] = ["read", "edit", "delete", "move", "search", "execute", "think", "fetch", "other"];

const ANNOTATION_KEYS = [
  "kind",
  "side_effect_level",
  "arg_schema",
  "capabilities",
  "emits_artifacts",
  "result_readers",
  "inline_result",
];

/** @throws HarnError `agent.option` */
export function readToolAnnotations(name: string, value: unknown): ToolAnnotations {
  const dict = readDict(name, value);
  if (dict === undefined) throw expected(name, "a dict", value);
  refuseUnknownKeys(name, dict, ANNOTATION_KEYS);
  const argSchema = readDict(`${name}.arg_schema`, dict["arg_schema"]) ?? {};
  return {
    kind: readChoice(`${name}.kind`, dict["kind"], KINDS) ?? "other",
    sideEffectLevel: readChoice(`${name}.side_effect_level`, dict["side_effect_level"], SIDE_EFFECT_LEVELS) ?? "none",
    pathParams: readStrings(`${name}.arg_schema.path_params`, argSchema["path_params"]) ?? [],
    capabilities: readCapabilities(`${name}.capabilities`, dict["capabilities"]),
  };
}

/**
 * Annotations as declared on a tool, where those of other protocols stand beside ours: a `readOnlyHint` makes a reader,
 * everything else that is not ours is passed over.
 *
 * @throws HarnError `agent.option`
 */
export function readDeclaredAnnotations(name: string, value: unknown): ToolAnnotations {
  if (!isJsonObject(value)) throw expected(name, "a dict", value);
  const own = Object.fromEntries(Object.entries(value).filter(([key]) => ANNOTATION_KEYS.includes(key)));
  const hinted = value["readOnlyHint"] === true && own["kind"] === undefined ? { ...own, kind: "read" } : own;
  return readToolAnnotations(name, hinted);
}

export function readCapabilities(name: string, value: unknown): Readonly<Record<string, readonly string[]>> {
  const dict = readDict(name, value) ?? {};
  return Object.fromEntries(Object.entries(dict).map(([key, ops]) => [key, readStrings(`${name}.${key}`, ops) ?? []]));
}

/** Paths that a call names in its declared path arguments. */
export function declaredPaths(annotations: ToolAnnotations | undefined, input: Json): readonly string[] {
  if (annotations === undefined || !isJsonObject(input)) return [];
  const paths = annotations.pathParams.flatMap((parameter) => pathsOf(input, parameter));
  return [...new Set(paths)].sort();
}

function pathsOf(input: JsonObject, parameter: string): readonly string[] {
  const value = input[parameter];
  const values = Array.isArray(value) ? value : [value];
  return values.filter((path): path is string => typeof path === "string" && path !== "");
}
