/** Who runs a tool: exactly one of the program (`harn`), the host, an MCP server, or the model's provider. */

import { isBuiltinTool } from "../../agent/index.ts";
import { table } from "../../base/index.ts";
import { type Dict, Thrown, type Value } from "../../vm/index.ts";

export type Executor = "harn" | "host_bridge" | "mcp_server" | "provider_native";

const EXECUTORS: Readonly<Record<string, Executor>> = table({
  harn: "harn",
  harn_builtin: "harn",
  host_bridge: "host_bridge",
  mcp_server: "mcp_server",
  provider_native: "provider_native",
});

/** Reads `executor` and checks that the rest of the config goes with it. */
export function resolveExecutor(name: string, config: Dict): Executor {
  const hasHandler = config.map.get("handler") !== undefined;
  const executor = declaredExecutor(name, config, hasHandler);
  const declares = `tool_define: tool ${JSON.stringify(name)} declares executor: "${executor}"`;
  const fail = (reason: string): never => {
    throw new Thrown(`${declares} ${reason}`);
  };
  const isText = (value: Value) => typeof value === "string" && value !== "";
  switch (executor) {
    case "harn":
      if (!hasHandler && !isBuiltinTool(name)) fail("but has no `handler`. Attach a handler or change the executor.");
      if (config.map.get("host_capability") !== undefined)
        fail("but also sets `host_capability`. Drop one of the two.");
      if (config.map.get("mcp_server") !== undefined) fail("but also sets `mcp_server`. Drop one of the two.");
      return executor;
    case "host_bridge":
      if (hasHandler)
        fail(
          "but also has a `handler`. Drop the handler — host-bridge tools are dispatched by the host shell, not the VM.",
        );
      if (!isText(config.map.get("host_capability"))) {
        fail(
          'but is missing `host_capability`. Set it to the canonical bridge identifier (e.g. "interaction.ask") so ' +
            "`harn check` can validate the binding against the host capability manifest.",
        );
      }
      return executor;
    case "mcp_server":
      if (hasHandler) fail("but also has a `handler`. Drop the handler: the MCP server runs this tool.");
      if (!isText(config.map.get("mcp_server"))) fail("but is missing `mcp_server` (the configured server name).");
      return executor;
    case "provider_native":
      if (hasHandler) fail("but also has a `handler`. Drop the handler: the provider runs this tool.");
      return executor;
  }
}

function declaredExecutor(name: string, config: Dict, hasHandler: boolean): Executor {
  const declared = config.map.get("executor");
  if (declared === undefined) {
    if (hasHandler) return "harn";
    throw new Thrown(
      `tool_define: tool ${JSON.stringify(name)} has no \`handler\` and no \`executor\`. ` +
        'Either attach a `handler` fn (executor: "harn") or declare an alternate backend, e.g. ' +
        'executor: "host_bridge" + host_capability: "cap.op", executor: "mcp_server" + mcp_server: "server-name", ' +
        'executor: "provider_native". Defining a handlerless tool would surface as ' +
        `\`[builtin_call] unhandled: ${name}\` at the first model call.`,
    );
  }
  const known = typeof declared === "string" ? EXECUTORS[declared] : undefined;
  if (known) return known;
  if (typeof declared !== "string") {
    throw new Thrown(
      'tool_define: `executor` must be a string ("harn", "host_bridge", "mcp_server", or "provider_native")',
    );
  }
  throw new Thrown(
    `tool_define: unknown executor ${JSON.stringify(declared)} for tool ${JSON.stringify(name)}. ` +
      'Expected one of: "harn", "host_bridge", "mcp_server", "provider_native"',
  );
}
