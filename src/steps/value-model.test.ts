/** The runtime over values that are not JavaScript's, as a VM has them: nothing may look past the value model. */

import { describe, expect, it } from "vitest";
import { outcomeOf, spend } from "../../test/steps/lab.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/index.ts";
import { readPreStepResult } from "./hook-results.ts";
import { EMPTY_SCOPE } from "./scope.ts";
import { chargeCall, createStepRuntime, enterStep, leaveByError } from "./step-runtime.ts";
import { FLOAT_FIELDS, jsValues, StepError, type ValueModel } from "./value-model.ts";

/** A language value: a tag and a content. */
class Cell {
  readonly type: string;
  readonly content: unknown;
  constructor(type: string, content: unknown) {
    this.type = type;
    this.content = content;
  }
}
const cellOf = (json: Json | undefined, key = ""): Cell => {
  if (json === null || json === undefined) return new Cell("nil", undefined);
  if (typeof json === "number")
    return new Cell(FLOAT_FIELDS.includes(key) || !Number.isInteger(json) ? "float" : "int", json);
  if (isJsonObject(json)) {
    return new Cell("dict", new Map(Object.entries(json).map(([name, value]) => [name, cellOf(value, name)])));
  }
  return new Cell(typeof json, json);
};
class ThrownCell {
  readonly value: Cell;
  constructor(value: Cell) {
    this.value = value;
  }
}
const fieldsOf = (value: unknown): Map<string, Cell> | undefined =>
  value instanceof Cell && value.type === "dict" ? (value.content as Map<string, Cell>) : undefined;

const cells: ValueModel = {
  dictOf(error) {
    const fields = error instanceof ThrownCell ? fieldsOf(error.value) : undefined;
    return fields && (Object.fromEntries([...fields].map(([name, cell]) => [name, cell.content])) as JsonObject);
  },
  amend(error, set, add) {
    const fields = fieldsOf((error as ThrownCell).value)!;
    const next = new Map(fields);
    for (const [name, value] of Object.entries(set)) next.set(name, cellOf(value, name));
    for (const [name, value] of Object.entries(add)) if (!next.has(name)) next.set(name, cellOf(value, name));
    return new ThrownCell(new Cell("dict", next));
  },
  throwableDict: (dict) => new ThrownCell(cellOf(dict)),
  throwableText: (text) => new ThrownCell(cellOf(text)),
  throwableFailure: (text) => new ThrownCell(cellOf(text)),
  textOf: (error) => String((error as ThrownCell).value.content),
  isNil: (value) => value instanceof Cell && value.type === "nil",
  wordOf: (value) => (value instanceof Cell && value.type === "enum" ? String(value.content) : undefined),
  isDict: (value) => fieldsOf(value) !== undefined,
  hasField: (dict, name) => fieldsOf(dict)?.has(name) ?? false,
  field: (dict, name) => fieldsOf(dict)?.get(name) ?? cellOf(null),
  listOf: (value) =>
    value instanceof Cell && value.type === "list" ? (value.content as readonly unknown[]) : undefined,
  stringOf: (value) => (value instanceof Cell && value.type === "string" ? String(value.content) : undefined),
  isFalse: (value) => value instanceof Cell && value.content === false,
  isCallable: (value) => value instanceof Cell && value.type === "closure",
  typeName: (value) => (value as Cell).type,
};

describe("another value model", () => {
  it("STEP-34: gets the breach as a dict of its own, with floats where floats belong", () => {
    const runtime = createStepRuntime<never>({ values: cells });
    const definition = { name: "s", function: "f", maxTokens: 10, errorBoundary: "escalate" };
    const { scope, step } = enterStep(runtime, EMPTY_SCOPE, definition, []);
    const { breach } = chargeCall(runtime, scope, spend(30));
    const thrown = cells.throwableDict(breach!) as ThrownCell;
    const types = [...fieldsOf(thrown.value)!].map(([name, cell]) => `${name}: ${cell.type}`);
    expect(types.filter((line) => line.endsWith("float"))).toEqual([
      "limit_value: float",
      "consumed_tokens: float",
      "consumed_cost_usd: float",
    ]);

    const departure = leaveByError(runtime, step, thrown);
    const marked = departure.kind === "throw" ? (departure.error as ThrownCell) : undefined;
    expect(fieldsOf(marked!.value)!.get("escalated")).toEqual(new Cell("boolean", true));
    expect(fieldsOf(marked!.value)!.get("limit_value")?.type).toBe("float");
    expect(fieldsOf(thrown.value)!.has("escalated")).toBe(false);
    expect(runtime.log.peek()).toMatchObject([
      { status: "escalated", error: "step `s` exceeded max_tokens budget (30 > 10)" },
    ]);
  });

  it("HOOK-11: hook results are read through it", () => {
    expect(readPreStepResult(new Cell("enum", "Allow"), cells)).toEqual({ kind: "keep" });
    const args = [cellOf(1)];
    const dict = new Cell("dict", new Map([["args", new Cell("list", args)]]));
    expect(readPreStepResult(dict, cells)).toEqual({ kind: "replace", args });
    expect(readPreStepResult(cellOf({ deny: false, reason: "x" }), cells)).toEqual({ kind: "keep" });
    expect(() => readPreStepResult(cellOf("Allow"), cells)).toThrow();
  });

  it("HOOK-11: a wrong result has the type's own name", async () => {
    const thrown = await outcomeOf(() => readPreStepResult(new Cell("duration", 5), cells));
    expect((thrown as ThrownCell).value.content).toBe(
      "PreStep hook must return nil, Allow, or {deny|args}, got duration",
    );
  });
});

describe("values of a TypeScript program", () => {
  it("do not hang on an error that is its own cause", () => {
    const error = new Error("x") as Error & { cause: unknown };
    error.cause = error;
    expect(jsValues.dictOf(error)).toBeUndefined();
  });

  it("show thrown values that JSON cannot", () => {
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    expect(jsValues.textOf(cyclic)).toBe("[object Object]");
    expect(jsValues.textOf(undefined)).toBe("undefined");
  });

  it("a thrown dict is an error with code, message and dict", () => {
    const error = jsValues.throwableDict({ category: "hook_denied", reason: "no" });
    expect(error).toBeInstanceOf(StepError);
    expect(error).toMatchObject({ code: "steps.hook_denied", message: "hook_denied" });
  });

  it.each<[unknown, string]>([
    [null, "nil"],
    [1n, "int"],
    [Symbol("x"), "symbol"],
    [{}, "dict"],
  ])("name the type of a value", (value, name) => {
    expect(jsValues.typeName(value)).toBe(name);
  });
});
