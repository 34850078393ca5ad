/** A world in which everything takes as long as a seed says, and commands called flaky fail now and then. */

import { createVirtualRandom, type Json } from "../../../src/base/index.ts";
import type { ModelChunk, ModelInput } from "../../../src/llm/index.ts";
import { createVirtualHost, type ScriptStep, type VirtualHost } from "../../../src/testing/index.ts";

const encoder = new TextEncoder();

export function seededWorld(seed: number): VirtualHost {
  const random = createVirtualRandom(seed);
  const upTo = (ms: number): number => Math.floor(random.float() * ms);
  return createVirtualHost({
    seed,
    env: { ANTHROPIC_API_KEY: "a-key-for-tests-only" },
    process({ command, args }) {
      const line = [command, ...args].join(" ");
      const fails = line.includes("flaky") && random.float() < 0.3;
      return { runsMs: upTo(40), stdout: encoder.encode(`done ${line.slice(-12)}`), exitCode: fails ? 1 : 0 };
    },
    *model(raw): Iterable<ScriptStep<Json>> {
      const input = raw as unknown as ModelInput;
      const first = input.messages[0];
      const asked = first?.role === "user" && typeof first.content === "string" ? first.content : "";
      const told = input.messages.filter(({ role }) => role === "tool").length;
      const call = (id: string, tool: string, what: string): ModelChunk[] => [
        { type: "tool-call-start", id: `${id}-${told}`, name: tool },
        { type: "tool-call-end", id: `${id}-${told}`, input: { what } },
      ];
      const calls = asked.startsWith("Work") && told === 0;
      const said: ModelChunk[] = calls
        ? [...call("1", "job", "read"), ...call("2", "ask", "why"), ...call("3", "job", "write")]
        : ["one ", "two ", "three"].map((delta) => ({ type: "text-delta", messageId: "m", delta }));
      const inputTokens = 300 + upTo(200);
      const usage = { inputTokens, outputTokens: 30 + upTo(60), cacheReadTokens: 0, cacheWriteTokens: 0, exact: true };
      const chunks: ModelChunk[] = [
        { type: "response-start", usage: { inputTokens } },
        ...said,
        { type: "done", stopReason: calls ? "tool_use" : "end_turn", usage },
      ];
      for (const item of chunks) {
        yield { waitMs: upTo(9) };
        yield { item: item as unknown as Json };
      }
    },
  });
}
