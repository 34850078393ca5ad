/** Sub-agents, at once or in the background. */

import { createWorkerPool, readWorkerCarry, type WorkerPool } from "../../agent/index.ts";
import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import {
  type AsyncContext,
  Dict,
  dictOf,
  display,
  List,
  type NativeContext,
  RuntimeError,
  type Value,
} from "../../vm/index.ts";
import { field, stringField } from "../arguments.ts";
import { type Builtin, type BuiltinDoc, effect, pure, runState } from "../builtin.ts";
import { dictToJson, jsonToDict, valueToJson } from "../json/convert.ts";
import { answerValue } from "../llm/answer-value.ts";
import { loopFailure } from "./agent-loop.ts";
import { inBackground } from "./background.ts";
import { loopScope } from "./run-state.ts";
import { readSubAgent, requestOf, runSubAgentCall, SUB_AGENT_OPTION_NAMES, type SubAgentCall } from "./sub-agents.ts";

export const WORKERS_STATE = "agent.workers";

function workerPool({ vm, host }: Pick<NativeContext, "vm" | "host">): WorkerPool {
  return runState(vm, WORKERS_STATE, () => createWorkerPool(host));
}

function startWorker(call: SubAgentCall, given: Value, context: AsyncContext, mode: string): Promise<JsonObject> {
  const parent = loopScope(context)?.sessionId;
  const carry = field(given, "carry");
  return workerPool(context).start({
    name: call.name,
    mode,
    task: call.task,
    sessionId: call.sessionId,
    ...(parent === undefined ? {} : { parentSessionId: parent }),
    request: requestOf(call),
    options: dictToJson(call.options),
    carry: readWorkerCarry(carry === undefined ? undefined : valueToJson(carry)),
    run: workerRun(call, context),
  });
}

function workerRun(call: SubAgentCall, context: AsyncContext) {
  return async (task: string, sessionId: string, signal: AsyncContext["signal"]): Promise<JsonObject> => {
    let envelope: JsonObject = {};
    await inBackground(
      context,
      "agent",
      async (inner) => {
        envelope = await runSubAgentCall(call, inner, task, sessionId);
        return undefined;
      },
      signal,
    );
    return envelope;
  };
}

function workerId(fn: string, target: Value): string {
  const id = typeof target === "string" ? target : stringField(target, "id");
  if (id === undefined || id === "") throw new RuntimeError("runtime", `${fn}: missing worker handle`);
  return id;
}

async function guardedWork(work: () => Promise<Json | undefined>): Promise<Value> {
  try {
    return answerValue(await work());
  } catch (error) {
    throw loopFailure(error);
  }
}

function worker(
  doc: BuiltinDoc,
  act: (args: readonly Value[], context: AsyncContext) => Promise<Json | undefined>,
): Builtin {
  return effect({ ...doc, effects: ["model", "tasks", "fs"] }, (args, context) =>
    guardedWork(() => act(args, context)),
  );
}

/** What `spawn_agent` reads itself. */
const SPAWN_KEYS = ["task", "wait", "options"];

/** A config of `spawn_agent` as the options of a sub-agent: `options`, or the fields themselves. */
function spawnOptions(config: Dict): Dict {
  if (config.map.get("graph") !== undefined) {
    throw new RuntimeError("runtime", "spawn_agent: workflow graphs are not run by this version; give a `task`");
  }
  const options = field(config, "options");
  const merged = new Map(config.map);
  for (const key of SPAWN_KEYS) merged.delete(key);
  if (options instanceof Dict) for (const [key, value] of options.map) merged.set(key, value);
  return dictOf(merged);
}

const hi = 'llm_mock({text: "Paris"})\n';
const started = `${hi}let w = sub_agent_run("Capital?", {provider: "mock", background: true})\n`;

export const subAgentBuiltins: readonly Builtin[] = [
  worker(
    {
      signature: "sub_agent_run(task: string, options?: dict) -> dict",
      summary:
        "Give a task to an agent of its own: `{ok, summary, data, error …}`, or a handle with `background: true`",
      options: SUB_AGENT_OPTION_NAMES,
      errors: "Throws without a task, and when the agent asks for more rights than its caller has",
      example: `${hi}println(sub_agent_run("Capital?", {provider: "mock"}).summary)`,
    },
    async ([task, options], context) => {
      const call = readSubAgent("sub_agent_run", task, options, context);
      if (field(options, "background") === true) return startWorker(call, options, context, "sub_agent");
      return runSubAgentCall(call, context);
    },
  ),
  worker(
    {
      signature: "spawn_agent(config: dict) -> dict",
      summary: "Start an agent in the background: `{task, name?, wait?, …options of a loop}`",
      options: [...SUB_AGENT_OPTION_NAMES, ...SPAWN_KEYS, "graph"],
      errors: "Throws without a task",
      example: `${hi}println(spawn_agent({task: "Capital?", provider: "mock", wait: true}).status)`,
    },
    async ([config], context) => {
      if (!(config instanceof Dict)) throw new RuntimeError("runtime", "spawn_agent: missing config");
      const options = spawnOptions(config);
      const call = readSubAgent("spawn_agent", config.map.get("task"), options, context);
      const handle = await startWorker(call, options, context, "sub_agent");
      return config.map.get("wait") === true ? workerPool(context).wait(String(handle["id"])) : handle;
    },
  ),
  worker(
    {
      signature: "wait_agent(worker: any) -> any",
      summary: "Wait until a worker, or each of a list, has ended, and show it",
      errors: "Throws for an unknown worker",
      example: `${started}println(wait_agent(w).result.summary)`,
    },
    async ([target], context) => {
      const pool = workerPool(context);
      if (!(target instanceof List)) return pool.wait(workerId("wait_agent", target));
      return Promise.all(target.items.map((item) => pool.wait(workerId("wait_agent", item))));
    },
  ),
  worker(
    {
      signature: "send_input(worker: any, task: string) -> dict",
      summary: "Give a worker that has ended another task",
      errors: "Throws while the worker runs",
      example: `${started}let _d = wait_agent(w)\nprintln(send_input(w, "And of Italy?").status)`,
    },
    async ([target, task], context) => {
      const text = task === undefined ? "" : display(task);
      if (text === "") throw new RuntimeError("runtime", "send_input: task text must not be empty");
      return workerPool(context).send(workerId("send_input", target), text);
    },
  ),
  worker(
    {
      signature: "worker_trigger(worker: any, payload: any) -> dict",
      summary: "Go on with a retriggerable worker that is awaiting",
      errors: "Throws unless the worker is retriggerable and awaiting",
      example: `${started}println(is_err(try { worker_trigger(w, "again") }))`,
    },
    async ([target, payload], context) => {
      const json = payload === undefined ? "" : valueToJson(payload);
      if (json === "") throw new RuntimeError("runtime", "worker_trigger: payload must not be empty");
      return workerPool(context).trigger(workerId("worker_trigger", target), json);
    },
  ),
  worker(
    {
      signature: "close_agent(worker: any) -> dict",
      summary: "Stop a worker for good",
      errors: "Throws for an unknown worker",
      example: `${started}println(close_agent(w).status)`,
    },
    async ([target], context) => workerPool(context).close(workerId("close_agent", target)),
  ),
  pure(
    {
      signature: "list_agents() -> list",
      summary: "List the workers of the run",
      effects: ["state"],
      example: "println(list_agents())",
    },
    (_args, context) => new List(workerPool(context).list().map(answerValue)),
  ),
  worker(
    {
      signature: "resume_agent(path: string) -> dict",
      summary: "Take in a worker that an earlier run has written down, by its id or snapshot file",
      errors: "Throws for a file that holds no worker",
      example: 'println(is_err(try { resume_agent("nobody") }))',
    },
    async ([target], context) => {
      const text = target === undefined ? "" : display(target);
      if (text === "") throw new RuntimeError("runtime", "resume_agent: missing worker id or snapshot path");
      const path = text.endsWith(".json") ? text : `.harn/workers/${text}.json`;
      const snapshot = readSnapshot(path, await context.host.perform("fs.read", { path }));
      const options = jsonToDict((snapshot["options"] ?? {}) as JsonObject);
      const call = readSubAgent("resume_agent", String(snapshot["task"] ?? ""), options, context);
      return workerPool(context).restore(snapshot, workerRun(call, context));
    },
  ),
];

function readSnapshot(path: string, bytes: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // Said below.
  }
  if (isJsonObject(value)) return value;
  throw new RuntimeError("runtime", `resume_agent: ${path} holds no worker`);
}
