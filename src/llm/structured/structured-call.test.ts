import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { askedKeys } from "../../../test/support/recorded-options.ts";
import type { JsonObject } from "../../base/index.ts";
import { createVirtualHost } from "../../testing/index.ts";
import { openCatalog } from "../call/catalog-view.ts";
import type { LlmCallError } from "../call/error-dict.ts";
import { llmCall } from "../call/llm-call.ts";
import { createLlmContext } from "../call/llm-context.ts";
import { createFakeModel } from "../fake/fake-model.ts";
import { type FakeScript, fakeDone, fakeError, fakeScript, fakeStream } from "../fake/fake-script.ts";
import {
  llmCallStructured,
  llmCallStructuredResult,
  llmCallStructuredSafe,
  REPAIR_OPTION_NAMES,
  STRUCTURED_OPTION_NAMES,
} from "./structured-call.ts";

const schema: JsonObject = {
  type: "object",
  required: ["verdict"],
  properties: { verdict: { type: "string" }, note: { type: "string" } },
};
const good = '{"verdict":"PASS"}';
const bad = '{"note":"hmm"}';

function setup(script: FakeScript) {
  const host = createVirtualHost();
  const model = createFakeModel(host, script);
  const context = createLlmContext({ host, clients: model });
  const options = (over: object = {}) => ({ model: "m", ...over });
  return {
    host,
    model,
    context,
    plain: (over: object = {}) =>
      host.drive(llmCall(context, "Grade", null, options({ output_schema: schema, response_format: "json", ...over }))),
    structured: (over: object = {}) => host.drive(llmCallStructured(context, "Grade", schema, options(over))),
    safe: (over: object = {}) => host.drive(llmCallStructuredSafe(context, "Grade", schema, options(over))),
    result: (over: object = {}) => host.drive(llmCallStructuredResult(context, "Grade", schema, options(over))),
    contents: () =>
      model.calls.map((call) => call.messages.map((message) => ("content" in message ? message.content : ""))),
  };
}

const says = (...texts: string[]) => fakeScript(...texts.map((text) => fakeStream([text])));

test("STRUCT-01 ENVL-08 the options read besides those of a call are listed", async () => {
  const { host, context } = setup(says(good, good));
  const plain = (options: object) => host.drive(llmCallStructured(context, "Grade", schema, options));
  const result = (options: object) => host.drive(llmCallStructuredResult(context, "Grade", schema, options));
  expect(await askedKeys([{}], plain)).toEqual(STRUCTURED_OPTION_NAMES);
  expect(await askedKeys([{}], result)).toEqual(REPAIR_OPTION_NAMES);
});

describe("the schema loop", () => {
  test("SCHEMA-05 at most schema_retries + 1 calls, ending with the first that fits", async () => {
    const first = setup(says(bad, good, "never"));
    expect((await first.plain({ schema_retries: 5 }))["data"]).toEqual({ verdict: "PASS" });
    expect(first.model.calls).toHaveLength(2);
    const never = setup(says(bad, bad, bad, "never"));
    await never.plain({ schema_retries: 2 });
    expect(never.model.calls).toHaveLength(3);
    const none = setup(says(bad, "never"));
    await none.plain({ schema_retries: 0 });
    expect(none.model.calls).toHaveLength(1);
  });

  test("SCHEMA-05 transport failures leave the loop at once", async () => {
    const { plain, model } = setup(fakeScript(fakeStream([bad]), fakeError("auth", "no"), fakeStream([good])));
    await expect(plain({ schema_retries: 5 })).rejects.toMatchObject({ dict: { category: "auth" } });
    expect(model.calls).toHaveLength(2);
  });

  test("SCHEMA-07 each retry sends the original messages plus one corrective message, and does not grow", async () => {
    const { plain, contents } = setup(says(bad, "prose", good));
    await plain({ schema_retries: 2 });
    const [first, second, third] = contents();
    expect(first).toEqual(["Grade"]);
    expect(second).toEqual(["Grade", expect.stringContaining("missing required key 'verdict'")]);
    expect(third).toEqual(["Grade", expect.stringContaining("response did not contain parseable JSON")]);
  });

  test("SCHEMA-08 without a nudge the messages are repeated unchanged", async () => {
    const { plain, contents } = setup(says(bad, good));
    expect((await plain({ schema_retry_nudge: false }))["data"]).toEqual({ verdict: "PASS" });
    expect(contents()).toEqual([["Grade"], ["Grade"]]);
  });

  test("SCHEMA-10 a verbatim nudge", async () => {
    const { plain, contents } = setup(says(bad, good));
    await plain({ schema_retry_nudge: "JSON, please" });
    expect(contents()[1]?.[1]).toBe("JSON, please\n\nValidation errors: at root: missing required key 'verdict'");
  });

  test("SCHEMA-19 a trace event before each retry", async () => {
    const { plain, context } = setup(says(bad, bad, good));
    await plain({ schema_retries: 2 });
    const retries = context.trace.events().filter((event) => event.type === "schema_retry");
    expect(retries).toHaveLength(2);
    expect(retries[1]).toMatchObject({
      attempt: 2,
      errors: ["at root: missing required key 'verdict'"],
      nudge_used: true,
      correction_prompt: expect.stringContaining("did not match the required JSON schema"),
    });
    const silent = setup(says(bad, good));
    await silent.plain({ schema_retry_nudge: false });
    expect(silent.context.trace.events().find((event) => event.type === "schema_retry")).toMatchObject({
      nudge_used: false,
      correction_prompt: "",
    });
  });

  test("SCHEMA-04 why there is no data", async () => {
    const { plain } = setup(
      fakeScript(fakeStream(['<nope>{"verdict', fakeDone("max_tokens")]), fakeStream(["<done></done>"])),
    );
    const failure = await plain({ schema_retries: 0, output_validation: "error", tools: [{ name: "t" }] }).catch(
      (error: LlmCallError) => error,
    );
    expect((failure as LlmCallError).dict["message"]).toMatch(
      /response did not contain parseable JSON; protocol violations: .+; response hit the token limit before producing complete JSON/,
    );
  });

  test("a call that only wants JSON takes any", async () => {
    const { context, host } = setup(says("[1]"));
    const result = await host.drive(llmCall(context, "x", null, { model: "m", response_format: "json" }));
    expect(result["data"]).toEqual([1]);
  });
});

describe("output_validation", () => {
  const hintNone =
    " (hint: set `schema_retries: N` in the llm_call options to automatically re-prompt the model with a corrective nudge)";
  const hintUsed =
    " (hint: schema_retries budget exhausted — the model did not produce conforming output after the configured retries; consider raising `schema_retries` or relaxing the schema)";

  test.each([
    [0, hintNone],
    [1, hintUsed],
  ])("VALID-01 VALID-03 error, with %i retries", async (schema_retries, hint) => {
    const { plain } = setup(says(bad, bad));
    await expect(plain({ output_validation: "error", schema_retries })).rejects.toMatchObject({
      dict: {
        category: "schema_validation",
        kind: "terminal",
        reason: "unknown",
        message: `LLM output failed schema validation: at root: missing required key 'verdict'${hint}`,
        provider: "fake",
        model: "m",
      },
    });
  });

  test("VALID-02 warn logs the same message and returns; anything else returns silently", async () => {
    const { plain, host } = setup(says(bad, bad));
    const warnings = () => host.logs.filter((entry) => entry.level === "warn").map((entry) => entry.message);
    expect((await plain({ output_validation: "warn", schema_retries: 0 }))["data"]).toEqual({ note: "hmm" });
    expect(warnings()).toEqual([
      `llm: LLM output failed schema validation: at root: missing required key 'verdict'${hintNone}`,
    ]);
    expect((await plain({ output_validation: "whatever", schema_retries: 0 }))["data"]).toEqual({ note: "hmm" });
    expect(warnings()).toHaveLength(1);
  });

  test("a failed answer is not lost", async () => {
    const { plain } = setup(says(bad));
    const failure = await plain({ output_validation: "error", schema_retries: 0 }).catch(
      (error: LlmCallError) => error,
    );
    expect((failure as LlmCallError).partialText).toBe(bad);
  });
});

describe("llm_call_structured", () => {
  test("STRUCT-05 STRUCT-06 only the data comes back; the request asks for the schema", async () => {
    const { structured, model } = setup(says(good));
    expect(await structured()).toEqual({ verdict: "PASS" });
    expect(model.calls[0]?.input.output).toEqual({ kind: "json-schema", schema, strict: true });
  });

  test("STRUCT-04 three retries by default; `retries` is an alias that yields to the long name", async () => {
    const calls = async (over: object) => {
      const { structured, model } = setup(says(bad, bad, bad, bad, bad, bad));
      await structured(over).catch(() => {});
      return model.calls.length;
    };
    expect(await calls({})).toBe(4);
    expect(await calls({ retries: 1 })).toBe(2);
    expect(await calls({ retries: 1, schema_retries: 2 })).toBe(3);
    expect(await calls({ retries: "many" })).toBe(4);
  });

  test("STRUCT-03 system is lifted out of the options; nil counts as absent", async () => {
    const { structured, model } = setup(says(good, good));
    await structured({ system: "be strict" });
    await structured({ system: null });
    expect(model.calls.map((call) => call.system)).toEqual(["be strict", undefined]);
  });

  test("STRUCT-05 what the caller set stays", async () => {
    const { structured } = setup(says(bad));
    expect(await structured({ output_validation: "off", schema_retries: 0 })).toEqual({ note: "hmm" });
    const other = setup(says('{"x":1}'));
    expect(await other.structured({ output_schema: { type: "object", required: ["x"] } })).toEqual({ x: 1 });
  });

  test("STRUCT-06 failures throw the llm_call dict", async () => {
    const { structured } = setup(says(bad, bad));
    await expect(structured({ retries: 1 })).rejects.toMatchObject({
      dict: { category: "schema_validation", provider: "fake" },
    });
  });

  test("STRUCT-01 STRUCT-02 argument mistakes", async () => {
    const { context } = setup(says(good));
    const call = (value: unknown) => llmCallStructured(context, "p", value as JsonObject);
    await expect(call(undefined)).rejects.toThrow(
      "llm_call_structured: missing required `schema` argument (expected (prompt, schema, options?))",
    );
    await expect(call([])).rejects.toThrow("llm_call_structured: `schema` must be a dict (JSON Schema), got list");
    await expect(call(null)).rejects.toThrow("got nil");
  });

  test("STRUCT-07 STRUCT-08 the safe form never throws", async () => {
    const ok = setup(says(good));
    expect(await ok.safe()).toEqual({ ok: true, data: { verdict: "PASS" }, error: null });
    const failed = setup(fakeScript(fakeError("rate_limit", "slow")));
    expect(await failed.safe()).toMatchObject({
      ok: false,
      data: null,
      error: { category: "rate_limit", kind: "transient", reason: "rate_limit", message: "slow", provider: "fake" },
    });
    expect(await llmCallStructuredSafe(ok.context, "p", 7 as unknown as JsonObject)).toEqual({
      ok: false,
      data: null,
      error: {
        category: "generic",
        kind: "terminal",
        reason: "unknown",
        message: "llm_call_structured: `schema` must be a dict (JSON Schema), got int",
      },
    });
  });

  test("a Standard Schema: the model sees JSON Schema, the caller gets the typed, transformed value", async () => {
    const Verdict = z.object({ verdict: z.enum(["pass", "fail"]), score: z.string().transform(Number) });
    const { context, host, model } = setup(says('{"verdict":"maybe","score":"1"}', '{"verdict":"pass","score":"7"}'));
    const data = await host.drive(llmCallStructured(context, "Grade", Verdict, { model: "m" }));
    expectTypeOf(data).toEqualTypeOf<{ verdict: "pass" | "fail"; score: number }>();
    expect(data).toEqual({ verdict: "pass", score: 7 });
    expect(model.calls[0]?.input.output).toMatchObject({
      kind: "json-schema",
      schema: { required: ["verdict", "score"] },
    });
    expect(model.calls[1]?.messages).toHaveLength(2);
  });

  test("a Standard Schema that cannot say itself as JSON Schema still checks", async () => {
    const { context, host, model } = setup(says('{"a":1}', '{"a":2}'));
    const even = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: (value: unknown) =>
          (value as { a: number }).a % 2 === 0 ? { value } : { issues: [{ message: "odd", path: ["a"] }] },
      },
    };
    expect(await host.drive(llmCallStructured(context, "x", even, { model: "m" }))).toEqual({ a: 2 });
    expect(model.calls[0]?.input.output).toEqual({ kind: "json" });
    expect(JSON.stringify(model.calls[1]?.messages)).toContain("at a: odd");
  });
});

describe("llm_call_structured_result", () => {
  const zeroUsage = {
    input_tokens: 0,
    output_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    cache_creation_input_tokens: 0,
    cache_hit_ratio: 0,
    cache_savings_usd: 0,
  };

  test("ENVL-02 ENVL-03 success", async () => {
    const { result } = setup(says(good));
    expect(await result()).toEqual({
      ok: true,
      data: { verdict: "PASS" },
      raw_text: good,
      error: "",
      error_category: null,
      attempts: 1,
      repaired: false,
      extracted_json: false,
      usage: expect.objectContaining({ output_tokens: 0, cache_hit_ratio: 0 }),
      model: "m",
      provider: "fake",
    });
  });

  test.each([
    ["clean", good, false],
    ["fenced", `Sure!\n\`\`\`json\n${good}\n\`\`\`\nDone.`, true],
    ["in prose", `Here: ${good} ok`, true],
  ])("ENVL-07 extracted_json: %s", async (_name, text, extracted) => {
    const { result } = setup(says(text));
    expect(await result()).toMatchObject({ ok: true, extracted_json: extracted });
  });

  test("ENVL-05 attempts count the calls of the main loop", async () => {
    const { result } = setup(says(bad, good));
    expect(await result()).toMatchObject({ ok: true, attempts: 2 });
  });

  test.each([
    ["missing_json", "no json here", "response did not contain parseable JSON"],
    ["schema_validation", '{"verdict":42}', "at verdict: expected type 'string', got 'int'"],
  ])("ENVL-01 ENVL-03 ENVL-04 ENVL-06 %s", async (category, text, error) => {
    const { result } = setup(says(text));
    expect(await result({ retries: 0 })).toMatchObject({
      ok: false,
      data: null,
      raw_text: text,
      error,
      error_category: category,
      attempts: 1,
      repaired: false,
      model: "m",
      provider: "fake",
    });
  });

  test("ENVL-04 ENVL-05 transport failures: underlying category, no repair, nothing to salvage", async () => {
    const { result, model } = setup(fakeScript(fakeError("rate_limit", "429 slow down"), fakeStream([good])));
    expect(await result({ repair: true })).toEqual({
      ok: false,
      data: null,
      raw_text: "",
      error: "429 slow down",
      error_category: "rate_limit",
      attempts: 0,
      repaired: false,
      extracted_json: false,
      usage: zeroUsage,
      model: "m",
      provider: "fake",
    });
    expect(model.calls).toHaveLength(1);
  });

  test("ENVL-01 ENVL-05 argument failures: no model, no provider", async () => {
    const { result, context } = setup(says(good));
    expect(await result({ max_tokens: "x" })).toMatchObject({
      ok: false,
      error_category: "generic",
      attempts: 0,
      usage: zeroUsage,
      model: "",
      provider: "",
    });
    expect(await llmCallStructuredResult(context, "p", "s" as unknown as JsonObject)).toMatchObject({
      ok: false,
      error: expect.stringContaining("`schema` must be a dict"),
    });
  });

  test("ENVL-05 ENVL-08 ENVL-09 a repair that helps", async () => {
    const { result, model } = setup(says(bad, good));
    const options = { retries: 0, system: "sys", repair: { model: "fixer", max_tokens: 600, schema_retries: 9 } };
    expect(await result(options)).toMatchObject({
      ok: true,
      data: { verdict: "PASS" },
      repaired: true,
      attempts: 1,
      raw_text: good,
      model: "fixer",
    });
    expect(model.calls[1]).toMatchObject({ model: "fixer", system: undefined, input: { maxTokens: 600 } });
  });

  test("ENVL-10 the repair prompt", async () => {
    const { result, contents } = setup(says(bad, good));
    await result({ retries: 0, repair: true });
    const prompt = contents()[1]?.[0] ?? "";
    expect(prompt).toContain("failed validation");
    expect(prompt).toContain("Validation errors: at root: missing required key 'verdict'");
    expect(prompt).toContain(`Original text:\n${bad}`);
    expect(prompt.endsWith("Reply with valid JSON only.")).toBe(true);
  });

  test("ENVL-04 ENVL-06 ENVL-09 a repair that does not help runs once, and the main call is described", async () => {
    const { result, model } = setup(says(bad, '{"note":"still"}', good));
    expect(await result({ retries: 0, repair: { enabled: true } })).toMatchObject({
      ok: false,
      error_category: "repair_failed",
      repaired: false,
      raw_text: bad,
    });
    expect(model.calls).toHaveLength(2);
    const broken = setup(fakeScript(fakeStream([bad]), fakeError("auth", "no")));
    expect(await broken.result({ retries: 0, repair: true })).toMatchObject({ error_category: "repair_failed" });
  });

  test.each([[null], [false], [{ enabled: false, model: "x" }], ["yes"], [1]])(
    "ENVL-08 repair %j means none",
    async (repair) => {
      const { result, model } = setup(says(bad, good));
      expect(await result({ retries: 0, repair })).toMatchObject({ ok: false, error_category: "schema_validation" });
      expect(model.calls).toHaveLength(1);
    },
  );

  test("the repair call speaks for itself, not with the caller's messages", async () => {
    const { result, contents } = setup(says(bad, good));
    const messages = [{ role: "user", content: "original" }];
    await result({ retries: 0, repair: true, messages, structural_experiment: "doubled_prompt" });
    expect(contents()[0]).toEqual(["original", "original", "original"]);
    expect(contents()[1]).toHaveLength(1);
  });
});

test("schema handling holds with routing", async () => {
  const host = createVirtualHost();
  const models = {
    a: createFakeModel(host, fakeScript(fakeError("server_error", "down"), fakeError("server_error", "down"))),
    b: createFakeModel(host, says(bad, good)),
  };
  const clients = { provider: (name: string) => models[name as "a" | "b"] };
  const context = createLlmContext({ host, clients, catalog: openCatalog("a") });
  const routing = { _type: "routing_policy", chain: ["a:x", "b:y"] };
  const data = await host.drive(llmCallStructured(context, "Grade", schema, { routing }));
  expect(data).toEqual({ verdict: "PASS" });
  expect(models.b.calls).toHaveLength(2);
});
