/** Runs on the command line, as users type it: record, replay, go on, look, branch off, make a test; and bad input of each. */

import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { JOURNAL_VERSION } from "../../src/journal/index.ts";
import { type BundledHarn, bundleHarn } from "../support/bundled-harn.ts";
import { startHarn } from "../support/harn-process.ts";

let bundle: BundledHarn;
let folder = "";

const program = `println("rolled \${random_int(1, 1000000)}")
let notes = parallel each ["a", "b"] { n ->
  append_file("out.txt", "\${n}\\n")
  sleep(5ms)
  shell("echo \${n}").stdout.trim()
}
println(notes)
`;

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const read = (name: string): string => readFileSync(join(folder, name), "utf8");
const harn = (...args: string[]) => startHarn(args, { cwd: folder, stdin: "", bundle }).ended;
const RUNS = join(".harn", "runs");
const logOf = (id: string): string => join(RUNS, `${id}.jsonl`);

/** The first entry of that kind. */
function entryOf(id: string, kind: string): number {
  const line = read(logOf(id))
    .split("\n")
    .find((text) => text.includes(`"kind":"${kind}"`));
  return (JSON.parse(line ?? "{}") as { seq: number }).seq;
}

beforeAll(async () => {
  bundle = await bundleHarn();
  folder = mkdtempSync(join(tmpdir(), "harn-runs-"));
  write("agent.harn", program);
  expect((await harn("run", "--durable", "nightly", "agent.harn")).code).toBe(0);
}, 60_000);
afterAll(() => {
  bundle.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe("recordings", () => {
  it("are played back without doing anything, and name the place where a program parts from them", async () => {
    const recorded = await harn("run", "--record", "recs", "agent.harn");
    expect([recorded.code, recorded.err]).toEqual([0, expect.stringMatching(/^Recorded as .*agent-.*\.jsonl\n$/)]);
    const before = read("out.txt");
    expect(await harn("replay", "recs")).toEqual({ code: 0, signal: null, out: recorded.out, err: "" });
    expect(read("out.txt")).toBe(before);

    write("agent.harn", program.replace("echo ", "echo x"));
    const { code, err } = await harn("replay", "recs");
    write("agent.harn", program);
    expect(code).toBe(1);
    expect(err).toContain("has changed since it was recorded");
    expect(err).toContain(" --> agent.harn:5");
    expect(err).toMatch(/recorded: process\.run at entry \d+, in .*: \{"command":"echo a"/);
    expect(err).toMatch(/asked: {4}process\.run, in .*: \{"command":"echo xa"/);
    expect(err).toContain('at command: recorded "echo a", asked "echo xa"');
  });
});

describe("runs with steps", () => {
  it("tell what each step took, when they run and whenever they are played back", async () => {
    write(
      "steps.harn",
      '@step(name: "greet", budget: {max_tokens: 100})\nfn greet() { return "hi" }\nprintln(greet())\n',
    );
    const run = await harn("run", "--record", "stepped", "--receipt", "-", "steps.harn");
    expect([run.code, run.out]).toEqual([0, "hi\n"]);
    expect(run.err).toMatch(/\ngreet +completed/);
    const replayed = await harn("replay", "--receipt", "-", "stepped");
    expect([replayed.code, replayed.out]).toEqual([0, "hi\n"]);
    expect(replayed.err).toMatch(/\ngreet +completed/);
    expect((await harn("replay", "--receipt", "told.json", "stepped")).code).toBe(0);
    expect(JSON.parse(read("told.json"))).toMatchObject({ steps: [{ name: "greet", status: "completed" }] });
  });
});

describe("issue 7: the steps of a run", () => {
  const stepped = `
@step(budget: {max_tokens: 10}, error_boundary: "continue")
fn dream(what) { return llm_call(what, nil, {provider: "mock", model: "m"}).text }
@step
fn plan(names) { return parallel each names { name -> dream(name) } }
@persona(name: "captain")
fn captain() { return plan(["a", "b"]) }
llm_mock({text: "one", input_tokens: 4, output_tokens: 2})
llm_mock({text: "two", input_tokens: 40, output_tokens: 20})
println(captain())
sleep(1ms)
`;

  it("are shown with what was asked in them and their bills, as text and as JSON", async () => {
    write("tree.harn", stepped);
    expect((await harn("run", "--durable", "tree", "tree.harn")).code).toBe(0);
    const { out } = await harn("runs", "show", "tree");
    const plain = out.replace(/, \$[\d.]+| {2}\d+ ms|#\d+ /g, "").split("\n");
    expect(plain.slice(1, 8)).toEqual([
      "  task_root",
      "    step captain.plan  completed",
      "      task_root:parallel:1:0",
      expect.stringMatching(/^ {8}step captain\.dream {2}completed {2}\(llmCalls 1, inputTokens 4, outputTokens 2\)/),
      "      task_root:parallel:1:1",
      expect.stringMatching(
        /^ {8}step captain\.dream {2}skipped {2}\(llmCalls 1, inputTokens 40, outputTokens 20\): .*budget/,
      ),
      expect.stringMatching(/^ {4}console\.write/),
    ]);
    const { tasks } = JSON.parse((await harn("runs", "show", "tree", "--json")).out) as { tasks: { steps: unknown }[] };
    expect(tasks[0]?.steps).toMatchObject([
      {
        step: "plan",
        persona: "captain",
        outcome: "completed",
        children: [
          { steps: [{ step: "dream", outcome: "completed", model: "m", usage: { llmCalls: 1, inputTokens: 4 } }] },
          { steps: [{ step: "dream", outcome: "skipped", error: expect.stringContaining("budget") }] },
        ],
      },
    ]);
  });

  it("of a run that was cut are in-flight, and who works on a run is told", { timeout: 60_000 }, async () => {
    write(
      "slow.harn",
      '@step\nfn wait() {\n  write_file("up.txt", "up")\n  sleep(60s)\n}\nprintln("before")\nwait()\n',
    );
    const running = startHarn(["run", "--durable", "slow", "slow.harn"], { cwd: folder, stdin: "", bundle });
    while (!existsSync(join(folder, "up.txt"))) await new Promise((done) => setTimeout(done, 20));
    const { pid } = running.child;
    const live = await harn("runs", "show", "slow");
    expect(live.out.split("\n")[0]).toMatch(new RegExp(`^run slow {2}running in process ${pid} {2}\\d+ entries$`));
    expect(live.out).toMatch(/#\d+ step wait {2}in-flight\n/);
    expect((await harn("runs")).out).toMatch(/ {2}running {4}slow {2}/);
    expect((await harn("runs", "to-test", "slow")).err).toContain("Run slow is not over; wait for it first");
    const busy = await harn("resume", "slow");
    expect([busy.code, busy.err]).toEqual([1, expect.stringContaining(`is being worked on by process ${pid}`)]);

    running.child.kill("SIGKILL");
    await running.ended;
    expect((await harn("runs")).out).toMatch(/ {2}cut off {4}slow {2}/);
    const { out } = await harn("runs", "show", "slow");
    expect(out.split("\n")[0]).toMatch(/^run slow {2}cut off {2}\d+ entries$/);
    expect(out).toMatch(/#\d+ step wait {2}in-flight\n/);

    // Its recording ends where it was cut, which is nobody's mistake.
    const replayed = await harn("replay", "slow");
    expect([replayed.code, replayed.out]).toEqual([1, "before\n"]);
    expect(replayed.err).toContain("The run was not over, and its recording ends here");
    expect(replayed.err).toContain("slow.harn:4");
    expect(replayed.err).toContain("hint: Resume the run to go on from here");
    expect(replayed.err).not.toMatch(/recorded:|asked:| in vm|1000000000000000/);
  });
});

describe("durable runs", () => {
  it("that are over say so and do nothing", async () => {
    const before = read("out.txt");
    expect(await harn("run", "--durable", "nightly", "agent.harn")).toMatchObject({
      code: 0,
      out: "",
      err: "Run nightly is over (completed); harn replay shows it again\n",
    });
    expect(read("out.txt")).toBe(before);
  });

  it.each([
    [
      "another program",
      ["other.harn"],
      /Expected .*agent\.harn, the program of run "nightly", found .*other\.harn; choose/,
    ],
    [
      "other arguments",
      ["agent.harn", "--", "x"],
      /Expected the arguments \[\] of run "nightly", found \["x"\]; choose/,
    ],
  ])("are not gone on with by %s", async (_name, args, message) => {
    write("other.harn", 'println("other")\n');
    const { code, out, err } = await harn("run", "--durable", "nightly", ...args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
  });

  it("of code on the command line are not gone on with by other code", async () => {
    expect((await harn("run", "--durable", "inline", "-e", "println(1)")).out).toBe("1\n");
    const { code, err } = await harn("run", "--durable", "inline", "-e", "println(2)");
    expect(code).toBe(2);
    expect(err).toContain('Expected the code that run "inline" was begun with, found other code');
  });
});

describe("looking back", () => {
  it("lists runs, newest first, and a copy is another run", async () => {
    copyFileSync(join(folder, logOf("nightly")), join(folder, logOf("copy")));
    const { out } = await harn("runs");
    expect(out).toMatch(/^\S+Z {2}completed {2}copy {2}agent\.harn$/m);
    expect(out).toMatch(/^\S+Z {2}completed {2}nightly {2}agent\.harn$/m);
    const listed = JSON.parse((await harn("runs", "--json")).out) as { id: string }[];
    expect(listed.map(({ id }) => id)).toEqual(expect.arrayContaining(["copy", "nightly"]));
    rmSync(join(folder, logOf("copy")));
  });

  it("shows the tree of tasks, as text and as JSON", async () => {
    const { out } = await harn("runs", "show", "nightly");
    expect(out).toMatch(/^run nightly {2}completed {2}\d+ entries\n {2}task_root\n/);
    expect(out).toMatch(/\n {4}task_root:parallel:1:1\n {6}#\d+ fs\.write \{.*\} {2}done {2}\d+ ms\n/);
    const shown = JSON.parse((await harn("runs", "show", "nightly", "--json")).out) as {
      info: { id: string };
      tasks: { task: string; children: unknown[] }[];
    };
    expect(shown.info.id).toBe("nightly");
    expect(shown.tasks).toEqual([
      expect.objectContaining({ task: "task_root", children: [{}, {}].map(() => expect.anything()) }),
    ]);
  });
});

describe("forks", () => {
  it("go on from an entry with another program, and do what comes after it again", async () => {
    const at = entryOf("nightly", "process.run") - 1;
    const forked = await harn("runs", "fork", "nightly", "--at", String(at), "--as", "branch");
    expect(forked.out).toContain("Go on with: harn run --durable branch agent.harn\n");
    write("shouting.harn", program.replace(".trim()", ".trim().upper()"));
    const { code, out, err } = await harn("run", "--durable", "branch", "shouting.harn");
    expect({ code, out, err }).toMatchObject({
      code: 0,
      out: expect.stringContaining("[A, B]\n"),
      err: "harn: Run branch was begun by agent.harn, and goes on with shouting.harn; the run may part from the recording\n",
    });
    expect((await harn("runs", "show", "branch")).out).toContain(`forked from nightly at ${at}`);
    const json = await harn("runs", "fork", "nightly", "--at", "3", "--as", "other", "--json");
    expect(JSON.parse(json.out)).toMatchObject({ id: "other", entries: 4 });
  });

  it.each([
    [["--at", "9999"], 1, "Expected an entry from -1 to"],
    [["--at", "x"], 2, "Expected a whole number"],
    [[], 2, "required option '--at <seq>' not specified"],
    [["--at", "3", "--as", "nightly"], 1, ".harn/runs/nightly.jsonl is there already; choose another id with --as"],
    [["--at", "3", "--as", "../x"], 1, "Expected a run id of 1 to 128 letters"],
  ])("%j is refused", async (args, code, message) => {
    const forked = await harn("runs", "fork", "nightly", ...args);
    expect([forked.code, forked.out]).toEqual([code, ""]);
    expect(forked.err).toContain(message);
  });
});

describe("tests made of runs", () => {
  it("pass offline, and fail when the program does something else", async () => {
    const made = await harn("runs", "to-test", "nightly", "--out", "tests");
    expect(made.out).toBe(
      "Wrote tests/nightly.recording.jsonl\nRun it with: harn test tests/nightly.recording.jsonl\n".replaceAll(
        "/",
        join("/"),
      ),
    );
    const passed = await harn("test", "tests");
    expect([passed.code, passed.out]).toEqual([0, expect.stringContaining("1 passed, 0 failed")]);
    write("agent.harn", program.replace("echo ", "echo x"));
    const failed = await harn("test", "tests");
    write("agent.harn", program);
    expect([failed.code, failed.out + failed.err]).toEqual([1, expect.stringContaining("agent.harn:5")]);
  });
});

describe("what is no run", () => {
  it.each([
    ["show", ["show", "nope"], "There is no run nope in .harn/runs"],
    ["fork", ["fork", "nope", "--at", "1"], "There is no run nope in .harn/runs"],
    ["to-test", ["to-test", "nope", "--out", "tests"], "There is no run nope in .harn/runs"],
    ["list", ["list", "nowhere"], "Cannot find nowhere"],
  ])("runs %s", async (_name, args, message) => {
    expect(await harn("runs", ...args)).toEqual({ code: 2, signal: null, out: "", err: `harn: ${message}\n` });
  });

  it("a test that is there already, and a file that is no run", async () => {
    expect((await harn("runs", "to-test", "nightly", "--out", "twice")).code).toBe(0);
    expect(await harn("runs", "to-test", "nightly", "--out", "twice")).toMatchObject({
      code: 1,
      err: "harn: twice/nightly.recording.jsonl is there already; remove it, or choose another folder with --out\n",
    });
    expect((await harn("replay", "agent.harn")).err).toBe(
      "harn: Expected a run, which is a folder or a file *.jsonl, found agent.harn\n",
    );
  });

  it("what is no run is never written over", async () => {
    write("notes.jsonl", "to do: buy milk\n");
    const { code, err } = await harn("run", "--durable", "notes", "--runs-dir", ".", "agent.harn");
    expect([code, err]).toEqual([1, expect.stringContaining("notes.jsonl is damaged: Expected a journal header")]);
    expect(read("notes.jsonl")).toBe("to do: buy milk\n");
  });

  it.each(["replay", "resume"])("%s", async (command) => {
    expect(await harn(command, "nowhere")).toMatchObject({
      code: 2,
      out: "",
      err: "harn: Cannot find nowhere: there is no such file or folder, and no such run in .harn/runs\n",
    });
  });

  const damages: [string, (log: string) => string, string][] = [
    [
      "damaged",
      (log) => log.replace(/(?<=\n.*\n).*/, "garbage{"),
      ".harn/runs/hurt.jsonl is damaged: Expected JSON in line 3 of journal `hurt`, found none; what stands before it is sound",
    ],
    [
      "newer",
      (log) => log.replace(`"version":${JOURNAL_VERSION}`, '"version":99'),
      `.harn/runs/hurt.jsonl: Expected a journal of version 1 to ${JOURNAL_VERSION}, found version 99; read it with the release that wrote it`,
    ],
    [
      "foreign",
      () => '{"a":1}\n',
      ".harn/runs/hurt.jsonl is damaged: Expected a journal header in line 1 of `hurt`, found something else",
    ],
    [
      "no journal at all",
      () => "to do: buy milk\n",
      ".harn/runs/hurt.jsonl is damaged: Expected a journal header in line 1 of `hurt`, found something else",
    ],
    ["empty", () => "", ".harn/runs/hurt.jsonl holds no run: it is empty, or its first line was never finished"],
  ];

  it.each(damages)(
    "a run that is %s is one line for every command",
    { timeout: 60_000 },
    async (_name, damage, message) => {
      writeFileSync(join(folder, logOf("hurt")), damage(read(logOf("nightly"))));
      const commands = [
        ["replay", logOf("hurt")],
        ["resume", logOf("hurt")],
        ["runs", "show", "hurt"],
        ["runs", "fork", "hurt", "--at", "2", "--as", "healed"],
        ["runs", "to-test", "hurt", "--out", "tests"],
      ];
      for (const command of commands) {
        const { code, out, err } = await harn(...command);
        expect([code, out], command.join(" ")).toEqual([1, ""]);
        expect(err, command.join(" ")).toContain(`harn: ${message}`);
        expect(err.trimEnd().split("\n"), command.join(" ")).toHaveLength(1);
      }
      expect((await harn("runs")).code).toBe(0);
      rmSync(join(folder, logOf("hurt")));
      expect(existsSync(join(folder, logOf("healed")))).toBe(false);
      expect(existsSync(join(folder, "tests", "hurt.recording.jsonl"))).toBe(false);
    },
  );
});
