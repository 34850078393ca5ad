import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  callTool,
  createTestHost,
  done,
  modelError,
  type Script,
  type ScriptStep,
  say,
  scriptedModel,
  started,
  streamedCall,
  type TestHost,
  think,
  usage,
} from "../../../test/agent/support.ts";
import { CancelToken, type HarnError, type Json, type JsonObject } from "../../base/index.ts";
import { middleSummaryStrategy } from "../compaction/middle-summary.ts";
import { createSessionStore, type SessionStore } from "../context/sessions.ts";
import { readPermissions } from "../policies/permissions.ts";
import { readTaskLedger } from "../policies/task-ledger.ts";
import { createToolRuntime, defineTool } from "../tools/define-tool.ts";
import type { TurnState } from "../turn/turn-state.ts";
import { agentLoop } from "./agent-loop.ts";
import { type AgentCheckpoint, type CheckpointMoment, joinCheckpoints } from "./checkpoint.ts";
import type { LoopState } from "./loop-state.ts";
import type { AgentLoopOptions } from "./options.ts";
import { runSubAgent } from "./sub-agent.ts";

// ---- A world in which a loop runs: everything outside of it, and a record of all that it does there ------------------

const ANSWERS = {
  talk: () => [say("I am thinking about it."), done("end_turn", usage(40, 7))],
  think: () => [think("hm", "sig"), say("Well."), done("end_turn", usage(30, 9, 20))],
  done: () => [say("<done>##DONE##</done> ##DONE##"), done("end_turn", usage(10, 2))],
  read: (n) => [...callTool(`r${n}`, "read", { path: "a" }), done("tool_use", usage(50, 5))],
  edit: (n) => [say("Editing."), ...callTool(`e${n}`, "edit", { at: n }), done("tool_use", usage(60, 6))],
  again: (n) => [...callTool(`g${n}`, "edit", { at: 0 }), done("tool_use", usage(4, 4))],
  sameId: () => [...callTool("same", "run", { fails: true }), done("tool_use", usage(4, 4))],
  both: (n) => [
    ...callTool(`x${n}`, "read", { path: "b" }),
    ...streamedCall(`y${n}`, "edit", '{"at":', `${n}}`),
    done("tool_use"),
  ],
  unknown: (n) => [...callTool(`u${n}`, "nothing", {}), done("tool_use")],
  run: (n) => [...callTool(`v${n}`, "run", { fails: n % 2 === 0 }), done("tool_use", usage(5, 5))],
  delegate: (n) => [...callTool(`d${n}`, "delegate", { task: `part ${n}` }), done("tool_use", usage(9, 9))],
  ledger: (n) => [
    ...callTool(`l${n}`, "ledger", { action: "mark", id: "deliverable-1", status: "done" }),
    done("tool_use"),
  ],
  search: (n) => [...callTool(`s${n}`, "__harn_tool_search", { query: "deploy" }), done("tool_use")],
  deploy: (n) => [...callTool(`p${n}`, "deploy", {}), done("tool_use", usage(11, 1))],
  skill: (n) => [...callTool(`k${n}`, "load_skill", { name: "deep" }), done("tool_use")],
  written: () => [say('<tool_call>\nread({ path: "a" })\n</tool_call>'), done("end_turn", usage(20, 8))],
  broken: () => [say("<tool_call>\nread({ path: \n</tool_call>"), done("end_turn", usage(20, 8))],
  retried: () => [modelError("overloaded", "busy", { usage: usage(30, 0) })],
  cut: () => [modelError("generic", "gone")],
} satisfies Record<string, (n: number) => ScriptStep[]>;

type AnswerName = keyof typeof ANSWERS;

interface Setting {
  readonly answers: readonly AnswerName[];
  readonly format: "native" | "text";
  readonly persistent: boolean;
  readonly compacts: boolean;
  readonly hasLedger: boolean;
  readonly hasSkills: boolean;
  readonly session: "anonymous" | "named";
  readonly tokenBudget: number | undefined;
  readonly maxIterations: number;
  readonly isDaemon: boolean;
  readonly verifies: boolean;
  /** A message of the user arrives at every so many questions for one; 0: none does. */
  readonly messageEvery: number;
  /** What an earlier daemon has left. */
  readonly snapshot?: Uint8Array;
}

const PLAIN: Setting = {
  answers: [],
  format: "native",
  persistent: true,
  compacts: false,
  hasLedger: false,
  hasSkills: false,
  session: "anonymous",
  tokenBudget: undefined,
  maxIterations: 30,
  isDaemon: false,
  verifies: false,
  messageEvery: 0,
};

const SNAPSHOT_PATH = "state/daemon.json";

interface World {
  readonly host: TestHost;
  readonly store: SessionStore;
  readonly options: AgentLoopOptions;
  /** Events, requests, tool runs and questions, as JSON text, in the order in which they happened. */
  readonly happened: string[];
}

function createWorld(setting: Setting): World {
  const host = createTestHost();
  const store = createSessionStore(host);
  if (setting.snapshot !== undefined) host.files.set(SNAPSHOT_PATH, setting.snapshot);
  const happened: string[] = [];
  const tell = (what: string, value: unknown) => void happened.push(`${what} ${JSON.stringify(value)}`);
  const telling = <T>(what: string, value: unknown, answer: T): T => {
    tell(what, value);
    return answer;
  };
  const scripts = setting.answers.map((name, n): Script => {
    const make: (n: number) => ScriptStep[] = ANSWERS[name];
    return [(input) => telling("request", input, [started]), 5, ...make(n)];
  });
  const model = scriptedModel(host, scripts);
  let runs = 0;
  let asked = 0;
  const tools = createToolRuntime([
    defineTool({
      name: "read",
      description: "Reads",
      kind: "read",
      input: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
      execute: (input) => telling("read", input, "the same"),
    }),
    defineTool({
      name: "edit",
      description: "Edits",
      input: {},
      execute: (input) => telling("edit", input, `${++runs}`),
    }),
    defineTool({
      name: "run",
      description: "Runs",
      input: {},
      execute: ({ fails }) => `exit_code=${fails === true ? 1 : 0} ${"x".repeat(150)}`,
    }),
    defineTool({
      name: "delegate",
      description: "Delegates",
      input: {},
      execute: async ({ task }) => {
        const child = scriptedModel(host, [[started, say(`did ${task as string}`), done("end_turn", usage(3, 3))]]);
        return (await runSubAgent(options, { prompt: task as string, model: child })).text;
      },
    }),
    defineTool({
      name: "deploy",
      description: "Deploys services",
      input: {},
      deferred: true,
      execute: () => "deployed",
    }),
  ]);
  const options: AgentLoopOptions = {
    host,
    prompt: "Do it",
    system: "Be brief.",
    priorMessages: [
      { role: "user", content: "Hello" },
      { role: "assistant", text: "Hi.", toolCalls: [] },
    ],
    model,
    request: { provider: "scripted", model: "test" },
    tools,
    clockGoesOn: true,
    toolUse: { format: setting.format, search: {}, nativeFallback: "allow_once" },
    flow: {
      persistent: setting.persistent,
      maxIterations: setting.maxIterations,
      maxNudges: 2,
      exitWhenVerified: setting.verifies,
      postTurn: (turn) => telling("turn", turn, ""),
    },
    retry: {
      llmBackoffMs: 10,
      llmRetries: 1,
      schema: { retries: 1, nudge: { kind: "auto" }, check: (text) => (text.startsWith("I am") ? ["not JSON"] : []) },
    },
    rules: {
      permissions: [
        readPermissions({
          deny: ["edit"],
          on_escalation: (question: Json) => telling("escalation", question, { grant: "session" }),
        })!,
      ],
    },
    session: setting.session === "named" ? { store, id: "work" } : { store },
    onTurnEvent: (event) => tell("turn event", event),
    onEvent: (event) => tell("live", event),
    ports: {
      takeMessages: (point) =>
        setting.messageEvery > 0 && ++asked % setting.messageEvery === 0 ? [`message ${asked} at ${point}`] : [],
    },
    ...(setting.hasLedger ? { ledger: readTaskLedger({ root_task: "All", deliverables: ["one"] }) } : {}),
    ...(setting.tokenBudget === undefined ? {} : { budget: { tokenBudget: setting.tokenBudget } }),
    ...(setting.isDaemon
      ? {
          daemon: {
            watchPaths: ["w"],
            idleWatchdogAttempts: 2,
            ...(setting.snapshot === undefined ? { persistPath: SNAPSHOT_PATH } : { resumePath: SNAPSHOT_PATH }),
          },
        }
      : {}),
    ...(setting.compacts
      ? {
          compaction: {
            strategy: middleSummaryStrategy({ kind: "truncate", thresholdTokens: 150, keepLast: 3 }),
            windowTokens: 2000,
          },
        }
      : {}),
    ...(setting.hasSkills
      ? {
          skills: {
            sticky: false,
            topN: 2,
            skills: [
              { name: "deep", description: "zzz", prompt: "Deep.", onActivate: () => tell("activate", "deep") },
              {
                name: "doing",
                description: "Do it at once",
                prompt: "Do.",
                onActivate: () => tell("activate", "doing"),
              },
              { name: "messages", description: "message at turn", onDeactivate: () => tell("deactivate", "messages") },
            ],
          },
        }
      : {}),
  };
  return { host, store, options, happened };
}

type Ended = { readonly result: Json } | { readonly error: string };

async function ending(options: AgentLoopOptions): Promise<Ended> {
  try {
    return { result: JSON.parse(JSON.stringify(await agentLoop(options))) as Json };
  } catch (thrown) {
    return { error: String(thrown) };
  }
}

/** All that can be seen of a run when it is over. */
function seen({ host, store, happened }: World, ended: Ended): unknown {
  const session = store.snapshot("work") ?? null;
  const files = [...host.files].map(([path, data]) => [path, new TextDecoder().decode(data)]);
  return { ended, happened, session, files, log: host.log, nowMs: host.clock.nowMs };
}

/** Runs until the boundary before that turn, and never comes back from there; undefined: the loop ended before. */
async function stoppedBefore(turn: number, options: AgentLoopOptions): Promise<string | Ended> {
  return new Promise((resolve) => {
    const onCheckpoint = (moment: CheckpointMoment) => {
      if (moment.turn !== turn) return;
      resolve(JSON.stringify(moment.whole()));
      return new Promise<void>(() => {});
    };
    void ending({ ...options, onCheckpoint }).then(resolve);
  });
}

const setting: fc.Arbitrary<Setting> = fc.record({
  answers: fc.array(fc.constantFrom(...(Object.keys(ANSWERS) as AnswerName[])), { minLength: 1, maxLength: 12 }),
  format: fc.constantFrom("native", "text"),
  persistent: fc.boolean(),
  compacts: fc.boolean(),
  hasLedger: fc.boolean(),
  hasSkills: fc.boolean(),
  session: fc.constantFrom("anonymous", "named"),
  tokenBudget: fc.option(fc.integer({ min: 50, max: 400 }), { nil: undefined }),
  maxIterations: fc.constantFrom(3, 30),
  isDaemon: fc.boolean(),
  verifies: fc.boolean(),
  messageEvery: fc.constantFrom(0, 3, 7),
});

/** Everything at once, and each policy with what brings it into play. */
const STORIES: readonly (readonly [string, Partial<Setting>])[] = [
  ["what was allowed for the session", { answers: ["again", "edit", "again", "again", "done"] }],
  ["tools, one after the other and together", { answers: ["read", "both", "edit", "unknown", "done"] }],
  ["nudges until stuck", { answers: ["edit", "think", "talk", "think", "edit", "think", "think", "think", "think"] }],
  ["loop detection", { answers: ["read", "read", "read", "read", "read", "done"] }],
  ["a ledger", { answers: ["done", "edit", "done", "ledger", "done"], hasLedger: true }],
  ["verification", { answers: ["run", "done", "run", "done"], verifies: true }],
  ["tool search", { answers: ["search", "deploy", "talk", "deploy", "done"] }],
  ["skills", { answers: ["edit", "skill", "edit", "talk", "done"], hasSkills: true, messageEvery: 3 }],
  ["sub-agents", { answers: ["delegate", "edit", "delegate", "done"], session: "named" }],
  ["a token budget", { answers: ["edit", "edit", "edit", "edit", "edit"], tokenBudget: 200 }],
  [
    "a token budget that failed attempts use up too",
    { answers: ["retried", "edit", "retried", "edit", "edit", "edit"], tokenBudget: 250 },
  ],
  ["a limit of turns", { answers: ["edit", "edit", "edit", "edit"], maxIterations: 3 }],
  ["compaction", { answers: ["run", "run", "edit", "run", "run", "run", "edit", "run", "done"], compacts: true }],
  [
    "ids that come again after compaction",
    {
      answers: ["sameId", "edit", "run", "edit", "run", "edit", "run", "edit", "run", "sameId", "done"],
      compacts: true,
      messageEvery: 3,
    },
  ],
  ["calls in text", { answers: ["written", "broken", "written", "talk", "done"], format: "text" }],
  ["calls in text where tools are native", { answers: ["written", "written", "edit", "done"] }],
  ["a daemon", { answers: ["edit", "talk", "run", "talk"], persistent: false, isDaemon: true, messageEvery: 5 }],
  ["failing models", { answers: ["edit", "retried", "read", "cut"] }],
  ["a named session", { answers: ["edit", "think", "run", "done"], session: "named", messageEvery: 2 }],
];

describe("going on from a checkpoint", () => {
  const expectSameFromEveryBoundary = async (about: Setting) => {
    const whole = createWorld(about);
    const expected = seen(whole, await ending(whole.options));
    for (let turn = 0; ; turn++) {
      const world = createWorld(about);
      const stopped = await stoppedBefore(turn, world.options);
      if (typeof stopped !== "string") return turn;
      const from = JSON.parse(stopped) as AgentCheckpoint;
      // The prompt is in the checkpoint; what is said here is not looked at.
      const ended = await ending({ ...world.options, prompt: "Something else", from });
      expect(seen(world, ended), `stopped before turn ${turn}`).toEqual(expected);
    }
  };

  it.each(STORIES)(
    "AGENT-23 LOOP-05 stopped at any boundary, everything after is the same: %s",
    async (_name, story) => {
      expect(await expectSameFromEveryBoundary({ ...PLAIN, ...story })).toBeGreaterThan(1);
    },
  );

  it("DAEMON-08 so it is for a daemon that has resumed from a snapshot of its own", async () => {
    const about: Setting = { ...PLAIN, answers: ["edit", "talk"], persistent: false, isDaemon: true, messageEvery: 7 };
    const first = createWorld(about);
    await ending(first.options);
    const snapshot = first.host.files.get(SNAPSHOT_PATH);
    expect(snapshot).toBeDefined();
    const again: Setting = { ...about, answers: ["read", "talk", "edit", "talk"], snapshot: snapshot! };
    expect(await expectSameFromEveryBoundary(again)).toBeGreaterThan(2);
  });

  it("any story: everything after is the same", async () => {
    await fc.assert(
      fc.asyncProperty(setting, async (about) => {
        await expectSameFromEveryBoundary(about);
      }),
      { numRuns: 30 },
    );
  });

  it("stopped at every boundary of one run, what is new each time makes up the whole", async () => {
    await fc.assert(
      fc.asyncProperty(setting, async (about) => {
        const plain = createWorld(about);
        const expected = seen(plain, await ending(plain.options));
        const world = createWorld(about);
        const lines: string[] = [];
        for (;;) {
          const ended = await new Promise<Ended | "stopped">((resolve) => {
            let boundaries = 0;
            const onCheckpoint = (moment: CheckpointMoment) => {
              lines.push(JSON.stringify(moment.changes()));
              if (++boundaries < 2) return;
              resolve("stopped");
              return new Promise<void>(() => {});
            };
            const from = lines.length === 0 ? {} : { from: lines.map((line) => JSON.parse(line) as AgentCheckpoint) };
            void ending({ ...world.options, ...from, onCheckpoint }).then(resolve);
          });
          if (ended === "stopped") continue;
          expect(seen(world, ended)).toEqual(expected);
          return;
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe("checkpoints", () => {
  it("hold what was so at their moment, whenever they are made", async () => {
    await fc.assert(
      fc.asyncProperty(setting, async (about) => {
        const { options } = createWorld(about);
        const moments: CheckpointMoment[] = [];
        const atOnce: string[] = [];
        await ending({
          ...options,
          onCheckpoint(moment) {
            moments.push(moment);
            atOnce.push(JSON.stringify(moment.whole()));
          },
        });
        expect(moments.map((moment) => JSON.stringify(moment.whole()))).toEqual(atOnce);
      }),
      { numRuns: 30 },
    );
  });

  it("what is new joins to the whole, and costs the same in the last turn as in the second", async () => {
    const about: Setting = {
      ...PLAIN,
      answers: Array.from({ length: 200 }, () => "edit" as const),
      maxIterations: 200,
    };
    const { options } = createWorld(about);
    const lines: string[] = [];
    let whole = "";
    await ending({
      ...options,
      onCheckpoint(moment) {
        lines.push(JSON.stringify(moment.changes()));
        whole = JSON.stringify(moment.whole());
      },
    });
    expect(joinCheckpoints(lines.map((line) => JSON.parse(line)))).toEqual(JSON.parse(whole));
    // Before each turn, and where the limit ends the loop.
    expect(lines).toHaveLength(201);
    // Numbers grow by a few digits.
    expect(lines.at(-1)!.length).toBeLessThan(lines[1]!.length + 100);
    expect(whole.length).toBeGreaterThan(50 * lines[1]!.length);
  });

  it("follow a history that compaction has replaced", async () => {
    const { options } = createWorld({ ...PLAIN, answers: ["run", "run", "run", "run", "run", "done"], compacts: true });
    const moments: { changes: AgentCheckpoint; whole: AgentCheckpoint }[] = [];
    await ending({
      ...options,
      onCheckpoint: (moment) => void moments.push({ changes: moment.changes(), whole: moment.whole() }),
    });
    const kept = moments.map(({ changes }) => changes.lists.messages.keep);
    expect(kept.slice(1)).toContain(0);
    for (const [at, { whole }] of moments.entries()) {
      expect(joinCheckpoints(moments.slice(0, at + 1).map(({ changes }) => changes))).toEqual(whole);
    }
  });

  it("a loop with a listener asks the host for nothing more when its clock goes on", async () => {
    const about: Setting = { ...PLAIN, answers: ["edit", "think", "done"] };
    const count = async (more: Partial<AgentLoopOptions>) => {
      const { options } = createWorld(about);
      const asked: string[] = [];
      const { host } = options;
      const listening = {
        ...host,
        sync: ((kind, args) => {
          asked.push(kind);
          return host.sync(kind, args);
        }) as typeof host.sync,
      };
      await ending({ ...options, host: listening, ...more });
      return asked;
    };
    const silent = await count({});
    expect(await count({ onCheckpoint: (moment) => void moment.whole() })).toEqual(silent);
    const own = await count({ onCheckpoint: (moment) => void moment.whole(), clockGoesOn: false });
    expect(own.length).toBe(silent.length + 3);
  });

  it("the time between stopping and going on does not count where the clock begins anew", async () => {
    const about: Setting = { ...PLAIN, answers: ["edit", "edit", "done"] };
    const plain = createWorld(about);
    const { result } = (await ending(plain.options)) as { result: { llm: { duration_ms: number } } };
    const world = createWorld(about);
    const own = { ...world.options, clockGoesOn: false };
    const stopped = await stoppedBefore(2, own);
    await world.host.perform("sleep", { ms: 60_000 });
    const ended = await ending({ ...own, from: JSON.parse(stopped as string) as AgentCheckpoint });
    expect(ended).toMatchObject({ result: { llm: { duration_ms: result.llm.duration_ms } } });
    expect(result.llm.duration_ms).toBeGreaterThan(0);
  });

  it("are given before every turn and not after the last", async () => {
    const { options } = createWorld({ ...PLAIN, answers: ["edit", "edit", "done"] });
    const turns: number[] = [];
    await ending({ ...options, onCheckpoint: ({ turn }) => void turns.push(turn) });
    expect(turns).toEqual([0, 1, 2]);
  });

  it("a checkpoint that cannot be kept ends the loop before its turn", async () => {
    const { options, happened } = createWorld({ ...PLAIN, answers: ["edit", "edit", "done"] });
    const ended = await ending({
      ...options,
      onCheckpoint({ turn }) {
        if (turn === 1) throw new Error("disk full");
      },
    });
    expect(ended).toEqual({ error: expect.stringContaining("disk full") });
    expect(happened.filter((entry) => entry.startsWith("request "))).toHaveLength(1);
  });

  it("a cancel is not held up by whoever keeps checkpoints", async () => {
    const { options } = createWorld({ ...PLAIN, answers: ["edit", "edit", "done"] });
    const signal = new CancelToken();
    const ended = await ending({
      ...options,
      signal,
      onCheckpoint({ turn }) {
        if (turn === 0) return;
        signal.cancel("stop");
        return new Promise<void>(() => {});
      },
    });
    expect(ended).toMatchObject({ result: { status: "interrupt", llm: { iterations: 1 } } });
  });
});

/** Where a checkpoint holds each field; null: given again by whoever goes on, or of one turn only. */
const LOOP_FIELDS: Readonly<Record<keyof LoopState, string | null>> = {
  options: null,
  host: null,
  store: null,
  sessionId: "sessionId",
  anonymous: null,
  channel: null,
  sentinel: null,
  shape: null,
  hasTools: null,
  persistent: null,
  maxIterations: null,
  maxNudges: null,
  startedMs: "facts.clock",
  recorder: null,
  notes: "lists.notes",
  trace: "lists.trace",
  recorded: "lists.recorded",
  recordedUpTo: "facts.recordedUpTo",
  calls: "lists.calls",
  grants: "lists.grants",
  summary: "facts.summary",
  iterations: "facts.iterations",
  resumedIterations: "facts.resumedIterations",
  textOnlyTurns: "facts.textOnlyTurns",
  singleToolTurns: "facts.singleToolTurns",
  totalText: "text.append",
  lastText: "facts.lastText",
  toolsUsed: "lists.toolsUsed",
  successfulTools: "facts.successfulTools",
  rejectedTools: "facts.rejectedTools",
  deferredMessages: "facts.deferredMessages",
  lastRunExitCode: "facts.lastRunExitCode",
  nativeFallbacks: "facts.nativeFallbacks",
  ledger: "facts.ledger",
  ledgerRejections: "facts.ledgerRejections",
  reading: null,
  pendingFeedback: null,
  prefill: null,
  daemonState: "facts.daemonState",
  daemonSnapshotPath: "facts.daemonSnapshotPath",
};

const TURN_FIELDS: Readonly<Record<keyof TurnState, string | null>> = {
  harness: null,
  policies: null,
  emit: null,
  cancel: null,
  stop: null,
  tools: null,
  toolsByName: null,
  promoted: "facts.promotedTools",
  visible: null,
  callIds: "lists.callIds",
  system: null,
  history: "lists.messages",
  historyEpoch: null,
  accounts: "facts.spent",
  stepIndex: "turn",
  step: null,
  ranTools: "facts.ranTools",
  context: null,
  persisted: null,
  estimate: null,
  shorten: null,
  compactAtLength: "facts.compactAtLength",
};

describe("what a loop knows", () => {
  it("is in its checkpoint, or somebody has said why not", async () => {
    const { options } = createWorld({ ...PLAIN, answers: ["edit", "done"] });
    const checkpoint: Json = JSON.parse((await stoppedBefore(1, options)) as string);
    const places = [...Object.values(LOOP_FIELDS), ...Object.values(TURN_FIELDS)].filter((place) => place !== null);
    for (const place of places) {
      const found = place.split(".").reduce<unknown>((at, key) => (at as JsonObject | undefined)?.[key], checkpoint);
      expect(found, place).toBeDefined();
    }
  });
});

describe("checkpoints that cannot be used", () => {
  const good = async (): Promise<JsonObject> =>
    JSON.parse((await stoppedBefore(1, createWorld({ ...PLAIN, answers: ["edit", "done"] }).options)) as string);

  const refusal = async (from: unknown): Promise<HarnError> => {
    const { options, happened } = createWorld({ ...PLAIN, answers: ["done"] });
    const failure = await agentLoop({ ...options, from: from as AgentCheckpoint }).then(
      () => undefined,
      (thrown: unknown) => thrown as HarnError,
    );
    expect(happened).toEqual([]);
    expect(failure).toMatchObject({ code: "agent.checkpoint" });
    return failure!;
  };

  it("another version is named, with what to do", async () => {
    const failure = await refusal({ ...(await good()), version: 7 });
    expect(failure.message).toBe(
      "Expected an agent checkpoint of version 1, found version 7; go on with the release that wrote it",
    );
    expect(failure.data).toEqual({ expected: 1, found: 7 });
  });

  it.each([
    ["nothing", null],
    ["text", "checkpoint"],
    ["no checkpoints", []],
    ["something else", { messages: [] }],
  ])("%s is refused before anything runs", async (_name, from) => {
    expect((await refusal(from)).message).toMatch(/^Expected (an agent|at least one) checkpoint/);
  });

  it("any part that is missing or of another kind is named", async () => {
    const checkpoint = await good();
    const facts = checkpoint["facts"] as JsonObject;
    const lists = checkpoint["lists"] as JsonObject;
    for (const key of Object.keys(facts)) {
      const { [key]: _gone, ...rest } = facts;
      expect((await refusal({ ...checkpoint, facts: rest })).message).toContain(key);
      expect(
        (await refusal({ ...checkpoint, facts: { ...facts, [key]: key === "ranTools" ? 1 : true } })).message,
      ).toContain(key);
    }
    for (const key of Object.keys(lists)) {
      const { [key]: _gone, ...rest } = lists;
      expect((await refusal({ ...checkpoint, lists: rest })).message).toContain(key);
      const wrong = { ...lists, [key]: { keep: 0, append: [false] } };
      expect((await refusal({ ...checkpoint, lists: wrong })).message).toContain(key);
    }
  });

  it("one in between that is missing is noticed, and so is a first one that is not whole", async () => {
    const { options } = createWorld({ ...PLAIN, answers: ["edit", "edit", "edit", "done"] });
    const all: AgentCheckpoint[] = [];
    await ending({ ...options, onCheckpoint: (moment) => void all.push(moment.changes()) });
    expect((await refusal([all[0], all[2]])).message).toContain("without a gap");
    expect((await refusal(all.slice(1))).message).toContain("start with a whole one");
  });
});
