/**
 * The ceiling on what a loop may do (POLICY-01 … POLICY-03). A nested loop's policy is intersected with the ceiling it
 * runs under; asking for more than the ceiling is an error, not a silent cut.
 */

import { HarnError, isJsonObject, type Json } from "../../base/index.ts";
import type { Policy } from "../turn/policy.ts";
import { denyCall } from "./denial.ts";
import { permissionNote } from "./permissions.ts";
import { readChoice, readCount, readDict, readString, readStrings, refuseUnknownKeys } from "./read-options.ts";
import { type Recorder, SILENT_RECORDER } from "./recorder.ts";
import {
  declaredPaths,
  readCapabilities,
  readToolAnnotations,
  SIDE_EFFECT_LEVELS,
  type SideEffectLevel,
  type ToolAnnotations,
} from "./tool-annotations.ts";
import { matchesAny, matchesWildcard, normalizePath } from "./wildcard.ts";

/** An empty list or record sets no limit. */
export interface CapabilityPolicy {
  readonly tools: readonly string[];
  readonly capabilities: Readonly<Record<string, readonly string[]>>;
  readonly workspaceRoots: readonly string[];
  readonly sideEffectLevel?: SideEffectLevel;
  /** How deep agent loops may nest below this one. */
  readonly recursionLimit?: number;
  readonly toolArgConstraints: readonly ToolArgConstraint[];
  readonly toolAnnotations: Readonly<Record<string, ToolAnnotations>>;
}

export interface ToolArgConstraint {
  /** Wildcard over tool names. */
  readonly tool: string;
  /** Wildcards, one of which the argument must match; none: no constraint. */
  readonly argPatterns: readonly string[];
  /** Absent: the first declared path argument that holds a string. */
  readonly argKey?: string;
}

export const NO_CEILING: CapabilityPolicy = {
  tools: [],
  capabilities: {},
  workspaceRoots: [],
  toolArgConstraints: [],
  toolAnnotations: {},
};

const KEYS = [
  "tools",
  "capabilities",
  "workspace_roots",
  "side_effect_level",
  "recursion_limit",
  "tool_arg_constraints",
  "tool_annotations",
  "command_policy",
];

/** @throws HarnError `agent.option`: a malformed policy is never a permissive one (llm 34.30) */
export function readCapabilityPolicy(value: unknown, name = "policy"): CapabilityPolicy | undefined {
  const dict = readDict(name, value);
  if (dict === undefined) return undefined;
  refuseUnknownKeys(name, dict, KEYS);
  const level = readChoice(`${name}.side_effect_level`, dict["side_effect_level"], SIDE_EFFECT_LEVELS);
  const recursionLimit = readCount(`${name}.recursion_limit`, dict["recursion_limit"]);
  const annotations = readDict(`${name}.tool_annotations`, dict["tool_annotations"]) ?? {};
  return {
    tools: readStrings(`${name}.tools`, dict["tools"]) ?? [],
    capabilities: readCapabilities(`${name}.capabilities`, dict["capabilities"]),
    workspaceRoots: readStrings(`${name}.workspace_roots`, dict["workspace_roots"]) ?? [],
    ...(level === undefined ? {} : { sideEffectLevel: level }),
    ...(recursionLimit === undefined ? {} : { recursionLimit }),
    toolArgConstraints: readConstraints(`${name}.tool_arg_constraints`, dict["tool_arg_constraints"]),
    toolAnnotations: Object.fromEntries(
      Object.entries(annotations).map(([tool, about]) => [
        tool,
        readToolAnnotations(`${name}.tool_annotations.${tool}`, about),
      ]),
    ),
  };
}

function readConstraints(name: string, value: unknown): readonly ToolArgConstraint[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new HarnError("agent.option", `Expected \`${name}\` to be a list of dicts`);
  return value.map((item, index) => {
    const dict = readDict(`${name}[${index}]`, item) ?? {};
    refuseUnknownKeys(`${name}[${index}]`, dict, ["tool", "arg_patterns", "arg_key"]);
    const argKey = readString(`${name}[${index}].arg_key`, dict["arg_key"]);
    return {
      tool: readString(`${name}[${index}].tool`, dict["tool"]) ?? "",
      argPatterns: readStrings(`${name}[${index}].arg_patterns`, dict["arg_patterns"]) ?? [],
      ...(argKey === undefined ? {} : { argKey }),
    };
  });
}

/** POLICY-02. @throws HarnError `agent.policy_ceiling` when more is asked for than the ceiling allows */
export function intersectPolicies(ceiling: CapabilityPolicy, requested: CapabilityPolicy): CapabilityPolicy {
  const beyond = ceiling.tools.length === 0 ? [] : requested.tools.filter((tool) => !ceiling.tools.includes(tool));
  if (beyond.length > 0) throw ceilingError(`requested tools exceed host ceiling: ${beyond.join(", ")}`);
  for (const [capability, ops] of Object.entries(requested.capabilities)) {
    if (Object.keys(ceiling.capabilities).length === 0) break;
    const allowed = ceiling.capabilities[capability];
    if (allowed === undefined) throw ceilingError(`requested capability exceeds host ceiling: ${capability}`);
    if (allowed.length === 0) continue;
    const denied = ops.filter((op) => !allowed.includes(op));
    if (denied.length > 0) {
      throw ceilingError(`requested capability operations exceed host ceiling: ${capability}.${denied.join(",")}`);
    }
  }
  const sideEffectLevel = stricterLevel(ceiling.sideEffectLevel, requested.sideEffectLevel);
  const recursionLimit = smaller(ceiling.recursionLimit, requested.recursionLimit);
  return {
    tools: requested.tools.length === 0 ? ceiling.tools : requested.tools,
    capabilities: Object.keys(requested.capabilities).length === 0 ? ceiling.capabilities : requested.capabilities,
    workspaceRoots: intersectRoots(ceiling.workspaceRoots, requested.workspaceRoots),
    ...(sideEffectLevel === undefined ? {} : { sideEffectLevel }),
    ...(recursionLimit === undefined ? {} : { recursionLimit }),
    toolArgConstraints: [...ceiling.toolArgConstraints, ...requested.toolArgConstraints],
    toolAnnotations: { ...ceiling.toolAnnotations, ...requested.toolAnnotations },
  };
}

/** Roots inside the ceiling's; a request for others alone is an error, since no root at all would mean no limit. */
function intersectRoots(ceiling: readonly string[], requested: readonly string[]): readonly string[] {
  if (ceiling.length === 0) return requested;
  if (requested.length === 0) return ceiling;
  const inside = requested.filter((root) => ceiling.some((outer) => isInside(root, outer)));
  if (inside.length === 0) throw ceilingError(`requested workspace roots exceed host ceiling: ${requested.join(", ")}`);
  return inside;
}

function stricterLevel(a: SideEffectLevel | undefined, b: SideEffectLevel | undefined): SideEffectLevel | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return SIDE_EFFECT_LEVELS.indexOf(a) <= SIDE_EFFECT_LEVELS.indexOf(b) ? a : b;
}

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

/** What is against the policy in a call; undefined when nothing is. */
export function policyViolation(
  policy: CapabilityPolicy,
  tool: string,
  input: Json,
  options: { cwd?: string; warn?: (message: string) => void } = {},
): string | undefined {
  if (policy.tools.length > 0 && !policy.tools.includes(tool)) return `tool '${tool}' exceeds tool ceiling`;
  const annotations = policy.toolAnnotations[tool];
  if (annotations !== undefined) {
    const needed = Object.entries(annotations.capabilities).flatMap(([capability, ops]) =>
      ops.map((op) => [capability, op] as const),
    );
    const missing = needed.find(([capability, op]) => !allowsOperation(policy, capability, op));
    if (missing !== undefined) return `tool '${tool}' exceeds capability ceiling: ${missing.join(".")}`;
    if (policy.sideEffectLevel !== undefined && reach(annotations.sideEffectLevel) > reach(policy.sideEffectLevel)) {
      return `tool '${tool}' exceeds side-effect ceiling: ${annotations.sideEffectLevel}`;
    }
    if (policy.workspaceRoots.length > 0) {
      const outside = declaredPaths(annotations, input).find(
        (path) =>
          !policy.workspaceRoots.some((root) =>
            isInside(resolvePath(path, options.cwd), resolvePath(root, options.cwd)),
          ),
      );
      if (outside !== undefined) return `tool '${tool}' targets '${outside}', which is outside the workspace roots`;
    }
  }
  for (const constraint of policy.toolArgConstraints) {
    const violation = constraintViolation(constraint, annotations, tool, input, options.warn);
    if (violation !== undefined) return violation;
  }
  return undefined;
}

/** POLICY-03: an absent argument does not reject; a constraint that names no argument only warns. */
function constraintViolation(
  constraint: ToolArgConstraint,
  annotations: ToolAnnotations | undefined,
  tool: string,
  input: Json,
  warn: ((message: string) => void) | undefined,
): string | undefined {
  if (constraint.argPatterns.length === 0 || !matchesWildcard(constraint.tool, tool)) return undefined;
  const keys = constraint.argKey === undefined ? (annotations?.pathParams ?? []) : [constraint.argKey];
  if (isJsonObject(input) && keys.length === 0) {
    warn?.(
      `A constraint on tool '${tool}' names no argument; declare arg_key, or path_params in the tool's annotations`,
    );
    return undefined;
  }
  const key = isJsonObject(input) ? keys.find((name) => typeof input[name] === "string") : "value";
  const value = isJsonObject(input) ? (key === undefined ? undefined : input[key]) : input;
  if (key === undefined || typeof value !== "string" || matchesAny(constraint.argPatterns, value)) return undefined;
  return `tool '${tool}' ${key} '${value}' does not match allowed patterns: ${constraint.argPatterns.join(", ")}`;
}

function allowsOperation(policy: CapabilityPolicy, capability: string, op: string): boolean {
  if (Object.keys(policy.capabilities).length === 0) return true;
  const ops = policy.capabilities[capability];
  return ops !== undefined && (ops.length === 0 || ops.includes(op));
}

function reach(level: SideEffectLevel): number {
  return SIDE_EFFECT_LEVELS.indexOf(level);
}

function resolvePath(path: string, cwd: string | undefined): string {
  const isAbsolute = /^(?:\/|[A-Za-z]:[\\/])/.test(path);
  return normalizePath(isAbsolute || cwd === undefined ? path : `${cwd}/${path}`);
}

function isInside(path: string, root: string): boolean {
  const [inner, outer] = [normalizePath(path), normalizePath(root)];
  return inner === outer || inner.startsWith(outer.endsWith("/") ? outer : `${outer}/`);
}

/** Refuses calls that go beyond the policy, before anything else is asked. */
export function capabilityGate(policy: CapabilityPolicy, options: { cwd?: string; recorder?: Recorder } = {}): Policy {
  const recorder = options.recorder ?? SILENT_RECORDER;
  return {
    name: "capability-policy",
    gate(turn, call) {
      const warn = (message: string) => turn.harness.host.sync("log.write", { level: "warn", message });
      const violation = policyViolation(policy, call.name, call.input, {
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        warn,
      });
      if (violation === undefined) return undefined;
      recorder.transcript(permissionNote("PermissionDeny", call, violation, false));
      return denyCall(
        call.name,
        `${violation}. Use one of the declared tools, by its exact name, within these limits.`,
      );
    },
  };
}

function ceilingError(message: string): HarnError {
  return new HarnError("agent.policy_ceiling", message);
}
