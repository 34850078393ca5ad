import { expect, test } from "vitest";
import { builtinRates } from "./builtin-prices.ts";
import { loadPriceList } from "./price-list.ts";

const june2025 = Date.UTC(2025, 5, 1);

test("COST-02 the price list knows models with and without their provider, and says when it does not", async () => {
  const list = await loadPriceList(june2025);
  const mini = { input: 0.15, output: 0.6, cacheRead: 0.075 };
  expect(list.rates("openai", "gpt-4o-mini")).toEqual(mini);
  expect(list.rates("my-gateway", "gpt-4o-mini")).toEqual(mini);
  expect(list.rates("anthropic", "claude-opus-4-20250514")).toMatchObject({ input: 15, output: 75, cacheRead: 1.5 });
  expect(list.rates("openai", "no-such-model")).toBeUndefined();
});

test("of tiered prices the first tier counts", async () => {
  const list = await loadPriceList(june2025);
  expect(list.rates("google", "gemini-2.5-pro")).toMatchObject({ input: 1.25, output: 10 });
});

test.each([
  ["claude-opus-4-20250514", 15, 75],
  ["gpt-4o-mini-2024", 0.15, 0.6],
  ["gpt-4o", 2.5, 10],
  ["meta/llama-3.1-70b-instruct", 0.59, 0.79],
  ["gemini-2.5-flash", 0.1, 0.4],
])("COST-02 the built-in families: %s", (model, input, output) => {
  expect(builtinRates(model)).toEqual({ input, output });
});

test("a model of no known family has no price", () => {
  expect(builtinRates("unknown-model")).toBeUndefined();
  expect(builtinRates("turbo1-mini")).toBeUndefined();
  expect(builtinRates("openai/o1-preview")).toEqual({ input: 15, output: 60 });
});
