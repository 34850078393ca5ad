/** Runs worth cancelling: each shows the loop at something else. */

import type { RecordedMessage } from "../../src/agent/context/recorded-message.ts";
import { createSessionStore, type SessionStore } from "../../src/agent/context/sessions.ts";
import {
  type AgentLoopOptions,
  type AgentLoopResult,
  agentLoop,
  appendMessages,
  createToolRuntime,
  defineTool,
  type Harness,
  handOffStrategy,
  middleSummaryStrategy,
  runTurn,
  subAgentTool,
  type Tool,
  type ToolDefinition,
  ToolRuntimeError,
  type TurnEvent,
  tailSummaryStrategy,
  toolFailure,
  toolSuccess,
} from "../../src/agent/index.ts";
import type { JsonObject } from "../../src/base/index.ts";
import type { Attachment } from "../../src/llm/index.ts";
import type { ServedAnswer, ServedCall } from "../model-server/render-answer.ts";
import type { WireWorld } from "./wire-world.ts";

const PICTURE: Attachment = { kind: "image", mediaType: "image/png", base64: "aGk=" };
const PROMPT = "Please look into it.";
export const NEXT_PROMPT = "And now?";

/** A conversation that lasts from one run to the next. */
export interface Conversation {
  /** One run; resolves with how it ended: a stop reason, a status, or `error`. */
  run(world: WireWorld, prompt: string): Promise<string>;
  /** Starts with a signal of the world. */
  signal: ReturnType<WireWorld["arm"]>;
  /** Ids of calls whose tool began to work, in order. */
  readonly began: readonly string[];
  readonly events: readonly TurnEvent[];
}

export interface AbortScenario {
  readonly name: string;
  readonly answers: readonly ServedAnswer[];
  /** Its tools are tried again, so that one call may begin several times. */
  readonly retries?: boolean;
  /** Its tools end turns with an error. */
  readonly breaks?: boolean;
  /** The model's answer when the request is not the conversation's own. */
  readonly aside?: (body: string) => ServedAnswer | undefined;
  open(world: WireWorld): Conversation;
}

const call = (id: string, name: string, input: JsonObject = {}): ServedCall => ({ id, name, input });

// ---- Tools -------------------------------------------------------------------------------------------------------------

/** Tools that tell when they begin, so that nothing runs twice unnoticed. */
function toolBox(began: string[]): Record<"quick" | "slow" | "deaf" | "picture" | "typed" | "failing" | "rare", Tool> {
  const tool = (name: string, execute: ToolDefinition["execute"], extra: object = {}): Tool =>
    defineTool({
      name,
      description: `The tool ${name}`,
      input: { type: "object", properties: {} },
      ...extra,
      execute: (input: JsonObject, context) => {
        began.push(context.callId);
        return execute(input, context);
      },
    });
  return {
    quick: tool("quick", () => "at once", { kind: "read" }),
    slow: tool("slow", async (_input, { host, signal }) => {
      await host.perform("sleep", { ms: 10 }, signal);
      return "later";
    }),
    deaf: tool("deaf", async (_input, { host }) => {
      await host.perform("sleep", { ms: 20 });
      return "much later";
    }),
    picture: tool("picture", () => ({ ...toolSuccess("see"), attachments: [PICTURE] })),
    typed: tool("typed", ({ on, count }) => [on as boolean, count as number], {
      input: {
        type: "object",
        properties: { on: { type: "boolean" }, count: { type: "integer" } },
        required: ["on", "count"],
      },
    }),
    failing: tool("failing", () => toolFailure("Runtime", "did not work")),
    rare: tool("rare", () => "found", { deferred: true }),
  };
}

// ---- Conversations -----------------------------------------------------------------------------------------------------

/** A conversation of bare turns, whose history the caller keeps. */
function turns(world: WireWorld, options: (tools: ReturnType<typeof toolBox>) => Partial<Harness>): Conversation {
  const began: string[] = [];
  const events: TurnEvent[] = [];
  let history: readonly RecordedMessage[] = [];
  const harness: Harness = {
    host: world.host,
    model: world.model,
    request: world.request,
    tools: createToolRuntime([]),
    ...options(toolBox(began)),
  };
  return {
    signal: world.arm(),
    began,
    events,
    async run(_world, prompt) {
      let ended = "nothing";
      for await (const event of runTurn(harness, {
        prompt,
        priorMessages: history,
        attachments: [PICTURE],
        signal: this.signal,
      })) {
        world.point();
        events.push(event);
        if (event.type === "turn-end") ended = event.stopReason;
        if (event.type === "turn-error") ended = `error: ${event.error.message}`;
        if (event.type === "turn-end" || event.type === "turn-error") history = event.finalMessages;
      }
      return ended;
    },
  };
}

/** A conversation in a session, as `agent_loop` has it. */
function loops(
  world: WireWorld,
  options: (
    tools: ReturnType<typeof toolBox>,
    store: SessionStore,
    self: () => AgentLoopOptions,
  ) => Partial<AgentLoopOptions>,
): Conversation {
  const began: string[] = [];
  const events: TurnEvent[] = [];
  const store = createSessionStore(world.host);
  store.open("talk");
  let current: AgentLoopOptions;
  const built = options(toolBox(began), store, () => current);
  return {
    signal: world.arm(),
    began,
    events,
    async run(_world, prompt) {
      current = {
        host: world.host,
        prompt,
        model: world.model,
        request: world.request,
        toolUse: { format: "native" },
        session: { store, id: "talk" },
        signal: this.signal,
        onTurnEvent(event) {
          world.point();
          events.push(event);
        },
        ...built,
      };
      let result: AgentLoopResult;
      try {
        result = await agentLoop(current);
      } catch (thrown) {
        return `error: ${String(thrown)}`;
      }
      return result.status;
    },
  };
}

// ---- Scenarios ---------------------------------------------------------------------------------------------------------

const PARALLEL: readonly ServedAnswer[] = [
  {
    text: "I look.",
    thinking: "Three at once.",
    toolCalls: [call("p_1", "quick"), call("p_2", "slow"), call("p_3", "deaf")],
  },
  { thinking: "One more.", toolCalls: [call("p_4", "failing")] },
  { text: "Found it." },
];

export const ABORT_SCENARIOS: readonly AbortScenario[] = [
  {
    name: "thinking with signatures and parallel tools",
    answers: PARALLEL,
    open: (world) =>
      turns(world, ({ quick, slow, deaf, failing }) => ({
        tools: createToolRuntime([quick, slow, deaf, failing]),
        request: { ...world.request, thinking: { mode: "enabled", budgetTokens: 1024 } },
      })),
  },
  {
    name: "tools one after the other, with retries and a time limit",
    retries: true,
    answers: [
      { text: "In order.", toolCalls: [call("o_1", "quick"), call("o_2", "deaf"), call("o_3", "failing")] },
      { text: "Done." },
    ],
    open: (world) =>
      turns(world, ({ quick, deaf, failing }) => ({
        tools: createToolRuntime([quick, deaf, failing]),
        dispatch: { schedule: "ordered", timeoutMs: 15, retries: 1, backoffMs: 5 },
      })),
  },
  {
    name: "calls of unknown tools, of names that no provider takes, and with wrong types",
    answers: [
      {
        toolCalls: [
          call("u_1", "nobody"),
          call("u_2", "functions.exec command"),
          call("u_3", "typed", { on: "true", count: "30" }),
          call("u_4", "typed", { on: "perhaps" }),
        ],
      },
      { text: "I see." },
    ],
    open: (world) => turns(world, ({ typed }) => ({ tools: createToolRuntime([typed]) })),
  },
  {
    name: "a server that gives every call the same id",
    answers: [
      { text: "One.", toolCalls: [call("call:0", "quick"), call("call:0", "slow")] },
      { text: "Two.", toolCalls: [call("call:0", "quick")] },
      { toolCalls: [call("call:0", "quick")] },
      { text: "Done." },
    ],
    open: (world) => turns(world, ({ quick, slow }) => ({ tools: createToolRuntime([quick, slow]) })),
  },
  {
    name: "pictures from the user and from tools",
    answers: [
      { text: "Let me see.", toolCalls: [call("a_1", "picture"), call("a_2", "quick"), call("a_3", "picture")] },
      { text: "A picture." },
    ],
    open: (world) => turns(world, ({ picture, quick }) => ({ tools: createToolRuntime([picture, quick]) })),
  },
  {
    name: "answers that only think, and answers of white space",
    answers: [
      { thinking: "Should I?" },
      { text: " \n " },
      { thinking: "I should.", text: "  ", toolCalls: [call("w_1", "quick")] },
      { thinking: "Enough." },
    ],
    open: (world) =>
      turns(world, ({ quick }) => ({
        tools: createToolRuntime([quick]),
        emptyAnswer: "accept",
        request: { ...world.request, thinking: { mode: "enabled", budgetTokens: 1024 } },
        policies: [
          {
            name: "go-on",
            decide(turn) {
              if (turn.stepIndex >= 3) return undefined;
              appendMessages(turn, [{ role: "user", content: "Go on." }]);
              return { kind: "continue" };
            },
          },
        ],
      })),
  },
  {
    name: "a tool runtime that breaks",
    breaks: true,
    answers: [{ text: "Careful.", toolCalls: [call("f_1", "fine"), call("f_2", "broken"), call("f_3", "fine")] }],
    open: (world) =>
      turns(world, () => ({
        tools: {
          specs: () => ["fine", "broken"].map((name) => ({ name, description: name, inputSchema: { type: "object" } })),
          async invoke(invocation) {
            if (invocation.name === "fine") return toolSuccess("fine");
            throw new ToolRuntimeError("runtime", invocation.name, "pipe closed");
          },
        },
      })),
  },
  ...(
    [
      ["tail summary", tailSummaryStrategy({ keepMessages: 2 })],
      ["hand-off summary", handOffStrategy({ minMessages: 2 })],
      ["middle summary", middleSummaryStrategy({ kind: "llm", thresholdTokens: 60, keepLast: 2 })],
    ] as const
  ).map(
    ([name, strategy]): AbortScenario => ({
      name: `compaction by ${name} between the steps`,
      answers: [
        { text: "Long. ".repeat(30), thinking: "Hm.", toolCalls: [call("c_1", "quick"), call("c_2", "slow")] },
        { text: "Longer. ".repeat(30), thinking: "Hm.", toolCalls: [call("c_3", "quick")] },
        { text: "Longest. ".repeat(30), toolCalls: [call("c_4", "quick")] },
        { text: "Done." },
      ],
      aside: (body) => (body.includes("Write a summary") ? { text: "What happened so far." } : undefined),
      open: (world) =>
        turns(world, ({ quick, slow }) => ({
          tools: createToolRuntime([quick, slow]),
          compaction: { strategy, client: world.model, request: world.request, windowTokens: 260, atEnd: true },
        })),
    }),
  ),
  {
    name: "the agent loop: feedback, steering and a ledger of calls",
    answers: [
      { text: "Working.", toolCalls: [call("l_1", "quick"), call("l_2", "quick")] },
      { text: "Still.", toolCalls: [call("l_3", "slow")] },
      { text: "Done." },
    ],
    open(world) {
      const waiting = ["Faster, please.", "And cheaper."];
      return loops(world, ({ quick, slow }, store) => ({
        tools: createToolRuntime([quick, slow]),
        ports: {
          takeMessages: (at) => {
            world.point();
            if (at === "after_operation") store.injectFeedback("talk", { kind: "note", content: "Mind the gap." });
            return waiting.splice(0, 1);
          },
        },
      }));
    },
  },
  {
    name: "calls written as text although there is a channel for them, twice",
    answers: [
      { text: "<tool_call>\nquick({})\n</tool_call>\n<tool_call>\nslow({})\n</tool_call>" },
      { text: "<tool_call>\nquick({})\n</tool_call>" },
      { text: "Done." },
    ],
    open: (world) => loops(world, ({ quick, slow }) => ({ tools: createToolRuntime([quick, slow]) })),
  },
  {
    name: "the text protocol, with a call that cannot be read",
    answers: [
      { text: "<tool_call>\nquick({})\n</tool_call>\n<tool_call>\npicture({})\n</tool_call>" },
      { text: "<tool_call>\nquick({\n</tool_call>" },
      { text: "<user_response>Done.</user_response>\n<done>##DONE##</done>" },
    ],
    open: (world) =>
      loops(world, ({ quick, picture }) => ({
        tools: createToolRuntime([quick, picture]),
        toolUse: { format: "text" },
        flow: { persistent: true },
      })),
  },
  {
    name: "deferred tools that are searched, found and called",
    answers: [
      { toolCalls: [call("d_1", "__harn_tool_search", { query: "rare" })] },
      { toolCalls: [call("d_2", "rare"), call("d_3", "quick")] },
      { text: "Done." },
    ],
    open: (world) =>
      loops(world, ({ rare, quick }) => ({
        tools: createToolRuntime([rare, quick]),
        toolUse: { format: "native", search: {} },
      })),
  },
  {
    name: "a sub-agent at work",
    answers: [
      { text: "I delegate.", toolCalls: [call("s_1", "helper", { task: "SUBTASK" }), call("s_2", "quick")] },
      { text: "Done." },
    ],
    aside: (body) => {
      if (body.includes(PROMPT)) return undefined;
      return body.includes("at once") ? { text: "Helped." } : { toolCalls: [call("h_1", "quick")] };
    },
    open: (world) =>
      loops(world, ({ quick }, _store, self) => ({
        tools: createToolRuntime([
          quick,
          subAgentTool(self, {
            name: "helper",
            description: "Helps",
            agent: (task) => ({ prompt: task, tools: createToolRuntime([quick]), toolUse: { format: "native" } }),
          }),
        ]),
      })),
  },
  {
    name: "a loop that may not call tools any more after its first run",
    answers: [{ toolCalls: [call("n_1", "quick"), call("n_2", "slow")] }, { text: "Done." }],
    open(world) {
      let runs = 0;
      const began: string[] = [];
      const { quick, slow } = toolBox(began);
      const withTools = loops(world, () => ({ tools: createToolRuntime([quick, slow]) }));
      const store = createSessionStore(world.host);
      store.open("talk");
      const talk = { session: { store, id: "talk" } };
      const first = loops(world, () => ({ tools: createToolRuntime([quick, slow]), ...talk }));
      const second = loops(world, () => talk);
      return {
        ...withTools,
        began,
        events: first.events,
        run(given, prompt) {
          const next = runs++ === 0 ? first : second;
          next.signal = this.signal;
          return next.run(given, prompt);
        },
      };
    },
  },
];

export const FIRST_PROMPT: string = PROMPT;
