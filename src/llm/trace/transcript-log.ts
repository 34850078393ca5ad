/**
 * `llm_transcript.jsonl`: what went to models and came back, one JSON object a line, appended (TRACE-07).
 *
 * System prompt and tool schemas are written when they change; requests and responses carry only what is new, so the
 * prompt of any call is found by replaying the lines before it. Lines are scrubbed of secrets. Writing happens in the
 * background and in order; a full disk costs lines, never a call.
 */

import type { Host, Json, JsonObject } from "../../base/index.ts";
import type { EnvSettings } from "../call/env-settings.ts";
import { scrubSecrets } from "../errors/scrub-secrets.ts";

export type TranscriptEventType =
  | "system_prompt"
  | "tool_schemas"
  | "message"
  | "routing_decision"
  | "provider_call_request"
  | "provider_call_response"
  | "interpreted_response"
  | "feedback_injected"
  | "empty_completion_retry";

export interface TranscriptLog {
  write(type: TranscriptEventType, fields: JsonObject): void;
  /** Writes `system_prompt` and `tool_schemas` lines if they differ from the last ones. */
  context(system: string | undefined, tools: readonly Json[]): void;
  /** Resolves when everything written so far has been tried. */
  flush(): Promise<void>;
}

/** The log named by `HARN_LLM_TRANSCRIPT_DIR`, or undefined. */
export function transcriptLogFromEnv(host: Host, env: Pick<EnvSettings, "get">): TranscriptLog | undefined {
  const folder = env.get("HARN_LLM_TRANSCRIPT_DIR");
  return folder === undefined || folder === "" ? undefined : createTranscriptLog(host, folder);
}

export function createTranscriptLog(host: Host, folder: string, secrets: readonly string[] = []): TranscriptLog {
  const path = `${folder}/llm_transcript.jsonl`;
  let tail: Promise<void> | undefined;
  let pending: string[] = [];
  let warned = false;
  let lastSystem: string | undefined;
  let lastTools: string | undefined;

  const drain = async (): Promise<void> => {
    try {
      await host.perform("fs.mkdir", { path: folder });
      while (pending.length > 0) {
        const data = pending.join("");
        pending = [];
        await host.perform("fs.write", { path, data, append: true });
      }
    } catch (error) {
      pending = [];
      if (!warned) {
        const why = error instanceof Error ? error.message : String(error);
        host.sync("log.write", {
          level: "warn",
          message: `Could not write ${path}, transcript lines are lost: ${why}`,
        });
      }
      warned = true;
    } finally {
      tail = undefined;
    }
  };

  const write = (type: TranscriptEventType, fields: JsonObject): void => {
    const line = JSON.stringify({ type, timestamp: timestamp(host), ...fields });
    pending.push(`${scrubSecrets(line, secrets)}\n`);
    tail ??= drain();
  };

  return {
    write,
    context(system, tools) {
      const prompt = system ?? "";
      if (prompt !== lastSystem) write("system_prompt", { content: prompt });
      lastSystem = prompt;
      const schemas = JSON.stringify(tools);
      if (schemas !== lastTools) write("tool_schemas", { schemas: tools });
      lastTools = schemas;
    },
    async flush() {
      while (tail !== undefined) await tail;
    },
  };
}

/** Seconds since the epoch with milliseconds, as text. */
function timestamp(host: Host): string {
  const now = host.sync("clock.now", {});
  return `${Math.floor(now / 1000)}.${String(Math.floor(now) % 1000).padStart(3, "0")}`;
}
