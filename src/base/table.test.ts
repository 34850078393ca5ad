import { expect, it } from "vitest";
import { table } from "./table.ts";

it("a table has its own names and no others", () => {
  const numbers = table({ one: 1, toString: 2 });
  expect([numbers["one"], numbers["toString"], numbers["two"]]).toEqual([1, 2, undefined]);
  for (const name of ["constructor", "__proto__", "valueOf", "hasOwnProperty"]) {
    expect(numbers[name]).toBeUndefined();
    expect(name in numbers).toBe(false);
  }
  expect(Object.entries(numbers)).toEqual([
    ["one", 1],
    ["toString", 2],
  ]);
});
