/**
 * Tool search on our side, for providers that cannot defer tools themselves: the model sees one search tool, and what
 * it finds is offered from the next step on.
 */

import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { ToolSpec } from "../../llm/index.ts";
import { estimateTextTokens } from "../compaction/estimate.ts";
import type { Awaitable, Policy } from "../turn/policy.ts";
import type { TurnState } from "../turn/turn-state.ts";
import { bm25Search } from "./bm25.ts";
import { thrownText, toolSuccess } from "./outcome.ts";
import type { ToolInvocation, ToolRuntime } from "./tool-runtime.ts";

export const TOOL_SEARCH_NAME = "__harn_tool_search";
const MAX_RESULTS = 20;

export interface ToolSearchFound {
  readonly names: readonly string[];
  /** For the model, when nothing was found. */
  readonly diagnostic?: string;
}

export type ToolSearchStrategy =
  | "bm25"
  | "regex"
  /** Someone else's search, by meaning for instance; unknown names in the answer are ignored. */
  | ((query: string, tools: readonly ToolSpec[]) => Awaitable<ToolSearchFound>);

export interface ToolSearchOptions {
  /** Default `__harn_tool_search`. */
  readonly name?: string;
  /** Default `bm25`. */
  readonly strategy?: ToolSearchStrategy;
  /** Estimated tokens that found tools may take in a request; the oldest find leaves first. Absent: no limit. */
  readonly budgetTokens?: number;
  readonly onQuery?: (turn: TurnState, call: ToolInvocation) => Awaitable<void>;
  readonly onResult?: (
    turn: TurnState,
    call: ToolInvocation,
    found: readonly string[],
    promoted: readonly string[],
  ) => Awaitable<void>;
}

/** The runtime with a search tool in front, and the policy that answers its calls. Without deferred tools: nothing. */
export function withToolSearch(
  runtime: ToolRuntime,
  options: ToolSearchOptions = {},
): { tools: ToolRuntime; policies: readonly Policy[] } {
  const specs = runtime.specs();
  if (!specs.some((spec) => spec.deferred === true)) return { tools: runtime, policies: [] };
  const search = searchSpec(options.name ?? TOOL_SEARCH_NAME);
  return {
    tools: { ...runtime, specs: () => [search, ...specs] },
    policies: [toolSearchPolicy(search.name, options)],
  };
}

function searchSpec(name: string): ToolSpec {
  return {
    name,
    description: "Finds further tools by what they do. Tools it finds can be called from your next message on.",
    inputSchema: {
      type: "object",
      properties: { query: { type: "string", description: "A few words about what the tool should do" } },
      required: ["query"],
    },
  };
}

function toolSearchPolicy(name: string, options: ToolSearchOptions): Policy {
  return {
    name: "tool-search",
    async gate(turn, call) {
      if (call.name !== name) return undefined;
      const input = call.input;
      const query = isJsonObject(input) && typeof input["query"] === "string" ? input["query"] : "";
      await options.onQuery?.(turn, call);
      const deferred = turn.tools.filter((tool) => tool.deferred === true);
      const { names, diagnostic } = await findTools(options.strategy ?? "bm25", query, deferred);
      const promoted = promote(turn, deferred, names, options.budgetTokens);
      await options.onResult?.(turn, call, names, promoted);
      const result: Record<string, Json> = { tool_names: names };
      if (diagnostic !== undefined) result["diagnostic"] = diagnostic;
      return { kind: "answer", outcome: toolSuccess(result) };
    },
  };
}

async function findTools(
  strategy: ToolSearchStrategy,
  query: string,
  tools: readonly ToolSpec[],
): Promise<ToolSearchFound> {
  if (typeof strategy === "function") {
    try {
      const found = await strategy(query, tools);
      return { ...found, names: found.names.slice(0, MAX_RESULTS) };
    } catch (thrown) {
      return { names: [], diagnostic: `The tool search failed: ${thrownText(thrown)}` };
    }
  }
  if (query.trim() === "") return { names: [], diagnostic: "The query is empty; name what the tool should do" };
  if (strategy === "bm25") {
    const documents = tools.map((tool) => ({ id: tool.name, text: searchText(tool) }));
    const names = bm25Search(query, documents, MAX_RESULTS);
    return names.length > 0 ? { names } : { names, diagnostic: "No tool matches; try fewer or more general words" };
  }
  let pattern: RegExp;
  try {
    pattern = new RegExp(query, "iu");
  } catch (error) {
    return { names: [], diagnostic: `The query is no valid regular expression: ${thrownText(error)}` };
  }
  const names = tools
    .filter((tool) => pattern.test(searchText(tool)))
    .map((tool) => tool.name)
    .slice(0, MAX_RESULTS);
  return names.length > 0 ? { names } : { names, diagnostic: "No tool matches this expression" };
}

/** Name, description, and the names and descriptions of the parameters. */
function searchText({ name, description, inputSchema }: ToolSpec): string {
  const { properties } = inputSchema;
  const parameters = isJsonObject(properties)
    ? Object.entries(properties).map(([parameter, schema]) => `${parameter} ${parameterDescription(schema)}`)
    : [];
  return [name, description, ...parameters].join("\n");
}

function parameterDescription(schema: Json | undefined): string {
  return isJsonObject(schema) && typeof schema["description"] === "string" ? schema["description"] : "";
}

/** Adds found tools to the turn; gives back those that are new. A tool larger than the whole budget is left out. */
function promote(
  turn: TurnState,
  deferred: readonly ToolSpec[],
  names: readonly string[],
  budgetTokens: number | undefined,
): readonly string[] {
  const costs = new Map(deferred.map((tool) => [tool.name, estimateTextTokens(JSON.stringify(toolJson(tool)))]));
  const promoted: string[] = [];
  for (const name of names) {
    const cost = costs.get(name);
    if (cost === undefined || turn.promoted.has(name)) continue;
    if (budgetTokens !== undefined) {
      if (cost > budgetTokens) continue;
      let spent = 0;
      for (const other of turn.promoted) spent += costs.get(other) ?? 0;
      for (const oldest of turn.promoted) {
        if (spent + cost <= budgetTokens) break;
        turn.promoted.delete(oldest);
        spent -= costs.get(oldest) ?? 0;
      }
    }
    turn.promoted.add(name);
    promoted.push(name);
  }
  return promoted;
}

function toolJson({ name, description, inputSchema }: ToolSpec): JsonObject {
  return { name, description, inputSchema };
}
