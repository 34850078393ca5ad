/**
 * What stands behind `host_call`: first the answers that a test has prepared, then the program that embeds the run, then
 * what every host can do (`operations.ts`).
 */

import type { CancelSignal, Json, JsonObject } from "../../base/index.ts";
import { Dict, display, equal, List, type NativeContext, record, share, type Value } from "../../vm/index.ts";
import { thrown } from "../arguments.ts";
import { runState } from "../builtin.ts";

/** Where an embedder puts its bridge before the run starts. */
export const HOST_BRIDGE_STATE = "host.bridge";

/** The program that embeds a run, as far as it wants to be asked. */
export interface HostBridge {
  /** Names of operations by capability, with a line on each; they are shown by `host_capabilities`. */
  readonly capabilities?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Undefined: not mine, try what every host can do. */
  call?(capability: string, operation: string, params: JsonObject, signal: CancelSignal): Promise<Json | undefined>;
  /** `{name, description, schema}` of every tool. */
  listTools?(signal: CancelSignal): Promise<readonly JsonObject[]>;
  callTool?(name: string, args: Json, signal: CancelSignal): Promise<Json>;
}

export function hostBridge({ vm }: Pick<NativeContext, "vm">): HostBridge | undefined {
  return vm.state.get(HOST_BRIDGE_STATE) as HostBridge | undefined;
}

// ---- prepared answers ------------------------------------------------------------------------------------------------

interface Prepared {
  readonly capability: string;
  readonly operation: string;
  /** Answers only calls that have these parameters, among others. */
  readonly params: Dict | undefined;
  readonly answer: { readonly result: Value } | { readonly error: string };
}

interface MockScope {
  readonly prepared: Prepared[];
  /** `{capability, operation, params}` of every call that was answered. */
  readonly calls: Value[];
}

const newScope = (): MockScope => ({ prepared: [], calls: [] });

/** The innermost scope last. */
const scopesOf = ({ vm }: Pick<NativeContext, "vm">): MockScope[] => runState(vm, "host.mocks", () => [newScope()]);

function innermost(context: Pick<NativeContext, "vm">): MockScope {
  const scopes = scopesOf(context);
  const scope = scopes.at(-1) ?? newScope();
  if (scopes.length === 0) scopes.push(scope);
  return scope;
}

/** @param given a result, or a dict with `result`, `params` or `error` */
export function prepareAnswer(
  context: NativeContext,
  capability: string,
  operation: string,
  given: Value,
  params: Value,
): void {
  if (capability === "" || operation === "") throw thrown("host_mock: capability and operation are required");
  const config =
    given instanceof Dict && ["result", "params", "error"].some((key) => given.map.has(key)) ? given.map : undefined;
  const wanted = config === undefined ? params : config.get("params");
  const error = config?.has("error") ? display(config.get("error")) : "";
  innermost(context).prepared.push({
    capability,
    operation,
    params: wanted instanceof Dict ? (share(wanted) as Dict) : undefined,
    answer: error === "" ? { result: share(config === undefined ? given : config.get("result")) } : { error },
  });
}

/** The newest answer that fits; undefined when there is none. Throws what was prepared as an error. */
export function preparedAnswer(
  context: NativeContext,
  capability: string,
  operation: string,
  params: Dict,
): { readonly result: Value } | undefined {
  const { prepared, calls } = innermost(context);
  const found = prepared.findLast(
    (each) => each.capability === capability && each.operation === operation && fits(each.params, params),
  );
  if (found === undefined) return undefined;
  calls.push(record({ capability, operation, params: share(params) }));
  if ("error" in found.answer) throw thrown(found.answer.error);
  return { result: share(found.answer.result) };
}

function fits(wanted: Dict | undefined, params: Dict): boolean {
  if (wanted === undefined) return true;
  return [...wanted.map].every(([key, value]) => params.map.has(key) && equal(params.map.get(key), value));
}

export function clearAnswers(context: NativeContext): void {
  scopesOf(context).splice(0, Number.POSITIVE_INFINITY, newScope());
}

export function answeredCalls(context: NativeContext): List {
  return new List(innermost(context).calls.map(share));
}

export function openMockScope(context: NativeContext): void {
  innermost(context);
  scopesOf(context).push(newScope());
}

/** False when there is none to close. */
export function closeMockScope(context: NativeContext): boolean {
  const scopes = scopesOf(context);
  if (scopes.length < 2) return false;
  scopes.pop();
  return true;
}

/** Operations that have a prepared answer. */
export function preparedOperations(
  context: NativeContext,
): readonly (readonly [capability: string, operation: string])[] {
  return innermost(context).prepared.map(({ capability, operation }) => [capability, operation]);
}
