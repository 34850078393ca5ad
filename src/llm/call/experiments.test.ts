import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "../../base/index.ts";
import { createVirtualHost } from "../../testing/index.ts";
import { createEnvSettings } from "./env-settings.ts";
import { applyExperiment, type Experiment, type ExperimentTransform, readExperiment } from "./experiments.ts";

const env = createEnvSettings(createVirtualHost());
const read = (value: unknown): Experiment => {
  const experiment = readExperiment(env, value);
  if (experiment === undefined) throw new Error("expected an experiment");
  return experiment;
};
const user = (content: string): Json => ({ role: "user", content });
const apply = (value: unknown, messages: readonly Json[], system?: string) =>
  applyExperiment(read(value), messages, system);

describe("EXPER-02 reading", () => {
  test.each([[null], [false], [""], ["  "], [undefined]])("%j is off", (value) => {
    expect(readExperiment(env, value)).toBeUndefined();
  });

  test.each([
    ["a bare name", "doubled_prompt", { label: "doubled_prompt", name: "doubled_prompt", args: {} }],
    [
      "a spec with arguments of every scalar kind; the spec is the label",
      'prompt_order_permutation(seed: 42, x: -1.5, s: "a, b", t: TRUE, n: nil)',
      {
        label: 'prompt_order_permutation(seed: 42, x: -1.5, s: "a, b", t: TRUE, n: nil)',
        name: "prompt_order_permutation",
        args: { seed: 42, x: -1.5, s: "a, b", t: true, n: null },
      },
    ],
    [
      "a dict",
      { experiment: "prompt_order_permutation", label: "L", seed: 3 },
      { label: "L", name: "prompt_order_permutation", args: { seed: 3 } },
    ],
    ["a dict with args", { name: "doubled_prompt", args: { a: 1 } }, { args: { a: 1 }, label: "doubled_prompt" }],
    ["a closure", () => null, { label: "custom", name: "custom" }],
    [
      "a dict with a handler",
      { name: "mine", handler: () => null, k: 1 },
      { label: "mine", name: "mine", args: { k: 1 } },
    ],
  ])("%s", (_name, value, expected) => {
    expect(read(value)).toMatchObject(expected);
  });

  test.each([
    ["upside_down", "unknown structural experiment `upside_down`"],
    ["doubled_prompt(", "missing closing `)`"],
    ["doubled_prompt(x)", "expected `name: value`, got `x`"],
    ["doubled_prompt(: 1)", "empty argument name"],
    ["doubled_prompt(x: y z)", "unsupported argument value `y z`"],
    [7, "expected string, dict, closure, nil, or false; got int"],
    [{ label: "x" }, "dict form requires `name` or `transform`"],
  ])("%j is an error", (value, message) => {
    expect(() => readExperiment(env, value)).toThrow(message);
  });

  test("unset falls back to the environment; nil does not", () => {
    const set = createEnvSettings(createVirtualHost({ env: { HARN_STRUCTURAL_EXPERIMENT: " doubled_prompt " } }));
    expect(readExperiment(set, undefined)?.name).toBe("doubled_prompt");
    expect(readExperiment(set, null)).toBeUndefined();
  });
});

describe("the built-in ones", () => {
  test("EXPER-03 prompt_order_permutation: all sections, another order, the same for the same seed", async () => {
    const sections = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 2, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(sections, fc.integer(), async (parts, seed) => {
        const spec = `prompt_order_permutation(seed: ${seed})`;
        const once = await apply(spec, [user("earlier"), user(parts.join("\n\n"))]);
        const again = await apply(spec, [user("earlier"), user(parts.join("\n\n"))]);
        const text = (once.messages[1] as { content: string }).content;
        expect(again.messages).toEqual(once.messages);
        expect(text).not.toBe(parts.join("\n\n"));
        expect(text.split("\n\n").sort()).toEqual([...parts].sort());
        expect(once.messages[0]).toEqual(user("earlier"));
      }),
    );
    const single = await apply("prompt_order_permutation", [user("one section")]);
    expect(single.messages).toEqual([user("one section")]);
  });

  test("EXPER-04 doubled_prompt", async () => {
    const { messages } = await apply("doubled_prompt", [user("a"), { role: "assistant", content: "b" }, user("c")]);
    expect(messages.map((message) => (message as { content: string }).content)).toEqual(["c", "a", "b", "c", "c"]);
  });

  test("EXPER-04 chain_of_draft", async () => {
    const { messages } = await apply("chain_of_draft", [user("q")]);
    expect((messages[0] as { content: string }).content).toMatch(/^q\n\n.*<draft>\.\.\.<\/draft>/);
  });

  test("EXPER-04 inverted_system swaps only when both exist", async () => {
    expect(await apply("inverted_system", [user("u")], "s")).toMatchObject({ messages: [user("s")], system: "u" });
    expect(await apply("inverted_system", [user("u")])).toMatchObject({ messages: [user("u")], system: undefined });
  });

  test("without a text message of the user nothing changes", async () => {
    const messages: Json[] = [{ role: "user", content: [{ type: "text", text: "x" }] }];
    for (const name of ["doubled_prompt", "chain_of_draft", "inverted_system", "prompt_order_permutation"]) {
      expect((await apply(name, messages, "s")).messages).toEqual(messages);
    }
  });

  test("the caller's messages are not touched", async () => {
    const message = Object.freeze(user("q"));
    await apply("chain_of_draft", Object.freeze([message]));
    expect(message).toEqual(user("q"));
  });
});

describe("EXPER-05 EXPER-06 custom transforms", () => {
  const messages = [user("q")];
  const custom = (transform: ExperimentTransform) => apply({ name: "n", label: "l", transform, k: 1 }, messages, "s");

  test("what it sees", async () => {
    let seen: unknown;
    await applyExperiment(
      read((input: unknown) => {
        seen = input;
      }),
      messages,
      undefined,
      4,
    );
    expect(seen).toEqual({ messages, system: null, iteration: 4, label: "custom", name: "custom", args: {} });
  });

  test.each([
    ["nil", null, { messages, system: "s", applied: { label: "l", name: "n", args: { k: 1 }, metadata: {} } }],
    ["a list", [user("x")], { messages: [user("x")], system: "s" }],
    ["a dict", { messages: [user("x")], system: "t" }, { messages: [user("x")], system: "t" }],
    ["a dict that clears the system prompt", { system: null }, { messages, system: undefined }],
    [
      "a dict with names and metadata",
      { label: "L", name: "N", metadata: { kind: 1 } },
      { applied: { label: "L", name: "N", metadata: { label: "L", name: "N", details: { kind: 1 } } } },
    ],
  ])("%s", async (_name, outcome, expected) => {
    expect(await custom(() => outcome)).toMatchObject(expected);
    expect(await custom(async () => outcome)).toMatchObject(expected);
  });

  test.each([
    ["text", "must return nil, a message list, or a dict"],
    [{ messages: "x" }, "`messages` must be a list"],
  ])("%j fails the call", async (outcome, message) => {
    await expect(custom(() => outcome)).rejects.toThrow(message);
  });
});
