/** Keeps single tool results small in history, by the program's own means or ours (llm COMPACT-08). */

import { microcompact } from "../compaction/microcompact.ts";
import { codePointCount } from "../tools/code-points.ts";
import { plainResultText } from "../turn/history-format.ts";
import type { Awaitable, Policy } from "../turn/policy.ts";

export interface ToolOutputOptions {
  /** Characters; default 16,000. */
  readonly maxChars?: number;
  /** Gives back the shortened text; when it fails, or gives back nothing, ours is used. */
  readonly compress?: (input: { tool_name: string; output: string; max_chars: number }) => Awaitable<unknown>;
}

export function toolOutputLimit(options: ToolOutputOptions = {}): Policy {
  const { maxChars = 16_000, compress } = options;
  return {
    name: "tool-output",
    async settle(turn, settled) {
      const text = plainResultText(settled);
      if (text.length <= maxChars || codePointCount(text) <= maxChars) return settled;
      if (compress !== undefined) {
        try {
          const shortened = await compress({ tool_name: settled.call.name, output: text, max_chars: maxChars });
          if (typeof shortened === "string" && shortened !== "") return { ...settled, text: shortened };
        } catch (thrown) {
          const fields = { tool: settled.call.name, error: String(thrown) };
          turn.harness.host.sync("log.write", { level: "warn", message: "compress_callback failed", fields });
        }
      }
      return { ...settled, text: microcompact(text, maxChars) };
    },
  };
}
