import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recorder, runCalls } from "../../../test/agent/policy-lab.ts";
import type { Json } from "../../base/index.ts";
import { defineTool } from "../tools/define-tool.ts";
import { loopDetection } from "./loop-detection.ts";
import { stableJson, textHash } from "./stable-json.ts";
import { toolHooks } from "./tool-hooks.ts";

describe("loop detection", () => {
  const same = (count: number): readonly (readonly [string, Json])[] =>
    Array.from({ length: count }, () => ["t", { a: 1, b: 2 }] as const);

  it("DETECT-01 DETECT-02 DETECT-03 DETECT-04 warns at 2, blocks at 3, skips at 4", async () => {
    const notes = recorder();
    const { ran, contents } = await runCalls(same(5), [loopDetection({}, notes)]);
    expect(ran).toHaveLength(3);
    expect(contents[0]).toBe('{"a":1,"b":2}');
    expect(contents[1]).toContain("\n[LOOP DETECTED] This exact t() call has produced the same result 2 times. ");
    expect(contents[2]).toMatch(/^BLOCKED: t\(\) has failed 3 times identically\. /);
    expect(contents[3]).toMatch(/^BLOCKED: t\(\) was NOT executed \(repeated 4 times identically\)\. /);
    expect(notes.traces).toMatchObject([
      { type: "loop_intervention", tool_name: "t", kind: "warn", count: 2 },
      { kind: "block", count: 3 },
      { kind: "skip", count: 4 },
      { kind: "skip", count: 4 },
    ]);
  });

  it("DETECT-02 other arguments or another result start again; key order does not matter", async () => {
    let n = 0;
    const changing = [defineTool({ name: "t", description: "", input: {}, execute: () => n++ })];
    expect((await runCalls(same(6), [loopDetection()], changing)).contents).toEqual(["0", "1", "2", "3", "4", "5"]);
    const reordered = await runCalls(
      [
        ["t", { a: 1, b: 2 }],
        ["t", { b: 2, a: 1 }],
      ],
      [loopDetection()],
      [defineTool({ name: "t", description: "", input: {}, execute: () => "same" })],
    );
    expect(reordered.contents[1]).toContain("[LOOP DETECTED]");
    const others = await runCalls(
      [
        ["t", { a: 1 }],
        ["t", { a: 2 }],
        ["u", { a: 1 }],
      ],
      [loopDetection()],
    );
    expect(others.contents.join()).not.toContain("LOOP");
  });

  it("DETECT-01 thresholds can be set; DETECT-02 warn 0 switches it off", async () => {
    expect(
      (await runCalls(same(4), [loopDetection({ warn: 3, block: 9, skip: 9 })])).contents.map((text) =>
        text.includes("LOOP"),
      ),
    ).toEqual([false, false, true, true]);
    expect((await runCalls(same(6), [loopDetection({ warn: 0 })])).ran).toHaveLength(6);
  });

  it("stable JSON ignores key order only; hashes tell texts apart", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).reverse());
        expect(stableJson(object as Json)).toBe(stableJson(reversed as Json));
        expect(JSON.parse(stableJson(object as Json))).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
    const texts = Array.from({ length: 5000 }, (_, n) => `text ${n}`);
    expect(new Set(texts.map(textHash)).size).toBe(5000);
  });
});

describe("tool hooks", () => {
  it("deny, modify, rewrite and shorten by tool name", async () => {
    const hooks = toolHooks([
      { pattern: "no*", deny: "not here" },
      { pattern: "t", before: (_tool, input) => ({ kind: "modify", input: { was: input } }) },
      { pattern: "*", after: (tool, _input, result) => (tool === "t" ? result.toUpperCase() : undefined) },
      { pattern: "long", maxOutput: 200 },
      { pattern: "stop", before: () => ({ kind: "deny", reason: "never" }) },
    ]);
    const { ran, contents } = await runCalls(
      [
        ["nope", {}],
        ["t", { a: 1 }],
        ["long", { text: "x".repeat(900) }],
        ["stop", {}],
      ],
      [hooks],
    );
    expect(ran).toEqual(["t", "long"]);
    expect(JSON.parse(contents[0]!)).toEqual({ error: "permission_denied", tool: "nope", reason: "not here" });
    expect(contents[1]).toBe('{\n  "WAS": {\n    "A": 1\n  }\n}');
    expect(contents[2]).toContain("snipped");
    expect(contents[3]).toContain("never");
  });
});
