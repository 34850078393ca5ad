/** Tools of MCP servers, as `<server>__<tool>` (AGENT-22). The connection itself is made by whoever knows the protocol. */

import type { CancelSignal, Json } from "../../base/index.ts";
import type { ToolSpec } from "../../llm/index.ts";
import { type ToolOutcome, ToolRuntimeError } from "../tools/outcome.ts";
import type { ToolRuntime } from "../tools/tool-runtime.ts";
import type { Awaitable } from "../turn/policy.ts";

export interface McpConnection {
  /** Name of the server; prefix of its tools. */
  readonly name: string;
  readonly tools: readonly ToolSpec[];
  call(tool: string, input: Json, signal: CancelSignal): Promise<ToolOutcome>;
  close(): Awaitable<void>;
}

export type McpConnector = () => Promise<McpConnection>;

/** Opens all, or none: when one fails the others are closed again, and the failure is thrown. */
export async function connectMcp(connectors: readonly McpConnector[]): Promise<readonly McpConnection[]> {
  const settled = await Promise.allSettled(connectors.map((connect) => connect()));
  const open = settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failed = settled.find((result) => result.status === "rejected");
  if (failed === undefined) return open;
  await closeMcp(open);
  throw failed.reason;
}

/** Closes every connection, whatever the others do. */
export async function closeMcp(connections: readonly McpConnection[]): Promise<void> {
  await Promise.allSettled(connections.map(async (connection) => connection.close()));
}

export function mcpRuntime(connections: readonly McpConnection[]): ToolRuntime {
  const owners = new Map<string, { connection: McpConnection; tool: string }>();
  const specs: ToolSpec[] = [];
  for (const connection of connections) {
    for (const spec of connection.tools) {
      const name = `${connection.name}__${spec.name}`;
      owners.set(name, { connection, tool: spec.name });
      specs.push({ ...spec, name });
    }
  }
  return {
    specs: () => specs,
    executorOf(name) {
      const owner = owners.get(name);
      return owner === undefined ? undefined : { kind: "mcp_server", server_name: owner.connection.name };
    },
    invoke(call, context) {
      const owner = owners.get(call.name);
      if (owner === undefined) return Promise.reject(new ToolRuntimeError("unknown-tool", call.name, call.name));
      return owner.connection.call(owner.tool, call.input, context.signal);
    },
  };
}
