/**
 * A supervisor keeps children running: closures in tasks of their own, started again as their restart policies say. A
 * failure concerns the one child, all of them, or it and those that come after it (*strategy*); or it takes the whole
 * supervisor down and counts as the failure of the child that started it, when another supervisor has that one.
 *
 * A child runs under the nearest supervised child that started the supervisor, else under the program, and is stopped
 * with it. Nothing waits here: ends of tasks and timers call back.
 */

import {
  Cancelled,
  display,
  invoke,
  type OutputSink,
  record,
  type Task,
  Thrown,
  type Value,
  type Vm,
} from "../../../vm/index.ts";
import { runState } from "../../builtin.ts";
import { decideRestart, type RestartPolicy } from "./restart-policy.ts";

export const STRATEGIES = ["one_for_one", "one_for_all", "rest_for_one", "escalate_to_parent"] as const;
export type Strategy = (typeof STRATEGIES)[number];

export interface ChildSpec {
  readonly name: string;
  /** For people: `connector_stream`, `persona_loop` … */
  readonly kind: string;
  readonly body: Value;
  readonly restart: RestartPolicy;
  readonly activeLease: string | undefined;
}

export interface SupervisorSpec {
  readonly id: string;
  readonly name: string;
  readonly strategy: Strategy;
  /** Milliseconds that `stop` gives the children when it is not told. */
  readonly shutdownMs: number;
  readonly children: readonly ChildSpec[];
}

type Timer = ReturnType<Vm["timers"]["set"]>;
type ChildStatus =
  | "pending"
  | "running"
  | "draining"
  | "waiting"
  | "circuit_open"
  | "stopped"
  | "failed"
  | "suppressed";
type SupervisorStatus = "running" | "draining" | "completed" | "stopped" | "escalated";
type WaitReason = "restart_backoff" | "circuit_open" | "restart_cap_exceeded" | "shutdown";

interface Child {
  readonly spec: ChildSpec;
  status: ChildStatus;
  attempts: number;
  /** Monotonic milliseconds, oldest first. */
  restartsMs: number[];
  lastError: string | undefined;
  waitReason: WaitReason | undefined;
  /** Wall clock, for people. */
  nextRestartMs: number | undefined;
  task: Task | undefined;
  timer: Timer | undefined;
  /** Set when a supervisor of its own has given up: the child has failed for this reason, however its task ends. */
  escalated: string | undefined;
}

interface SupervisorEvent {
  readonly seq: number;
  readonly kind: string;
  readonly child: string | undefined;
  readonly message: string | undefined;
  /** Wall clock. */
  readonly atMs: number;
}

export interface Supervisor {
  readonly vm: Vm;
  readonly spec: SupervisorSpec;
  readonly owner: Task;
  readonly output: OutputSink;
  readonly children: readonly Child[];
  readonly events: SupervisorEvent[];
  readonly metrics: Record<"started" | "stopped" | "failed" | "restarted" | "suppressed" | "escalated", number>;
  status: SupervisorStatus;
  /** Called, and forgotten, when no child runs any more. */
  onDrained: (() => void)[];
}

interface Supervisors {
  readonly byId: Map<string, Supervisor>;
  /** By the task they end with. */
  readonly owned: Map<Task, Supervisor[]>;
  readonly supervised: Map<Task, { readonly supervisor: Supervisor; readonly child: Child }>;
  made: number;
}

function supervisorsOf(vm: Vm): Supervisors {
  return runState(vm, "supervisors", () => ({ byId: new Map(), owned: new Map(), supervised: new Map(), made: 0 }));
}

export function nextSupervisorId(vm: Vm): string {
  return `supervisor_${++supervisorsOf(vm).made}`;
}

export function findSupervisor(vm: Vm, id: string): Supervisor | undefined {
  return supervisorsOf(vm).byId.get(id);
}

export function allSupervisors(vm: Vm): Supervisor[] {
  return [...supervisorsOf(vm).byId.values()].sort((a, b) => (a.spec.id < b.spec.id ? -1 : 1));
}

export function startSupervisor(vm: Vm, starter: Task, spec: SupervisorSpec): Supervisor {
  const all = supervisorsOf(vm);
  let owner = starter;
  while (owner.parent && !all.supervised.has(owner)) owner = owner.parent;
  const supervisor: Supervisor = {
    vm,
    spec,
    owner,
    output: owner.output,
    children: spec.children.map((child) => ({
      spec: child,
      status: "pending",
      attempts: 0,
      restartsMs: [],
      lastError: undefined,
      waitReason: undefined,
      nextRestartMs: undefined,
      task: undefined,
      timer: undefined,
      escalated: undefined,
    })),
    events: [],
    metrics: { started: 0, stopped: 0, failed: 0, restarted: 0, suppressed: 0, escalated: 0 },
    status: "running",
    onDrained: [],
  };
  all.byId.set(spec.id, supervisor);
  note(supervisor, "supervisor_started");
  for (const child of supervisor.children) startChild(supervisor, child);
  endWith(owner, supervisor, all.owned);
  return supervisor;
}

function endWith(owner: Task, supervisor: Supervisor, owned: Supervisors["owned"]): void {
  const siblings = owned.get(owner);
  if (siblings) {
    siblings.push(supervisor);
    return;
  }
  const all = [supervisor];
  owned.set(owner, all);
  const { onDone } = owner;
  owner.onDone = () => {
    owned.delete(owner);
    for (const each of all) retire(each);
    if (onDone) invoke(onDone, owner);
  };
}

/** The owner is gone: running children are stopped with it, those that wait for their next start never start. */
function retire(supervisor: Supervisor): void {
  if (supervisor.status === "running") supervisor.status = "stopped";
  for (const child of supervisor.children) if (child.timer) takeDown(supervisor, child, "owner ended");
}

// ---- a child's life ----------------------------------------------------------------------------------------------------

function startChild(supervisor: Supervisor, child: Child): void {
  const { vm, spec, owner } = supervisor;
  child.attempts += 1;
  child.status = "running";
  child.waitReason = undefined;
  child.nextRestartMs = undefined;
  child.timer = undefined;
  child.escalated = undefined;
  supervisor.metrics.started += 1;
  note(supervisor, "child_started", child);
  if (child.attempts > 1) note(supervisor, "child_restart_started", child);
  const argument = record({
    supervisor_id: spec.id,
    child_name: child.spec.name,
    child_kind: child.spec.kind,
    attempt: child.attempts,
    restart_count: child.attempts - 1,
  });
  const id = `${owner.id}:supervisor:${spec.id}:${child.spec.name}:${child.attempts}`;
  const task = vm.spawn(owner, id, child.spec.body, [argument], supervisor.output, { groupId: spec.id });
  child.task = task;
  const { supervised } = supervisorsOf(vm);
  supervised.set(task, { supervisor, child });
  task.onDone = () => {
    supervised.delete(task);
    if (child.task === task) childEnded(supervisor, child, task);
  };
}

function childEnded(supervisor: Supervisor, child: Child, task: Task): void {
  child.task = undefined;
  child.waitReason = undefined;
  // Somebody stopped it on purpose: that is no failure, and it does not come back.
  const isCancelled = task.failure instanceof Cancelled && child.escalated === undefined;
  const problem = child.escalated ?? (isCancelled ? undefined : describeFailure(task));
  child.lastError = problem;
  child.status = problem === undefined ? "stopped" : "failed";
  supervisor.metrics[child.status] += 1;
  note(supervisor, problem === undefined ? "child_stopped" : "child_failed", child, problem);
  if (supervisor.status === "running" && !isCancelled) react(supervisor, child, problem);
  settle(supervisor);
}

function describeFailure({ failure }: Task): string | undefined {
  return failure instanceof Thrown ? display(failure.value) : failure?.display();
}

/** What the end of one child means for all. */
function react(supervisor: Supervisor, child: Child, problem: string | undefined): void {
  const { strategy } = supervisor.spec;
  if (problem === undefined || strategy === "one_for_one") {
    restartIfDue(supervisor, child, problem !== undefined);
    return;
  }
  if (strategy === "escalate_to_parent") {
    escalate(supervisor, child, problem);
    return;
  }
  const first = strategy === "one_for_all" ? 0 : supervisor.children.indexOf(child);
  const affected = supervisor.children
    .slice(first)
    .filter((each) => each === child || takeDown(supervisor, each, "propagation restart"));
  for (const each of affected) restartIfDue(supervisor, each, true);
}

function restartIfDue(supervisor: Supervisor, child: Child, failed: boolean): void {
  const { vm, metrics } = supervisor;
  const nowMs = vm.timers.now();
  const decision = decideRestart(
    child.spec.restart,
    failed,
    child.restartsMs,
    nowMs,
    supervisor.children.indexOf(child),
  );
  switch (decision.kind) {
    case "leave":
      return;
    case "restart":
      child.restartsMs.push(nowMs);
      metrics.restarted += 1;
      note(supervisor, "child_restarted", child, `scheduled after ${decision.afterMs}ms`);
      wait(supervisor, child, "waiting", "restart_backoff", decision.afterMs);
      return;
    case "suppress":
      metrics.suppressed += 1;
      if (decision.afterMs === undefined) {
        child.status = "suppressed";
        child.waitReason = "restart_cap_exceeded";
        note(supervisor, "child_suppressed", child, "restart cap reached");
        return;
      }
      child.restartsMs = [];
      note(supervisor, "child_suppressed", child, "restart cap reached; circuit opened");
      wait(supervisor, child, "circuit_open", "circuit_open", decision.afterMs);
  }
}

function wait(
  supervisor: Supervisor,
  child: Child,
  status: "waiting" | "circuit_open",
  reason: WaitReason,
  afterMs: number,
): void {
  const { vm } = supervisor;
  child.status = status;
  child.waitReason = reason;
  child.nextRestartMs = wallClock(supervisor) + afterMs;
  child.timer = vm.timers.set(vm.timers.now() + afterMs, () => startChild(supervisor, child));
}

/** Stops a child without asking; false when it neither ran nor waited. */
function takeDown(supervisor: Supervisor, child: Child, why: string): boolean {
  const { task, timer } = child;
  if (!task && !timer) return false;
  child.task = undefined;
  child.timer = undefined;
  child.status = "stopped";
  child.waitReason = undefined;
  child.nextRestartMs = undefined;
  if (timer) supervisor.vm.timers.cancel(timer);
  note(supervisor, "child_stopped", child, why);
  if (task) supervisor.vm.abort(task, why);
  return true;
}

function escalate(supervisor: Supervisor, child: Child, problem: string): void {
  const { vm, owner, spec } = supervisor;
  supervisor.status = "escalated";
  supervisor.metrics.escalated += 1;
  note(supervisor, "child_escalated", child, "failure escalated to parent supervisor");
  for (const sibling of supervisor.children) {
    takeDown(supervisor, sibling, "failure escalated");
    sibling.status = "stopped";
  }
  const above = supervisorsOf(vm).supervised.get(owner);
  if (!above) return;
  above.child.escalated = `${spec.name}/${child.spec.name}: ${problem}`;
  vm.abort(owner, above.child.escalated);
}

// ---- the supervisor's end ----------------------------------------------------------------------------------------------

const isBusy = (child: Child): boolean => child.task !== undefined || child.timer !== undefined;

function settle(supervisor: Supervisor): void {
  if (supervisor.children.some((child) => child.task !== undefined)) return;
  for (const wake of supervisor.onDrained.splice(0)) wake();
  if (supervisor.status !== "running" || supervisor.children.some(isBusy)) return;
  supervisor.status = "completed";
  note(supervisor, "supervisor_completed");
}

/** Asks every child to stop. True: none runs any more. */
export function beginStop(supervisor: Supervisor): boolean {
  if (supervisor.status === "running") {
    supervisor.status = "draining";
    note(supervisor, "supervisor_stopping");
    for (const child of supervisor.children) {
      if (!child.task) takeDown(supervisor, child, "supervisor stop");
      else {
        child.status = "draining";
        child.waitReason = "shutdown";
        supervisor.vm.requestStop(child.task);
      }
    }
  }
  return !supervisor.children.some(isBusy);
}

/** Stops what still runs. */
export function endStop(supervisor: Supervisor): void {
  const forced = supervisor.children.filter((child) => takeDown(supervisor, child, "supervisor stop")).length > 0;
  if (supervisor.status === "stopped") return;
  supervisor.status = "stopped";
  note(supervisor, "supervisor_stopped", undefined, forced ? "forced" : "drained");
}

// ---- for people --------------------------------------------------------------------------------------------------------

function wallClock({ vm, owner }: Supervisor): number {
  return vm.hostOf(owner).sync("clock.now", {});
}

/** The last so many are kept: a child that is always restarted must not fill the memory. */
const MAX_EVENTS = 10_000;

function note(supervisor: Supervisor, kind: string, child?: Child, message?: string): void {
  const { events } = supervisor;
  const seq = (events.at(-1)?.seq ?? -1) + 1;
  events.push({ seq, kind, child: child?.spec.name, message, atMs: wallClock(supervisor) });
  if (events.length > MAX_EVENTS) events.shift();
}
