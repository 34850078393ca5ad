/** Tools as programs declare them, and how many of them the model sees at first (OPT-22, OPT-23, OPT-24). */

import { HarnError, isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import type { ToolChoice, ToolSpec } from "../spec/model.ts";
import { toJsonSchema } from "../structured/json-schema.ts";
import type { ModelCapabilities } from "./catalog-view.ts";
import { displayText } from "./option-readers.ts";

const optionError = (message: string): HarnError => new HarnError("llm.option", message);

// ---- Declarations ----------------------------------------------------------------------------------------------------

/** Reads `tools`: a registry `{tools: […]}` or a list of definitions. */
export function readTools(value: unknown): readonly ToolSpec[] | undefined {
  if (value === undefined || value === null) return undefined;
  const list = isJsonObject(value) ? (value["tools"] ?? []) : value;
  if (!Array.isArray(list)) throw optionError("tools must be a tool_registry or a list of tool definition dicts");
  return list.map(readTool);
}

function readTool(value: unknown): ToolSpec {
  if (typeof value === "string") {
    throw optionError("tools must be declared as tool definition dicts or a tool_registry");
  }
  if (!isJsonObject(value)) throw optionError("tools must contain only tool definition dicts");
  // The wrapped form of OpenAI-style lists.
  const tool = isJsonObject(value["function"]) ? value["function"] : value;
  const name = tool["name"];
  if (typeof name !== "string" || name === "") throw optionError("tools: every tool definition needs a `name`");
  const deferred = value["defer_loading"] === true || tool["defer_loading"] === true;
  const namespace = value["namespace"] ?? tool["namespace"];
  return {
    name,
    description: displayText(tool["description"] ?? ""),
    inputSchema: inputSchemaOf(tool),
    ...(deferred ? { deferred } : {}),
    ...(typeof namespace === "string" && namespace !== "" ? { namespace } : {}),
  };
}

function inputSchemaOf(tool: JsonObject): JsonObject {
  const schema = tool["input_schema"] ?? tool["inputSchema"];
  if (isJsonObject(schema)) return toJsonSchema(schema);
  const parameters = tool["parameters"];
  if (!isJsonObject(parameters)) return { type: "object", properties: {} };
  const isSchema =
    parameters["type"] === "object" || parameters["type"] === "dict" || isJsonObject(parameters["properties"]);
  return isSchema ? toJsonSchema(parameters) : schemaOfParameters(parameters);
}

/** `{path: {type: "string", description: "…", required: false}}` or `{path: "string"}`; parameters are required by default. */
function schemaOfParameters(parameters: JsonObject): JsonObject {
  const properties: Record<string, Json> = {};
  const required: string[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    if (!isJsonObject(value)) {
      properties[name] = toJsonSchema({ type: displayText(value) });
      required.push(name);
      continue;
    }
    const { required: needed, ...schema } = value;
    properties[name] = toJsonSchema(schema);
    if (needed !== false && schema["default"] === undefined) required.push(name);
  }
  return { type: "object", properties, ...(required.length > 0 ? { required } : {}) };
}

// ---- Choice ----------------------------------------------------------------------------------------------------------

/** Reads `tool_choice` in the words of any provider (OPT-23). */
export function readToolChoice(value: unknown): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === "auto" || value === "required" || value === "none") return value;
  if (value === "any") return "required";
  if (isJsonObject(value)) {
    const type = value["type"];
    if (type === "auto" || type === "none") return type;
    if (type === "any" || type === "required") return "required";
    const name = isJsonObject(value["function"]) ? value["function"]["name"] : (value["name"] ?? value["tool"]);
    if (typeof name === "string" && name !== "") return { tool: name };
  } else if (typeof value === "string" && value !== "") {
    return { tool: value };
  }
  throw optionError(
    'tool_choice: expected "auto" | "required" | "none", a tool name, or {type: "tool", name: …}, got ' +
      displayText(value),
  );
}

// ---- Search ----------------------------------------------------------------------------------------------------------

export interface ToolSearch {
  readonly variant: "bm25" | "regex";
  readonly mode: "auto" | "native" | "client";
  readonly strategy: "bm25" | "regex" | "semantic" | "host";
  /** Tools never deferred. */
  readonly alwaysLoaded: readonly string[];
  /** Cap on what is promoted over the life of a call. */
  readonly budgetTokens?: number;
  /** Name of the search tool that the model sees. */
  readonly name: string;
  readonly includeStubListing: boolean;
}

const DEFAULT_SEARCH_TOOL = "__harn_tool_search";

export function readToolSearch(value: unknown): ToolSearch | undefined {
  if (value === undefined || value === null || value === false) return undefined;
  if (value === true) return searchOf({});
  if (typeof value === "string") return searchOf({ variant: value });
  if (isJsonObject(value)) return searchOf(value);
  throw optionError(
    'tool_search: expected bool, string ("bm25"/"regex"), or dict ' +
      "({variant, mode, strategy, always_loaded, budget_tokens, name, include_stub_listing})",
  );
}

function searchOf(dict: JsonObject): ToolSearch {
  const variant = choice(dict, "variant", ["bm25", "regex"]) ?? "bm25";
  const alwaysLoaded = dict["always_loaded"] ?? [];
  if (!Array.isArray(alwaysLoaded)) throw optionError("tool_search.always_loaded: expected a list of tool names");
  const budget = dict["budget_tokens"];
  if (budget !== undefined && budget !== null && !Number.isSafeInteger(budget)) {
    throw optionError("tool_search.budget_tokens: expected an integer");
  }
  const name = dict["name"] ?? "";
  if (typeof name !== "string") throw optionError("tool_search.name: expected a string");
  const stubs = dict["include_stub_listing"] ?? false;
  if (typeof stubs !== "boolean") throw optionError("tool_search.include_stub_listing: expected a bool");
  return {
    variant,
    mode: choice(dict, "mode", ["auto", "native", "client"]) ?? "auto",
    strategy: choice(dict, "strategy", ["bm25", "regex", "semantic", "host"]) ?? variant,
    alwaysLoaded: alwaysLoaded.map(displayText),
    ...(typeof budget === "number" ? { budgetTokens: budget } : {}),
    name: name.trim() === "" ? DEFAULT_SEARCH_TOOL : name.trim(),
    includeStubListing: stubs,
  };
}

function choice<T extends string>(dict: JsonObject, key: string, values: readonly T[]): T | undefined {
  const value = dict[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw optionError(`tool_search.${key}: expected a string`);
  const found = values.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  const expected =
    values.length === 2
      ? values.map((word) => `"${word}"`).join(" or ")
      : values.map((word) => `"${word}"`).join(" | ");
  throw optionError(`tool_search.${key}: expected ${expected}, got "${value}"`);
}

/** What is sent: the tools, and whether the provider searches the deferred ones itself. */
export interface OfferedTools {
  readonly tools?: readonly ToolSpec[];
  readonly nativeSearch?: { readonly variant: "bm25" | "regex" };
}

/** Applies a tool search to the declared tools (OPT-24). @throws HarnError when nothing would be left to start with */
export function offerTools(
  tools: readonly ToolSpec[] | undefined,
  search: ToolSearch | undefined,
  capabilities: ModelCapabilities,
  call: { readonly provider: string; readonly model: string },
): OfferedTools {
  if (tools === undefined) return {};
  if (search === undefined) return { tools };
  const variants = capabilities.toolSearch ?? [];
  if (search.mode === "native" && variants.length === 0) {
    throw optionError(
      `tool_search: provider "${call.provider}" does not expose native tool-search for model "${call.model}". ` +
        'Set `tool_search: { mode: "client" }` to use the client-executed fallback, or omit tool_search to ship tools eagerly.',
    );
  }
  const isLoaded = (tool: ToolSpec): boolean => tool.deferred !== true || search.alwaysLoaded.includes(tool.name);
  if (tools.length > 0 && !tools.some(isLoaded)) {
    throw optionError(
      "tool_search: all tools have defer_loading set. At least one tool must be non-deferred so the model has somewhere to start.",
    );
  }
  if (search.mode !== "client" && variants.length > 0) {
    const supported = variants.includes(search.variant) || variants.includes("hosted");
    return { tools, nativeSearch: { variant: supported || variants[0] !== "regex" ? search.variant : "regex" } };
  }
  const loaded = tools.map((tool) => (isLoaded(tool) ? withoutDeferral(tool) : tool));
  const deferred = loaded.filter((tool) => tool.deferred === true);
  return { tools: [searchTool(search, deferred), ...loaded] };
}

function withoutDeferral({ deferred: _, ...tool }: ToolSpec): ToolSpec {
  return tool;
}

/** The text is a prompt: it tells the model how to phrase a query. */
function searchTool(search: ToolSearch, deferred: readonly ToolSpec[]): ToolSpec {
  const how =
    search.strategy === "regex"
      ? "`query` is a regular expression, matched without regard to case against tool names and descriptions."
      : "`query` is a few words that say what the tool should do.";
  const stubs = search.includeStubListing
    ? `\nTools that can be found:\n${deferred.map((tool) => `- ${tool.name}: ${firstSentence(tool.description)}`).join("\n")}`
    : "";
  return {
    name: search.name,
    description: `Finds tools that are not loaded yet. ${how} The tools it names can be called from the next turn on.${stubs}`,
    inputSchema: { type: "object", properties: { query: { type: "string" } }, required: ["query"] },
  };
}

const firstSentence = (text: string): string => text.split(/(?<=\.)\s|\n/, 1)[0] ?? "";
