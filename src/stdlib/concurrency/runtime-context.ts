/**
 * Who is running: the identity of a task and values it passes on. A child starts with a copy of its parent's values;
 * what it changes stays with it.
 *
 * Callbacks, generators and the pulls of merged streams run in tasks of the machine's own. They answer as the task of
 * the program that they belong to.
 */

import {
  dictOf,
  List,
  type NativeContext,
  RuntimeError,
  record,
  share,
  type Task,
  type Value,
} from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";
import { describeSupervisors } from "./supervision/describe.ts";

/** Identity that other layers add: sessions, workflows, traces. Set by {@link withContextFields}. */
const FIELDS = [
  "scope_id",
  "workflow_id",
  "run_id",
  "stage_id",
  "worker_id",
  "agent_session_id",
  "parent_agent_session_id",
  "root_agent_session_id",
  "agent_name",
  "trigger_id",
  "trigger_event_id",
  "binding_key",
  "tenant_id",
  "provider",
  "trace_id",
  "span_id",
  "scheduler_key",
  "runner",
  "capacity_class",
] as const;

export type ContextField = (typeof FIELDS)[number];

const VALUES = "runtime_context.values";
const IDENTITY = "runtime_context.fields";

type FieldMap = { readonly [K in ContextField]?: string | undefined };

/** A task's context with more identity in it, for the task itself or for children to come. */
export function withContextFields(task: Task, fields: FieldMap): ReadonlyMap<string, unknown> {
  return new Map(task.context).set(IDENTITY, { ...contextFields(task), ...fields });
}

export function contextFields(task: Task): FieldMap {
  return (task.context.get(IDENTITY) as FieldMap | undefined) ?? {};
}

function valuesOf(task: Task): ReadonlyMap<string, Value> {
  return (task.context.get(VALUES) as ReadonlyMap<string, Value> | undefined) ?? new Map();
}

/** The program's own name for how a task came to be. */
type TaskName = "root" | "spawn" | "parallel";

function nameOf(task: Task): TaskName | undefined {
  if (!task.parent) return "root";
  const kind = task.id.slice(task.parent.id.length + 1).split(":", 1)[0];
  return kind === "spawn" || kind === "parallel" ? kind : undefined;
}

/** The task of the program that a task belongs to. */
export function programTask(task: Task): Task {
  let current = task;
  while (current.parent && nameOf(current) === undefined) current = current.parent;
  return current;
}

function runtimeContext({ vm, task: running }: NativeContext): Value {
  const task = programTask(running);
  const parent = task.parent && programTask(task.parent);
  const fields = contextFields(running);
  const cancelled = task.cancelRequest !== "none";
  return record({
    task_id: task.id,
    parent_task_id: parent?.id,
    root_task_id: task.root.id,
    task_name: nameOf(task),
    task_group_id: task.groupId,
    ...Object.fromEntries(FIELDS.map((field) => [field, fields[field]])),
    context_values: dictOf(new Map(valuesOf(running))),
    cancelled,
    debug: record({
      cancelled,
      waiting_reason: undefined,
      active_task_ids: new List([...(task.children ?? [])].map(({ id }) => id).sort()),
      held_synchronization: new List([]),
      supervisors: describeSupervisors(vm),
    }),
  });
}

function keyOf(builtin: string, value: Value): string {
  if (typeof value === "string") return value;
  throw new RuntimeError("runtime", `${builtin}: first argument must be a string key`);
}

/** Changes the running task's values; answers what was under the key. */
function change(task: Task, key: string, edit: (values: Map<string, Value>) => void): Value {
  const values = new Map(valuesOf(task));
  const old = values.get(key);
  edit(values);
  task.context = new Map(task.context).set(VALUES, values);
  return old;
}

const identity = (name: string): Builtin =>
  pure(
    {
      signature: `${name}() -> dict`,
      summary: "The running task: ids of it, its parent and group, its values, whether it was asked to stop",
      effects: ["state"],
      example: `println(${name}().task_id)`,
    },
    (_args, context) => runtimeContext(context),
  );

export const runtimeContextBuiltins: readonly Builtin[] = [
  identity("runtime_context"),
  identity("task_current"),
  pure(
    {
      signature: "runtime_context_values() -> dict",
      summary: "All values of the running task",
      effects: ["state"],
      example: 'runtime_context_set("tenant", "acme")\nprintln(runtime_context_values())',
    },
    (_args, { task }) => dictOf(new Map(valuesOf(task))),
  ),
  pure(
    {
      signature: "runtime_context_get(key: string, fallback?: any) -> any",
      summary: "A value of the running task",
      effects: ["state"],
      errors: "A key that is no string",
      example: 'println(runtime_context_get("tenant", "none"))',
    },
    ([key, fallback], { task }) => {
      const name = keyOf("runtime_context_get", key);
      const values = valuesOf(task);
      return share(values.has(name) ? values.get(name) : fallback);
    },
  ),
  pure(
    {
      signature: "runtime_context_set(key: string, value: any) -> any",
      summary: "Set a value of the running task, for it and children to come; gives back the old one",
      effects: ["state"],
      errors: "A key that is no string",
      example: 'println(runtime_context_set("tenant", "acme"))',
    },
    ([key, value], { task }) => {
      const name = keyOf("runtime_context_set", key);
      return change(task, name, (values) => values.set(name, share(value)));
    },
  ),
  pure(
    {
      signature: "runtime_context_clear(key: string) -> any",
      summary: "Forget a value of the running task; gives it back",
      effects: ["state"],
      errors: "A key that is no string",
      example: 'runtime_context_set("tenant", "acme")\nprintln(runtime_context_clear("tenant"))',
    },
    ([key], { task }) => {
      const name = keyOf("runtime_context_clear", key);
      return change(task, name, (values) => values.delete(name));
    },
  ),
];
