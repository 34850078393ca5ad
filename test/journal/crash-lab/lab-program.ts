/**
 * The program of the crash lab and the world it acts on. Two agents work at the same time under one budget; their tools
 * append to a file, replace a file, run a command, post to a shop and charge a card. All but the replaced file and the
 * charge (which carries a key) are things that must not happen twice.
 *
 * The world outlives the processes that act on it. It keeps count of everything, the calls that a provider would bill
 * included: a call is billed in full once it has reached the provider, whether or not anybody hears the answer.
 */

import type { Json } from "../../../src/base/index.ts";
import type { InDoubtDecision, InDoubtEffect } from "../../../src/journal/index.ts";
import type { ModelChunk, ModelInput, Usage } from "../../../src/llm/index.ts";
import { createVirtualHost, type ScriptStep, type VirtualHost } from "../../../src/testing/index.ts";

export const AGENTS: readonly string[] = ["ann", "bob"];

export const labSource = `
llm_budget(0.06)

fn tools_of(name) {
  let notes = tool_define(tool_registry(), "note", "Keep a note", {
    parameters: {text: "string"},
    handler: { args ->
      append_file("notes.txt", "\${name}: \${args.text}\\n")
      write_file("last-\${name}.txt", args.text)
      "kept"
    },
  })
  let orders = tool_define(notes, "order", "Order something", {
    parameters: {what: "string"},
    handler: { args -> shell("order \${name} \${args.what}").stdout },
  })
  let bookings = tool_define(orders, "book", "Book a room", {
    parameters: {room: "string"},
    handler: { args -> http_post("https://shop.test/book", "\${name} \${args.room}").body },
  })
  return tool_define(bookings, "pay", "Charge the card", {
    parameters: {cents: "int"},
    handler: { args ->
      http_post("https://pay.test/charge", "\${args.cents}", {headers: {"Idempotency-Key": "pay-\${name}"}}).body
    },
  })
}

println("run \${random_int(1, 1000000)}")
let reports = parallel each ["ann", "bob"] { name ->
  let result = agent_loop("Work as \${name}", "Be brief.", {
    provider: "anthropic", model: "claude-sonnet-4-20250514",
    tools: tools_of(name), tool_format: "native", max_iterations: 6, max_tokens: 200,
  })
  sleep(5ms)
  append_file("notes.txt", "\${name} is done\\n")
  "\${name} \${result.status}: \${result.visible_text}"
}
for report in reports { println(report) }
let spent = llm_session_cost()
println("\${spent.call_count} calls, \${round(spent.total_cost * 1000000)} millionths")
println(read_file("last-bob.txt"))
`;

/** What it prints, but for the cost. */
export const labOutput =
  /^run \d+\nann done: 4 things done\nbob done: 4 things done\n6 calls, \d+ millionths\nnear the end\n$/;

/** Random numbers are drawn anew when they were not stored before the crash. */
export const endingOf = (output: string): string => output.replace(/^run \d+\n/, "").replace(/ \d+ millionths/, "");

/** What the program thinks it has spent: calls that were lost in a crash count. Millionths of a dollar. */
export const spentOf = (output: string): number => Number(/ (\d+) millionths/.exec(output)?.[1]);
/** Millionths of a dollar for a token of the lab's model. */
export const PRICES = { input: 3, output: 15 };

/** What a model says follows from what it was told, so that any process may ask it. */
function answer({ messages }: ModelInput): { readonly said: readonly ModelChunk[]; readonly stopReason: string } {
  const first = messages[0];
  const name = first?.role === "user" ? (/Work as (\w+)/.exec(first.content)?.[1] ?? "nobody") : "nobody";
  // Nobody has tools.
  const results = name === "nobody" ? 1 : messages.filter(({ role }) => role === "tool").length;
  const call = (id: string, tool: string, input: Json): ModelChunk[] => [
    { type: "tool-call-start", id: `${name}-${id}`, name: tool },
    { type: "tool-call-end", id: `${name}-${id}`, input },
  ];
  switch (results) {
    case 0:
      return {
        said: [...call("1", "note", { text: "near the end" }), ...call("2", "order", { what: "paper" })],
        stopReason: "tool_use",
      };
    case 2:
      return {
        said: [...call("3", "pay", { cents: 250 }), ...call("4", "book", { room: "12" })],
        stopReason: "tool_use",
      };
    default:
      return {
        said: [
          { type: "text-delta", messageId: "m", delta: `${results} things ` },
          { type: "text-delta", messageId: "m", delta: "done" },
        ],
        stopReason: "end_turn",
      };
  }
}

const usageFor = ({ messages }: ModelInput): Usage => ({
  inputTokens: 300 + messages.length * 50,
  outputTokens: 20 + messages.length,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  exact: true,
});

export interface Bill {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface Lab {
  readonly host: VirtualHost;
  /** Commands that were run, in order. */
  readonly orders: string[];
  /** Bodies that the shop has accepted, in order. */
  readonly bookings: string[];
  /** Cents by key; a key is charged once however often it comes. */
  readonly charges: Map<string, string>;
  /** What the provider will bill. */
  readonly bill: () => Bill;
}

export function openLab(): Lab {
  const orders: string[] = [];
  const bookings: string[] = [];
  const charges = new Map<string, string>();
  let bill: Bill = { calls: 0, inputTokens: 0, outputTokens: 0 };
  const encoder = new TextEncoder();
  const host = createVirtualHost({
    env: { ANTHROPIC_API_KEY: "a-key-for-tests-only" },
    *model(raw): Iterable<ScriptStep<Json>> {
      const input = raw as unknown as ModelInput;
      const usage = usageFor(input);
      bill = {
        calls: bill.calls + 1,
        inputTokens: bill.inputTokens + usage.inputTokens,
        outputTokens: bill.outputTokens + usage.outputTokens,
      };
      const { said, stopReason } = answer(input);
      const chunks: ModelChunk[] = [
        { type: "response-start", usage: { inputTokens: usage.inputTokens } },
        ...said,
        { type: "done", stopReason, usage },
      ];
      for (const item of chunks) {
        yield { waitMs: 3 + input.messages.length };
        yield { item: item as unknown as Json };
      }
    },
    process({ command, args }) {
      orders.push([command, ...args].join(" "));
      return { runsMs: 2, stdout: encoder.encode("order placed") };
    },
    http({ url, body, headers }) {
      const text = typeof body === "string" ? body : new TextDecoder().decode(body);
      if (url.endsWith("/charge")) {
        const key = Object.entries(headers).find(([name]) => name.toLowerCase() === "idempotency-key")?.[1] ?? "none";
        charges.set(key, charges.get(key) ?? text);
      } else bookings.push(text);
      return { headAfterMs: 2, body: `${url} has ${text}` };
    },
  });
  host.files.write("notes.txt", "");
  return { host, orders, bookings, charges, bill: () => bill };
}

/** What is left in the world. */
export function tracesOf({ host, orders, bookings, charges }: Lab) {
  return {
    notes: host.files.readText("notes.txt").trimEnd().split("\n").sort(),
    orders: [...orders].sort(),
    bookings: [...bookings].sort(),
    charges: [...charges].sort(),
    last: AGENTS.map((name) => host.files.readText(`last-${name}.txt`)),
  };
}

/** Looks whether something in doubt has happened, as a person would. */
export function decideIn({ host, orders, bookings }: Lab): (effect: InDoubtEffect) => InDoubtDecision {
  const encoder = new TextEncoder();
  return ({ kind, args }) => {
    switch (kind) {
      case "process.run": {
        const { command, args: rest } = args as { command: string; args: readonly string[] };
        if (!orders.includes([command, ...rest].join(" "))) return { action: "retry" };
        const none = new Uint8Array(0);
        const stdout = encoder.encode("order placed");
        return { action: "result", result: { exitCode: 0, signal: null, stdout, stderr: none, timedOut: false } };
      }
      case "http.request": {
        const { url, body } = args as { url: string; body: string };
        if (!bookings.includes(body)) return { action: "retry" };
        return {
          action: "result",
          result: { status: 200, headers: {}, url, body: encoder.encode(`${url} has ${body}`) },
        };
      }
      case "fs.write": {
        const { data } = args as { data: string };
        const happened = host.files.readText("notes.txt").includes(data);
        return happened ? { action: "result", result: undefined } : { action: "retry" };
      }
    }
    throw new Error(`\`${kind}\` is in doubt, which is unsafe in this lab`);
  };
}
