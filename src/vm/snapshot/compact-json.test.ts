import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../base/index.ts";
import { createCompactor, expandJson } from "./compact-json.ts";

const stored = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

describe("JSON whose names are written once", () => {
  it("comes back as it was, whatever it is", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (values) => {
        const compactor = createCompactor(() => true);
        for (const value of values as Json[]) {
          const form = compactor.compact(value);
          expect(expandJson(stored(form), stored(compactor.shapes) as string[][])).toEqual(stored(value));
        }
      }),
    );
  });

  it("says a name once, and writes nothing twice that a list held before", () => {
    let seen = 0;
    const compactor = createCompactor(() => {
      seen += 1;
      return true;
    });
    const items = [
      { role: "user", content: "a" },
      { role: "user", content: "b" },
    ];
    expect(compactor.compact(items)).toEqual([-1, [0, "user", "a"], [0, "user", "b"]]);
    expect(compactor.shapes).toEqual([["role", "content"]]);
    const before = seen;
    items.push({ role: "user", content: "c" });
    expect(compactor.compact(items)).toEqual([-1, [0, "user", "a"], [0, "user", "b"], [0, "user", "c"]]);
    expect(seen - before).toBe(2);
  });

  it("finds what must not be written in texts and names, each time", () => {
    const compactor = createCompactor((text) => !text.includes("secret"));
    const item = { deep: [{ text: "a secret" }] };
    expect(compactor.compact([item])).toBeUndefined();
    expect(compactor.compact([item])).toBeUndefined();
    expect(compactor.compact({ "secret name": 1 })).toBeUndefined();
    expect(compactor.compact([{ text: "nothing" }])).toBeDefined();
    expect(JSON.stringify(compactor.shapes)).not.toContain("secret");
  });

  it.each([[[5, 1]], [[0, 1, 2]], [["x"]], [[-1, [7]]]])("refuses what it has not written: %j", (form) => {
    expect(expandJson(form as Json, [["one"]])).toBeUndefined();
  });
});
