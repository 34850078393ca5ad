import { describe, expect, it } from "vitest";
import { createNumberedTexts } from "./numbered-texts.ts";

const used = (...ids: readonly number[]): ReadonlySet<number> => new Set(ids);

describe("the parts of a run's snapshots", () => {
  it("are stored with the first snapshot that refers to them, and left with the last", () => {
    const parts = createNumberedTexts();
    const [one, two] = [parts.put("one"), parts.put("two")];
    const first = parts.changes(used(one, two));
    expect(first).toEqual({ isFirst: true, added: new Map([[one, "one"], [two, "two"]]), dropped: [] }); // biome-ignore format: short
    parts.saved(first);
    const three = parts.put("three");
    const second = parts.changes(used(two, three));
    expect(second).toEqual({ isFirst: false, added: new Map([[three, "three"]]), dropped: [one] });
    expect(parts.has(one)).toBe(false);
    expect(parts.has(two)).toBe(true);
    parts.saved(second);
    expect(parts.changes(used(two, three))).toEqual({ isFirst: false, added: new Map(), dropped: [] });
  });

  it("are stored with the next snapshot when one could not be", () => {
    const parts = createNumberedTexts();
    const one = parts.put("one");
    parts.changes(used(one));
    const two = parts.put("two");
    const next = parts.changes(used(one, two));
    expect(next.isFirst).toBe(true);
    expect([...next.added.keys()]).toEqual([one, two]);
    parts.saved(next);
    parts.changes(used(two));
    expect(parts.changes(used(two)).dropped).toEqual([one]);
  });

  it("go on after those that a run is gone on with", () => {
    const texts = new Map([
      [3, "three"],
      [8, "eight"],
    ]);
    const parts = createNumberedTexts({ ids: texts.keys(), text: (id) => texts.get(id) });
    expect(parts.get(8)).toBe("eight");
    expect(() => parts.get(4)).toThrow("Expected part 4 of the snapshot, found none that is sound");
    const next = parts.put("next");
    expect(next).toBe(9);
    expect(parts.changes(used(8, next))).toEqual({ isFirst: false, added: new Map([[9, "next"]]), dropped: [3] });
  });
});
