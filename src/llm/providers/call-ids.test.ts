import { expect, it } from "vitest";
import type { Message } from "../spec/model.ts";
import { callIdSource, toolNameOf } from "./call-ids.ts";
import { markToken, unmarkedToken, unmarkToken } from "./opaque-token.ts";

const history = (...ids: string[]): Message[] => [
  { role: "user", content: "x" },
  { role: "assistant", toolCalls: ids.map((id) => ({ id, name: `tool_${id}`, input: {} })) },
];

it("counts on from the calls of the history, around ids that are taken, the same each time", () => {
  const take = (messages: Message[]) => {
    const next = callIdSource(messages);
    return [next(), next(), next()];
  };
  expect(take([])).toEqual(["call_1", "call_2", "call_3"]);
  expect(take(history("a", "b"))).toEqual(["call_3", "call_4", "call_5"]);
  expect(take(history("call_3", "call_4"))).toEqual(["call_5", "call_6", "call_7"]);
  expect(take(history("call_3"))).toEqual(["call_2", "call_4", "call_5"]);
});

it("finds the tool that a call was for", () => {
  expect(toolNameOf("a", history("a"))).toBe("tool_a");
  expect(toolNameOf("z", history("a"))).toBeUndefined();
});

it("gives tokens back only to whoever made them", () => {
  const token = markToken("gemini", "abc:def");
  expect(unmarkToken("gemini", token)).toBe("abc:def");
  expect(unmarkToken("openai", token)).toBeUndefined();
  expect(unmarkedToken(token)).toBeUndefined();
  expect(unmarkedToken("EqQB")).toBe("EqQB");
  expect(unmarkToken("gemini", undefined)).toBeUndefined();
});
