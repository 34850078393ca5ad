/** What agents of a run share, in a snapshot. A loop that is gone on from enters itself among the callers again. */

import {
  createHumanDesk,
  createWorkerPool,
  type HumanDesk,
  type SavedSessions,
  type Session,
  TranscriptDraft,
  type WorkerPool,
} from "../../agent/index.ts";
import type { Host, Json, JsonObject } from "../../base/index.ts";
import { PlainJson, refused, type StatePart, type Value, type VmSnapshotParts } from "../../vm/index.ts";
import { PEOPLE_STATE } from "../people/index.ts";
import type { ManifestHook } from "../tools/manifest-hooks.ts";
import { DAEMONS_STATE } from "./daemon-builtins.ts";
import { AGENT_STATE, type AgentRunState, createAgentState, type RegisteredToolHook } from "./run-state.ts";
import { subscriberOf } from "./session-builtins.ts";
import { WORKERS_STATE } from "./sub-agent-builtins.ts";

interface SavedAgents {
  readonly host: Host;
  readonly store: Omit<SavedSessions, "sessions">;
  readonly sessions: readonly (Omit<Session, "subscribers"> & { readonly callbacks: readonly Value[] })[];
  readonly toolHooks: readonly RegisteredToolHook[];
  readonly manifestHooks: readonly ManifestHook[];
}

function embedded(): never {
  throw refused("a subscriber of a session that is no function of the program");
}

const agents: StatePart = {
  key: AGENT_STATE,
  save({ host, sessions, toolHooks, manifestHooks, subscriptions }: AgentRunState): SavedAgents {
    const { sessions: open, ...store } = sessions.save();
    const saved = open.map(({ subscribers, source, ...session }) => ({
      ...session,
      source: source instanceof TranscriptDraft ? source : (new PlainJson(source) as unknown as JsonObject),
      callbacks: subscribers.map((each) => subscriptions.get(each) ?? embedded()),
    }));
    return { host, store, sessions: saved, toolHooks, manifestHooks };
  },
  restore(raw) {
    const { host, store, sessions, toolHooks, manifestHooks } = raw as SavedAgents;
    const state = createAgentState(host);
    state.sessions.load({
      ...store,
      sessions: sessions.map(({ callbacks, ...session }) => ({
        ...session,
        subscribers: callbacks.map((callback) => subscriberOf(state, session.id, callback)),
      })),
    });
    state.toolHooks.push(...toolHooks);
    state.manifestHooks.push(...manifestHooks);
    return state;
  },
};

/** Nobody has asked, or everybody has been answered. */
const people: StatePart = {
  key: PEOPLE_STATE,
  save(desk: HumanDesk): { readonly host: Host } {
    if (desk.pending().length > 0) throw refused("a question to a person that is not answered");
    return { host: desk.host };
  },
  restore: (saved) => createHumanDesk((saved as { readonly host: Host }).host),
};

const workers: StatePart = {
  key: WORKERS_STATE,
  save(pool: WorkerPool): { readonly host: Host } {
    if (pool.list().length > 0) throw refused("a background agent");
    return { host: pool.host };
  },
  restore: (saved) => createWorkerPool((saved as { readonly host: Host }).host),
};

const daemons: StatePart = {
  key: DAEMONS_STATE,
  save(known: ReadonlyMap<string, unknown>): undefined {
    if (known.size > 0) throw refused("a daemon");
  },
  restore: () => new Map(),
};

/** What was said may be long; that it is said elsewhere as well does not matter. */
function savedDraft(draft: TranscriptDraft): object {
  const { history, messageCount, made, ...rest } = draft;
  const messages = history.length === messageCount ? history : history.slice(0, messageCount);
  return {
    ...rest,
    messageCount,
    history: new PlainJson(messages as unknown as Json),
    made: made && new PlainJson(made),
  };
}

export const agentParts: VmSnapshotParts = {
  classes: [{ name: "transcript-draft", type: TranscriptDraft, save: (draft) => savedDraft(draft as TranscriptDraft) }],
  constants: [],
  states: [agents, people, workers, daemons],
};
