/** Names of options as all builtins together declare them, and words that no checker should take for slips of them. */

import { describe, expect, it } from "vitest";
import { optionPositions } from "../../src/lang/check/builtin-text.ts";
import { meantOption } from "../../src/lang/check/known-options.ts";
import { standardBuiltins } from "../../src/stdlib/index.ts";

const withOptions = standardBuiltins.filter(({ options }) => options !== undefined);
const optionsOf = (name: string): readonly string[] =>
  withOptions.find(({ native }) => native.name === name)?.options ?? [];

/** Providers, whose names are keys of options, and parameters that servers of models know and we do not. */
const OTHERS = [
  ...["anthropic", "bedrock", "gemini", "huggingface", "llamacpp", "local", "mlx", "mock", "ollama", "openai"],
  ...["openrouter", "together", "vertex", "vllm"],
  ...["best_of", "echo", "function_call", "functions", "keep_alive", "logit_bias", "max_completion_tokens", "metadata"],
  ...["min_p", "min_tokens", "mirostat", "modalities", "mode", "n", "num_ctx", "num_predict", "parallel_tool_calls"],
  ...["repetition_penalty", "service_tier", "stop_sequences", "stop_token_ids", "store", "suffix", "text"],
  ...["tfs_z", "top_a", "top_n_sigma", "transforms", "typical_p", "user", "verbosity"],
];

describe("options of builtins", () => {
  it("stand in a parameter that the signature names", () => {
    expect(withOptions.length).toBeGreaterThan(20);
    for (const { signature } of withOptions) expect(optionPositions(signature), signature).not.toEqual([]);
  });

  it.each(withOptions.map(({ native, options }) => [native.name, options ?? []] as const))(
    "%s: each once, in order",
    (_, options) => {
      expect(options).toEqual([...new Set(options)].sort());
    },
  );

  it.each(["llm_call", "agent_loop", "llm_call_structured_result", "spawn_agent"])(
    "%s: words of others are no slips of its own",
    (builtin) => {
      const options = optionsOf(builtin);
      const taken = OTHERS.filter((name) => !options.includes(name)).map((name) => [name, meantOption(name, options)]);
      expect(taken.filter(([, meant]) => meant !== undefined)).toEqual([]);
    },
  );

  it.each(["llm_call", "agent_loop"])("%s: what differs from an option by a letter is taken for it", (builtin) => {
    const options = optionsOf(builtin);
    for (const name of options.filter((option) => option.length >= 8 && !/_.{1,4}$/.test(option))) {
      expect(meantOption(`${name.slice(0, -2)}${name.slice(-1)}`, options), name).toBe(name);
    }
  });
});
