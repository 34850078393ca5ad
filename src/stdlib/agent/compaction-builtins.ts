/** Making histories and outputs shorter, outside of any loop. */

import {
  COMPACTION_OPTION_NAMES,
  compactMessages,
  compactTranscript,
  contentTokens,
  microcompact,
  readMessageDicts,
} from "../../agent/index.ts";
import type { Json, JsonObject } from "../../base/index.ts";
import { CALL_OPTION_NAMES, isTranscript } from "../../llm/index.ts";
import { type AsyncContext, isInt, List, RuntimeError, toDouble, type Value } from "../../vm/index.ts";
import { textArgument } from "../arguments.ts";
import { type Builtin, effect, pure } from "../builtin.ts";
import { jsonToValue, valueToJson } from "../json/convert.ts";
import { answerValue } from "../llm/answer-value.ts";
import { guarded, guardedSync, optionsOf } from "../llm/run-state.ts";
import { asCaller } from "./agent-loop.ts";
import { compactionRequest } from "./compaction-request.ts";
import { agentState, loopScope } from "./run-state.ts";

const DEFAULT_OUTPUT_CHARS = 20_000;

/** A model that summarises is called with options from the same dict. */
const COMPACTION_OPTIONS = [...COMPACTION_OPTION_NAMES, ...CALL_OPTION_NAMES];

function plainOptions(options: Value, context: AsyncContext): Readonly<Record<string, unknown>> {
  return options === undefined ? {} : ((optionsOf(options, context) ?? {}) as Readonly<Record<string, unknown>>);
}

export const compactionBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "estimate_tokens(messages: list) -> int",
      summary: "Estimate the tokens of a list of messages, a quarter per byte of text",
      example: 'println(estimate_tokens([{role: "user", content: "12345678"}]))',
    },
    ([messages]) =>
      guardedSync(() =>
        messages instanceof List ? contentTokens(readMessageDicts(messages.items.map(valueToJson))) : 0,
      ),
  ),
  pure(
    {
      signature: "microcompact(text: string, max_chars?: int) -> string",
      summary: "Shorten a tool output to its head, its diagnostics and its tail",
      example: 'println(microcompact("short", 1000))',
    },
    (args) => microcompact(textArgument(args, 0), isInt(args[1]) ? toDouble(args[1]) : DEFAULT_OUTPUT_CHARS),
  ),
  effect(
    {
      signature: "transcript_auto_compact(messages: list, options?: dict) -> list",
      summary: "Fold the older messages of a list into a summary",
      options: COMPACTION_OPTIONS,
      effects: ["model"],
      errors: "Throws for options that are not known, and when a model that should summarise fails",
      example:
        'let m = [{role: "user", content: "a"}, {role: "assistant", content: "b"}, {role: "user", content: "c"}]\nprintln(len(transcript_auto_compact(m, {keep_last: 1})))',
    },
    ([messages, given], context) =>
      guarded(async () => {
        if (!(messages instanceof List)) {
          throw new RuntimeError("runtime", "transcript_auto_compact: first argument must be a message list");
        }
        const options = plainOptions(given, context);
        const request = compactionRequest(options, context);
        const dicts = messages.items.map(valueToJson);
        return new List((await compactMessages(dicts, options, request)).map(jsonToValue));
      }),
  ),
  effect(
    {
      signature: "transcript_compact(transcript: dict, options?: dict) -> dict",
      summary: "Fold the older messages of a transcript into its summary; the whole stays as an asset",
      options: [...COMPACTION_OPTIONS, "target_tokens"],
      effects: ["model"],
      errors: "Throws for what is no transcript and for options that are not known",
      example:
        'let t = transcript_from_messages([{role: "user", content: "a"}, {role: "assistant", content: "b"}, {role: "user", content: "c"}])\nprintln(len(transcript_messages(transcript_compact(t, {keep_last: 1}))))',
    },
    ([transcript, given], context) =>
      guarded(async () => {
        const value: Json = transcript === undefined ? null : valueToJson(transcript);
        if (!isTranscript(value)) {
          throw new RuntimeError("runtime", "transcript_compact: first argument must be a transcript");
        }
        const options = plainOptions(given, context);
        const done = await compactTranscript(value, options, compactionRequest(options, context));
        if (done.event !== undefined) await publish(context, done.transcript, done.event);
        return answerValue(done.transcript);
      }),
  ),
];

/** Subscribers of the transcript's session, or of the loop around the call, are told (EVENT-05). */
async function publish(context: AsyncContext, transcript: JsonObject, facts: JsonObject): Promise<void> {
  const id = typeof transcript["id"] === "string" ? transcript["id"] : loopScope(context)?.sessionId;
  if (id === undefined) return;
  const { sessions, callers } = agentState(context);
  const event = { type: "transcript_compacted", session_id: id, ...facts };
  await asCaller(id, callers.get(id) ?? context, async () => {
    for (const subscriber of sessions.subscribers(id)) await subscriber(event);
  });
}
