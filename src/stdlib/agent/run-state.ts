/** What agents of one run share, and what a running loop leaves with the tasks that it starts. */

import {
  type AgentLoopOptions,
  createSessionStore,
  type Purse,
  type SessionStore,
  type SessionSubscriber,
} from "../../agent/index.ts";
import type { Host } from "../../base/index.ts";
import type { AsyncContext, Dict, NativeContext, TaskContext, Value } from "../../vm/index.ts";
import { runState } from "../builtin.ts";
import { withCommandPolicy } from "../commands/command-stack.ts";
import type { ManifestHook } from "../tools/manifest-hooks.ts";

export interface AgentRunState {
  readonly host: Host;
  readonly sessions: SessionStore;
  /** Who runs subscribers of a session: the loop that is running on it. */
  readonly callers: Map<string, AsyncContext>;
  /** Hooks of `register_tool_hook`, in the order they were registered. */
  readonly toolHooks: RegisteredToolHook[];
  /** Hooks of the project's `harn.toml`, in the order they are listed; programs do not clear them. */
  readonly manifestHooks: ManifestHook[];
  /** The program's function behind a subscriber. */
  readonly subscriptions: WeakMap<SessionSubscriber, Value>;
}

export interface RegisteredToolHook {
  readonly pattern: string;
  readonly before?: Value;
  readonly after?: Value;
  readonly deny?: string;
  readonly maxOutput?: number;
}

export const AGENT_STATE = "agent";

export function createAgentState(host: Host): AgentRunState {
  return {
    host,
    sessions: createSessionStore(host),
    callers: new Map(),
    toolHooks: [],
    manifestHooks: [],
    subscriptions: new WeakMap(),
  };
}

export function agentState({ vm, host }: Pick<NativeContext, "vm" | "host">): AgentRunState {
  return runState(vm, AGENT_STATE, () => createAgentState(host));
}

/** A loop around the code that runs, as tools, callbacks and predicates of that loop see it. */
export interface LoopScope {
  readonly sessionId: string;
  /** For loops and agents inside: rules become their ceiling, model and request their defaults. */
  readonly options: AgentLoopOptions;
  /** What `tool_ref` and `tool_def` look into. */
  readonly tools: Value;
  /** One more policy for the commands of its tools (AGENT-21). */
  readonly commandPolicy?: Dict;
}

const LOOP_SCOPE = "agent.loop";

export function loopScope({ task }: Pick<NativeContext, "task">): LoopScope | undefined {
  return task.context.get(LOOP_SCOPE) as LoopScope | undefined;
}

/** The same caller, whose closures find themselves inside the loop. */
export function insideLoop(context: AsyncContext, scope: LoopScope): AsyncContext {
  return {
    ...context,
    call: (callee, args, options = {}) =>
      context.call(callee, args, {
        ...options,
        context: withLoop(options.context ?? context.task.context, scope),
      }),
  };
}

function withLoop(context: TaskContext, scope: LoopScope): TaskContext {
  const { commandPolicy } = scope;
  const held = commandPolicy === undefined ? context : withCommandPolicy(context, commandPolicy);
  return new Map(held).set(LOOP_SCOPE, scope);
}

const PURSE = "agent.purse";

/** The budget of the loop whose tool calls: agents that it asks spend from it. */
export function callerPurse({ task }: Pick<NativeContext, "task">): Purse | undefined {
  return task.context.get(PURSE) as Purse | undefined;
}

/** What a tool's handler finds around it. */
export function withPurse(context: TaskContext, purse: Purse): TaskContext {
  return new Map(context).set(PURSE, purse);
}
