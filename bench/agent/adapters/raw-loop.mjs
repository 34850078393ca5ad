// The loop behind both bare adapters: a twenty-line event stream parser and a loop over tool calls, with no history
// healing, no validation, no events, no limits. What a program would write that needs none of those.

import { prompt, system, tool } from "./tool.mjs";

const toolSpecs = [
  { type: "function", function: { name: tool.name, description: tool.description, parameters: tool.schema } },
];

/** Calls back with the data of every event in the text that `feed` is given. */
export function createEventParser(onData) {
  let rest = "";
  return (text) => {
    rest += text;
    let start = 0;
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n", start)) {
      const block = rest.slice(start, end);
      start = end + 2;
      if (!block.startsWith("data: ")) continue;
      const data = block.slice(6);
      if (data !== "[DONE]") onData(JSON.parse(data));
    }
    rest = rest.slice(start);
  };
}

/**
 * @param post sends a body; calls back with text as it comes; resolves at the end of the answer
 * @returns what the conversation needs to go on
 */
export async function runConversation(post, model, onText) {
  const messages = [
    { role: "system", content: system },
    { role: "user", content: prompt },
  ];
  for (;;) {
    let content = "";
    const calls = [];
    const feed = createEventParser(({ choices: [choice] }) => {
      const delta = choice?.delta;
      if (!delta) return;
      if (delta.content) {
        content += delta.content;
        onText(delta.content);
      }
      for (const part of delta.tool_calls ?? []) {
        calls[part.index] ??= { id: part.id, type: "function", function: { name: part.function.name, arguments: "" } };
        calls[part.index].function.arguments += part.function.arguments ?? "";
      }
    });
    await post(JSON.stringify({ model, messages, tools: toolSpecs, stream: true }), feed);
    if (calls.length === 0) {
      messages.push({ role: "assistant", content });
      return messages;
    }
    messages.push({ role: "assistant", content: null, tool_calls: calls });
    for (const call of calls) {
      const result = tool.run(JSON.parse(call.function.arguments));
      messages.push({ role: "tool", tool_call_id: call.id, content: JSON.stringify(result) });
    }
  }
}
