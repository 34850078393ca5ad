/** Daemons: agents that idle between events instead of ending (DAEMON-09). */

import { type DaemonConfig, type DaemonHandle, resumeDaemon, spawnDaemon } from "../../agent/index.ts";
import { HarnError, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import {
  type AsyncContext,
  Dict,
  dictOf,
  display,
  type NativeContext,
  RuntimeError,
  type Value,
} from "../../vm/index.ts";
import { field, intField, stringField } from "../arguments.ts";
import { type Builtin, type BuiltinDoc, effect, runState } from "../builtin.ts";
import { dictToJson, jsonToDict, valueToJson } from "../json/convert.ts";
import { answerValue } from "../llm/answer-value.ts";
import { idlePause } from "../steps/fire-hooks.ts";
import { loopFailure } from "./agent-loop.ts";
import { inBackground } from "./background.ts";
import { AGENT_LOOP_OPTION_NAMES, readAgentLoop } from "./loop-options.ts";
import { registryTools } from "./registry-tools.ts";
import { agentState, insideLoop, type LoopScope } from "./run-state.ts";

/** What is written beside the snapshot, so that a later run can go on. */
interface DaemonMeta extends JsonObject {
  readonly _type: "daemon_meta";
  readonly id: string;
  readonly name: string;
  readonly prompt: string;
  readonly system: string | null;
  readonly session_id: string;
  readonly options: JsonObject;
  readonly event_queue_capacity: number;
}

interface Daemon {
  readonly meta: DaemonMeta;
  readonly root: string;
  readonly handle: DaemonHandle;
  status: "running" | "completed" | "failed" | "stopped";
  error: string | null;
}

const META_FILE = "daemon.meta.json";
const SNAPSHOT_FILE = "daemon.json";
/** Read by us, not by the loop. */
const OWN_KEYS = ["name", "task", "prompt", "system", "persist_path", "session_id", "options", "event_queue_capacity"];

export const DAEMONS_STATE = "agent.daemons";

function daemons({ vm }: Pick<NativeContext, "vm">): Map<string, Daemon> {
  return runState(vm, DAEMONS_STATE, () => new Map());
}

const fault = (message: string): RuntimeError => new RuntimeError("runtime", message);

function readConfig(
  fn: string,
  config: Value,
  context: AsyncContext,
): { meta: DaemonMeta; root: string; options: Dict } {
  if (!(config instanceof Dict)) throw fault(`${fn}: expected a config dict`);
  const text = (key: string) => stringField(config, key)?.trim() ?? "";
  const prompt = text("task") || text("prompt");
  const root = text("persist_path");
  if (prompt === "") throw fault(`${fn}: \`task\` must be a non-empty string`);
  if (root === "") throw fault(`${fn}: \`persist_path\` must be a non-empty string`);
  const nested = field(config, "options");
  const flat = [...config.map].filter(([key]) => !OWN_KEYS.includes(key));
  const options = dictOf(new Map([...flat, ...(nested instanceof Dict ? nested.map : [])]));
  const id = context.host.sync("id.next", { prefix: "daemon" });
  const system = stringField(config, "system");
  return {
    root,
    options,
    meta: {
      _type: "daemon_meta",
      id,
      name: text("name") || "daemon",
      prompt,
      system: system ?? null,
      session_id: text("session_id") || `${id}_session`,
      options: dictToJson(options),
      event_queue_capacity: Math.max(1, intField(config, "event_queue_capacity") ?? 1024),
    },
  };
}

/** Resolves when the daemon idles for the first time, or has ended before it could. */
async function start(
  { meta, root, options }: ReturnType<typeof readConfig>,
  begin: typeof spawnDaemon,
  context: AsyncContext,
): Promise<Daemon> {
  const running = daemons(context).get(root);
  if (running?.status === "running") throw fault(`a daemon is already running for '${root}'`);
  await writeMeta(context, root, meta);
  return new Promise<Daemon>((resolve, reject) => {
    const work = async (inner: AsyncContext): Promise<Value> => {
      let isReady: () => void = () => {};
      const ready = new Promise<void>((settle) => {
        isReady = settle;
      });
      const handle = await begin(daemonConfig({ meta, root, options }, inner, isReady));
      const daemon: Daemon = { meta, root, handle, status: "running", error: null };
      daemons(context).set(root, daemon);
      const over = handle.finished.then(
        () => settleAs(daemon, "completed"),
        (error: unknown) => settleAs(daemon, "failed", error),
      );
      await Promise.race([ready, over]);
      resolve(daemon);
      await over;
      return undefined;
    };
    inBackground(context, "daemon", work).catch(reject);
  });
}

function settleAs(daemon: Daemon, status: "completed" | "failed", error?: unknown): void {
  if (daemon.status !== "running") return;
  daemon.status = status;
  daemon.error = error === undefined ? null : loopFailure(error).display();
}

function daemonConfig(
  { meta, root, options }: ReturnType<typeof readConfig>,
  context: AsyncContext,
  onIdle: () => void,
): DaemonConfig {
  const scope: { -readonly [K in keyof LoopScope]: LoopScope[K] } = {
    sessionId: meta.session_id,
    options: {} as LoopScope["options"],
    tools: options.map.get("tools"),
  };
  const inside = insideLoop(context, scope);
  const pause = idlePause(inside);
  const given = dictOf(new Map<string, Value>([...options.map, ["daemon", true]]));
  const { loop } = readAgentLoop(
    { prompt: meta.prompt, system: meta.system ?? undefined, options: given },
    { outer: undefined, context: inside, tools: registryTools(scope.tools, inside), onBreach: () => {} },
  );
  const { daemon, ports: _ports, signal: _signal, ...rest } = loop;
  const { sessions } = agentState(context);
  const config: DaemonConfig = {
    ...rest,
    session: { store: sessions, id: meta.session_id },
    persistPath: root,
    eventQueueCapacity: meta.event_queue_capacity,
    ...(daemon === undefined ? {} : { daemon }),
    ports: {
      async idle(state) {
        await pause(state);
        if (state !== undefined) onIdle();
      },
    },
  };
  scope.options = loop;
  return config;
}

async function writeMeta({ host }: AsyncContext, root: string, meta: DaemonMeta): Promise<void> {
  await host.perform("fs.mkdir", { path: root });
  await host.perform("fs.write", { path: `${root}/${META_FILE}`, data: JSON.stringify(meta, null, 2) });
}

async function readJson({ host }: AsyncContext, path: string): Promise<JsonObject | undefined> {
  if ((await host.perform("fs.stat", { path })) === undefined) return undefined;
  const text = new TextDecoder().decode(await host.perform("fs.read", { path }));
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    throw fault(`${path} holds no JSON`);
  }
}

function find(fn: string, target: Value, context: AsyncContext): Daemon {
  if (target === undefined) throw fault(`${fn}: missing daemon handle`);
  const id = stringField(target, "id") ?? display(target);
  for (const daemon of daemons(context).values()) if (daemon.meta.id === id || daemon.root === id) return daemon;
  throw fault(`${fn}: unknown daemon: ${id}`);
}

function describe({ meta, root, status, error, handle }: Daemon): JsonObject {
  const queue = handle.snapshot();
  return {
    _type: "daemon_handle",
    id: meta.id,
    name: meta.name,
    status,
    error,
    session_id: meta.session_id,
    persist_path: root,
    snapshot_path: `${root}/${SNAPSHOT_FILE}`,
    queued_event_count: queue["pending_event_count"] ?? 0,
    event_queue_capacity: meta.event_queue_capacity,
  };
}

async function snapshot(daemon: Daemon, context: AsyncContext): Promise<JsonObject> {
  const saved = (await readJson(context, `${daemon.root}/${SNAPSHOT_FILE}`)) ?? {};
  const { queued_event_count, event_queue_capacity, status } = describe(daemon);
  const inFlight = daemon.handle.snapshot()["in_flight_event_count"] ?? 0;
  return { ...saved, status, queued_event_count, in_flight_event_count: inFlight, event_queue_capacity };
}

async function resume(path: string, context: AsyncContext): Promise<Daemon> {
  const meta = await readJson(context, `${path}/${META_FILE}`);
  if (meta?.["_type"] !== "daemon_meta") throw fault(`daemon_resume: no daemon was started in '${path}'`);
  const known = meta as DaemonMeta;
  return start({ meta: known, root: path, options: jsonToDict(known.options) }, resumeDaemon, context);
}

function daemonBuiltin(
  doc: BuiltinDoc,
  act: (args: readonly Value[], context: AsyncContext) => Promise<Json>,
): Builtin {
  return effect({ ...doc, effects: ["model", "tasks", "fs"] }, async (args, context) => {
    try {
      return answerValue(await act(args, context));
    } catch (error) {
      throw error instanceof HarnError ? fault(error.message) : loopFailure(error);
    }
  });
}

const started =
  'llm_mock({text: "ready"})\nlet d = daemon_spawn({task: "Watch", provider: "mock", persist_path: "state"})\n';

export const daemonBuiltins: readonly Builtin[] = [
  daemonBuiltin(
    {
      signature: "daemon_spawn(config: dict) -> dict",
      summary: "Start an agent that idles between events: `{task, persist_path, name?, system?, …options of a loop}`",
      options: [...new Set([...AGENT_LOOP_OPTION_NAMES, ...OWN_KEYS])],
      errors: "Throws without task and folder, and when a daemon already runs in the folder",
      example: `${started}println(d.name)`,
    },
    async ([config], context) =>
      describe(await start(readConfig("daemon_spawn", config, context), spawnDaemon, context)),
  ),
  daemonBuiltin(
    {
      signature: "daemon_trigger(daemon: any, event: any) -> dict",
      summary: "Queue an event for a daemon; it survives a crash",
      errors: "Throws when the queue is full and when the daemon does not run",
      example: `${started}println(is_err(try { daemon_trigger("nobody", "x") }))`,
    },
    async ([target, event], context) => {
      const daemon = find("daemon_trigger", target, context);
      if (event === undefined) throw fault("daemon_trigger: missing event payload");
      if (daemon.status !== "running") throw fault(`daemon_trigger: daemon ${daemon.meta.id} is not running`);
      await daemon.handle.trigger(valueToJson(event));
      return describe(daemon);
    },
  ),
  daemonBuiltin(
    {
      signature: "daemon_snapshot(daemon: any) -> dict",
      summary: "Show a daemon's last snapshot and its event queue",
      errors: "Throws for an unknown daemon",
      example: `${started}println(daemon_snapshot(d).queued_event_count)`,
    },
    ([target], context) => snapshot(find("daemon_snapshot", target, context), context),
  ),
  daemonBuiltin(
    {
      signature: "daemon_stop(daemon: any) -> dict",
      summary: "Stop a daemon; snapshot and waiting events stay in its folder",
      errors: "Throws for an unknown daemon",
      example: `${started}println(daemon_stop(d).status)`,
    },
    async ([target], context) => {
      const daemon = find("daemon_stop", target, context);
      daemon.status = "stopped";
      await daemon.handle.stop();
      return describe(daemon);
    },
  ),
  daemonBuiltin(
    {
      signature: "daemon_resume(path: string) -> dict",
      summary: "Go on with the daemon of a folder where it was stopped",
      errors: "Throws when no daemon was started in the folder",
      example: 'println(is_err(try { daemon_resume("nowhere") }))',
    },
    async ([path], context) => {
      if (typeof path !== "string" || path.trim() === "")
        throw fault("daemon_resume: `path` must be a non-empty string");
      return describe(await resume(path, context));
    },
  ),
];
