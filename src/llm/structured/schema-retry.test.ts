import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../base/index.ts";
import { type ModelResult, NO_USAGE } from "../spec/model-result.ts";
import { createTraceLog } from "../trace/trace-log.ts";
import { outputSchema } from "./output-schema.ts";
import { runSchemaLoop, type SchemaLoopParts } from "./schema-retry.ts";

const answer = (text: string): ModelResult => ({
  text,
  toolCalls: [],
  usage: NO_USAGE,
  model: "m",
  provider: "p",
  thinkingParts: [],
  stopReason: "end_turn",
  blocks: [],
  logprobs: [],
  warnings: [],
});

function loop(results: readonly unknown[], over: Partial<SchemaLoopParts> = {}) {
  let at = 0;
  const parts: SchemaLoopParts = {
    call: async () => ({ answer: answer(`raw ${at}`), result: results[at++] as JsonObject }),
    messages: [{ role: "user", content: "q" }],
    structured: true,
    schema: outputSchema({ type: "object", required: ["a"] }),
    retries: 1,
    nudge: { kind: "auto" },
    trace: createTraceLog(),
    ...over,
  };
  return runSchemaLoop(parts);
}

describe("SCHEMA-06 the outcome", () => {
  test("an answer that fits at last: its value, and what it took", async () => {
    expect(await loop([{ data: {} }, { data: { a: 1 } }])).toMatchObject({
      result: { data: { a: 1 } },
      rawText: "raw 1",
      errors: [],
      value: { a: 1 },
      attempts: 2,
      schemaRetries: 1,
    });
  });

  test("no answer that fits is no exception: what was wrong, and no value", async () => {
    expect(await loop([{ data: {} }, { data: {} }])).toMatchObject({
      errors: ["at root: missing required key 'a'"],
      value: undefined,
      attempts: 2,
    });
  });

  test("without structure nothing is checked", async () => {
    expect(await loop([{ text: "x" }], { structured: false })).toMatchObject({ errors: [], attempts: 1 });
  });
});

test("SCHEMA-01 no schema, no errors", async () => {
  const outcome = await loop([{ data: 7 }], { schema: undefined });
  expect(outcome).toMatchObject({ errors: [], value: 7 });
});

test("SCHEMA-03 a result that is no dict", async () => {
  expect((await loop(["text", null])).errors).toEqual(["structured output result was not a dict"]);
});

test("SCHEMA-07 the caller's list is not touched", async () => {
  const messages: readonly Json[] = Object.freeze([{ role: "user", content: "q" }]);
  await loop([{}, { data: { a: 1 } }], { messages });
  expect(messages).toHaveLength(1);
});
