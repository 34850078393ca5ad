/**
 * A program with parallel tasks, for record, replay and resume: it orders things (unsafe), pays with a key (idempotent),
 * reads, sleeps, asks a model, writes files, catches an error, and cancels something, on three tasks that share a log.
 */

import { CancelToken } from "../../src/base/index.ts";
import type { JournalHost } from "../../src/journal/index.ts";

export interface ProgramResult {
  /** In the order in which tasks got on, which depends on the order of deliveries. */
  readonly log: readonly string[];
  readonly summary: string;
}

const decoder = new TextDecoder();

export async function runProgram(host: JournalHost): Promise<ProgramResult> {
  const log: string[] = [];
  const main = host.forTask("main");
  const startedMs = main.sync("clock.now", {});

  const child = async (name: string): Promise<string> => {
    const own = host.forTask(`main/${name}`);
    const order = await own.perform("http.request", { method: "POST", url: "/orders", headers: {}, body: name });
    log.push(`${name} ordered`);
    const key = `pay-${name}`;
    const payment = await own.perform("http.request", {
      method: "POST",
      url: "/payments",
      headers: { "idempotency-key": key },
      body: key,
    });
    // Promise chains of different lengths, so that tasks could overtake each other.
    for (let i = 0; i < name.length; i++) await undefined;
    log.push(`${name} paid`);
    let text = "";
    for await (const chunk of own.stream("model.stream", { prompt: name, parts: 2 })) {
      const delta = (chunk as { delta?: string }).delta;
      if (delta !== undefined) text += delta;
      log.push(`${name} heard`);
    }
    await own.perform("fs.write", { path: `out/${name}`, data: text });
    log.push(`${name} wrote ${own.sync("random.float", {}) >= 0}`);
    return `${decoder.decode(order.body)}|${decoder.decode(payment.body)}|${text}`;
  };

  const timer = async (): Promise<string> => {
    const own = host.forTask("main/timer");
    const token = new CancelToken();
    const [slow] = await Promise.all([
      own.perform("sleep", { ms: 1_000_000 }, token).then(
        () => "slept",
        (reason: unknown) => `woken by ${String(reason)}`,
      ),
      (async () => {
        await own.perform("sleep", { ms: 5 });
        log.push("timer fires");
        token.cancel("timer");
      })(),
    ]);
    const failed = await own
      .perform("http.request", { method: "GET", url: "/fail", headers: {} })
      .catch((error: Error) => error.message);
    log.push("timer done");
    return `${slow.startsWith("woken") || slow === "slept"}|${failed}`;
  };

  const parts = await Promise.all([child("a"), child("bbb"), child("cc"), timer()]);
  const seen = await main.perform("fs.read", { path: "out/a" });
  main.sync("console.write", { stream: "stdout", text: "done\n" });
  const summary = `${parts.join("\n")}\n${decoder.decode(seen)}`;
  await main.perform("fs.write", { path: "summary", data: summary });
  return { log: [...log, `took ${main.sync("clock.now", {}) - startedMs}`], summary };
}
