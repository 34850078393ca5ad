/** What providers are sent: PROV-02 field by field, and the refusals of each that must not be provoked. */

import { describe, expect, it } from "vitest";
import { BUILTIN_PROVIDERS } from "../catalog/builtin-providers.ts";
import { lookupCapabilities } from "../catalog/capabilities.ts";
import type { Message, ModelInput } from "../spec/model.ts";
import { chatQuirks, QUIRKY_PROVIDERS } from "./chat-quirks.ts";
import type { ApiStyle, EncodedRequest } from "./wire-format.ts";
import { WIRE_FORMATS } from "./wire-formats.ts";

const HELLO: Message = { role: "user", content: "Hello" };
const TOOL = { name: "read", description: "Reads", inputSchema: { type: "object", properties: {} } };
const DEFERRED = { ...TOOL, name: "rare", deferred: true };
const SAMPLING = {
  temperature: 0.5,
  topP: 0.9,
  topK: 40,
  frequencyPenalty: 0.1,
  presencePenalty: 0.2,
  seed: 7,
  stop: ["END"],
  logprobs: true,
  topLogprobs: 3,
};
const SCHEMA = { kind: "json-schema", schema: { type: "object" }, strict: true } as const;

function encode(
  style: ApiStyle,
  provider: string,
  model: string,
  fields: Partial<ModelInput> = {},
  env: Record<string, string> = {},
): EncodedRequest & { body: Record<string, unknown> } {
  const input: ModelInput = { provider, model, messages: [HELLO], ...fields };
  const context = { capabilities: lookupCapabilities(provider, model), env: (name: string) => env[name] };
  return WIRE_FORMATS[style].encode(input, context) as EncodedRequest & { body: Record<string, unknown> };
}

/** Reasoning, a text, two calls, two results (one with a picture), and the user again. */
const HISTORY: readonly Message[] = [
  {
    role: "user",
    content: "Look",
    attachments: [{ kind: "image", mediaType: "image/png", base64: "aaaa", detail: "low" }],
  },
  {
    role: "assistant",
    text: "Reading.",
    thinking: [{ text: "Hm.", signature: "sig" }],
    toolCalls: [
      { id: "call/1", name: "read", input: { path: "a" } },
      { id: "call_2", name: "read", input: ["not", "an", "object"] },
    ],
  },
  { role: "tool", toolCallId: "call/1", content: "A", isError: false },
  {
    role: "tool",
    toolCallId: "call_2",
    content: "gone",
    isError: true,
    attachments: [{ kind: "image", mediaType: "image/jpeg", base64: "bbbb" }],
  },
  { role: "user", content: "And now?" },
];

describe("anthropic", () => {
  const claude = (fields: Partial<ModelInput> = {}, model = "claude-sonnet-4-20250514") =>
    encode("anthropic", "anthropic", model, fields);

  it("PROV-02: a plain request", () => {
    expect(claude({ system: "Be brief.", maxTokens: 64 })).toEqual({
      body: {
        model: "claude-sonnet-4-20250514",
        messages: [{ role: "user", content: "Hello" }],
        max_tokens: 64,
        system: "Be brief.",
        stream: true,
      },
      warnings: [],
    });
  });

  it("PROV-02: max_tokens is required there, so it has a default; stream can be off", () => {
    const { body } = claude({ stream: false });
    expect(body).toMatchObject({ max_tokens: 8192 });
    expect(body).not.toHaveProperty("stream");
  });

  it("PROV-02: a history alternates roles, ids are plain, inputs are objects", () => {
    expect(claude({ messages: HISTORY }).body["messages"]).toEqual([
      {
        role: "user",
        content: [
          { type: "image", source: { type: "base64", media_type: "image/png", data: "aaaa" } },
          { type: "text", text: "Look" },
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Hm.", signature: "sig" },
          { type: "text", text: "Reading." },
          { type: "tool_use", id: "call_1", name: "read", input: { path: "a" } },
          { type: "tool_use", id: "call_2", name: "read", input: { input: ["not", "an", "object"] } },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "call_1", content: "A" },
          {
            type: "tool_result",
            tool_use_id: "call_2",
            content: [
              { type: "text", text: "gone" },
              { type: "image", source: { type: "base64", media_type: "image/jpeg", data: "bbbb" } },
            ],
            is_error: true,
          },
          { type: "text", text: "And now?" },
        ],
      },
    ]);
  });

  it("PROV-02: reasoning of others, or without signature, stays at home; empty messages vanish", () => {
    const messages: Message[] = [
      HELLO,
      {
        role: "assistant",
        text: "So.",
        thinking: [{ text: "no signature" }, { text: "theirs", signature: "gemini:x" }, { text: "", redacted: "mine" }],
        toolCalls: [],
      },
      { role: "assistant", toolCalls: [] },
      { role: "user", content: "" },
      { role: "assistant", text: " ", thinking: [{ text: "only thought", signature: "s" }], toolCalls: [] },
    ];
    expect(claude({ messages }).body["messages"]).toEqual([
      { role: "user", content: "Hello" },
      {
        role: "assistant",
        content: [
          { type: "redacted_thinking", data: "mine" },
          { type: "text", text: "So." },
        ],
      },
    ]);
  });

  it("PROV-02: tools, choice and parallel calls", () => {
    const tool = { name: "read", description: "Reads", input_schema: TOOL.inputSchema };
    expect(claude({ tools: [TOOL, DEFERRED] }).body).toMatchObject({ tools: [tool] });
    expect(claude({ tools: [TOOL], toolChoice: "required" }).body["tool_choice"]).toEqual({ type: "any" });
    expect(
      claude({ tools: [TOOL], toolChoice: { tool: "read" }, parallelToolCalls: false }).body["tool_choice"],
    ).toEqual({
      type: "tool",
      name: "read",
      disable_parallel_tool_use: true,
    });
    expect(claude({ tools: [TOOL], parallelToolCalls: false }).body["tool_choice"]).toEqual({
      type: "auto",
      disable_parallel_tool_use: true,
    });
    expect(claude({ toolChoice: "auto" }).body).not.toHaveProperty("tool_choice");
  });

  it("PROV-02: with a search of the provider, deferred tools go along behind its tool", () => {
    expect(claude({ tools: [TOOL, DEFERRED], toolSearch: { variant: "regex" } }).body["tools"]).toMatchObject([
      { type: "tool_search_tool_regex_20251119", name: "tool_search_tool_regex" },
      { name: "read" },
      { name: "rare", defer_loading: true },
    ]);
  });

  it("PROV-02: cache, stop, sampling, beta features, own options last", () => {
    const { body, headers } = claude({
      cache: true,
      sampling: SAMPLING,
      betaFeatures: ["b-1", "b-2"],
      providerOptions: { anthropic: { max_tokens: 5, service_tier: "auto" }, openai: { nope: 1 } },
    });
    expect(body).toMatchObject({
      cache_control: { type: "ephemeral" },
      stop_sequences: ["END"],
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      max_tokens: 5,
      service_tier: "auto",
    });
    expect(body).not.toHaveProperty("nope");
    expect(headers).toEqual({ "anthropic-beta": "b-1,b-2" });
  });

  it("PROV-02: structured output is a forced tool", () => {
    const { body } = claude({ output: SCHEMA, tools: [TOOL] });
    expect(body["tools"]).toMatchObject([
      { name: "read" },
      { name: "json_response", input_schema: { type: "object" } },
    ]);
    expect(body["tool_choice"]).toEqual({ type: "tool", name: "json_response" });
  });

  it.each<[string, Partial<ModelInput>, unknown, string[]]>([
    ["a budget", { thinking: { mode: "enabled", budgetTokens: 2000 } }, { type: "enabled", budget_tokens: 2000 }, []],
    [
      "the default budget, below max_tokens",
      { thinking: { mode: "enabled" }, maxTokens: 20_000 },
      { type: "enabled", budget_tokens: 10_000 },
      [],
    ],
    [
      "a budget above max_tokens",
      { thinking: { mode: "enabled", budgetTokens: 9000 }, maxTokens: 4000 },
      { type: "enabled", budget_tokens: 3999 },
      ["the thinking budget was lowered to 3999, below max_tokens 4000"],
    ],
    [
      "no room to think",
      { thinking: { mode: "enabled" }, maxTokens: 500 },
      undefined,
      ["thinking was left out: it needs at least 1024 tokens below max_tokens 500"],
    ],
    ["an effort", { thinking: { mode: "effort", level: "low" } }, { type: "enabled", budget_tokens: 4000 }, []],
    [
      "thinking with a forced tool",
      { thinking: { mode: "enabled" }, output: SCHEMA },
      undefined,
      ["thinking was left out: it cannot be combined with a forced tool, which structured output needs"],
    ],
  ])("PROV-02: thinking with %s", (_, fields, expected, warnings) => {
    const encoded = claude(fields);
    expect(encoded.body["thinking"]).toEqual(expected);
    expect(encoded.warnings).toEqual(warnings);
  });

  it("PROV-02: thinking excludes sampling", () => {
    const { body, warnings } = claude({
      thinking: { mode: "enabled", budgetTokens: 2000 },
      sampling: { temperature: 0 },
    });
    expect(body).not.toHaveProperty("temperature");
    expect(warnings).toEqual(["temperature, top_p and top_k were left out: they cannot be combined with thinking"]);
  });

  it("PROV-02: newer models refuse budgets, sampling and prefill; each is told", () => {
    const { body, warnings } = claude(
      { thinking: { mode: "enabled", budgetTokens: 2000 }, sampling: { topP: 1 }, prefill: "{" },
      "claude-opus-4-7",
    );
    expect(body).toMatchObject({ thinking: { type: "adaptive" }, messages: [{ role: "user", content: "Hello" }] });
    expect(body).not.toHaveProperty("top_p");
    expect(warnings).toHaveLength(3);
  });

  it("PROV-02: older models continue a prefill, which may not end in space", () => {
    expect(claude({ prefill: "So, " }).body["messages"]).toEqual([
      { role: "user", content: "Hello" },
      { role: "assistant", content: "So," },
    ]);
  });
});

describe("chat completions", () => {
  const chat = (provider: string, fields: Partial<ModelInput> = {}, model = "gpt-4o") =>
    encode("openai-chat", provider, model, fields);

  it("PROV-02: a plain request", () => {
    expect(chat("openai", { system: "Be brief.", maxTokens: 64 })).toEqual({
      body: {
        model: "gpt-4o",
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Hello" },
        ],
        max_tokens: 64,
        stream: true,
        stream_options: { include_usage: true },
      },
      warnings: [],
    });
    expect(chat("openai", { stream: false }).body).not.toHaveProperty("stream_options");
  });

  it("PROV-02: a history; pictures of tools are shown by the user after the results", () => {
    expect(chat("openai", { messages: HISTORY }).body["messages"]).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "Look" },
          { type: "image_url", image_url: { url: "data:image/png;base64,aaaa", detail: "low" } },
        ],
      },
      {
        role: "assistant",
        content: "Reading.",
        tool_calls: [
          { id: "call/1", type: "function", function: { name: "read", arguments: '{"path":"a"}' } },
          { id: "call_2", type: "function", function: { name: "read", arguments: '["not","an","object"]' } },
        ],
      },
      { role: "tool", tool_call_id: "call/1", content: "A" },
      { role: "tool", tool_call_id: "call_2", content: "gone" },
      {
        role: "user",
        content: [
          { type: "text", text: "Attachments of the tool result call_2:" },
          { type: "image_url", image_url: { url: "data:image/jpeg;base64,bbbb" } },
        ],
      },
      { role: "user", content: "And now?" },
    ]);
  });

  it("PROV-02: sampling; what the provider does not know is left out with a word", () => {
    const { body, warnings } = chat("openai", { sampling: SAMPLING });
    expect(body).toMatchObject({
      temperature: 0.5,
      top_p: 0.9,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      seed: 7,
      stop: ["END"],
      logprobs: true,
      top_logprobs: 3,
    });
    expect(body).not.toHaveProperty("top_k");
    expect(warnings).toEqual(["top_k was left out: openai does not know it"]);
    expect(chat("together", { sampling: { topK: 5 } }).body).toMatchObject({ top_k: 5 });
  });

  it("PROV-02: reasoning models take completion tokens and an effort", () => {
    expect(chat("openai", { maxTokens: 9, thinking: { mode: "effort", level: "high" } }, "o3").body).toMatchObject({
      max_completion_tokens: 9,
      reasoning_effort: "high",
    });
    expect(chat("openai", { thinking: { mode: "enabled" } }, "o3").warnings).toEqual([
      "thinking mode enabled was left out: this model only takes an effort",
    ]);
  });

  it.each<[ModelInput["thinking"], unknown]>([
    [{ mode: "disabled" }, undefined],
    [{ mode: "enabled" }, { enabled: true }],
    [{ mode: "enabled", budgetTokens: 2048 }, { max_tokens: 2048 }],
    [{ mode: "adaptive" }, { enabled: true }],
    [{ mode: "effort", level: "low" }, { effort: "low" }],
  ])("PROV-02: openrouter asks for reasoning its own way: %j", (thinking, expected) => {
    const { body } = chat("openrouter", { ...(thinking ? { thinking } : {}) }, "qwen/qwen3.6-30b");
    expect(body["reasoning"]).toEqual(expected);
    expect(body).not.toHaveProperty("chat_template_kwargs");
  });

  it("PROV-02: open-weight templates are told whether to think, and to go on with a prefill", () => {
    expect(chat("local", {}, "qwen3:8b").body["chat_template_kwargs"]).toEqual({ enable_thinking: false });
    expect(
      chat("local", { thinking: { mode: "enabled" }, prefill: "{" }, "Qwen/Qwen3.6-35B").body["chat_template_kwargs"],
    ).toEqual({
      enable_thinking: true,
      add_generation_prompt: false,
      continue_final_message: true,
      preserve_thinking: true,
    });
    expect(chat("dashscope", { thinking: { mode: "enabled" } }, "qwen-max").body).toMatchObject({
      enable_thinking: true,
    });
  });

  it("PROV-02: earlier reasoning goes back as the provider wants it", () => {
    const messages: Message[] = [
      {
        role: "assistant",
        text: "x",
        thinking: [
          { text: "Hm.", signature: "openrouter:sig" },
          { text: "", redacted: "openrouter:opaque" },
          { text: "foreign", signature: "sig" },
        ],
        toolCalls: [],
      },
    ];
    expect(chat("openrouter", { messages }).body["messages"]).toEqual([
      {
        role: "assistant",
        content: "x",
        reasoning_details: [
          { type: "reasoning.text", text: "Hm.", signature: "sig" },
          { type: "reasoning.encrypted", data: "opaque" },
        ],
      },
    ]);
    expect(chat("openai", { messages }).body["messages"]).toEqual([{ role: "assistant", content: "x" }]);
    expect(chat("local", { messages }, "qwen3.6").body["messages"]).toMatchObject([
      { reasoning_content: "Hm.foreign" },
    ]);
  });

  it("PROV-02: structured output, tools, choice, cache key", () => {
    const { body } = chat("openai", {
      output: { ...SCHEMA, name: "answer" },
      tools: [TOOL, DEFERRED],
      toolChoice: { tool: "read" },
      parallelToolCalls: false,
      cache: true,
      sessionId: "s1",
    });
    expect(body).toMatchObject({
      response_format: {
        type: "json_schema",
        json_schema: { name: "answer", schema: { type: "object" }, strict: true },
      },
      tools: [{ type: "function", function: { name: "read", description: "Reads", parameters: TOOL.inputSchema } }],
      tool_choice: { type: "function", function: { name: "read" } },
      parallel_tool_calls: false,
      prompt_cache_key: "s1",
    });
    expect(body["tools"]).toHaveLength(1);
    expect(chat("openai", { output: { kind: "json" } }).body["response_format"]).toEqual({ type: "json_object" });
    expect(chat("openai", { tools: [DEFERRED], toolSearch: { variant: "bm25" } }).body["tools"]).toMatchObject([
      { type: "tool_search", mode: "hosted" },
      { type: "function", defer_loading: true },
    ]);
  });

  it("PROV-02: a deployment names the model of Azure", () => {
    expect(chat("azure_openai").body).not.toHaveProperty("model");
  });

  it("PROV-05: every chat provider of the table has its quirks looked at", () => {
    const chatProviders = Object.entries(BUILTIN_PROVIDERS)
      .filter(([, config]) => config.chatEndpoint.includes("/chat/completions"))
      .map(([name]) => name);
    expect(QUIRKY_PROVIDERS).toEqual(expect.arrayContaining(chatProviders));
    expect(chatQuirks("somebody-else")).toEqual(chatQuirks("deepseek"));
    expect(chatQuirks("constructor")).toEqual(chatQuirks("deepseek"));
  });
});

describe("responses", () => {
  const responses = (fields: Partial<ModelInput> = {}, model = "o3") =>
    encode("openai-responses", "openai", model, fields);

  it("PROV-02: nothing is stored, reasoning comes back encrypted", () => {
    expect(responses({ system: "Be brief.", maxTokens: 64, thinking: { mode: "effort", level: "low" } })).toEqual({
      body: {
        model: "o3",
        input: [{ role: "user", content: [{ type: "input_text", text: "Hello" }] }],
        store: false,
        instructions: "Be brief.",
        max_output_tokens: 64,
        reasoning: { effort: "low", summary: "auto" },
        include: ["reasoning.encrypted_content"],
        stream: true,
      },
      warnings: [],
    });
  });

  it("PROV-02: a history as items", () => {
    const messages: Message[] = [
      {
        role: "assistant",
        text: "Reading.",
        thinking: [
          { text: "Two.", signature: "openai:rs_1", redacted: "openai:gAAA" },
          { text: "foreign", signature: "sig" },
        ],
        toolCalls: [{ id: "call_1", name: "read", input: { path: "a" } }],
      },
      { role: "tool", toolCallId: "call_1", content: "A", isError: false },
    ];
    expect(responses({ messages }).body["input"]).toEqual([
      { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Two." }], encrypted_content: "gAAA" },
      { role: "assistant", content: [{ type: "output_text", text: "Reading." }] },
      { type: "function_call", call_id: "call_1", name: "read", arguments: '{"path":"a"}' },
      { type: "function_call_output", call_id: "call_1", output: "A" },
    ]);
  });

  it("PROV-02: tools, format, and what is not known there", () => {
    const { body, warnings } = responses({
      tools: [TOOL],
      toolChoice: { tool: "read" },
      output: SCHEMA,
      sampling: SAMPLING,
    });
    expect(body).toMatchObject({
      tools: [{ type: "function", name: "read", parameters: TOOL.inputSchema, strict: false }],
      tool_choice: { type: "function", name: "read" },
      text: { format: { type: "json_schema", name: "response", strict: true } },
      top_logprobs: 3,
    });
    expect(warnings.map((warning) => warning.split(" ")[0])).toEqual([
      "top_k",
      "seed",
      "frequency_penalty",
      "presence_penalty",
      "stop",
    ]);
  });
});

describe("ollama", () => {
  const ollama = (fields: Partial<ModelInput> = {}, model = "llama3.2", env: Record<string, string> = {}) =>
    encode("ollama", "ollama", model, fields, env);

  it("PROV-02: a plain request has the context and the keep-alive of the server set", () => {
    expect(ollama({ system: "Be brief.", maxTokens: 64, sampling: SAMPLING })).toEqual({
      body: {
        model: "llama3.2",
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Hello" },
        ],
        stream: true,
        think: false,
        options: {
          num_predict: 64,
          temperature: 0.5,
          top_p: 0.9,
          top_k: 40,
          seed: 7,
          frequency_penalty: 0.1,
          presence_penalty: 0.2,
          stop: ["END"],
          num_ctx: 32_768,
        },
        keep_alive: "30m",
      },
      warnings: [],
    });
  });

  it("PROV-02: the caller's settings win over the environment, which wins over ours", () => {
    const env = { HARN_OLLAMA_NUM_CTX: "4096", OLLAMA_KEEP_ALIVE: "-1" };
    expect(ollama({}, "llama3.2", env).body).toMatchObject({ options: { num_ctx: 4096 }, keep_alive: -1 });
    const own = { providerOptions: { ollama: { num_ctx: 99, keep_alive: "1h", options: { mirostat: 1 } } } };
    expect(ollama(own, "llama3.2", env).body).toMatchObject({
      options: { num_ctx: 99, mirostat: 1 },
      keep_alive: "1h",
    });
    expect(ollama({}, "llama3.2", { HARN_OLLAMA_NUM_CTX: "many" }).body).toMatchObject({
      options: { num_ctx: 32_768 },
    });
  });

  it("PROV-02: a history; results carry the tool's name, pictures are base64 only", () => {
    const { body, warnings } = ollama({
      messages: [
        ...HISTORY,
        { role: "user", content: "x", attachments: [{ kind: "image", mediaType: "image/png", url: "https://h/x" }] },
      ],
      tools: [TOOL],
      toolChoice: "required",
    });
    expect(body["messages"]).toEqual([
      { role: "user", content: "Look", images: ["aaaa"] },
      {
        role: "assistant",
        content: "Reading.",
        tool_calls: [
          { function: { name: "read", arguments: { path: "a" } } },
          { function: { name: "read", arguments: {} } },
        ],
      },
      { role: "tool", content: "A", tool_name: "read" },
      { role: "tool", content: "gone", tool_name: "read", images: ["bbbb"] },
      { role: "user", content: "And now?" },
      { role: "user", content: "x" },
    ]);
    expect(warnings).toEqual([
      "An attachment (image) was left out: Ollama takes images as base64 only",
      "tool_choice was left out: Ollama cannot force a tool",
    ]);
  });

  it("PROV-02: schema, effort, no tools on request", () => {
    expect(ollama({ output: SCHEMA, thinking: { mode: "effort", level: "high" } }).body).toMatchObject({
      format: { type: "object" },
      think: "high",
    });
    expect(ollama({ output: { kind: "json" }, thinking: { mode: "enabled" } }).body).toMatchObject({
      format: "json",
      think: true,
    });
    expect(ollama({ tools: [TOOL], toolChoice: "none" }).body).not.toHaveProperty("tools");
  });

  it("PROV-02: models whose parser eats text tool calls get a rendered prompt", () => {
    const { body } = ollama({ system: "S", messages: HISTORY.slice(1, 3), prefill: "{" }, "qwen3:8b");
    expect(body).toMatchObject({ raw: true, stream: true });
    expect(body["prompt"]).toBe(
      "<|im_start|>system\nS\n<|im_end|>\n" +
        "<|im_start|>assistant\nReading.\n\n[assistant tool calls]\n" +
        '[{"id":"call/1","name":"read","arguments":{"path":"a"}},{"id":"call_2","name":"read","arguments":["not","an","object"]}]\n<|im_end|>\n' +
        "<|im_start|>user\n[tool result: call/1]\nA\n<|im_end|>\n" +
        "<|im_start|>assistant\n{",
    );
    expect(ollama({ tools: [TOOL] }, "qwen3:8b").body).not.toHaveProperty("raw");
  });
});

describe("gemini", () => {
  const gemini = (fields: Partial<ModelInput> = {}) => encode("gemini", "gemini", "gemini-2.5-flash", fields);

  it("PROV-02: a plain request", () => {
    expect(gemini({ system: "Be brief.", maxTokens: 64, sampling: SAMPLING, output: SCHEMA })).toEqual({
      body: {
        contents: [{ role: "user", parts: [{ text: "Hello" }] }],
        systemInstruction: { parts: [{ text: "Be brief." }] },
        generationConfig: {
          maxOutputTokens: 64,
          temperature: 0.5,
          topP: 0.9,
          topK: 40,
          seed: 7,
          frequencyPenalty: 0.1,
          presencePenalty: 0.2,
          stopSequences: ["END"],
          responseLogprobs: true,
          logprobs: 3,
          responseMimeType: "application/json",
          responseJsonSchema: { type: "object" },
        },
      },
      warnings: [],
    });
  });

  it("PROV-02: a history, with its own signatures only", () => {
    const messages: Message[] = [
      HELLO,
      {
        role: "assistant",
        text: "Reading.",
        thinking: [
          { text: "", signature: "gemini:T" },
          { text: "x", signature: "sig" },
        ],
        toolCalls: [
          { id: "c1", name: "read", input: { path: "a" }, signature: "gemini:C" },
          { id: "c2", name: "read", input: 3, signature: "foreign" },
        ],
      },
      { role: "tool", toolCallId: "c1", content: "A", isError: false },
      { role: "tool", toolCallId: "c2", toolName: "read", content: "gone", isError: true },
    ];
    expect(gemini({ messages }).body["contents"]).toEqual([
      { role: "user", parts: [{ text: "Hello" }] },
      {
        role: "model",
        parts: [
          { text: "Reading.", thoughtSignature: "T" },
          { functionCall: { name: "read", args: { path: "a" } }, thoughtSignature: "C" },
          { functionCall: { name: "read", args: { input: 3 } } },
        ],
      },
      {
        role: "user",
        parts: [
          { functionResponse: { name: "read", response: { output: "A" } } },
          { functionResponse: { name: "read", response: { error: "gone" } } },
        ],
      },
    ]);
  });

  it.each<[ModelInput["toolChoice"], unknown]>([
    ["auto", { mode: "AUTO" }],
    ["required", { mode: "ANY" }],
    ["none", { mode: "NONE" }],
    [{ tool: "read" }, { mode: "ANY", allowedFunctionNames: ["read"] }],
  ])("PROV-02: tools with choice %j", (toolChoice, config) => {
    const { body } = gemini({ tools: [TOOL, DEFERRED], ...(toolChoice ? { toolChoice } : {}) });
    expect(body).toMatchObject({
      tools: [
        { functionDeclarations: [{ name: "read", description: "Reads", parametersJsonSchema: TOOL.inputSchema }] },
      ],
      toolConfig: { functionCallingConfig: config },
    });
  });

  it.each<[NonNullable<ModelInput["thinking"]>, unknown]>([
    [{ mode: "disabled" }, undefined],
    [
      { mode: "enabled", budgetTokens: 128 },
      { includeThoughts: true, thinkingBudget: 128 },
    ],
    [{ mode: "adaptive" }, { includeThoughts: true, thinkingBudget: -1 }],
    [
      { mode: "effort", level: "low" },
      { includeThoughts: true, thinkingBudget: 1024 },
    ],
  ])("PROV-02: thinking %j", (thinking, expected) => {
    const config = gemini({ thinking }).body["generationConfig"] as Record<string, unknown> | undefined;
    expect(config?.["thinkingConfig"]).toEqual(expected);
  });
});

describe("bedrock", () => {
  it("PROV-02: a request", () => {
    const { body, warnings } = encode("bedrock", "bedrock", "anthropic.claude-x", {
      system: "S",
      cache: true,
      messages: HISTORY,
      maxTokens: 9,
      tools: [TOOL],
      toolChoice: "required",
      sampling: { topK: 3, stop: ["END"] },
      output: SCHEMA,
    });
    expect(body).toMatchObject({
      system: [{ text: "S" }, { cachePoint: { type: "default" } }],
      inferenceConfig: { maxTokens: 9, stopSequences: ["END"] },
      additionalModelRequestFields: { top_k: 3 },
      toolConfig: {
        tools: [{ toolSpec: { name: "read", description: "Reads", inputSchema: { json: TOOL.inputSchema } } }],
        toolChoice: { any: {} },
      },
    });
    expect((body["messages"] as { role: string }[]).map((message) => message.role)).toEqual([
      "user",
      "assistant",
      "user",
    ]);
    expect(body["messages"]).toMatchObject([
      {},
      { content: [{ reasoningContent: {} }, { text: "Reading." }, { toolUse: { toolUseId: "call_1" } }, {}] },
      { content: [{ toolResult: { status: "success" } }, { toolResult: { status: "error" } }, { text: "And now?" }] },
    ]);
    expect(warnings).toEqual(["output_format was left out: Bedrock Converse cannot enforce a schema"]);
  });
});
