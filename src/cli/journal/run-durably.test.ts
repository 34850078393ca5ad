import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defineTool, runAgent } from "../../agent/index.ts";
import { CancelToken, HarnError, type Host } from "../../base/index.ts";
import { createJsonlStore, DriftError, type JournalHost, openJournal, showRun } from "../../journal/index.ts";
import { createLlm } from "../../llm/index.ts";
import { createSteps, NO_CARRIER } from "../../steps/index.ts";
import { createVirtualHost, type FakeTurn, fakeScript, fakeStream, fakeToolCall } from "../../testing/index.ts";
import { openJournalFolder } from "./journal-folder.ts";
import { runDurably } from "./run-durably.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "harn-durable-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ordersLamp = fakeStream([fakeToolCall("buy", { article: "lamp" })]);
const answers = fakeStream(["A lamp is on its way."]);

const world = (...turns: readonly FakeTurn[]) => createVirtualHost({ model: fakeScript(...turns) });

/** An agent that orders what is needed, and writes down that it did. */
async function shop(host: Host, onOrder: () => void = () => {}): Promise<string> {
  const buy = defineTool({
    name: "buy",
    description: "Order an article",
    input: { type: "object", required: ["article"], properties: { article: { type: "string" } } },
    async execute({ article }) {
      await host.perform("fs.write", { path: "orders.txt", data: `${String(article)}\n`, append: true });
      onOrder();
      return "ordered";
    },
  });
  const llm = createLlm({ host, provider: "fake", model: "scripted" });
  return (await runAgent({ llm, tools: [buy], prompt: "We need a lamp" })).text;
}

describe("work that outlives its process", () => {
  it("begins, and gives the same result again without doing anything", async () => {
    const first = world(ordersLamp, answers);
    const settings = { id: "lamp", folder };
    expect(await runDurably({ ...settings, host: first }, shop)).toBe("A lamp is on its way.");
    expect(first.files.readText("orders.txt")).toBe("lamp\n");
    first.assertModelFinished();

    const second = world();
    expect(await runDurably({ ...settings, host: second }, shop)).toBe("A lamp is on its way.");
    expect(second.requests.model).toEqual([]);
    expect(() => second.files.readText("orders.txt")).toThrow();
    // Neither a lock nor anything else is left.
    expect(readdirSync(folder)).toEqual(["lamp.jsonl"]);
  });

  it("is left by a signal, and goes on: what was done is not done again", async () => {
    const first = world(ordersLamp);
    const signal = new CancelToken();
    const left = runDurably({ id: "lamp", folder, host: first, signal }, (host) =>
      shop(host, () => signal.cancel(new Error("shutting down"))),
    );
    await expect(left).rejects.toThrow("shutting down");
    expect(readFileSync(join(folder, "lamp.jsonl"), "utf8")).not.toContain('"finish"');

    const second = world(answers);
    expect(await runDurably({ id: "lamp", folder, host: second }, shop)).toBe("A lamp is on its way.");
    second.assertModelFinished();
    expect(() => second.files.readText("orders.txt")).toThrow();
  });

  it("has its steps in the log, once each, across processes", async () => {
    const work = (stop?: () => void) => async (host: JournalHost) => {
      const steps = createSteps({ carrier: NO_CARRIER, journal: host });
      const plan = steps.step({ name: "plan" }, async () => host.perform("fs.write", { path: "plan.txt", data: "p" }));
      const order = steps.step({ name: "order" }, () => shop(host, stop));
      await plan();
      return order();
    };
    const signal = new CancelToken();
    const first = world(ordersLamp);
    const left = runDurably(
      { id: "lamp", folder, host: first, signal },
      work(() => signal.cancel(new Error("shutting down"))),
    );
    await expect(left).rejects.toThrow("shutting down");
    await runDurably({ id: "lamp", folder, host: world(answers) }, work());

    const store = createJsonlStore(openJournalFolder(folder));
    const [main] = showRun(await openJournal(store, "lamp")).tasks;
    expect(main?.steps.map(({ step, outcome }) => [step, outcome])).toEqual([
      ["plan", "completed"],
      ["order", "completed"],
    ]);
    const kinds = main?.steps.map(({ effects }) => effects.map(({ kind }) => kind));
    expect(kinds?.[0]).toEqual(["fs.write"]);
    expect(kinds?.[1]).toContain("model.stream");
  });

  it("a signal that fired before begins nothing", async () => {
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(runDurably({ id: "lamp", folder, host: world(), signal }, shop)).rejects.toThrow("too late");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("what was under way stops when the run is left", async () => {
    const host = world();
    const signal = new AbortController();
    const left = runDurably({ id: "nap", folder, host, signal: signal.signal }, async (durable) => {
      const nap = durable.perform("sleep", { ms: 60_000 });
      setImmediate(() => signal.abort(new Error("enough")));
      await nap;
    });
    await expect(left).rejects.toThrow("enough");
    expect(host.clock.elapsedMs).toBe(0);
  });

  it("fails as it failed: the error again, and nothing done", async () => {
    const work = async (host: Host): Promise<never> => {
      await host.perform("fs.write", { path: "half.txt", data: "x" });
      throw new HarnError("shop.closed", "The shop is closed");
    };
    const second = world();
    await expect(runDurably({ id: "f", folder, host: world() }, work)).rejects.toThrow("The shop is closed");
    await expect(runDurably({ id: "f", folder, host: second }, work)).rejects.toThrow("The shop is closed");
    expect(() => second.files.readText("half.txt")).toThrow();
  });

  it("other work under the same id drifts", async () => {
    await runDurably({ id: "a", folder, host: world() }, async (host) => host.sync("env.get", { name: "A" }));
    const other = runDurably({ id: "a", folder, host: world() }, async (host) => host.sync("env.get", { name: "B" }));
    await expect(other).rejects.toThrow(DriftError);
  });

  it("other work does not end a run that was left", async () => {
    const asks = (name: string) => async (host: Host) => host.sync("env.get", { name });
    const signal = new CancelToken();
    const left = runDurably({ id: "a", folder, host: world(), signal }, async (host) => {
      await asks("A")(host);
      signal.cancel(new Error("left"));
    });
    await expect(left).rejects.toThrow("left");
    const other = runDurably({ id: "a", folder, host: world() }, async (host) => {
      try {
        return await asks("B")(host);
      } catch (cause) {
        throw new Error("no luck", { cause });
      }
    });
    await expect(other).rejects.toThrow("no luck");
    expect(await runDurably({ id: "a", folder, host: world() }, asks("A"))).toBeUndefined();
  });

  it("one at a time works on a run", async () => {
    const first = runDurably({ id: "a", folder, host: world() }, async () => {
      const second = runDurably({ id: "a", folder, host: world() }, async () => 2);
      await expect(second).rejects.toMatchObject({ code: "journal.busy" });
      return 1;
    });
    expect(await first).toBe(1);
  });

  it("an id is a plain name", async () => {
    await expect(runDurably({ id: "../x", folder, host: world() }, shop)).rejects.toMatchObject({
      code: "journal.invalid_id",
    });
  });
});

describe("what was under way and may have happened", () => {
  const order = async (host: Host): Promise<number | null> => {
    const { exitCode } = await host.perform("process.run", { command: "order", args: ["lamp"] });
    return exitCode;
  };

  /** Leaves the run while the command is under way. */
  async function leaveInTheMiddle(): Promise<void> {
    const signal = new CancelToken();
    const host = world();
    const busy: Host = {
      ...host,
      perform: (kind, args, stop) => {
        if (kind !== "process.run") return host.perform(kind, args, stop);
        setImmediate(() => signal.cancel(new Error("killed")));
        return new Promise(() => {});
      },
    };
    await expect(runDurably({ id: "o", folder, host: busy, signal }, order)).rejects.toThrow("killed");
  }

  it("is not done again unasked: the run stays as it is", async () => {
    await leaveInTheMiddle();
    const again = runDurably({ id: "o", folder, host: world() }, order);
    await expect(again).rejects.toMatchObject({ code: "journal.in_doubt" });
    await expect(again).rejects.toThrow(/process\.run.*order.*may or may not have happened.*`decide`/);
    expect(readFileSync(join(folder, "o.jsonl"), "utf8")).not.toContain('"finish"');
  });

  it("is what `decide` says it is", async () => {
    await leaveInTheMiddle();
    const none = new Uint8Array(0);
    const asked: string[] = [];
    const result = await runDurably(
      {
        id: "o",
        folder,
        host: world(),
        decide(effect) {
          asked.push(effect.kind);
          return {
            action: "result",
            result: { exitCode: 7, signal: null, stdout: none, stderr: none, timedOut: false },
          };
        },
      },
      order,
    );
    expect([result, asked]).toEqual([7, ["process.run"]]);
  });
});
