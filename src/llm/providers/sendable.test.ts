/** What comes from another provider, or from a model that makes things up, is put into words that are taken. */

import { describe, expect, it } from "vitest";
import { lookupCapabilities } from "../catalog/capabilities.ts";
import type { Message, ModelInput } from "../spec/model.ts";
import { formerTools, plainId, plainName, sendable } from "./sendable.ts";
import type { ApiStyle } from "./wire-format.ts";
import { WIRE_FORMATS } from "./wire-formats.ts";

function bodyOf(
  style: ApiStyle,
  messages: readonly Message[],
  more: Partial<ModelInput> = {},
): Record<string, unknown> {
  const input: ModelInput = { provider: style, model: "m", messages, ...more };
  const context = { capabilities: lookupCapabilities(style, "m"), env: () => undefined };
  return WIRE_FORMATS[style].encode(input, context).body as Record<string, unknown>;
}

const USER: Message = { role: "user", content: "Hello" };
const called = (id: string, name: string): readonly Message[] => [
  { role: "assistant", toolCalls: [{ id, name, input: {} }] },
  { role: "tool", toolCallId: id, toolName: name, content: "r", isError: false },
];

describe("names and ids", () => {
  it.each([
    ["read", "read"],
    ["functions.exec command", "functions_exec_command"],
    ["multi_tool_use.parallel", "multi_tool_use_parallel"],
    ["", "_"],
    ["n".repeat(70), "n".repeat(64)],
  ])("PROV-02: the name %j goes back as %j", (name, plain) => {
    expect(plainName(name)).toBe(plain);
  });

  it("PROV-02: ids keep their ends, where they differ", () => {
    expect(plainId("call:0/x")).toBe("call_0_x");
    expect(plainId(`${"a".repeat(70)}1`, 64)).toBe(`${"a".repeat(63)}1`);
  });

  it.each<[ApiStyle, string]>([
    ["anthropic", '"id":"call_0","name":"f_g"'],
    ["bedrock", '"toolUseId":"call_0","name":"f_g"'],
    ["openai-chat", '"function":{"name":"f_g"'],
    ["openai-responses", '"call_id":"call:0","name":"f_g"'],
    ["gemini", '"functionCall":{"name":"f_g"'],
  ])("PROV-02: %s gets the call of a made-up name, and its result under the same id", (style, words) => {
    const text = JSON.stringify(bodyOf(style, [USER, ...called("call:0", "f g")]));
    expect(text).toContain(words);
    if (style === "anthropic") expect(text).toContain('"tool_use_id":"call_0"');
    if (style === "bedrock") expect(text.match(/"toolUseId":"call_0"/g)).toHaveLength(2);
    if (style === "gemini") expect(text).toContain('"functionResponse":{"name":"f_g"');
  });

  it("PROV-02: Gemini takes dots and colons, but not a digit at the beginning", () => {
    expect(JSON.stringify(bodyOf("gemini", [USER, ...called("a", "ns.tool:x")]))).toContain('"name":"ns.tool:x"');
    expect(JSON.stringify(bodyOf("gemini", [USER, ...called("a", "1st")]))).toContain('"name":"_1st"');
  });
});

describe("messages", () => {
  it("PROV-02: an answer that holds only thinking is left out; the same request when there is none", () => {
    const input: ModelInput = { provider: "p", model: "m", messages: [USER] };
    expect(sendable(input)).toBe(input);
    const thought: Message = {
      role: "assistant",
      text: " \n",
      thinking: [{ text: "hm", signature: "s" }],
      toolCalls: [],
    };
    expect(sendable({ ...input, messages: [USER, thought, USER] }).messages).toEqual([USER, USER]);
  });

  it.each<[ApiStyle, string, string]>([
    ["anthropic", "messages", "user"],
    ["bedrock", "messages", "user"],
    ["gemini", "contents", "user"],
  ])("PROV-02: %s is never sent a conversation that the model opens", (style, field, role) => {
    const turns = bodyOf(style, [{ role: "assistant", text: "Hi", toolCalls: [] }, USER])[field] as { role: string }[];
    expect(turns.map((turn) => turn.role)).toEqual([role, style === "gemini" ? "model" : "assistant", role]);
  });
});

describe("tools of the past", () => {
  const past = [USER, ...called("a", "read"), ...called("b", "write"), ...called("c", "read"), USER];

  it("PROV-02: Anthropic and Bedrock get those that the history names, not to be called", () => {
    expect(formerTools(past).map((tool) => tool.name)).toEqual(["read", "write"]);
    expect(bodyOf("anthropic", past)).toMatchObject({
      tools: [{ name: "read" }, { name: "write" }],
      tool_choice: { type: "none" },
    });
    expect(bodyOf("bedrock", past)["toolConfig"]).toMatchObject({
      tools: [{ toolSpec: { name: "read" } }, { toolSpec: { name: "write" } }],
    });
  });

  it("PROV-02: tools that are offered stand alone, and nobody invents any", () => {
    const tools = [{ name: "new", description: "", inputSchema: {} }];
    expect(bodyOf("anthropic", past, { tools })["tools"]).toHaveLength(1);
    expect(bodyOf("bedrock", past, { tools })["toolConfig"]).toMatchObject({ tools: [{ toolSpec: { name: "new" } }] });
    expect(bodyOf("anthropic", [USER])).not.toHaveProperty("tools");
    expect(bodyOf("bedrock", [USER])).not.toHaveProperty("toolConfig");
    expect(bodyOf("openai-chat", past)).not.toHaveProperty("tools");
  });

  it("PROV-02: Bedrock has no word for `none`: the tools of the past stand in", () => {
    const tools = [{ name: "new", description: "", inputSchema: {} }];
    const config = bodyOf("bedrock", past, { tools, toolChoice: "none" })["toolConfig"];
    expect(config).toMatchObject({ tools: [{ toolSpec: { name: "read" } }, { toolSpec: { name: "write" } }] });
    expect(config).not.toHaveProperty("toolChoice");
  });
});
