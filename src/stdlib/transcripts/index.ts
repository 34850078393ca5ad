/** Conversations and transcripts as plain dicts; the model layer knows their shape. */

import type { Json } from "../../base/index.ts";
import {
  addAssistant,
  addMessage,
  addSystem,
  addToolResult,
  addUser,
  CALL_OPTION_NAMES,
  conversation,
  SUMMARIZE_OPTION_NAMES,
  transcript,
  transcriptAbandon,
  transcriptAddAsset,
  transcriptArchive,
  transcriptAssets,
  transcriptEvents,
  transcriptEventsByKind,
  transcriptExport,
  transcriptFork,
  transcriptFromMessages,
  transcriptId,
  transcriptImport,
  transcriptMessages,
  transcriptRenderFull,
  transcriptRenderVisible,
  transcriptReset,
  transcriptResume,
  transcriptStats,
  transcriptSummarize,
  transcriptSummary,
} from "../../llm/index.ts";
import type { NativeContext } from "../../vm/index.ts";
import { type Builtin, effect, pure } from "../builtin.ts";
import { jsonToValue, valueToJson } from "../json/convert.ts";
import { guarded, guardedSync, optionsOf, taskLlmContext } from "../llm/run-state.ts";

type Host = NativeContext["host"];

/** A builtin over plain data: absent arguments stay undefined, nil becomes null. */
function data(
  signature: string,
  summary: string,
  example: string,
  run: (args: readonly (Json | undefined)[], host: Host) => unknown,
): Builtin {
  return pure({ signature, summary, example }, (args, { host }) =>
    guardedSync(() => jsonToValue(run(args.map(valueToJson), host) as Json)),
  );
}

const made = 'let t = transcript_from_messages([{role: "user", content: "hi"}])\n';

const text = (value: Json | undefined): string =>
  typeof value === "string" ? value : value === undefined ? "" : String(value);

export const transcriptBuiltins: readonly Builtin[] = [
  data("conversation() -> list", "Start an empty list of messages", "println(conversation())", () => conversation()),
  data(
    "add_message(conversation: any, role: string, content?: any) -> any",
    "Append a message to a conversation or transcript",
    'println(add_message([], "user", "hi"))',
    ([target, role, content], host) => addMessage(host, target, text(role), content),
  ),
  data(
    "add_user(conversation: any, content?: any) -> any",
    "Append a user message",
    'println(add_user([], "hi"))',
    ([target, content], host) => addUser(host, target, content),
  ),
  data(
    "add_assistant(conversation: any, content?: any) -> any",
    "Append an assistant message",
    'println(add_assistant([], "hi"))',
    ([target, content], host) => addAssistant(host, target, content),
  ),
  data(
    "add_system(conversation: any, content?: any) -> any",
    "Append a system message",
    'println(add_system([], "be brief"))',
    ([target, content], host) => addSystem(host, target, content),
  ),
  data(
    "add_tool_result(conversation: any, tool_use_id: string, content: any) -> any",
    "Append the result of a tool call",
    'println(add_tool_result([], "t1", "42"))',
    ([target, id, content], host) => addToolResult(host, target, id, content),
  ),
  data(
    "transcript(metadata?: dict) -> dict",
    "Start an empty transcript",
    "println(transcript().state)",
    ([metadata], host) => transcript(host, metadata ?? undefined),
  ),
  data(
    "transcript_from_messages(source: any) -> dict",
    "Make a transcript of messages",
    `${made}println(len(t.messages))`,
    ([source], host) => transcriptFromMessages(host, source),
  ),
  data(
    "transcript_messages(transcript: dict) -> list",
    "List a transcript's messages",
    `${made}println(len(transcript_messages(t)))`,
    ([value]) => transcriptMessages(value),
  ),
  data(
    "transcript_events(transcript: dict) -> list",
    "List a transcript's events",
    `${made}println(len(transcript_events(t)))`,
    ([value]) => transcriptEvents(value),
  ),
  data(
    "transcript_events_by_kind(transcript: dict, kind: string) -> list",
    "List a transcript's events of one kind",
    `${made}println(len(transcript_events_by_kind(t, "message")))`,
    ([value, kind]) => transcriptEventsByKind(value, kind),
  ),
  data(
    "transcript_stats(transcript: dict) -> dict",
    "Count what a transcript holds",
    `${made}println(transcript_stats(t).message_count)`,
    ([value]) => transcriptStats(value),
  ),
  data(
    "transcript_assets(transcript: dict) -> list",
    "List a transcript's assets",
    `${made}println(transcript_assets(t))`,
    ([value]) => transcriptAssets(value),
  ),
  data(
    "transcript_add_asset(transcript: dict, asset: any) -> dict",
    "Add an asset, replacing one of the same id",
    `${made}println(len(transcript_add_asset(t, {id: "a"}).assets))`,
    ([value, asset], host) => transcriptAddAsset(host, value, asset),
  ),
  data(
    "transcript_summary(transcript: dict) -> any",
    "Read a transcript's summary",
    `${made}println(transcript_summary(t))`,
    ([value]) => transcriptSummary(value),
  ),
  data(
    "transcript_id(transcript: dict) -> string",
    "Read a transcript's id",
    `${made}println(len(transcript_id(t)) > 0)`,
    ([value]) => transcriptId(value),
  ),
  data(
    "transcript_export(transcript: dict) -> string",
    "Write a transcript as JSON text",
    `${made}println(len(transcript_export(t)) > 2)`,
    ([value]) => transcriptExport(value),
  ),
  data(
    "transcript_import(text: string) -> dict",
    "Read a transcript from JSON text",
    `${made}println(transcript_import(transcript_export(t)).state)`,
    ([value]) => transcriptImport(value),
  ),
  data(
    "transcript_fork(transcript: dict, options?: dict) -> dict",
    "Copy a transcript under a new id",
    `${made}println(transcript_fork(t).state)`,
    ([value, options], host) => transcriptFork(host, value, options),
  ),
  data(
    "transcript_reset(options?: dict) -> dict",
    "Start over with an empty transcript",
    "println(len(transcript_reset().messages))",
    ([options], host) => transcriptReset(host, options),
  ),
  data(
    "transcript_archive(transcript: dict) -> dict",
    "Mark a transcript archived",
    `${made}println(transcript_archive(t).state)`,
    ([value], host) => transcriptArchive(host, value),
  ),
  data(
    "transcript_abandon(transcript: dict) -> dict",
    "Mark a transcript abandoned",
    `${made}println(transcript_abandon(t).state)`,
    ([value], host) => transcriptAbandon(host, value),
  ),
  data(
    "transcript_resume(transcript: dict) -> dict",
    "Mark a transcript active again",
    `${made}println(transcript_resume(t).state)`,
    ([value], host) => transcriptResume(host, value),
  ),
  pure(
    {
      signature: "transcript_render_visible(transcript: dict) -> string",
      summary: "Render what a user may see",
      example: `${made}println(transcript_render_visible(t))`,
    },
    ([value]) => guardedSync(() => transcriptRenderVisible(value === undefined ? null : valueToJson(value))),
  ),
  pure(
    {
      signature: "transcript_render_full(transcript: dict) -> string",
      summary: "Render every event with its visibility",
      example: `${made}println(transcript_render_full(t))`,
    },
    ([value]) => guardedSync(() => transcriptRenderFull(value === undefined ? null : valueToJson(value))),
  ),
  effect(
    {
      signature: "transcript_summarize(transcript: dict, options?: dict) -> dict",
      summary: "Have a model summarise a transcript",
      options: [...CALL_OPTION_NAMES, ...SUMMARIZE_OPTION_NAMES],
      effects: ["model"],
      example: `${made}println(type_of(transcript_summarize(t, {provider: "mock"})))`,
    },
    ([value, options], context) =>
      guarded(async () => {
        const given = options === undefined ? undefined : optionsOf(options, context);
        return jsonToValue(
          await transcriptSummarize(taskLlmContext(context), valueToJson(value), given, { signal: context.signal }),
        );
      }),
  ),
];
