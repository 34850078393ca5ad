/** Sessions: conversations by id, for the length of the run. */

import { type SessionSubscriber, strategyFor } from "../../agent/index.ts";
import type { Json } from "../../base/index.ts";
import { Dict, isCallable, isInt, RuntimeError, toDouble, type Value } from "../../vm/index.ts";
import { thrown } from "../arguments.ts";
import { type Builtin, type BuiltinDoc, effect, pure } from "../builtin.ts";
import { jsonToValue, valueToJson } from "../json/convert.ts";
import { answerValue } from "../llm/answer-value.ts";
import { guarded, guardedSync, optionsOf } from "../llm/run-state.ts";
import { compactionRequest } from "./compaction-request.ts";
import { type AgentRunState, agentState, loopScope } from "./run-state.ts";

const made = 'let s = agent_session_open("demo")\nagent_session_inject(s, {role: "user", content: "hi"})\n';

function session(doc: BuiltinDoc, act: (state: AgentRunState, args: readonly Value[]) => Json | undefined): Builtin {
  return pure({ ...doc, effects: ["state"] }, (args, context) =>
    guardedSync(() => answerValue(act(agentState(context), args))),
  );
}

function text(fn: string, args: readonly Value[], index: number, name: string): string {
  const value = args[index];
  if (typeof value === "string") return value;
  throw thrown(`${fn}: \`${name}\` must be a string`);
}

function optionalText(fn: string, args: readonly Value[], index: number, name: string): string | undefined {
  const value = args[index];
  if (value === undefined || typeof value === "string") return value;
  throw thrown(`${fn}: \`${name}\` must be a string or nil`);
}

function count(fn: string, args: readonly Value[], index: number, name: string): number {
  const value = args[index];
  if (!isInt(value)) throw thrown(`${fn}: \`${name}\` must be an int`);
  if (value < 0) throw thrown(`${fn}: \`${name}\` must be >= 0`);
  return toDouble(value);
}

function unknown(fn: string, id: string): Error {
  throw thrown(`${fn}: unknown session id '${id}'`);
}

/** The id in the first argument, of a session that exists. */
function known(state: AgentRunState, fn: string, args: readonly Value[], name = "id"): string {
  const id = text(fn, args, 0, name);
  if (!state.sessions.exists(id)) throw unknown(fn, id);
  return id;
}

const COMPACT_OPTIONS = [
  "keep_last",
  "token_threshold",
  "tool_output_max_chars",
  "compact_strategy",
  "hard_limit_tokens",
  "hard_limit_strategy",
  "custom_compactor",
  "mask_callback",
  "compress_callback",
];

export const sessionBuiltins: readonly Builtin[] = [
  session(
    {
      signature: "agent_session_open(id?: string) -> string",
      summary: "Open a session, or make it; without an id a fresh one",
      example: 'println(agent_session_open("demo"))',
    },
    ({ sessions }, args) => sessions.open(optionalText("agent_session_open", args, 0, "id")),
  ),
  session(
    {
      signature: "agent_session_exists(id: string) -> bool",
      summary: "Tell whether a session is open",
      example: 'println(agent_session_exists("nobody"))',
    },
    ({ sessions }, args) => sessions.exists(text("agent_session_exists", args, 0, "id")),
  ),
  session(
    {
      signature: "agent_session_length(id: string) -> int",
      summary: "Count the messages of a session",
      errors: "Throws for an unknown session",
      example: `${made}println(agent_session_length(s))`,
    },
    (state, args) => state.sessions.length(known(state, "agent_session_length", args)),
  ),
  session(
    {
      signature: "agent_session_snapshot(id: string) -> dict | nil",
      summary: "Show a session's transcript, length and relatives",
      example: `${made}println(len(agent_session_snapshot(s).messages))`,
    },
    ({ sessions }, args) => sessions.snapshot(text("agent_session_snapshot", args, 0, "id")),
  ),
  session(
    {
      signature: "agent_session_ancestry(id: string) -> dict | nil",
      summary: "Show where a session branched from: `{parent_id, child_ids, root_id}`",
      example: `${made}println(agent_session_ancestry(s).root_id)`,
    },
    ({ sessions }, args) => {
      const found = sessions.ancestry(text("agent_session_ancestry", args, 0, "id"));
      if (found === undefined) return undefined;
      return { parent_id: found.parentId ?? null, child_ids: found.childIds, root_id: found.rootId };
    },
  ),
  pure(
    {
      signature: "agent_session_current_id() -> string | nil",
      summary: "Name the session of the innermost agent loop around the caller",
      effects: ["state"],
      example: "println(agent_session_current_id())",
    },
    (_args, context) => loopScope(context)?.sessionId,
  ),
  session(
    {
      signature: "agent_session_reset(id: string)",
      summary: "Empty a session; id and subscribers stay",
      errors: "Throws for an unknown session",
      example: `${made}agent_session_reset(s)\nprintln(agent_session_length(s))`,
    },
    (state, args) => {
      state.sessions.reset(known(state, "agent_session_reset", args));
      return undefined;
    },
  ),
  session(
    {
      signature: "agent_session_fork(source: string, id?: string) -> string",
      summary: "Copy a session under another id",
      errors: "Throws for an unknown session",
      example: `${made}println(agent_session_length(agent_session_fork(s)))`,
    },
    (state, args) => {
      const source = known(state, "agent_session_fork", args, "src");
      return state.sessions.fork(source, optionalText("agent_session_fork", args, 1, "dst"));
    },
  ),
  session(
    {
      signature: "agent_session_fork_at(source: string, keep_first: int, id?: string) -> string",
      summary: "Copy the first messages of a session under another id",
      errors: "Throws for an unknown session and a negative count",
      example: `${made}println(agent_session_length(agent_session_fork_at(s, 0)))`,
    },
    (state, args) => {
      const fn = "agent_session_fork_at";
      text(fn, args, 0, "src");
      const keep = count(fn, args, 1, "keep_first");
      return state.sessions.forkAt(known(state, fn, args, "src"), keep, optionalText(fn, args, 2, "dst"));
    },
  ),
  session(
    {
      signature: "agent_session_trim(id: string, keep_last: int) -> int",
      summary: "Keep the last messages of a session and count them",
      errors: "Throws for an unknown session and a negative count",
      example: `${made}println(agent_session_trim(s, 0))`,
    },
    (state, args) => {
      const id = text("agent_session_trim", args, 0, "id");
      const kept = state.sessions.trim(id, count("agent_session_trim", args, 1, "keep_last"));
      if (kept === undefined) throw unknown("agent_session_trim", id);
      return kept;
    },
  ),
  session(
    {
      signature: "agent_session_inject(id: string, message: dict)",
      summary: "Append a message `{role, content}` to a session",
      errors: "Throws for an unknown session and for a message without a role",
      example: `${made}println(agent_session_length(s))`,
    },
    (state, args) => {
      const id = known(state, "agent_session_inject", args);
      if (args.length < 2) throw thrown("agent_session_inject: `message` required");
      state.sessions.inject(id, valueToJson(args[1]));
      return undefined;
    },
  ),
  session(
    {
      signature: "agent_session_append_event(id: string, event: dict)",
      summary: "Append an event `{kind, …}` that is no message to a session's transcript",
      errors: "Throws for an unknown session and for an event without a kind",
      example: `${made}agent_session_append_event(s, {kind: "note"})\nprintln(len(agent_session_snapshot(s).events))`,
    },
    (state, args) => {
      const id = known(state, "agent_session_append_event", args);
      state.sessions.appendEvent(id, valueToJson(args[1]));
      return undefined;
    },
  ),
  session(
    {
      signature: "agent_session_close(id: string)",
      summary: "Forget a session",
      errors: "Throws for an unknown session",
      example: `${made}agent_session_close(s)\nprintln(agent_session_exists(s))`,
    },
    (state, args) => {
      state.sessions.close(known(state, "agent_session_close", args));
      return undefined;
    },
  ),
  effect(
    {
      signature: "agent_session_compact(id: string, options?: dict) -> int",
      summary: "Fold the middle of a session into a summary and count what is left",
      options: COMPACT_OPTIONS,
      effects: ["state", "model"],
      errors: "Throws for an unknown session and for options that are not known",
      example: `${made}println(agent_session_compact(s, {keep_last: 1}))`,
    },
    (args, context) =>
      guarded(async () => {
        const { sessions } = agentState(context);
        const id = known(agentState(context), "agent_session_compact", args);
        const given = args[1];
        if (given !== undefined && !(given instanceof Dict)) {
          throw thrown("agent_session_compact: `opts` must be a dict or nil");
        }
        refuseUnknown(given);
        const options = (given === undefined ? {} : optionsOf(given, context)) as Readonly<Record<string, unknown>>;
        const request = compactionRequest(options, context);
        return jsonToValue(await sessions.compact(id, strategyFor(options, request.renderPrompt), request.context));
      }),
  ),
  pure(
    {
      signature: "agent_subscribe(session_id: string, callback: closure)",
      summary: "Call a function with every live event of a session; loops wait for it",
      effects: ["state"],
      errors: "Throws unless given a string and a closure",
      example: 'agent_subscribe("demo", { event -> println(event.type) })',
    },
    ([id, callback, ...rest], context) => {
      const fn = "agent_subscribe(session_id, callback)";
      if (typeof id !== "string") throw new RuntimeError("runtime", `${fn}: session_id must be a string`);
      if (callback === undefined && rest.length === 0) {
        throw new RuntimeError("runtime", `${fn}: callback closure required`);
      }
      if (!isCallable(callback)) throw new RuntimeError("runtime", `${fn}: callback must be a closure`);
      const state = agentState(context);
      state.sessions.subscribe(id, subscriberOf(state, id, callback));
      return undefined;
    },
  ),
  pure(
    {
      signature: "agent_inject_feedback(session_id: string, kind: string, content: string)",
      summary: "Tell the model something at the start of the session's next turn",
      effects: ["state"],
      errors: "Throws unless given three strings",
      example: 'agent_inject_feedback("demo", "note", "The build is green")',
    },
    ([id, kind, content], context) => {
      for (const [name, value] of Object.entries({ session_id: id, kind, content })) {
        if (typeof value === "string") continue;
        const fn = "agent_inject_feedback(session_id, kind, content)";
        throw new RuntimeError("runtime", `${fn}: ${name} must be a string`);
      }
      agentState(context).sessions.injectFeedback(id as string, { kind: kind as string, content: content as string });
      return undefined;
    },
  ),
];

/** Run by the loop that emits the event; without one there is nobody to run it. */
export function subscriberOf(
  { callers, subscriptions }: AgentRunState,
  id: string,
  callback: Value,
): SessionSubscriber {
  const subscriber: SessionSubscriber = (event) => callers.get(id)?.call(callback, [answerValue(event)]);
  subscriptions.set(subscriber, callback);
  return subscriber;
}

function refuseUnknown(options: Dict | undefined): void {
  const unknownKey = options?.keys().find((key) => !COMPACT_OPTIONS.includes(key));
  if (unknownKey === undefined) return;
  throw thrown(
    `agent_session_compact: unknown option key '${unknownKey}' (expected one of: ${COMPACT_OPTIONS.join(", ")})`,
  );
}
