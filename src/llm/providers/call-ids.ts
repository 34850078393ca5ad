import type { Message } from "../spec/model.ts";

/**
 * Ids for tool calls of providers that send none: `call_<n>`, counting on from the calls in the history and avoiding all
 * ids in it. The same request always gets the same ids.
 */
export function callIdSource(messages: readonly Message[]): () => string {
  let used: Set<string> | undefined;
  let next = 1;
  return () => {
    if (!used) {
      used = new Set();
      for (const message of messages) {
        if (message.role !== "assistant") continue;
        for (const call of message.toolCalls) used.add(call.id);
        next += message.toolCalls.length;
      }
    }
    while (used.has(`call_${next}`)) next++;
    return `call_${next++}`;
  };
}

/** The name of the tool that a call in the history was for. */
export function toolNameOf(callId: string, history: readonly Message[]): string | undefined {
  for (const message of history) {
    if (message.role !== "assistant") continue;
    const call = message.toolCalls.find((candidate) => candidate.id === callId);
    if (call) return call.name;
  }
  return undefined;
}
