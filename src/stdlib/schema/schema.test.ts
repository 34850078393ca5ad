import { describe, expect, it } from "vitest";
import { caught, printed, shown } from "../../../test/support/run-harn.ts";

/** Schema, value, and the first problem; "ok" for none. */
const cases: readonly (readonly [schema: string, value: string, problem: string])[] = [
  ['{type: "int"}', "1", "ok"],
  ['{type: "int"}', "1.0", "at root: expected type 'int', got 'float'"],
  ['{type: "float"}', "1", "ok"],
  ['{type: "number"}', "1", "ok"],
  ['{type: "any"}', "nil", "ok"],
  ['{type: ["string", "null"]}', "nil", "ok"],
  ['{type: "string", nullable: true}', "nil", "ok"],
  ['{type: "string", minLength: 2}', '"é"', "at root: expected length >= 2, got 1"],
  ['{type: "string", max_length: 1}', '"ab"', "at root: expected length <= 1, got 2"],
  ['{pattern: "^[a-z]+$"}', '"Ab"', "at root: value does not match pattern '^[a-z]+$'"],
  ['{enum: [1, "a"]}', "1.0", "ok"],
  ['{enum: [1, "a"]}', "2", "at root: value must be one of [1, a]"],
  ["{const: {a: 1}}", "{a: 1}", "ok"],
  ["{const: 1}", "2", "at root: expected constant 1, got 2"],
  ["{minimum: 1.5}", "1", "at root: expected value >= 1.5, got 1"],
  ["{max: 3}", "4", "at root: expected value <= 3, got 4"],
  ["{min_items: 1}", "[]", "at root: expected at least 1 items, got 0"],
  ["{max_items: 1}", "[1, 2]", "at root: expected at most 1 items, got 2"],
  ['{items: {type: "int"}}', '[1, "x"]', "at [1]: expected type 'int', got 'string'"],
  ['{required: ["a"]}', "{}", "at root: missing required key 'a'"],
  ['{properties: {a: {properties: {b: {type: "int"}}}}}', '{a: {b: "x"}}', "at a.b: expected type 'int', got 'string'"],
  ["{properties: {a: {}}, additionalProperties: false}", "{a: 1, b: 2}", "at root: unexpected key 'b'"],
  ['{additional_properties: {type: "int"}}', '{a: 1, b: "x"}', "at b: expected type 'int', got 'string'"],
  ['{anyOf: [{type: "int"}, {type: "string"}]}', "true", "at root: value did not match any union branch"],
  ['{allOf: [{type: "string"}], min_length: 3}', '"ab"', "at root: expected length >= 3, got 2"],
  ['{type: "set"}', "set(1)", "ok"],
  ['{type: "array", uniqueItems: true}', "[1]", "at root: expected type 'set', got 'list'"],
  [
    '{definitions: {N: {type: "int"}}, ["$ref"]: "#/definitions/N"}',
    '"x"',
    "at root: expected type 'int', got 'string'",
  ],
  ['{["$ref"]: "#/definitions/no"}', "1", "at root: unresolved schema reference '#/definitions/no'"],
  ['{["$ref"]: "#"}', "1", "at root: circular schema reference '#'"],
  [
    '{definitions: {T: {properties: {next: {["$ref"]: "#/definitions/T"}, n: {type: "int"}}}}, ["$ref"]: "#/definitions/T"}',
    '{n: 1, next: {n: 2, next: {n: "x"}}}',
    "at next.next.n: expected type 'int', got 'string'",
  ],
];

describe("checking values", () => {
  it.each(cases)("%s of %s: %s", async (schema, value, problem) => {
    const program = `let r = schema_check(${value}, ${schema})\nprintln(if is_ok(r) { "ok" } else { unwrap_err(r).message })`;
    expect(await printed(program)).toEqual([problem]);
  });

  it("collects all problems and keeps the value", async () => {
    const lines = await printed(
      'let e = unwrap_err(schema_check({a: "x", b: 1}, {required: ["c"], properties: {a: {type: "int"}}}))\nprintln(e.errors)\nprintln(e.value)',
    );
    expect(lines).toEqual([
      "[at root: missing required key 'c', at a: expected type 'int', got 'string']",
      "{a: x, b: 1}",
    ]);
  });

  it("fills in defaults in a copy, at any depth, only when asked", async () => {
    const program = `let schema = {properties: {role: {default: "user"}, inner: {properties: {n: {type: "int", default: 7}}}}, required: ["role"]}
let value = {inner: {}}
println(schema_parse(value, schema))
println(value)
println(is_err(schema_check(value, schema)))
println(schema_expect({role: "x"}, schema))
println(schema_parse([{inner: {}}], {items: schema}))`;
    expect(await printed(program)).toEqual([
      "Result.Ok({inner: {n: 7}, role: user})",
      "{inner: {}}",
      "true",
      "{role: x}",
      "Result.Ok([{inner: {n: 7}, role: user}])",
    ]);
  });

  it("keeps structs what they are", async () => {
    const program = `struct P { x: int }
let r = schema_parse(P {x: 1}, {type: "dict", properties: {x: {type: "int"}}})
println(unwrap(r))`;
    expect(await printed(program)).toEqual(["P {x: 1}"]);
  });

  it.each([
    ["schema_is(1, 5)", "schema must be a dict"],
    ["schema_is(1)", "schema_is requires 2 arguments"],
    ["schema_is(1, {union: 3})", "schema union/all_of must be a list"],
    ['schema_expect(1, {type: "string"})', "at root: expected type 'string', got 'int'"],
    [
      'json_validate({}, {required: ["a", "b"]})',
      "at root: missing required key 'a'; at root: missing required key 'b'",
    ],
    ["schema_of(5)", "schema_of: expected a type alias or schema dict, got int"],
    ['schema_pick({}, "a")', "schema_pick: keys must be a list"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });

  it("a result says what is wrong with the schema itself", async () => {
    expect(await shown("schema_check(1, nil)")).toBe(
      "Result.Err({errors: [schema must be a dict], message: schema must be a dict})",
    );
  });
});

describe("schemas out of schemas", () => {
  it.each([
    [
      'schema_from_json_schema({type: "object", properties: {a: {type: "integer", minimum: 1}}, nonsense: 1})',
      "{properties: {a: {min: 1, type: int}}, type: dict}",
    ],
    [
      'schema_to_json_schema({type: "dict", properties: {a: {type: "int", min: 1}}, additional_properties: false})',
      "{additionalProperties: false, properties: {a: {minimum: 1, type: integer}}, type: object}",
    ],
    ['schema_to_json_schema({type: "string", nullable: true})', "{type: [string, null]}"],
    ['schema_to_openapi_schema({type: "string", nullable: true})', "{nullable: true, type: string}"],
    [
      'schema_to_openapi_schema({title: "T", union: [{type: "int"}, {type: "nil"}]})',
      "{nullable: true, title: T, type: integer}",
    ],
    ['schema_to_json_schema({union: [{type: "int"}, {type: "nil"}]})', "{oneOf: [{type: integer}, {type: null}]}"],
    ['schema_to_json_schema({type: "set"})', "{type: array, uniqueItems: true}"],
    ['schema_extend({type: "int", min: 1}, {minimum: 2})', "{min: 2, type: int}"],
    ['schema_partial({required: ["a"], properties: {a: {required: ["b"]}}})', "{properties: {a: {}}}"],
    ['schema_pick({properties: {a: {}, b: {}}, required: ["a", "b"]}, ["a"])', "{properties: {a: {}}, required: [a]}"],
    ['schema_omit({properties: {a: {}, b: {}}, required: ["a", "b"]}, ["a"])', "{properties: {b: {}}, required: [b]}"],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });
});
