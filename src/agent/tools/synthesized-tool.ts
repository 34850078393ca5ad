/**
 * Tools made from a description. Nothing is generated: a synthesized tool is a checked declaration with a stable id,
 * whose calls are previews until a backend is named that can really do it.
 */

import { HarnError, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { sha256Hex } from "../../llm/index.ts";
import { stableJson } from "../policies/stable-json.ts";

export interface SynthesizedTool {
  /** Digest of everything below; the order of capabilities does not matter. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** By name; `{required: false}` makes one optional. */
  readonly parameters: Json;
  readonly returnType: Json;
  readonly capabilities: readonly string[];
  readonly sideEffectLevel: string;
  readonly executor:
    | { readonly kind: "dry_run" }
    | { readonly kind: "host_bridge"; readonly hostTool: string }
    | { readonly kind: "mcp_server"; readonly mcpTool: string; readonly server: string | undefined };
}

/** @throws HarnError `agent.option` */
export function synthesizeTool(config: unknown): SynthesizedTool {
  if (!isJsonObject(config)) throw refusal("requires a config dict");
  if (config["handler"] !== undefined || config["body"] !== undefined) {
    throw refusal(
      "executable handlers must be supplied with tool_define; synthesized tools are dry-run, host_bridge, or mcp_server only",
    );
  }
  const description = text(config, "description");
  if (description.trim() === "") throw refusal("description must be a non-empty string");
  const name = text(config, "name").trim() === "" ? nameFrom(description) : text(config, "name");
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw refusal(`invalid tool name ${JSON.stringify(name)}; use ASCII letters, digits, and underscores`);
  }
  const capabilities = readCapabilityNames(config["capabilities"]);
  const tool = {
    name,
    description,
    parameters: config["parameters"] ?? config["params"] ?? {},
    returnType: config["return_type"] ?? config["returns"] ?? null,
    capabilities,
    sideEffectLevel: text(config, "side_effect_level") || inferredLevel(capabilities),
    executor: readExecutor(config, name),
  };
  return { id: `synth_${sha256Hex(stableJson(tool as unknown as Json)).slice(0, 16)}`, ...tool };
}

function readExecutor(config: JsonObject, name: string): SynthesizedTool["executor"] {
  const named = (key: string): string => (config[key] === undefined ? name : text(config, key));
  const kind = text(config, "executor") || "dry_run";
  switch (kind) {
    case "dry_run":
      return { kind };
    case "host_bridge": {
      const hostTool = named("host_tool");
      if (hostTool.trim() === "") throw refusal("host_bridge executor requires a non-empty host_tool");
      return { kind, hostTool };
    }
    case "mcp_server": {
      const mcpTool = named("mcp_tool");
      if (mcpTool.trim() === "") throw refusal("mcp_server executor requires a non-empty mcp_tool");
      return { kind, mcpTool, server: text(config, "mcp_server") || undefined };
    }
  }
  throw refusal(`unknown executor ${JSON.stringify(kind)}; expected "dry_run", "host_bridge", or "mcp_server"`);
}

function readCapabilityNames(value: Json | undefined): readonly string[] {
  if (value === undefined || value === null) return [];
  const list = Array.isArray(value) ? (value as readonly Json[]) : undefined;
  if (list === undefined) throw refusal("capabilities must be a list of strings");
  if (!list.every((item) => typeof item === "string" && item.trim() !== "")) {
    throw refusal("capabilities must be a list of non-empty strings");
  }
  return [...new Set(list as readonly string[])].sort();
}

/** What a tool with these capabilities will at least do. */
function inferredLevel(capabilities: readonly string[]): string {
  const any = (pattern: RegExp) => capabilities.some((capability) => pattern.test(capability));
  if (any(/^(?:http|oauth|network|connector|mcp)/)) return "network";
  if (any(/^(?:process|exec|shell|command)/)) return "process_exec";
  if (any(/write|edit|delete|create|move|apply/)) return "workspace_write";
  return any(/read|list|search|get/) ? "read_only" : "none";
}

/** `synth_` and the words of the description. */
function nameFrom(description: string): string {
  const words = description.toLowerCase().match(/[a-z0-9]+/g) ?? ["tool"];
  return `synth_${words.join("_")}`.slice(0, 64).replace(/_+$/, "");
}

/** @throws HarnError `agent.option` when a required argument is missing */
export function checkSynthesizedCall(tool: SynthesizedTool, input: Json): void {
  const { name, parameters } = tool;
  if (!isJsonObject(parameters) || Object.keys(parameters).length === 0) return;
  if (!isJsonObject(input)) throw new HarnError("agent.option", `${name}: arguments must be a dict`);
  for (const [parameter, schema] of Object.entries(parameters)) {
    if (isJsonObject(schema) && schema["required"] === false) continue;
    if (input[parameter] !== undefined) continue;
    throw new HarnError("agent.option", `${name}: missing required argument ${JSON.stringify(parameter)}`);
  }
}

/** What a call would have done. */
export function previewSynthesizedCall(tool: SynthesizedTool, input: Json): JsonObject {
  return {
    _type: "synthesized_tool_result",
    status: "dry_run",
    tool_id: tool.id,
    name: tool.name,
    description: tool.description,
    args: input,
    capabilities: tool.capabilities,
    side_effect_level: tool.sideEffectLevel,
    message:
      'The tool is declared and its arguments are checked, but nothing runs: set executor: "host_bridge" or "mcp_server"',
  };
}

/** As `tool_synthesis_cache` lists it. */
export function describeSynthesizedTool({ executor, ...tool }: SynthesizedTool): JsonObject {
  return {
    id: tool.id,
    name: tool.name,
    description: tool.description,
    parameters: tool.parameters,
    return_type: tool.returnType,
    capabilities: tool.capabilities,
    side_effect_level: tool.sideEffectLevel,
    executor: executor.kind,
    ...(executor.kind === "host_bridge" ? { host_tool: executor.hostTool } : {}),
    ...(executor.kind === "mcp_server" ? { mcp_tool: executor.mcpTool } : {}),
    ...(executor.kind === "mcp_server" && executor.server !== undefined ? { mcp_server: executor.server } : {}),
  };
}

function text(config: JsonObject, key: string): string {
  const value = config[key];
  return typeof value === "string" ? value : "";
}

function refusal(message: string): HarnError {
  return new HarnError("agent.option", `tool_synthesize: ${message}`);
}
