/**
 * Issue 5: an answer that is cut anywhere. The provider's bytes stop at every byte of the answer, then at every two
 * places, in the first answer and in its continuation; what the consumer saw is always the beginning of one answer, and
 * no call of a dead attempt ever runs.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Continuation,
  continueByAsking,
  continueByPrefill,
  createToolRuntime,
  defineTool,
  type Harness,
  runTurn,
  type TerminalEvent,
  type TurnEvent,
} from "../../src/agent/index.ts";
import type { Host, Json } from "../../src/base/index.ts";
import { decodeCatalogConfig } from "../../src/llm/catalog/catalog-config.ts";
import { createModelCatalog } from "../../src/llm/catalog/model-catalog.ts";
import { createModelRouter } from "../../src/llm/providers/model-router.ts";
import { createVirtualHost, type ScriptedHttp, type VirtualHost } from "../../src/testing/virtual-host.ts";
import { renderMessages, type ServedAnswer, STREAM_TYPES } from "../model-server/render-answer.ts";
import { joinBytes } from "../support/aws-event-stream.ts";
import { CONFIG, environmentOf, type Family, URL, WIRES } from "./wire-world.ts";

const TEXT = "Grüße aus 東京 😀:  zwei Zeilen\n\nund ein Ende.";
const CALLS = [{ id: "t_1", name: "tool", input: { n: 1 } }];

/** One provider whose answers are cut as told; everything else of the world is used again and again. */
interface Lab {
  readonly family: Family;
  readonly host: VirtualHost;
  readonly harness: Harness;
  /** Times the tool has run since the last run began. */
  ran: number;
  requests: number;
  /** For each request in turn: how the body comes. */
  script: ((body: Json) => ScriptedHttp)[];
}

function openLab(family: Family, stream: Harness["stream"]): Lab {
  const host = createVirtualHost({
    env: environmentOf(URL),
    http(request) {
      const text = typeof request.body === "string" ? request.body : new TextDecoder().decode(request.body);
      lab.requests++;
      return lab.script.shift()?.(JSON.parse(text) as Json) ?? { status: 500, body: "script exhausted" };
    },
  });
  const catalog = createModelCatalog(host, [decodeCatalogConfig(CONFIG(URL))]);
  const tool = defineTool({
    name: "tool",
    description: "",
    input: { type: "object", properties: {} },
    execute: () => {
      lab.ran++;
      return "ran";
    },
  });
  const lab: Lab = {
    family,
    host,
    ran: 0,
    requests: 0,
    script: [],
    harness: {
      host: host as Host,
      model: createModelRouter(host, { catalog }),
      request: { provider: family.provider, model: family.model },
      tools: createToolRuntime([tool]),
      ...(stream === undefined ? {} : { stream }),
    },
  };
  return lab;
}

interface Seen {
  readonly text: string;
  readonly end: TerminalEvent;
  readonly ran: number;
  readonly requests: number;
}

async function run(lab: Lab, script: Lab["script"]): Promise<Seen> {
  Object.assign(lab, { ran: 0, requests: 0, script: [...script] });
  const events: TurnEvent[] = [];
  const consume = async (): Promise<void> => {
    for await (const event of runTurn(lab.harness, { prompt: "go" })) events.push(event);
  };
  await lab.host.drive(consume());
  const text = events
    .map((event) => (event.type === "text-delta" && event.messageId === "msg_native_0" ? event.delta : ""))
    .join("");
  return { text, end: events.at(-1) as TerminalEvent, ran: lab.ran, requests: lab.requests };
}

const bytesOf = (family: Family, answer: ServedAnswer): Uint8Array => joinBytes(renderMessages(family.style, answer));

/** The answer up to that byte, and then nothing but the end of the connection. */
function cutAt(family: Family, answer: ServedAnswer, at: number): () => ScriptedHttp {
  const bytes = bytesOf(family, answer);
  return () => ({
    headers: { "content-type": STREAM_TYPES[family.style] },
    body: at >= bytes.length ? [{ item: bytes }] : [{ item: bytes.subarray(0, at) }, { fail: "connection_reset" }],
  });
}

/** The text that a request already has the model say. */
function begunText(body: Json): string {
  const { messages, contents, input } = body as unknown as Record<
    string,
    { role: string; content: unknown; parts: unknown }[]
  >;
  const turns = messages ?? contents ?? input ?? [];
  const last = turns.findLast((turn) => turn.role === "assistant" || turn.role === "model");
  const content = last?.content ?? last?.parts;
  if (typeof content === "string") return content;
  return ((content as { text?: string }[] | undefined) ?? []).map((part) => part.text ?? "").join("");
}

/** A provider that goes on where the request leaves off, perhaps a little before, and may be cut again. */
function goOn(family: Family, whole: ServedAnswer, overlap: number, at = Number.POSITIVE_INFINITY) {
  return (body: Json): ScriptedHttp => {
    const begun = begunText(body);
    expect(whole.text!.startsWith(begun), `the request begins with ${JSON.stringify(begun)}`).toBe(true);
    const early = begun.length > overlap ? overlap : 0;
    return cutAt(family, { ...whole, text: whole.text!.slice(begun.length - early) }, at)();
  };
}

function continuationOf(family: Family): { continuation: Continuation; overlap: number } {
  // The responses format has no way to begin an answer for the model: there it is asked.
  return family.style === "openai-responses"
    ? { continuation: continueByAsking(), overlap: 14 }
    : { continuation: continueByPrefill(), overlap: 0 };
}

const DONE: ServedAnswer = { text: "After the tool." };

/** Every place between two messages of the stream, and the bytes around it. */
function boundaries(family: Family, answer: ServedAnswer): readonly number[] {
  const places = new Set<number>([0, 1]);
  let at = 0;
  for (const message of renderMessages(family.style, answer)) {
    at += message.length;
    for (const place of [at - 1, at, at + 1]) places.add(place);
  }
  return [...places].filter((place) => place <= at);
}

/** A run for every byte: a busy machine takes its time. */
const PATIENCE_MS = 60_000;

describe.each(WIRES.map((family) => [family.style, family] as const))("%s", (_style, family) => {
  const whole: ServedAnswer = { text: TEXT, toolCalls: CALLS };
  const size = bytesOf(family, whole).length;
  /** The rest of the answer, or, once the tool has run, what is said after it. */
  const nextAnswer = (answer: ServedAnswer, overlap: number, at?: number) => (body: Json) =>
    JSON.stringify(body).includes('"ran') ? cutAt(family, DONE, 1e9)() : goOn(family, answer, overlap, at)(body);

  it(
    "LOOP-58 cut at every byte, without a way to go on: a beginning of the answer and a typed error, or the answer",
    async () => {
      const lab = openLab(family, { maxAttempts: 1, retry: { retries: 0, delayMs: () => 0 } });
      let complete = 0;
      for (let at = 0; at <= size; at++) {
        const { text, end, ran, requests } = await run(lab, [
          cutAt(family, whole, at),
          () => cutAt(family, DONE, 1e9)(),
        ]);
        const where = `cut at ${at} of ${size}`;
        expect(TEXT.startsWith(text), `${where}: ${text}`).toBe(true);
        if (end.type === "turn-end") {
          complete++;
          expect({ text, ran, requests }, where).toEqual({ text: TEXT, ran: 1, requests: 2 });
        } else {
          expect(end.error.kind, where).toBe("network");
          expect({ ran, requests, history: end.finalMessages.length }, where).toEqual({
            ran: 0,
            requests: 1,
            history: 1,
          });
          expect(end.error.partialText, where).toBe(text);
        }
      }
      expect(complete).toBeGreaterThan(0);
      expect(complete).toBeLessThan(size / 2);
    },
    PATIENCE_MS,
  );

  it("LOOP-56 LOOP-58 cut at every chunk and continued: one answer, whole, its tools run once", async () => {
    const { continuation, overlap } = continuationOf(family);
    const lab = openLab(family, { continuation });
    for (const at of boundaries(family, whole)) {
      const next = nextAnswer(whole, overlap);
      const { text, end, ran } = await run(lab, [cutAt(family, whole, at), next, next]);
      const where = `cut at ${at} of ${size}`;
      expect(text, where).toBe(TEXT);
      expect(end, where).toMatchObject({ type: "turn-end", stopReason: end.type === "turn-end" ? end.stopReason : "" });
      expect(ran, where).toBe(1);
      expect(end.finalMessages[1], where).toMatchObject({
        role: "assistant",
        text: TEXT,
        toolCalls: [{ name: "tool" }],
      });
      expect(end.finalMessages).toHaveLength(4);
    }
  });

  it("LOOP-58 cut anywhere, and the continuation cut anywhere: a beginning of one answer, and no tool of a dead attempt", async () => {
    const { continuation, overlap } = continuationOf(family);
    const lab = openLab(family, { continuation, maxAttempts: 2, retry: { retries: 0, delayMs: () => 0 } });
    await fc.assert(
      fc.asyncProperty(fc.nat(size), fc.nat(size), async (first, second) => {
        const { text, end, ran } = await run(lab, [
          cutAt(family, whole, first),
          nextAnswer(whole, overlap, second),
          nextAnswer(whole, overlap),
          nextAnswer(whole, overlap),
        ]);
        expect(TEXT.startsWith(text)).toBe(true);
        if (end.type === "turn-end") expect({ text, ran }).toEqual({ text: TEXT, ran: 1 });
        else
          expect({ kind: end.error.kind, ran, history: end.finalMessages.length }).toEqual({
            kind: "network",
            ran: 0,
            history: 1,
          });
      }),
      { numRuns: 60 },
    );
  });

  it("LOOP-58 thinking that was shown is never shown again: thought, then cut, is a typed error", async () => {
    const lab = openLab(family, { continuation: continuationOf(family).continuation });
    const thought: ServedAnswer = { thinking: "Let me think about it.", text: "So." };
    const bytes = bytesOf(family, thought);
    for (let at = 0; at <= bytes.length; at += 5) {
      const { text, end } = await run(lab, [cutAt(family, thought, at), nextAnswer(thought, 0)]);
      expect("So.".startsWith(text), `cut at ${at}: ${text}`).toBe(true);
      if (end.type === "turn-end") expect(text).toBe("So.");
      else expect(end.error.kind).toBe("network");
    }
  });
});
