/** A turn on a scripted model, and a tool that reads. */

import { defineTool, type Tool, type ToolDefinition } from "../../src/agent/tools/define-tool.ts";
import { NO_TOOLS } from "../../src/agent/tools/tool-runtime.ts";
import type { Harness, TurnInput } from "../../src/agent/turn/harness.ts";
import { runTurn } from "../../src/agent/turn/run-turn.ts";
import type { TerminalEvent, TurnEvent } from "../../src/agent/turn/turn-event.ts";
import { collect, createTestHost, type Script, type ScriptedModel, scriptedModel, type TestHost } from "./support.ts";

export const request = { provider: "scripted", model: "test" };

export interface Setup {
  host: TestHost;
  model: ScriptedModel;
  harness: Harness;
}

export function setUp(scripts: readonly Script[], options: Partial<Harness> = {}): Setup {
  const host = createTestHost();
  const model = scriptedModel(host, scripts);
  return { host, model, harness: { host, model, request, tools: NO_TOOLS, ...options } };
}

export async function run(scripts: readonly Script[], options: Partial<Harness> = {}, input: Partial<TurnInput> = {}) {
  const setup = setUp(scripts, options);
  const events = await collect(runTurn(setup.harness, { prompt: "go", ...input }));
  const end = events.at(-1) as TerminalEvent;
  return { ...setup, events, end, messages: end.finalMessages };
}

export function echoTool(overrides: Partial<ToolDefinition> = {}): Tool {
  return defineTool({
    name: "read",
    description: "Reads a file",
    input: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
    execute: ({ path }) => `content of ${path as string}`,
    ...overrides,
  });
}

export const types = (events: readonly TurnEvent[]) => events.map((event) => event.type);
