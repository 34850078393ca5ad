import { describe, expect, it } from "vitest";
import { killedAt, runOn } from "../../../test/support/run-on.ts";
import type { Host } from "../../base/index.ts";
import { createVirtualHost, type VirtualHost, withFaults } from "../../testing/index.ts";
import type { MemoryRecord } from "./memory-log.ts";
import { rank, wordsOf } from "./recall.ts";

const LOG = "/home/harn/.harn/memory/team/events.jsonl";
const IMPORT = 'import "std/memory"\n';
const store = (key: string, text: string): string =>
  `memory_store("team", "${key}", "${text}", nil, {id: "${key}", now: "2026-01-01"})\n`;
const stores = (key: string, text = "tea"): string => IMPORT + store(key, text);
const KEYS = 'println(memory_summarize("team").records.map({ each -> each.key }))\n';
const line = (id: string): string =>
  `{"id":"${id}","key":"${id}","namespace":"team","stored_at":"2026-01-01","tags":[],"text":"tea","type":"store","value":"tea"}\n`;
const NOTE = '{"type":"interrupted"}\n';
const reads = async (host: VirtualHost, seen: Host = host): Promise<string[]> => runOn(host, IMPORT + KEYS, { seen });

function recordOf(id: string, parts: Partial<MemoryRecord>): MemoryRecord {
  const empty = {
    namespace: "n",
    key: "",
    value: undefined,
    text: "",
    tags: [],
    storedAt: "2026",
    provenance: undefined,
  };
  return { id, ...empty, ...parts };
}

describe("words", () => {
  it.each([
    ["Über-Nacht, 2 mal: x ü_y 10", ["über", "nacht", "mal", "ü", "10"]],
    ["日本 語", ["日本", "語"]],
    ["__proto__ constructor", ["proto", "constructor"]],
    ["?!", []],
  ])("of %s", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });
});

describe("ranking", () => {
  const scores = (records: readonly MemoryRecord[], query: string) =>
    rank(records, query).map(({ record, score }) => [record.id, score]);

  // BM25 with k1 = 1.2 and b = 0.75. One of one record: weight ln(0.5 / 1.5 + 1), and 2.2 / 2.2 for one word of average length.
  it.each([
    ["in the text", { text: "tea" }, 0.287682],
    ["as its key", { key: "tea" }, 0.687682],
    ["as a tag", { tags: ["tea"] }, 0.537682],
  ])("a record that has the only word %s", (_name, parts, score) => {
    expect(scores([recordOf("a", parts)], "tea")).toEqual([["a", score]]);
  });

  it("rare words count more, length less, repetition less and less", () => {
    const records = [
      recordOf("often", { text: "plan plan plan" }),
      recordOf("long", { text: `plan ${"word ".repeat(20)}` }),
      recordOf("rare", { text: "plan tea other" }),
    ];
    expect(rank(records, "plan").map(({ record }) => record.id)).toEqual(["often", "rare", "long"]);
    expect(rank(records, "plan tea").map(({ record }) => record.id)).toEqual(["rare", "often", "long"]);
  });

  it("of equals the newest is first, and without words all are equal", () => {
    const records = ["2024", "2026", "2025", "2026"].map((storedAt, at) =>
      recordOf(`r${at}`, { storedAt, text: "tea" }),
    );
    const newest = ["r3", "r1", "r2", "r0"];
    expect(rank(records, "TEA").map(({ record }) => record.id)).toEqual(newest);
    expect(scores(records, "?")).toEqual(newest.map((id) => [id, 0]));
    expect(rank(records, "coffee")).toEqual([]);
    expect(rank([], "tea")).toEqual([]);
  });
});

describe("where a memory lies", () => {
  it.each([
    [{}, LOG],
    [{ HARN_STATE_DIR: "/var/state" }, "/var/state/memory/team/events.jsonl"],
    [{ HARN_MEMORY_ROOT: "mem" }, "/home/harn/mem/team/events.jsonl"],
  ])("%j", async (env, path) => {
    const host = createVirtualHost({ env });
    await runOn(host, stores("a"));
    expect(host.files.snapshot()).toEqual({ [path]: line("a") });
  });
});

describe("the log", () => {
  it("grows by lines; what is stored again under an id takes its place, what is forgotten can come back", async () => {
    const host = createVirtualHost();
    const program = `${IMPORT}${store("a", "one")}${store("b", "two")}${store("a", "three")}${KEYS}
println(memory_forget("team", {id: "a"}).forgotten)
${KEYS}${store("a", "four")}println(memory_recall("team", "four")[0].text)`;
    expect(await runOn(host, program)).toEqual(["[b, a]", "1", "[b]", "four"]);
    expect(host.files.readText(LOG).trimEnd().split("\n")).toHaveLength(5);
  });

  it("is not read to add to it, but when somebody else has added", async () => {
    const host = createVirtualHost();
    let read = 0;
    const seen: Host = {
      ...host,
      perform(kind, args, signal) {
        if (kind === "fs.read") read += 1;
        return host.perform(kind, args, signal);
      },
    };
    await runOn(host, `${stores("a")}${store("b", "tea")}${store("c", "tea")}`, { seen });
    expect(read).toBe(0);
    await runOn(
      host,
      `${stores("d")}append_file("${LOG}", ${JSON.stringify(line("e").trimEnd())})\n${store("f", "tea")}`,
      { seen },
    );
    expect(read).toBe(2);
    expect(await reads(host)).toEqual(["[a, b, c, d, e, f]"]);
  });

  it("keeps what several tasks add at once, and forgets what was there", async () => {
    const host = createVirtualHost();
    const program = `${IMPORT}
parallel each range(0, 9).to_list() { n ->
  memory_store("team", "k\${n}", "tea", nil, {id: "k\${n}", now: "2026-01-0\${n + 1}"})
  if n == 4 { memory_forget("team", {id: "k4"}) }
}
${KEYS}`;
    expect(await runOn(host, program)).toEqual(["[k0, k1, k2, k3, k5, k6, k7, k8]"]);
  });
});

describe("a writer that is killed in the middle of a line", () => {
  const half = line("b").slice(0, 40);
  const cutInCharacter = new TextEncoder().encode(`${line("a")}{"id":"ü`).slice(0, -1);

  it.each([
    ["leaves half a line", `${line("a")}${half}`],
    ["leaves half a character", cutInCharacter],
  ])("%s, which counts for nothing and is closed by the next", async (_name, text) => {
    const host = createVirtualHost({ files: { [LOG]: text } });
    const before = host.files.read(LOG);
    expect(await reads(host)).toEqual(["[a]"]);
    expect(await runOn(host, `${stores("c")}${store("d", "tea")}${KEYS}`)).toEqual(["[a, c, d]"]);
    const added = new TextDecoder().decode(host.files.read(LOG).subarray(before.length));
    expect(added).toBe(`\n${NOTE}${line("c")}${line("d")}`);
  });

  it("has stored it when only the end of the line is missing", async () => {
    const host = createVirtualHost({ files: { [LOG]: line("a").trimEnd() } });
    expect(await runOn(host, `${stores("b")}${KEYS}`)).toEqual(["[a, b]"]);
    expect(host.files.readText(LOG)).toBe(line("a") + line("b"));
  });

  it("before it begins has stored nothing", async () => {
    const host = createVirtualHost({ files: { [LOG]: line("a") } });
    await killedAt(host, stores("b"), "fs.write");
    expect(await reads(host)).toEqual(["[a]"]);
  });

  it("or whose disk is full goes on with the next", async () => {
    const host = createVirtualHost({ files: { [LOG]: line("a") } });
    host.files.fail({ operation: "fs.write", kind: "no_space", writtenBytes: 30, times: 1 });
    const program = `${IMPORT}try { ${store("b", "tea")} } catch (problem) { println(problem) }\n${KEYS}${store("c", "tea")}${KEYS}`;
    expect(await runOn(host, program)).toEqual([
      `memory_store: Failed to append to ${LOG}: No space left on device (os error 28)`,
      "[a]",
      "[a, c]",
    ]);
  });
});

describe("a damaged memory", () => {
  it.each([
    ["a line that is no JSON", "{]\n", "key must be a string at column 2"],
    ["a line that is no object", "[1]\n", "it holds no object"],
    [
      "an event of another kind",
      '{"type":"merge"}\n',
      "`type` is merge, where store, forget or interrupted is expected",
    ],
    ["a record without an id", '{"type":"store"}\n', "`id` is no text"],
    ["ids that are none", '{"type":"forget","forgotten_ids":[1]}\n', "`forgotten_ids` is no list of texts"],
  ])("%s is told of by its number, and nothing is lost", async (_name, bad, reason) => {
    const host = createVirtualHost({ files: { [LOG]: line("a") + bad + line("b") } });
    const before = host.files.snapshot();
    for (const [builtin, call] of [
      ["memory_recall", 'memory_recall("team", "tea")'],
      ["memory_summarize", 'memory_summarize("team")'],
      ["memory_forget", 'memory_forget("team", "tea")'],
    ] as const) {
      const told = `${builtin}: line 2 of ${LOG} is damaged: ${reason}; repair the line or remove it`;
      expect(await runOn(host, `${IMPORT}try { ${call} } catch (problem) { println(problem) }`)).toEqual([told]);
    }
    expect(host.files.snapshot()).toEqual(before);
  });

  it("and one that cannot be read, or is as large as it may be", async () => {
    const host = createVirtualHost({ files: { [LOG]: line("a") } });
    const seen = withFaults(host, [{ effect: "fs.read", error: "permission_denied" }]);
    expect((await reads(host, seen))[0]).toContain(
      `memory_summarize: Failed to read ${LOG}: Permission denied (os error 13)`,
    );
    host.files.write(LOG, `${" ".repeat(64 * 1024 * 1024 - 1)}\n`);
    expect((await runOn(host, stores("b")))[0]).toContain("bytes, at most 67108864; use another namespace");
  });
});

describe("a summary", () => {
  it("is no longer than 4,000 characters, and shows the first line of each", async () => {
    const host = createVirtualHost();
    const program = `${IMPORT}
for n in range(0, 60) {
  memory_store("team", "k", "x" * 100 + "\\nmore", ["t"])
}
let all = memory_summarize("team", 60)
println([all.count, len(all.text), all.text.contains("more")])
println(memory_summarize("team").count)`;
    // Lines of "- [t] k: ", 100 characters and a line break: 36 of them fit.
    expect(await runOn(host, program)).toEqual([`[60, ${36 * 110}, false]`, "20"]);
  });
});
