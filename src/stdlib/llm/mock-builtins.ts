/** Scripted model answers: `llm_mock` and its relatives (MOCK-01 … MOCK-15). */

import type { Json } from "../../base/index.ts";
import { MOCK_OPTION_NAMES } from "../../llm/index.ts";
import { type Builtin, type BuiltinDoc, pure } from "../builtin.ts";
import { jsonToValue, valueToJson } from "../json/convert.ts";
import { guardedSync, llmMocks } from "./run-state.ts";

function mockBuiltin(doc: BuiltinDoc, act: (mocks: ReturnType<typeof llmMocks>, arg: Json | undefined) => unknown) {
  return pure({ ...doc, effects: ["state"] }, ([arg], { vm }) =>
    guardedSync(() => jsonToValue(act(llmMocks(vm), arg === undefined ? undefined : valueToJson(arg)) as Json)),
  );
}

export const llmMockBuiltins: readonly Builtin[] = [
  mockBuiltin(
    {
      signature: "llm_mock(config: dict)",
      summary: "Queue an answer or a failure for the next model call, or for calls whose text fits `match`",
      options: MOCK_OPTION_NAMES,
      errors: "Throws for what is no dict, and for an error without a known category",
      example: 'llm_mock({text: "hi"})\nprintln(llm_call("say hi", nil, {provider: "mock"}).text)',
    },
    (mocks, config) => mocks.push(config),
  ),
  mockBuiltin(
    {
      signature: "llm_mock_calls() -> list",
      summary: "List the requests that scripted answers have served, oldest first",
      example: 'let _r = llm_call("hi", nil, {provider: "mock"})\nprintln(len(llm_mock_calls()))',
    },
    (mocks) => mocks.calls(),
  ),
  mockBuiltin(
    {
      signature: "llm_mock_clear()",
      summary: "Forget queued answers and recorded requests",
      example: "llm_mock_clear()",
    },
    (mocks) => mocks.clear(),
  ),
  mockBuiltin(
    {
      signature: "llm_mock_push_scope()",
      summary: "Put queued answers and recorded requests aside until `llm_mock_pop_scope`",
      example: "llm_mock_push_scope()\nllm_mock_pop_scope()",
    },
    (mocks) => mocks.pushScope(),
  ),
  mockBuiltin(
    {
      signature: "llm_mock_pop_scope()",
      summary: "Take back what `llm_mock_push_scope` put aside",
      errors: "Throws when nothing was put aside",
      example: "llm_mock_push_scope()\nllm_mock_pop_scope()",
    },
    (mocks) => mocks.popScope(),
  ),
];
