import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Host } from "../../base/index.ts";
import { display } from "../../vm/index.ts";
import { createNodeHost, type NodeHost } from "../node-host/node-host.ts";
import { openSession, type Session } from "./session.ts";

let folder = "";
let host: NodeHost;
let session: Session;
let printed = "";
let onOutput: () => void = () => {};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "harn-session-"));
  host = createNodeHost({ cwd: folder, environment: {} });
  printed = "";
  onOutput = () => {};
  const write = (text: string): void => {
    printed += text;
    onOutput();
  };
  session = await openSession({ host, cwd: folder, output: { write } });
});
afterEach(async () => {
  await session.close();
  host.close();
  rmSync(folder, { recursive: true });
});

/** The value as it prints, or what went wrong in a word and a message. */
async function run(input: string): Promise<string> {
  const outcome = await session.run(input);
  switch (outcome.status) {
    case "ok":
      return outcome.value === undefined ? "" : display(outcome.value);
    case "refused":
      return `refused: ${outcome.diagnostics[0]?.diagnostic.message ?? ""}`;
    case "failed":
      return `failed: ${outcome.failure.display()}`;
    case "stopped":
      return "stopped";
  }
}

async function runAll(inputs: readonly string[]): Promise<string[]> {
  const results: string[] = [];
  for (const input of inputs) results.push(await run(input));
  return results;
}

describe("a session", () => {
  it.each<[string, string[], string[]]>([
    ["shows values, and nothing for statements", ["1 + 2", "let x = 1", "nil", "if true { 5 }"], ["3", "", "", "5"]],
    ["keeps variables", ["let x = 20", "var y = 1", "y = y + x", "y * 2"], ["", "", "", "42"]],
    [
      "keeps functions and types",
      ["struct P { x: int }", "fn make() { return P { x: 3 } }", "make().x"],
      ["", "", "3"],
    ],
    [
      "gives values the methods that come later",
      ["struct P { x: int }", "let p = P { x: 4 }", "impl P { fn twice(self) { return self.x * 2 } }", "p.twice()"],
      ["", "", "", "8"],
    ],
    [
      "lets enums be matched",
      ["enum E { A, B(n: int) }", "let e = E.B(7)", "match e { E.A -> { 0 } E.B(n) -> { n } }"],
      ["", "", "7"],
    ],
    [
      "takes anew what is declared anew",
      ["let x = 1", "let x = x + 1", "fn x() { return 9 }", "x()"],
      ["", "", "", "9"],
    ],
    [
      "shows functions the variables as they are",
      ["var n = 1", "fn f() { return n }", "n = 5", "f()"],
      ["", "", "", "5"],
    ],
    [
      "lets a function be mended",
      ["fn a() { return 1 }", "fn b() { return a() }", "fn a() { return 2 }", "b()"],
      ["", "", "", "2"],
    ],
    [
      "destructures",
      ["let {a, b: c} = {a: 1, b: 2}", "let [first, ...rest] = [1, 2, 3]", "[a, c, first, rest]"],
      ["", "", "[1, 2, 1, [2, 3]]"],
    ],
    ["copies on assignment", ["var a = [1]", "let b = a", "a[0] = 9", "[a, b]"], ["", "", "", "[[9], [1]]"]],
    ["keeps closures", ["let add = { a, b -> a + b }", "add(1, 2)"], ["", "3"]],
    [
      "keeps what tasks need",
      ["let c = channel(1)", "let t = spawn { receive(c) }", "send(c, 5)", "await(t)"],
      ["", "", "true", "5"],
    ],
    [
      "says what does not compile, and forgets it",
      ["let = 1", "nowhere(1)", 'let x: int = "a"', "1"],
      [
        "refused: Expected variable name or destructuring pattern, got = at 1:5",
        "refused: call target `nowhere` is not defined or imported",
        "refused: ",
        "1",
      ],
    ],
    ["goes on after an error", ["let x = 1 / 0", "let y = 2", "y"], ["failed: Division by zero", "", "2"]],
    [
      "keeps the earlier when the later fails",
      ["let x = 1", "let x = 1 / 0", "x"],
      ["", "failed: Division by zero", "1"],
    ],
    [
      "keeps what was set before an error",
      ["var n = 0", 'for i in 1 to 5 { n = i\n if i == 3 { throw "no" } }', "n"],
      ["", "failed: Thrown: no", "3"],
    ],
    [
      "does not judge again what does not fit any more",
      ["fn a() { return 1 }", "fn b() { return a() }", "let a = 5", "a"],
      ["", "", "", "5"],
    ],
    ["ends an input that returns", ["return 5", "1"], ["", "1"]],
    [
      "hands out no names of its own",
      ["__session_nothing", "1"],
      ["failed: Undefined variable: __session_nothing", "1"],
    ],
  ])("%s", async (_, inputs, results) => {
    const got = await runAll(inputs);
    expect(
      got.map((each, index) => (each.startsWith("refused: ") && results[index] === "refused: " ? "refused: " : each)),
    ).toEqual(results);
  });

  it("imports a module once, from the session's folder", async () => {
    writeFileSync(join(folder, "m.harn"), 'println("started")\nlet k = now_ms()\npub fn when() { return k }\n');
    expect(await runAll(['import { when } from "m"', "let a = when()", "a == when()"])).toEqual(["", "", "true"]);
    expect(await run('import "nowhere"')).toContain("refused: ");
    expect(await run('import "std/text"')).toBe("");
  });

  it("reads the project's manifest once; one with mistakes again, until they are mended", async () => {
    const manifest = join(folder, "harn.toml");
    let reads = 0;
    const counting: Host = {
      sync: host.sync,
      stream: host.stream,
      perform(kind, args, signal) {
        if (kind === "fs.read" && (args as { path: string }).path === manifest) reads++;
        return host.perform(kind, args, signal);
      },
    };
    writeFileSync(manifest, '[[hooks]]\nevent = "Nothing"\n');
    const other = await openSession({ host: counting, cwd: folder });
    const statuses: string[] = [];
    const run = async (input: string) => statuses.push((await other.run(input)).status);
    await run("1");
    await run("2");
    expect(reads).toBe(2);
    writeFileSync(manifest, '[package]\nname = "mended"\n');
    for (const input of ["3", "4", "5"]) await run(input);
    expect(reads).toBe(3);
    expect(statuses).toEqual(["refused", "refused", "ok", "ok", "ok"]);
    await other.close();
  });

  it("prints in order, and keeps the place of a function in traces", async () => {
    await run('println("one")');
    await run("fn bad() {\n  return 1 / 0\n}");
    const outcome = await session.run("bad()");
    if (outcome.status !== "failed") throw new Error(outcome.status);
    expect(printed).toBe("one\n");
    expect(outcome.failure.trace?.map(({ function: name, line }) => [name, line])).toEqual([
      ["bad", 3],
      ["<main>", 5],
    ]);
  });

  it("stops an input that runs for ever; what it had set stays, and finally blocks run", async () => {
    await run("var n = 0");
    onOutput = () => {
      onOutput = () => {};
      setImmediate(() => session.interrupt());
    };
    expect(await run('println("begun")\ntry { while true { n = n + 1 } } finally { println("cleaned") }')).toBe(
      "stopped",
    );
    expect(printed).toBe("begun\ncleaned\n");
    expect(Number(await run("n"))).toBeGreaterThan(0);
  });

  it("stops an input that waits, and leaves tasks of others alone", async () => {
    await run("let c = channel(1)\nlet t = spawn { receive(c) }");
    const waiting = run("sleep(1h)");
    setImmediate(() => session.interrupt());
    expect(await waiting).toBe("stopped");
    expect(await runAll(["send(c, 3)", "await(t)"])).toEqual(["true", "3"]);
  });

  it("tells of pipelines that nothing comes of them", async () => {
    expect(await session.run("pipeline p(task) { println(1) }")).toMatchObject({ status: "ok", hasPipelines: true });
    expect([printed, await run("1")]).toEqual(["", "1"]);
  });

  it("ends although tasks wait for ever", async () => {
    await run("let t = spawn { sleep(1h) }");
    await session.close();
  });
});
