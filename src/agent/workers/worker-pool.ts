/**
 * Agents in the background. A worker runs a task to its end, can be given another one, and says how it is doing; its
 * state is written to a file after every change, so that somebody who comes later can look.
 *
 *     running ─┬─ completed ─┐            retriggerable: awaiting, until triggered or closed
 *              ├─ failed ────┼─ another task ─ running
 *              └─ cancelled ─┘
 */

import {
  type CancelSignal,
  CancelToken,
  HarnError,
  type Host,
  isJsonObject,
  type Json,
  type JsonObject,
} from "../../base/index.ts";
import { uuidV7 } from "../../llm/index.ts";
import { thrownText } from "../tools/outcome.ts";

export type WorkerStatus = "running" | "completed" | "failed" | "awaiting" | "cancelled";

/** What goes from one task of a worker to the next. */
export interface WorkerCarry {
  /** `inherit`: the conversation goes on. `fork`, `reset`: a new session for every task. */
  readonly transcriptMode: "inherit" | "fork" | "reset";
  /** Waits for another task instead of ending. */
  readonly retriggerable: boolean;
  /** Default true. */
  readonly persistState: boolean;
}

export interface WorkerSpec {
  readonly name: string;
  readonly mode: string;
  readonly task: string;
  readonly sessionId: string;
  readonly parentSessionId?: string;
  /** What was asked for at first: `{task, system, payload, research_questions …}`. */
  readonly request: JsonObject;
  /** Options that can be written down; kept in the snapshot. */
  readonly options?: JsonObject;
  readonly carry: WorkerCarry;
  /**
   * Does one task. Contract: resolves with what `wait` shows as the result; `ok: false` in it makes the worker failed.
   * A `transcript` in it is kept in the snapshot.
   */
  readonly run: (task: string, sessionId: string, signal: CancelSignal) => Promise<JsonObject>;
}

export interface WorkerPool {
  readonly host: Host;
  /** The worker's handle; it is running by then. */
  start(spec: WorkerSpec): Promise<JsonObject>;
  /** Waits until the worker is neither running nor awaiting. */
  wait(id: string): Promise<JsonObject>;
  /** Gives a worker that has ended another task. @throws HarnError `agent.worker` while it runs */
  send(id: string, task: string): Promise<JsonObject>;
  /** Goes on with an awaiting worker. @throws HarnError `agent.worker` unless it is retriggerable and awaiting */
  trigger(id: string, payload: Json): Promise<JsonObject>;
  /** Stops a worker for good. */
  close(id: string): Promise<JsonObject>;
  list(): readonly JsonObject[];
  /** Takes a worker in again that an earlier run has written down. @param run does its further tasks */
  restore(snapshot: JsonObject, run: WorkerSpec["run"]): JsonObject;
}

interface Worker {
  readonly id: string;
  readonly spec: WorkerSpec;
  task: string;
  sessionId: string;
  status: WorkerStatus;
  readonly createdAt: string;
  startedAt: string;
  finishedAt: string | null;
  awaitingSince: string | null;
  readonly history: string[];
  result: Json;
  error: string | null;
  transcript: Json;
  cancel: CancelToken;
  /** Settles when everything so far is on disk; never rejects. */
  saving: Promise<void>;
  readonly waiters: (() => void)[];
}

/** @param folder where snapshots go, `.harn/workers` by default */
export function createWorkerPool(host: Host, folder = ".harn/workers"): WorkerPool {
  const workers = new Map<string, Worker>();

  const find = (id: string): Worker => {
    const worker = workers.get(id);
    if (worker === undefined) throw workerError(`unknown worker: ${id}`);
    return worker;
  };
  const handle = (worker: Worker) => describe(worker, folder);

  const begin = (worker: Worker, task: string): void => {
    worker.task = task;
    worker.history.push(task);
    worker.status = "running";
    worker.startedAt = now(host);
    worker.finishedAt = null;
    worker.awaitingSince = null;
    worker.error = null;
    worker.cancel = new CancelToken();
    if (worker.history.length > 1 && worker.spec.carry.transcriptMode !== "inherit") {
      worker.sessionId = `sub_agent_session_${uuidV7(host)}`;
    }
    void perform(worker, worker.cancel);
  };

  async function perform(worker: Worker, cancel: CancelToken): Promise<void> {
    let status: WorkerStatus = "completed";
    try {
      const result = await worker.spec.run(worker.task, worker.sessionId, cancel);
      if (cancel.aborted) return;
      worker.result = result;
      worker.transcript = result["transcript"] ?? null;
      if (result["ok"] === false) {
        status = "failed";
        worker.error = messageOf(result["error"]);
      } else if (worker.spec.carry.retriggerable) status = "awaiting";
    } catch (thrown) {
      if (cancel.aborted) return;
      status = "failed";
      worker.error = thrownText(thrown);
    }
    await settle(worker, status);
  }

  async function settle(worker: Worker, status: WorkerStatus): Promise<void> {
    worker.status = status;
    if (status === "awaiting") worker.awaitingSince = now(host);
    else worker.finishedAt = now(host);
    await save(worker);
    if (status !== "awaiting") for (const wake of worker.waiters.splice(0)) wake();
  }

  /** One write at a time: each replaces the file that the one before made. */
  function save(worker: Worker): Promise<void> {
    if (worker.spec.carry.persistState) worker.saving = worker.saving.then(() => write(worker));
    return worker.saving;
  }

  async function write(worker: Worker): Promise<void> {
    const path = snapshotPath(worker.id, folder);
    const snapshot: JsonObject = {
      ...describe(worker, folder),
      _type: "worker_snapshot",
      session_id: worker.sessionId,
      options: worker.spec.options ?? {},
      carry_policy: carryJson(worker.spec.carry),
      transcript: worker.transcript,
    };
    try {
      await host.perform("fs.mkdir", { path: folder });
      await host.perform("fs.write", { path: `${path}.tmp`, data: JSON.stringify(snapshot, null, 2) });
      await host.perform("fs.move", { from: `${path}.tmp`, to: path });
    } catch (thrown) {
      const fields = { worker: worker.id, path, error: thrownText(thrown) };
      host.sync("log.write", { level: "warn", message: "The state of a worker could not be written", fields });
    }
  }

  return {
    host,
    async start(spec) {
      const worker = createWorker(host, `worker_${uuidV7(host)}`, spec);
      workers.set(worker.id, worker);
      begin(worker, spec.task);
      await save(worker);
      return handle(worker);
    },
    async wait(id) {
      const worker = find(id);
      while (worker.status === "running" || worker.status === "awaiting") {
        await new Promise<void>((resolve) => worker.waiters.push(resolve));
      }
      // It has ended, but what is on disk may still be of the time when it ran.
      await worker.saving;
      return handle(worker);
    },
    async send(id, task) {
      const worker = find(id);
      if (worker.status === "running") throw workerError(`send_input: worker ${id} is still running`);
      worker.result = null;
      begin(worker, task);
      await save(worker);
      return handle(worker);
    },
    async trigger(id, payload) {
      const worker = find(id);
      const refuse = (why: string) => workerError(`worker_trigger: worker ${id} is ${why}`);
      if (!worker.spec.carry.retriggerable) throw refuse("not retriggerable");
      if (worker.status === "running") throw refuse("still running");
      if (worker.status !== "awaiting") throw refuse(`not awaiting (status=${worker.status})`);
      begin(worker, typeof payload === "string" ? payload : JSON.stringify(payload, null, 2));
      await save(worker);
      return handle(worker);
    },
    async close(id) {
      const worker = find(id);
      worker.cancel.cancel("worker closed");
      worker.error = "worker cancelled";
      await settle(worker, "cancelled");
      return handle(worker);
    },
    list: () => [...workers.values()].map(handle),
    restore(snapshot, run) {
      const worker = restoreWorker(host, snapshot, run);
      workers.set(worker.id, worker);
      return handle(worker);
    },
  };
}

function createWorker(host: Host, id: string, spec: WorkerSpec): Worker {
  return {
    id,
    spec,
    task: spec.task,
    sessionId: spec.sessionId,
    status: "running",
    createdAt: now(host),
    startedAt: now(host),
    finishedAt: null,
    awaitingSince: null,
    history: [],
    result: null,
    error: null,
    transcript: null,
    cancel: new CancelToken(),
    saving: Promise.resolve(),
    waiters: [],
  };
}

/** A worker that was running when it was written down has not finished: it failed. */
function restoreWorker(host: Host, snapshot: JsonObject, run: WorkerSpec["run"]): Worker {
  const text = (key: string) => (typeof snapshot[key] === "string" ? snapshot[key] : "");
  if (text("id") === "") throw workerError("resume_agent: the snapshot holds no worker");
  const worker = createWorker(host, text("id"), {
    name: text("name"),
    mode: text("mode"),
    task: text("task"),
    sessionId: text("session_id"),
    request: isJsonObject(snapshot["request"]) ? snapshot["request"] : {},
    options: isJsonObject(snapshot["options"]) ? snapshot["options"] : {},
    carry: readWorkerCarry(snapshot["carry_policy"]),
    run,
  });
  const history = Array.isArray(snapshot["history"]) ? (snapshot["history"] as readonly Json[]).map(String) : [];
  worker.history.push(...history);
  const status = text("status") as WorkerStatus;
  worker.status = status === "running" ? "failed" : status;
  worker.result = snapshot["result"] ?? null;
  worker.error = status === "running" ? "the run ended before the worker did" : null;
  worker.transcript = snapshot["transcript"] ?? null;
  worker.finishedAt = text("finished_at") || now(host);
  return worker;
}

/** @throws HarnError `agent.worker` */
export function readWorkerCarry(value: unknown): WorkerCarry {
  const dict = isJsonObject(value) ? value : {};
  const mode = dict["transcript_mode"] ?? "inherit";
  if (mode !== "inherit" && mode !== "fork" && mode !== "reset") {
    throw workerError(`carry.transcript_mode must be inherit, fork or reset, got ${JSON.stringify(mode)}`);
  }
  return {
    transcriptMode: mode,
    retriggerable: dict["retriggerable"] === true,
    persistState: dict["persist_state"] !== false,
  };
}

function carryJson(carry: WorkerCarry): JsonObject {
  return {
    transcript_mode: carry.transcriptMode,
    retriggerable: carry.retriggerable,
    persist_state: carry.persistState,
  };
}

function describe(worker: Worker, folder: string): JsonObject {
  const { id, spec, transcript } = worker;
  const path = snapshotPath(id, folder);
  const artifacts = isJsonObject(worker.result) ? worker.result["artifacts"] : undefined;
  return {
    _type: "agent_handle",
    id,
    name: spec.name,
    task: worker.task,
    mode: spec.mode,
    status: worker.status,
    created_at: worker.createdAt,
    started_at: worker.startedAt,
    finished_at: worker.finishedAt,
    awaiting_started_at: worker.awaitingSince,
    history: [...worker.history],
    request: spec.request,
    provenance: {
      worker_id: id,
      worker_name: spec.name,
      mode: spec.mode,
      parent_worker_id: null,
      parent_stage_id: null,
      session_id: worker.sessionId,
      parent_session_id: spec.parentSessionId ?? null,
      snapshot_path: path,
    },
    result: worker.result,
    error: worker.error,
    artifact_count: Array.isArray(artifacts) ? artifacts.length : 0,
    has_transcript: transcript !== null,
    parent_worker_id: null,
    parent_stage_id: null,
    snapshot_path: path,
  };
}

const snapshotPath = (id: string, folder: string): string => `${folder}/${id}.json`;

const now = (host: Host): string => new Date(host.sync("clock.now", {})).toISOString();

function messageOf(error: Json | undefined): string {
  if (isJsonObject(error) && typeof error["message"] === "string") return error["message"];
  return typeof error === "string" ? error : "the worker failed";
}

function workerError(message: string): HarnError {
  return new HarnError("agent.worker", message);
}
