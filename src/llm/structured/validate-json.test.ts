import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../base/index.ts";
import { toJsonSchema } from "./json-schema.ts";
import { compileJsonCheck } from "./validate-json.ts";

const check = (schema: JsonObject, value: Json) => compileJsonCheck(toJsonSchema(schema))(value);

const person: JsonObject = {
  type: "object",
  required: ["name", "age"],
  additionalProperties: false,
  properties: { name: { type: "string", minLength: 1 }, age: { type: "integer", minimum: 0 } },
};
const item: JsonObject = { type: "object", properties: { n: { type: "integer", maximum: 9 } } };

const cases: readonly { name: string; schema: JsonObject; value: Json; errors: readonly string[] }[] = [
  { name: "a fitting value", schema: person, value: { name: "Ada", age: 36 }, errors: [] },
  {
    name: "every failure, each with its place",
    schema: person,
    value: { name: 4, extra: 1 },
    errors: [
      "at root: missing required key 'age'",
      "at name: expected type 'string', got 'int'",
      "at root: unexpected key 'extra'",
    ],
  },
  {
    name: "a wrong type stops deeper checks of that node",
    schema: { type: "string", enum: ["a"], minLength: 3 },
    value: 5,
    errors: ["at root: expected type 'string', got 'int'"],
  },
  {
    name: "items behind a reference",
    schema: { type: "array", items: { $ref: "#/$defs/item" }, $defs: { item } },
    value: [{ n: 1 }, { n: 12 }, { n: 1.5 }, null],
    errors: [
      "at [1].n: expected value <= 9, got 12",
      "at [2].n: expected type 'int', got 'float'",
      "at [3]: expected type 'dict', got 'nil'",
    ],
  },
  {
    name: "a union whose every branch is of another kind",
    schema: { anyOf: [{ type: "integer" }, { type: "null" }] },
    value: "x",
    errors: ["at root: value did not match any union branch"],
  },
  {
    name: "a nullable record that is wrong inside tells the inside",
    schema: { anyOf: [{ type: "null" }, { type: "object", required: ["n"] }] },
    value: {},
    errors: ["at root: missing required key 'n'"],
  },
  {
    name: "a tagged union tells only the branch of the tag",
    schema: {
      oneOf: [
        { type: "object", properties: { kind: { const: "a" }, x: { type: "integer" } }, required: ["kind"] },
        { type: "object", properties: { kind: { const: "b" }, y: { type: "integer" } }, required: ["kind", "y"] },
      ],
    },
    value: { kind: "b" },
    errors: ["at root: missing required key 'y'"],
  },
  {
    name: "constants, lists of values, lengths, patterns",
    schema: {
      type: "object",
      properties: {
        a: { const: 1 },
        b: { enum: ["x", "y"] },
        c: { type: "string", minLength: 3 },
        d: { type: "array", maxItems: 1 },
        e: { type: "string", pattern: "^a" },
      },
    },
    value: { a: 2, b: "z", c: "é", d: [1, 2], e: "b" },
    errors: [
      "at a: expected constant 1, got 2",
      "at b: value must be one of [x, y]",
      "at c: expected length >= 3, got 1",
      "at d: expected at most 1 items, got 2",
      "at e: value does not match pattern '^a'",
    ],
  },
  {
    name: "an item where none is allowed",
    schema: { type: "array", prefixItems: [{ type: "string" }], items: false },
    value: ["a", "b"],
    errors: ["at root: unexpected item [1]"],
  },
  {
    name: "a conditional tells what its branch missed",
    schema: { if: { properties: { k: { const: 1 } } }, then: { required: ["z"] } },
    value: { k: 1 },
    errors: ["at root: missing required key 'z'"],
  },
  {
    name: "keys that need escaping in a pointer",
    schema: { properties: { "a/b~c": { type: "string" } } },
    value: { "a/b~c": 4 },
    errors: ["at a/b~c: expected type 'string', got 'int'"],
  },
  {
    name: "the language's own dialect",
    schema: {
      type: "dict",
      required: ["tags"],
      additional_properties: false,
      properties: {
        tags: { type: "list", items: { type: "string", min_length: 2 } },
        note: { type: "string", nullable: true },
      },
    },
    value: { tags: ["a"], note: null, more: true },
    errors: ["at tags[0]: expected length >= 2, got 1", "at root: unexpected key 'more'"],
  },
];

describe("SCHEMA-22 validator messages", () => {
  test.each(cases)("$name", ({ schema, value, errors }) => {
    expect(check(schema, value)).toEqual(errors);
  });

  test("a schema that cannot be used is told, not thrown", () => {
    expect(check({ $ref: "#/nowhere" }, 1)[0]).toMatch(/^at root: invalid schema: Unresolved \$ref/);
    expect(check({ type: "string", pattern: "(" }, "x")[0]).toMatch(/^at root: invalid schema: /);
  });

  test("a list of ten thousand wrong items ends quickly and says how many were left out", () => {
    const list = Array.from({ length: 10_000 }, () => ({ n: "x" }));
    const errors = check({ type: "array", items: item }, list);
    expect(errors[0]).toBe("at [0].n: expected type 'int', got 'string'");
    expect(errors.at(-1)).toMatch(/^at root: \d+ further checks failed$/);
  });

  test("keys named like object internals are ordinary keys", () => {
    const value = JSON.parse('{"__proto__": 1, "constructor": 2}') as Json;
    expect(check({ type: "object", additionalProperties: { type: "string" } }, value)).toEqual([
      "at __proto__: expected type 'string', got 'int'",
      "at constructor: expected type 'string', got 'int'",
    ]);
  });
});

test("SCHEMA-02 the seed checks: a string name fits, a number does not", () => {
  const schema: JsonObject = { type: "object", properties: { name: { type: "string" } } };
  expect(check(schema, { name: "Ada" })).toEqual([]);
  expect(check(schema, { name: 42 }).join(" ")).toContain("string");
});

test("a schema that is JSON Schema already is not copied", () => {
  expect(toJsonSchema(person)).toBe(person);
});
