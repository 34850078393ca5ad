/**
 * A model behind a real socket that bills every request in full as soon as it has read it, whether or not anybody hears
 * the answer. What it says follows from what it was told, so that any process may ask it; it says it in small pieces, so
 * that there are moments in the middle of an answer.
 */

import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { renderMessages, type ServedAnswer, STREAM_TYPES, styleOfPath } from "../../model-server/render-answer.ts";

export interface Bill {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface BillingServer {
  readonly url: string;
  readonly bill: () => Bill;
  forget(): void;
  close(): Promise<void>;
}

interface AskedMessage {
  readonly role: string;
  readonly content: unknown;
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.map((part: { text?: string }) => part.text ?? "").join("") : "";
}

const toolResults = (messages: readonly AskedMessage[]): number =>
  messages
    .flatMap(({ content }) => (Array.isArray(content) ? content : []))
    .filter((part: { type?: string }) => part.type === "tool_result").length;

function answerTo(messages: readonly AskedMessage[]): ServedAnswer {
  const asked = textOf(messages[0]?.content);
  const name = /Work as (\w+)/.exec(asked)?.[1];
  const tokens = { inputTokens: 100 + asked.length + messages.length * 10, outputTokens: 20 + messages.length };
  if (name === undefined) return { text: `a good word about ${asked.split(" ").at(-1)}`, ...tokens };
  const call = (id: string, tool: string, what: string) => ({ id: `${name}-${id}`, name: tool, input: { what } });
  switch (toolResults(messages)) {
    case 0:
      return { toolCalls: [call("1", "note", "one"), call("2", "order", "paper")], ...tokens };
    case 2:
      return { toolCalls: [call("3", "keep", "last"), call("4", "note", "two")], ...tokens };
    default:
      return { text: `${name} has done four things`, ...tokens };
  }
}

async function bodyOf(request: IncomingMessage): Promise<{ readonly messages: readonly AskedMessage[] }> {
  const parts: Uint8Array[] = [];
  for await (const part of request) parts.push(part as Uint8Array);
  return JSON.parse(Buffer.concat(parts).toString("utf8")) as { messages: readonly AskedMessage[] };
}

export async function startBillingServer(): Promise<BillingServer> {
  const nothing: Bill = { calls: 0, inputTokens: 0, outputTokens: 0 };
  let bill = nothing;
  const server = createServer((request, response) => {
    const serve = async (): Promise<void> => {
      const answer = answerTo((await bodyOf(request)).messages);
      bill = {
        calls: bill.calls + 1,
        inputTokens: bill.inputTokens + (answer.inputTokens ?? 0),
        outputTokens: bill.outputTokens + (answer.outputTokens ?? 0),
      };
      const style = styleOfPath(request.url ?? "");
      response.writeHead(200, { "content-type": STREAM_TYPES[style] });
      for (const message of renderMessages(style, answer)) {
        response.write(message);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      response.end();
    };
    // Its client may be killed at any moment.
    serve().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bill: () => bill,
    forget() {
      bill = nothing;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
