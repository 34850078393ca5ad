/** Searches for tools, as transcript and live events. */

import type { ToolSearchOptions } from "../tools/tool-search.ts";
import type { LoopState } from "./loop-state.ts";

export function toolSearchEvents(state: LoopState, options: ToolSearchOptions): ToolSearchOptions {
  const strategy =
    typeof options.strategy === "string" ? options.strategy : options.strategy === undefined ? "bm25" : "host";
  const name = strategy === "regex" ? "tool_search_tool_regex" : "tool_search_tool_bm25";
  return {
    ...options,
    async onQuery(_turn, call) {
      const metadata = { id: call.id, name, query: call.input, strategy, mode: "client" };
      state.recorder.transcript({
        kind: "tool_search_query",
        role: "assistant",
        visibility: "internal",
        text: "",
        metadata,
      });
      const { id, ...facts } = metadata;
      await state.recorder.live({ type: "tool_search_query", tool_use_id: id, ...facts });
    },
    async onResult(_turn, call, found, promoted) {
      const facts = { tool_use_id: call.id, promoted, strategy, mode: "client" };
      const metadata = { ...facts, tool_references: found.map((tool) => ({ tool_name: tool })) };
      state.recorder.transcript({
        kind: "tool_search_result",
        role: "tool",
        visibility: "internal",
        text: "",
        metadata,
      });
      await state.recorder.live({ type: "tool_search_result", ...facts });
    },
  };
}
