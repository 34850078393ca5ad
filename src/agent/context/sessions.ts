/**
 * Conversations by id, for the length of a run: a transcript each, who listens to it, and where it branched from. A
 * session outlives the agent loops that run on it; the store is made once per run and handed in, never global.
 */

import { HarnError, type Host, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { newTranscript, rebuildTranscript, uuidV7 } from "../../llm/index.ts";
import type { CompactionContext, CompactionStrategy } from "../compaction/compaction-policy.ts";
import type { Awaitable } from "../turn/policy.ts";
import { healHistory } from "./heal.ts";
import { messageDicts, readMessageDicts } from "./message-dict.ts";
import { TranscriptDraft } from "./transcript-draft.ts";

/** Sessions kept at once; the one that was used least recently leaves first. */
const DEFAULT_SESSION_CAP = 128;

/** Most sessions have no listener, no child and no skill: they share the list of none. */
const NONE: readonly never[] = [];

/** Gets every live event of a session as a dict (EVENT-02). */
export type SessionSubscriber = (event: JsonObject) => Awaitable<unknown>;

export interface SessionFeedback {
  readonly kind: string;
  readonly content: string;
}

export interface SessionAncestry {
  readonly parentId: string | undefined;
  readonly childIds: readonly string[];
  readonly rootId: string;
}

/** What a loop starts from when it runs on a session that has been used before. */
export interface SessionPrompt {
  /** Starts with the summary of what has been folded away, if there is one. */
  readonly messages: readonly Json[];
  readonly summary: string | undefined;
}

/** Functions that take an id give undefined, or false, for an unknown one; nothing here creates a session by accident. */
export interface SessionStore {
  /** Opens the session, or makes it; without an id a fresh one. */
  open(id?: string): string;
  exists(id: string): boolean;
  /** Number of messages. */
  length(id: string): number | undefined;
  /** The transcript with `length`, `parent_id`, `child_ids` and `branched_at_event_index`. */
  snapshot(id: string): JsonObject | undefined;
  ancestry(id: string): SessionAncestry | undefined;
  /** Empties the history; id and subscribers stay. */
  reset(id: string): boolean;
  /** A copy under another id; subscribers do not come along. */
  fork(sourceId: string, id?: string): string | undefined;
  /** A copy of the first `keepFirst` messages. */
  forkAt(sourceId: string, keepFirst: number, id?: string): string | undefined;
  /** Keeps the last messages; gives back how many there are then. */
  trim(id: string, keepLast: number): number | undefined;
  /** Folds the history; gives back how many messages there are then. */
  compact(id: string, strategy: CompactionStrategy, context: CompactionContext): Promise<number | undefined>;
  /** Adds `{role, content, …}`. @throws HarnError `agent.session` for an unknown session or a message without role */
  inject(id: string, message: unknown): void;
  /** Adds an event that is no message. @throws HarnError `agent.session` */
  appendEvent(id: string, event: unknown): void;
  close(id: string): void;
  /** Makes the session when it does not exist (EVENT-01). */
  subscribe(id: string, subscriber: SessionSubscriber): void;
  subscribers(id: string): readonly SessionSubscriber[];
  /** Waits for the next turn of the session, which may not exist yet (EVENT-03). */
  injectFeedback(id: string, feedback: SessionFeedback): void;
  takeFeedback(id: string): readonly SessionFeedback[];
  prompt(id: string): SessionPrompt;
  /** A draft is asked when somebody first looks. */
  store(id: string, transcript: JsonObject | TranscriptDraft): void;
  /** Makes `id` a child of `parentId`; both are opened. */
  link(parentId: string, id: string): void;
  activeSkills(id: string): readonly string[];
  setActiveSkills(id: string, names: readonly string[]): void;
  /** The sessions themselves, no copies. */
  save(): SavedSessions;
  /** Into a store that nobody has used. */
  load(saved: SavedSessions): void;
}

/** Plain data but for subscribers and drafts. */
export interface SavedSessions {
  readonly sessions: readonly Session[];
  readonly feedback: ReadonlyMap<string, readonly SessionFeedback[]>;
  readonly uses: number;
}

export interface Session {
  readonly id: string;
  /** Not made yet while nobody has looked. */
  source: JsonObject | TranscriptDraft;
  subscribers: readonly SessionSubscriber[];
  usedAt: number;
  parentId: string | undefined;
  childIds: readonly string[];
  branchedAt: number | undefined;
  activeSkills: readonly string[];
}

/**
 * Conversations by id, in memory, for loops that go on where an earlier one ended. Beyond `cap` (default 128) the one that was
 * used longest ago is dropped.
 */
export function createSessionStore(host: Host, options: { cap?: number } = {}): SessionStore {
  const cap = Math.max(1, options.cap ?? DEFAULT_SESSION_CAP);
  const sessions = new Map<string, Session>();
  const feedback = new Map<string, SessionFeedback[]>();
  let uses = 0;

  const find = (id: string): Session | undefined => {
    const session = sessions.get(id);
    if (session !== undefined) session.usedAt = ++uses;
    return session;
  };
  const open = (id: string = uuidV7(host)): string => {
    if (find(id) !== undefined) return id;
    if (sessions.size >= cap) evictOldest();
    sessions.set(id, {
      id,
      source: new TranscriptDraft(host, { sessionId: id, history: [] }),
      subscribers: NONE,
      usedAt: ++uses,
      parentId: undefined,
      childIds: NONE,
      branchedAt: undefined,
      activeSkills: NONE,
    });
    return id;
  };
  const evictOldest = () => {
    let oldest: Session | undefined;
    for (const session of sessions.values())
      if (oldest === undefined || session.usedAt < oldest.usedAt) oldest = session;
    if (oldest !== undefined) sessions.delete(oldest.id);
  };
  const link = (parentId: string, id: string, branchedAt?: number) => {
    if (parentId === id) return;
    open(parentId);
    open(id);
    const parent = sessions.get(parentId);
    const child = sessions.get(id);
    if (parent === undefined || child === undefined) return;
    if (!parent.childIds.includes(id)) parent.childIds = [...parent.childIds, id];
    child.parentId = parentId;
    if (branchedAt !== undefined) child.branchedAt = branchedAt;
  };
  const setMessages = (session: Session, messages: readonly Json[]) => {
    session.source = newTranscript(host, { id: session.id, messages, ...keptParts(transcriptOf(session)) });
  };
  const fork = (sourceId: string, id?: string): string | undefined => {
    const source = find(sourceId);
    if (source === undefined) return undefined;
    const copyId = open(id);
    const copy = sessions.get(copyId);
    if (copy === undefined) return undefined;
    copy.source = { ...transcriptOf(source), id: copyId };
    link(sourceId, copyId);
    return copyId;
  };

  return {
    open,
    exists: (id) => sessions.has(id),
    length(id) {
      const session = find(id);
      return session === undefined ? undefined : messagesIn(transcriptOf(session)).length;
    },
    snapshot(id) {
      const session = find(id);
      if (session === undefined) return undefined;
      return {
        ...transcriptOf(session),
        length: messagesIn(transcriptOf(session)).length,
        parent_id: session.parentId ?? null,
        child_ids: [...session.childIds],
        branched_at_event_index: session.branchedAt ?? null,
      };
    },
    ancestry(id) {
      const session = find(id);
      if (session === undefined) return undefined;
      const seen = new Set([id]);
      let root = session;
      for (let up = root.parentId; up !== undefined && !seen.has(up); up = root.parentId) {
        seen.add(up);
        const parent = sessions.get(up);
        if (parent === undefined) return { parentId: session.parentId, childIds: [...session.childIds], rootId: up };
        root = parent;
      }
      return { parentId: session.parentId, childIds: [...session.childIds], rootId: root.id };
    },
    reset(id) {
      const session = find(id);
      if (session === undefined) return false;
      session.source = newTranscript(host, { id, messages: [] });
      session.activeSkills = [];
      return true;
    },
    fork,
    forkAt(sourceId, keepFirst, id) {
      checkCount("keep_first", keepFirst);
      const source = find(sourceId);
      if (source === undefined) return undefined;
      const branchedAt = eventIndexOf(transcriptOf(source), keepFirst);
      const kept = messagesIn(transcriptOf(source)).slice(0, keepFirst);
      const copyId = fork(sourceId, id);
      const copy = copyId === undefined ? undefined : sessions.get(copyId);
      if (copy === undefined || copyId === undefined) return undefined;
      setMessages(copy, kept);
      link(sourceId, copyId, branchedAt);
      return copyId;
    },
    trim(id, keepLast) {
      checkCount("keep_last", keepLast);
      const session = find(id);
      if (session === undefined) return undefined;
      const messages = messagesIn(transcriptOf(session));
      const kept = keepLast === 0 ? [] : messages.slice(-keepLast);
      setMessages(session, kept);
      return kept.length;
    },
    async compact(id, strategy, context) {
      const session = find(id);
      if (session === undefined) return undefined;
      const history = healHistory(readMessageDicts(messagesIn(transcriptOf(session))));
      const { messages, summary } = await strategy.compact(history, context);
      if (messages !== history) {
        session.source = rebuildTranscript(host, transcriptOf(session), {
          messages: messageDicts(messages),
          ...(summary === undefined ? {} : { summary }),
        });
      }
      return messagesIn(transcriptOf(session)).length;
    },
    inject(id, message) {
      if (!isJsonObject(message)) throw sessionError("agent_session_inject: message must be a dict");
      if (typeof message["role"] !== "string") {
        const roles = "user|assistant|tool_result|system";
        throw sessionError(`agent_session_inject: message must have a string \`role\` (${roles})`);
      }
      const session = find(id);
      if (session === undefined) throw sessionError(`agent_session_inject: unknown session id '${id}'`);
      setMessages(session, [...messagesIn(transcriptOf(session)), message]);
    },
    appendEvent(id, event) {
      if (!isJsonObject(event)) throw sessionError("agent_session_append_event: event must be a dict");
      if (typeof event["kind"] !== "string") {
        throw sessionError("agent_session_append_event: event must have a string `kind`");
      }
      const session = find(id);
      if (session === undefined) throw sessionError(`agent_session_append_event: unknown session id '${id}'`);
      const transcript = transcriptOf(session);
      const events = transcript["events"];
      session.source = { ...transcript, events: [...(Array.isArray(events) ? events : []), event] };
    },
    close(id) {
      sessions.delete(id);
      feedback.delete(id);
    },
    subscribe(id, subscriber) {
      open(id);
      const session = sessions.get(id);
      if (session !== undefined) session.subscribers = [...session.subscribers, subscriber];
    },
    subscribers: (id) => sessions.get(id)?.subscribers ?? NONE,
    injectFeedback(id, item) {
      const queue = feedback.get(id);
      if (queue === undefined) feedback.set(id, [item]);
      else queue.push(item);
    },
    takeFeedback(id) {
      const queue = feedback.get(id) ?? [];
      feedback.delete(id);
      return queue;
    },
    prompt(id) {
      const session = find(id);
      if (session === undefined) return { messages: [], summary: undefined };
      const messages = messagesIn(transcriptOf(session));
      const summary = transcriptOf(session)["summary"];
      if (typeof summary !== "string" || summary.trim() === "") return { messages, summary: undefined };
      const first = messages[0];
      const startsWithIt = isJsonObject(first) && first["role"] === "user" && first["content"] === summary;
      return { messages: startsWithIt ? messages : [{ role: "user", content: summary }, ...messages], summary };
    },
    store(id, transcript) {
      const session = find(id);
      if (session !== undefined) session.source = transcript;
    },
    link: (parentId, id) => link(parentId, id),
    activeSkills: (id) => sessions.get(id)?.activeSkills ?? [],
    setActiveSkills(id, names) {
      const session = sessions.get(id);
      if (session !== undefined) session.activeSkills = names.length === 0 ? NONE : [...names];
    },
    save: () => ({ sessions: [...sessions.values()], feedback, uses }),
    load(saved) {
      for (const session of saved.sessions) sessions.set(session.id, session);
      for (const [id, queue] of saved.feedback) feedback.set(id, [...queue]);
      uses = saved.uses;
    },
  };
}

function transcriptOf(session: Session): JsonObject {
  if (session.source instanceof TranscriptDraft) session.source = session.source.transcript();
  return session.source;
}

function messagesIn(transcript: JsonObject): readonly Json[] {
  const messages = transcript["messages"];
  return Array.isArray(messages) ? messages : [];
}

/** What stays when the messages of a transcript are cut: events are made anew from what is left. */
function keptParts(transcript: JsonObject): { summary?: string; metadata?: Json; state?: string } {
  const { summary, metadata, state } = transcript;
  return {
    ...(typeof summary === "string" ? { summary } : {}),
    ...(metadata === undefined ? {} : { metadata }),
    ...(typeof state === "string" ? { state } : {}),
  };
}

/** The event that stands for the first message which a branch does not have. */
function eventIndexOf(transcript: JsonObject, keepFirst: number): number {
  const events = transcript["events"];
  if (!Array.isArray(events)) return keepFirst;
  let seen = 0;
  for (const [index, event] of events.entries()) {
    const kind = isJsonObject(event) ? event["kind"] : undefined;
    if ((kind === "message" || kind === "tool_result") && seen++ >= keepFirst) return index;
  }
  return events.length;
}

function checkCount(name: string, count: number): void {
  if (Number.isInteger(count) && count >= 0) return;
  throw sessionError(`Expected \`${name}\` to be an integer of at least 0, got \`${count}\``);
}

function sessionError(message: string): HarnError {
  return new HarnError("agent.session", message);
}
