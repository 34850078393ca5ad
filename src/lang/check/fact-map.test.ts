import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { claimsIn, deleteFact, type FactMap, findFact, mergeFacts, setFact } from "./fact-map.ts";
import type { Fact, Variable } from "./scope.ts";
import { INT, NIL, STRING, UNTYPED } from "./types.ts";

const variable = (id: number): Variable => ({
  id,
  name: `v${id}`,
  type: UNTYPED,
  mutable: false,
  widensFromNil: false,
});

const idArb = fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 2 ** 31 - 1 }));
const factArb: fc.Arbitrary<Fact> = fc.record({
  variable: idArb.map(variable),
  type: fc.constantFrom(INT, NIL, STRING),
  ruledOut: fc.constantFrom<readonly string[]>([], ["int"]),
});

function mapOf(facts: Iterable<Fact>, start: FactMap = undefined): FactMap {
  let map = start;
  for (const fact of facts) map = setFact(map, fact);
  return map;
}

const modelOf = (facts: readonly Fact[]): ReadonlyMap<number, Fact> =>
  new Map(facts.map((fact) => [fact.variable.id, fact]));

function contents(map: FactMap): Fact[] {
  const found: Fact[] = [];
  mergeFacts(map, undefined, (fact) => {
    if (fact !== undefined) found.push(fact);
    return fact;
  });
  return found.sort((a, b) => a.variable.id - b.variable.id);
}

const sorted = (model: ReadonlyMap<number, Fact>): Fact[] =>
  [...model.values()].sort((a, b) => a.variable.id - b.variable.id);

describe("facts about variables", () => {
  it("are found, replaced and deleted as in a plain map, and older maps stay as they are", () => {
    fc.assert(
      fc.property(fc.array(factArb), fc.array(idArb), (facts, deleted) => {
        const model = new Map(modelOf(facts));
        const before = mapOf(facts);
        const wasThere = sorted(model);
        let map = before;
        for (const id of deleted) {
          model.delete(id);
          map = deleteFact(map, variable(id));
        }
        expect(contents(map)).toEqual(sorted(model));
        for (const { variable: each } of facts) expect(findFact(map, each)).toBe(model.get(each.id));
        expect(contents(before)).toEqual(wasThere);
        expect(new Set(claimsIn(map))).toEqual(
          new Set([...model.values()].filter(({ ruledOut }) => ruledOut.length > 0)),
        );
      }),
    );
  });

  it("are merged as plain maps would be, whichever way each variable's facts are combined", () => {
    const choices = ["drop", "first", "second", "mark"] as const;
    fc.assert(
      fc.property(
        fc.array(factArb),
        fc.array(factArb),
        fc.array(factArb),
        fc.array(fc.constantFrom(...choices), { minLength: 8, maxLength: 8 }),
        (common, onlyA, onlyB, decisions) => {
          const combine = (a: Fact | undefined, b: Fact | undefined): Fact | undefined => {
            if (a === b) return a;
            const either = a ?? b;
            if (either === undefined) return undefined;
            switch (decisions[either.variable.id % 8]) {
              case "first":
                return a;
              case "second":
                return b;
              case "mark":
                return { ...either, ruledOut: ["marked"] };
              default:
                return undefined;
            }
          };
          const shared = mapOf(common);
          const [a, b] = [mapOf(onlyA, shared), mapOf(onlyB, shared)];
          const [modelA, modelB] = [modelOf([...common, ...onlyA]), modelOf([...common, ...onlyB])];
          const merged = new Map<number, Fact>();
          for (const id of new Set([...modelA.keys(), ...modelB.keys()])) {
            const fact = combine(modelA.get(id), modelB.get(id));
            if (fact !== undefined) merged.set(id, fact);
          }
          const result = mergeFacts(a, b, combine);
          expect(contents(result)).toEqual(sorted(merged));
          for (const { fact } of [...merged.values()].map((fact) => ({ fact })))
            expect(findFact(result, fact.variable)).toEqual(fact);
        },
      ),
    );
  });

  it("of two maps that come from the same one are only looked at where they differ", () => {
    const common = mapOf(
      Array.from({ length: 10_000 }, (_, id) => ({ variable: variable(id), type: INT, ruledOut: [] })),
    );
    const a = setFact(common, { variable: variable(77), type: NIL, ruledOut: [] });
    const b = setFact(common, { variable: variable(10_001), type: NIL, ruledOut: [] });
    const seen: (number | undefined)[] = [];
    const merged = mergeFacts(a, b, (mine, theirs) => {
      seen.push((mine ?? theirs)?.variable.id);
      return theirs;
    });
    expect(seen.sort()).toEqual([10_001, 77]);
    expect(contents(merged)).toHaveLength(10_001);
    expect(mergeFacts(common, common, () => undefined)).toBe(common);
  });
});
