/**
 * Issue 5: the process is killed at every write, and the disk fails in every way it can. Nothing that was acknowledged is
 * lost, the file always loads, and the conversation goes on.
 *
 * A message is *acknowledged* once the loop has gone on because it is on disk: the next request was sent, or the turn
 * has ended.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  answer,
  brokenRules,
  callTool,
  createTestHost,
  done,
  fileText,
  type Script,
  type ScriptedModel,
  say,
  scriptedModel,
  settle,
  started,
  type TestHost,
  think,
} from "../../../test/agent/support.ts";
import { HostError } from "../../base/index.ts";
import { tailSummaryStrategy } from "../compaction/tail-summary.ts";
import { createToolRuntime, defineTool } from "../tools/define-tool.ts";
import type { Harness } from "../turn/harness.ts";
import { driveTurn } from "../turn/run-turn.ts";
import { openContextFile } from "./context-file.ts";
import { encodeLine } from "./context-line.ts";
import type { RecordedMessage } from "./recorded-message.ts";

const PATH = "talks/one.jsonl";
const request = { provider: "p", model: "m" };
const tools = createToolRuntime([defineTool({ name: "read", description: "", input: {}, execute: () => "Grüße 😀" })]);

const SCRIPTS: readonly Script[] = [
  [started, think("hm", "sig"), say("a"), ...callTool("1", "read", {}), ...callTool("2", "read", {}), done()],
  [started, say("b ".repeat(200)), ...callTool("3", "read", {}), done()],
  [started, say("c"), ...callTool("4", "read", {}), done()],
  answer("the end"),
];

/** Where the process ends: before, in the middle of or after the n-th change of a file. */
interface Kill {
  readonly change: number;
  /** Part of the bytes of a write that arrive, 0 to 1. */
  readonly part: number;
}

interface Run {
  readonly model: ScriptedModel;
  /** Changes of files that the run made, or got to. */
  readonly changes: number;
  /** The history as every acknowledgement had it, the last one last. */
  readonly acknowledged: readonly RecordedMessage[];
  /** What the last rewrite was to put in place of the file. */
  readonly rewritten: string | undefined;
}

/** Starts the turn on the files of `host`; a process that is killed stands still for ever. */
async function play(host: TestHost, kill: Kill | undefined, compacts: boolean): Promise<Run> {
  const model = scriptedModel(host, SCRIPTS);
  let acknowledged: readonly RecordedMessage[] = [];
  let changes = 0;
  let isDead = false;
  let rewritten: string | undefined;
  const forever = new Promise<never>(() => {});
  const mortal: TestHost = {
    ...host,
    perform(kind, args, signal) {
      if (isDead) return forever;
      if (kind !== "fs.write" && kind !== "fs.move") return host.perform(kind, args, signal);
      const { path, data } = args as { path?: string; data?: Uint8Array };
      if (path?.endsWith(".tmp")) rewritten = new TextDecoder().decode(data);
      if (changes++ !== kill?.change) return host.perform(kind, args, signal);
      isDead = true;
      if (kill.part === 0) return forever;
      if (data !== undefined) host.fault = () => Math.floor(data.length * kill.part);
      host.perform(kind, args, signal).catch(() => {});
      return forever;
    },
  };
  const harness: Harness = {
    host: mortal,
    model: {
      provider: "p",
      stream(input, signal) {
        acknowledged = input.messages as readonly RecordedMessage[];
        return model.stream(input, signal);
      },
    },
    request,
    tools,
    shortenResults: false,
    ...(compacts
      ? {
          compaction: {
            strategy: tailSummaryStrategy({ keepMessages: 2 }),
            client: scriptedModel(host, [answer("summary"), answer("summary"), answer("summary")]),
            request,
            windowTokens: 150,
          },
        }
      : {}),
  };
  let isOver = false;
  const over = driveTurn(harness, { prompt: "go", contextPath: PATH }, () => !isDead).then(() => {
    isOver = true;
  });
  while (!isOver && !isDead) await settle();
  if (!isDead) await over;
  host.fault = undefined;
  return { model, changes, acknowledged, rewritten };
}

const linesOf = (messages: readonly RecordedMessage[]): readonly string[] => messages.map((one) => encodeLine(one)!);

describe.each([
  ["a conversation that grows", false],
  ["a conversation that is compacted", true],
])("%s", (_name, compacts) => {
  it("CTX-01 CTX-03 CTX-08 killed at every write: what was acknowledged is there, the file loads, the talk goes on", async () => {
    const { changes } = await play(createTestHost(), undefined, compacts);
    expect(changes).toBeGreaterThanOrEqual(compacts ? 7 : 5);
    for (let change = 0; change < changes; change++) {
      for (const part of [0, 0.01, 0.5, 0.99, 1]) {
        const host = createTestHost();
        const { acknowledged, rewritten } = await play(host, { change, part }, compacts);
        const where = `killed at change ${change}, ${part} of it done`;
        // Another process.
        const { messages } = await openContextFile(host, PATH);
        const found = linesOf(messages);
        const isAll = linesOf(acknowledged).every((line, at) => found[at] === line);
        // A rewrite that was killed after its rename has the compacted conversation in the place of the old one.
        expect(isAll || fileText(host, PATH) === rewritten, where).toBe(true);
        const next = scriptedModel(host, [answer("again")]);
        const end = await driveTurn(
          { host, model: next, request, tools },
          { prompt: "on", contextPath: PATH },
          () => true,
        );
        expect(end, where).toMatchObject({ type: "turn-end" });
        expect(brokenRules(next.inputs[0]!.messages), where).toEqual([]);
        const kept = linesOf(next.inputs[0]!.messages as readonly RecordedMessage[]);
        for (const line of found) expect(kept, where).toContain(line);
      }
    }
  });
});

describe("a disk that fails", () => {
  const message = (at: number): RecordedMessage => ({
    role: "user",
    content: `message ${at}: ${"ä😀".repeat(at % 5)}`,
  });

  /** What happens to one write: it works, part of it arrives, or all of it does and the disk says otherwise (fsync). */
  const fate = fc.oneof(
    { weight: 3, arbitrary: fc.constant("works" as const) },
    fc.constant("refused" as const),
    fc.constant("synced badly" as const),
    fc.constant("move fails" as const),
    fc.nat(40),
  );

  it("full, cut, synced badly, in any order: the next save that works has everything, once and in order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { maxLength: 12 }), fc.boolean(), async (fates, rewrites) => {
        const host = createTestHost();
        const { file } = await openContextFile(host, PATH);
        const history: RecordedMessage[] = [];
        let saved = 0;
        for (const [at, one] of [...fates, "works" as const].entries()) {
          history.push(message(at));
          const before = host.files.get(PATH);
          host.fault = (effect, path) => {
            if (one === "works") return undefined;
            if (one === "move fails") {
              if (effect === "fs.move") throw new HostError("other", effect, "move");
              return undefined;
            }
            if (effect !== "fs.write") return undefined;
            if (one === "refused") throw new HostError("no_space", effect, "full");
            if (one === "synced badly") {
              const whole = host.files.get(path) ?? new Uint8Array();
              host.files.set(
                path,
                new Uint8Array([...whole, ...new TextEncoder().encode(`${encodeLine(message(at))}\n`)]),
              );
              throw new HostError("other", effect, "fsync");
            }
            return one;
          };
          const isRewrite = rewrites && at % 3 === 2;
          const worked = isRewrite ? await file.replace(history) : await file.save(history, saved);
          if (worked) saved = history.length;
          host.fault = undefined;
          // Whatever happened, what was saved before is still there.
          const now = (await openContextFile(host, PATH)).messages;
          expect(now.slice(0, saved)).toEqual(history.slice(0, saved));
          if (!worked && isRewrite && one !== "works") expect(host.files.get(PATH)).toEqual(before);
        }
        expect(saved).toBe(history.length);
        expect((await openContextFile(host, PATH)).messages).toEqual(history);
      }),
      { numRuns: 300 },
    );
  });

  it("CTX-06 garbage anywhere: the file loads, and every line that was not hit, nor the end of the one before, is kept in order", () => {
    const messages = Array.from({ length: 6 }, (_, at) => message(at));
    const bytes = new TextEncoder().encode(
      linesOf(messages)
        .map((line) => `${line}\n`)
        .join(""),
    );
    return fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 30 }), fc.constant(new Uint8Array(20))),
        async (at, noise) => {
          const host = createTestHost();
          const damaged = bytes.slice();
          damaged.set(noise.subarray(0, damaged.length - at), at);
          host.files.set(PATH, damaged);
          const { messages: loaded } = await openContextFile(host, PATH);
          let start = 0;
          const untouched = messages.filter((one) => {
            const end = start + new TextEncoder().encode(encodeLine(one)!).length + 1;
            // A line whose beginning cannot be told is gone with the one before it.
            const isHit = at < end && at + noise.length > start - 1;
            start = end;
            return !isHit;
          });
          const texts = loaded.map((one) => JSON.stringify(one));
          let from = 0;
          for (const one of untouched) {
            const found = texts.indexOf(JSON.stringify(one), from);
            expect(found).toBeGreaterThanOrEqual(from);
            from = found + 1;
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("two writers", () => {
  it("what the other one has written is never overwritten, and both go on", async () => {
    const host = createTestHost();
    const first = (await openContextFile(host, PATH)).file;
    const mine: RecordedMessage[] = [{ role: "user", content: "mine" }];
    await first.save(mine, 0);
    const second = await openContextFile(host, PATH);
    const theirs: RecordedMessage[] = [...second.messages, { role: "user", content: "theirs" }];
    expect(await second.file.save(theirs, 1)).toBe(true);
    // A compaction on either side would throw the other's message away.
    expect(await first.replace([{ role: "user", content: "summary" }])).toBe(true);
    expect(fileText(host, PATH)).toContain("theirs");
    expect(host.log.some((entry) => entry.message.includes("Somebody else writes"))).toBe(true);
    mine.push({ role: "user", content: "mine again" });
    expect(await first.save(mine, 1)).toBe(true);
    const contents = (await openContextFile(host, PATH)).messages.map((one) =>
      one.role === "user" ? one.content : "",
    );
    expect(contents).toEqual(["mine", "theirs", "mine again"]);
  });

  it("a rewrite by the other one is noticed too; a file that is gone is made anew", async () => {
    const host = createTestHost();
    const first = (await openContextFile(host, PATH)).file;
    const long: RecordedMessage[] = [{ role: "user", content: "long ".repeat(50) }];
    await first.save(long, 0);
    const second = (await openContextFile(host, PATH)).file;
    await second.replace([{ role: "user", content: "short" }]);
    await first.replace([{ role: "user", content: "of the first" }]);
    expect(fileText(host, PATH)).toContain("short");
    host.files.delete(PATH);
    expect(await second.replace([{ role: "user", content: "anew" }])).toBe(true);
    expect(fileText(host, PATH)).toContain("anew");
  });

  it("two turns at once on one file: every line of both is there, and the file heals", async () => {
    const host = createTestHost();
    const models = [scriptedModel(host, SCRIPTS), scriptedModel(host, SCRIPTS)];
    await Promise.all(
      models.map((model, at) =>
        driveTurn({ host, model, request, tools }, { prompt: `talk ${at}`, contextPath: PATH }, () => true),
      ),
    );
    const { messages } = await openContextFile(host, PATH);
    // Two prompts, and for each talk four answers and four results.
    expect(messages).toHaveLength(18);
    const next = scriptedModel(host, [answer("ok")]);
    await driveTurn({ host, model: next, request, tools }, { prompt: "next", contextPath: PATH }, () => true);
    expect(brokenRules(next.inputs[0]!.messages)).toEqual([]);
  });
});
