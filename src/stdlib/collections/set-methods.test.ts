import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printed, shown } from "../../../test/support/run-harn.ts";
import { equal, Float, List, type NativeContext, SetValue, type Value } from "../../vm/index.ts";
import { setMethods } from "./set-methods.ts";

function call(name: string, ...args: Value[]): Value {
  const native = setMethods.find((each) => each.name === name);
  if (native?.kind !== "pure") throw new Error(`no pure method ${name}`);
  return native.impl(args, undefined as unknown as NativeContext);
}

const items = (value: Value): readonly Value[] => (value as SetValue).items;

describe("methods of sets compare with `==`", () => {
  it.each([
    ["set(1, 2).contains(1.0)", "true"],
    ["set(1.0).add(1)", "set(1.0)"],
    ['set("1").contains(1)', "false"],
    ["set([[1]]).contains([1.0])", "true"],
    ["set(1, 2).union(set(2.0, 3))", "set(1, 2, 3)"],
    ["set(1, 2).difference(set(2.0))", "set(1)"],
    ["set(1.0, [[2]]).intersect(set(1, [[2]]))", "set(1.0, [2])"],
    ["set(1).is_subset(set(1.0, 2))", "true"],
    ["set(1, 2).is_superset(set(2.0))", "true"],
    ["set(1, 2).is_disjoint(set(2.0))", "false"],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it("whatever the items are", () => {
    const value: fc.Arbitrary<Value> = fc.oneof(
      fc.integer({ min: -2, max: 3 }),
      fc.constantFrom("a", "b", "1", true, undefined, 2n ** 60n),
      fc.constantFrom(0, 1, 2.5, Number.NaN).map((number) => new Float(number)),
      fc.integer({ min: 0, max: 2 }).map((number) => new List([number])),
    );
    // Sets as programs have them: without equals, some of them of simple items only.
    const set = fc
      .oneof(fc.array(value), fc.array(fc.integer({ min: -2, max: 3 })), fc.array(fc.constantFrom<Value>("a", "b", 1)))
      .map((all) => new SetValue(all.filter((item, at) => !all.slice(0, at).some((earlier) => equal(earlier, item)))));
    const holds = (all: readonly Value[], one: Value): boolean => all.some((item) => equal(item, one));
    fc.assert(
      fc.property(set, set, value, (a, b, one) => {
        const without = a.items.filter((item) => !holds(b.items, item));
        const shared = a.items.filter((item) => holds(b.items, item));
        const others = b.items.filter((item) => !holds(a.items, item));
        expect(call("contains", a, one)).toBe(holds(a.items, one));
        expect(items(call("add", a, one))).toEqual(holds(a.items, one) ? a.items : [...a.items, one]);
        expect(items(call("difference", a, b))).toEqual(without);
        expect(items(call("intersect", a, b))).toEqual(shared);
        expect(items(call("symmetric_difference", a, b))).toEqual([...without, ...others]);
        expect(items(call("union", a, b)).length).toBe(a.items.length + others.length);
        expect(call("is_subset", a, b)).toBe(without.length === 0);
        expect(call("is_superset", a, b)).toBe(others.length === 0);
        expect(call("is_disjoint", a, b)).toBe(shared.length === 0);
      }),
    );
  });

  it("of a hundred thousand texts and numbers are done at once", async () => {
    const program = `let a = set((1 to 100000).to_list())
let b = set((50001 to 150000).to_list())
println(a.union(b).len())
println(a.intersect(b).len())
println(a.difference(b).len())
println(a.is_subset(b))`;
    expect(await printed(program)).toEqual(["150000", "50000", "50000", "false"]);
  });
});
