/** What a page does with the package. Each check tells facts; `browser.test.ts` knows what they should be. */

import * as harn from "harn";
import * as agent from "harn/agent";
import * as base from "harn/base";
import * as bytecode from "harn/bytecode";
import * as journal from "harn/journal";
import * as lang from "harn/lang";
import * as llm from "harn/llm";
import * as stdlib from "harn/stdlib";
import * as steps from "harn/steps";
import * as testing from "harn/testing";
import * as vm from "harn/vm";
import * as web from "harn/web";
import type { PageSettings } from "../page-report.ts";
import { runProgram } from "./program.ts";

type Check = (settings: PageSettings) => Promise<unknown>;

export const CHECKS: Readonly<Record<string, Check>> = {
  entries,
  program: () => runProgram(web.createWebHost()),
  worker: runInWorker,
  "stream openai": (settings) => streamText(settings, "openai"),
  "stream anthropic": (settings) => streamText(settings, "anthropic"),
  "aborted agent": abortAgent,
  journal: recordAndReplay,
  "journal of calls": recordCalls,
  effects: performEffects,
};

/** Which entries have loaded, and what of Node there is. */
async function entries(): Promise<unknown> {
  const loaded = { harn, agent, base, bytecode, journal, lang, llm, stdlib, steps, testing, vm, web };
  const shims = ["process", "Buffer", "require", "global", "setImmediate"].filter((name) => name in globalThis);
  return {
    names: Object.keys(loaded).sort(),
    empty: Object.entries(loaded).filter(([, exported]) => Object.keys(exported).length === 0),
    shims,
  };
}

function runInWorker(): Promise<unknown> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message, filename, lineno }) =>
      reject(new Error(`The worker failed: ${message} (${filename}:${lineno})`));
  }).finally(() => worker.terminate());
}

function modelHost({ models }: PageSettings): web.WebHost {
  return web.createWebHost({
    environment: { OPENAI_BASE_URL: `${models}/v1`, ANTHROPIC_BASE_URL: models },
    secrets: (name) => (name.endsWith("_API_KEY") ? "k" : undefined),
  });
}

/** A streamed answer, with the pieces it came in. */
async function streamText(settings: PageSettings, provider: string): Promise<unknown> {
  const client = llm.createLlm({ host: modelHost(settings), provider, model: "m" });
  const stream = client.streamText({ prompt: "What is left?" });
  let pieces = 0;
  let text = "";
  for await (const piece of stream) {
    pieces++;
    text += piece;
  }
  const { usage } = await stream.answer;
  return { text, pieces, usage: { in: usage.inputTokens, out: usage.outputTokens } };
}

/** Leaves an agent in the middle of its second answer, and goes on with its session. */
async function abortAgent(settings: PageSettings): Promise<unknown> {
  const host = modelHost(settings);
  const client = llm.createLlm({ host, provider: "anthropic", model: "claude-sonnet-4-5" });
  const stock = agent.defineTool({
    name: "stock",
    description: "How many pieces of an article are in stock",
    input: { type: "object", required: ["article"], properties: { article: { type: "string" } } },
    execute: ({ article }) => (article === "lamp" ? 3 : 0),
  });
  const session = { store: agent.createSessionStore(host), id: "shop" };
  const options = { llm: client, tools: [stock], session };
  const stop = new AbortController();
  const run = agent.streamAgent({ ...options, prompt: "How many lamps?", signal: stop.signal });
  let seen = "";
  for await (const event of run) {
    if (event.type !== "text-delta") continue;
    seen += event.delta;
    stop.abort("enough");
  }
  const { status, tools } = await run.answer;
  // Answered when no answer of a model is being sent any more: with the stalled one open, never.
  const left = await (await fetch("/left")).text();
  const next = await agent.runAgent({ ...options, prompt: "Go on" });
  return { status, tools: tools.succeeded, seen, left, next: { status: next.status, text: next.text } };
}

const JOURNALED = `
let answer = llm_call("What is left?", nil, {provider: "openai", model: "m"})
println(answer.text)
println(parallel each [1, 2] { n ->
  sleep(n)
  uuid()
})
println(timestamp())
`;

/** A program that is recorded, and played back by a host that can do nothing. */
async function recordAndReplay(settings: PageSettings): Promise<unknown> {
  const host = modelHost(settings);
  const { program } = await harn.loadProgram({ host, path: "/main.harn", text: JOURNALED });
  if (program === undefined) throw new Error("The program does not compile");
  const store = journal.createMemoryStore();
  const play = async (use: harn.JournalUse, on: base.Host): Promise<unknown> => {
    let output = "";
    const write = (more: string) => (output += more);
    const run = harn.startProgram(program, { host: on, journal: use, breathe: web.nextTurn, output: { write } });
    const outcome = await run.outcome;
    return { status: outcome.status, output };
  };
  const recorded = await play(
    { mode: "record", journal: await journal.beginJournal(store, { id: "run", createdMs: Date.now() }) },
    host,
  );
  const replayed = await play({ mode: "replay", journal: await journal.openJournal(store, "run") }, helpless());
  return { recorded, replayed };
}

/** The same for calls of a TypeScript program; to a server of its own, which wants no key. */
async function recordCalls({ models }: PageSettings): Promise<unknown> {
  const advice = async (host: base.Host): Promise<string> => {
    const { text } = await llm.createLlm({ host, provider: "shop", model: "m" }).generateText({ prompt: "And?" });
    return `${text} ${host.sync("id.next", { prefix: "advice" })}`;
  };
  const store = journal.createMemoryStore();
  const recording = await journal.beginJournal(store, { id: "advice", createdMs: Date.now() });
  const host = web.createWebHost({ environment: { SHOP_BASE_URL: `${models}/v1` } });
  const recorded = await advice(journal.recordingHost(host, recording));
  await recording.finish("completed", Date.now());
  const replay = journal.replayHost(await journal.openJournal(store, "advice"));
  const replayed = await advice(replay);
  replay.finish();
  return { recorded, replayed };
}

function helpless(): base.Host {
  const refuse = (kind: string): never => {
    throw new Error(`A replay asked the world for ${kind}`);
  };
  return { sync: refuse, perform: refuse, stream: refuse };
}

/** What a host of a page can and cannot do. */
async function performEffects({ strangers, nobody }: PageSettings): Promise<unknown> {
  const host = web.createWebHost({ environment: { NAME: "page" } });
  const failure = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "no failure",
      (error: unknown) => (error instanceof base.HostError ? error.kind : String(error)),
    );
  const get = (url: string, more: Partial<base.HttpRequest> = {}) =>
    host.perform("http.request", { method: "GET", url, headers: {}, ...more });
  const data = new TextEncoder().encode("lamp ".repeat(1_000));
  const packed = await host.perform("bytes.compress", { algorithm: "gzip", data, level: 6 });
  const maxBytes = data.length;
  const unpacked = await host.perform("bytes.decompress", { algorithm: "gzip", data: packed, maxBytes });
  const privateKey = host.sync("random.bytes", { length: 32 });
  const publicKey = await host.perform("crypto.publicKey", { algorithm: "ed25519", privateKey });
  const signature = await host.perform("crypto.sign", { algorithm: "ed25519", privateKey, data });
  const signed = { algorithm: "ed25519", publicKey, data, signature } as const;
  return {
    environment: host.sync("env.get", { name: "NAME" }),
    platform: host.sync("system.info", {}).platform,
    page: new TextDecoder().decode((await get("/hello")).body),
    unpacked: new TextDecoder().decode(unpacked) === "lamp ".repeat(1_000),
    isSmaller: packed.length < data.length,
    verified: await host.perform("crypto.verify", signed),
    nobody: await failure(get(nobody)),
    strangers: await failure(get(strangers)),
    redirect: await failure(get("/redirect", { followRedirects: false })),
    bomb: await failure(
      host.perform("bytes.decompress", { algorithm: "gzip", data: packed, maxBytes: data.length - 1 }),
    ),
    process: await failure(host.perform("process.run", { command: "ls", args: [] })),
    read: await failure(host.perform("fs.read", { path: "/notes.txt" })),
    write: await failure(host.perform("fs.write", { path: "/notes.txt", data: "" })),
  };
}
