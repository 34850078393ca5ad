import type { CompactionContext } from "../../src/agent/compaction/compaction-policy.ts";
import type { RecordedMessage } from "../../src/agent/context/recorded-message.ts";
import { CancelToken } from "../../src/base/index.ts";
import { createTestHost, type Script, type ScriptedModel, scriptedModel } from "./support.ts";

export const request = { provider: "scripted", model: "test" };
export const user = (content: string): RecordedMessage => ({ role: "user", content });
export const assistant = (text: string): RecordedMessage => ({ role: "assistant", text, toolCalls: [] });
export const calls = (...ids: string[]): RecordedMessage => ({
  role: "assistant",
  toolCalls: ids.map((id) => ({ id, name: "t", input: {} })),
});
export const result = (id: string, content: string): RecordedMessage => ({
  role: "tool",
  toolCallId: id,
  content,
  isError: false,
});

export function contextFor(
  scripts: readonly Script[],
  overrides: Partial<CompactionContext> = {},
): CompactionContext & { client: ScriptedModel } {
  const host = createTestHost();
  return {
    host,
    client: scriptedModel(host, scripts),
    request,
    system: "Be brief.",
    tools: [{ name: "t", description: "", inputSchema: {} }],
    windowTokens: 1000,
    signal: new CancelToken(),
    forced: false,
    ...overrides,
  } as CompactionContext & { client: ScriptedModel };
}
