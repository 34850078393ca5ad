/** A durable run with models, by the command: killed, it goes on from its snapshot, or from its log when that is no good. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createTextDigest } from "../../src/journal/index.ts";
import { useBundledHarn } from "../support/bundled-harn.ts";
import { startHarn } from "../support/harn-process.ts";

const at = useBundledHarn();

/** Enough for a snapshot. */
const CALLS = 100;
const PROGRAM = `var total = 0
for i in 1 to ${CALLS} {
  llm_mock({text: "answer \${i}", input_tokens: i, output_tokens: 1})
  total = total + len(llm_call("question \${i}", nil, {provider: "mock"}).text)
}
println("ready")
println("got " + prompt_user("? "))
println(total)
println(llm_session_cost().input_tokens)
println(len(llm_mock_calls()))
`;
const RUNS = join(".harn", "runs");
const snapshotFile = (): string => join(at.folder, RUNS, "job.snapshot");
const harn = (args: readonly string[], stdin?: string) =>
  startHarn(args, { cwd: at.folder, bundle: at.bundle, ...(stdin === undefined ? {} : { stdin }) });

/** Killed while it waits for the user. */
async function begun(): Promise<void> {
  writeFileSync(join(at.folder, "agent.harn"), PROGRAM);
  const run = harn(["run", "--durable", "job", "agent.harn"]);
  await run.printed("ready");
  await run.printed("?");
  await until(isSnapshotWritten);
  run.child.kill("SIGKILL");
  await run.ended;
}

/** The file is there before all of it is. */
function isSnapshotWritten(): boolean {
  if (!existsSync(snapshotFile())) return false;
  const text = readFileSync(snapshotFile(), "utf8");
  try {
    return (
      text.endsWith("\n") &&
      text
        .trimEnd()
        .split("\n")
        .every((line) => JSON.parse(line) !== undefined)
    );
  } catch {
    return false;
  }
}

async function until(holds: () => boolean): Promise<void> {
  // Another process makes it true; looking is all that can be done.
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Head and machine of a snapshot that says of itself that it is whole. */
function rewritten(change: (snapshot: { version: number; machine: Record<string, unknown> }) => void): void {
  const [head = "", body = ""] = readFileSync(snapshotFile(), "utf8").split("\n");
  const snapshot = JSON.parse(body) as { version: number; machine: Record<string, unknown> };
  change(snapshot);
  const text = JSON.stringify(snapshot);
  const { digest: _old, ...about } = JSON.parse(head) as Record<string, unknown>;
  const digest = createTextDigest()(`${JSON.stringify(about)}\n${text}`);
  writeFileSync(snapshotFile(), `${JSON.stringify({ ...about, digest })}\n${text}\n`);
}

describe("a durable run with models", () => {
  it("tells of its snapshot and goes on from it", { timeout: 60_000 }, async () => {
    await begun();
    const { out } = await harn(["runs", "show", "job"], "").ended;
    expect(out).toMatch(/^run job {2}cut off .*\n {2}snapshot before entry \d{3,}, \d+ characters\n/);
    const shown = JSON.parse((await harn(["runs", "show", "job", "--json"], "").ended).out) as { snapshot: unknown };
    expect(shown.snapshot).toMatchObject({ type: "taken", seq: expect.any(Number) });
    const rest = await harn(["run", "--durable", "job", "agent.harn"], "it\n").ended;
    expect({ ...rest, out: rest.out.split("\n").slice(-4) }).toMatchObject({ code: 0, err: "" });
    expect(rest.out).toContain("got it\n");
    expect(rest.out).toContain(`\n${(CALLS * (CALLS + 1)) / 2}\n${CALLS}\n`);
    expect((await harn(["runs", "show", "job"], "").ended).out).not.toContain("snapshot");
  });

  const damages: readonly (readonly [string, () => void, string])[] = [
    ["is cut", () => writeFileSync(snapshotFile(), readFileSync(snapshotFile()).subarray(0, -9)), "cannot be read"],
    [
      "was left by an older version",
      () =>
        rewritten((snapshot) => {
          snapshot.version = 1;
        }),
      "cannot be read",
    ],
    [
      "holds a machine of an older version",
      () =>
        rewritten((snapshot) => {
          snapshot.machine.version = 1;
        }),
      "is of another version",
    ],
    [
      "holds a part of a machine",
      () =>
        rewritten(({ machine }) => {
          delete machine["nodes"];
        }),
      "is of another version",
    ],
    [
      "holds a machine of other shapes",
      () =>
        rewritten(({ machine }) => {
          machine["shapes"] = [[""], [7]];
        }),
      "is of another version",
    ],
  ];
  it.each(damages)("plays its log, and says so, when the snapshot %s", { timeout: 60_000 }, async (_, damage, why) => {
    await begun();
    damage();
    const rest = await harn(["run", "--durable", "job", "agent.harn"], "it\n").ended;
    expect(rest.err).toBe(`The snapshot of run job ${why}; its log is played from the beginning\n`);
    expect(rest.code).toBe(0);
    expect(rest.out).toContain("got it\n");
    expect(rest.out).toContain(`\n${(CALLS * (CALLS + 1)) / 2}\n${CALLS}\n`);
  });

  it("tells why it has none", { timeout: 60_000 }, async () => {
    writeFileSync(
      join(at.folder, "agent.harn"),
      `supervisor_start({children: [{name: "idle", task: { _ctx -> sleep(1h) }}]})
for i in 1 to 300 { file_exists("x") }
println("ready")
println(prompt_user("? "))
`,
    );
    const run = harn(["run", "--durable", "job", "agent.harn"]);
    await run.printed("?");
    await until(isSnapshotWritten);
    run.child.kill("SIGKILL");
    await run.ended;
    const { out } = await harn(["runs", "show", "job"], "").ended;
    expect(out).toMatch(/\n {2}no snapshot, since at entry \d+ there was supervised children\n/);
  });
});
