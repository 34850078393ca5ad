/**
 * Real processes, killed with -9: at given lengths of their journal and after random times, again and again until the run
 * is over. Agents work in parallel, in steps with budgets; their tools append to a file (must not happen twice), run a
 * command that appends to another (neither) and replace a third. Somebody looks after each kill whether what is in doubt
 * has happened, as a person would, and says so.
 *
 * HARN_KILLS=60 kills so often; by default a handful.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createVirtualRandom } from "../../../src/base/index.ts";
import { type BundledHarn, bundleHarn } from "../../support/bundled-harn.ts";
import { type HarnExit, startHarn } from "../../support/harn-process.ts";
import { type BillingServer, startBillingServer } from "./billing-server.ts";

const KILLS = Number(process.env["HARN_KILLS"] ?? 14);
const KILLS_PER_RUN = 7;

const program = `
let options = {provider: "anthropic", model: "claude-sonnet-4-20250514", max_tokens: 200}
fn tools_of(name) {
  let notes = tool_define(tool_registry(), "note", "Keep a note", {
    parameters: {what: "string"},
    handler: { args ->
      append_file("notes.txt", "\${name} notes \${args.what}\\n")
      "kept"
    },
  })
  let orders = tool_define(notes, "order", "Order something", {
    parameters: {what: "string"},
    handler: { args -> shell("echo \${name} orders \${args.what} >> orders.txt").success },
  })
  return tool_define(orders, "keep", "Keep the last word", {
    parameters: {what: "string"},
    handler: { args -> write_file("last-\${name}.txt", args.what) },
  })
}
@step(name: "work", budget: {max_tokens: 20000})
fn work(name) {
  return agent_loop("Work as \${name}", "Be brief.", {
    ...options, tools: tools_of(name), tool_format: "native", max_iterations: 6,
  }).visible_text
}
@step(name: "praise", budget: {max_usd: 0.5})
fn praise(name) {
  let text = llm_call("Praise \${name}", nil, options).text
  append_file("praise.txt", "\${text}\\n")
  return text
}
@persona(name: "crew")
fn crew() {
  llm_budget(5.0)
  let reports = parallel each ["ann", "bob"] { name ->
    let report = work(name)
    println(report)
    [report, praise(name)]
  }
  let spent = llm_session_cost()
  return {reports: reports, spent: spent.total_cost, input: spent.input_tokens, output: spent.output_tokens}
}
let end = crew()
println(end.reports)
println(json_stringify({spent: end.spent, input: end.input, output: end.output}))
`;

let bundle: BundledHarn;
let server: BillingServer;
let folder = "";

beforeAll(async () => {
  [bundle, server] = await Promise.all([bundleHarn(), startBillingServer()]);
}, 60_000);
afterAll(async () => {
  bundle.remove();
  await server.close();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "harn-kill-lab-"));
  writeFileSync(join(folder, "crew.harn"), program);
  server.forget();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string): string => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "");
const linesOf = (name: string): string[] => read(name).trimEnd().split("\n").sort();
const JOURNAL = join(".harn", "runs", "crew.jsonl");
const journalBytes = (): number => (existsSync(join(folder, JOURNAL)) ? statSync(join(folder, JOURNAL)).size : 0);

const start = (args: readonly string[]) =>
  startHarn(args, {
    cwd: folder,
    stdin: "",
    bundle,
    environment: { ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "a-key-for-tests-only" },
  });

/** What somebody would say who has looked at what is there. */
function lookAt(said: string): string[] {
  const inDoubt = said.matchAll(/`(fs\.write|process\.run)` (\{.*?\}) \(entry (\d+)\)/g);
  return [...inDoubt].map(([, kind = "", args = "", entry]) => lookAtOne(kind, args, entry ?? ""));
}

function lookAtOne(kind: string, args: string, entry: string): string {
  const [, name, what] = /(\w+) (?:notes|orders) (\w+)/.exec(args) ?? [];
  const happened =
    name === undefined
      ? read("praise.txt").includes(/a good word about \w+/.exec(args)?.[0] ?? "?")
      : read(kind === "fs.write" ? "notes.txt" : "orders.txt").includes(
          `${name} ${kind === "fs.write" ? "notes" : "orders"} ${what}`,
        );
  return `${entry}=${happened ? "done" : "retry"}`;
}

interface Lives {
  readonly last: HarnExit;
  readonly kills: number;
  readonly printed: string;
}

/** @param whenToKill resolves when the process is to be killed; undefined: it may live */
async function liveUntilOver(whenToKill: (life: number) => (() => Promise<void>) | undefined): Promise<Lives> {
  const told: string[] = [];
  let kills = 0;
  let printed = "";
  for (let life = 0; life < 60; life++) {
    const inDoubt = told.flatMap((choice) => ["--in-doubt", choice]);
    const { child, ended } = start(["run", "--durable", "crew", "--receipt", "receipt.json", ...inDoubt, "crew.harn"]);
    const wait = whenToKill(kills);
    let over = false;
    void ended.then(() => {
      over = true;
    });
    if (wait) {
      await Promise.race([wait(), ended]);
      if (!over && child.kill("SIGKILL")) kills++;
    }
    const last = await ended;
    printed += last.out;
    if (last.signal === "SIGKILL") {
      // What was said is out of date: that process may have done it.
      told.length = 0;
      continue;
    }
    told.splice(0, told.length, ...lookAt(last.err));
    if (told.length === 0) return { last, kills, printed };
  }
  throw new Error("The run is never over");
}

interface Ledger {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly attempts: number;
}

interface ShownPlace {
  readonly effects: readonly { readonly kind: string; readonly attempts: number; readonly outcome: string }[];
  readonly steps: readonly ShownStep[];
  readonly children: readonly ShownTask[];
}

interface ShownTask extends ShownPlace {
  readonly usage: Readonly<Record<string, number>>;
}

interface ShownStep extends ShownPlace {
  readonly step: string;
  readonly outcome: string;
}

async function ledger(): Promise<Ledger & { readonly cut: number; readonly steps: readonly string[] }> {
  const { out } = await start(["runs", "show", "crew", "--json"]).ended;
  const { tasks } = JSON.parse(out) as { tasks: readonly ShownTask[] };
  const sum = (name: string) => tasks.reduce((total, { usage }) => total + (usage[name] ?? 0), 0);
  const within = (place: ShownPlace): readonly ShownPlace[] => [...place.steps, ...place.children];
  const all = (place: ShownPlace): ShownPlace["effects"] => [...place.effects, ...within(place).flatMap(all)];
  const stepsOf = (place: ShownPlace): readonly ShownStep[] => [...place.steps, ...within(place).flatMap(stepsOf)];
  const calls = tasks.flatMap(all).filter(({ kind }) => kind === "model.stream");
  return {
    inputTokens: sum("inputTokens"),
    outputTokens: sum("outputTokens"),
    attempts: calls.reduce((total, { attempts }) => total + attempts, 0),
    cut: calls.filter(({ outcome }) => outcome !== "done").length,
    steps: tasks.flatMap(stepsOf).map(({ step, outcome }) => `${step} ${outcome}`),
  };
}

interface Receipt {
  readonly steps: readonly { readonly name: string; readonly status: string; readonly input_tokens?: number }[];
}

/** What must hold when the run is over, however often it was killed. */
async function expectUndisturbed({ last, kills, printed }: Lives, what: string): Promise<void> {
  expect({ code: last.code, err: last.err }, what).toEqual({ code: 0, err: "" });
  expect(printed, what).toContain(
    "[[ann has done four things, a good word about ann], [bob has done four things, a good word about bob]]",
  );
  expect(linesOf("notes.txt"), what).toEqual(["ann notes one", "ann notes two", "bob notes one", "bob notes two"]);
  expect(linesOf("orders.txt"), what).toEqual(["ann orders paper", "bob orders paper"]);
  expect(linesOf("praise.txt"), what).toEqual(["a good word about ann", "a good word about bob"]);
  expect([read("last-ann.txt"), read("last-bob.txt")], what).toEqual(["last", "last"]);

  const { steps } = JSON.parse(read("receipt.json")) as Receipt;
  const completed = ["praise completed", "praise completed", "work completed", "work completed"];
  expect(steps.map(({ name, status }) => `${name} ${status}`).sort(), what).toEqual(completed);

  const books = await ledger();
  // Each begins and ends once in the log, in whichever process.
  expect(books.steps.toSorted(), what).toEqual(completed);
  const bill = server.bill();
  // A call whose intent was stored and that was never sent is taken to have been made: at most one for each task and kill.
  const unsent = books.attempts - bill.calls;
  expect(unsent, what).toBeGreaterThanOrEqual(0);
  expect(unsent, what).toBeLessThanOrEqual(2 * kills);
  expect(books.inputTokens, what).toBeGreaterThanOrEqual(bill.inputTokens);
  // Of an answer that was cut only the beginning is known.
  if (books.cut === 0) expect(books.outputTokens, what).toBeGreaterThanOrEqual(bill.outputTokens);
  if (unsent === 0) expect(books.inputTokens, what).toBe(bill.inputTokens);
  if (unsent === 0 && books.cut === 0) expect(books.outputTokens, what).toBe(bill.outputTokens);

  const spent = JSON.parse(printed.trimEnd().split("\n").at(-1) ?? "{}") as { input: number };
  expect(spent.input, what).toBe(books.inputTokens);
  const replayed = await start(["replay", JOURNAL]).ended;
  expect([replayed.code, replayed.err], what).toEqual([0, ""]);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("killed with -9", () => {
  let wholeBytes = 0;
  let kills = 0;

  it("never", { timeout: 60_000 }, async () => {
    const lives = await liveUntilOver(() => undefined);
    await expectUndisturbed(lives, "whole");
    expect(server.bill().calls).toBe(8);
    wholeBytes = journalBytes();
  });

  it(`${KILLS} times or more, all over the journal and at random`, { timeout: 600_000 }, async () => {
    const seed = Number(process.env["HARN_SEED"] ?? 7);
    const random = createVirtualRandom(seed);
    for (let run = 0; kills < KILLS; run++) {
      rmSync(folder, { recursive: true, force: true });
      folder = mkdtempSync(join(tmpdir(), "harn-kill-lab-"));
      writeFileSync(join(folder, "crew.harn"), program);
      server.forget();
      // Even runs die where their journal has grown to the next of these lengths, odd ones after a random time.
      const lengths = Array.from({ length: KILLS_PER_RUN }, () => random.float() * wholeBytes).sort((a, b) => a - b);
      const atLength = (length: number) => async () => {
        while (journalBytes() < length) await pause(1);
      };
      const afterGrowth = (ms: number) => async () => {
        const before = journalBytes();
        while (journalBytes() === before) await pause(1);
        await pause(ms);
      };
      const lives = await liveUntilOver((killed) => {
        const length = lengths[killed];
        if (length === undefined) return undefined;
        return run % 2 === 0 ? atLength(length) : afterGrowth(Math.floor(random.float() * 40));
      });
      kills += lives.kills;
      await expectUndisturbed(lives, `seed ${seed}, run ${run}, ${lives.kills} kills`);
    }
  });
});
