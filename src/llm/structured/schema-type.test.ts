import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import type { Json, JsonObject } from "../../base/index.ts";
import type { FromSchema, SchemaOutput } from "./schema-type.ts";

/** The cases are checked by the compiler; at run time they only have to exist. */
const typeOf = <const S>(_schema: S): FromSchema<S> => undefined as never;

describe("types of answers (issue 4, structured output)", () => {
  it("an object: required keys are there, others may be", () => {
    const answer = typeOf({
      type: "object",
      required: ["city", "tags"],
      properties: {
        city: { type: "string" },
        people: { type: "integer" },
        tags: { type: "array", items: { type: "string" } },
      },
    });
    expectTypeOf(answer).toEqualTypeOf<{ city: string; tags: string[]; people?: number }>();
    expect(answer).toBeUndefined();
  });

  it("choices, nothing, nested lists, several types", () => {
    expectTypeOf(typeOf({ enum: ["pass", "fail"] })).toEqualTypeOf<"pass" | "fail">();
    expectTypeOf(typeOf({ const: 1 })).toEqualTypeOf<1>();
    expectTypeOf(typeOf({ type: ["string", "null"] })).toEqualTypeOf<string | null>();
    expectTypeOf(typeOf({ anyOf: [{ type: "number" }, { type: "boolean" }] })).toEqualTypeOf<number | boolean>();
    const rows = typeOf({ type: "array", items: { type: "object", properties: { ok: { type: "boolean" } } } });
    expectTypeOf(rows).toEqualTypeOf<{ ok?: boolean }[]>();
  });

  it("promises no more than the schema does", () => {
    expectTypeOf(typeOf({ $ref: "#/$defs/city" })).toEqualTypeOf<Json>();
    expectTypeOf(typeOf({ type: "object" })).toEqualTypeOf<JsonObject>();
    expectTypeOf(typeOf({ type: "array" })).toEqualTypeOf<Json[]>();
    expectTypeOf<FromSchema<JsonObject>>().toEqualTypeOf<Json>();
  });

  it("a Standard Schema says itself what it gives, transformed", () => {
    const Verdict = z.object({ score: z.string().transform(Number) });
    expectTypeOf<SchemaOutput<typeof Verdict>>().toEqualTypeOf<{ score: number }>();
  });
});
