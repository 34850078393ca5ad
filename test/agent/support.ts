/** What the tests of the agent layer stand on: a host in memory and a model that says what a script tells it. */

import {
  type CancelSignal,
  CancelToken,
  createVirtualClock,
  type Host,
  HostError,
  type HostErrorKind,
  type Json,
  type VirtualClock,
} from "../../src/base/index.ts";
import {
  type ErrorCategory,
  type Message,
  type ModelChunk,
  type ModelClient,
  ModelError,
  type ModelInput,
  type Usage,
} from "../../src/llm/index.ts";

export interface TestHost extends Host {
  readonly clock: VirtualClock;
  readonly files: Map<string, Uint8Array>;
  readonly fileTimes: Map<string, number>;
  readonly log: { level: string; message: string; fields: unknown }[];
  /** Every file effect as `write path`, `append path`, `move a b`. */
  readonly fileEffects: string[];
  /** Called before each file effect; throws to make it fail, or returns how many bytes of a write arrive. */
  fault: ((effect: string, path: string) => number | undefined) | undefined;
}

/**
 * A host whose clock moves on by itself to the next sleeper once nothing else is left to do, so a test with timeouts,
 * backoff and hung streams takes no time and always goes the same way.
 */
export function createTestHost(): TestHost {
  const clock = createVirtualClock(1_700_000_000_000);
  const files = new Map<string, Uint8Array>();
  const fileTimes = new Map<string, number>();
  const log: TestHost["log"] = [];
  const fileEffects: string[] = [];
  let ids = 0;
  let scheduled = false;

  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      if (clock.wakeNext() && clock.pending >= 0) schedule();
    });
  };
  const fail = (kind: HostErrorKind, effect: string, path: string): never => {
    throw new HostError(kind, effect, `${kind}: ${path}`);
  };
  const read = (path: string): Uint8Array => files.get(path) ?? fail("not_found", "fs.read", path);
  const store = (path: string, data: Uint8Array) => {
    files.set(path, data);
    fileTimes.set(path, clock.nowMs);
  };

  const sync: Record<string, (args: never) => unknown> = {
    "clock.now": () => clock.nowMs,
    "clock.monotonic": () => clock.elapsedMs,
    "random.float": () => 0.5,
    "random.bytes": ({ length }: { length: number }) => {
      ids++;
      return new Uint8Array(length).map((_, at) => (ids >> (8 * (at % 3))) & 0xff);
    },
    "id.next": ({ prefix }: { prefix: string }) => `${prefix}_${++ids}`,
    "log.write": (entry: { level: string; message: string; fields: unknown }) => void log.push(entry),
  };
  const perform: Record<string, (args: never, signal?: CancelSignal) => unknown> = {
    sleep: ({ ms }: { ms: number }, signal) => {
      const slept = clock.sleep(ms, signal);
      schedule();
      return slept;
    },
    "fs.read": ({ path }: { path: string }) => {
      fileEffects.push(`read ${path}`);
      host.fault?.("fs.read", path);
      return read(path).slice();
    },
    "fs.write": ({
      path,
      data,
      append,
      sync: durable,
    }: {
      path: string;
      data: Uint8Array | string;
      append?: boolean;
      sync?: boolean;
    }) => {
      fileEffects.push(`${append ? "append" : "write"}${durable ? "+sync" : ""} ${path}`);
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      const old = append ? (files.get(path) ?? new Uint8Array()) : new Uint8Array();
      const arriving = host.fault?.("fs.write", path) ?? bytes.length;
      store(path, new Uint8Array([...old, ...bytes.subarray(0, arriving)]));
      if (arriving < bytes.length) fail("no_space", "fs.write", path);
    },
    "fs.move": ({ from, to, sync: durable }: { from: string; to: string; sync?: boolean }) => {
      fileEffects.push(`move${durable ? "+sync" : ""} ${from} ${to}`);
      host.fault?.("fs.move", to);
      store(to, read(from));
      files.delete(from);
    },
    "fs.mkdir": ({ path }: { path: string }) => void fileEffects.push(`mkdir ${path}`),
    "fs.stat": ({ path }: { path: string }) => {
      const file = files.get(path);
      if (file === undefined) return undefined;
      return { kind: "file", sizeBytes: file.length, modifiedMs: fileTimes.get(path) ?? 0, readonly: false };
    },
    "fs.remove": ({ path }: { path: string }) => void files.delete(path),
  };

  const host: TestHost = {
    clock,
    files,
    fileTimes,
    log,
    fileEffects,
    fault: undefined,
    sync(kind, args) {
      const handler = sync[kind];
      if (handler === undefined) throw new Error(`Unexpected effect ${kind}`);
      return handler(args as never) as never;
    },
    async perform(kind, args, signal) {
      if (signal?.aborted) throw signal.reason;
      const handler = perform[kind];
      if (handler === undefined) throw new Error(`Unexpected effect ${kind}`);
      return (await handler(args as never, signal)) as never;
    },
    // biome-ignore lint/correctness/useYield: no stream effect exists here
    async *stream(kind) {
      throw new Error(`Unexpected effect ${kind}`);
    },
  };
  return host;
}

export function fileText(host: TestHost, path: string): string {
  return new TextDecoder().decode(host.files.get(path));
}

/** One thing a scripted model does. A number is a pause in milliseconds. */
export type ScriptStep = ModelChunk | number | "hang" | ModelError | ((input: ModelInput) => ModelChunk[]);
export type Script = readonly ScriptStep[];

export interface ScriptedModel extends ModelClient {
  readonly inputs: ModelInput[];
  readonly remaining: number;
  /** Connections that were opened and not yet closed by their consumer. */
  readonly open: number;
}

/** Plays one script per call. An establishment error is a script that starts with a `ModelError`. */
export function scriptedModel(host: TestHost, scripts: readonly Script[]): ScriptedModel {
  const queue = [...scripts];
  const inputs: ModelInput[] = [];
  let open = 0;
  return {
    provider: "scripted",
    inputs,
    get remaining() {
      return queue.length;
    },
    get open() {
      return open;
    },
    async *stream(input, signal) {
      inputs.push(input);
      const script = queue.shift();
      if (script === undefined) throw modelError("generic", "script exhausted");
      open++;
      try {
        for (const step of script) {
          if (signal?.aborted) throw modelError("cancelled", "cancelled");
          if (step === "hang")
            await new Promise((_, reject) =>
              signal?.addEventListener("abort", () => reject(modelError("cancelled", "cancelled"))),
            );
          else if (typeof step === "number") await host.perform("sleep", { ms: step }, signal);
          else if (step instanceof ModelError) throw step;
          else if (typeof step === "function") yield* step(input);
          else yield step;
        }
      } finally {
        open--;
      }
    },
  };
}

const TRANSIENT: readonly ErrorCategory[] = [
  "timeout",
  "rate_limit",
  "overloaded",
  "server_error",
  "transient_network",
];

export function modelError(
  category: ErrorCategory,
  message: string,
  extra: { reason?: string; retryAfterMs?: number; usage?: Usage } = {},
): ModelError {
  const { reason = category === "transient_network" ? "network_error" : category, ...rest } = extra;
  const kind = TRANSIENT.includes(category) ? "transient" : "terminal";
  return new ModelError(message, { category, kind, reason, provider: "scripted", model: "test", ...rest });
}

export const started: ModelChunk = { type: "response-start" };
export const heartbeat: ModelChunk = { type: "heartbeat" };

export function say(delta: string): ModelChunk {
  return { type: "text-delta", messageId: "provider_message", delta };
}

export function think(delta: string, signature?: string): ModelChunk {
  return {
    type: "thinking-delta",
    thinkingId: "provider_thinking",
    delta,
    ...(signature === undefined ? {} : { signature }),
  };
}

export function done(stopReason = "end_turn", usage?: Usage): ModelChunk {
  return { type: "done", stopReason, ...(usage === undefined ? {} : { usage }) };
}

export function callTool(id: string, name: string, input: Json): ModelChunk[] {
  return [
    { type: "tool-call-start", id, name },
    { type: "tool-call-end", id, input },
  ];
}

export function streamedCall(id: string, name: string, ...deltas: string[]): ModelChunk[] {
  return [
    { type: "tool-call-start", id, name },
    ...deltas.map((delta) => ({ type: "tool-call-delta", id, delta }) as const),
    { type: "tool-call-end", id },
  ];
}

export function usage(inputTokens: number, outputTokens: number, cacheReadTokens = 0): Usage {
  return { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens: 0, exact: true };
}

/** A whole answer in one script. */
export function answer(text: string, spent?: Usage): Script {
  return [started, say(text), done("end_turn", spent)];
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** Lets everything that is not waiting for the clock happen. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

/** A signal that fires when the clock reaches `ms`. */
export function cancelAfter(host: TestHost, ms: number): CancelToken {
  const token = new CancelToken();
  void host.perform("sleep", { ms }).then(() => token.cancel("user pressed stop"));
  return token;
}

/** The rules that every provider has in common; returns what is broken. */
export function brokenRules(messages: readonly Message[]): string[] {
  const broken: string[] = [];
  const waiting = new Set<string>();
  for (const [index, message] of messages.entries()) {
    if (message.role === "tool") {
      if (!waiting.delete(message.toolCallId))
        broken.push(`result ${message.toolCallId} at ${index} belongs to no open call`);
      continue;
    }
    if (waiting.size > 0) broken.push(`calls ${[...waiting].join(", ")} have no result before ${index}`);
    waiting.clear();
    if (message.role === "user") {
      if (message.content.trim() === "" && !message.attachments?.length) broken.push(`empty user message at ${index}`);
      continue;
    }
    for (const call of message.toolCalls) {
      if (waiting.has(call.id)) broken.push(`call id ${call.id} twice at ${index}`);
      waiting.add(call.id);
    }
    if (message.toolCalls.length === 0 && !message.text?.trim() && !message.thinking?.length)
      broken.push(`empty assistant at ${index}`);
  }
  if (waiting.size > 0) broken.push(`calls ${[...waiting].join(", ")} have no result at the end`);
  if (messages[0] !== undefined && messages[0].role !== "user") broken.push(`starts with ${messages[0].role}`);
  return broken;
}
