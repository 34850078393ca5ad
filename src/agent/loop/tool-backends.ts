/** AGENT-39: a tool that nobody could run is found out before the loop starts, not at the first call. */

import { HarnError } from "../../base/index.ts";
import { isBuiltinTool } from "../tools/builtin-tools.ts";

/** What a registry says about who runs a tool. */
export interface ToolBackend {
  readonly name: string;
  readonly hasHandler: boolean;
  readonly executor?: string;
  /** The tool came from an MCP server. */
  readonly isMcp?: boolean;
}

const EXECUTORS = ["harn", "host_bridge", "mcp_server", "provider_native"];

/** @throws HarnError `agent.tool_backend` naming the first tool without a backend */
export function checkToolBackends(tools: readonly ToolBackend[]): void {
  for (const { name, hasHandler, executor, isMcp = false } of tools) {
    const isOurs = isBuiltinTool(name) && (executor === undefined || executor.startsWith("harn"));
    if (hasHandler || isMcp || isOurs) continue;
    if (executor === undefined) {
      throw backendError(
        name,
        `has no executable backend: no \`handler\`, no \`executor\` and no MCP server. Add a handler, or an executor that is one of ${EXECUTORS.join(", ")}`,
      );
    }
    if (executor === "harn" || executor === "harn_builtin") {
      throw backendError(name, `declares executor: "${executor}" but has no callable \`handler\``);
    }
    if (!EXECUTORS.includes(executor)) {
      throw backendError(name, `declares unknown executor "${executor}"; expected one of ${EXECUTORS.join(", ")}`);
    }
  }
}

function backendError(name: string, what: string): HarnError {
  return new HarnError("agent.tool_backend", `agent_loop: tool '${name}' ${what}`);
}
