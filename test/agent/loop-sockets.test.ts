/**
 * The same over real sockets, with the host of the command: a run is cancelled at each of its events, or its connection
 * dies at a chunk of the answer; the conversation goes on with the same server, and nothing is left open.
 */

import { describe, expect, it } from "vitest";
import {
  continueByAsking,
  continueByPrefill,
  createToolRuntime,
  defineTool,
  type Harness,
  type RecordedMessage,
  runTurn,
  type TerminalEvent,
  type TurnEvent,
} from "../../src/agent/index.ts";
import { CancelToken, type Host } from "../../src/base/index.ts";
import { createNodeHost } from "../../src/cli/node-host/node-host.ts";
import { decodeCatalogConfig } from "../../src/llm/catalog/catalog-config.ts";
import { createModelCatalog } from "../../src/llm/catalog/model-catalog.ts";
import { createModelRouter } from "../../src/llm/providers/model-router.ts";
import { countResources } from "../../src/testing/host-decorators.ts";
import { type ModelServer, startModelServer, type Turn } from "../model-server/model-server.ts";
import { renderMessages, type ServedAnswer } from "../model-server/render-answer.ts";
import { brokenProviderRules } from "./provider-rules.ts";
import { CONFIG, environmentOf, type Family, refusedAnywhere, WIRES } from "./wire-world.ts";

const FIRST: ServedAnswer = {
  text: "Ich sehe nach: 東京.",
  thinking: "Two tools.",
  toolCalls: [
    { id: "s_1", name: "quick", input: {} },
    { id: "s_2", name: "quick", input: { n: 2 } },
  ],
};
const SECOND: ServedAnswer = { text: "Found." };

interface Talk {
  readonly server: ModelServer;
  readonly harness: Harness;
  /** What the host still has in hand. */
  live(): object;
  close(): Promise<void>;
}

async function openTalk(family: Family, turns: readonly Turn[], stream?: Harness["stream"]): Promise<Talk> {
  const server = await startModelServer();
  server.script(...turns);
  const node = createNodeHost({ environment: environmentOf(server.url) });
  const { host: counted, live } = countResources(node);
  const host = withoutBackoff(counted);
  const catalog = createModelCatalog(host, [decodeCatalogConfig(CONFIG(server.url))]);
  const router = createModelRouter(host, { catalog });
  const quick = defineTool({
    name: "quick",
    description: "",
    kind: "read",
    input: { type: "object", properties: {} },
    execute: () => "ran",
  });
  const harness: Harness = {
    host,
    model: {
      provider: family.provider,
      stream(input, signal) {
        expect(refusedAnywhere(input)).toEqual([]);
        return router.stream(input, signal);
      },
    },
    request: { provider: family.provider, model: family.model },
    tools: createToolRuntime([quick]),
    ...(stream === undefined ? {} : { stream }),
  };
  return {
    server,
    harness,
    live,
    async close() {
      node.close();
      await server.close();
    },
  };
}

/** Waits before repeats are over at once; watchdogs, which wait longer, stay what they are. */
function withoutBackoff(inner: Host): Host {
  return {
    ...inner,
    perform: (kind, args, signal) =>
      kind === "sleep" && (args as { ms: number }).ms <= 5000
        ? inner.perform("sleep", { ms: 0 }, signal)
        : inner.perform(kind, args, signal),
  } as Host;
}

interface Told {
  readonly events: readonly TurnEvent[];
  readonly end: TerminalEvent;
  readonly text: string;
}

async function tell(
  { harness }: Talk,
  prompt: string,
  priorMessages: readonly RecordedMessage[],
  cancelAt?: number,
): Promise<Told> {
  const signal = new CancelToken();
  const events: TurnEvent[] = [];
  for await (const event of runTurn(harness, { prompt, priorMessages, signal })) {
    events.push(event);
    if (events.length === cancelAt) signal.cancel("now");
  }
  expect(signal.listenerCount).toBe(0);
  const text = events
    .map((event) => (event.type === "text-delta" && event.messageId === "msg_native_0" ? event.delta : ""))
    .join("");
  return { events, end: events.at(-1) as TerminalEvent, text };
}

/** The provider would have taken every request, no connection is at work, and the host has let go of everything. */
async function leftNothing({ server, live, close }: Talk, family: Family, where: string): Promise<void> {
  await server.quiet();
  await new Promise((resolve) => setImmediate(resolve));
  const refused = server.requests.flatMap(({ body }) => brokenProviderRules(family.style, body));
  expect(refused, where).toEqual([]);
  expect(
    Object.values(live()).filter((count) => count !== 0),
    where,
  ).toEqual([]);
  await close();
}

const spare: Turn = { answer: SECOND };

describe.each(WIRES.map((family) => [family.style, family] as const))("%s", (_style, family) => {
  it("LOOP-62 LOOP-66 cancelled at each event; the next turn is sent, taken and answered", async () => {
    let length = 2;
    for (let at = 0; at < length; at++) {
      const talk = await openTalk(family, [{ answer: FIRST }, spare, spare, spare]);
      const cut = await tell(talk, "go", [], at);
      if (at === 0) {
        // Nobody cancelled: this run says how many events there are.
        length = cut.events.length;
        expect(cut.end).toMatchObject({ type: "turn-end" });
        expect(cut.events.filter((event) => event.type === "tool-result")).toHaveLength(2);
      }
      const next = await tell(talk, "next", cut.end.finalMessages);
      expect(next.end, `cancelled at event ${at}`).toMatchObject({ type: "turn-end" });
      await leftNothing(talk, family, `cancelled at event ${at}`);
    }
    expect(length).toBeGreaterThan(6);
  });

  it("LOOP-58 the connection dies at each chunk: the answer is continued once, and is one answer", async () => {
    const continuation = family.style === "openai-responses" ? continueByAsking() : continueByPrefill();
    const said: ServedAnswer = { text: "Zwei Hälften 😀" };
    const rest: Record<string, string> = { "": "Zwei Hälften 😀", "Zwei Hä": "lften 😀", "Zwei Hälften 😀": "" };
    let at = 0;
    for (const message of renderMessages(family.style, said)) {
      for (const place of [at, at + Math.floor(message.length / 2)]) {
        // What was shown by then, as a client without continuation sees it.
        const deaf = await openTalk(family, [{ answer: said, misbehave: { kind: "cut", at: place } }], ALONE);
        const { text: shown, end: first } = await tell(deaf, "go", []);
        await leftNothing(deaf, family, `cut at ${place}`);
        expect(Object.keys(rest)).toContain(shown);
        if (first.type === "turn-end") continue;
        const talk = await openTalk(
          family,
          [{ answer: said, misbehave: { kind: "cut", at: place } }, { answer: { text: rest[shown] ?? "" } }],
          { continuation, retry: { retries: 1, delayMs: () => 0 }, maxAttempts: 2 },
        );
        const { text, end } = await tell(talk, "go", []);
        expect(text, `cut at ${place}`).toBe(said.text);
        expect(end, `cut at ${place}`).toMatchObject({ type: "turn-end" });
        await leftNothing(talk, family, `cut at ${place}`);
      }
      at += message.length;
    }
  });
});

const ALONE: Harness["stream"] = { maxAttempts: 1, retry: { retries: 0, delayMs: () => 0 } };
