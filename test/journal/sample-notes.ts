/**
 * The program behind the saved samples of version 2: notes around effects, in two tasks. It must never change, like
 * `sample-program.ts`.
 */

import type { JournalHost } from "../../src/journal/index.ts";

export async function runNotesSample(host: JournalHost): Promise<string> {
  const decoder = new TextDecoder();
  host.note({ kind: "step-start", id: "1", data: { name: "plan", function: "plan", persona: "captain" } }, "main");
  const read = async (task: string, id: string): Promise<string> => {
    host.note({ kind: "step-start", id, data: { name: "read", function: "read" } }, task);
    const text = decoder.decode(await host.forTask(task).perform("fs.read", { path: "note" }));
    const bill = { llmCalls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 };
    host.note({ kind: "step-end", id, data: { status: "completed", ...bill } }, task);
    return text;
  };
  const texts = await Promise.all([read("main/1", "2"), read("main/2", "3")]);
  const secret = host.sync("secret.get", { name: "openai" });
  host.note({ kind: "step-end", id: "1", data: { status: "failed", error: `no use for ${secret}` } }, "main");
  return texts.join(" ");
}
