/**
 * Daemons as things one can hold (DAEMON-09): started with a task, fed with events, stopped and resumed.
 *
 * Events wait in a first-in-first-out queue on disk, beside the loop's snapshot, and are handed to the loop one by one.
 * An event is taken off the queue only when the loop idles again after it, so one that was being worked on when the
 * daemon stopped comes again.
 */

import { CancelToken, HarnError, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { thrownText } from "../tools/outcome.ts";
import { agentLoop } from "./agent-loop.ts";
import type { AgentLoopOptions, AgentPorts, DaemonOptions } from "./options.ts";
import type { AgentLoopResult } from "./result.ts";

export interface DaemonConfig extends Omit<AgentLoopOptions, "daemon" | "ports" | "signal"> {
  /** Folder of the snapshot and the queue. */
  readonly persistPath: string;
  readonly daemon?: Omit<DaemonOptions, "persistPath" | "resumePath">;
  readonly ports?: Omit<AgentPorts, "takeMessages">;
  /** Events that may wait. Default 1,024. */
  readonly eventQueueCapacity?: number;
}

export interface DaemonHandle {
  /** @throws HarnError `agent.daemon_queue_full`; `agent.daemon_stopped` */
  trigger(event: Json): Promise<void>;
  snapshot(): JsonObject;
  /** Interrupts the loop; resolves when it has stopped and everything is on disk. */
  stop(): Promise<void>;
  /** Settles when the loop ends by itself or is stopped. */
  readonly finished: Promise<AgentLoopResult | undefined>;
}

const DEFAULT_CAPACITY = 1024;
const SNAPSHOT_FILE = "daemon.json";
const QUEUE_FILE = "events.json";

/** Starts a daemon afresh; what an earlier one left in the folder is replaced. */
export function spawnDaemon(config: DaemonConfig): Promise<DaemonHandle> {
  return startDaemon(config, false);
}

/** Goes on where a stopped daemon was, with the events that were waiting. */
export function resumeDaemon(config: DaemonConfig): Promise<DaemonHandle> {
  return startDaemon(config, true);
}

async function startDaemon(config: DaemonConfig, resuming: boolean): Promise<DaemonHandle> {
  const { persistPath, eventQueueCapacity: capacity = DEFAULT_CAPACITY, daemon = {}, ports = {}, ...loop } = config;
  const { host } = config;
  const snapshotPath = `${persistPath}/${SNAPSHOT_FILE}`;
  const queuePath = `${persistPath}/${QUEUE_FILE}`;
  const queue: Json[] = resuming ? await readQueue(config, queuePath) : [];
  const cancel = new CancelToken();
  /** How many events from the front are being worked on. */
  let inFlight = 0;
  let running = true;
  let saving: Promise<void> = Promise.resolve();

  const saveQueue = (): Promise<void> => {
    const data = JSON.stringify(queue);
    saving = saving.then(async () => {
      await host.perform("fs.write", { path: `${queuePath}.tmp`, data, sync: true });
      await host.perform("fs.move", { from: `${queuePath}.tmp`, to: queuePath, sync: true });
    });
    return saving;
  };
  const takeMessages: NonNullable<AgentPorts["takeMessages"]> = (point) => {
    if (point !== "turn_start" || inFlight > 0 || queue.length === 0 || cancel.aborted) return [];
    inFlight = 1;
    return [eventText(queue[0]!)];
  };
  const idle: NonNullable<AgentPorts["idle"]> = async (state) => {
    if (state !== undefined && inFlight > 0) {
      queue.splice(0, inFlight);
      inFlight = 0;
      await saveQueue();
    }
    await ports.idle?.(state);
  };

  await host.perform("fs.mkdir", { path: persistPath });
  await saveQueue();
  const hasSnapshot = resuming && (await host.perform("fs.stat", { path: snapshotPath })) !== undefined;
  const finished = agentLoop({
    ...loop,
    ports: { ...ports, takeMessages, idle },
    daemon: { ...daemon, persistPath: snapshotPath, ...(hasSnapshot ? { resumePath: snapshotPath } : {}) },
    signal: cancel,
  }).finally(() => {
    running = false;
  });
  // Whoever holds the handle decides whether to look; a daemon that failed must not be an unhandled rejection.
  finished.catch(() => {});

  return {
    finished,
    async trigger(event) {
      if (!running) throw new HarnError("agent.daemon_stopped", "The daemon has stopped; resume it to send it events");
      if (queue.length >= capacity) {
        throw new HarnError(
          "agent.daemon_queue_full",
          `The event queue of the daemon is full: ${queue.length} of ${capacity} events wait`,
        );
      }
      queue.push(event);
      await saveQueue();
    },
    snapshot: () => ({
      running,
      persist_path: persistPath,
      snapshot_path: snapshotPath,
      pending_event_count: queue.length,
      in_flight_event_count: inFlight,
      event_queue_capacity: capacity,
    }),
    async stop() {
      cancel.cancel("daemon stopped");
      await finished.catch(() => undefined);
      inFlight = 0;
      await saveQueue();
    },
  };
}

/** A message is the text of its event, or the event as JSON. */
function eventText(event: Json): string {
  if (typeof event === "string") return event;
  const text = isJsonObject(event) ? event["message"] : undefined;
  return typeof text === "string" ? text : `Event: ${JSON.stringify(event)}`;
}

async function readQueue({ host }: DaemonConfig, path: string): Promise<Json[]> {
  if ((await host.perform("fs.stat", { path })) === undefined) return [];
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(await host.perform("fs.read", { path })));
    return Array.isArray(value) ? (value as Json[]) : [];
  } catch (thrown) {
    throw new HarnError("agent.daemon_queue", `The event queue of the daemon cannot be read: ${thrownText(thrown)}`, {
      cause: thrown,
    });
  }
}
