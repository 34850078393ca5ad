import fc from "fast-check";
import { expect, test } from "vitest";
import { startProgram } from "../../src/runtime/index.ts";
import { createVirtualHost } from "../../src/testing/index.ts";
import { soundProgram } from "../support/run-harn.ts";

/**
 * Containers are values: whatever the VM does in place, a program must see copies. Random statements run on the VM and
 * on a model that really copies; both must print the same.
 */

type Model = number | Model[] | { [key: string]: Model };

interface Step {
  readonly code: string;
  readonly run: (vars: Record<string, Model>) => void;
}

const names = ["a", "b", "c"];
const copy = (value: Model): Model => structuredClone(value);
const name = fc.constantFrom(...names);
const small = fc.integer({ min: 0, max: 9 });

/** Every variable always holds `{xs: [ints and lists], n: int}`, so that each statement is well-typed. */
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(name, name).map(
    ([to, from]): Step => ({
      code: `${to} = ${from}`,
      run: (vars) => {
        vars[to] = copy(vars[from] as Model);
      },
    }),
  ),
  fc.tuple(name, small).map(
    ([to, value]): Step => ({
      code: `${to}.n = ${value}`,
      run: (vars) => {
        (vars[to] as { n: Model }).n = value;
      },
    }),
  ),
  fc.tuple(name, small).map(
    ([to, value]): Step => ({
      code: `${to}.xs = ${to}.xs.push(${value})`,
      run: (vars) => {
        (vars[to] as { xs: Model[] }).xs.push(value);
      },
    }),
  ),
  fc.tuple(name, name).map(
    ([to, from]): Step => ({
      code: `${to}.xs = ${to}.xs + [${from}.xs]`,
      run: (vars) => {
        const taken = copy((vars[from] as { xs: Model }).xs);
        (vars[to] as { xs: Model[] }).xs.push(taken);
      },
    }),
  ),
  fc.tuple(name, small).map(
    ([to, value]): Step => ({
      code: `if len(${to}.xs) > 0 { ${to}.xs[0] = ${value} }`,
      run: (vars) => {
        const { xs } = vars[to] as { xs: Model[] };
        if (xs.length > 0) xs[0] = value;
      },
    }),
  ),
  fc.tuple(name, small).map(
    ([to, value]): Step => ({
      code: `if len(${to}.xs) > 0 && type_of(${to}.xs.last) == "list" { ${to}.xs[-1] = ${to}.xs.last.push(${value}) }`,
      run: (vars) => {
        const { xs } = vars[to] as { xs: Model[] };
        const last = xs.at(-1);
        if (Array.isArray(last)) last.push(value);
      },
    }),
  ),
  fc.tuple(name, name).map(
    ([to, from]): Step => ({
      code: `if true {
      var held = ${from}
      let change = { -> held.n = 99 }
      change()
      held.n = held.n + 1
      ${to} = held
    }`,
      run: (vars) => {
        const held = copy(vars[from] as Model) as { n: number };
        held.n += 1;
        vars[to] = held as unknown as Model;
      },
    }),
  ),
  fc.tuple(name, name).map(
    ([to, from]): Step => ({
      code: `for item in ${from}.xs { ${to}.xs = ${to}.xs.push(item) }`,
      run: (vars) => {
        const items = copy((vars[from] as { xs: Model }).xs) as Model[];
        (vars[to] as { xs: Model[] }).xs.push(...items.slice(0, 4));
      },
    }),
  ),
);

const print = (value: Model): string => {
  if (Array.isArray(value)) return `[${value.map(print).join(", ")}]`;
  if (typeof value === "object")
    return `{${Object.keys(value)
      .sort()
      .map((key) => `${key}: ${print(value[key] as Model)}`)
      .join(", ")}}`;
  return String(value);
};

async function runProgram(source: string): Promise<string> {
  const host = createVirtualHost();
  const outcome = await startProgram(soundProgram(source), { host }).outcome;
  if (outcome.status !== "ok") throw new Error(JSON.stringify(outcome));
  return host.stdout();
}

test("writes are seen through the variable they were made through, and nowhere else", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 14 }), async (program) => {
      const vars: Record<string, Model> = {};
      for (const each of names) vars[each] = { xs: [], n: 0 };
      const source = [
        "pipeline default() {",
        ...names.map((each) => `var ${each} = {xs: [], n: 0}`),
        ...program.map((step) => step.code.replace(/for item in (\w)\.xs/, "for item in $1.xs.take(4)")),
        ...names.map((each) => `println(${each})`),
        "}",
      ].join("\n");
      for (const step of program) step.run(vars);
      expect(await runProgram(source)).toBe(names.map((each) => `${print(vars[each] as Model)}\n`).join(""));
    }),
    { numRuns: 300 },
  );
});
