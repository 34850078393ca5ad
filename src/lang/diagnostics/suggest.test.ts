import { describe, expect, it } from "vitest";
import { closestName, didYouMean } from "./suggest.ts";

describe("the nearest name", () => {
  it.each([
    ["a letter too few", "printn", ["println", "print_all"], "println"],
    ["two letters swapped count as one edit", "cuont", ["count", "cunt0"], "count"],
    ["a short name may be off by one", "le", ["len", "lowercase"], "len"],
    ["but not by two", "ab", ["xy"], undefined],
    ["nothing near", "frobnicate", ["print"], undefined],
    ["the name itself is no suggestion", "len", ["len"], undefined],
    ["ties go by alphabet, whatever the order", "bat", ["rat", "cat"], "cat"],
    ["case counts", "Println", ["println"], "println"],
    ["no candidates", "x", [], undefined],
    ["characters beyond the basic plane are one letter", "a😀b", ["a😁b"], "a😁b"],
    ["an endless name", "x".repeat(10_000), ["x".repeat(9_999)], undefined],
  ])("%s", (_, name, candidates, expected) => {
    expect(closestName(name, candidates)).toBe(expected);
  });

  it("comes as a hint", () => {
    expect(didYouMean("prinln", ["println"])).toBe("Did you mean `println`?");
    expect(didYouMean("zzz", ["println"])).toBeUndefined();
  });
});
