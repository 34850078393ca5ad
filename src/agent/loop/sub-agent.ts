/**
 * Agents that work for an agent: a task of their own, a conversation of their own, and never more rights than the one
 * they work for. The parent gets their answer, not their transcript.
 */

import { HarnError, isJsonObject, type JsonObject } from "../../base/index.ts";
import { type CapabilityPolicy, intersectPolicies, NO_CEILING } from "../policies/capability-policy.ts";
import { defineTool, type Tool } from "../tools/define-tool.ts";
import { thrownText, toolFailure, toolSuccess } from "../tools/outcome.ts";
import { TurnError } from "../turn/turn-error.ts";
import { agentLoop } from "./agent-loop.ts";
import type { AgentLoopOptions } from "./options.ts";
import type { AgentLoopResult } from "./result.ts";

/** How deep agents may nest when nobody says otherwise. */
export const DEFAULT_RECURSION_LIMIT = 8;

export interface SubAgentOptions extends Omit<AgentLoopOptions, "host" | "model" | "request" | "session"> {
  readonly model?: AgentLoopOptions["model"];
  readonly request?: AgentLoopOptions["request"];
  /** Name of the agent, for events. Default `sub_agent`. */
  readonly name?: string;
  /** Session of the child; absent: a fresh one. It is linked to the parent's and starts empty. */
  readonly sessionId?: string;
  /** Told what the agent runs with, its rights included, before it starts. */
  readonly onStart?: (options: AgentLoopOptions) => void;
}

export interface SubAgentResult {
  readonly ok: boolean;
  readonly status: AgentLoopResult["status"] | "error";
  /** What the agent says at the end. */
  readonly text: string;
  readonly sessionId: string;
  readonly error?: string;
  /** What kind of failure it was, as `error_category` names them. */
  readonly errorCategory?: string;
  /** Absent when the agent failed. */
  readonly result?: AgentLoopResult;
}

/**
 * Runs an agent under another one's options: its model and rights, where the sub-agent's own say nothing. Resolves also
 * when the agent fails.
 *
 * @throws HarnError `agent.recursion_limit` when agents nest too deep, `agent.policy_ceiling` when it asks for more
 * rights than its parent has
 */
export async function runSubAgent(parent: AgentLoopOptions, options: SubAgentOptions): Promise<SubAgentResult> {
  const { name = "sub_agent", sessionId: wantedId, onStart, ...rest } = options;
  const store = parent.session?.store;
  const sessionId = store === undefined ? "" : store.open(wantedId);
  const parentId = parent.session?.id;
  if (store !== undefined && parentId !== undefined && parentId !== "") store.link(parentId, sessionId);
  const child: AgentLoopOptions = {
    ...rest,
    host: parent.host,
    model: options.model ?? parent.model,
    request: options.request ?? parent.request,
    rules: childRules(parent, options),
    ...(parent.ports === undefined || options.ports !== undefined ? {} : { ports: withoutMessages(parent.ports) }),
    ...(store === undefined ? {} : { session: { store, id: sessionId } }),
    ...(options.signal === undefined && parent.signal !== undefined ? { signal: parent.signal } : {}),
  };
  const lineage = { worker_name: name, worker_task: options.prompt, session_id: sessionId };
  noteLineage(parent, "sub_agent_start", lineage);
  onStart?.(child);
  try {
    const result = await agentLoop(child);
    noteLineage(parent, "sub_agent_end", { ...lineage, status: result.status });
    const ok = result.status === "done" || result.status === "idle";
    return { ok, status: result.status, text: result.visible_text, sessionId, result };
  } catch (thrown) {
    if (thrown instanceof HarnError && thrown.code.startsWith("agent.policy")) throw thrown;
    const error = thrownText(thrown);
    noteLineage(parent, "sub_agent_end", { ...lineage, status: "error", error });
    const category = thrown instanceof TurnError ? thrown.modelError?.category : undefined;
    const about = category === undefined ? {} : { errorCategory: category };
    return { ok: false, status: "error", text: "", sessionId, error, ...about };
  }
}

/** The parent's rules become the ceiling, one level of nesting less deep; its permissions and approvals hold as well. */
function childRules(parent: AgentLoopOptions, options: SubAgentOptions): NonNullable<AgentLoopOptions["rules"]> {
  const { rules: outer = {} } = parent;
  const { rules: own = {} } = options;
  const rights = [outer.ceiling, outer.policy, own.ceiling]
    .filter((policy) => policy !== undefined)
    .reduce(intersectPolicies, NO_CEILING);
  return {
    ...own,
    ceiling: nestedCeiling(rights),
    approvals: [...(outer.approvals ?? []), ...(own.approvals ?? [])],
    permissions: [...(outer.permissions ?? []), ...(own.permissions ?? [])],
  };
}

function nestedCeiling(rights: CapabilityPolicy): CapabilityPolicy {
  const { recursionLimit = DEFAULT_RECURSION_LIMIT } = rights;
  if (recursionLimit < 1) {
    throw new HarnError(
      "agent.recursion_limit",
      "Agents nest too deep: the recursion limit of this agent leaves no room for another",
    );
  }
  return { ...rights, recursionLimit: recursionLimit - 1 };
}

/** A person may be asked on behalf of a sub-agent, but messages to the parent stay with the parent. */
function withoutMessages(ports: NonNullable<AgentLoopOptions["ports"]>): NonNullable<AgentLoopOptions["ports"]> {
  return ports.requestPermission === undefined ? {} : { requestPermission: ports.requestPermission };
}

function noteLineage(parent: AgentLoopOptions, kind: string, metadata: JsonObject): void {
  const { store, id } = parent.session ?? {};
  if (store === undefined || id === undefined || !store.exists(id)) return;
  store.appendEvent(id, { kind, role: "system", visibility: "internal", text: "", metadata });
}

export interface SubAgentToolOptions {
  readonly name: string;
  readonly description: string;
  /** The agent for a task that the model describes. */
  readonly agent: (task: string) => SubAgentOptions;
}

/** A sub-agent as a tool: the model hands it a task and gets its last words. */
export function subAgentTool(parent: () => AgentLoopOptions, options: SubAgentToolOptions): Tool {
  return defineTool({
    name: options.name,
    description: options.description,
    input: {
      type: "object",
      properties: { task: { type: "string", description: "What is to be done, with all that is needed to know" } },
      required: ["task"],
    },
    async execute(input, { signal, purse }) {
      const task = isJsonObject(input) && typeof input["task"] === "string" ? input["task"] : "";
      const outcome = await runSubAgent(parent(), {
        ...options.agent(task),
        signal,
        ...(purse === undefined ? {} : { purse }),
      });
      return outcome.ok
        ? toolSuccess(outcome.text)
        : toolFailure("Runtime", outcome.error ?? `the agent ended as ${outcome.status}: ${outcome.text}`);
    },
  });
}
