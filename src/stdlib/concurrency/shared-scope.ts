/**
 * Names of shared things. A *scope* says who shares: `task`, `root_task`, `task_group` (the default), `workflow_run`,
 * `agent_session`, `tenant`, `process`, or a name of the program's own. Scope and key together are the address; a
 * *handle* is a dict that carries it, so that a child of another group reaches the same thing.
 */

import { Dict, display, type NativeContext, RuntimeError, record, type Value } from "../../vm/index.ts";
import { contextFields, programTask } from "./runtime-context.ts";

export interface Address {
  readonly scope: string;
  readonly key: string;
}

/** Text of a field; absent, nil and "" are undefined. */
export function textField(options: Dict | undefined, name: string): string | undefined {
  const value = options?.map.get(name);
  return value === undefined || value === "" ? undefined : display(value);
}

export function resolveScope(
  { task: running }: NativeContext,
  name: string | undefined,
  options: Dict | undefined,
  builtin: string,
): string {
  const task = programTask(running);
  const fields = contextFields(running);
  const scope = name ?? "task_group";
  const root = task.root.id;
  switch (scope.replaceAll("-", "_")) {
    case "task":
    case "task_local":
      return `${scope}:${task.id}`;
    case "root_task":
      return `${scope}:${root}`;
    case "task_group":
    case "workflow":
    case "workflow_local":
      return `${scope}:${task.groupId ?? fields.run_id ?? root}`;
    case "workflow_run":
    case "run":
      return `${scope}:${fields.run_id ?? task.groupId ?? root}`;
    case "agent_session":
    case "session":
      return `${scope}:${fields.agent_session_id ?? fields.root_agent_session_id ?? root}`;
    case "tenant":
    case "tenant_scoped": {
      const tenant = textField(options, "tenant_id") ?? fields.tenant_id;
      if (tenant !== undefined) return `${scope}:${tenant}`;
      throw new RuntimeError("runtime", `${builtin}: tenant scope requires tenant_id in options or runtime context`);
    }
    case "process":
    case "global":
      return `${scope}:process`;
    case "durable":
    case "event_log":
      throw new RuntimeError(
        "runtime",
        `${builtin}: durable shared state is explicit; use store_* or agent_state_* APIs`,
      );
    case "external":
    case "host":
      throw new RuntimeError(
        "runtime",
        `${builtin}: external shared state must be provided by a host/connector builtin`,
      );
    default:
      return `${scope}:${scope}`;
  }
}

/** From `open({scope, key, …})` or `open(key, …)`. */
export function openAddress(
  args: readonly Value[],
  context: NativeContext,
  builtin: string,
  keyField: string,
): { readonly address: Address; readonly options: Dict | undefined } {
  const [first] = args;
  const options = first instanceof Dict ? first : undefined;
  const key = options
    ? (textField(options, keyField) ?? textField(options, "key") ?? textField(options, "name"))
    : first === undefined || first === ""
      ? undefined
      : display(first);
  if (key === undefined) throw new RuntimeError("runtime", `${builtin}: key/name is required`);
  const scope = resolveScope(context, textField(options, "scope"), options, builtin);
  return { address: { scope, key }, options };
}

/** From a handle, or a name in the default scope. */
export function addressOf(target: Value, kind: string, context: NativeContext, builtin: string): Address {
  if (target instanceof Dict) {
    if (textField(target, "_type") !== kind) throw new RuntimeError("runtime", `${builtin}: expected ${kind} handle`);
    const scope = textField(target, "scope");
    if (scope === undefined) throw new RuntimeError("runtime", `${builtin}: ${kind} handle missing scope`);
    const key = textField(target, "key");
    if (key === undefined) throw new RuntimeError("runtime", `${builtin}: ${kind} handle missing key`);
    return { scope, key };
  }
  const key = display(target);
  if (key === "") throw new RuntimeError("runtime", `${builtin}: name must not be empty`);
  return { scope: resolveScope(context, undefined, undefined, builtin), key };
}

export function handleOf(kind: string, { scope, key }: Address): Dict {
  return record({ _type: kind, scope, key });
}

/** Things by address, in the order of their addresses. */
export class AddressMap<T> {
  readonly items: Map<string, { readonly address: Address; readonly item: T }> = new Map();

  get({ scope, key }: Address): T | undefined {
    return this.items.get(`${scope}\u0000${key}`)?.item;
  }

  open(address: Address, make: () => T): T {
    const id = `${address.scope}\u0000${address.key}`;
    let entry = this.items.get(id);
    if (!entry) {
      entry = { address, item: make() };
      this.items.set(id, entry);
    }
    return entry.item;
  }

  entries(): { readonly address: Address; readonly item: T }[] {
    return [...this.items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  }
}
