import type { StandardSchemaV1 } from "@standard-schema/spec";
import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import type { JsonObject } from "../../base/index.ts";
import { outputSchema } from "./output-schema.ts";
import type { SchemaOutput } from "./schema-type.ts";

test("SCHEMA-01 JSON Schema: defaults are not applied, failures are a list", async () => {
  const schema = outputSchema({ type: "object", properties: { a: { type: "integer", default: 3 } } });
  expect(await schema.check({})).toEqual({ ok: true, value: {} });
  expect(await schema.check({ a: "x" })).toEqual({ ok: false, errors: ["at a: expected type 'int', got 'string'"] });
});

test("a Standard Schema checks, transforms and says itself as JSON Schema", async () => {
  const Verdict = z.object({ verdict: z.enum(["pass", "fail"]), score: z.number().transform((n) => n * 2) });
  const schema = outputSchema(Verdict);
  expect(schema.jsonSchema).toMatchObject({ type: "object", required: ["verdict", "score"] });
  expect(await schema.check({ verdict: "pass", score: 2 })).toEqual({ ok: true, value: { verdict: "pass", score: 4 } });
  const bad = await schema.check({ verdict: "maybe", score: 2 });
  expect(bad).toMatchObject({ ok: false });
  expect(!bad.ok && bad.errors[0]).toMatch(/^at verdict: /);
  expectTypeOf<SchemaOutput<typeof Verdict>>().toEqualTypeOf<{ verdict: "pass" | "fail"; score: number }>();
  expectTypeOf<SchemaOutput<{ type: "object" }>>().toEqualTypeOf<JsonObject>();
});

test("SCHEMA-01 a failure without a list, and a library that throws", async () => {
  const make = (validate: () => StandardSchemaV1.Result<unknown>): StandardSchemaV1 => ({
    "~standard": { version: 1, vendor: "test", validate },
  });
  const silent = outputSchema(make(() => ({ issues: [] })));
  expect(silent.jsonSchema).toBeUndefined();
  expect(await silent.check(1)).toEqual({ ok: false, errors: ["schema validation failed"] });
  const broken = outputSchema(
    make(() => {
      throw new Error("boom");
    }),
  );
  expect(await broken.check(1)).toEqual({ ok: false, errors: ["at root: schema library failed: boom"] });
});
