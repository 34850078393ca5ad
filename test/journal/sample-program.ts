/**
 * The program behind the saved sample journals: one of each thing a journal can hold. It must never change, since the
 * samples of every released version have to replay with it for ever; for new features write another.
 */

import { CancelToken } from "../../src/base/index.ts";
import type { JournalHost } from "../../src/journal/index.ts";

export async function runSample(host: JournalHost): Promise<unknown> {
  const started = host.sync("clock.now", {});
  const secret = host.sync("secret.get", { name: "openai" });
  const bytes = [...host.sync("random.bytes", { length: 4 })];
  host.sync("log.write", { level: "info", message: "odd values", fields: { $ref: "own key", big: "x".repeat(300) } });

  const messages = Array.from({ length: 8 }, (_, index) => ({ role: "user", content: `message ${index} `.repeat(5) }));
  const heard: unknown[] = [];
  for (const count of [6, 8]) {
    const input = { prompt: "talk", parts: 1, messages: messages.slice(0, count) };
    for await (const item of host.stream("model.stream", input)) heard.push(item);
  }
  for await (const item of host.stream("http.stream", {
    method: "GET",
    url: "/page?key=k",
    headers: { cookie: "c" },
  })) {
    heard.push(item.kind);
    break;
  }

  const token = new CancelToken();
  const parallel = Promise.all([
    host.forTask("main/1").perform("process.run", { command: "make", args: ["all"] }),
    host
      .forTask("main/2")
      .perform("fs.read", { path: "missing" })
      .catch((error: { code: string }) => error.code),
    host
      .forTask("main/3")
      .perform("sleep", { ms: 1e9 }, token)
      .catch((reason: unknown) => reason),
  ]);
  await host.perform("fs.write", { path: "note", data: `with ${secret}` });
  token.cancel("enough");
  const [built, missing, slept] = await parallel;
  return {
    elapsed: host.sync("clock.now", {}) - started,
    bytes,
    heard,
    stdout: [...built.stdout],
    missing,
    slept: slept ?? "slept",
  };
}
