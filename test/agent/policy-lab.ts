/** Calls of tools under policies, and who writes down what they note. */

import { type Recorder, spelledNote, type TranscriptNote } from "../../src/agent/policies/recorder.ts";
import { createToolRuntime, defineTool, type Tool } from "../../src/agent/tools/define-tool.ts";
import type { Harness } from "../../src/agent/turn/harness.ts";
import type { Policy } from "../../src/agent/turn/policy.ts";
import { runTurn } from "../../src/agent/turn/run-turn.ts";
import type { TurnEvent } from "../../src/agent/turn/turn-event.ts";
import type { Json } from "../../src/base/index.ts";
import { answer, callTool, collect, createTestHost, done, type Script, scriptedModel, started } from "./support.ts";

export interface TestRecorder extends Recorder {
  readonly notes: TranscriptNote[];
  readonly traces: object[];
}

export function recorder(): TestRecorder {
  const notes: TranscriptNote[] = [];
  const traces: object[] = [];
  return {
    notes,
    traces,
    transcript: (note) => void notes.push(spelledNote(note)),
    trace: (event) => void traces.push(event),
    live: async () => {},
  };
}

export const kinds = (notes: readonly TranscriptNote[]) => notes.map((note) => note.kind);

/** Runs one call per step, each `[tool, input]`, under the given policies. */
export async function runCalls(
  calls: readonly (readonly [string, Json])[],
  policies: readonly Policy[],
  tools?: readonly Tool[],
) {
  const host = createTestHost();
  const ran: string[] = [];
  const echo = (name: string) =>
    defineTool({
      name,
      description: "",
      input: {},
      execute: (input) => {
        ran.push(name);
        return input;
      },
    });
  const names = [...new Set(calls.map(([name]) => name))];
  const scripts: Script[] = calls.map(([name, input], n) => [started, ...callTool(`c${n}`, name, input), done()]);
  const harness: Harness = {
    host,
    model: scriptedModel(host, [...scripts, answer("end")]),
    request: { provider: "p", model: "m" },
    tools: createToolRuntime(tools ?? names.map(echo)),
    maxSteps: 0,
    policies,
  };
  const events = await collect(runTurn(harness, { prompt: "go" }));
  const end = events.at(-1) as Extract<TurnEvent, { type: "turn-end" }>;
  const contents = end.finalMessages.filter((message) => message.role === "tool").map((message) => message.content);
  return { ran, contents, events, host };
}
