import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../base/index.ts";
import {
  boundaryOf,
  checkPersonaOptions,
  checkStepOptions,
  decodePersonaDefinition,
  decodeStepDefinition,
  isUnknownBoundary,
  type PersonaOptions,
  type StepOptions,
} from "./definition.ts";

describe("step metadata", () => {
  it("STEP-01: gives name, function, model, both limits and the boundary as written", () => {
    expect(
      decodeStepDefinition("plan_step", {
        name: "plan",
        model: "small",
        error_boundary: "Continue",
        budget: { max_tokens: 100, max_usd: 0.05 },
      }),
    ).toEqual({
      name: "plan",
      function: "plan_step",
      model: "small",
      errorBoundary: "Continue",
      maxTokens: 100,
      maxUsd: 0.05,
    });
  });

  it.each<[string | undefined, string]>([
    ["continue", "continue"],
    ["escalate", "escalate"],
    ["fail", "fail"],
    [undefined, "fail"],
    ["Continue", "fail"],
    [" escalate", "fail"],
    ["", "fail"],
  ])("STEP-02: boundary %j acts as %s", (written, boundary) => {
    const definition = { name: "s", function: "f", ...(written === undefined ? {} : { errorBoundary: written }) };
    expect(boundaryOf(definition)).toBe(boundary);
  });

  it("STEP-02: a boundary that is none of the three words can be warned about", () => {
    expect(["fail", "continue", "escalate", undefined].map(isUnknownBoundary)).toEqual([false, false, false, false]);
    expect(["retry", "Continue", ""].map(isUnknownBoundary)).toEqual([true, true, true]);
  });

  it.each<[Json | undefined]>([[undefined], [5], [null], [["x"]]])(
    "STEP-07: name %j falls back to the function",
    (name) => {
      expect(decodeStepDefinition("f", name === undefined ? {} : { name }).name).toBe("f");
    },
  );

  it.each<[Json]>([[""], [5], [null], [{}]])("STEP-08: model %j counts as none", (model) => {
    expect(decodeStepDefinition("f", { model })).not.toHaveProperty("model");
  });

  it.each<[Json, number | undefined]>([
    [100, 100],
    [99.9, 99],
    [0.5, 0],
    [1, 1],
    [0, undefined],
    [-1, undefined],
    ["100", undefined],
    [null, undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    [1e300, Number.MAX_SAFE_INTEGER],
  ])("STEP-09: max_tokens %j is the limit %j", (max_tokens, limit) => {
    expect(decodeStepDefinition("f", { budget: { max_tokens } }).maxTokens).toBe(limit);
  });

  it.each<[Json, number | undefined]>([
    [0.05, 0.05],
    [2, 2],
    [0, 0],
    [-0.01, undefined],
    ["1", undefined],
    [true, undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
  ])("STEP-10: max_usd %j is the limit %j", (max_usd, limit) => {
    expect(decodeStepDefinition("f", { budget: { max_usd } }).maxUsd).toBe(limit);
  });

  it.each<[string, JsonObject]>([
    ["unknown keys", { shape: "round", retry: { max_attempts: 3 }, approval: "required", receipt: "x" }],
    ["a budget that is no dict", { budget: 100 }],
    ["a budget that is a list", { budget: [1] }],
    ["a boundary that is no text", { error_boundary: 7 }],
  ])("STEP-11: ignores %s", (_name, metadata) => {
    expect(decodeStepDefinition("f", metadata)).toEqual({ name: "f", function: "f" });
  });
});

describe("persona metadata", () => {
  it("STEP-03: gives a name, by default that of the function", () => {
    expect(decodePersonaDefinition("f", { name: "captain", tools: ["x"] })).toEqual({
      ok: true,
      definition: { name: "captain", function: "f" },
    });
    expect(decodePersonaDefinition("f", { name: 1 })).toMatchObject({ definition: { name: "f" } });
  });

  it("STEP-65: reads stages", () => {
    const stages = [
      { name: "look", allowed_tools: ["read"], side_effect_level: "read_only", max_iterations: 3 },
      { name: "rest", allowed_tools: [] },
      { name: "free", allowed_tools: null, max_iterations: null },
    ];
    expect(decodePersonaDefinition("f", { stages })).toMatchObject({
      definition: {
        stages: [
          { name: "look", allowedTools: ["read"], sideEffectLevel: "read_only", maxIterations: 3 },
          { name: "rest", allowedTools: [] },
          { name: "free" },
        ],
      },
    });
  });

  it.each<[Json, string]>([
    ["look", "`stages` must be a list of dicts"],
    [{ name: "look" }, "`stages` must be a list of dicts"],
    [["look"], "`stages` entries must be dicts"],
    [[{ allowed_tools: [] }], "`stages` entries need a `name`"],
    [[{ name: 3 }], "`stages` entries need a `name`"],
    [[{ name: "look", allowed_tools: "read" }], "`allowed_tools` of stage `look` must be a list of strings"],
    [[{ name: "look", allowed_tools: [1] }], "`allowed_tools` of stage `look` must be a list of strings"],
    [
      [{ name: "look", side_effect_level: "readonly" }],
      "`side_effect_level` of stage `look` must be one of none, read_only, workspace_write, process_exec, network",
    ],
    [[{ name: "look", max_iterations: 0 }], "`max_iterations` of stage `look` must be a positive integer"],
    [[{ name: "look", max_iterations: "3" }], "`max_iterations` of stage `look` must be a positive integer"],
  ])("STEP-66: refuses stages %j", (stages, problem) => {
    expect(decodePersonaDefinition("f", { stages })).toEqual({ ok: false, problem });
  });

  it.each<[Json, unknown]>([
    ["terse", { name: "terse" }],
    [
      { name: "terse", instructions: "Be brief" },
      { name: "terse", instructions: "Be brief" },
    ],
    [{ instructions: "Be brief" }, undefined],
    ["", undefined],
    [null, undefined],
  ])("STEP-67: output style %j", (output_style, style) => {
    const reading = decodePersonaDefinition("f", { output_style });
    expect(reading.ok && reading.definition.outputStyle).toEqual(style);
  });
});

describe("step options of a TypeScript program", () => {
  it.each<[object, string]>([
    [{ name: "" }, "Expected `name` to be a non-empty string, found "],
    [{ name: "s", budget: { maxTokens: 0 } }, "Expected `budget.maxTokens` to be a positive integer, found 0"],
    [{ name: "s", budget: { maxTokens: 1.5 } }, "Expected `budget.maxTokens` to be a positive integer, found 1.5"],
    [{ name: "s", budget: { maxUsd: -1 } }, "Expected `budget.maxUsd` to be a number from 0, found -1"],
    [{ name: "s", budget: { maxUsd: Number.NaN } }, "Expected `budget.maxUsd` to be a number from 0, found NaN"],
    [
      { name: "s", errorBoundary: "retry" },
      "Expected `errorBoundary` to be `fail`, `continue` or `escalate`, found retry",
    ],
  ])("are refused rather than ignored: %j", (options, message) => {
    expect(() => checkStepOptions(options as StepOptions, "f")).toThrow(message);
  });
});

describe("STEP-65: persona options of a TypeScript program", () => {
  const stage = (limits: object) => ({ name: "p", stages: [{ name: "fine" }, { name: "s", ...limits }] });
  it.each<[object, string]>([
    [{ name: "" }, "Expected `name` to be a non-empty string, found "],
    [stage({ name: "" }), "Expected `stages[1].name` to be a non-empty string, found "],
    [stage({ allowedTools: "look" }), "Expected `stages[1].allowedTools` to be a list of strings, found look"],
    [stage({ allowedTools: [1] }), "Expected `stages[1].allowedTools` to be a list of strings, found 1"],
    [
      stage({ sideEffectLevel: "readonly" }),
      "Expected `stages[1].sideEffectLevel` to be one of `none`, `read_only`, `workspace_write`, `process_exec`, `network`, found readonly",
    ],
    [stage({ maxIterations: 0 }), "Expected `stages[1].maxIterations` to be a positive integer, found 0"],
    [stage({ maxIterations: Number.NaN }), "Expected `stages[1].maxIterations` to be a positive integer, found NaN"],
  ])(
    "a limit that is misspelt is refused where it is declared, rather than letting everything pass: %j",
    (options, message) => {
      expect(() => checkPersonaOptions(options as PersonaOptions, "f")).toThrow(message);
    },
  );

  it("what is right stays as it is", () => {
    const options = stage({ allowedTools: [], sideEffectLevel: "none", maxIterations: 1 });
    expect(checkPersonaOptions(options, "f")).toEqual({ ...options, function: "f" });
  });
});
