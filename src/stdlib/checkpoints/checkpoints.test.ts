import { describe, expect, it } from "vitest";
import { killedAt, runOn } from "../../../test/support/run-on.ts";
import { createVirtualHost, withFaults } from "../../testing/index.ts";

const FOLDER = "/home/harn/.harn/checkpoints";

describe("checkpoints", () => {
  it("belong to the program that was started, by the name of its file", async () => {
    const host = createVirtualHost();
    await runOn(host, 'checkpoint("a", 1)', { path: "/home/harn/first.harn" });
    await runOn(host, 'checkpoint("a", 2)', { path: "/home/harn/..harn" });
    expect(await runOn(host, "println(checkpoint_list())", { path: "/home/harn/other.harn" })).toEqual(["[]"]);
    expect(await runOn(host, 'println(checkpoint_get("a"))', { path: "/home/harn/first.harn" })).toEqual(["1"]);
    expect(Object.keys(host.files.snapshot())).toEqual([`${FOLDER}/..json`, `${FOLDER}/first.json`]);
  });

  it("are gone when they are cleared, and clearing none is fine", async () => {
    const host = createVirtualHost();
    await runOn(host, 'checkpoint_clear()\ncheckpoint("a", 1)\ncheckpoint_clear()');
    expect(host.files.snapshot()).toEqual({});
  });

  it("that are damaged stop the program, until they are cleared", async () => {
    const host = createVirtualHost({ files: { [`${FOLDER}/main.json`]: '{"fetch": {"rows"' } });
    const program = (first: string): string =>
      `import "std/checkpoint"\n${first}\nprintln(checkpoint_stage("fetch", { -> 1 }))`;
    const [told] = await runOn(host, program(""));
    expect(told).toContain(`checkpoint_exists: ${FOLDER}/main.json is damaged: `);
    expect(told).toContain("; repair it, or move it away to begin anew");
    expect(await runOn(host, program("checkpoint_clear()"))).toEqual(["1"]);
  });

  it("that cannot be removed are told of", async () => {
    const host = createVirtualHost();
    const seen = withFaults(host, [{ effect: "fs.remove", error: "permission_denied" }]);
    expect(await runOn(host, "try { checkpoint_clear() } catch (e) { println(e) }", { seen })).toEqual([
      `checkpoint_clear: Failed to remove ${FOLDER}/main.json: Permission denied (os error 13)`,
    ]);
  });
});

describe("std/checkpoint", () => {
  const program = `import { checkpoint_stage, checkpoint_stage_retry } from "std/checkpoint"
fn work(name) { println("works at \${name}")
  return name }
println(checkpoint_stage("one", { -> work("one") }))
println(checkpoint_stage_retry("two", 2, { -> work("two") }))`;

  it("a run that is killed while a stage is kept repeats that stage, and none before", async () => {
    const host = createVirtualHost();
    await killedAt(host, program, "fs.move", { nth: 2 });
    expect(await runOn(host, program)).toEqual(["one", "works at two", "two"]);
    expect(await runOn(host, program)).toEqual(["one", "two"]);
  });

  it("what a stage throws is not kept", async () => {
    const host = createVirtualHost();
    const failing = `import "std/checkpoint"\ntry { checkpoint_stage("a", { -> throw "down" }) } catch (e) { println(e) }\nprintln(checkpoint_list())`;
    expect(await runOn(host, failing)).toEqual(["down", "[]"]);
  });

  it.each([0, -1])("%d attempts are none", async (attempts) => {
    const host = createVirtualHost();
    const none = `import "std/checkpoint"\ntry { checkpoint_stage_retry("a", ${attempts}, { -> 1 }) } catch (e) { println(e) }`;
    expect(await runOn(host, none)).toEqual([
      `checkpoint_stage_retry: expected \`max_retries\` to be at least 1, got ${attempts}`,
    ]);
  });
});
