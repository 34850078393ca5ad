import { describe, expect, it } from "vitest";
import { killedAt, runOn } from "../../../test/support/run-on.ts";
import type { Host } from "../../base/index.ts";
import { createVirtualHost, type VirtualHost, withFaults } from "../../testing/index.ts";

const FILE = "/home/harn/.harn/store.json";
const caught = (call: string): string => `println(try { ${call} } catch (problem) { problem })`;
const paths = (host: VirtualHost): string[] => Object.keys(host.files.snapshot());

describe("where the store lies", () => {
  it.each([
    ["beside the program", {}, {}, FILE],
    ["in the project of the working folder", { "/harn.toml": "" }, {}, "/.harn/store.json"],
    ["where HARN_STATE_DIR says", {}, { HARN_STATE_DIR: "/var/state" }, "/var/state/store.json"],
    ["which counts from the project", { "/harn.toml": "" }, { HARN_STATE_DIR: "kept" }, "/kept/store.json"],
  ])("%s", async (_name, files, env, expected) => {
    const host = createVirtualHost({ files, env });
    expect(await runOn(host, 'store_set("a", 1)')).toEqual([]);
    expect(paths(host)).toContain(expected);
    expect(await runOn(host, "println(runtime_paths().state_root)")).toEqual([expected.replace("/store.json", "")]);
  });

  it("is the same for a module elsewhere", async () => {
    const host = createVirtualHost({ files: { "/lib/keep.harn": 'pub fn keep() { store_set("a", 1) }' } });
    await runOn(host, 'import "../../lib/keep"\nkeep()');
    expect(paths(host)).toEqual([FILE, "/lib/keep.harn"]);
  });
});

describe("what is kept", () => {
  it("is there for the next run, in a file that people can read", async () => {
    const host = createVirtualHost();
    await runOn(host, 'store_set("b", [1, 2.0, nil])\nstore_set("a", {text: "line\\n", "ü": true})');
    expect(host.files.readText(FILE)).toBe('{\n  "a": {"text":"line\\n","ü":true},\n  "b": [1,2.0,null]\n}\n');
    expect(await runOn(host, 'println(store_get("b"))\nprintln(store_get("a"))')).toEqual([
      "[1, 2.0, nil]",
      "{text: line\n, ü: true}".split("\n")[0],
      ", ü: true}",
    ]);
  });

  it("may be written by hand, in any layout", async () => {
    const host = createVirtualHost({ files: { [FILE]: '{"n":\n 1}' } });
    expect(await runOn(host, 'println(store_get("n"))\nstore_delete("other")')).toEqual(["1"]);
  });

  it("is not written again when nothing changes, and nothing makes no file", async () => {
    const host = createVirtualHost();
    await runOn(host, 'store_delete("a")\nprintln(store_get("a"))');
    expect(paths(host)).toEqual([]);
    await runOn(host, 'store_set("a", 1)');
    const readOnly = withFaults(host, [{ effect: "fs.write", error: "permission_denied" }]);
    expect(await runOn(host, 'store_set("a", 1)\nstore_save()', { seen: readOnly })).toEqual([]);
  });
});

describe("a damaged store", () => {
  it.each([
    ["cut short", '{"a": 1', "EOF while parsing an object at line 1 column 7"],
    ["empty", "", "EOF while parsing a value at line 1 column 0"],
    ["no dict", "[1]", "it holds a list where a dict is expected"],
    ["no text", new Uint8Array([0x7b, 0xff, 0x7d]), "it is not UTF-8"],
  ])("that is %s is told of by name and left as it is", async (_name, content, reason) => {
    const host = createVirtualHost({ files: { [FILE]: content } });
    const before = host.files.read(FILE);
    for (const [builtin, call] of [
      ["store_get", 'store_get("a")'],
      ["store_set", 'store_set("a", 1)'],
      ["store_delete", 'store_delete("a")'],
      ["store_list", "store_list()"],
      ["store_save", "store_save()"],
    ] as const) {
      const told = `${builtin}: ${FILE} is damaged: ${reason}; repair it, or move it away to begin anew`;
      expect(await runOn(host, caught(call))).toEqual([told]);
    }
    expect(host.files.read(FILE)).toEqual(before);
    expect(await runOn(host, "store_clear()\nprintln(store_list())")).toEqual(["[]"]);
  });

  it("and one that is too large", async () => {
    const host = createVirtualHost({ files: { [FILE]: `{"a": "${"x".repeat(16 * 1024 * 1024)}"}` } });
    const told = /^store_get: .*store.json with 16777225 bytes is too large, at most 16777216; delete keys/;
    expect((await runOn(host, caught('store_get("a")')))[0]).toMatch(told);
  });
});

describe("a store that cannot be written", () => {
  const FULL = "No space left on device (os error 28)";

  it("stays as it was when the disk is full, and leaves nothing behind", async () => {
    const host = createVirtualHost();
    await runOn(host, 'store_set("a", 1)');
    host.files.capacityBytes = 40;
    expect(await runOn(host, caught('store_set("b", "x" * 100)'))).toEqual([
      `store_set: Failed to write ${FILE}: ${FULL}`,
    ]);
    expect(paths(host)).toEqual([FILE]);
    expect(await runOn(host, "println(store_list())")).toEqual(["[a]"]);
  });

  it.each(["fs.write", "fs.move"] as const)("stays as it was when %s fails", async (effect) => {
    const host = createVirtualHost();
    await runOn(host, 'store_set("a", 1)');
    const seen = withFaults(host, [{ effect, error: "permission_denied" }]);
    const told = `store_set: Failed to write ${FILE}: Permission denied (os error 13)`;
    expect(await runOn(host, caught('store_set("a", 2)'), { seen })).toEqual([told]);
    expect(paths(host)).toEqual([FILE]);
    expect(await runOn(host, 'println(store_get("a"))')).toEqual(["1"]);
  });

  it("does not grow beyond its limit", async () => {
    const host = createVirtualHost();
    const told = /^store_set: .*store.json with 167772\d\d bytes is too large, at most 16777216; delete keys/;
    const lines = await runOn(
      host,
      `store_set("a", 1)\n${caught('store_set("b", "x" * 16777216)')}\nprintln(store_list())`,
    );
    expect(lines).toEqual([expect.stringMatching(told), "[a]"]);
  });
});

describe("a run that is killed while it keeps something", () => {
  it.each([
    ["before the part is written", "fs.write", undefined],
    ["when half of the part is written", "fs.write", '{"a": 2'],
    ["between part and file", "fs.move", undefined],
  ] as const)("%s: the next finds what was there", async (_name, effect, half) => {
    const host = createVirtualHost();
    await runOn(host, 'store_set("a", 1)');
    const meanwhile = (): void => {
      if (half !== undefined) host.files.write("/home/harn/.harn/.harn_tmp_9", half);
    };
    await killedAt(host, 'store_set("a", 2)', effect, { meanwhile });
    const program = 'println(store_get("a"))\nstore_set("a", 3)\nprintln(store_get("a"))';
    expect(await runOn(host, program)).toEqual(["1", "3"]);
  });
});

describe("parts that killed writers have left", () => {
  it("go when they are an hour old, from the folder that is written to", async () => {
    const part = (name: string): string => `/home/harn/.harn/.harn_tmp_${name}`;
    const host = createVirtualHost({ files: { [part("old")]: "half", "/home/harn/.harn/notes": "kept" } });
    await host.advance(3_600_000);
    host.files.write(part("new"), "half");
    const unlucky = withFaults(host, [{ effect: "fs.entries", error: "permission_denied" }]);
    expect(await runOn(host, 'store_set("a", 1)', { seen: unlucky })).toEqual([]);
    expect(paths(host)).toEqual([part("new"), part("old"), "/home/harn/.harn/notes", FILE]);
    expect(await runOn(host, 'store_set("a", 2)')).toEqual([]);
    expect(paths(host)).toEqual([part("new"), "/home/harn/.harn/notes", FILE]);
  });
});

describe("tasks that use the store at once", () => {
  /** Files as slow as real ones, or slower. */
  const slow = (host: VirtualHost): Host => ({
    ...host,
    async perform(kind, args, signal) {
      if (kind.startsWith("fs.")) await host.perform("sleep", { ms: 10 });
      return host.perform(kind, args, signal);
    },
  });

  it("lose nothing", async () => {
    const host = createVirtualHost();
    const program = `
parallel each range(0, 9).to_list() { n ->
  store_set("k\${n}", n)
  if n % 3 == 0 { store_delete("k\${n}") }
}
println(store_list())`;
    expect(await runOn(host, program, { seen: slow(host) })).toEqual(["[k1, k2, k4, k5, k7, k8]"]);
  });

  it("and one that is stopped while it waits writes nothing", async () => {
    const host = createVirtualHost();
    const program = `
let first = spawn { store_set("first", 1) }
let second = spawn { store_set("second", 2) }
sleep(5ms)
cancel(second)
await(first)
store_set("third", 3)
println(store_list())`;
    expect(await runOn(host, program, { seen: slow(host) })).toEqual(["[first, third]"]);
  });

  it("and a write that fails does not keep the next from its turn", async () => {
    const host = createVirtualHost();
    const seen = withFaults(slow(host), [{ effect: "fs.move", error: "no_space", times: 1 }]);
    const program = `
let outcomes = parallel settle ["a", "b"] { key -> store_set(key, 1) }
println([outcomes.succeeded, outcomes.failed])
println(store_list())`;
    expect(await runOn(host, program, { seen })).toEqual(["[1, 1]", "[b]"]);
  });
});
