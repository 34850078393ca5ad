/**
 * Whether tools, rules and prompts fit together, found out before a model is paid to find it out. Structural and
 * cautious: declared registries and policies are compared, prose is only searched for names that look like tools.
 *
 * A tool is *active* when the policy's tool list lets it through. Parts of a prompt are left alone inside code fences and
 * between `harn-tool-surface: ignore-…` comments.
 */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { ApprovalPolicy } from "./approval-policy.ts";
import type { CapabilityPolicy } from "./capability-policy.ts";
import { readDeclaredAnnotations, SIDE_EFFECT_LEVELS, type ToolAnnotations } from "./tool-annotations.ts";
import { matchesAny, matchesWildcard } from "./wildcard.ts";

export interface ToolSurface {
  /** Declarations as in a registry: `name`, `parameters`, `annotations`, `executor`, `defer_loading` … */
  readonly tools: readonly JsonObject[];
  /** Names that have a handler, besides what the declarations say. */
  readonly handled?: ReadonlySet<string>;
  readonly policy?: CapabilityPolicy;
  readonly approval?: ApprovalPolicy;
  readonly prompts?: readonly string[];
  /** Deferred tools can be found by searching. Default false. */
  readonly hasToolSearch?: boolean;
}

export interface SurfaceDiagnostic {
  /** `TOOL_SURFACE_…` */
  readonly code: string;
  readonly severity: "warning" | "error";
  readonly message: string;
  readonly tool?: string;
  readonly field?: string;
}

export interface SurfaceReport {
  /** Nothing is an error. */
  readonly valid: boolean;
  readonly diagnostics: readonly SurfaceDiagnostic[];
}

interface Entry {
  readonly name: string;
  readonly parameters: ReadonlySet<string> | undefined;
  readonly annotations: ToolAnnotations | undefined;
  /** What annotations say beyond the rules' own. */
  readonly raw: JsonObject;
  readonly hasExecutor: boolean;
  readonly deferred: boolean;
}

type Report = (
  severity: SurfaceDiagnostic["severity"],
  code: string,
  message: string,
  where?: { readonly tool?: string; readonly field?: string },
) => void;

/** @throws HarnError `agent.option` for annotations that cannot be read */
export function checkToolSurface(surface: ToolSurface): SurfaceReport {
  const diagnostics: SurfaceDiagnostic[] = [];
  const report: Report = (severity, code, message, where = {}) =>
    void diagnostics.push({ code: `TOOL_SURFACE_${code}`, severity, message, ...where });
  const entries = surface.tools.flatMap((tool) => readEntry(tool, surface) ?? []);
  const allowed = surface.policy?.tools ?? [];
  const active = entries.filter(({ name }) => allowed.length === 0 || matchesAny(allowed, name));
  for (const entry of active) {
    checkDeclaration(entry, report);
    checkResultReaders(entry, active, report);
  }
  checkConstraints(surface.policy, active, report);
  checkApprovalPatterns(surface.approval, active, report);
  for (const prompt of surface.prompts ?? []) checkPrompt(prompt, entries, active, surface, report);
  checkCeiling(surface.policy, active, report);
  return { valid: diagnostics.every(({ severity }) => severity !== "error"), diagnostics };
}

function readEntry(tool: JsonObject, { handled, policy }: ToolSurface): Entry | undefined {
  const inner = isJsonObject(tool["function"]) ? tool["function"] : tool;
  const name = inner["name"];
  if (typeof name !== "string" || name === "") return undefined;
  const given = tool["annotations"] ?? inner["annotations"];
  const annotations =
    given === undefined || given === null
      ? policy?.toolAnnotations[name]
      : readDeclaredAnnotations(`${name}.annotations`, given);
  const schema = inner["parameters"] ?? inner["input_schema"] ?? inner["inputSchema"];
  return {
    name,
    parameters: parameterNames(schema),
    annotations,
    raw: isJsonObject(given) ? given : {},
    hasExecutor:
      typeof tool["executor"] === "string" || typeof tool["_mcp_server"] === "string" || handled?.has(name) === true,
    deferred: tool["defer_loading"] === true || inner["defer_loading"] === true,
  };
}

/** Undefined without a schema; an empty dict is a schema without parameters. */
function parameterNames(schema: Json | undefined): ReadonlySet<string> | undefined {
  if (!isJsonObject(schema)) return undefined;
  return new Set(Object.keys(isJsonObject(schema["properties"]) ? schema["properties"] : schema));
}

function checkDeclaration({ name, parameters, annotations, hasExecutor }: Entry, report: Report): void {
  const warn = (code: string, what: string, field: string) =>
    report("warning", code, `active tool '${name}' has no ${what}`, { tool: name, field });
  if (parameters === undefined) warn("MISSING_SCHEMA", "parameter schema", "parameters");
  if (annotations === undefined) warn("MISSING_ANNOTATIONS", "annotations", "annotations");
  else if (annotations.sideEffectLevel === "none") {
    warn("MISSING_SIDE_EFFECT_LEVEL", "side-effect level", "side_effect_level");
  }
  if (!hasExecutor) warn("MISSING_EXECUTOR", "declared executor", "executor");
}

function checkResultReaders({ name, annotations, raw }: Entry, active: readonly Entry[], report: Report): void {
  if (annotations?.kind !== "execute" || raw["emits_artifacts"] !== true || raw["inline_result"] === true) return;
  const readers = textsOf(raw["result_readers"]);
  const isActive = (reader: string) => active.some((entry) => entry.name === reader);
  const canRead =
    readers.some(isActive) ||
    isActive("read_command_output") ||
    active.some((entry) => entry.annotations?.kind === "read" || entry.annotations?.kind === "search");
  const where = { tool: name, field: "result_readers" };
  if (!canRead) {
    const message = `execute tool '${name}' can emit output artifacts but has no active result reader`;
    report("error", "MISSING_RESULT_READER", message, where);
  }
  for (const reader of readers.filter((each) => !isActive(each))) {
    const message = `tool '${name}' declares result reader '${reader}' that is not active`;
    report("warning", "UNKNOWN_RESULT_READER", message, where);
  }
}

function checkConstraints(policy: CapabilityPolicy | undefined, active: readonly Entry[], report: Report): void {
  for (const { tool, argKey } of policy?.toolArgConstraints ?? []) {
    const matching = active.filter(({ name }) => matchesWildcard(tool, name));
    if (matching.length === 0 && !tool.includes("*")) {
      const message = `an argument constraint references tool '${tool}' which is not active`;
      report("warning", "UNKNOWN_ARG_CONSTRAINT_TOOL", message, { tool, field: "tool_arg_constraints.tool" });
    }
    for (const { name, parameters, raw } of argKey === undefined ? [] : matching) {
      if (parameters?.has(argKey!) || argumentNames(raw).includes(argKey!)) continue;
      const message = `the argument constraint for '${name}' targets unknown argument '${argKey}'`;
      const where = { tool: name, field: `tool_arg_constraints.${argKey}` };
      report("warning", "UNKNOWN_ARG_CONSTRAINT_KEY", message, where);
    }
  }
}

function argumentNames(raw: JsonObject): readonly string[] {
  const schema = isJsonObject(raw["arg_schema"]) ? raw["arg_schema"] : {};
  const aliases = Object.entries(aliasesOf(raw)).flat();
  return [...textsOf(schema["path_params"]), ...textsOf(schema["required"]), ...aliases];
}

function aliasesOf(raw: JsonObject): Readonly<Record<string, string>> {
  const schema = isJsonObject(raw["arg_schema"]) ? raw["arg_schema"] : {};
  const aliases = isJsonObject(schema["arg_aliases"]) ? schema["arg_aliases"] : {};
  return Object.fromEntries(Object.entries(aliases).map(([alias, canonical]) => [alias, String(canonical)]));
}

function checkApprovalPatterns(approval: ApprovalPolicy | undefined, active: readonly Entry[], report: Report): void {
  if (approval === undefined) return;
  const lists = {
    auto_approve: approval.autoApprove,
    auto_deny: approval.autoDeny,
    require_approval: approval.requireApproval,
  };
  for (const [key, patterns] of Object.entries(lists)) {
    for (const pattern of patterns) {
      if (pattern.includes("*") || active.some(({ name }) => matchesWildcard(pattern, name))) continue;
      const field = `approval_policy.${key}`;
      const message = `${field} pattern '${pattern}' matches no active tool`;
      report("warning", "APPROVAL_PATTERN_NO_MATCH", message, { field });
    }
  }
}

function checkCeiling(policy: CapabilityPolicy | undefined, active: readonly Entry[], report: Report): void {
  const ceiling = policy?.sideEffectLevel;
  if (ceiling === undefined) return;
  for (const { name, annotations } of active) {
    const level = annotations?.sideEffectLevel ?? "none";
    if (SIDE_EFFECT_LEVELS.indexOf(level) <= SIDE_EFFECT_LEVELS.indexOf(ceiling)) continue;
    const message = `tool '${name}' requires side-effect level '${level}' but policy ceiling is '${ceiling}'`;
    report("error", "SIDE_EFFECT_CEILING_EXCEEDED", message, { tool: name, field: "side_effect_level" });
  }
}

// ---- Prompts -----------------------------------------------------------------------------------------------------------

function checkPrompt(
  prompt: string,
  entries: readonly Entry[],
  active: readonly Entry[],
  { hasToolSearch = false }: ToolSurface,
  report: Report,
): void {
  const binding = bindingText(prompt);
  for (const name of namedTools(binding)) {
    const where = { tool: name, field: "prompt" };
    const entry = entries.find((each) => each.name === name);
    if (entry === undefined) {
      if (!/_|^tool|^run/.test(name)) continue;
      report("warning", "UNKNOWN_PROMPT_TOOL", `prompt references tool '${name}' which is not active`, where);
      continue;
    }
    if (!active.includes(entry)) {
      const message = `prompt references tool '${name}' outside the active policy`;
      report("warning", "PROMPT_TOOL_NOT_IN_POLICY", message, where);
    }
    if (entry.deferred && !hasToolSearch) {
      const message = `prompt references deferred tool '${name}' but tool_search is not active`;
      report("warning", "DEFERRED_TOOL_PROMPT_REFERENCE", message, where);
    }
  }
  for (const { name, raw } of entries) {
    for (const [alias, canonical] of Object.entries(aliasesOf(raw))) {
      if (!mentions(binding, alias)) continue;
      const message = `prompt mentions alias '${alias}' for tool '${name}'; use canonical argument '${canonical}'`;
      report("warning", "DEPRECATED_ARG_ALIAS", message, { tool: name, field: `arg_schema.arg_aliases.${alias}` });
    }
  }
}

/** What of a prompt binds the model: no code fences, nothing that a comment sets aside. */
function bindingText(prompt: string): string {
  const kept: string[] = [];
  let isFenced = false;
  let isIgnored = false;
  let skipsNext = false;
  for (const line of prompt.split("\n")) {
    const mark = /harn-tool-surface: ignore-(start|end|next-line|line)/.exec(line)?.[1];
    if (line.trim().startsWith("```")) isFenced = !isFenced;
    else if (mark === "start") isIgnored = true;
    else if (mark === "end") isIgnored = false;
    else if (mark === "next-line") skipsNext = true;
    else if (mark === "line" || isFenced || isIgnored) continue;
    else if (skipsNext) skipsNext = false;
    else kept.push(line);
  }
  return kept.join("\n");
}

/** Words before a parenthesis that are no tool in anybody's prompt. */
const COMMON_WORDS = new Set(
  "if for while switch return function fn JSON print println contains len render".split(" "),
);

function namedTools(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [, tagged, called] of text.matchAll(/<tool_call>\s*([A-Za-z0-9_]+)|\b([A-Za-z_][A-Za-z0-9_]*)\s*\(/g)) {
    const name = tagged ?? called;
    if (name !== undefined && !COMMON_WORDS.has(name)) names.add(name);
  }
  return names;
}

function mentions(text: string, word: string): boolean {
  if (word === "") return false;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const isPart = (char: string | undefined) => char !== undefined && /[A-Za-z0-9_]/.test(char);
    if (!isPart(text[at - 1]) && !isPart(text[at + word.length])) return true;
  }
  return false;
}

function textsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter((item) => typeof item === "string") : [];
}
