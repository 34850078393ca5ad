/** What the tests of the agent loop run it with. */

import type { RecordedMessage } from "../../src/agent/context/recorded-message.ts";
import { agentLoop } from "../../src/agent/loop/agent-loop.ts";
import type { AgentLoopOptions } from "../../src/agent/loop/options.ts";
import type { AgentLoopResult } from "../../src/agent/loop/result.ts";
import { createToolRuntime, defineTool, type Tool } from "../../src/agent/tools/define-tool.ts";
import type { JsonObject } from "../../src/base/index.ts";
import {
  callTool,
  createTestHost,
  done,
  type Script,
  type ScriptedModel,
  say,
  scriptedModel,
  started,
  type TestHost,
  type usage,
} from "./support.ts";

export const request = { provider: "scripted", model: "test" };

export const read = defineTool({
  name: "read",
  description: "Reads a file",
  kind: "read",
  input: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
  execute: ({ path }) => `content of ${path as string}`,
});
export const edit = defineTool({
  name: "edit",
  description: "Edits",
  kind: "edit",
  input: {},
  execute: () => "edited",
});

export const text = (content: string, spent?: ReturnType<typeof usage>): Script => [
  started,
  say(content),
  done("end_turn", spent),
];
export const call = (name: string, input: JsonObject, id = `id_${name}`): Script => [
  started,
  ...callTool(id, name, input),
  done("tool_use"),
];

export interface Ran {
  result: AgentLoopResult;
  model: ScriptedModel;
  host: TestHost;
  events: JsonObject[];
}

export async function run(
  scripts: readonly Script[],
  options: Partial<AgentLoopOptions> = {},
  host = createTestHost(),
): Promise<Ran> {
  const model = scriptedModel(host, scripts);
  const events: JsonObject[] = [];
  const result = await agentLoop({
    host,
    prompt: "Do it",
    model,
    request,
    onEvent: (event) => void events.push(event),
    ...options,
  });
  return { result, model, host, events };
}

export const withTools = (tools: readonly Tool[] = [read, edit], format: "native" | "text" = "native") => ({
  tools: createToolRuntime(tools),
  toolUse: { format },
});

/** Everything the model was told in its last request, as one text. */
export function lastRequest(model: ScriptedModel): string {
  return JSON.stringify(model.inputs.at(-1)!.messages);
}

export const contents = (messages: readonly RecordedMessage[] | ScriptedModel["inputs"][number]["messages"]) =>
  messages.map((message) => (message.role === "assistant" ? (message.text ?? "") : message.content));
