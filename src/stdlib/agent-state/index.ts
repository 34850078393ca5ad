/** What `std/agent_state` is made of: sessions as handles, which are plain dicts that go from task to task and run to run. */

import { table } from "../../base/index.ts";
import { type AsyncContext, Dict, List, record, typeName, type Value } from "../../vm/index.ts";
import { loopScope } from "../agent/run-state.ts";
import { field, stringField, thrown } from "../arguments.ts";
import { type Builtin, effect } from "../builtin.ts";
import { contextFields } from "../concurrency/runtime-context.ts";
import { isoText } from "../dates/civil.ts";
import { uuidV7 } from "../ids/index.ts";
import { resolveFromRoot } from "../paths/places.ts";
import { entriesText } from "../store/data-text.ts";
import { quoted } from "../store/inner-path.ts";
import { clockOf } from "../time/run-clock.ts";
import { HANDOFF_KEY, handoffEnvelope, typedHandoff } from "./handoff.ts";
import {
  type ConflictPolicy,
  checkSessionId,
  deleteState,
  findSession,
  listStates,
  openSession,
  readState,
  readWriter,
  type Session,
  type Writer,
  writerValue,
  writeState,
} from "./session-files.ts";

const HANDLE = "state_handle";

function text(builtin: string, name: string, value: Value): string {
  if (typeof value === "string") return value;
  throw thrown(`${builtin}: expected \`${name}\` to be a string, got ${typeName(value)}`);
}

function optionsArgument(builtin: string, value: Value): Dict | undefined {
  if (value === undefined || value instanceof Dict) return value;
  throw thrown(`${builtin}: expected \`options\` to be a dict, got ${typeName(value)}`);
}

const POLICY_NAMES: Readonly<Record<string, ConflictPolicy>> = table({
  ignore: "ignore",
  off: "ignore",
  warn: "warn",
  warning: "warn",
  error: "error",
  strict: "error",
});

function readPolicy(value: Value): ConflictPolicy {
  if (value === undefined || value === "") return "ignore";
  const policy = typeof value === "string" ? POLICY_NAMES[value] : undefined;
  if (policy !== undefined) return policy;
  const found = typeof value === "string" ? quoted(value) : `of type ${typeName(value)}`;
  throw thrown(`agent_state: unknown conflict policy ${found}; give one of ignore, warn, error`);
}

/** The agent's session around the code that runs. */
function currentSession(context: AsyncContext): string | undefined {
  return loopScope(context)?.sessionId ?? contextFields(context.task).agent_session_id;
}

function sessionOf(
  builtin: string,
  context: AsyncContext,
  root: Value,
  id: string,
  options: Dict | undefined,
): Session {
  checkSessionId(builtin, id);
  const given = text(builtin, "root", root);
  if (given === "") throw thrown(`${builtin}: expected \`root\` to be a folder, got an empty string`);
  const policy = readPolicy(field(options, "conflict_policy") ?? field(options, "two_writer"));
  return { root: resolveFromRoot(context.host, given), id, writer: writerOf(builtin, id, options), policy };
}

/** What is not said follows from what is: the worker is the stage is the writer, and without any the session is. */
function writerOf(builtin: string, sessionId: string, options: Dict | undefined): Writer {
  for (const name of ["writer_id", "stage_id", "worker_id"]) {
    const value = field(options, name);
    if (value !== undefined) text(builtin, name, value);
  }
  const { writer_id, stage_id, worker_id } = readWriter(options);
  const stage = stage_id ?? worker_id;
  return {
    writer_id: writer_id ?? worker_id ?? stage ?? sessionId,
    ...(stage === undefined ? {} : { stage_id: stage }),
    session_id: sessionId,
    ...(worker_id === undefined ? {} : { worker_id }),
  };
}

function handleOf({ root, id, writer, policy }: Session): Dict {
  return record({
    _type: HANDLE,
    backend: "filesystem",
    root,
    session_id: id,
    handoff_key: HANDOFF_KEY,
    conflict_policy: policy,
    writer: writerValue(writer),
  });
}

function readHandle(builtin: string, handle: Value): Session {
  if (stringField(handle, "_type") !== HANDLE) {
    throw thrown(
      `${builtin}: \`handle\` must be a state_handle dict; agent_state_init and agent_state_resume give one`,
    );
  }
  const part = (name: string): string => {
    const value = stringField(handle, name);
    if (value === undefined || value === "") throw thrown(`${builtin}: the state_handle has no \`${name}\``);
    return value;
  };
  const id = part("session_id");
  checkSessionId(builtin, id);
  const policy = readPolicy(field(handle, "conflict_policy"));
  return { root: part("root"), id, writer: readWriter(field(handle, "writer")), policy };
}

const example = (lines: string): string =>
  `import "std/agent_state"\nlet state = agent_state_init("state", {session_id: "s1", writer_id: "planner"})\n${lines}`;

export const agentStateBuiltins: readonly Builtin[] = [
  effect(
    {
      signature: "__agent_state_init(root: string, options?: dict) -> dict",
      summary:
        "Open the texts of a session below a folder, for `std/agent_state`; options `session_id`, `writer_id`, `stage_id`, `worker_id`, `conflict_policy` (ignore, warn, error)",
      effects: ["fs", "clock", "random"],
      errors: "Throws for a session id that is no name, an unknown policy, and when the folder cannot be made",
      example: example("println(state.session_id)"),
    },
    async ([root, given], context) => {
      const builtin = "agent_state_init";
      const options = optionsArgument(builtin, given);
      const named = field(options, "session_id");
      const id =
        named === undefined ? (currentSession(context) ?? uuidV7(context)) : text(builtin, "session_id", named);
      const session = sessionOf(builtin, context, root, id, options);
      await openSession(context, session);
      return handleOf(session);
    },
  ),
  effect(
    {
      signature: "__agent_state_resume(root: string, session_id: string, options?: dict) -> dict",
      summary:
        "Open the texts of a session that is there already, for `std/agent_state`; options as for the first time",
      effects: ["fs"],
      errors: "Throws when there is no such session",
      example: example(
        'agent_state_write(state, "plan.md", "one")\nprintln(agent_state_read(agent_state_resume("state", "s1"), "plan.md"))',
      ),
    },
    async ([root, id, given], context) => {
      const builtin = "agent_state_resume";
      const options = optionsArgument(builtin, given);
      const session = sessionOf(builtin, context, root, text(builtin, "session_id", id), options);
      await findSession(context, session);
      return handleOf(session);
    },
  ),
  effect(
    {
      signature: "__agent_state_write(handle: dict, key: string, content: string)",
      summary:
        "Keep a text under a key of a session, for `std/agent_state`; another reader finds the old or the new one",
      effects: ["fs", "clock", "random"],
      errors:
        "Throws for a key that leads elsewhere, a text of more than 16 MiB, what another writer wrote under the policy `error`, and when it cannot be written; the old text is then still there",
      example: example('agent_state_write(state, "notes/a.md", "hi")\nprintln(agent_state_list(state))'),
    },
    async ([handle, key, content], context) => {
      const builtin = "agent_state_write";
      const session = readHandle(builtin, handle);
      await writeState(context, session, text(builtin, "key", key), text(builtin, "content", content));
      return undefined;
    },
  ),
  effect(
    {
      signature: "__agent_state_read(handle: dict, key: string) -> string | nil",
      summary: "Give the text under a key of a session, for `std/agent_state`; nil when there is none",
      effects: ["fs"],
      errors: "Throws for a key that leads elsewhere, and when it cannot be read or is not UTF-8",
      example: example('println(agent_state_read(state, "missing.md"))'),
    },
    ([handle, key], context) => {
      const builtin = "agent_state_read";
      return readState(context, readHandle(builtin, handle), text(builtin, "key", key));
    },
  ),
  effect(
    {
      signature: "__agent_state_list(handle: dict) -> list<string>",
      summary: "List the keys of a session, sorted, for `std/agent_state`",
      effects: ["fs"],
      errors: "Throws beyond a million entries",
      example: example(
        'agent_state_write(state, "b", "")\nagent_state_write(state, "a/c", "")\nprintln(agent_state_list(state))',
      ),
    },
    async ([handle], context) => new List(await listStates(context, readHandle("agent_state_list", handle))),
  ),
  effect(
    {
      signature: "__agent_state_delete(handle: dict, key: string)",
      summary: "Remove a key of a session, for `std/agent_state`; one that is not there is fine",
      effects: ["fs"],
      errors: "Throws for a key that leads elsewhere or names a folder of keys, and when it cannot be removed",
      example: example(
        'agent_state_write(state, "a", "")\nagent_state_delete(state, "a")\nprintln(agent_state_list(state))',
      ),
    },
    async ([handle, key], context) => {
      const builtin = "agent_state_delete";
      await deleteState(context, readHandle(builtin, handle), text(builtin, "key", key));
      return undefined;
    },
  ),
  effect(
    {
      signature: "__agent_state_handoff(handle: dict, summary: dict)",
      summary:
        "Leave a summary for whoever goes on, as `__handoff.json` of the session, for `std/agent_state`; one with source_persona, target_persona_or_human, task and reason is also kept as `handoff`",
      effects: ["fs", "clock", "random"],
      errors: "Throws for a summary that is no dict of data, and as writing does",
      example: example(
        'agent_state_handoff(state, {status: "ready"})\nlet left = json_parse(agent_state_read(state, agent_state_handoff_key()))\nprintln(left.summary.status)',
      ),
    },
    async ([handle, summary], context) => {
      const builtin = "agent_state_handoff";
      const session = readHandle(builtin, handle);
      if (!(summary instanceof Dict)) {
        throw thrown(`${builtin}: expected \`summary\` to be a dict, got ${typeName(summary)}`);
      }
      const nowMs = clockOf(context).wallMs();
      const id = context.host.sync("id.next", { prefix: "handoff" });
      const envelope = handoffEnvelope({
        sessionId: session.id,
        root: session.root,
        summary,
        handoff: typedHandoff(summary, { id, createdAt: isoText(nowMs) }),
        writer: writerValue(session.writer),
        writtenAt: Math.floor(nowMs / 1000),
      });
      await writeState(context, session, HANDOFF_KEY, entriesText(builtin, envelope));
      return undefined;
    },
  ),
];
