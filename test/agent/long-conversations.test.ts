/**
 * A turn of a long conversation costs what is new in it (issue 7). What is counted is not time: the messages of the past tell
 * when anything is done with them beyond passing them on, and from the second turn on nothing is, through all layers from
 * the agent to the journal, whatever is switched on between.
 */

import { describe, expect, it } from "vitest";
import {
  type AgentOptions,
  createSessionStore,
  createToolRuntime,
  defineTool,
  driveTurn,
  handOffStrategy,
  middleSummaryStrategy,
  type RecordedMessage,
  runAgent,
  type TaskLedger,
  tailSummaryStrategy,
} from "../../src/agent/index.ts";
import type { Host, Json } from "../../src/base/index.ts";
import {
  beginJournal,
  createMemoryStore,
  type JournalStore,
  openJournal,
  recordingHost,
  replayHost,
  type StoredBlob,
} from "../../src/journal/index.ts";
import { createLlm, type ModelInput } from "../../src/llm/index.ts";
import { callTool, createTestHost, done, say, started, usage } from "./support.ts";

const EXCHANGES = 200;
const TURNS = 8;

/** Counts whatever is done with an object or what it holds. */
function watched<T extends object>(value: T, touch: () => void): T {
  const inside = new Map<object, object>();
  const wrap = (field: unknown): unknown => {
    if (typeof field !== "object" || field === null) return field;
    const known = inside.get(field) ?? watched(field, touch);
    inside.set(field, known);
    return known;
  };
  return new Proxy(value, {
    get(target, key, receiver) {
      touch();
      return wrap(Reflect.get(target, key, receiver));
    },
    has(target, key) {
      touch();
      return Reflect.has(target, key);
    },
    ownKeys(target) {
      touch();
      return Reflect.ownKeys(target);
    },
    getPrototypeOf(target) {
      touch();
      return Reflect.getPrototypeOf(target);
    },
  });
}

/** A conversation that has gone on for long, with a result that is too long to be sent whole. */
function past(touch: () => void): RecordedMessage[] {
  const messages: RecordedMessage[] = [{ role: "user", content: "Look around" }];
  for (let at = 0; at < EXCHANGES; at++) {
    const content = at === 20 ? "a long result ".repeat(2000) : `what there is to say of thing ${at}`;
    messages.push(
      { role: "assistant", toolCalls: [{ id: `old${at}`, name: "look", input: { what: `thing ${at}` } }] },
      { role: "tool", toolCallId: `old${at}`, toolName: "look", content, isError: false },
    );
  }
  return messages.map((message) => watched(message, touch));
}

const look = defineTool({
  name: "look",
  description: "Look something up",
  input: { type: "object", properties: { what: { type: "string" } } },
  execute: ({ what }) => `what there is to say of ${String(what)}`,
});

/** A world whose model asks for a tool `TURNS` times, and notes what has happened before each of its answers. */
function world(noteTurn: () => void): { readonly host: Host; readonly sent: number[] } {
  const inner = createTestHost();
  const sent: number[] = [];
  const host: Host = {
    ...inner,
    sync(kind, args) {
      if (kind === "env.get" || kind === "secret.get") return undefined as never;
      return kind === "env.list" ? ({} as never) : inner.sync(kind, args);
    },
    perform: (kind, args, signal) => inner.perform(kind, args, signal),
    stream(kind, args, signal) {
      if (kind !== "model.stream") return inner.stream(kind, args, signal);
      noteTurn();
      sent.push((args as unknown as ModelInput).messages.length);
      const number = sent.length;
      const chunks =
        number <= TURNS
          ? [started, ...callTool(`new${number}`, "look", { what: `new ${number}` }), done("tool_use", usage(10, 1))]
          : [started, say("done"), done("end_turn", usage(10, 1))];
      return (async function* () {
        for (const chunk of chunks) yield chunk as unknown as Json as never;
      })();
    },
  };
  return { host, sent };
}

interface Work {
  /** Touches of old messages before each answer, the first answer's first. */
  readonly touches: readonly number[];
  /** Characters stored before each answer. */
  readonly stored: readonly number[];
  readonly sent: readonly number[];
}

function countingStore(): { readonly store: JournalStore; chars(): number } {
  const inner = createMemoryStore();
  let chars = 0;
  const size = (parts: readonly { readonly body: string }[]): number =>
    parts.reduce((sum, { body }) => sum + body.length, 0);
  const store: JournalStore = {
    ...inner,
    append(run, batch) {
      chars += size(batch.rows) + size(batch.blobs as readonly StoredBlob[]);
      return inner.append(run, batch);
    },
  };
  return { store, chars: () => chars };
}

/** Tells when the first item has come, which is when what was asked has been looked at. */
async function* notingFirst<T>(items: AsyncIterable<T>, note: () => void): AsyncGenerator<T, void, void> {
  let isFirst = true;
  for await (const item of items) {
    if (isFirst) note();
    isFirst = false;
    yield item;
  }
}

type Way = "live" | "recorded" | "replayed";

type Settings = (host: Host) => Partial<AgentOptions>;

async function agentWork(way: Way, more: Settings): Promise<Work> {
  const touches: number[] = [];
  const stored: number[] = [];
  let touched = 0;
  let charsThen = 0;
  const { store, chars } = countingStore();
  const noteTurn = (): void => {
    touches.push(touched);
    touched = 0;
    stored.push(chars() - charsThen);
    charsThen = chars();
  };
  const { host: inner, sent } = world(noteTurn);
  const run = async (host: Host): Promise<void> => {
    const llm = createLlm({ host, provider: "anthropic", model: "claude-sonnet-4-20250514" });
    const priorMessages = past(() => {
      touched++;
    });
    const answer = await runAgent({
      llm,
      tools: [look],
      prompt: "Go on",
      toolUse: { format: "native" },
      loopDetection: { warn: 0 },
      priorMessages,
      ...more(host),
    });
    expect(answer.iterations).toBe(TURNS + 1);
  };
  if (way === "live") await run(inner);
  else {
    const journal = await beginJournal(store, { id: "r", createdMs: 0 });
    await run(recordingHost(inner, journal));
    await journal.finish("completed", 1);
  }
  if (way === "replayed") {
    touches.length = 0;
    touched = 0;
    const host = replayHost(await openJournal(store, "r"));
    await run({
      sync: (kind, args) => host.sync(kind, args),
      perform: (kind, args, signal) => host.perform(kind, args, signal),
      stream: (kind, args, signal) => notingFirst(host.stream(kind, args, signal), noteTurn) as never,
    });
  }
  return { touches, stored, sent };
}

const ledger: TaskLedger = {
  root_task: "look",
  deliverables: [{ id: "d1", text: "look", status: "done", note: null }],
  rationale: "",
  observations: [],
};

/**
 * Before the first answer old messages are healed, counted and recorded, and with the first new call the ids of the old
 * ones are read: so the count can tell. After that a look at the first of them is all.
 */
function expectOnlyNew(touches: readonly number[]): void {
  expect(touches).toHaveLength(TURNS + 1);
  expect(touches[0]).toBeGreaterThan(EXCHANGES);
  for (const count of touches.slice(2)) expect(count).toBeLessThanOrEqual(1);
}

describe("a session in which somebody asks again and again", () => {
  it("stores as much for a late question as for an early one (issue 7)", async () => {
    const { store, chars } = countingStore();
    const stored: number[] = [];
    const inner = createTestHost();
    const host: Host = {
      sync(kind, args) {
        if (kind === "env.get" || kind === "secret.get") return undefined as never;
        return kind === "env.list" ? ({} as never) : inner.sync(kind, args);
      },
      perform: (kind, args, signal) => inner.perform(kind, args, signal),
      stream: () =>
        (async function* () {
          for (const chunk of [started, say("nothing special"), done("end_turn", usage(10, 1))]) yield chunk as never;
        })(),
    };
    const journal = await beginJournal(store, { id: "r", createdMs: 0 });
    const recorded = recordingHost(host, journal);
    const llm = createLlm({ host: recorded, provider: "anthropic", model: "claude-sonnet-4-20250514" });
    const session = { id: "s", store: createSessionStore(recorded) };
    let before = 0;
    for (let question = 0; question < 140; question++) {
      const prompt = `What is number ${String(question).padStart(3, "0")}?`;
      const { result } = await runAgent({ llm, prompt, session });
      expect((result.transcript["messages"] as readonly Json[]).length).toBe(2 * question + 2);
      await journal.flush(true);
      stored.push(chars() - before);
      before = chars();
    }
    expect(stored.at(-1)! / stored[50]!).toBeCloseTo(1, 1);
  });
});

describe("messages of the past are passed on, and nothing else is done with them", () => {
  const roomy = { windowTokens: 1_000_000 };
  const settings: readonly (readonly [string, Settings])[] = [
    ["as it comes", () => ({})],
    [
      "compacted in its middle when it is too long",
      () => ({ compaction: { ...roomy, strategy: middleSummaryStrategy() } }),
    ],
    ["compacted but for its end", () => ({ compaction: { ...roomy, strategy: tailSummaryStrategy() } })],
    ["handed off", () => ({ compaction: { ...roomy, strategy: handOffStrategy() } })],
    ["in a session that others can look at", (host) => ({ session: { id: "s", store: createSessionStore(host) } })],
    ["with somebody who watches", () => ({ onEvent: () => {}, onTurnEvent: () => {} })],
    ["with a budget", () => ({ budget: { tokenBudget: 1_000_000 } })],
  ];
  const ways: readonly Way[] = ["live", "recorded", "replayed"];
  it.each(settings.flatMap(([name, more]) => ways.map((way) => ({ name, more, way }))))(
    "$way: $name",
    async ({ more, way }) => {
      const { touches, sent } = await agentWork(way, more);
      expectOnlyNew(touches);
      if (way !== "replayed") expect(sent.at(-1)).toBe(2 * EXCHANGES + 2 + 2 * TURNS);
    },
  );

  it("with a task ledger, which stands at the end of each request and of none after it; it is stored by what is new", async () => {
    const { touches, stored, sent } = await agentWork("recorded", () => ({ ledger }));
    expect(sent[0]).toBe(2 * EXCHANGES + 3);
    expectOnlyNew(touches);
    // Once more with the second request, when it turns out that the list goes on without its end.
    const [, , third, ...later] = stored;
    for (const chars of later) expect(Math.abs(chars - third!)).toBeLessThan(third! / 10);
    expect(third).toBeLessThan(stored[1]! / 4);
  });

  it("in a turn on its own, which sends long results shortened", async () => {
    const touches: number[] = [];
    let touched = 0;
    const { host } = world(() => {
      touches.push(touched);
      touched = 0;
    });
    const seen: (readonly unknown[])[] = [];
    const llm = createLlm({ host, provider: "anthropic", model: "claude-sonnet-4-20250514" });
    const harness = {
      host,
      model: llm.client(),
      request: llm.identity,
      tools: createToolRuntime([look]),
      maxSteps: 0,
      policies: [
        {
          name: "look-on",
          observe(_turn: unknown, observation: { readonly type: string; readonly input?: ModelInput }) {
            if (observation.type === "request-start") seen.push(observation.input!.messages);
          },
        },
      ],
    };
    const priorMessages = past(() => {
      touched++;
    });
    const end = await driveTurn(harness, { prompt: "Go on", priorMessages }, () => true);
    expect(end).toMatchObject({ type: "turn-end" });
    expectOnlyNew(touches);
    // The very message that was sent before, so that what is known of it holds.
    const long = 2 * 20 + 2;
    expect(seen.map((messages) => (messages[long] as { content: string }).content.length < 4000)).not.toContain(false);
    expect(new Set(seen.map((messages) => messages[long])).size).toBe(1);
    // A request that somebody has kept is what it was.
    expect(seen.map((messages) => messages.length)).toEqual(
      Array.from({ length: TURNS + 1 }, (_, at) => 2 * EXCHANGES + 2 + 2 * at),
    );
  });
});
