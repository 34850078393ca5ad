/** Builtins of supervisors. */

import {
  type Control,
  type ControlNative,
  Dict,
  display,
  isCallable,
  List,
  listOf,
  milliseconds,
  type Routine,
  RuntimeError,
  record,
  type Signal,
  type Value,
  type Vm,
} from "../../../vm/index.ts";
import { type Builtin, control, pure } from "../../builtin.ts";
import { textField } from "../shared-scope.ts";
import { describe, describeMetrics } from "./describe.ts";
import { failure, normalize, readRestartPolicy } from "./restart-policy.ts";
import {
  beginStop,
  type ChildSpec,
  endStop,
  findSupervisor,
  nextSupervisorId,
  STRATEGIES,
  type Strategy,
  type Supervisor,
  type SupervisorSpec,
  startSupervisor,
} from "./supervisor.ts";

const DEFAULT_SHUTDOWN_MS = 5000;

// ---- reading -----------------------------------------------------------------------------------------------------------

function readSpec(vm: Vm, value: Value): SupervisorSpec {
  if (!(value instanceof Dict)) throw failure("expected a dict");
  const children = value.map.get("children");
  if (!(children instanceof List)) throw failure("children must be a list");
  if (children.items.length === 0) throw failure("children must include at least one child");
  const specs = children.items.map((child, index) => readChild(child, index, value.map.get("restart")));
  const twice = specs.find(({ name }, index) => specs.findIndex((each) => each.name === name) < index);
  if (twice) throw failure(`two children are named '${twice.name}'`);
  const strategy = readStrategy(value.map.get("strategy"));
  const id = textField(value, "id") ?? nextSupervisorId(vm);
  if (findSupervisor(vm, id)) throw failure(`supervisor '${id}' already exists`);
  return {
    id,
    name: textField(value, "name") ?? id,
    strategy,
    shutdownMs: milliseconds(value.map.get("shutdown_ms") ?? value.map.get("drain_ms")) ?? DEFAULT_SHUTDOWN_MS,
    children: specs,
  };
}

function readStrategy(value: Value): Strategy {
  if (value === undefined) return "one_for_one";
  const name = normalize(display(value));
  const strategy = name === "escalate" ? "escalate_to_parent" : STRATEGIES.find((each) => each === name);
  if (strategy === undefined) throw failure(`unknown strategy '${name}' (one of ${STRATEGIES.join(", ")})`);
  return strategy;
}

function readChild(value: Value, index: number, defaultRestart: Value): ChildSpec {
  if (!(value instanceof Dict)) throw failure(`child ${index}: expected a dict`);
  const name = textField(value, "name") ?? `child_${index}`;
  const body = value.map.get("task") ?? value.map.get("handler");
  if (!isCallable(body)) throw failure(`child '${name}' requires a task closure`);
  return {
    name,
    kind: textField(value, "kind") ?? "task",
    body,
    restart: readRestartPolicy(value.map.get("restart") ?? defaultRestart),
    activeLease: textField(value, "active_lease") ?? textField(value, "lease"),
  };
}

function supervisorArgument(vm: Vm, builtin: string, target: Value): Supervisor {
  const isHandle = target instanceof Dict && target.map.get("_type") === "supervisor";
  const id = isHandle ? textField(target, "id") : target === undefined ? undefined : display(target);
  if (id === undefined || id === "")
    throw new RuntimeError("runtime", `${builtin}: supervisor handle or id is required`);
  const supervisor = findSupervisor(vm, id);
  if (!supervisor) throw new RuntimeError("runtime", `${builtin}: unknown supervisor '${id}'`);
  return supervisor;
}

// ---- stopping ----------------------------------------------------------------------------------------------------------

const stopRoutine: Routine = {
  name: "supervisor_stop",
  resume: (supervisor, _value, context) => finishStop(supervisor as Supervisor, context),
};

function finishStop(supervisor: Supervisor, context: Control): Signal {
  endStop(supervisor);
  return context.done(describe(supervisor));
}

const startStop: ControlNative["start"] = ([target, timeout], context) => {
  const { vm, task } = context;
  const supervisor = supervisorArgument(vm, "supervisor_stop", target);
  if (beginStop(supervisor)) return finishStop(supervisor, context);
  const patienceMs = milliseconds(timeout) ?? supervisor.spec.shutdownMs;
  const forget = (): void => {
    vm.timers.cancel(timer);
    supervisor.onDrained = supervisor.onDrained.filter((each) => each !== wake);
  };
  const wake = (): void => {
    forget();
    vm.wake(task, undefined);
  };
  const timer = vm.timers.set(vm.timers.now() + patienceMs, wake);
  supervisor.onDrained.push(wake);
  return context.park(supervisor, { what: `supervisor ${supervisor.spec.id} to stop`, cancel: forget });
};

// ---- the builtins ------------------------------------------------------------------------------------------------------

const START = `let sup = supervisor_start({
  name: "jobs",
  children: [{name: "poll", restart: {max_restarts: 3, backoff_ms: 10}, task: { ctx -> ctx.attempt }}],
})
sleep(1ms)
`;

export const supervisionBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "supervisor_start(spec: dict) -> dict",
      summary:
        "Keep closures running: `{name, strategy, children: [{name, kind, task, restart}]}`; each is called with " +
        "`{supervisor_id, child_name, child_kind, attempt, restart_count}`",
      effects: ["tasks", "clock", "state"],
      errors: "A spec without children, a child without a closure, an unknown strategy or restart mode",
      example: `${START}println(supervisor_state(sup).status)`,
    },
    ([spec], { vm, task }) => {
      const { id, name } = startSupervisor(vm, task, readSpec(vm, spec)).spec;
      return record({ _type: "supervisor", id, name });
    },
  ),
  pure(
    {
      signature: "supervisor_state(supervisor: dict | string) -> dict",
      summary: "Status, counters, and of each child: status, restarts, last error, what it waits for",
      effects: ["state"],
      errors: "No such supervisor",
      example: `${START}println(supervisor_state(sup).children[0].status)`,
    },
    ([target], { vm }) => describe(supervisorArgument(vm, "supervisor_state", target)),
  ),
  pure(
    {
      signature: "supervisor_events(supervisor: dict | string) -> list",
      summary: "What happened, oldest first: `{seq, at_ms, supervisor_id, child, kind, message}`",
      effects: ["state"],
      errors: "No such supervisor",
      example: `${START}println(supervisor_events(sup).map({ event -> event.kind }))`,
    },
    ([target], { vm }) => {
      const { spec, events } = supervisorArgument(vm, "supervisor_events", target);
      return listOf(
        events.map(({ seq, atMs, child, kind, message }) =>
          record({ seq, at_ms: atMs, supervisor_id: spec.id, child, kind, message }),
        ),
      );
    },
  ),
  pure(
    {
      signature: "supervisor_metrics(supervisor: dict | string) -> dict",
      summary: "How often children were started, stopped, failed, restarted, suppressed, escalated",
      effects: ["state"],
      errors: "No such supervisor",
      example: `${START}println(supervisor_metrics(sup).started)`,
    },
    ([target], { vm }) => describeMetrics(supervisorArgument(vm, "supervisor_metrics", target)),
  ),
  control(
    {
      signature: "supervisor_stop(supervisor: dict | string, timeout?: duration) -> dict",
      summary: "Ask all children to stop, wait for them, stop by force what is left after the timeout (5s)",
      effects: ["tasks", "clock", "state"],
      errors: "No such supervisor",
      example: `${START}println(supervisor_stop(sup).status)`,
    },
    stopRoutine,
    startStop,
  ),
];
